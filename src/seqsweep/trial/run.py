"""One trial from its start to its last event."""

from __future__ import annotations

import hashlib
import math
import os
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from seqsweep.errors import DivergedError, TrialError
from seqsweep.events import REFIT, Done, Epoch, Event, Note, Pruned, Started, TrialParams, TrialResult, TrialSpec
from seqsweep.metrics import with_prefix
from seqsweep.schema import SweepConfig
from seqsweep.tasks import Dataset, Items, Predictions, Task, View
from seqsweep.trial import checkpoint
from seqsweep.trial.latency import latency
from seqsweep.trial.training_progress import TrainingProgress
from seqsweep.trial.warming import threads_in_use
from seqsweep.words import significant

if TYPE_CHECKING:
    import keras

    from seqsweep.trial.learner import Learner


def derive_seed(sweep_seed: int, name: str) -> int:
    """A seed in [0, 2**31) that depends on the sweep's seed and the trial's name alone, not on who runs it when.

    Args:
        sweep_seed: the config's `seed`.
        name: of what it is for: the id of the trial that began the network, `final 1`.
    """
    return int.from_bytes(hashlib.sha256(f"{sweep_seed}:{name}".encode()).digest()[:4]) >> 1


@dataclass(frozen=True)
class Trial:
    """The job of a sweep: runs any of its trials. Picklable, so that it can be sent to workers once.

    Args:
        task: what is learned, and how it is scored.
        data: what it is learned from.
    """

    task: Task
    data: Dataset

    @property
    def config(self) -> SweepConfig:
        """The sweep's."""
        return self.task.config

    def __call__(self, spec: TrialSpec) -> Iterator[Event]:
        """Train one configuration: Started, an Epoch each, then Done or Pruned.

        Raises:
            DivergedError: a figure became NaN or infinite, or training far worse than a constant forecast. This and
                any other exception fails the trial, not the sweep: executors make it the event Failed.
        """
        yield Started(os.getpid(), time.time())
        yield from self._refit(spec) if spec.fold == REFIT else self._train(spec)

    def _train(self, spec: TrialSpec) -> Iterator[Event]:
        started = time.perf_counter()
        view = self.view(spec)
        learner, progress, seed = yield from self._learner(spec, view)
        limit = self._limit(spec, view)
        seconds = {"building": time.perf_counter() - started, "training": 0.0, "validation": 0.0}
        if progress.epoch == 0 and self.task.knows_start(spec.params):
            metrics = self._start(learner, view)
            progress.start(metrics, [w.numpy() for w in learner.model.weights])
            yield Epoch(0, metrics, time.time())
        while progress.epoch < spec.last_epoch and not progress.stalled(self.config.trial.patience):
            self._schedule(learner, progress, spec.params)
            metrics = self._epoch(learner, view, progress.epoch, seed, seconds)
            _check(metrics, limit, progress.epoch + 1)
            progress.update(metrics, [w.numpy() for w in learner.model.weights])
            yield Epoch(progress.epoch, metrics | _rate(learner, spec.params), time.time())
            behind = self._behind(spec, progress)
            if behind and not progress.stalled(self.config.trial.patience):
                yield Pruned(_told(learner, progress, progress.best_metrics, seed, seconds), behind)
                return
        # Of the last epoch; the result is that of the best one, whose weights are put back for it.
        left = checkpoint.pack_checkpoint(learner.model, progress, seed) if spec.checkpoint else None
        result = self._result(learner, view, spec.params, progress, seed, seconds)
        yield Done(result, left, checkpoint.pack_weights(learner.model) if spec.network else None)

    def _refit(self, spec: TrialSpec) -> Iterator[Event]:
        """Train on all of the data: nothing is left that could stop it early, so its last network is the one."""
        from seqsweep.trial.learner import Learner

        started = time.perf_counter()
        view = self.view(spec)
        learner, train = Learner(self.model(spec, view), view, spec.params.batch_size), view.split.train
        limit, metrics = self._limit(spec, view), {} if spec.last_epoch else {"loss": learner.evaluate(train)[0]}
        seconds = {"building": time.perf_counter() - started}
        for epoch in range(spec.last_epoch):
            if spec.rates:
                learner.learning_rate = spec.rates[epoch]
            metrics = {"loss": learner.train(_order(spec.seed, epoch, train))}
            _check(metrics, limit, epoch + 1)
            yield Epoch(epoch + 1, metrics | _rate(learner, spec.params), time.time())
        seconds["training"] = time.perf_counter() - started - seconds["building"]
        progress = TrainingProgress(spec.last_epoch, spec.last_epoch)
        result = _told(learner, progress, metrics, spec.seed, seconds)
        yield Done(result, None, checkpoint.pack_weights(learner.model))

    @cached_property
    def _whole(self) -> Dataset:
        whole = self.data.whole()
        assert whole is not None  # or nobody would ask for REFIT
        return whole

    def data_of(self, spec: TrialSpec) -> Dataset:
        """What this trial learns from: the data, or with REFIT all of it as one part."""
        return self._whole if spec.fold == REFIT else self.data

    def view(self, spec: TrialSpec) -> View:
        """The data as this trial sees it."""
        return self.data_of(spec).view(spec.params, 0 if spec.fold == REFIT else spec.fold)

    def _limit(self, spec: TrialSpec, view: View) -> float:
        """The loss above which training diverges; 0 or below: there is none."""
        constant = self.task.constant_loss_of(spec.params, view.targets.numpy(view.split.train))
        return self.config.trial.divergence_factor * constant

    def model(self, spec: TrialSpec, view: View) -> keras.Model:
        """A fresh network of the trial.

        Args:
            spec: gives the hyperparameters, and the seed of the first weights.
            view: fitted on the train part; gives the shape of an item's input.
        """
        import keras

        from seqsweep import model
        from seqsweep.trial.clearing import clear_session

        clear_session()
        keras.utils.set_random_seed(spec.seed)
        return model.build(self.task, view, spec.params, spec.seed)

    def _learner(self, spec: TrialSpec, view: View) -> Generator[Event, None, tuple[Learner, TrainingProgress, int]]:
        """A fresh network, or that of the trial that this one continues; the seed of its order of items.

        Where that trial's checkpoint cannot be used, a Note says so, and the network begins at its first epoch: with
        the same seed it comes to the same figures.
        """
        from seqsweep.trial.learner import Learner

        learner = Learner(self.model(spec, view), view, spec.params.batch_size)
        if spec.continues is None:
            return learner, TrainingProgress(), spec.seed
        try:
            progress, seed = checkpoint.restore_checkpoint(spec.continue_from, learner.model)
        except TrialError as error:
            yield Note(f"the checkpoint of trial {spec.continues} {error}; it trains from its first epoch instead")
            return learner, TrainingProgress(), spec.seed
        return learner, progress, seed

    def _schedule(self, learner: Learner, progress: TrainingProgress, params: TrialParams) -> None:
        """Set the learning rate of the next epoch; the first one has that of the parameters."""
        from seqsweep.model.schedules import SCHEDULES, BetweenEpochs

        if progress.epoch == 0 or not _moves(params):
            return
        waited, limits = progress.epoch - progress.best_epoch, self.config.trial
        now = BetweenEpochs(
            params.learning_rate, learner.learning_rate, progress.epoch, waited, limits.epochs, limits.patience
        )
        learner.learning_rate = SCHEDULES[params.schedule](now)

    def _epoch(
        self, learner: Learner, view: View, epoch: int, seed: int, seconds: dict[str, float]
    ) -> dict[str, float]:
        """Train one epoch, look at validation: `loss` and `val_loss` scaled, the objective in the unit of the data."""
        order = _order(seed, epoch, view.split.train)
        started = time.perf_counter()
        loss = learner.train(order)
        trained = time.perf_counter()
        metrics = {"loss": loss, **self._validate(learner, view)}
        seconds["training"] += trained - started
        seconds["validation"] += time.perf_counter() - trained
        return metrics

    def _start(self, learner: Learner, view: View) -> dict[str, float]:
        """What `_epoch` gives, before the first one."""
        train = view.split.train
        return {
            "loss": learner.evaluate(train)[0],
            **self._validate(learner, view),
        }

    def _validate(self, learner: Learner, view: View) -> dict[str, float]:
        """`val_loss` scaled, and the objective in the unit of the data."""
        val_loss, predicted = learner.evaluate(view.split.validation)
        return {"val_loss": val_loss, **self._score(predicted, view, [self.task.objective.name])}

    def _result(
        self,
        learner: Learner,
        view: View,
        params: TrialParams,
        progress: TrainingProgress,
        seed: int,
        seconds: dict[str, float],
    ) -> TrialResult:
        """The metrics of the best epoch, from its own weights put back."""
        for variable, best in zip(learner.model.weights, progress.best_weights, strict=True):
            variable.assign(best)
        scores = self._score(self._predicted(learner, view, params), view)
        told = _told(learner, progress, {**progress.best_metrics, **scores}, seed, seconds)
        return replace(told, **latency(self.task, learner, view, params))  # type: ignore[arg-type]

    def _behind(self, spec: TrialSpec, progress: TrainingProgress) -> str:
        """Why the trial is pruned after this epoch; nothing where it is not."""
        objective = self.task.objective
        bound, score = spec.bounds.get(progress.epoch), progress.best_metrics[f"val_{objective.name}"]
        if bound is None or objective.cost(score) <= bound:
            return ""
        limit = significant(-bound if objective.higher_is_better else bound)
        worse = "below" if objective.higher_is_better else "above"
        told = f"val_{objective.name} {significant(score)} is {worse} {limit}"
        return f"pruned at epoch {progress.epoch}: {told}, the bound of the trials before it"

    def _predicted(self, learner: Learner, view: View, params: TrialParams) -> Predictions:
        """What the network says of validation, decoded only where a metric of the config asks for that."""
        items, metrics = view.split.validation, self.config.task.metrics
        if any(self.task.metrics[name].needs_decoding for name in metrics):
            return self.task.predict(view, params, learner.call, items)
        return learner.evaluate(items)[1]

    def _score(self, predicted: Predictions, view: View, metrics: Sequence[str] = ()) -> dict[str, float]:
        """Of predictions of validation, the metrics of these names; empty: all of the config."""
        items = view.split.validation
        return with_prefix("val", self.data.score(self.data.actual(items), predicted, metrics, items))


