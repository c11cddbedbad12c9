"""Stand-in trials that a worker imports in a moment; as a script, a nursery of lives.

`python fault_jobs.py DIRECTORY` imports the heavy libraries once and leaves an MLflow store without runs in DIRECTORY.
Then it reads a line of JSON a life: `{report, directory, job, overrides, kill, variables}`, or of a command `{report,
directory, typed, variables}`. It forks a process that runs this and prints its process id; the life writes what it does
into the file `report`, a line of JSON an event. A life may be killed at any moment, or kills itself at the very write
that `kill` names; the next one is there at once, where a new process would need seconds of imports.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from seqsweep.errors import DivergedError
from seqsweep.events import Done, Epoch, Event, Started, TrialResult, TrialSpec


@dataclasses.dataclass(frozen=True)
class StandIn:
    """Runs a trial without training: epochs of 1 to 4 times `pause` seconds, and a score that follows from its params.

    One trial in eight diverges. A continued trial reads the checkpoint of the trial before, and fails without.
    """

    metrics: tuple[str, ...]
    pause: float

    def __call__(self, spec: TrialSpec) -> Iterator[Event]:
        yield Started(os.getpid(), time.time())
        params = json.loads(json.dumps(dict(spec.params)))
        if spec.continues:
            before = json.loads(spec.continue_from)
            assert before == {"params": params, "epoch": spec.first_epoch}
        for epoch in range(spec.first_epoch + 1, spec.last_epoch + 1):
            time.sleep(self.pause * (1 + spec.seed % 4))
            yield Epoch(epoch, {"val_loss": error_of(spec) / epoch}, time.time())
        if spec.seed % 8 == 3:
            raise DivergedError("the stand-in of this seed diverges")
        left = json.dumps({"params": params, "epoch": spec.last_epoch}).encode() if spec.checkpoint else None
        score = error_of(spec) / spec.last_epoch
        scores = {f"val_{name}": score for name in self.metrics}
        yield Done(TrialResult(scores, spec.last_epoch, spec.last_epoch, spec.params.units[0], spec.seed), left)


def error_of(spec: TrialSpec) -> float:
    """A smooth bowl over rate and width, in [1, 3) or so: something that a search can follow."""
    return 1 + (spec.params.learning_rate - 0.006) ** 2 * 1e3 + abs(spec.params.units[0] - 16) / 16


def stand_in(task: Any, *_: Any) -> StandIn:
    return StandIn(tuple(task.config.task.metrics), pause=0.01)


def slow_stand_in(task: Any, *_: Any) -> StandIn:
    return StandIn(tuple(task.config.task.metrics), pause=60)


def at_once(task: Any, *_: Any) -> StandIn:
    return StandIn(tuple(task.config.task.metrics), pause=0)


def cold(threads: int) -> None:
    """What a worker of stand-ins does to warm up."""


class Report:
    """An observer that writes every event down, with its moment on the machine's monotonic clock."""

    def __init__(self, file: Path, directory: Path) -> None:
        self._file = file.open("a", buffering=1)
        self._directory = directory

    def write(self, event: str, **content: Any) -> None:
        self._file.write(json.dumps({"event": event, "at": time.monotonic(), **content}) + "\n")

    def say(self, text: str) -> None:
        self.write("say", text=text)

    def describe(self, facts: Any) -> None: ...

    def begin(self, expected: int, finished: Sequence[Any], workers: int, kind: str = "trial") -> None:
        self.write("begin", expected=expected, finished=[record.trial_id for record in finished])

    def stage(self, doing: str) -> None: ...

    def started(self, trial: Any) -> None:
        self.write(
            "started", trial=trial.trial_id, checkpoints=len(list(self._directory.glob("sweeps/*/checkpoints/*")))
        )

    def epoch(self, trial: Any, event: Epoch) -> None:
        self.write("epoch", trial=trial.trial_id)

    def ended(self, trial: Any, score: float | None) -> None:
        self.write("ended", trial=trial.trial_id)

    def finish(self) -> None:
        self.write("finish")


