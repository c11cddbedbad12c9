"""KerasTuner's oracle in another process: it imports Keras, and TensorFlow with it, which a sweep's own one spares."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from seqsweep.imports import quick_imports, without_unused

if TYPE_CHECKING:
    from seqsweep.schema import SweepConfig
    from seqsweep.tuner.priors import Priors


class Oracle(Protocol):
    """What a Tuner asks of whoever chooses the points; see `oracles.OracleBase`."""

    def begin(self, trial_id: str, values: Mapping[str, Any]) -> None:
        """A trial runs."""

    def finish(self, trial_id: str, score: float | None, costs: Sequence[float | None] = ()) -> None:
        """A trial ended."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The next point."""

    def adopt(self, trial_id: str, values: dict[str, Any]) -> dict[str, Any] | None:
        """A given point, with what the rule adds."""

    def replay(self, trial_id: str, values: dict[str, Any], continues: str | None) -> dict[str, Any] | None:
        """A point that was proposed before."""

    def promotable(self) -> set[str]:
        """Trials whose checkpoints may be continued."""

    def why_stopped(self, points: float) -> str:
        """Why there is nothing more."""

    def memory(self) -> dict[str, Any]:
        """What a resume needs beside the trials."""

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Take up what `memory` gave."""


Question = tuple[str, tuple[Any, ...]]
"""A method of an oracle, with its arguments."""

Call = Callable[..., Any]
"""Runs a function, given with its arguments, in the other process: always the same one, or a new one where it died."""


class RemoteOracle:
    """Asks an oracle elsewhere. Where its process died, the next one is told all that this one knew.

    What has no answer is told with the next question, and the oracle is made with the first: a search that has nothing
    left to ask waits for no TensorFlow. Each answer brings what the oracle remembers by then: nothing is lost with its
    process but the question that it died of, which is asked again.

    Args:
        call: reaches the process.
        config: of the sweep; `tuner.kind` names the oracle.
        priors: trials of earlier sweeps; None: it begins with nothing.
    """

    def __init__(self, call: Call, config: SweepConfig, priors: Priors | None = None) -> None:
        self._call, self._made_of, self._name = call, (config, priors), uuid.uuid4().hex
        self._told: list[Question] = []  # to go through once more in a new process
        self._heard = 0  # of them, by the present one
        self._memory: dict[str, Any] = {}
        self._remembered = -1  # how much was told by the time of this memory; -1: there is none yet
        self._promotable: set[str] | None = None  # None: not known since the last question

    def begin(self, trial_id: str, values: Mapping[str, Any]) -> None:
        """See OracleBase."""
        self._told.append(("begin", (trial_id, values)))

    def finish(self, trial_id: str, score: float | None, costs: Sequence[float | None] = ()) -> None:
        """See OracleBase."""
        self._told.append(("finish", (trial_id, score, costs)))

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """See OracleBase."""
        answer: dict[str, Any] = self._ask("populate_space", trial_id)
        return answer

    def adopt(self, trial_id: str, values: dict[str, Any]) -> dict[str, Any] | None:
        """See OracleBase."""
        answer: dict[str, Any] | None = self._ask("adopt", trial_id, values)
        return answer

    def replay(self, trial_id: str, values: dict[str, Any], continues: str | None) -> dict[str, Any] | None:
        """See OracleBase."""
        answer: dict[str, Any] | None = self._ask("replay", trial_id, values, continues)
        return answer

    def promotable(self) -> set[str]:
        """See OracleBase."""
        if self._promotable is None or self._heard < len(self._told):
            self._promotable = self._ask("promotable")
        return self._promotable

    def why_stopped(self, points: float) -> str:
        """See OracleBase."""
        return str(self._ask("why_stopped", points))

    def memory(self) -> dict[str, Any]:
        """See OracleBase."""
        if self._remembered < len(self._told):
            self.promotable()  # which is asked for next
        return self._memory

    def recall(self, memory: Mapping[str, Any]) -> None:
        """See OracleBase."""
        self._told.append(("recall", (memory,)))
        self._memory, self._remembered = dict(memory), len(self._told)

    def _ask(self, name: str, *arguments: Any) -> Any:
        asked = [*self._told[self._heard :], (name, arguments)]
        answer = self._call(_answered, self._name, asked)
        if answer is None:
            before = [*self._told[: self._heard], ("recall", (self._memory,))] if self._memory else []
            answer = self._call(_answered, self._name, before + asked, self._made_of)
        said, self._memory = answer
        self._promotable = None
        self._heard = self._remembered = len(self._told)
        return said


_present: dict[str, Oracle] = {}
"""In the other process: the oracle that was made last, by the name of who asks it."""


def _answered(
    name: str, asked: list[Question], made_of: tuple[SweepConfig, Priors | None] | None = None
) -> tuple[Any, dict[str, Any]] | None:
    """What the oracle says to the last of some questions, and what it remembers then; None: it is not here.

    Args:
        name: of who asks.
        asked: names of its methods, with their arguments.
        made_of: makes a new one.
    """
    from seqsweep.tuner.catalog import make_oracle

    if made_of is not None:
        _present.clear()
        with quick_imports(), without_unused():  # KerasTuner imports TensorFlow
            _present[name] = make_oracle(*made_of)
    if name not in _present:
        return None
    said = [getattr(_present[name], method)(*arguments) for method, arguments in asked][-1]
    return said, _present[name].memory()
