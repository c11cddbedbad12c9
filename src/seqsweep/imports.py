"""Heavy libraries imported without a search for garbage."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from seqsweep.interrupts import held


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
