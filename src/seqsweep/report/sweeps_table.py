"""Sweeps side by side: the jobs of a multirun, or whatever has finished."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich import box
from rich.table import Table
from rich.text import Text

from seqsweep.comparison import ComparableGroup, FinishedSweep
from seqsweep.finals import TestEvaluation
from seqsweep.report.leaderboard import WIDE
from seqsweep.schema import SweepConfig
from seqsweep.words import BEATS, duration, in_words, lead, percent, plus_minus, setting, significant

MOST_SETTINGS = 2  # in a label; where more differ the name of the run says less, and is short
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
    table = _table("Finished sweeps", "study and sweep", width)
    for number, entry in enumerate(entries):
        outcome = entry.outcome
        title = Text(f"{outcome.config.study}\n{outcome.name}")
        table.add_row(str(number), title, *_cells(entry)[: len(table.columns) - 2])
        evaluation = _evaluation(entry)
        if evaluation is not None and evaluation.best_baseline is not None:
            score = significant(evaluation.baselines[evaluation.best_baseline][outcome.config.task.objective])
            table.add_row("", "", in_words(evaluation.best_baseline), "", score, percent(0.0), style="cyan")
    return table


def verdicts(group: ComparableGroup) -> list[str]:
    """Which sweep's winner does better than which, and whether any beats the baselines, in plain sentences."""
    labels = _labels(group)
    metric = group.entries[0].outcome.metric
    said = [lead(labels[id(pair.better)], labels[id(pair.other)], metric, pair.interval) for pair in group.comparisons]
    shown = [pair for pair in group.comparisons if pair.interval is not None and not pair.interval.holds_zero]
    if not shown and len(group.comparisons) > 1:
        said.append("So none of them is shown to do better than another.")
    beating = [labels[id(entry)] for entry in group.entries if _beats(entry)]
    if beating:
        said.append(f"Better than the best baseline on the test part, beyond chance: {', '.join(beating)}.")
    else:
        said.append("None of them is shown to be better than the best baseline on the test part.")
    return said


def _evaluation(entry: FinishedSweep) -> TestEvaluation | None:
    return entry.conclusion.evaluation if entry.conclusion is not None else None


def _beats(entry: FinishedSweep) -> bool:
    evaluation = _evaluation(entry)
    return evaluation is not None and evaluation.standing(entry.outcome.metric).verdict == "better"


def _labels(group: ComparableGroup) -> dict[int, str]:
    """Labels that tell the sweeps apart: their own, or the settings that differ, or with the run's name behind them.

    Args:
        group: of sweeps that can be compared.
    """
    plain = [entry.label for entry in group.entries]
    says_more = all(entry.label != entry.outcome.name for entry in group.entries)
    if says_more and len(set(plain)) == len(plain):
        return {id(entry): entry.label for entry in group.entries}
    settings = [_settings(entry.outcome.config) for entry in group.entries]
    keys = [key for key in settings[0] if any(other.get(key) != settings[0][key] for other in settings[1:])]
    told = [" ".join(_short(f"{key}={setting(own.get(key))}") for key in keys) for own in settings]
    if 0 < len(keys) <= MOST_SETTINGS and len(set(told)) == len(told):
        return dict(zip(map(id, group.entries), told, strict=True))
    return {
        id(entry): entry.label if plain.count(entry.label) == 1 else f"{entry.label} ({entry.outcome.name})"
        for entry in group.entries
    }


def _settings(config: SweepConfig) -> dict[str, object]:
    """The settings that may tell two sweeps of the same data apart, by key: `tuner` for `tuner.kind`."""
    whole = asdict(config)
    groups = ("search_space", "model", "trial", "tuner", "task", "windows", "finals")
    inner = {f"{group}.{name}": value for group in groups for name, value in whole[group].items()}
    found = {key.removesuffix(".kind"): value for key, value in inner.items()}
    return {**found, "seed": config.seed}


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
    """`search_space.layer=[lstm]` → `layer=lstm`; the name of a study as it is."""
    key, given, value = override.partition("=")
    if not given:
        return key
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
        score = f"{in_words(objective)} {significant(best.metrics[outcome.objective])}" if best else ""
        return [best.name if best else "none completed", score, "", "", "", trials]
    assert winner.mean is not None  # or it would be no winner
    score = f"{in_words(objective)} {plus_minus(winner.mean, winner.std).replace(' ± ', '±')}"  # columns are narrow
    evaluation = _evaluation(entry)
    if evaluation is None:
        return [winner.name, score, "", "", "", trials]
    gain = percent(evaluation.skill) if evaluation.skill is not None else ""
    proven = BEATS[evaluation.standing(outcome.metric).verdict]
    return [winner.name, score, significant(evaluation.scores[objective]), gain, proven, trials]