def _told(
    learner: Learner,
    progress: TrainingProgress,
    metrics: Mapping[str, float],
    seed: int,
    seconds: Mapping[str, float],
) -> TrialResult:
    """What is told of a trial that ended with these metrics."""
    from seqsweep.layers import kernels_of

    return TrialResult(
        metrics=dict(metrics),
        epochs=progress.epoch,
        best_epoch=progress.best_epoch,
        parameter_count=int(learner.model.count_params()),
        seed=seed,
        seconds={**seconds, "tracing": learner.tracing_seconds},
        kernels=kernels_of(learner.model),
        threads=threads_in_use(),
    )


def _order(seed: int, epoch: int, items: Items) -> Items:
    """The order of items in an epoch, counted from 0."""
    order: Items = np.random.default_rng([seed, epoch]).permutation(items)
    return order


def _check(metrics: dict[str, float], limit: float, epoch: int) -> None:
    """Raise DivergedError where a figure is NaN or infinite, or training is far worse than a constant forecast."""
    for name, value in metrics.items():
        if not math.isfinite(value):
            raise DivergedError(f"{name} became {value} in epoch {epoch}")
    # The training loss alone: on validation a series may lie far from train without the network being at fault.
    if metrics["loss"] > limit > 0:
        raise DivergedError(f"loss reached {metrics['loss']:.3g} in epoch {epoch}, above the bound of {limit:.3g}")


def _moves(params: TrialParams) -> bool:
    """Whether the learning rate may change. To read and set it takes 0.8 ms, a tenth of a short epoch."""
    return bool(params.schedule != "constant")


def _rate(learner: Learner, params: TrialParams) -> dict[str, float]:
    """The learning rate of the epoch that ended; nothing where all epochs have that of the parameters."""
    return {"learning_rate": learner.learning_rate} if _moves(params) else {}
