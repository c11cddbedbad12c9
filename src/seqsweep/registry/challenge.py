"""A winner against the present champion: both predict the same items, now, and the worse one does not pass.

What serves may have learned from these very items (`registry.refit=all`), so that each is asked as it was evaluated:
by the network that lies beside what serves in its package, and has learned from its own train part alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqsweep import package
from seqsweep.errors import DataError
from seqsweep.finals import TestEvaluation
from seqsweep.registry.candidates import Candidate
from seqsweep.registry.registered import CHAMPION, Registry
from seqsweep.search import load_data
from seqsweep.tasks import Dataset, Items, Predictions, Task
from seqsweep.tracking.retry_queue import first_line
from seqsweep.words import counted, difference, in_words, significant

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

REPLACE = "say --replace to put it in the champion's place without a comparison"

ChallengeResult = tuple[bool, str, str]
"""Whether it passes, what was found, what would satisfy the condition."""


def no_worse(registry: Registry, candidate: Candidate, evaluation: TestEvaluation, replace: bool) -> ChallengeResult:
    """Whether the winner may take the champion's place.

    Both predict the winner's test items as a caller would have them do, each by what was evaluated of it, but for items
    that the champion's has learned from. The objective decides, ties pass; how sure the difference is stands beside it.

    Args:
        registry: with the champion.
        candidate: the sweep of the winner.
        evaluation: of the winner.
        replace: whether a champion that cannot be compared may be replaced.
    """
    version = champion(registry, candidate.registered_name)
    if version is None:
        return True, "there is no champion yet", ""
    sha256, other = version.tags.get("data_sha256"), ""
    if sha256 != evaluation.sha256:
        other = f"the champion, version {version.version}, is of other data (sha256 {(sha256 or 'unknown')[:12]})"
    try:
        task, data = load_data(candidate.config, say=lambda _: None)
    except DataError as error:
        if other:
            return _incomparable(other, replace)
        return False, f"the data cannot be read again to compare with the champion: {error}", "bring it back"
    if data.sha256 != evaluation.sha256:
        changed = f"the data has changed since the sweep (sha256 {data.sha256[:12]}, then {evaluation.sha256[:12]})"
        return False, changed, "bring the data back as it was, or run the study again on what it is now"
    return _compare(registry, candidate, task, data, version, replace, other)


def champion(registry: Registry, name: str) -> ModelVersion | None:
    """The version that the alias names; None where nothing does.

    Args:
        registry: an open one.
        name: of the registered model, which need not be there.
    """
    model = registry.model(name)
    number = None if model is None else model.aliases.get(CHAMPION)
    return None if number is None else registry.version(name, str(number))


def _compare(
    registry: Registry,
    candidate: Candidate,
    task: Task,
    data: Dataset,
    version: ModelVersion,
    replace: bool,
    other: str,
) -> ChallengeResult:
    """See `no_worse`; `other` says that the champion is of other data, which rows behind its own are not."""
    who = f"the champion, version {version.version}"
    try:
        with registry.files(version) as folder:
            theirs = package.as_evaluated(folder, package.load(folder))
        if other and not task.extends(data, theirs):
            return _incomparable(other, replace)
        items, why = task.comparable(data, theirs, data.split().test)
    except Exception as error:  # whatever stands under this alias, perhaps none of ours
        return _incomparable(f"{who}, cannot be loaded: {first_line(error)}", replace)
    if not len(items):
        return _incomparable(f"{who}, {why}", replace)
    own = package.as_evaluated(candidate.model, package.load(candidate.model))
    new = package.ask(task, data, own, items)
    old = package.ask(task, data, theirs, items)
    passed, found, mend = _judge(task, data, items, new, old, who)
    if other:
        found += "; the data is the champion's with rows behind it"
    if own.is_evaluated or theirs.is_evaluated:
        found += "; each by what was evaluated of it, before it learned from all of the data"
    return passed, found, mend


def _incomparable(found: str, replace: bool) -> ChallengeResult:
    return (True, f"{found}; it is replaced as you said", "") if replace else (False, found, REPLACE)


def _judge(task: Task, data: Dataset, items: Items, new: Predictions, old: Predictions, who: str) -> ChallengeResult:
    """By the objective's value over all items, (n, …) each."""
    metric, actual = task.objective, data.actual(items)
    ours, theirs = (data.score(actual, predicted, items=items)[metric.name] for predicted in (new, old))
    figures = f"{in_words(metric.name)} {significant(ours)} against {significant(theirs)}"
    found = f"{figures} of {who}, on {counted(len(actual), 'item')} of the test part"
    test = task.compare_on(data, items, actual, new, old, task.config.finals.confidence)
    if test is not None:
        found += f"; {difference(test)}" + (", so they may be equal" if test.difference.holds_zero else "")
    if not metric.is_better(theirs, ours):
        return True, found, ""
    return False, f"worse than the champion: {found}", "search further: only a winner that is no worse takes its place"
