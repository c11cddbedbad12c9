"""A network that learns from items: whole epochs as one graph call each, items gathered inside the graph.

Keras's `fit` spends much of a small network's time between steps: it fetches batches from Python, calls callbacks, and
would need the items as an array. Here the data lies in the graph once; a step gathers its items from it, as
`serving.gather` says.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from seqsweep.serving.array_types import Float32s
from seqsweep.tasks import Call, Items, Predictions, View
from seqsweep.trial.network import callable_network

PREDICT_BATCH = 1024  # items a call: their states stay in the processor's cache, and the call's own cost is small
AT_ONCE = 1 << 20  # outputs of a call: of a network that tells thousands of classes apart 4 MB, not gigabytes


class Learner:
    """A compiled model and the items that it learns from.

    Args:
        model: inputs of items → outputs, compiled.
        view: the data as the trial sees it.
        batch_size: items a training step; the last step of an epoch takes what is left.
    """

    def __init__(self, model: keras.Model, view: View, batch_size: int) -> None:
        self.model = model
        self._batch_size = batch_size
        self._view, self._inputs, self._targets = view, view.inputs, view.targets
        self._call: Call | None = None  # seldom needed, and to trace it takes its time
        self._loss = keras.losses.get(model.loss)
        model.optimizer.build(model.trainable_variables)
        items = tf.TensorSpec([None], tf.int32)
        self._train = _Traced(tf.function(self._train_epoch, input_signature=[items], autograph=False))
        self._predict = _Traced(tf.function(self._outputs, input_signature=[items], autograph=False))

    @property
    def tracing_seconds(self) -> float:
        """That it took to make graphs so far."""
        return self._train.seconds + self._predict.seconds

    @property
    def learning_rate(self) -> float:
        """Of the steps to come."""
        return float(self.model.optimizer.learning_rate.numpy())

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self.model.optimizer.learning_rate = rate

    def train(self, order: Items) -> float:
        """One epoch over the items in this order: the mean loss an item, while it learned."""
        return float(self._train(order))

    def predict(self, items: Items) -> Float32s:
        """The network's outputs for items, (n,) → (n, …)."""
        return np.concatenate([outputs for _, outputs in self._calls(items)])

    def evaluate(self, items: Items) -> tuple[float, Predictions]:
        """The mean loss of items (n,), and what the network says of them; its outputs are never held as a whole."""
        losses, said = [], []
        for some, outputs in self._calls(items):
            losses.append(np.atleast_1d(self._loss(tf.constant(self._targets.numpy(some)), tf.constant(outputs))))
            said.append(self._view.inverse_transform(some, outputs))
        return float(tf.reduce_mean(tf.constant(np.concatenate(losses)))), np.concatenate(said)

    def call(self, arrays: Sequence[NDArray[Any]]) -> Float32s:
        """The network's outputs for any arrays (n, …), one for each of its inputs."""
        if self._call is None:
            self._call = callable_network(self.model, self._view)
        return self._call(arrays)

    def _calls(self, items: Items) -> Iterator[tuple[Items, Float32s]]:
        """Items (n,) in batches, each with its outputs."""
        size = math.prod(count for count in self.model.output_shape[1:] if count is not None)
        batch = max(1, min(PREDICT_BATCH, AT_ONCE // size))
        for cut in range(0, len(items), batch):
            some = items[cut : cut + batch]
            yield some, self._predict(some).numpy()

    def _train_epoch(self, order: tf.Tensor) -> tf.Tensor:
        count = tf.shape(order)[0]

        def step(start: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            items = order[start : tf.minimum(start + self._batch_size, count)]
            loss = self._step(items) * tf.cast(tf.shape(items)[0], tf.float32)
            return start + self._batch_size, total + loss

        _, total = tf.while_loop(lambda start, _: start < count, step, (0, 0.0), parallel_iterations=1)
        return total / tf.cast(count, tf.float32)

    def _step(self, items: tf.Tensor) -> tf.Tensor:
        inputs, targets = self._gathered(items), self._targets.tensor(items)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self._loss(targets, self.model(inputs, training=True)))
        weights = self.model.trainable_variables
        self.model.optimizer.apply(tape.gradient(loss, weights), weights)
        return loss

    def _outputs(self, items: tf.Tensor) -> tf.Tensor:
        return self.model(self._gathered(items), training=False)

    def _gathered(self, items: tf.Tensor) -> Any:
        """What the network reads of items: a tensor, or a list of them where it has several inputs."""
        tensors = [gather.tensor(items) for gather in self._inputs]
        return tensors[0] if len(tensors) == 1 else tensors


class _Traced:
    """A function of items that is traced before its first call, so that the time of it is known as such.

    What is called is the graph itself: to look for it by the types of the arguments took 0.3 ms each time.

    Args:
        function: a `tf.function` of one signature.
    """

    def __init__(self, function: Any) -> None:
        self._function = function
        self._graph: Any = None
        self.seconds = 0.0

    def __call__(self, items: Items) -> Any:
        """What it gives of items (n,)."""
        if self._graph is None:
            started = time.perf_counter()
            self._graph = self._function.get_concrete_function()
            self.seconds += time.perf_counter() - started
        return self._graph(tf.constant(items, tf.int32))
