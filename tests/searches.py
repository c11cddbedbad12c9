"""Searches for the tests of the tuner: a config, a score, KerasTuner's oracles and ours in one dress."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from seqsweep import search_space
from seqsweep.events import TrialParams
from seqsweep.schema import SweepConfig
from seqsweep.tuner import Exhausted, Proposal, Tuner, Wait, make_tuner

SPACE: dict[str, Any] = {
    "layer": "lstm",
    "depth": 1,
    "units": 16,
    "activation": "tanh",
    "dropout": 0.0,
    "use_bias": True,
    "window": 12,
    "learning_rate": 0.01,
    "batch_size": 64,
    "optimizer": "adam",
    "linear_skip": False,
    "anchor": "none",
    "scaler": "standard",
    "clip_quantile": None,
    "log1p": False,
    "difference": 0,
    "seasonal_difference": 0,
    "loss": "mse",
    "clip_norm": None,
    "per_layer": [],
    "warm_start": [],
}
EIGHT: dict[str, Any] = {"layer": ["lstm", "gru"], "units": [8, 16], "window": [12, 24]}  # 8 points
WIDE: dict[str, Any] = {  # conditional, mixed, endless
    "layer": ["simple_rnn", "lstm", "gru"],
    "depth": [1, 2, 3],
    "units": [8, 16, 32],
    "dropout": {"low": 0.0, "high": 0.4},
    "learning_rate": {"low": 1e-4, "high": 1e-1, "log": True},
    "per_layer": ["units"],
}
KINDS = ("random", "grid", "bayesian", "hyperband")


def sweep_config(
    kind: str,
    *,
    seed: int = 1,
    epochs: int = 9,
    order: str = "asynchronous",
    tuner: dict[str, Any] | None = None,
    **space: Any,
) -> SweepConfig:
    """A sweep whose space is the one point SPACE, but for what `space` gives."""
    config = SweepConfig(seed=seed)
    config.windows.scope = "series"
    config.task.kind = "forecast"
    config.search_space = {**SPACE, **space}
    config.data.season = None
    config.trial.epochs, config.trial.patience, config.trial.divergence_factor = epochs, None, 100.0
    config.executor.order = order
    config.package.onnx = False
    defaults = {
        "kind": kind,
        "max_trials": None if kind in ("grid", "hyperband") else 24,
        "max_consecutive_failures": 3,
        "initial_points": 4 if kind == "bayesian" else None,
        "factor": 3,
        "iterations": 1,
        "sampler": "random" if kind == "hyperband" else None,
        "patience": None,
        "pruner": "none",
        "startup_trials": 2,
        "warmup_epochs": 2,
        "reduction_factor": 2,
        "prior": None,
    }
    for name, setting in {**defaults, **(tuner or {})}.items():
        setattr(config.tuner, name, setting)
    return config


def score_of(proposal: Proposal) -> float:
    """A stand-in for training: best at two GRU layers of 24 units and a rate of 0.01, better with epochs."""
    params = proposal.params
    return (
        (math.log10(params.learning_rate) + 2) ** 2
        + abs(sum(params.units) - 48) / 48
        + {"simple_rnn": 0.5, "lstm": 0.2, "gru": 0.0}[params.layer]
        + params.dropout[0]
        + params.window / 240
        + 1 / proposal.last_epoch
    )


class Ours:
    """This project's tuner."""

    def __init__(self, config: SweepConfig, directory: Path) -> None:
        self.tuner: Tuner = make_tuner(config, directory)

    def ask(self, slot: str = "a") -> Proposal | Wait | Exhausted:
        return self.tuner.ask(slot)

    def tell(self, trial_id: str, score: float) -> None:
        """`score` as training gives it: it may be infinite, or no number."""
        if math.isfinite(score):
            self.tuner.tell(trial_id, score)
        else:
            self.tuner.tell(trial_id, None, "diverged")

    def crash(self, trial_id: str) -> None:
        self.tuner.tell(trial_id, None, "crashed", crashed=True)

    def best(self, count: int) -> list[str]:
        return self.tuner.best(count)

    @property
    def oracle(self) -> Any:
        return self.tuner.oracle


class Stock:
    """KerasTuner's own oracle, driven as KerasTuner's own Tuner drives it."""

    def __init__(self, config: SweepConfig, directory: Path) -> None:
        self.config = config
        self.oracle = _stock_oracle(config)
        self.oracle.verbose = 0
        self.oracle._set_project_dir(str(directory), "stock")
        if (directory / "stock" / "oracle.json").exists():
            self.oracle.reload()

    def ask(self, slot: str = "a") -> Proposal | Wait | Exhausted:
        trial = self.oracle.create_trial(slot)
        if trial.status == "IDLE":
            return Wait()
        if trial.status == "STOPPED":
            return Exhausted("stopped")
        values = trial.hyperparameters.values
        params: TrialParams = search_space.params(self.config, values)
        return Proposal(
            trial_id=trial.trial_id,
            number=int(trial.trial_id) + 1,
            params=params,
            values=search_space.active(self.config, params),
            first_epoch=values.get("tuner/initial_epoch", 0),
            last_epoch=values.get("tuner/epochs", self.config.trial.epochs),
            continues=values.get("tuner/trial_id"),
            first_trial=trial.trial_id,
            origin="oracle",
        )

    def tell(self, trial_id: str, score: float) -> None:
        self.oracle.update_trial(trial_id, {"score": score})
        trial = self.oracle.trials[trial_id]
        trial.status = "COMPLETED"
        self.oracle.end_trial(trial)

    def crash(self, trial_id: str) -> None:
        trial = self.oracle.trials[trial_id]
        trial.status, trial.message = "FAILED", "crashed"
        self.oracle.end_trial(trial)

    def best(self, count: int) -> list[str]:
        return [trial.trial_id for trial in self.oracle.get_best_trials(count)]


def _stock_oracle(config: SweepConfig) -> Any:
    import keras_tuner
    from keras_tuner import oracles

    settings = config.tuner
    common = {
        "objective": keras_tuner.Objective("score", "min"),
        "hyperparameters": search_space.hyperparameters(config),
        "tune_new_entries": False,
        "allow_new_entries": False,
        "seed": config.seed,
        "max_consecutive_failed_trials": settings.max_consecutive_failures,
    }
    if settings.kind == "hyperband":
        return oracles.HyperbandOracle(
            max_epochs=config.trial.epochs,
            factor=settings.factor,
            hyperband_iterations=settings.iterations,
            **common,
        )
    if settings.kind == "bayesian":
        oracle = oracles.BayesianOptimizationOracle(
            max_trials=settings.max_trials, num_initial_points=settings.initial_points, **common
        )
        # It descends from 50 points, each slowly: 6 show the same faults.
        draw = oracle._random_state.uniform
        oracle._random_state = SimpleNamespace(uniform=lambda low, high, size: draw(low, high, size)[:6])
        return oracle
    kind = oracles.GridSearchOracle if settings.kind == "grid" else oracles.RandomSearchOracle
    return kind(max_trials=settings.max_trials, **common)


def run(search: Ours | Stock, trials: int = 1000, score: Any = score_of) -> list[Proposal]:
    """Ask and tell, one trial at a time, until nothing more is proposed or `trials` were."""
    done: list[Proposal] = []
    while len(done) < trials:
        proposal = search.ask()
        if not isinstance(proposal, Proposal):
            break
        search.tell(proposal.trial_id, score(proposal))
        done.append(proposal)
    return done
