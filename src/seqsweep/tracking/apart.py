"""A tracker whose work is done in a process of its own, so that many trials do not wait for each other's runs.

A run of 30 epochs costs MLflow's client 25 ms of CPU. In a thread of the process that leads, that and the leading share
one core: beside 64 slots with trials of three seconds, neither keeps up.
"""

from __future__ import annotations

import subprocess
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from typing import TYPE_CHECKING, Any, NamedTuple

from seqsweep.errors import TrackingError
from seqsweep.executor.starting import ending, launched
from seqsweep.redaction import known

if TYPE_CHECKING:
    from pathlib import Path

    from seqsweep.events import Epoch
    from seqsweep.records import TrialRecord, Value
    from seqsweep.schema import TrackingConfig
    from seqsweep.tracking.interface import NumberedEvaluation, SweepRecord, SweepStatus

AT_ONCE = 500  # calls that wait before they are sent


class Call(NamedTuple):
    """A method of a tracker, with its arguments."""

    name: str
    arguments: tuple[Any, ...] = ()


class Answer(NamedTuple):
    """What came of a list of calls: the result of the last one, or the error that ended them."""

    result: Any
    error: Exception | None
    said: tuple[str, ...]  # for the user
    seconds: float  # of CPU and waiting that the tracker took so far


class ApartTracker:
    """An MlflowTracker in a process of its own; what needs no answer waits for the next call that does, or for `poll`.

    A process that is lost, as where memory runs out, is started again, and opens the sweep's run again: what it had not
    written goes in when the sweep ends, from the sweep's own state.

    Args:
        config: where runs are kept.
        said: gets what the tracker has to tell.
    """

    def __init__(self, config: TrackingConfig, said: deque[str]) -> None:
        self.seconds = 0.0
        self._config = config
        self._said = said
        self._sweep: SweepRecord | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[Any, Any] | None = None
        self._waiting: list[Call] = []
        self._of_sweep: list[Call] = []  # what only they tell, for a process that takes the place of one that is lost

    def open(self, sweep: SweepRecord) -> None:
        """See Tracker."""
        self._sweep = sweep
        self._start()
        try:
            self._sent([Call("open", (sweep,))])
        except (EOFError, OSError) as error:
            told = f"the process that writes to MLflow {ending(self._end())} at once"
            raise TrackingError(f"{told}; with fewer executor.workers it is not needed") from error
        except BaseException:
            self._end()
            raise

    def poll(self) -> None:
        """See Tracker; what waits is done first."""
        self._ask("poll")

    def recorded(self) -> set[str]:
        """See Tracker."""
        answer: set[str] = self._ask("recorded")
        return answer

    def evaluations(self, sha256: str) -> Mapping[str, NumberedEvaluation]:
        """See Tracker."""
        answer: Mapping[str, NumberedEvaluation] = self._ask("evaluations", sha256)
        return answer

    def pages(self, *, wait: bool = True) -> tuple[str, Mapping[str, str]]:  # noqa: ARG002
        """See Tracker."""
        answer: tuple[str, Mapping[str, str]] = self._ask("pages")
        return answer

    def start_trial(self, trial: TrialRecord) -> None:
        """See Tracker."""
        self._put("start_trial", trial)

    def log_epoch(self, trial_id: str, epoch: Epoch) -> None:
        """See Tracker."""
        self._put("log_epoch", trial_id, epoch)

    def end_trial(self, trial: TrialRecord) -> None:
        """See Tracker."""
        self._put("end_trial", trial)

    def tag_trial(self, trial_id: str, tags: Mapping[str, str]) -> None:
        """See Tracker."""
        self._put_of_sweep("tag_trial", trial_id, dict(tags))

    def log_sweep(self, metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
        """See Tracker."""
        self._put_of_sweep("log_sweep", dict(metrics), dict(tags))

    def summarise(self, markdown: str) -> None:
        """See Tracker."""
        self._put_of_sweep("summarise", markdown)

    def log_text(self, text: str, name: str) -> None:
        """See Tracker."""
        self._put_of_sweep("log_text", text, name)

    def log_model(self, folder: Path, params: Mapping[str, Value]) -> None:
        """See Tracker."""
        self._put_of_sweep("log_model", folder, dict(params))

    def close(self, status: SweepStatus) -> None:
        """See Tracker; the process ends."""
        try:
            if self._process is not None:
                self._ask("close", status)
        finally:
            self._end()

    def _put(self, name: str, *arguments: Any) -> None:
        self._waiting.append(Call(name, arguments))
        if len(self._waiting) >= AT_ONCE:
            self._ask("poll")

    def _put_of_sweep(self, name: str, *arguments: Any) -> None:
        self._of_sweep.append(Call(name, arguments))
        self._put(name, *arguments)

    def _ask(self, name: str, *arguments: Any) -> Any:
        """The result of a call, behind those that wait."""
        calls, self._waiting = [*self._waiting, Call(name, arguments)], []
        try:
            answer = self._sent(calls)
        except (EOFError, OSError):
            self._start_again()
            answer = self._sent(calls[-1:])
        return answer

    def _sent(self, calls: list[Call]) -> Any:
        if self._connection is None:
            raise RuntimeError("the tracker is used before it is opened, or after it is closed")
        self._connection.send(calls)
        answer: Answer = self._connection.recv()
        self._said.extend(answer.said)
        self.seconds = answer.seconds
        if answer.error is not None:
            raise answer.error
        return answer.result

    def _start(self) -> None:
        ours, theirs = Pipe()
        with theirs:
            self._process = launched("seqsweep.tracking.process", theirs.fileno(), {}, stdin=subprocess.PIPE)
        self._connection = ours
        ours.send((self._config, known()))

    def _start_again(self) -> None:
        """Start another process for the same sweep.

        Raises:
            TrackingError: that one is lost as well, or the store cannot be opened.
        """
        self._said.append(f"the process that writes to MLflow {ending(self._end())}; it is started again")
        self._start()
        try:
            self._sent([Call("open", (self._sweep,)), *self._of_sweep])
        except (EOFError, OSError) as error:
            told = f"the process that writes to MLflow {ending(self._end())} once more"
            raise TrackingError(f"{told}; results are kept, and the same command goes on") from error

    def _end(self) -> int:
        """End the process; returns its exit code."""
        process, self._process = self._process, None
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if process is None:
            return 0
        with suppress(OSError):
            process.kill()
        code = process.wait()
        if process.stdin is not None:
            process.stdin.close()
        return code
