"""Spaces that the fast kernels cannot run throughout."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from seqsweep.errors import Fault
from seqsweep.hyperparameters import plain
from seqsweep.layers import FAST
from seqsweep.search_space.dimensions import distributions

if TYPE_CHECKING:
    from seqsweep.schema import SweepConfig


def kernel_faults(config: SweepConfig) -> list[Fault]:
    """Each value that no fast kernel runs where `model.kernels` asks for one: a trial that has it would fail.

    Args:
        config: of the sweep; its space must be free of other faults.
    """
    if config.model.kernels != "fast":
        return []
    found = []
    for key, name, value in _given(config):
        if value not in FAST[name]:
            told = f"no fast kernel runs {key}={plain(value)}, only {', '.join(map(plain, FAST[name]))}"
            mend = f"choose model.kernels=auto, or leave {plain(value)} out"
            found.append(Fault("model.kernels", f"model.kernels=fast: {told}; {mend}", also=(key,)))
    return found


def _given(config: SweepConfig) -> Iterator[tuple[str, str, Any]]:
    """Key, hyperparameter and value of all that decides whether a fast kernel runs."""
    allowed = distributions(config)
    for name in FAST:
        if name in allowed:  # of a range, its end stands for it
            for value in allowed[name].choices or (allowed[name].high,):
                yield f"search_space.{name}", name, value
    for i, point in enumerate(config.search_space.get("warm_start", [])):
        for name in FAST:
            if name in point:
                yield f"search_space.warm_start[{i}].{name}", name, point[name]
