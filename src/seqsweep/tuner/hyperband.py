"""The Hyperband search: KerasTuner's rule, repaired. Importing this imports TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from seqsweep.tuner.oracles import IDLE, RUNNING, STOPPED, OracleBase
from seqsweep.tuner.plan import Round


@dataclass
class Bracket:
    """A bracket that was started.

    Args:
        number: its place in the plan.
        start: trials that its first round takes: fewer than planned where the space has no more.
        members: of each round, trial → the trial that it continues; in the first round nothing, and in a later one
            itself where it failed and moved up without training.
    """

    number: int
    start: int
    members: list[dict[str, str | None]] = field(default_factory=list)


class Hyperband(OracleBase):
    """Many configurations for few epochs; the best of each round train on.

    Sizes of rounds, epochs, and the rule of promotion are KerasTuner's: the best of the trials that ended
    goes on as soon as it is certain to be among those that may. What differs: a failed trial ranks last,
    where KerasTuner leaves it out and then waits for it forever; if it has to be promoted it moves up without
    training, so that the round fills. A bracket starts with fewer trials where the space has no more.

    Source: Li et al., Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization, JMLR 18
    (2018).

    Args:
        plan: the rounds of each bracket, in the order in which brackets start.
    """

    def __init__(self, *, plan: Sequence[Sequence[Round]], **common: Any) -> None:
        super().__init__(**common)
        self.plan = plan
        self.begun = 0  # brackets
        self.unfinished: list[Bracket] = []

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """A new point or a promotion; IDLE where a running trial must end first."""
        while True:
            self.unfinished = [b for b in self.unfinished if len(b.members[-1]) < self._sizes(b)[-1]]
            for bracket in self.unfinished:
                values = self._fresh(trial_id, bracket) or self._promoted(trial_id, bracket)
                if values:
                    return {"status": RUNNING, "values": values}
            if not self._next_bracket():
                return IDLE if self.ongoing_trials else STOPPED

    def adopt(self, trial_id: str, values: dict[str, Any]) -> dict[str, Any] | None:
        """A given point takes the place of a drawn one in the first round that has room."""
        while True:
            for bracket in self.unfinished:
                if len(bracket.members[0]) < bracket.start:
                    return self._placed(trial_id, bracket, values)
            if not self._next_bracket():
                return None

    def replay(self, trial_id: str, values: dict[str, Any], continues: str | None) -> dict[str, Any] | None:
        """A fresh point enters the first round that has room, a promoted one the round after that of its parent."""
        if continues is None:
            super().replay(trial_id, values, continues)
            return self.adopt(trial_id, values)
        for bracket in self.unfinished:
            for number, members in enumerate(bracket.members[:-1]):
                if continues in members:
                    return self._entered(trial_id, bracket, number + 1, self.trials[continues])
        return None

    def promotable(self) -> set[str]:
        """Trials of unfinished rounds that can still be among the best, and the parents of running trials."""
        found = {trial.hyperparameters.values.get("tuner/trial_id") for trial in self.ongoing_trials.values()}
        for bracket in self.unfinished:
            sizes = self._sizes(bracket)
            for number in range(1, len(sizes)):
                places = sizes[number] - len(bracket.members[number])
                found |= {
                    trial.trial_id for trial in self._ranked(bracket, number - 1)[:places] if trial.score is not None
                }
                if places:
                    found |= set(bracket.members[number - 1]) & set(self.ongoing_trials)
        return found - {None}

    def why_stopped(self, points: float) -> str:
        """Why there is nothing more."""
        return super().why_stopped(points) if self.fresh() >= points else "the hyperband plan is complete"

    def fresh(self) -> int:
        """Trials that go on from no other one."""
        return sum("tuner/trial_id" not in trial.hyperparameters.values for trial in self.trials.values())

    def memory(self) -> dict[str, Any]:
        """What a resume needs beside the trials: who is in which round."""
        return {**super().memory(), "begun": self.begun, "unfinished": [asdict(b) for b in self.unfinished]}

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Take up what `memory` gave."""
        super().recall(memory)
        self.begun = memory["begun"]
        self.unfinished = [Bracket(**entry) for entry in memory["unfinished"]]

    def new_point(self) -> dict[str, Any] | None:
        """The values of a point for a first round, that was not tried; None only where every point was."""
        return self.draw()

    def _next_bracket(self) -> bool:
        """Start the next bracket of the plan; False where the plan has no more."""
        if self.begun == len(self.plan):
            return False
        rounds = self.plan[self.begun]
        self.unfinished.append(Bracket(self.begun, rounds[0].trials, [{} for _ in rounds]))
        self.begun += 1
        return True

    def _fresh(self, trial_id: str, bracket: Bracket) -> dict[str, Any] | None:
        entered = len(bracket.members[0])
        if entered >= bracket.start:
            return None
        values = self.new_point()
        if values is None:
            bracket.start = entered  # the space has no more: the bracket goes on with those it has
            return None
        return self._placed(trial_id, bracket, values)

    def _placed(self, trial_id: str, bracket: Bracket, values: dict[str, Any]) -> dict[str, Any]:
        bracket.members[0][trial_id] = None
        return {**values, **self._epochs(bracket, 0)}

    def _promoted(self, trial_id: str, bracket: Bracket) -> dict[str, Any] | None:
        sizes = self._sizes(bracket)
        for number in range(1, len(sizes)):
            ranked = self._ranked(bracket, number - 1)
            while len(ranked) > sizes[number - 1] - sizes[number]:
                best = ranked.pop(0)
                if best.score is not None:
                    return self._entered(trial_id, bracket, number, best)
                bracket.members[number][best.trial_id] = best.trial_id  # failed: it moves up and trains no more
        return None

    def _entered(self, trial_id: str, bracket: Bracket, number: int, parent: Any) -> dict[str, Any]:
        """The values of a trial that enters round `number` of a bracket as the continuation of `parent`."""
        bracket.members[number][trial_id] = parent.trial_id
        values = {**parent.hyperparameters.values, "tuner/trial_id": parent.trial_id}
        return {**values, **self._epochs(bracket, number)}

    def _ranked(self, bracket: Bracket, number: int) -> list[Any]:
        """The trials of round `number` that ended and were not promoted, best first, failed ones last."""
        promoted = set(bracket.members[number + 1].values())
        entered = [trial_id for trial_id in bracket.members[number] if trial_id not in promoted]
        ended = [self.trials[trial_id] for trial_id in entered if trial_id not in self.ongoing_trials]
        return sorted(ended, key=lambda trial: (trial.score is None, trial.score or 0.0))

    def _epochs(self, bracket: Bracket, number: int) -> dict[str, Any]:
        planned = self.plan[bracket.number][number]
        return {"tuner/epochs": planned.last_epoch, "tuner/initial_epoch": planned.first_epoch}

    def _sizes(self, bracket: Bracket) -> list[int]:
        """Trials in each round of the bracket."""
        return [min(bracket.start, round_.trials) for round_ in self.plan[bracket.number]]
