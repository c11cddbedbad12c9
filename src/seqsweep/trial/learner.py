"""A network that learns from windows: whole epochs as one graph call each, windows gathered inside the graph.

Keras's `fit` spends much of a small network's time between steps: it fetches batches from Python, calls callbacks, and
would need the windows as an array. Here the series lies in the graph once; a step gathers its windows from it, as
`serving.gather` says.
"""

from __future__ import annotations

import time
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from seqsweep.serving.array_types import Float32s
from seqsweep.windows import Windows

FORECAST_BATCH = 1024  # windows a call: their states stay in the processor's cache, and the call's own cost is small


class Learner:
    """A compiled model and the windows that it learns from.

    Args:
        model: (batch, window, columns) → (batch, horizon), compiled.
        windows: the series as the trial sees it.
        batch_size: windows a training step; the last step of an epoch takes what is left.
    """

    def __init__(self, model: keras.Model, windows: Windows, batch_size: int) -> None:
        self.model = model
        self._batch_size = batch_size
        self._inputs, self._targets = windows.inputs, windows.targets
        self._loss = keras.losses.get(model.loss)
        model.optimizer.build(model.trainable_variables)
        origins = tf.TensorSpec([None], tf.int32)
        self._train = tf.function(self._train_epoch, input_signature=[origins], autograph=False)
        self._predict = tf.function(self._forecast, input_signature=[origins], autograph=False)
        self.tracing_seconds = 0.0

    @property
    def learning_rate(self) -> float:
        """Of the steps to come."""
        return float(self.model.optimizer.learning_rate.numpy())

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self.model.optimizer.learning_rate = rate

    def train(self, order: NDArray[np.int64]) -> float:
        """One epoch over the origins in this order: the mean loss a window, on scaled targets, while it learned."""
        self._trace(self._train)
        return float(self._train(tf.constant(order, tf.int32)))

    def forecast(self, origins: NDArray[np.int64]) -> Float32s:
        """The network's output for each origin, (n,) → (n, horizon), scaled and anchored."""
        self._trace(self._predict)
        cuts = range(0, len(origins), FORECAST_BATCH)
        parts = [self._predict(tf.constant(origins[cut : cut + FORECAST_BATCH], tf.int32)).numpy() for cut in cuts]
        return np.concatenate(parts)

    def loss(self, targets: Float32s, forecast: Float32s) -> float:
        """The mean loss of forecasts, both (n, horizon), on scaled targets."""
        return float(tf.reduce_mean(self._loss(tf.constant(targets), tf.constant(forecast))))

    def _trace(self, function: Any) -> None:
        """Trace ahead of the first call, so that its time is known as such."""
        started = time.perf_counter()
        function.get_concrete_function()
        self.tracing_seconds += time.perf_counter() - started

    def _train_epoch(self, order: tf.Tensor) -> tf.Tensor:
        count = tf.shape(order)[0]

        def step(start: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            origins = order[start : tf.minimum(start + self._batch_size, count)]
            loss = self._step(origins) * tf.cast(tf.shape(origins)[0], tf.float32)
            return start + self._batch_size, total + loss

        _, total = tf.while_loop(lambda start, _: start < count, step, (0, 0.0), parallel_iterations=1)
        return total / tf.cast(count, tf.float32)

    def _step(self, origins: tf.Tensor) -> tf.Tensor:
        inputs, targets = self._inputs.tensor(origins), self._targets.tensor(origins)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self._loss(targets, self.model(inputs, training=True)))
        weights = self.model.trainable_variables
        self.model.optimizer.apply(tape.gradient(loss, weights), weights)
        return loss

    def _forecast(self, origins: tf.Tensor) -> tf.Tensor:
        return self.model(self._inputs.tensor(origins), training=False)
