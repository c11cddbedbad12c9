"""The jobs of a multirun side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table
from rich.text import Text

from seqsweep.report.leaderboard import percent
from seqsweep.report.progress import duration
from seqsweep.sweep import Outcome


@dataclass(frozen=True)
class Finished:
    """One job of a multirun: its overrides, and its outcome or why there is none."""

    overrides: tuple[str, ...]
    outcome: Outcome | None
    error: str = ""


def jobs_table(jobs: Sequence[Finished]) -> Table:
    """A row a job: what set it apart, its best trial, and how that stands against the best baseline."""
    table = Table(title="All jobs, validation part", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("job", justify="right")
    table.add_column("what set it apart", overflow="fold")
    table.add_column("best trial", no_wrap=True)
    objectives = {job.outcome.objective for job in jobs if job.outcome}
    table.add_column(objectives.pop() if len(objectives) == 1 else "score", justify="right", no_wrap=True)
    for name in ("skill", "trials", "time"):
        table.add_column(name, justify="right", no_wrap=True)
    common = set.intersection(*(set(job.overrides) for job in jobs)) if len(jobs) > 1 else set()
    for number, job in enumerate(jobs):
        own = [override for override in job.overrides if override not in common]
        own = [f"{key.rpartition('.')[2]}={value}" for key, _, value in (override.partition("=") for override in own)]
        table.add_row(str(number), Text("\n".join(own) or "-"), *_cells(job))
    return table


def _cells(job: Finished) -> list[str]:
    outcome = job.outcome
    if outcome is None:
        return ["[red]failed[/red]", *[""] * 4]
    done = outcome.ranked
    best = done[0].name if done else "none completed"
    score = f"{done[0].metrics[outcome.objective]:.4g}" if done else ""
    gain = percent(done[0].metrics["val_skill"]) if done and "val_skill" in done[0].metrics else ""
    trials = f"{len(done)} of {len(outcome.records)}" if len(done) < len(outcome.records) else str(len(done))
    return [best, score, gain, trials, duration(outcome.seconds)]
