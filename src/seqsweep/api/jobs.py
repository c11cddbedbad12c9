"""A study and its overrides → checked jobs → what each of them came to."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqsweep import config, interrupts
from seqsweep.errors import ConfigError, Fault
from seqsweep.imports import quick_imports, quiet_tensorflow
from seqsweep.redaction import remember
from seqsweep.schema import SweepConfig
from seqsweep.terminal import console

if TYPE_CHECKING:
    from rich.console import Console

    from seqsweep.api.result import Result
    from seqsweep.config.launcher import Launcher
    from seqsweep.search import Observer


def config_faults(checked: SweepConfig) -> list[Fault]:
    """What each package finds wrong with a config, in the order in which data passes them."""
    # Imported here: help, and what cannot be composed at all, are told without them, in half the time.
    from seqsweep import data, executor, package, search_space, tasks, tracking, tuner

    found: list[Fault] = []
    for module in (data, tasks, search_space, tuner, executor, tracking, package):
        found += module.faults(checked)
    return found


RULES: Sequence[config.Rule] = (config_faults,)


def sweep(
    study: str,
    overrides: Sequence[str] = (),
    data: Any = None,
    observer: Observer | None = None,
    config_dir: str | Path | None = None,
) -> Result:
    """Run a study, or what is left of it: search, finals, the packaged winner and its page.

    The same arguments resume a sweep that was interrupted; a larger `tuner.max_trials` extends it.

    Args:
        study: its name; `seqsweep.studies()` lists them.
        overrides: of its config, as on a command line: `["tuner.max_trials=4", "search_space.layer=[lstm]"]`.
        data: what to learn from instead of the study's own: a DataFrame or Series, a file, or the name of an option of
            `data`. A frame is kept as Parquet in `tracking.directory`, so that the sweep can be reproduced.
        observer: is told what happens; None: shows it, on standard error or in the notebook.
        config_dir: a folder with studies and options of your own.

    Raises:
        ConfigError: with every fault of the study and the overrides, before anything was trained.
        DataError: the data cannot be used.
        SweepError: the sweep cannot go on; what it finished is kept, and the same call resumes.
    """
    launch = composed(study, overrides, data, config_dir)
    if len(launch.jobs) > 1:
        told = f"{study}: this asks for {len(launch.jobs)} sweeps; seqsweep.multirun runs them all"
        raise ConfigError([told])
    return _run_all(launch.jobs, observer)[0]


def multirun(
    study: str,
    overrides: Sequence[str] = (),
    data: Any = None,
    observer: Observer | None = None,
    config_dir: str | Path | None = None,
) -> list[Result]:
    """Run a sweep for each combination of the values of overrides such as `tuner=random,grid`, one after the other.

    With `hydra/launcher=joblib` (or `submitit_slurm`) among them sweeps run side by side, each in a process of its own;
    an error of one is raised when all have ended.

    Args:
        study: its name.
        overrides: of its config; several values of one are parted by commas.
        data: as for `sweep`.
        observer: as for `sweep`.
        config_dir: as for `sweep`.

    Raises:
        ConfigError: with every fault of all jobs, before anything was trained.
        DataError: the data cannot be used.
        SweepError: a sweep cannot go on.
    """
    launch = composed(study, overrides, data, config_dir, multirun=True)
    if launch.launcher is None:
        return _run_all(launch.jobs, observer)
    if observer is not None:
        raise ConfigError(["hydra/launcher: sweeps in processes of their own tell no observer; leave out one of both"])
    return _run_side_by_side(launch.jobs, launch.launcher)


def composed(
    study: str, overrides: Sequence[str], data: Any = None, config_dir: str | Path | None = None, multirun: bool = False
) -> config.Launch:
    """What a call asks for, checked; a frame that is its data lies on disk afterwards.

    Args:
        study: its name.
        overrides: as on a command line.
        data: as for `sweep`.
        config_dir: as for `sweep`.
        multirun: whether values may be parted by commas.

    Raises:
        ConfigError: with every fault.
    """
    from seqsweep.api import frames

    if isinstance(overrides, str):
        raise ConfigError([f"overrides={overrides!r}: a list is needed; write [{overrides!r}]"])
    remember(*overrides)
    own = Path(config_dir) if config_dir is not None else None
    if own is not None and not own.is_dir():
        raise ConfigError([f"config_dir={str(own)!r}: there is no such folder"])
    given = frames.given(data, overrides, own)
    with quick_imports():
        checked = config.compose(study, [*given.overrides, *overrides], RULES, own, multirun)
    for job in checked.jobs:
        given.keep(job)
    return checked


def run(job: SweepConfig, observer: Observer) -> Result:
    """Run a job, or what is left of it.

    Args:
        job: its config, checked.
        observer: is told what happens.

    Raises:
        UserError: the data or the config cannot be used.
        SweepError: the sweep cannot go on; what it finished is kept.
    """
    quiet_tensorflow()
    with quick_imports():
        from seqsweep import study
        from seqsweep.api.result import Result

    ended = study.run(job, observer)
    return Result(ended.outcome, ended.conclusion, ended.page, ended.untold)


def _run_all(jobs: Sequence[SweepConfig], observer: Observer | None) -> list[Result]:
    results = []
    with interrupts.raised():
        for job in jobs:
            told = observer if observer is not None else progress(job, console(stderr=True))
            result = run(job, told)
            if result.untold is not None:  # all of it is in the sweep's folder
                told.say(str(result.untold))
            results.append(result)
    return results


def _run_side_by_side(jobs: Sequence[SweepConfig], launcher: Launcher) -> list[Result]:
    from seqsweep.api.side_by_side import place_of, prefixed, side_by_side

    shown = console(stderr=True)
    say, width = prefixed(shown)
    given, place = place_of(launcher, jobs, lambda text: shown.print(text, soft_wrap=True), width)
    with interrupts.raised(), closing(side_by_side(given, place, say)) as ended:
        came = dict(ended)
    results = []
    for number in range(len(jobs)):
        result = came[number]
        if isinstance(result, Exception):
            raise result
        if result.untold is not None:
            shown.print(f"job {number + 1}: {result.untold}", soft_wrap=True)
        results.append(result)
    return results


def progress(job: SweepConfig, shown: Console) -> Observer:
    """Who shows a job while it runs; the first line, what an earlier launch left, is shown at once.

    Args:
        job: its config, checked.
        shown: where to; in a notebook it is one output of the cell instead.
    """
    from seqsweep.search.begun import first_words

    began = first_words(job)
    if not shown.is_jupyter:
        shown.print(began, soft_wrap=True)
    with quick_imports():
        from seqsweep.finals import planned
        from seqsweep.report import Notebook, Terminal
        from seqsweep.tasks import make_task

    objective, later = make_task(job).objective, planned(job)
    if not shown.is_jupyter:
        return Terminal(shown, objective, later)
    notebook = Notebook(objective, later)
    notebook.say(began)
    return notebook
