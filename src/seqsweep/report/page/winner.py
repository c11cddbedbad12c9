"""The winner: its settings, when it was found, and the commands that make it the model that others load."""

from __future__ import annotations

from datetime import datetime

from seqsweep.html import Markup, Section, facts, link, note, paragraph, short_facts, verbatim
from seqsweep.records import TrialRecord
from seqsweep.redaction import redacted
from seqsweep.report.next_commands import better_baseline
from seqsweep.report.page.material import Material
from seqsweep.report.page.settings import unit_of
from seqsweep.schema import SweepConfig
from seqsweep.search_space import telling
from seqsweep.words import counted, in_words, pasted, setting, store_options

FILES = (".csv", ".parquet", ".xlsx", ".xls", ".ods")  # what `predict` reads


def winner(material: Material) -> Section:
    """What won, or without finals the best of the search, with all that is needed to use it."""
    record = material.chosen
    won = material.conclusion is not None and material.conclusion.winner is not None
    title = "Winner" if won else "Best of the search"
    if record is None:
        return Section("winner", title, [paragraph("None: no trial completed.")])
    blocks = [short_facts(settings_of(record, material.outcome.config)), facts(_training(material, record))]
    return Section("winner", f"{title}: {record.name}", [*blocks, *_commands(material)])


def when(seconds: float) -> str:
    """`2026-11-26 13:05`, by the clock of this machine."""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M")


def clock(seconds: float) -> str:
    """`13:05:09`, by the clock of this machine."""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%H:%M:%S")


def settings_of(record: TrialRecord, config: SweepConfig) -> list[tuple[str, object]]:
    """The settings of a trial in words, with their units.

    Args:
        record: of the trial.
        config: of its sweep.
    """
    pairs: list[tuple[str, object]] = []
    for name, value in telling(config, record.params).items():
        counts = isinstance(value, int | float) and not isinstance(value, bool) and value != 0
        unit = unit_of(name, config.task.kind) if counts else ""
        pairs.append((in_words(name), f"{setting(value)} {unit.removesuffix('s') if value == 1 else unit}".rstrip()))
    return pairs


def _training(material: Material, record: TrialRecord) -> list[tuple[str, object]]:
    pairs: list[tuple[str, object]] = []
    if record.parameter_count is not None:
        pairs.append(("weights", f"{record.parameter_count:,}"))
    evaluation = material.evaluation
    if record.epochs is not None:
        best = f", best after {record.best_epoch}" if record.best_epoch is not None else ""
        pairs.append(("trained for", f"{counted(record.epochs, 'epoch')} in the search{best}"))
    if record.ended is not None:
        pairs.append(("found", when(record.ended)))
    if evaluation is not None:
        pairs.append(("tested", when(evaluation.at)))
    if material.serves and evaluation is not None:
        pairs.append(("what serves", material.serves))
    if material.links.sweep:
        where = Markup(", ").join([link(material.links.sweep, "this sweep"), *_run_link(material, record)])
        pairs.append(("in MLflow", where))
    return pairs


def _run_link(material: Material, record: TrialRecord) -> list[Markup]:
    page = material.links.trials.get(record.trial_id)
    return [link(page, "this trial")] if page else []


def _commands(material: Material) -> list[Markup]:
    """What may be pasted where the sweep was run."""
    outcome, conclusion = material.outcome, material.conclusion
    tracking = outcome.config.tracking
    if tracking.kind != "mlflow":
        return [note("Without MLflow (tracking.kind) nothing can be promoted.")]
    store = store_options(tracking.directory, tracking.uri)
    lines = []
    if conclusion is not None and conclusion.winner is not None:
        better = better_baseline(outcome, conclusion)
        instead = ["--baseline", better] if better is not None else []
        lines.append(pasted(["seqsweep", "promote", outcome.fingerprint, *instead, *store]))
        future = ["--future", "FUTURE.csv"] if outcome.config.data.known_future else []
        lines.append(pasted(["seqsweep", "predict", _model(material), _file(material), *future, *store]))
    lines.append(pasted(["seqsweep", "ui", *store]))
    said = "To be pasted in the folder where the sweep was run: "
    what = [
        "make it the model that others load, if it passes the gate; predict with it; " if len(lines) > 1 else "",
        "see every run in MLflow (links lead there while that runs).",
    ]
    if len(lines) > 1 and instead:
        said += f"no network beats {in_words(instead[1])}, so the baseline is what is promoted: "
    return [note(said + "".join(what)), verbatim(redacted("\n".join(lines)))]


def _model(material: Material) -> str:
    """The name under which it is registered."""
    from seqsweep.registry import model_name

    return model_name(material.outcome.config.registry.model or material.outcome.data)


def _file(material: Material) -> str:
    """The file that the sweep read where that is one, else a word for it."""
    path = material.outcome.config.data.path
    return path if path and path.endswith(FILES) else "FILE.csv"
