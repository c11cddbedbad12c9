"""The leaderboard of a sweep: trials and baselines in one order, with the settings that differ between the trials."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Group
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from seqsweep.finals import Conclusion
from seqsweep.metrics import Metric
from seqsweep.objectives import Resource, title_of
from seqsweep.records import TrialRecord
from seqsweep.report.front import cell, front_table
from seqsweep.search import Outcome
from seqsweep.search_space import telling
from seqsweep.terminal import console, with_whole_words
from seqsweep.words import about_skill, column_title, counted, duration, gain, in_words, megabytes, setting, significant

SHOWN = 10  # trials
PRUNED_SHOWN = 3  # of those that have no rank
WIDE = 110  # characters; a narrower table shows fewer metrics and settings, MLflow shows all
SETTINGS = ("window", "dropout", "learning_rate", "activation", "anchor")  # shown first, if they differ
SHORT = {"learning_rate": "lr"}  # a column has little room


@dataclass(frozen=True)
class _Row:
    score: float
    name: str  # of the baseline where there is no trial
    trial: TrialRecord | None = None


def leaderboard(outcome: Outcome, width: int) -> Group:
    """The best trials and every baseline by the objective, best first; as many settings and metrics as fit in a line.

    Args:
        outcome: of the sweep.
        width: characters a line.
    """
    metrics = outcome.metrics
    settings = _settings(outcome)
    if width < WIDE:
        metrics, settings = metrics[:2], settings[:3]
    table = _table(outcome, settings, metrics)
    endless = console(width=10 * width)
    while (settings or metrics[1:]) and Measurement.get(endless, endless.options, table).maximum > width:
        settings, metrics = settings[:-1], metrics if settings else metrics[:1]
        table = _table(outcome, settings, metrics)
    below = Text(_caption(outcome))  # that of a table would be broken where the table ends
    return Group(table, below, Text(), front_table(outcome)) if outcome.front else Group(table, below)


def _table(outcome: Outcome, settings: list[str], metrics: list[Metric]) -> Table:
    table = Table(
        title=f"{outcome.config.study}: {outcome.data}, column {outcome.target!r}, validation part",
        box=box.SIMPLE_HEAD,
        title_justify="left",
    )
    table.add_column("#", justify="right", min_width=2)
    table.add_column("trial or baseline")
    heads = [*(SHORT.get(name, in_words(name)) for name in settings), *map(column_title, metrics), "skill"]
    heads += [title_of(objective) for objective in _beside(outcome)]
    for head in heads:
        table.add_column(head, justify="right")
    for row in _rows(outcome):
        table.add_row(*_cells(row, outcome, settings, metrics), style=None if row.trial else "cyan")
    return with_whole_words(table)


def settings_of_best(outcome: Outcome, conclusion: Conclusion | None = None) -> str:
    """The settings of the winner, or without finals of the best trial: `layer=lstm units=32 …`; empty if none ended.

    Args:
        outcome: of the search.
        conclusion: of the finals; None: there were none.
    """
    winner = conclusion.winner if conclusion is not None else None
    if not outcome.ranked:
        return ""
    params = outcome.ranked[0].params if winner is None else winner.params
    shown = {name: value for name, value in telling(outcome.config, params).items() if value is not None}
    values = {name: f"{value:.3g}" if isinstance(value, float) else value for name, value in shown.items()}
    return " ".join(f"{name}={value}" for name, value in values.items())


def _rows(outcome: Outcome) -> list[_Row]:
    metric = outcome.metric
    trials = [_Row(record.metrics[outcome.objective], record.name, record) for record in outcome.ranked[:SHOWN]]
    baselines = [_Row(scores[metric.name], name) for name, scores in outcome.baselines.items()]
    return sorted([*trials, *baselines], key=lambda row: metric.cost(row.score))


def _settings(outcome: Outcome) -> list[str]:
    """The columns worth showing: settings that differ between the trials."""
    names = [name for record in outcome.ranked for name in record.params]
    order = {name: i for i, name in enumerate(SETTINGS)}
    differing = [
        name
        for name in dict.fromkeys(names)
        if name not in ("depth", "layer", "units") and len({record.params.get(name) for record in outcome.ranked}) > 1
    ]
    return sorted(differing, key=lambda name: (order.get(name, len(order)), name))[:6]


def _cells(row: _Row, outcome: Outcome, settings: list[str], metrics: list[Metric]) -> list[str]:
    if row.trial is None:
        figures = [significant(outcome.baselines[row.name][metric.name]) for metric in metrics]
        missing = ["" for _ in _beside(outcome)]
        return ["", in_words(row.name), *("" for _ in settings), *figures, gain(outcome.skill(row.score)), *missing]
    place = outcome.ranked.index(row.trial) + 1
    known = row.trial.params
    values = [setting(known[name]) if name in known else "" for name in settings]
    figures = [significant(row.trial.metrics[f"val_{metric.name}"]) for metric in metrics]
    beside = [cell(objective, row.trial) for objective in _beside(outcome)]
    return [str(place), row.name, *values, *figures, gain(outcome.skill(row.score)), *beside]


def _beside(outcome: Outcome) -> list[Resource]:
    """The objectives that are no metrics."""
    return [objective for objective in outcome.objectives.others if isinstance(objective, Resource)]


def _caption(outcome: Outcome) -> str:
    failed = [record for record in outcome.records if record.status == "FAILED"]
    lines = [f"{about_skill(outcome.metric)}; baselines have no rank"]
    if len(outcome.ranked) > SHOWN:
        lines.append(f"{counted(len(outcome.ranked) - SHOWN, 'more trial')}, not shown")
    lines += [f"failed: {record.name}: {record.reason}" for record in failed[:SHOWN]]
    pruned = [record for record in outcome.records if record.status == "PRUNED"]
    lines += [f"{record.name}: {record.reason}" for record in pruned[:PRUNED_SHOWN]]
    if len(pruned) > PRUNED_SHOWN:
        lines.append(f"{counted(len(pruned) - PRUNED_SHOWN, 'more trial')} pruned, which have no rank")
    took = f", {outcome.trained} of them now in {duration(outcome.seconds)}" if outcome.trained else ""
    lines.append(f"{counted(len(outcome.records), 'trial')}{took}; ended because: {outcome.reason}")
    lines.append(f"state: {megabytes(outcome.disk)} in {_short(outcome.folder)}")
    return "\n".join(lines)


def _short(folder: Path) -> Path:
    """Relative to where the user stands, if it lies below."""
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