def die() -> None:
    """What a power cut looks like from inside."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_at_write(of: str, nth: int, phase: str) -> None:
    """Let this process die at a write of a state file.

    Args:
        of: a part of its path.
        nth: which of these writes, counted from 1.
        phase: `before` it, `within`: half of it lies aside, or `after` it.
    """
    from seqsweep import files

    write, seen = files.atomic_write, 0

    def deadly(path: Path, content: bytes) -> None:
        nonlocal seen
        seen += of in str(path)
        due = seen == nth and of in str(path)
        if due and phase == "within":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_name(f"{path.name}.{os.getpid()}.tmp").write_bytes(content[: len(content) // 2])
        if due and phase != "after":
            die()
        write(path, content)
        if due:
            die()

    files.atomic_write = deadly


def die_at_packaging(phase: str) -> None:
    """Let this process die as a packaged model is put in place: `before` that, `after`, or `within`: half of it is."""
    rename = Path.rename

    def deadly(path: Path, target: Path) -> Path:
        if path.name != "model":
            return rename(path, target)
        if phase == "before":
            die()
        if phase == "within":
            (Path(target) / "artifacts").mkdir(parents=True)
            die()
        found = rename(path, target)
        die()
        return found

    Path.rename = deadly  # type: ignore[method-assign]


def die_at_registry(nth: int, phase: str) -> None:
    """Let this process die at a write to the registry.

    Args:
        nth: which, counted from 1.
        phase: `before` or `after` it.
    """
    from seqsweep.registry import registered

    open_store, seen = registered.open_store, 0

    class Deadly:
        def __init__(self, client: Any) -> None:
            self._client = client

        def __getattr__(self, name: str) -> Any:
            method = getattr(self._client, name)
            if not name.startswith(("create_", "set_", "delete_", "log_", "finalize_")):
                return method

            def write(*arguments: Any, **options: Any) -> Any:
                nonlocal seen
                seen += 1
                if (seen, phase) == (nth, "before"):
                    die()
                answer = method(*arguments, **options)
                if seen == nth:
                    die()
                return answer

            return write

    def opened(*arguments: Any, **options: Any) -> Any:
        place, client = open_store(*arguments, **options)
        return place, Deadly(client)

    registered.open_store = opened


def arm(of: str, nth: int, phase: str) -> None:
    """Let this process die at a write, see above."""
    if of == "package":
        die_at_packaging(phase)
    elif of == "registry":
        die_at_registry(nth, phase)
    else:
        die_at_write(of, nth, phase)


def live(config: Any, job: str, report: Report) -> None:
    """Run one sweep, a whole study or a change of the champion; the report's last line says how it ended."""
    from seqsweep import registry, search, study, trial
    from seqsweep.errors import SeqsweepError
    from seqsweep.executor import InProcess

    jobs = {
        "stand_in": (stand_in, cold),
        "slow_stand_in": (slow_stand_in, cold),
        "at_once": (at_once, cold),
        "networks": (trial.Trial, trial.warm),
    }
    if job in ("stand_in", "slow_stand_in", "at_once"):
        # KerasTuner is here, where a process of its own would import it for seconds, each life anew.
        context = sys.modules["seqsweep.search.context"]
        context.make_calls = lambda config, warm, _: InProcess(warm, config.threads)
    report.write("born")
    try:
        name, _, target = job.partition(" ")
        if name == "promote":
            registry.promote(
                target, config.tracking, report.say, lambda _: None, replace=True, force="a test of faults"
            )
            report.write("done")
            return
        if name in ("rollback", "history"):
            {"rollback": registry.rollback, "history": registry.history}[name](target, config.tracking, report.say)
            report.write("done")
            return
        outcome = study.run(config, report).outcome if job == "study" else search.run(config, report, *jobs[job])
    except SeqsweepError as error:
        report.write("error", kind=type(error).__name__, text=str(error))
    except BaseException as error:
        report.write("crash", kind=type(error).__name__, text=str(error))
        raise
    else:
        tracking = outcome.tracking_seconds
        report.write("outcome", reason=outcome.reason, trained=outcome.trained, tracking=tracking)


def command(typed: list[str], folder: str, variables: dict[str, str], report: Report) -> None:
    """Type a command in a folder, whose file `said` takes what it prints; the report has its process and its exit code.

    Args:
        typed: its arguments; `vault://` is an address of a database, see vault.py.
        folder: in which it is typed.
        variables: of its environment.
        report: takes the events `runs` and `exit`.
    """
    child = os.fork()
    if child:
        report.write("runs", process=child)
        report.write("exit", code=os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        return
    import vault
    from seqsweep.cli import main

    os.environ.update(variables)
    os.chdir(folder)
    said = os.open("said", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for file, number in ((os.open(os.devnull, os.O_RDONLY), 0), (said, 1), (said, 2)):
        os.dup2(file, number)
    sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w", buffering=1)
    vault.register()
    try:
        main(typed, prog_name="seqsweep")
    finally:
        sys.stdout.flush()


def own_threads() -> int:
    """The threads of this process, without the one that jemalloc keeps, which is prepared for forks."""
    names = [file.read_text() for file in Path("/proc/self/task").glob("*/comm")]
    return sum(not name.startswith("jemalloc") for name in names)


def main() -> None:
    """Import, then a fork a line until the input ends."""
    from seqsweep import config, data, search, trial  # noqa: F401
    from seqsweep.tracking.store import open_store
    from seqsweep.tuner import bayesian, hyperband, oracles  # noqa: F401

    first = config.compose("quickstart", [f"tracking.directory={sys.argv[1]}"]).jobs[0]
    open_store(first.tracking)
    data.load(first.data)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are nobody's zombies
    print("ready", flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        typed = request.get("typed")
        job = None if typed else config.compose("quickstart", request["overrides"]).jobs[0]
        assert own_threads() == 1  # a fork copies one thread of several, and the locks that the others hold
        child = os.fork()
        if child == 0:
            report, status = Report(Path(request["report"]), Path(request["directory"])), 1
            try:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                if typed:
                    command(typed, request["directory"], request["variables"], report)
                else:
                    os.environ.update(request["variables"])
                    if request["kill"]:
                        arm(*request["kill"])
                    live(job, request["job"], report)
                status = 0
            except SystemExit as end:
                status = int(end.code or 0)
            finally:
                os._exit(status)
        print(child, flush=True)


if __name__ == "__main__":
    import fault_jobs  # under its own name, by which workers import it

    fault_jobs.main()
