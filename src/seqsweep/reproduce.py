"""A logged run done again from nothing but what it logged, and whether the figures are the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from seqsweep import search_space
from seqsweep.config import find_data, from_yaml
from seqsweep.errors import ConfigError, SweepError
from seqsweep.events import Done, Epoch, Failed, Lost, TrialResult, TrialSpec
from seqsweep.executor import make_executor
from seqsweep.schema import SweepConfig, TrackingConfig
from seqsweep.search import Problem, build_problem, lineage
from seqsweep.tracking.reading import LoggedRun, read_run
from seqsweep.trial import Trial, warm
from seqsweep.words import command

Match = Literal["equal to the bit", "equal within noise", "different"]

MOVABLE = ("data.url", "data.path")
NOISE = 0.01  # of the score: what counts as noise where no finals measured the spread over seeds
LABELS = {"git_commit": "commit"}  # of tags whose name says it less well
SHOWN_DIGITS = 12  # of a hash in a sentence


@dataclass(frozen=True)
class Figure:
    """One final figure, then and now."""

    name: str
    then: float
    now: float


@dataclass(frozen=True)
class Reproduction:
    """What came of doing it again.

    Args:
        run: as it was logged.
        verdict: by every point of every curve and every score; `noise` is that of the objective.
        figures: scores on validation.
        points: points of curves that were compared; `unequal` of them differ.
        noise: the difference of the objective that counts as noise, in its unit.
        changed: what differs between then and now, a sentence each: data, versions, threads, seed, commit.
    """

    run: LoggedRun
    verdict: Match
    figures: tuple[Figure, ...]
    points: int
    unequal: int
    noise: float
    changed: tuple[str, ...]


def reproduce(
    store: TrackingConfig, run_id: str, say: Callable[[str], None], moved: Sequence[str] = ()
) -> Reproduction:
    """Train a logged trial or final run again.

    Args:
        store: where it was logged.
        run_id: of MLflow.
        say: is told what happens, a sentence each.
        moved: where its data lies now, as overrides of MOVABLE.

    Raises:
        ConfigError: there is no such run, its config is of another version, or an override is none of MOVABLE.
        DataError: its data cannot be read any more: secrets are not logged, for one.
        SweepError: the run has no figures, or training failed this time.
    """
    run = read_run(store, run_id)
    if not run.finished:
        raise SweepError(f"{run.name} did not finish ({run.reason}), so there are no figures to compare with")
    try:
        config = from_yaml(run.config_yaml)
    except ConfigError as error:
        told = "the config that was logged with it is damaged or of another version; run its sweep again"
        raise SweepError(f"{run.name}: {told}") from error
    _move_data(config, run_id, moved)
    problem = build_problem(config, say)
    say(f"training {run.name} again: seed {run.seed}, at most {run.last_epoch} epochs")
    done, curve = _train(problem, _spec(config, run))
    now = {name: value for name, value in done.result.metrics.items() if name.startswith("val_") and name != "val_loss"}
    then = {name: run.metrics.get(name, math.nan) for name in now}
    figures = tuple(Figure(name, then[name], now[name]) for name in now)
    unequal = sum(curve.get(point) != value for point, value in run.curve.items())
    objective = f"val_{problem.objective.name}"
    noise = run.noise if run.noise is not None else NOISE * abs(then[objective])
    same = unequal == 0 and all(figure.then == figure.now for figure in figures)
    near = abs(then[objective] - now[objective]) <= noise
    verdict: Match = "equal to the bit" if same else "equal within noise" if near else "different"
    changed = tuple(_changed(run, problem, done.result))
    return Reproduction(run, verdict, figures, len(run.curve), unequal, noise, changed)


def _move_data(config: SweepConfig, run_id: str, moved: Sequence[str]) -> None:
    """Where the data of a logged config lies now, with what may not be logged.

    Raises:
        ConfigError: something else is to be changed, or a variable of the environment is missing.
        DataError: a secret is missing.
    """
    for text in moved:
        key, _, value = text.partition("=")
        if key not in MOVABLE or not value:
            told = "a logged run is done again as it was, but for where its data lies"
            raise ConfigError(
                [f"{text}: {told}; write {' or '.join(f'{name}=…' for name in MOVABLE)}, or leave it out"]
            )
        setattr(config.data, key.partition(".")[2], value)
    again = command(["seqsweep", "reproduce", run_id, "data.url=${oc.env:URL}"])
    find_data(config, f"export URL with the whole address, and add it: {again}")


def _spec(config: SweepConfig, run: LoggedRun) -> TrialSpec:
    return TrialSpec(
        trial_id=run.trial_id,
        params=search_space.complete(config, run.params),
        seed=run.seed,
        first_epoch=0,  # a trial that went on from another is trained as if it had never stopped
        last_epoch=run.last_epoch,
        fold=run.fold,
    )


def _train(problem: Problem, spec: TrialSpec) -> tuple[Done, Mapping[tuple[str, int], float]]:
    """In a worker of its own, whose threads are those of the sweep's workers."""
    config = problem.config
    config.executor.kind, config.executor.workers = "processes", 1
    executor = make_executor(config.executor, warm)
    curve: dict[tuple[str, int], float] = {}
    try:
        executor.open(Trial(problem.task, problem.data))
        executor.submit(spec)
        while True:
            answer = executor.next_event(1.0)
            if answer is None:
                continue
            event = answer[1]
            if isinstance(event, Epoch):
                curve |= {(name, event.epoch): value for name, value in event.metrics.items()}
            elif isinstance(event, Done):
                return event, curve
            elif isinstance(event, Failed | Lost):
                raise SweepError(f"this time it did not finish: {event.reason}")
    finally:
        executor.close()


def _changed(run: LoggedRun, problem: Problem, result: TrialResult) -> list[str]:
    """What is not as it was, most telling first."""
    before, found = run.lineage, []
    sha256 = problem.data.sha256
    if before.get("data_sha256") != sha256:
        short = [text[:SHOWN_DIGITS] for text in (before.get("data_sha256", "unknown"), sha256)]
        found.append(f"data: its sha256 was {short[0]}…, it is {short[1]}…")
    own: dict[str, tuple[object, object]] = {
        name: (getattr(run, name), getattr(result, name)) for name in ("seed", "threads", "kernels")
    }
    now = lineage()
    names = [name for name in now if name.startswith("version_")] + ["python", "platform", "git_commit"]
    own |= {
        LABELS.get(name, name.removeprefix("version_")): (before.get(name, "none"), now.get(name, "none"))
        for name in names
    }
    return found + [f"{name}: {then} then, {new} now" for name, (then, new) in own.items() if then != new]
