"""The jobs of a multirun side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

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
    table = Table(title="All jobs, validation part", title_justify="left")
    for name in ("job", "overrides", "best trial"):
        table.add_column(name)
    for name in ("objective", "score", "skill", "best baseline", "trials", "time"):
        table.add_column(name, justify="right")
    for number, job in enumerate(jobs):
        table.add_row(str(number), "\n".join(job.overrides) or "-", *_cells(job))
    return table


def _cells(job: Finished) -> list[str]:
    outcome = job.outcome
    if outcome is None:
        return [f"[red]failed:[/red] {job.error}", *[""] * 6]
    done = outcome.ranked
    best = done[0].name if done else "none completed"
    score = f"{done[0].metrics[outcome.objective]:.4g}" if done else ""
    gain = percent(done[0].metrics["val_skill"]) if done and "val_skill" in done[0].metrics else ""
    trials = f"{len(done)} of {len(outcome.records)}" if len(done) < len(outcome.records) else str(len(done))
    return [best, outcome.objective, score, gain, outcome.best_baseline or "", trials, duration(outcome.seconds)]
