"""What a sweep asks, where it is not what its study asks: about data that is not the study's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seqsweep.schema import SweepConfig
from seqsweep.tasks import TASKS

OTHER_DATA = ("data", "data.kind", "data.name", "data.url", "data.query", "data.dataset", "data.target")
"""Overrides of these choose other data, or another target; that of `data.path` may name a copy of the study's own."""

OTHER_TASK = ("task", "task.kind")


def asked(config: SweepConfig, overrides: Sequence[str]) -> str:
    """The question of the study, or one of its task and data where it has none, or overrides name others.

    Args:
        config: of a job, checked.
        overrides: of the job.
    """
    given = {override.lstrip("+").partition("=")[0] for override in overrides}
    if config.question and ("question" in given or not given & {*OTHER_DATA, *OTHER_TASK}):
        return config.question
    return f"Which network {TASKS[config.task.kind].verb} {_what(config)} best?"


def _what(config: SweepConfig) -> str:
    """`sales of shop.csv`; of a series that has one column alone its name."""
    data = config.data
    file = Path(data.file or data.path or "").name
    where = data.name or file or data.dataset or data.kind
    return where if data.target in (None, where) else f"{data.target} of {where}"
