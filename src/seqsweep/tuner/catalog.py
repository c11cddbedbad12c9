"""The tuners by the name that a config uses, and what is wrong with a tuner's settings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from seqsweep import search_space
from seqsweep.catalog import Catalog
from seqsweep.errors import Fault
from seqsweep.spelling import nearest
from seqsweep.tuner.ask_tell import Tuner
from seqsweep.tuner.plan import brackets
from seqsweep.tuner.priors import Priors, read_priors
from seqsweep.tuner.pruners import warmup_epochs
from seqsweep.tuner.rebuild import EndedTrial, rebuild
from seqsweep.tuner.remote_oracle import Call, Oracle, RemoteOracle
from seqsweep.tuner.state_file import StateFile
from seqsweep.words import seconds

if TYPE_CHECKING:
    from seqsweep.schema import SweepConfig
    from seqsweep.tuner.oracles import OracleBase

STATE_FILE = "tuner.json"
STUDY = "study"
"""As `tuner.prior`: all earlier sweeps of the study."""


class OracleFactory(Protocol):
    """What an entry of TUNERS is."""

    def __call__(self, config: SweepConfig) -> OracleBase:
        """The oracle that chooses the points of a sweep with this config; importing one takes seconds."""


TUNERS: Catalog[OracleFactory] = Catalog("tuner", like=OracleFactory)


@TUNERS.register
def random(config: SweepConfig) -> OracleBase:
    """Points drawn at random, none twice."""
    from seqsweep.tuner.oracles import Random

    return Random(**_common(config))


@TUNERS.register
def grid(config: SweepConfig) -> OracleBase:
    """Every point of the space once."""
    from seqsweep.tuner.oracles import Grid

    return Grid(**_common(config))


@TUNERS.register
def bayesian(config: SweepConfig) -> OracleBase:
    """The point that a Gaussian process over the trials so far prefers."""
    from seqsweep.tuner.bayesian import Bayesian

    return Bayesian(initial_points=initial_points(config), min_gain=config.tuner.min_gain, **_common(config))


@TUNERS.register
def hyperband(config: SweepConfig) -> OracleBase:
    """Many points for few epochs, the best of them for more."""
    if config.tuner.sampler == "bayesian":
        from seqsweep.tuner.model_hyperband import ModelHyperband

        return ModelHyperband(plan=brackets(config), initial_points=initial_points(config), **_common(config))
    from seqsweep.tuner.hyperband import Hyperband

    return Hyperband(plan=brackets(config), **_common(config))


def make_tuner(config: SweepConfig, directory: Path, call: Call | None = None) -> Tuner:
    """A tuner for `config`, new or as the state file in `directory` left it.

    Args:
        config: of the sweep; `tuner.kind` names the oracle.
        directory: the sweep's folder.
        call: runs functions in the process where the oracle is; None: it is in this one, which imports TensorFlow.

    Raises:
        ConfigError: there is no such tuner.
        StateError: the state file is truncated, belongs to another search, or cannot be written.
    """
    return Tuner(config, _oracle(config, directory, call), directory / STATE_FILE)


def rebuild_tuner(config: SweepConfig, directory: Path, found: Sequence[EndedTrial], call: Call | None = None) -> Tuner:
    """A tuner that has proposed these trials and knows how they ended, in the place of a state that is lost.

    Args:
        config: of the sweep.
        directory: of the state file, which is replaced.
        found: the trials of which records are left, in any order.
        call: as of `make_tuner`.

    Raises:
        StateError: the state file cannot be written.
    """
    StateFile(directory / STATE_FILE).write(rebuild(config, _oracle(config, directory, call), found))
    return make_tuner(config, directory, call)


def _oracle(config: SweepConfig, directory: Path, call: Call | None) -> Oracle:
    """What chooses, with the trials of earlier sweeps that are kept in the directory."""
    priors = (read_priors(directory) or Priors()) if config.tuner.prior is not None else None
    return make_oracle(config, priors) if call is None else RemoteOracle(call, config, priors)


def make_oracle(config: SweepConfig, priors: Priors | None) -> OracleBase:
    """What chooses the points, in this process.

    Args:
        config: of the sweep; `tuner.kind` names it.
        priors: trials of earlier sweeps; None: it begins with nothing.
    """
    oracle = TUNERS[config.tuner.kind](config)
    if priors is not None:
        oracle.learn(priors)
    return oracle


def initial_points(config: SweepConfig) -> int:
    """Spread points before a model is asked: one a dimension and one, but at most a third of all."""
    given, most = config.tuner.initial_points, config.tuner.max_trials
    if config.tuner.kind == "hyperband":
        most = sum(rounds[0].trials for rounds in brackets(config))
    if given is not None:
        return given
    wanted = len(search_space.dimensions(config)) + 1
    return wanted if most is None else max(min(wanted, most // 3), 1)


def faults(config: SweepConfig) -> list[Fault]:
    """What is wrong with `config.tuner`, alone and against the search space."""
    settings = config.tuner
    found = TUNERS.fault("tuner.kind", settings.kind)
    if found:
        return found
    found = [
        Fault(f"tuner.{name}", f"tuner.{name}=null: tuner={settings.kind} needs it; {advice}", also=("tuner.kind",))
        for name, advice in _NEEDED[settings.kind].items()
        if getattr(settings, name) is None
    ]
    if settings.prior is not None and settings.prior != STUDY and not re.fullmatch("[0-9a-f]{4,12}", settings.prior):
        told = (
            f"tuner.prior={settings.prior}: this is neither `{STUDY}`, for all earlier sweeps of the study, nor four "
            "or more of the digits (0 to 9, a to f) of a sweep's fingerprint, which names its folder in "
            f"{config.tracking.directory}/sweeps"
        )
        found.append(Fault("tuner.prior", told + nearest(settings.prior, [STUDY]).removesuffix(f"; possible: {STUDY}")))
    if settings.prior is not None and config.task.objectives:
        told = f"tuner.prior={settings.prior}: trials of earlier sweeps are known by one score; task.objectives asks"
        mend = "for several; set tuner.prior=null, or task.objectives=null"
        found.append(Fault("tuner.prior", f"{told} {mend}", also=("task.objectives",)))
    if settings.time_limit is not None and seconds(settings.time_limit) is None:
        told = f"tuner.time_limit={settings.time_limit}: this is no time; write 90s, 30m, 2h or 1h30m"
        found.append(Fault("tuner.time_limit", told))
    if settings.pruner != "none" and config.trial.epochs <= warmup_epochs(config):
        told = (
            f"tuner.pruner={settings.pruner}: no trial can be pruned, since all trial.epochs={config.trial.epochs} "
            f"lie in tuner.warmup_epochs={warmup_epochs(config)}; raise trial.epochs, or set tuner.pruner=none"
        )
        found.append(Fault("tuner.pruner", told, also=("trial.epochs", "tuner.warmup_epochs")))
    if settings.kind == "hyperband" and settings.max_trials is not None:
        told = (
            f"tuner.max_trials={settings.max_trials}: the number of hyperband's trials follows from "
            "trial.epochs and tuner.factor; leave it null, and lower trial.epochs for fewer trials"
        )
        found.append(Fault("tuner.max_trials", told, also=("tuner.kind",)))
    if settings.kind == "bayesian" and None not in (settings.initial_points, settings.max_trials):
        found += _no_model_faults(settings.initial_points, settings.max_trials)
    listed = config.search_space.get("warm_start", [])
    known = len(listed) if isinstance(listed, list) else 0  # what is no list is told of the search space
    if settings.max_trials is not None and known > settings.max_trials:
        told = (
            f"tuner.max_trials={settings.max_trials}: search_space.warm_start alone lists {known} trials; raise "
            "max_trials or shorten the list"
        )
        found.append(Fault("tuner.max_trials", told, also=("search_space.warm_start",)))
    gridded = settings.kind == "grid" and not search_space.faults(config)  # a faulty space has no dimensions
    return found + (_grid_faults(config) if gridded else [])


_LIMIT = "the number of trials after which the sweep ends, such as 24"
_NEEDED: dict[str, dict[str, str]] = {
    "random": {"max_trials": _LIMIT},
    "grid": {},
    "bayesian": {
        "max_trials": _LIMIT,
    },
    "hyperband": {
        "factor": "one in `factor` goes on, such as 3",
        "iterations": "times the plan is run, such as 1",
        "sampler": "who proposes new points: bayesian, by a model of the trials so far, or random",
    },
}


def _no_model_faults(initial: int | None, most: int | None) -> list[Fault]:
    if cast(int, initial) < cast(int, most):
        return []
    told = (
        f"tuner.initial_points={initial}: all tuner.max_trials={most} trials would be random and the "
        "model never asked; lower initial_points, or choose tuner=random"
    )
    return [Fault("tuner.initial_points", told, also=("tuner.max_trials", "tuner.kind"))]


def _grid_faults(config: SweepConfig) -> list[Fault]:
    endless = {
        d.hyperparameter: d.distribution
        for d in search_space.dimensions(config)
        if d.distribution.choices is None and (d.distribution.log or not d.distribution.integer)
    }
    mend = "a grid cannot try every value of a range without steps; add `step`, give a list, or choose another tuner"
    return [
        Fault(
            f"search_space.{name}",
            f"search_space.{name}={{low: {values.low:g}, high: {values.high:g}}}: {mend}",
            also=("tuner.kind",),
        )
        for name, values in endless.items()
    ]


def _common(config: SweepConfig) -> dict[str, Any]:
    return {
        "space": search_space.hyperparameters(config),
        "seed": config.seed,
        "points": search_space.size(config),
    }
