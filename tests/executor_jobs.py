"""Stand-in jobs: what a trial may do to its process. Imports little, so that workers start quickly."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from seqsweep.errors import DivergedError, StateError, TrialError
from seqsweep.events import Done, Epoch, Event, Started, TrialResult, TrialSpec

Deed = Callable[[], object]


def spec(trial_id: str, deed: str = "nothing") -> TrialSpec:
    return TrialSpec(trial_id, deed, seed=0, first_epoch=0, last_epoch=3)  # type: ignore[arg-type]


def preload() -> None:
    """Nothing that all workers need."""


WARMED: list[int] = []
"""With how many threads this process has warmed up: no variable of the environment, which workers would inherit."""


def done(said: str = "", threads: str = "") -> Done:
    """`said` is in the place of the kernels."""
    return Done(TrialResult({}, 3, 3, 1, seed=0, kernels=said, threads=int(threads or 0)))


def job(trial: TrialSpec) -> Iterator[Event]:
    """Started, two epochs, the deed, a third epoch, Done with what the deed returned."""
    yield Started(os.getpid(), time.time())
    yield Epoch(1, {}, time.time())
    yield Epoch(2, {}, time.time())
    said = DEEDS[str(trial.params)]()
    yield Epoch(3, {}, time.time())
    yield done(said=str(said), threads="".join(map(str, WARMED)))


def has_another_clock(trial: TrialSpec) -> Iterator[Event]:
    yield Started(os.getpid(), time.time() - 7200)
    yield Epoch(1, {}, time.time() + 7200)
    yield done()


class HeavyJob:
    """Carries much and sends much."""

    def __init__(self, size: int) -> None:
        self.data = bytes(size)

    def __call__(self, trial: TrialSpec) -> Iterator[Event]:
        for epoch in (1, 2, 3):
            yield Epoch(epoch, {"data": self.data}, 0)  # type: ignore[dict-item]
        yield done(str(len(self.data)))


class Unreadable:
    """Can be pickled and not be made again."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return int, ("no number",)

    def __call__(self, trial: TrialSpec) -> Iterator[Event]:
        raise NotImplementedError


def sends_what_cannot_be_pickled(trial: TrialSpec) -> Iterator[Event]:
    yield Epoch(1, {"lock": threading.Lock()}, 0)  # type: ignore[dict-item]
    yield done()


def says_whose_it_is(trial: TrialSpec) -> Iterator[Event]:
    """The trial 0 cannot be sent; what it would say after that is nobody's."""
    if trial.trial_id == "0":
        yield Epoch(1, {"lock": threading.Lock()}, 0)  # type: ignore[dict-item]
    yield done(trial.trial_id)


def sends_what_cannot_be_read(trial: TrialSpec) -> Iterator[Event]:
    yield Epoch(1, {"x": Unreadable()}, 0)  # type: ignore[dict-item]
    yield done()


def forgets_to_end(trial: TrialSpec) -> Iterator[Event]:
    yield Started(os.getpid(), 0)


def goes_on_after_done(trial: TrialSpec) -> Iterator[Event]:
    yield done()
    yield Epoch(1, {}, 0)
    yield done()


def cannot_clean_up(trial: TrialSpec) -> Iterator[Event]:
    try:
        yield Started(os.getpid(), 0)
        yield Epoch(1, {}, 0)
    finally:
        raise ValueError("at clean-up")


def is_no_generator(trial: TrialSpec) -> Iterator[Event]:
    raise ValueError("before the first event")


def reports_its_end(trial: TrialSpec) -> Iterator[Event]:
    """Leaves a file at the path in `continues` when it is closed."""
    try:
        yield Started(os.getpid(), 0)
        yield done()
    finally:
        Path(str(trial.continues)).touch()


def end_with_a_thread_left() -> None:
    threading.Thread(target=time.sleep, args=(1000,)).start()
    sys.exit("no more")


def start_a_child() -> None:
    """A grandchild of the sweep that outlives its own parent, unless it is killed too."""
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
    time.sleep(1000)


def die_with_a_child_that_holds_the_pipe() -> None:
    if os.fork() == 0:
        time.sleep(1000)
    os.kill(os.getpid(), signal.SIGKILL)


def fail() -> None:
    raise ValueError("first line\nsecond line")


def fail_with_a_word() -> None:
    raise TrialError("this configuration cannot be trained")


def diverge() -> None:
    raise DivergedError("the loss is nan")


def refuse_state() -> None:
    raise StateError("the disk is full")


def fill_disk() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def speak_and_exit() -> None:
    print("cannot go on", file=sys.stderr)
    os._exit(3)


DEEDS: dict[str, Deed] = {
    "nothing": lambda: None,
    "short sleep": lambda: time.sleep(0.3),
    "sleep": lambda: time.sleep(1000),
    "fail": fail,
    "fail with a word": fail_with_a_word,
    "diverge": diverge,
    "refuse state": refuse_state,
    "fill disk": fill_disk,
    "sys.exit": lambda: sys.exit("no more"),
    "sys.exit with a thread left": end_with_a_thread_left,
    "os._exit": speak_and_exit,
    "SIGKILL": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "SIGSEGV": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "die with a child": die_with_a_child_that_holds_the_pipe,
    "start a child": start_a_child,
    "print": lambda: print("a word, longer than the last words of others", flush=True),
    "OMP_NUM_THREADS": lambda: os.environ["OMP_NUM_THREADS"],
    "CUDA_VISIBLE_DEVICES": lambda: os.environ["CUDA_VISIBLE_DEVICES"],
    "MKL_NUM_THREADS": lambda: os.environ["MKL_NUM_THREADS"],
    "TF_CPP_MIN_LOG_LEVEL": lambda: os.environ["TF_CPP_MIN_LOG_LEVEL"],
}


def warm(threads: int) -> None:
    WARMED.append(threads)


def warm_late(threads: int) -> None:
    time.sleep(1)


def warm_and_die(threads: int) -> None:
    print("no memory for the library")
    raise MemoryError("at import")


def warm_at_every_third_try(threads: int) -> None:
    """Leaves a file in the folder TRIES each time, and dies unless their number is a multiple of three."""
    tries = Path(os.environ["TRIES"])
    before = len(list(tries.iterdir()))
    (tries / str(os.getpid())).touch()
    if before % 3 < 2:
        os.kill(os.getpid(), signal.SIGKILL)
