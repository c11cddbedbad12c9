"""A search whose state is lost, from the records of its trials: none of them is trained again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seqsweep.records import TrialRecord
from seqsweep.search_space import Points
from seqsweep.tuner import pruners
from seqsweep.tuner.state_file import TunerState, TunerTrial, depends_on, judges

if TYPE_CHECKING:
    from seqsweep.schema import SweepConfig
    from seqsweep.tuner.remote_oracle import Oracle


@dataclass(frozen=True)
class EndedTrial:
    """A trial of which the record is left.

    Args:
        record: of the search.
        cost: what the search was told, of which lower is better; None: the trial failed or was pruned.
        costs: where trials are pruned, what it would have scored at each epoch.
        objectives: where there are several, its cost by each, see `pruners.known_costs`.
    """

    record: TrialRecord
    cost: float | None
    costs: tuple[float, ...] = ()
    objectives: tuple[float | None, ...] = ()


def rebuild(config: SweepConfig, oracle: Oracle, found: Sequence[EndedTrial]) -> TunerState:
    """The state of a search that proposed these trials and was told how they ended.

    Trials take their places in the order of their numbers. Where a number has no record, the oracle proposes as it did
    then: of random draws and a grid the very same point. What comes after a trial that has no place is left out: the
    search proposes it anew.

    Args:
        config: of the sweep.
        oracle: a new one.
        found: in any order.
    """
    by_number = {ended.record.number: ended for ended in found}
    order = sorted(found, key=lambda ended: (ended.record.ended or 0.0, ended.record.number))
    told = tuple(ended.record.trial_id for ended in order)
    points, trials = Points(config), dict[str, TunerTrial]()
    done: set[str] = set()
    for number in range(1, max(by_number, default=0) + 1):
        ended = by_number.get(number)
        trial = _placed(points, oracle, number, ended)
        if trial is None:
            break
        trials[trial.trial_id] = trial
        if config.tuner.pruner != "none":
            trial.after = _told_before(ended, order) if ended is not None else len(done)
        if trial.known:
            oracle.begin(trial.trial_id, trial.values)
        if ended is not None:
            done.add(trial.trial_id)
            _end(trial, ended, judges(config, trial, told, trials))
            if trial.known:
                oracle.finish(trial.trial_id, trial.score, trial.objectives)
    draining = bool(done) and any(trial.status == "RUNNING" for trial in trials.values())
    told = tuple(trial_id for trial_id in told if trial_id in done)
    return TunerState(depends_on(config), tuple(trials.values()), told, draining, oracle.memory())


def _told_before(ended: EndedTrial, order: Sequence[EndedTrial]) -> int:
    """How many had ended when this one began: it was proposed then, and is pruned by them."""
    began = ended.record.started or 0.0
    return sum((other.record.ended or 0.0) <= began for other in order)


def _end(trial: TunerTrial, ended: EndedTrial, before: Sequence[pruners.Reported]) -> None:
    """Take note of how a trial ended, as `Tuner.tell` does."""
    pruned = ended.record.status == "PRUNED"
    trial.status = "PRUNED" if pruned else "FAILED" if ended.cost is None else "COMPLETED"
    trial.score = pruners.estimate(ended.costs, before) if pruned else ended.cost
    trial.message, trial.costs = ended.record.reason, ended.costs
    trial.objectives = pruners.known_costs(trial.score, ended.objectives)


def _placed(points: Points, oracle: Oracle, number: int, ended: EndedTrial | None) -> TunerTrial | None:
    """The trial of this number as it was proposed; None where it cannot have been."""
    trial_id = f"{number:04d}"
    if number <= len(points.warm_starts):
        return known(points, oracle, trial_id, number - 1)
    if ended is None:
        answer = oracle.populate_space(trial_id)
        return TunerTrial(trial_id, answer["values"]) if answer["status"] == "RUNNING" else None
    record = ended.record
    values = points.values(points.complete(record.params))
    placed = None if values is None else oracle.replay(trial_id, values, record.continues)
    return None if placed is None else TunerTrial(trial_id, placed)


def known(points: Points, oracle: Oracle, trial_id: str, index: int) -> TunerTrial:
    """A trial of `search_space.warm_start`, which the oracle adopts where it lies in the space.

    Args:
        points: of the space.
        oracle: that is asked to adopt it.
        trial_id: that it will have.
        index: of it in the list.
    """
    values = points.values(points.warm_starts[index])
    taken = None if values is None else oracle.adopt(trial_id, values)
    return TunerTrial(trial_id, taken or {}, warm_start=index, known=taken is not None)
