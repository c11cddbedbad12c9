"""The leaderboard of a sweep: trials and baselines in one order, with the settings that differ between the trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Group
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from seqsweep.finals import Conclusion
from seqsweep.metrics import Metric
from seqsweep.objectives import Resource
from seqsweep.records import TrialRecord
from seqsweep.report.front import cell, front_table, title_of
from seqsweep.search import Outcome
from seqsweep.search_space import telling
from seqsweep.tasks import TASKS
from seqsweep.terminal import console
from seqsweep.words import (
    about_skill,
    column_title,
    counted,
    duration,
    gain,
    in_words,
    megabytes,
    pasted,
    seconds,
    setting,
    significant,
    store_options,
)

SHOWN = 10  # trials; the rest is in MLflow
PRUNED_SHOWN = 3  # of those that have no rank
WIDE = 110  # characters; a narrower table shows fewer metrics and settings, MLflow shows all
SETTINGS = ("window", "dropout", "learning_rate", "activation", "anchor")  # shown first, if they differ
SKIP, RIDGE = "linear_skip", "linear"
"""A setting that puts the ridge into a network, and the baseline that is the ridge alone."""

WIDER = {"max_epochs": 2, "patience": 2, "min_gain": 0.5}
"""By how much a limit that ended a search is widened where more of it is offered."""
SHORT = {"learning_rate": "lr"}  # a column has little room


@dataclass(frozen=True)
class _Row:
    score: float
    name: str  # of the baseline where there is no trial
    trial: TrialRecord | None = None


def leaderboard(outcome: Outcome, width: int) -> Group:
    """The best trials and every baseline by the objective, best first; as many settings as leave all figures whole.

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
    while settings and Measurement.get(endless, endless.options, table).maximum > width:
        settings = settings[:-1]
        table = _table(outcome, settings, metrics)
    below = Text(_caption(outcome))  # that of a table would be broken where the table ends
    return Group(table, below, *([Text(), front_table(outcome)] if outcome.front else []))


def _table(outcome: Outcome, settings: list[str], metrics: list[Metric]) -> Table:
    table = Table(
        title=f"{outcome.config.study}: {outcome.data}, column {outcome.target!r}, validation part",
        box=box.SIMPLE_HEAD,
        title_justify="left",
    )
    table.add_column("#", justify="right", no_wrap=True, min_width=2)
    table.add_column("trial or baseline", no_wrap=True)
    heads = [*(SHORT.get(name, in_words(name)) for name in settings), *map(column_title, metrics), "skill"]
    heads += [title_of(objective) for objective in _beside(outcome)]
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    for row in _rows(outcome):
        table.add_row(*_cells(row, outcome, settings, metrics), style=None if row.trial else "cyan")
    return table


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


def next_commands(outcome: Outcome, conclusion: Conclusion | None, typed: Sequence[str]) -> list[tuple[str, str]]:
    """What a user may type now, and what it does.

    Args:
        outcome: of the sweep that ended.
        conclusion: of its finals.
        typed: the command that ran it, word for word.
    """
    tracking = outcome.config.tracking
    given = [word.partition("=")[2] for word in typed if word.startswith("tracking.uri=")]
    store = store_options(tracking.directory, given[-1] if given else tracking.uri)
    commands = []
    if tracking.kind == "mlflow":
        commands.append((pasted(["seqsweep", "ui", *store]), "every trial and its curves, in MLflow"))
        if conclusion is not None and conclusion.winner is not None:
            purpose = "make the winner the model that others load, if it passes the gate"
            words = ["seqsweep", "promote", outcome.fingerprint]
            if (better := unbeaten_baseline(outcome, conclusion)) is not None:
                packaged = TASKS[conclusion.task].serves_baseline(outcome.config, better)
                rest = "make it the model that others load" if packaged else "the gate refuses the winner as it is"
                purpose = f"no network beats {in_words(better)}: {rest}"
                words += ["--baseline", better] if packaged else []
            commands.append((pasted([*words, *store]), purpose))
            commands += _from_the_ridge(outcome, conclusion, typed)
    commands += _longer(outcome, typed)
    limit = outcome.config.tuner.time_limit
    if limit is not None and "tuner.time_limit" in outcome.reason:
        longer = f"tuner.time_limit={2 * (seconds(limit) or 0):g}s"
        commands.append((_again(typed, longer), "go on for as long again"))
    elif (reached := next((name for name in WIDER if f"tuner.{name}" in outcome.reason), None)) is not None:
        value = WIDER[reached] * (getattr(outcome.config.tuner, reached) or 1)
        commands.append((_again(typed, f"tuner.{reached}={value}"), "search on"))
    elif outcome.config.tuner.max_trials is not None:
        more = f"tuner.max_trials={2 * outcome.config.tuner.max_trials}"
        commands.append((_again(typed, more), "go on to more trials"))
    seed = f"seed={outcome.config.seed + 1}"
    commands.append((_again(typed, seed), "the same with another seed"))
    return commands


def _from_the_ridge(outcome: Outcome, conclusion: Conclusion, typed: Sequence[str]) -> list[tuple[str, str]]:
    """Where no network beats a ridge, networks can begin with it; nothing where all of them did, or none can."""
    begun = {record.params.get(SKIP) for record in outcome.ranked}
    if unbeaten_baseline(outcome, conclusion) != RIDGE or begun <= {None, "ridge"}:
        return []
    return [(_again(typed, f"search_space.{SKIP}=ridge"), "networks that begin at the ridge, and learn what it leaves")]


def _longer(outcome: Outcome, typed: Sequence[str]) -> list[tuple[str, str]]:
    """Where the best network was best in its last epoch, and nothing but `trial.epochs` ended it: it learned still."""
    config = outcome.config.trial
    if not outcome.ranked or outcome.ranked[0].best_epoch != config.epochs or config.max_samples is not None:
        return []
    if outcome.ranked[0].params.get("schedule", "constant") != "constant":  # its rate has come down by then
        return []
    purpose = "the best trial was best in its last epoch, so that it is undertrained: let all of them learn longer"
    return [(_again(typed, f"trial.epochs={2 * config.epochs}"), purpose)]


def better_baseline(outcome: Outcome, conclusion: Conclusion) -> str | None:
    """The best baseline, where no network beats it by the margin of the gate and it can be packaged.

    Args:
        outcome: of the search.
        conclusion: of its finals.
    """
    best = unbeaten_baseline(outcome, conclusion)
    return best if best is not None and TASKS[conclusion.task].serves_baseline(outcome.config, best) else None


def unbeaten_baseline(outcome: Outcome, conclusion: Conclusion) -> str | None:
    """The best baseline, where no network beats it by the margin of the gate.

    Args:
        outcome: of the search.
        conclusion: of its finals.
    """
    seen = conclusion.evaluation
    if seen is None or seen.skill is None or seen.skill > outcome.config.registry.min_skill:
        return None
    return seen.best_baseline


def _again(typed: Sequence[str], change: str) -> str:
    key = change.partition("=")[0]
    return pasted([*(word for word in typed if word.partition("=")[0].lstrip("+") != key), change])


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
    lines = [f"{about_skill(outcome.metric)}; baselines have no number"]
    if len(outcome.ranked) > SHOWN:
        lines.append(f"{len(outcome.ranked) - SHOWN} more trials in MLflow")
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
