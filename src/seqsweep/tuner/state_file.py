"""The state of a tuner on disk: never taken for another search's.

It is one file, written anew at each step. Of a search with many trials that would be megabytes a step, more than all
else that leads a sweep, so their steps are added to a second file, a line each, until they are as many as the trials.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqsweep import search_space
from seqsweep.errors import StateError
from seqsweep.schema import LIMITS
from seqsweep.state_files import from_json, read_state, to_json, write_state, writing
from seqsweep.tuner.pruners import LAG, Reported

if TYPE_CHECKING:
    from seqsweep.schema import SweepConfig


FEW = 50
"""Trials up to which the whole state is written at each step."""


@dataclass
class TunerTrial:
    """One trial.

    Args:
        trial_id: its own.
        values: the oracle's; empty where the oracle does not know the trial.
        warm_start: which of search_space.warm_start; None: the oracle's own.
        known: to the oracle: false for a point outside the space.
        status: RUNNING, COMPLETED, PRUNED, or FAILED.
        score: lower is better; of a pruned trial what it would have come to; None: it has none.
        message: why it failed.
        after: where trials are pruned, how many had been told when this one was proposed: those judge it.
        costs: where trials are pruned, what it would have scored at each epoch.
        objectives: where there are several, its cost by each, the score first; None: not known.
    """

    trial_id: str
    values: dict[str, Any]
    warm_start: int | None = None
    known: bool = True
    status: str = "RUNNING"
    score: float | None = None
    message: str = ""
    after: int = 0
    costs: tuple[float, ...] = ()
    objectives: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class TunerState:
    """Everything in one file: what was asked and what was told are never at odds.

    Args:
        search: what the proposals depend on.
        trials: in the order of proposal.
        ended: ids in the order of telling.
        draining: in synchronous order, some of the running trials were told and others were not.
        oracle: what it needs beside the trials.
    """

    search: Mapping[str, Any]
    trials: tuple[TunerTrial, ...]
    ended: tuple[str, ...]
    draining: bool
    oracle: Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """What an ask or a tell changed.

    Args:
        trial: as it is now.
        draining: as in TunerState, like `oracle`.
    """

    trial: TunerTrial
    draining: bool
    oracle: Mapping[str, Any]


class StateFile:
    """Writes the state of a tuner.

    Args:
        path: of the file with all of it; that of the steps since then lies beside it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._steps = 0  # since all of it was written

    def takes(self, trials: int) -> bool:
        """Whether a step is to be added, and not all written anew.

        Args:
            trials: that there are.
        """
        return trials > FEW and self._steps < trials

    def has_steps(self) -> bool:
        """Whether steps were added since all of it was written, by whatever process."""
        return steps_file(self._path).exists()

    def add(self, step: Step) -> None:
        """Add a step.

        Raises:
            StateError: the disk refuses.
        """
        file = steps_file(self._path)
        with writing(file), file.open("ab") as lines:
            lines.write(f"{to_json(step)}\n".encode())
            lines.flush()
            os.fsync(lines.fileno())
        self._steps += 1

    def write(self, state: TunerState) -> None:
        """Write all of it; the steps until then are part of it.

        Raises:
            StateError: the disk refuses.
        """
        write_state(self._path, state)
        with writing(self._path):
            steps_file(self._path).unlink(missing_ok=True)
        self._steps = 0


def steps_file(path: Path) -> Path:
    """Where the steps are that were taken since the file at `path` was written."""
    return path.with_suffix(".steps")


def read(path: Path, search: Mapping[str, Any]) -> TunerState | None:
    """What the file at `path` holds of the search that `search` describes; None where there is no file.

    Args:
        path: of the file, which is left as it is.
        search: what the proposals depend on.

    Raises:
        StateError: the file cannot be read, is truncated, or belongs to another search.
    """
    if not path.exists():
        return None
    state = _with_steps(read_state(path, TunerState, anew(path)), steps_file(path))
    changed = _differences(state.search, json.loads(to_json(search)))
    if changed:
        raise StateError(
            f"{path} belongs to another search: {'; '.join(changed)}. Undo the change to resume; {anew(path)}"
        )
    return state


def _with_steps(state: TunerState, file: Path) -> TunerState:
    """The state behind these steps; those that it has already change nothing, and one that was cut off was not taken.

    Raises:
        StateError: another than the last step cannot be read.
    """
    try:
        *lines, _cut_off = file.read_bytes().split(b"\n")
    except FileNotFoundError:
        return state
    except OSError as error:
        raise StateError(f"{file}: cannot read this state file ({error.strerror}); {anew(file)}") from error
    trials, ended = {trial.trial_id: trial for trial in state.trials}, dict.fromkeys(state.ended)
    for number, line in enumerate(lines, 1):
        step = from_json(line, Step, f"{file}: line {number}", anew(file))
        trials[step.trial.trial_id] = step.trial
        if step.trial.status != "RUNNING":
            ended[step.trial.trial_id] = None
        state = replace(state, draining=step.draining, oracle=step.oracle)
    return replace(state, trials=tuple(trials.values()), ended=tuple(ended))


def depends_on(config: SweepConfig) -> dict[str, Any]:
    """What the proposals depend on: a state is of use only to a search that agrees in all of it."""
    tuner = asdict(config.tuner)
    for limit in LIMITS:
        del tuner[limit]
    return {
        "seed": config.seed,
        "trial": {"epochs": config.trial.epochs},
        "tuner": tuner,
        "search_space": search_space.settings(config),
    }


def judges(
    config: SweepConfig, trial: TunerTrial, ended: Sequence[str], trials: Mapping[str, TunerTrial]
) -> list[Reported]:
    """What the trials came to by which one may be pruned; those that failed judge nobody.

    Args:
        config: of the sweep: in synchronous order the last ones do not count, so that workers do not.
        trial: that may be pruned.
        ended: ids in the order of telling.
        trials: by id.
    """
    before = [trials[trial_id] for trial_id in ended[: trial.after]]
    if config.executor.order == "synchronous":
        before = [one for one in before if int(one.trial_id) <= int(trial.trial_id) - LAG]
    return [Reported(one.costs, one.status == "COMPLETED") for one in before if one.costs and one.status != "FAILED"]


def anew(path: Path) -> str:
    """What mends a state file."""
    return f"to start anew, move or delete {path.parent}"


def _differences(old: Any, new: Any, key: str = "") -> list[str]:
    if isinstance(old, Mapping) and isinstance(new, Mapping) and not {"low", "high"} & {*old, *new}:
        names = [*old, *(name for name in new if name not in old)]
        return [
            text for name in names for text in _differences(old.get(name), new.get(name), f"{key}.{name}".lstrip("."))
        ]
    return [] if old == new else [f"{key} was {json.dumps(old)}, is {json.dumps(new)}"]
