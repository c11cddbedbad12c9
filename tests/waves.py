"""A task that no file of the project knows: rising windows are told from falling ones, judged by accuracy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from seqsweep.catalog import Catalog
from seqsweep.evidence import compare_losses
from seqsweep.metrics import Metric
from seqsweep.serving.gather import Gather
from seqsweep.tasks import TASKS, Audit, Card, Served, Task
from waves_predictor import WavesPredictor, frame_of

WINDOW = 8


def accuracy(actual: Any, predicted: Any) -> float:
    return float((actual == predicted).mean())


class Function:
    def __call__(self, actual: Any, predicted: Any) -> float: ...


METRICS: Catalog[Metric] = Catalog("metric", like=Function)
METRICS.add("accuracy", Metric("accuracy", accuracy, "", higher_is_better=True, highest=1.0), accuracy)


@dataclass(frozen=True)
class Parts:
    train: Any
    validation: Any
    test: Any


@dataclass(frozen=True)
class View:
    data: Waves
    split: Parts
    input_shape = (WINDOW, 1)

    @property
    def inputs(self):
        return Gather(self.data.windows)

    @property
    def targets(self):
        return Gather(self.data.labels)

    def inverse_transform(self, items, outputs):
        return outputs.argmax(axis=1)


@dataclass(frozen=True)
class Waves:
    windows: Any  # (n, WINDOW, 1)
    labels: Any  # (n,), 1 where a window rises
    name, target, sha256 = "waves", "rises", "0" * 64

    @property
    def rows(self):
        return len(self.labels)

    def split(self, fold=0):
        cuts = [0.6 - 0.2 * fold, 0.8 - 0.2 * fold]
        train, validation, test = np.split(np.arange(self.rows), [int(cut * self.rows) for cut in cuts])
        return Parts(train, validation, test if fold == 0 else test[:0])

    def view(self, params, fold=0):
        return View(self, self.split(fold))

    def actual(self, items):
        return self.labels[items]

    def score(self, actual, predicted):
        return {"accuracy": accuracy(actual, predicted)}

    def baselines(self, items):
        common = np.bincount(self.labels[self.split().train]).argmax()
        return {"most_frequent": np.full(len(items), common), "least_frequent": np.full(len(items), 1 - common)}

    def notes_on_baselines(self):
        return {}


class WavesTask(Task):
    name = "waves"
    metrics = METRICS
    loss = "sparse_categorical_crossentropy"

    def load(self, space, say):
        random = np.random.default_rng(0)
        labels = (random.random(240) < 0.6).astype(np.int64)
        slopes = np.where(labels == 1, 1.0, -1.0)[:, None] * np.linspace(-1, 1, WINDOW)
        return Waves((slopes + random.normal(size=slopes.shape)).astype(np.float32)[:, :, None], labels)

    def constant_loss(self, targets):
        shares = np.bincount(targets, minlength=2) / len(targets)
        return float(-(shares * np.log(shares)).sum())

    def head(self, view, params, inputs, state, seeds):
        import keras

        start = keras.initializers.GlorotUniform(seed=seeds[0])
        return keras.layers.Dense(2, activation="softmax", kernel_initializer=start, name="head")(state)

    def compare(self, actual, predicted, reference, level):
        return compare_losses(predicted != actual, reference != actual, "error", "window", level)

    def audit(self, data, params, predict):
        parts = data.split()
        shared = np.intersect1d(parts.train, np.concatenate([parts.validation, parts.test]))
        return Audit(not len(shared), "no window is in two parts", tuple(map(str, shared)))

    def served(self, data, view, params, details):
        card = Card("Tells rising windows from falling ones.", "Give eight numbers a row.", ["made up"], ["a toy"])
        example, outputs = frame_of(data.windows[:1]), [("rises", "long", True), ("probability", "double", True)]
        return Served(WavesPredictor, {"window": WINDOW}, [(x, True) for x in example], outputs, example, card)

    def requests(self, data, model, items):
        yield frame_of(data.windows[items])

    def answers(self, model, frames):
        return np.concatenate([frame["rises"].to_numpy() for frame in frames])


TASKS.add(WavesTask.name, WavesTask)
