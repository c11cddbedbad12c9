"""`seqsweep data`: from its arguments to the facts of the data, in the terminal and on a page; nothing is trained."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seqsweep import config
from seqsweep.api.jobs import RULES
from seqsweep.arguments import parse
from seqsweep.config import Launch
from seqsweep.errors import ConfigError, DataError
from seqsweep.launch import named_study, say_notes
from seqsweep.redaction import redacted, remember
from seqsweep.schema import SweepConfig
from seqsweep.terminal import console
from seqsweep.words import command

if TYPE_CHECKING:
    from rich.console import Console

    from seqsweep.tasks import Facts


def describe(arguments: Sequence[str]) -> None:
    """Show what a sweep with these arguments would learn from.

    Args:
        arguments: those of `seqsweep sweep`.

    Raises:
        ConfigError: with every fault, before anything is read.
        DataError: the data cannot be used.
    """
    remember(*arguments)  # before anything is said of them
    request = parse(list(arguments))
    if request.informs:
        raise ConfigError(["--cfg and --info show a config: they belong to seqsweep sweep"])
    study = named_study(request, "data", arguments)
    checked = config.compose(study, request.overrides, RULES, request.own, request.multirun)
    say_notes(checked)
    from seqsweep import report

    shown = console()
    entries: list[tuple[str, Facts]] = []
    for job, overrides in _different(checked):
        facts = _facts(job, shown)
        if all(facts != known for _, known in entries):
            entries.append((overrides, facts))
    for overrides, facts in entries:
        if len(entries) > 1:
            shown.rule(overrides, align="left")
        report.show_facts(shown, facts)
    first = checked.jobs[0]
    folder = Path(first.tracking.directory).resolve()
    elsewhere = folder.is_dir() and not os.access(folder, os.W_OK)
    target = (Path.cwd() if elsewhere else folder) / f"data-{first.study}.html"
    alone = elsewhere or first.report.single_file
    page = report.write_data_page(f"{first.study}: its data", entries, target, single_file=alone)
    shown.print(f"\nPage: {page}", soft_wrap=True)


def _different(checked: Launch) -> Iterator[tuple[SweepConfig, str]]:
    """The jobs that may read other data or read it otherwise, each with the overrides that set it apart."""
    seen: list[object] = []
    common = set(checked.overrides[0]).intersection(*checked.overrides)
    for job, overrides in zip(checked.jobs, checked.overrides, strict=True):
        decides = (job.data, job.windows, job.task, job.search_space, job.finals.folds)
        if decides not in seen:
            seen.append(decides)
            yield job, command(redacted(override) for override in overrides if override not in common)


def _facts(job: SweepConfig, shown: Console) -> Facts:
    """What one job would learn from; where it cannot be used, what was noted until then is told first."""
    from seqsweep.search import describe_data

    notes: list[str] = []
    try:
        _, _, facts = describe_data(job, notes.append)
    except DataError:
        for note in notes:
            shown.print(note, style="yellow", soft_wrap=True)
        raise
    return facts
