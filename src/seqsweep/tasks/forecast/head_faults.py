"""What a head of several steps asks of the rest of the config."""

from __future__ import annotations

from collections.abc import Iterator

from seqsweep.errors import Fault
from seqsweep.schema import SweepConfig
from seqsweep.tasks.dataset import Space
from seqsweep.tasks.forecast.quantiles import QUANTILE
from seqsweep.tasks.forecast.settings import own


def head_faults(config: SweepConfig, space: Space) -> Iterator[Fault]:
    """At most one: what mends it leaves nothing else of the head to mend.

    Args:
        config: of the sweep.
        space: what is searched.
    """
    others = [name for name in space.values("head") if name != "direct"]
    if not others:
        return
    if "recursive" in others and config.task.loss == QUANTILE:
        key = _given_at(config, space, "recursive")
        told = f"with task.loss={QUANTILE} a step has several forecasts, and the next one could read one of them alone"
        kinds = "direct and decoder have quantiles" if own(config).horizon > 1 else "direct has quantiles"
        yield Fault(key, f"{key}=recursive: {told}; leave it out: {kinds}", also=("task.loss",))
    elif own(config).horizon == 1:
        key = _given_at(config, space, others[0])
        told = "all heads are the same for a single step; leave it out, or forecast several: task.horizon=2"
        yield Fault(key, f"{key}={others[0]}: {told}", also=("task.horizon",))
    elif "recursive" in others and True in space.values("bidirectional"):
        key = _given_at(config, space, "recursive")
        told = "layers that read their own forecasts read forwards; set bidirectional to false, or leave recursive out"
        yield Fault(key, f"{key}=recursive, bidirectional=true: {told}", also=("search_space.bidirectional",))


def _given_at(config: SweepConfig, space: Space, head: str) -> str:
    """The key that names a head: that of the space, or of the first warm start that has it."""
    given = config.search_space.get("head")
    if head not in (given if isinstance(given, list) else [given]):
        for number, start in enumerate(space.warm_starts()):
            if start.get("head") == head:
                return f"search_space.warm_start[{number}].head"
    return "search_space.head"
