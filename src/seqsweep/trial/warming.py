"""What a process does before its first trial."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from seqsweep.imports import quick_imports, without_unused
from seqsweep.trial.notes import without_start_up_notes


def preload() -> None:
    """Import TensorFlow, and Keras, which takes as long; no thread of them starts."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    if "seqsweep.trial.learner" not in sys.modules:
        # Each trial collects garbage as it clears Keras's session. To go through what was imported, a million objects
        # that stay, took a third of a short trial.
        with without_start_up_notes(), quick_imports(), without_unused():
            import seqsweep.trial.learner  # noqa: F401


def warm(threads: int) -> None:
    """Make this process ready for trials: TensorFlow imported, threads fixed, operations deterministic.

    Args:
        threads: of an operation.
    """
    preload()
    graphs_as_traced()
    shared_gpus()
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        # Fixed since TensorFlow's first operation in this process: figures may differ in the last bits.
        pass
    tf.config.experimental.enable_op_determinism()


def graphs_as_traced() -> None:
    """Have graphs run as they were traced, on a processor.

    TensorFlow's optimizer of graphs takes 0.05 to 0.5 s of each network's start, and our steps are no faster behind it
    (decision 4).
    """
    import tensorflow as tf

    if not tf.config.list_physical_devices("GPU"):
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


def shared_gpus() -> None:
    """Have this process take of a GPU's memory what its networks need: TensorFlow would take all of it at once.

    Several slots may share a GPU, by `executor.gpus` on a Ray cluster and always as processes of one machine.
    """
    import tensorflow as tf

    for gpu in tf.config.list_physical_devices("GPU"):
        with suppress(RuntimeError):  # this process has used it before: what it took, it has
            tf.config.experimental.set_memory_growth(gpu, True)


def threads_in_use() -> int:
    """Of an operation, as TensorFlow has it: `warm` comes too late where something used TensorFlow before."""
    import tensorflow as tf

    return int(tf.config.threading.get_intra_op_parallelism_threads())
