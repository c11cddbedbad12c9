"""A task that no file of the project knows: rising windows are told from falling ones, judged by accuracy.

The fixture `waves_task` registers it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from seqsweep.catalog import Catalog
from seqsweep.metrics import Metric, Score
from seqsweep.schema import TaskConfig
from seqsweep.schema.declare import setting
from seqsweep.serving.gather import Gather
from seqsweep.tasks import Card, Dataset, Served, Task
from waves_predictor import WavesPredictor, frame_of

WINDOW = 8
METRICS: Catalog[Metric] = Catalog("metric", like=Score)


def accuracy(actual, predicted):
    return float((actual == predicted).mean())


METRICS.add("accuracy", Metric("accuracy", accuracy, higher_is_better=True, highest=1, loss="zero-one"), accuracy)


class Parts(NamedTuple):
    train: Any
    validation: Any
    test: Any


class View(NamedTuple):
    split: Parts
    inputs: tuple[Gather]
    targets: Gather
    input_shapes: tuple[tuple[int, int]] = ((WINDOW, 1),)

    def inverse_transform(self, items, outputs):
        return outputs.argmax(axis=1)


@dataclass
class WavesConfig(TaskConfig):
    noise: float = setting("deviation of what is added to each number", at_least=0)


@dataclass(frozen=True)
class Waves(Dataset):
    windows: Any  # (n, WINDOW, 1)
    labels: Any  # (n,), 1 where a window rises
    name, target, rows, sha256 = "waves", "rises", 240, "0" * 64

    def split(self, fold=0):
        train, validation, test = np.split(np.arange(self.rows), [144 - 48 * fold, 192 - 48 * fold])
        return Parts(train, validation, test if fold == 0 else test[:0])

    def view(self, params, fold=0):
        return View(self.split(fold), (Gather(self.windows),), Gather(self.labels))

    def actual(self, items):
        return self.labels[items]

    def score(self, actual, predicted, metrics=(), items=None):
        return {"accuracy": accuracy(actual, predicted)}

    def baselines(self, items):
        common = np.bincount(self.labels[self.split().train]).argmax()
        return {"most_frequent": np.full(len(items), common), "least_frequent": np.full(len(items), 1 - common)}


class WavesTask(Task):
    name, metrics, loss = "waves", METRICS, "sparse_categorical_crossentropy"
    settings = WavesConfig

    def load(self, space, say):
        random = np.random.default_rng(0)
        labels = (random.random(Waves.rows) < 0.6).astype(np.int64)
        slopes = np.where(labels == 1, 1.0, -1.0)[:, None] * np.linspace(-1, 1, WINDOW)
        noise = self.config.task.noise * random.normal(size=slopes.shape)
        return Waves((slopes + noise).astype(np.float32)[:, :, None], labels)

    def constant_loss(self, targets):
        shares = np.bincount(targets, minlength=2) / len(targets)
        return float(-(shares * np.log(shares)).sum())

    def head(self, view, params, inputs, state, seeds):
        import keras

        start = keras.initializers.GlorotUniform(seed=seeds[0])
        return keras.layers.Dense(2, activation="softmax", kernel_initializer=start, name="head")(state)

    def served(self, data, view, params, details):
        card = Card("Tells rising windows from falling ones.", "Give eight numbers a row.", ["made up"], ["a toy"])
        example, outputs = frame_of(data.windows[:1]), [("rises", "long", True), ("probability", "double", True)]
        return Served(WavesPredictor, {"window": WINDOW}, [(x, True) for x in example], outputs, example, card)

    def requests(self, data, model, items):
        yield frame_of(data.windows[items])
