"""How often the test part of some data was evaluated, counted over all sweeps of a directory.

Each sweep keeps a list of its own evaluations beside its conclusion, an entry of which is written before the evaluation
is made: sweeps that end at the same moment take different numbers, one that was killed in between counts, and where one
of the two files is damaged, the other still does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock

from seqsweep.errors import StateError
from seqsweep.finals.conclusion import CONCLUSION, Conclusion, load
from seqsweep.search import IDENTITY, SweepContext, read_identity, what_is_wrong
from seqsweep.state_files import read_state, write_state, writing
from seqsweep.tracking import NumberedEvaluation
from seqsweep.tuner import plan

EVALUATIONS = "test_evaluations.json"
"""The list's file in the sweep's folder."""

LOCK = ".test_evaluations.lock"
"""In `tracking.directory`: held while a sweep takes its number."""


@dataclass(frozen=True)
class Evaluated:
    """A test evaluation, as it counts.

    Args:
        run: what was scored, as `TestEvaluation.run` names it.
        number: 1 for the first on this data.
        at: seconds since 1970.
        sha256: of the data.
    """

    run: str
    number: int
    at: float
    sha256: str


@dataclass(frozen=True)
class EvaluationList:
    """What the file holds."""

    evaluations: tuple[Evaluated, ...] = ()


def evaluated(folder: Path) -> tuple[Evaluated, ...]:
    """The test evaluations of the sweep in `folder`, the oldest first; none where its finals have not come so far.

    Raises:
        StateError: neither the list nor the conclusion can be read.
    """
    file = folder / EVALUATIONS
    if file.exists():
        try:
            return read_state(file, EvaluationList).evaluations
        except StateError:
            if not (folder / CONCLUSION).exists():
                raise
    conclusion = load(folder)
    return () if conclusion is None else _of(conclusion)


def _of(conclusion: Conclusion) -> tuple[Evaluated, ...]:
    return tuple(Evaluated(seen.run, seen.number, seen.at, seen.sha256) for seen in conclusion.evaluations)


Elsewhere = Callable[[], Mapping[str, NumberedEvaluation]]
"""Asks a store that machines share for the last evaluation of each sweep on some data, by fingerprint."""


def counted(folder: Path, run: str, sha256: str, elsewhere: Elsewhere) -> Evaluated:
    """The evaluation of a network as it counts, entered before it is made: of sweeps side by side each has a number.

    Args:
        folder: of the sweep.
        run: what is scored, as `TestEvaluation.run` names it; what was evaluated before keeps its number and time.
        sha256: of the data.
        elsewhere: asked where it is needed.

    Raises:
        StateError: a sweep that may have evaluated this data cannot be read, or the disk refuses.
    """
    known = {seen.run: seen for seen in own(folder)}
    others = {} if run in known else elsewhere()
    return known.get(run) or _enter(folder, Evaluated(run, 0, time.time(), sha256), others)


def settled(folder: Path, entered: Evaluated, elsewhere: Elsewhere, tell: Callable[[Evaluated], None]) -> Evaluated:
    """The evaluation under a number that no other machine has, where one took the same at the same time.

    The store has no write that depends on what it finds. So each machine tells it its number before it evaluates, which
    takes seconds, and looks once more afterwards: of two with one number the later one, or the one whose fingerprint is
    the greater, takes the next that is free.

    Args:
        folder: of the sweep.
        entered: its evaluation, of which the store was told.
        elsewhere: what the store has now.
        tell: tells the store of another number.
    """
    others = {name: seen for name, seen in elsewhere().items() if name != folder.name}
    mine = int(entered.at), folder.name
    while any(seen.number == entered.number and (seen.at, name) < mine for name, seen in others.items()):
        entered = _enter(folder, entered, others)
        tell(entered)
        others = {name: seen for name, seen in elsewhere().items() if name != folder.name}
    return entered


def _enter(folder: Path, evaluation: Evaluated, others: Mapping[str, NumberedEvaluation]) -> Evaluated:
    """An evaluation under the next number, which the list of its sweep then has."""
    numbers = {name: seen.number for name, seen in others.items()}
    lock = folder.parents[1] / LOCK
    with writing(lock), FileLock(lock):
        known = {seen.run: seen for seen in own(folder)}
        known.pop(evaluation.run, None)
        number = evaluations_before(folder, evaluation.sha256, numbers, evaluation.run) + 1
        known[evaluation.run] = replace(evaluation, number=number)
        write_state(folder / EVALUATIONS, EvaluationList(tuple(known.values())))
    return known[evaluation.run]


def own(folder: Path) -> tuple[Evaluated, ...]:
    """What is known of the test evaluations of the sweep in `folder`, which may be damaged."""
    try:
        return evaluated(folder)
    except StateError:
        return ()


def evaluations_before(folder: Path, sha256: str, elsewhere: Mapping[str, int] | None = None, run: str = "") -> int:
    """Test evaluations on this data, by all sweeps beside `folder` and by its own; the highest number, if that is more.

    Args:
        folder: of the sweep that is about to evaluate.
        sha256: of the data's content.
        elsewhere: numbers of the last evaluations by sweeps in a store that machines share, by fingerprint; those with
            a folder here count by that.
        run: of this sweep, which does not count, where it has a number already and gets another.

    Raises:
        StateError: a sweep that may have evaluated this data cannot be read.
    """
    for error in uncountable(folder, sha256):
        raise error
    around = _around(folder)
    ours = [one for one in own(folder) if one.run != run]
    theirs = [one for other in around if other != folder for one in own(other)]
    seen = [one for one in (*ours, *theirs) if one.sha256 == sha256]
    here = {other.name for other in around}
    foreign = [number for fingerprint, number in (elsewhere or {}).items() if fingerprint not in here]
    return max([len(seen) + len(foreign), *(one.number for one in seen), *foreign])


def uncountable(folder: Path, sha256: str) -> list[StateError]:
    """Why sweeps beside `folder` that may have evaluated this data cannot be counted, an error each.

    Args:
        folder: of a sweep, which itself does not count.
        sha256: of the data's content.
    """
    return [damage.error() for damage in _damages(folder, sha256) if not damage.harmless]


def check_count(context: SweepContext) -> None:
    """Name damaged conclusions of other sweeps; refuse to begin where an evaluation could not be counted.

    Args:
        context: of the open sweep, before its search.

    Raises:
        StateError: the sweep is about to evaluate the test part, and nobody can say how often that was done before.
    """
    if context.config.finals.trials == 0:
        return
    damages = _damages(context.state.folder, context.problem.data.sha256)
    for damage in damages:
        if not damage.harmless and not _is_settled(context):
            raise damage.error()
    for damage in damages:
        context.observer.say(f"{damage.what}; gone on without it: {damage.harmless or 'nothing is evaluated anew'}")


def _is_settled(context: SweepContext) -> bool:
    """Whether a launch finds its winner evaluated already, as far as its folder tells before the search is asked."""
    config, folder = context.config, context.state.folder
    try:
        conclusion = load(folder)
    except StateError:
        return bool(own(folder))
    if conclusion is None or conclusion.evaluation is None:
        return False
    finals = config.finals
    same = (conclusion.seeds, conclusion.folds) == (finals.seeds, finals.folds)
    same &= len(conclusion.evaluation.networks) == (finals.seeds if finals.ensemble else 1)
    return same and plan(config).trials <= len(context.state.record_files("trial"))


@dataclass(frozen=True)
class _Damage:
    """What cannot be read of another sweep.

    Args:
        folder: of the sweep.
        what: which file, and what is wrong with it.
        harmless: why the count is right all the same; empty: it may be wrong.
    """

    folder: Path
    what: str
    harmless: str

    def error(self) -> StateError:
        """For a sweep that cannot do without it."""
        mend = f"run the study of that sweep again, which makes it anew, or move {self.folder} away"
        why = "so nobody can say how often the test part of its data was evaluated"
        return StateError(f"{self.what}, {why}; {mend}")


def _damages(folder: Path, sha256: str) -> list[_Damage]:
    found = []
    for other in _around(folder):
        if other == folder:
            continue
        try:
            load(other)
            evaluated(other)
        except StateError as error:
            found.append(_Damage(other, what_is_wrong(error), _harmless(other, sha256)))
    return found


def _harmless(other: Path, sha256: str) -> str:
    try:
        evaluated(other)
    except StateError:
        return "" if _may_hold(other, sha256) else "that sweep is of other data"
    return f"its evaluations are counted by {EVALUATIONS}"


def _around(folder: Path) -> list[Path]:
    """The folders of all sweeps beside this one, itself included."""
    files = [file for name in (IDENTITY, CONCLUSION, EVALUATIONS) for file in folder.parent.glob(f"*/{name}")]
    return sorted({file.parent for file in files})


def _may_hold(folder: Path, sha256: str) -> bool:
    """Whether the sweep in `folder` is of this data; True where nobody can say."""
    try:
        return bool(read_identity(folder).data["sha256"] == sha256)
    except (StateError, KeyError):
        return True
