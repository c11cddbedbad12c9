"""Heavy libraries imported without a search for garbage, and without what nobody uses."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from seqsweep.interrupts import held

UNUSED = ("sklearn", "matplotlib", "IPython")
"""What Keras and KerasTuner import wherever it is there, for wrappers and pictures that nothing here uses: a second of
a process's start, and 70 MB."""

_ours: list[bool] = []


def own_process() -> None:
    """Take note that this process is a command or a worker, in which nobody else uses Keras."""
    _ours[:] = [True]


@contextmanager
def without_unused() -> Iterator[None]:
    """Import Keras and KerasTuner within as if UNUSED were not installed; they can be imported afterwards.

    In a process of somebody else's, such as a notebook, whoever imports Keras after us finds all of it.
    """
    absent = [name for name in UNUSED if _ours and name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None: an import of it fails at once
    try:
        yield
    finally:
        for name in absent:
            sys.modules.pop(name, None)


@contextmanager
def quick_imports() -> Iterator[None]:
    """Keep Python's garbage collector off what is imported within, now and for good.

    Imports make millions of objects and leave hardly any garbage. To search them while they are made took a quarter of
    TensorFlow's import; to search them once more as the interpreter ends took 1.4 s, and 0.5 s more with MLflow. Of the
    0.8 s in which a study is composed they took 0.07.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        with held():
            yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()


def quiet_tensorflow() -> None:
    """Keep TensorFlow's start-up notes, and its advice on tracing, from whoever trains or loads several networks.

    To be called before it is imported: it reads the variable then.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logger = logging.getLogger("tensorflow")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.ERROR)
