"""What a sweep left behind, as DataFrames: one name for a thing, that of the config."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from seqsweep.finals import Conclusion
from seqsweep.objectives import Resource
from seqsweep.records import TrialRecord
from seqsweep.search import Outcome

if TYPE_CHECKING:
    import pandas as pd


def leaderboard(outcome: Outcome) -> pd.DataFrame:
    """Completed trials and baselines, best first: scores on validation, skill over the best baseline, settings.

    Args:
        outcome: of the search.
    """
    metric = outcome.metric
    reference = outcome.baselines[outcome.best_baseline][metric.name] if outcome.best_baseline else None
    rows: list[dict[str, Any]] = [
        {"name": record.name, "kind": "trial", "trial": record.number, **_scores(outcome, record), **record.params}
        for record in outcome.ranked
    ]
    rows += [{"name": name, "kind": "baseline", **scores} for name, scores in outcome.baselines.items()]
    rows.sort(key=lambda row: metric.cost(row[metric.name]))
    for row in rows:
        row["skill"] = None if reference is None else metric.skill(row[metric.name], reference)
    first = ["name", "kind", "trial", *(m.name for m in outcome.metrics), "skill"]
    return _frame(rows, first, integers=["trial"])


def trials(outcome: Outcome) -> pd.DataFrame:
    """Every trial by its number: settings, scores of its best epoch, how it ended."""
    rows = [
        {
            "trial": record.number,
            "name": record.name,
            "status": record.status,
            **record.params,
            **record.metrics,
            "epochs": record.epochs,
            "best_epoch": record.best_epoch,
            "parameters": record.parameter_count,
            **({} if record.latency_ms is None else {"latency_ms": record.latency_ms}),
            "seconds": record.duration,
            "seed": record.seed,
            "reason": record.reason,
        }
        for record in outcome.records
    ]
    return _frame(rows, ["trial", "name", "status"], integers=["epochs", "best_epoch", "parameters"])


def front(outcome: Outcome) -> pd.DataFrame:
    """The trials that no other one beats in all objectives, best by the first of them first; empty with one objective.

    Columns are the objectives, what says how far single measurements of one lie apart, and the settings.

    Args:
        outcome: of the search.
    """
    objectives = outcome.objectives
    spreads = [one.spread for one in objectives.others if isinstance(one, Resource) and one.spread]
    rows = [
        {
            "trial": record.number,
            "name": record.name,
            **objectives.values(record),
            **{name: getattr(record, name) for name in spreads},
            **record.params,
        }
        for record in outcome.front
    ]
    return _frame(rows, ["trial", "name", *(objective.name for objective in objectives), *spreads])


def curves(records: Iterable[TrialRecord]) -> pd.DataFrame:
    """A row an epoch of each trial."""
    rows = [
        {"trial": record.number, "name": record.name, "epoch": point.epoch, **point.metrics}
        for record in records
        for point in record.curve
    ]
    return _frame(rows, ["trial", "name", "epoch"])


def baselines(outcome: Outcome) -> pd.DataFrame:
    """A row a baseline, best first: its scores on validation."""
    import pandas as pd

    names = outcome.metric.ranked(outcome.baselines) if outcome.baselines else []
    columns = [metric.name for metric in outcome.metrics]
    return pd.DataFrame(
        [outcome.baselines[name] for name in names], index=pd.Index(names, name="name"), columns=columns
    )


def finals(conclusion: Conclusion | None) -> pd.DataFrame:
    """A row a finalist, best mean first: its score in the search and over its final runs, and its settings."""
    found = conclusion.finalists if conclusion is not None else ()
    rows = [
        {
            "name": finalist.name,
            "trial": finalist.number,
            "searched": finalist.searched,
            "mean": finalist.mean,
            "std": finalist.std,
            "runs": len(finalist.runs),
            **finalist.params,
        }
        for finalist in found
    ]
    return _frame(rows, ["name", "trial", "searched", "mean", "std", "runs"])


def test(conclusion: Conclusion | None) -> pd.DataFrame:
    """The winner and every baseline on the test part, best first; empty where it was not read."""
    evaluation = conclusion.evaluation if conclusion is not None else None
    if conclusion is None or evaluation is None or conclusion.winner is None:
        return _frame([], ["name", "kind"])
    metric = conclusion.metric
    reference = evaluation.baselines[evaluation.best_baseline][metric.name] if evaluation.best_baseline else None
    rows: list[dict[str, Any]] = [{"name": conclusion.winner.name, "kind": "winner", **evaluation.scores}]
    rows += [{"name": name, "kind": "baseline", **scores} for name, scores in evaluation.baselines.items()]
    rows.sort(key=lambda row: metric.cost(row[metric.name]))
    for row in rows:
        row["skill"] = None if reference is None else metric.skill(row[metric.name], reference)
    return _frame(rows, ["name", "kind"])


def plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as values that JSON has: times in ISO 8601, days as days, null where nothing is."""
    days = [name for name in frame if hasattr(frame[name], "dt") and (frame[name] == frame[name].dt.normalize()).all()]
    frame = frame.assign(**{str(name): frame[name].dt.strftime("%Y-%m-%d") for name in days})
    content = frame.to_json(orient="records", date_format="iso", double_precision=15)
    rows: list[dict[str, Any]] = json.loads(content)
    return rows


def _scores(outcome: Outcome, record: TrialRecord) -> dict[str, float]:
    return {metric.name: record.metrics[f"val_{metric.name}"] for metric in outcome.metrics}


def _frame(rows: list[dict[str, Any]], first: list[str], integers: Iterable[str] = ()) -> pd.DataFrame:
    """Rows as a table; what not every row has is missing there.

    Args:
        rows: with the values of the columns that they have.
        first: columns that stand in front, and are there without rows too.
        integers: columns of whole numbers that may be missing.
    """
    import pandas as pd

    columns = list(dict.fromkeys([*first, *(name for row in rows for name in row)]))
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype(dict.fromkeys((name for name in integers if name in columns), "Int64"))
