"""What several tests need: composed configs, small series, stand-in collaborators."""

from __future__ import annotations

import copy
import functools
import gc
import logging
import os
import shutil
import signal
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

import leaks
from fault_lives import Nursery, nursery_in
from seqsweep.config import compose
from seqsweep.data import Series
from seqsweep.data.series import fingerprint
from seqsweep.schema import SweepConfig
from seqsweep.tasks import TASKS


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Three processes on two cores: those whose tests start sweeps and servers wait for them much of the time."""
    cores, gigabytes = os.cpu_count() or 1, psutil.virtual_memory().total // 2**30
    return max(cores, min(cores * 3 // 2, gigabytes // 4))


MEMORY = Path("/dev/shm")


def pytest_configure() -> None:
    """Folders of tests lie in memory where that is large: stores and state files wait for the disk at each write."""
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < 8 * 2**30:
        return
    if not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC:  # a wheel is run from an environment in such a folder
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


COSTS = {"slow": 8.0, "keras": 0.6, "": 0.08}
"""Seconds that a test takes, about, by the first of these marks that it has."""

SHARED = 20.0
"""Seconds that a file with slow tests takes, about, to make what they share: a sweep, a server."""


TOGETHER = {
    **dict.fromkeys(("test_faults.py", "test_servers.py", "test_secrets.py"), "lives of a nursery"),
    **dict.fromkeys(
        ("test_texts_sweep.py", "test_next_symbol_sweep.py", "test_classify_subwords.py", "test_new_layer.py"),
        "models without seqsweep",
    ),
}
"""Files of tests that one process runs, by what they share: a process that takes seconds of imports to start."""


def _together(file: str) -> str:
    """What runs in one process: a file, or those that share more."""
    return TOGETHER.get(Path(file).name, file)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first: left to the end, one would run while the other cores wait."""
    costs: defaultdict[str, float] = defaultdict(float)
    for item in items:
        cost = next(cost for mark, cost in COSTS.items() if not mark or item.get_closest_marker(mark))
        costs[_together(str(item.path))] += cost
    for path in {item.path for item in items if item.get_closest_marker("slow")}:
        costs[_together(str(path))] += SHARED
    items.sort(key=lambda item: -costs[_together(str(item.path))])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file of tests stays in one process, as with `--dist loadfile` alone, and so do files that share more."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Together(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _together(super()._split_scope(nodeid))

    return Together(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before the fixtures of a test that uses TensorFlow, which would import it else."""
    if item.get_closest_marker("keras"):
        graphs_as_they_are()


@functools.cache
def graphs_as_they_are() -> None:
    """Graphs run as they were traced, as `trial.warm` has them in workers, whatever a test does first."""
    from seqsweep.imports import quick_imports, quiet_tensorflow

    quiet_tensorflow()
    with quick_imports():
        import tensorflow as tf  # noqa: F401  (first, and quickly)
    from seqsweep.trial.warming import graphs_as_traced

    graphs_as_traced()


@pytest.fixture(scope="session", autouse=True)
def ctrl_c() -> None:
    """Ctrl-C works in what tests start: a script's job in the background ignores it, and so would all its children."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def on_the_path() -> None:
    """Commands that are printed to be pasted name the programs as a user with an active environment types them."""
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


@pytest.fixture(scope="module", autouse=True)
def without_traces_of_hydra() -> Iterator[None]:
    """Files after one in which Hydra shows a config do not log to what was standard output then or see its variable."""
    root, set_before = logging.getLogger(), HYDRA in os.environ
    handlers = root.handlers[:]
    yield
    for handler in root.handlers[:]:
        if type(handler) is logging.StreamHandler and handler not in handlers:
            root.removeHandler(handler)
    if not set_before:
        os.environ.pop(HYDRA, None)


HYDRA = "HYDRA_FULL_ERROR"

gc.disable()  # while a million objects are made that all stay: libraries and tests


def pytest_collection_finish() -> None:
    """Files of tests are all imported before the first test: what one registers there, all others would see."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 20, 20)  # traced graphs are large, and live for as long as their network
    if found := leaks.strangers():
        raise pytest.UsageError(f"registered where a file of tests is imported, not by a fixture: {', '.join(found)}")


@pytest.fixture(scope="module")
def waves_task() -> Iterator[None]:
    """The task `waves` of tests/waves.py, for as long as the tests of a file run."""
    from waves import WavesTask

    with pytest.MonkeyPatch.context() as patch:
        leaks.restore(patch, TASKS)
        TASKS.add(WavesTask.name, WavesTask)
        yield


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """A process from which lives of sweeps are forked; files that use it are in TOGETHER."""
    with nursery_in(tmp_path_factory.mktemp("nursery")) as found:
        yield found


@pytest.fixture
def trains_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is reproduced trains in this process; tests/test_reproduce.py has the worker that it else trains in."""
    from seqsweep.executor import make_executor

    here = import_module("seqsweep.reproduce")
    monkeypatch.setattr(here, "make_executor", lambda config, warm: make_executor(replace(config, kind="inline"), warm))


@pytest.fixture(scope="session")
def make_config() -> Callable[..., SweepConfig]:
    """Compose a study with overrides; the checks of the packages are left out."""

    @functools.cache
    def composed(*overrides: str, study: str) -> SweepConfig:
        return compose(study, overrides).jobs[0]

    def make(*overrides: str, study: str = "quickstart") -> SweepConfig:
        return copy.deepcopy(composed(*overrides, study=study))

    return make


@pytest.fixture(scope="session")
def make_series() -> Callable[..., Series]:
    """A series of given values (time,) or (time, columns), or a noisy season of 12 rows."""

    def make(values: object = None, rows: int = 240) -> Series:
        if values is None:
            noise = np.random.default_rng(0).normal(size=rows)
            values = 50 + 20 * np.sin(np.arange(rows) * 2 * np.pi / 12) + 3 * noise
        array = np.array(values, np.float64)
        array = array[:, None] if array.ndim == 1 else array
        columns = tuple(["y", "x1", "x2"][: array.shape[1]])
        index = np.arange(len(array))
        return Series("made", array, columns, index, fingerprint(array, columns, index))

    return make
