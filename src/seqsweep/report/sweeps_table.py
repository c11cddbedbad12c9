"""Sweeps side by side: the jobs of a multirun, or whatever has finished."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table
from rich.text import Text

from seqsweep.compare import ComparableGroup, FinishedSweep
from seqsweep.report.finals import beats_baselines, between, loses_to_baselines
from seqsweep.report.leaderboard import WIDE, percent
from seqsweep.report.progress import duration

NARROW = 80  # characters a line of a terminal that says nothing else


@dataclass(frozen=True)
class FinishedJob:
    """One job of a multirun: its overrides, and what it came to or why it failed."""

    overrides: tuple[str, ...]
    entry: FinishedSweep | None
    error: str = ""


def jobs_table(jobs: Sequence[FinishedJob], width: int = NARROW) -> Table:
    """A row a job: what set it apart, its winner over seeds, and how that stands against the best baseline.

    Args:
        jobs: in the order of the launch.
        width: characters a line; a wide table also says how many trials there were and how long they took.
    """
    table = _table("All jobs", "what set it apart", width)
    common = set.intersection(*(set(job.overrides) for job in jobs)) if len(jobs) > 1 else set()
    for number, job in enumerate(jobs):
        own = [override for override in job.overrides if override not in common]
        cells = [Text("failed", "red")] if job.entry is None else _cells(job.entry)
        table.add_row(str(number), Text("\n".join(map(_short, own)) or "-"), *cells[: len(table.columns) - 2])
    return table


def sweeps_table(entries: Sequence[FinishedSweep], width: int = NARROW) -> Table:
    """A row a finished sweep, and one below it for its best baseline.

    Args:
        entries: in the order in which they ended.
        width: as for `jobs_table`.
    """
    table = _table("FinishedJob sweeps", "study and sweep", width)
    for number, entry in enumerate(entries):
        outcome = entry.outcome
        title = Text(f"{outcome.config.study}\n{outcome.name}")
        table.add_row(str(number), title, *_cells(entry)[: len(table.columns) - 2])
        evaluation = entry.conclusion.evaluation if entry.conclusion is not None else None
        if evaluation is not None and evaluation.best_baseline is not None:
            score = f"{evaluation.baselines[evaluation.best_baseline][outcome.config.task.objective]:.4g}"
            table.add_row("", "", evaluation.best_baseline.replace("_", " "), "", score, "+0.0%", style="cyan")
    return table


def verdicts(group: ComparableGroup) -> list[str]:
    """Which sweep's winner does better than which, and whether any beats the baselines, in plain sentences."""
    labels = _labels(group)
    objective = group.entries[0].outcome.config.task.objective
    said = []
    for comparison in group.comparisons:
        better, other = labels[id(comparison.better)], labels[id(comparison.other)]
        lead = between(comparison.interval, sign=-1)
        if comparison.interval is None:
            said.append(f"{better} against {other}: one run each shows nothing; finals.seeds=3 would tell more.")
        elif comparison.interval.holds_zero:
            said.append(
                f"{better} is not shown to do better than {other}: its lead in {objective} of {lead} may be chance."
            )
        else:
            said.append(
                f"{better} does better than {other}: {objective} lower by {lead} over {comparison.interval.n} pairs "
                "of runs."
            )
    beating = [labels[id(entry)] for entry in group.entries if _beats(entry)]
    if beating:
        said.append(f"Better than the best baseline on the test part, beyond chance: {', '.join(beating)}.")
    else:
        said.append("None of them is shown to be better than the best baseline on the test part.")
    return said


def _beats(entry: FinishedSweep) -> bool:
    evaluation = entry.conclusion.evaluation if entry.conclusion is not None else None
    return evaluation is not None and beats_baselines(evaluation)


def _labels(group: ComparableGroup) -> dict[int, str]:
    """Labels that tell the sweeps apart: their own, with the run's name behind it where two are the same."""
    plain = [entry.label for entry in group.entries]
    return {
        id(entry): entry.label if plain.count(entry.label) == 1 else f"{entry.label} ({entry.outcome.name})"
        for entry in group.entries
    }


def _table(title: str, what: str, width: int) -> Table:
    padding = (0, 1, 0, 0)  # a column less than by default: what a terminal of 80 has room for
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=padding, show_edge=False)
    table.add_column("#", justify="right")
    table.add_column(what, overflow="fold")
    table.add_column("winner", no_wrap=True)
    for name in ("validation", "test", "skill", "beats\nbaselines"):
        table.add_column(name, justify="right", no_wrap=True)
    if width >= WIDE:
        table.add_column("trials, time", justify="right", no_wrap=True)
    return table


def _short(override: str) -> str:
    """`search_space.layer=[lstm]` → `layer=lstm`."""
    key, _, value = override.partition("=")
    alone = value.startswith("[") and value.endswith("]") and "," not in value
    return f"{key.rpartition('.')[2]}={value[1:-1] if alone else value}"


def _cells(entry: FinishedSweep) -> list[str]:
    """Winner, score over seeds on validation, test score, skill, whether it is proven, trials and time."""
    outcome, objective = entry.outcome, entry.outcome.config.task.objective
    done, winner = outcome.ranked, entry.winner
    trials = f"{len(done)} of {len(outcome.records)}" if len(done) < len(outcome.records) else str(len(done))
    trials = f"{trials}, {duration(outcome.seconds)}"
    if winner is None or entry.conclusion is None:
        best = done[0] if done else None
        score = f"{objective} {best.metrics[outcome.objective]:.4g}" if best else ""
        return [best.name if best else "none completed", score, "", "", "", trials]
    spread = "" if winner.std is None else f"±{winner.std:.2g}"
    score = f"{objective} {winner.mean:.4g}{spread}"
    evaluation = entry.conclusion.evaluation
    if evaluation is None:
        return [winner.name, score, "", "", "", trials]
    gain = percent(evaluation.skill) if evaluation.skill is not None else ""
    proven = "yes" if beats_baselines(evaluation) else "no, worse" if loses_to_baselines(evaluation) else "not shown"
    return [winner.name, score, f"{evaluation.scores[objective]:.4g}", gain, proven, trials]
