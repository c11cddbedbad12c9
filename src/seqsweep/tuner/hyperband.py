"""KerasTuner's Hyperband oracle, repaired. Importing this imports TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keras_tuner.oracles import HyperbandOracle

from seqsweep.tuner.oracles import IDLE, RUNNING, STOPPED, OracleBase


class Hyperband(OracleBase, HyperbandOracle):  # type: ignore[misc]  # KerasTuner ships no types
    """Many configurations for few epochs; the best of each round train on.

    Sizes of rounds, epochs, and the rule of promotion are KerasTuner's: the best of the trials that ended
    goes on as soon as it is certain to be among those that may. What differs: a failed trial ranks last,
    where KerasTuner leaves it out and then waits for it forever; if it has to be promoted it moves up without
    training, so that the round fills. A bracket starts with fewer trials where the space has no more. A
    promoted trial names its own bracket, not the newest.

    Source: Li et al., Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization, JMLR 18
    (2018).
    """

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """A new point or a promotion; IDLE where a running trial must end first."""
        while True:
            self._remove_completed_brackets()
            for bracket in self._brackets:
                values = self._fresh(trial_id, bracket) or self._promoted(trial_id, bracket)
                if values:
                    return {"status": RUNNING, "values": values}
            if not self._next_bracket():
                return IDLE if self.ongoing_trials else STOPPED

    def adopt(self, trial_id: str, values: dict[str, Any]) -> dict[str, Any] | None:
        """A given point takes the place of a drawn one in the first round that has room."""
        while True:
            for bracket in self._brackets:
                if len(bracket["rounds"][0]) < self._sizes(bracket)[0]:
                    return self._placed(trial_id, bracket, values)
            if not self._next_bracket():
                return None

    def promotable(self) -> set[str]:
        """Trials of unfinished rounds that can still be among the best, and the parents of running trials."""
        found = {trial.hyperparameters.values.get("tuner/trial_id") for trial in self.ongoing_trials.values()}
        for bracket in self._brackets:
            sizes = self._sizes(bracket)
            for number in range(1, len(sizes)):
                places = sizes[number] - len(bracket["rounds"][number])
                found |= {
                    trial.trial_id for trial in self._ranked(bracket, number - 1)[:places] if trial.score is not None
                }
                entries = bracket["rounds"][number - 1] if places else []
                found |= {entry["id"] for entry in entries if entry["id"] in self.ongoing_trials}
        return found - {None}

    def why_stopped(self, points: float) -> str:
        """Why there is nothing more."""
        fresh = sum("tuner/trial_id" not in trial.hyperparameters.values for trial in self.trials.values())
        return super().why_stopped(points) if fresh >= points else "the hyperband plan is complete"

    def memory(self) -> dict[str, Any]:
        """What a resume needs beside the trials: who is in which round."""
        return {
            **super().memory(),
            "brackets": self._brackets,
            "bracket": self._current_bracket,
            "iteration": self._current_iteration,
        }

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Take up what `memory` gave."""
        super().recall(memory)
        self._brackets = memory["brackets"]
        self._current_bracket = memory["bracket"]
        self._current_iteration = memory["iteration"]

    def _fresh(self, trial_id: str, bracket: dict[str, Any]) -> dict[str, Any] | None:
        first = bracket["rounds"][0]
        if len(first) >= self._sizes(bracket)[0]:
            return None
        values = self._random_values()
        if values is None:
            bracket["start"] = len(first)  # the space has no more: the bracket goes on with those it has
            return None
        return self._placed(trial_id, bracket, values)

    def _placed(self, trial_id: str, bracket: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
        bracket["rounds"][0].append({"past_id": None, "id": trial_id})
        return {**values, **self._epochs(bracket, 0)}

    def _promoted(self, trial_id: str, bracket: dict[str, Any]) -> dict[str, Any] | None:
        sizes = self._sizes(bracket)
        for number in range(1, len(sizes)):
            ranked = self._ranked(bracket, number - 1)
            while len(ranked) > sizes[number - 1] - sizes[number]:
                best = ranked.pop(0)
                moves_up = best.score is None  # failed: it fills its place and trains no more
                entry = {"past_id": best.trial_id, "id": best.trial_id if moves_up else trial_id}
                bracket["rounds"][number].append(entry)
                if not moves_up:
                    values = {**best.hyperparameters.values, "tuner/trial_id": best.trial_id}
                    return {**values, **self._epochs(bracket, number)}
        return None

    def _ranked(self, bracket: dict[str, Any], number: int) -> list[Any]:
        """The trials of round `number` that ended and were not promoted, best first, failed ones last."""
        later = bracket["rounds"][number + 1]
        promoted = {entry["past_id"] for entry in later}
        entries = [entry["id"] for entry in bracket["rounds"][number] if entry["id"] not in promoted]
        ended = [self.trials[trial_id] for trial_id in entries if trial_id not in self.ongoing_trials]
        return sorted(ended, key=lambda trial: (trial.score is None, trial.score or 0.0))

    def _epochs(self, bracket: dict[str, Any], number: int) -> dict[str, Any]:
        return {
            "tuner/epochs": self._get_epochs(bracket["bracket_num"], number),
            "tuner/initial_epoch": self._get_epochs(bracket["bracket_num"], number - 1) if number else 0,
            "tuner/bracket": bracket["bracket_num"],
            "tuner/round": number,
        }

    def _sizes(self, bracket: dict[str, Any]) -> list[int]:
        """Trials in each round of the bracket."""
        number = bracket["bracket_num"]
        sizes = [self._get_size(number, index) for index in range(len(bracket["rounds"]))]
        start = bracket.get("start", sizes[0])
        return [min(start, size) for size in sizes]

    def _remove_completed_brackets(self) -> None:
        self._brackets = [b for b in self._brackets if len(b["rounds"][-1]) < self._sizes(b)[-1]]

    def _next_bracket(self) -> bool:
        """Start the next bracket of the plan; False where the plan has no more."""
        if self._current_bracket == 0 and self._current_iteration + 1 == self.hyperband_iterations:
            return False
        self._increment_bracket_num()
        self._start_new_bracket()
        return True
