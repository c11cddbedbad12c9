"""A winner against the present champion: both forecast the same targets, now, and the worse one does not pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqsweep import data, package, search_space, windows
from seqsweep.data import Series
from seqsweep.errors import DataError
from seqsweep.evidence import diebold_mariano, loss_of
from seqsweep.finals import Conclusion, TestEvaluation
from seqsweep.metrics import METRICS, naive_scale, sort_key
from seqsweep.registry.candidates import Candidate
from seqsweep.registry.registered import CHAMPION, Registry
from seqsweep.serving.array_types import Float64s
from seqsweep.serving.gather import Gather
from seqsweep.tracking.retry_queue import first_line
from seqsweep.words import counted, difference, in_words, significant

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

REPLACE = "say --replace to put it in the champion's place without a comparison"

ChallengeResult = tuple[bool, str, str]
"""Whether it passes, what was found, what would satisfy the condition."""


def no_worse(
    registry: Registry, candidate: Candidate, conclusion: Conclusion, evaluation: TestEvaluation, replace: bool
) -> ChallengeResult:
    """Whether the winner may take the champion's place.

    Both forecast the winner's test targets as a caller would have them do, but for targets that the champion has seen
    in train or validation. The objective decides, ties pass; how sure the difference is stands beside it.

    Args:
        registry: with the champion.
        candidate: the sweep of the winner.
        conclusion: of it.
        evaluation: at the winner.
        replace: whether a champion that cannot be compared may be replaced.
    """
    version = champion(registry, candidate.registered_name)
    if version is None:
        return True, "there is no champion yet", ""
    sha256 = version.tags.get("data_sha256")
    if sha256 != evaluation.sha256:
        short = (sha256 or "unknown")[:12]
        return _incomparable(f"the champion, version {version.version}, is of other data (sha256 {short})", replace)
    try:
        series = data.load(candidate.config.data)
    except DataError as error:
        return False, f"the data cannot be read again to compare with the champion: {error}", "bring it back"
    if series.sha256 != evaluation.sha256:
        changed = f"the data has changed since the sweep (sha256 {series.sha256[:12]}, then {evaluation.sha256[:12]})"
        return False, changed, "bring the data back as it was, or run the study again on what it is now"
    return _compare(registry, candidate, conclusion, series, version, replace)


def champion(registry: Registry, name: str) -> ModelVersion | None:
    """The version that the alias names; None where nothing does."""
    model = registry.model(name)
    number = None if model is None else model.aliases.get(CHAMPION)
    return None if number is None else registry.version(name, str(number))


def _compare(
    registry: Registry,
    candidate: Candidate,
    conclusion: Conclusion,
    series: Series,
    version: ModelVersion,
    replace: bool,
) -> ChallengeResult:
    who, task = f"the champion, version {version.version}", candidate.config.task
    try:
        theirs = package.load(registry.load_path(version))
        rows, horizon, seen = theirs.rows, theirs.horizon, int(theirs.spec["data"]["validation_end"])
    except Exception as error:  # whatever stands under this alias, perhaps none of ours
        return _incomparable(f"{who}, cannot be loaded: {first_line(error)}", replace)
    if horizon != task.horizon:
        return _incomparable(f"{who}, forecasts {horizon} rows ahead, this winner {task.horizon}", replace)
    split = windows.make_split(
        series, candidate.config.windows, task.horizon, search_space.max_lookback(candidate.config)
    )
    origins = split.test[split.test >= max(rows, seen) - 1]
    if not len(origins):
        return _incomparable(f"{who}, has learned from all of this winner's test part", replace)
    actual = Gather(series.values[:, 0], range(1, task.horizon + 1)).numpy(origins)
    new = package.load(candidate.model).forecast(series.values, series.columns, origins)
    old = theirs.forecast(series.values, series.columns, origins)
    mase_scale = naive_scale(series.values[:, 0], split.train_end, candidate.config.data.season)
    return _judge(conclusion.objective, actual, new, old, mase_scale, who)


def _incomparable(found: str, replace: bool) -> ChallengeResult:
    return (True, f"{found}; it is replaced as you said", "") if replace else (False, found, REPLACE)


def _judge(
    objective: str, actual: Float64s, new: Float64s, old: Float64s, mase_scale: float, who: str
) -> ChallengeResult:
    """By the objective's value over all targets, (n, horizon) each."""
    ours, theirs = (METRICS[objective](actual, forecast, mase_scale) for forecast in (new, old))
    figures = f"{in_words(objective)} {significant(ours)} against {significant(theirs)}"
    found, loss = f"{figures} of {who}, on {counted(len(actual), 'test origin')}", loss_of(objective)
    test = diebold_mariano(actual, new, old, loss)
    if test is not None:
        found += f"; {difference(test, loss)}" + (", so they may be equal" if test.difference.holds_zero else "")
    if sort_key(objective, ours) <= sort_key(objective, theirs):
        return True, found, ""
    return False, f"worse than the champion: {found}", "search further: only a winner that is no worse takes its place"
