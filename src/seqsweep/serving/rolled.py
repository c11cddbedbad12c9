"""A network of one step, rolled forward over a horizon: what it forecasts is what its next step reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

Shape = tuple[int | None, ...]


class Rolled(keras.layers.Layer):  # type: ignore[misc]  # keras ships no types
    """Recurrent layers that read a window, then their own forecasts: (batch, window, features) → (batch, horizon).

    The layers go on from the state that the window left, one row for each step ahead. In such a row the target is the
    forecast of its time, columns that are known ahead have what is known, and all others stay as they were in the last
    row of the window. Training does the same, so that the network learns what its own errors do to it.

    Source: DeepAR (Salinas et al., 2020, International Journal of Forecasting 36(3)), here with a number where it draws
    from a distribution, and with forecasts fed back in training too, where it feeds what happened.

    Args:
        recurrent: plain Keras layers from which every step comes out, not yet built.
        dropouts: one after each of them.
        said: (batch, units) → (batch, 1), of the last layer's state.
        known: columns whose values are known ahead.
        columns: of the data; they are the first features of a row, those known ahead last among them. Further features
            are the same in each row.
        horizon: steps ahead, two or more.
        ahead: of the state beside what is known of the step that is forecast, two dense layers; where something is
            known.
        options: those of `keras.layers.Layer`.
    """

    def __init__(
        self,
        recurrent: Sequence[keras.layers.RNN],
        dropouts: Sequence[keras.layers.Dropout],
        said: keras.layers.Dense,
        known: int,
        columns: int,
        horizon: int,
        ahead: Sequence[keras.layers.Dense] = (),
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.recurrent, self.dropouts, self.said, self.ahead = list(recurrent), list(dropouts), said, list(ahead)
        self.known, self.columns, self.horizon = known, columns, horizon
        for layer in self.recurrent:
            layer.return_state = True

    def build(self, rows_shape: Shape, known_shape: Any = None, beside_shape: Any = None) -> None:  # noqa: ARG002
        """Make the weights: (batch, window, features)."""
        shape: tuple[Any, ...] = tuple(rows_shape)
        for layer in self.recurrent:
            _build(layer, shape)
            shape = (*shape[:2], layer.units)
        _build(self.said, (shape[0], shape[2]))
        if self.ahead:
            mixed, by_step = self.ahead
            _build(mixed, (shape[0], shape[2] + self.known))
            _build(by_step, (shape[0], mixed.units + self.known))

    def compute_output_shape(self, rows_shape: Shape, known_shape: Any = None, beside_shape: Any = None) -> Shape:  # noqa: ARG002
        """(batch, window, features) → (batch, horizon)."""
        return (rows_shape[0], self.horizon)

    def call(
        self,
        rows: tf.Tensor,
        known: tf.Tensor | None = None,
        beside: tf.Tensor | None = None,
        training: bool | None = None,
    ) -> tf.Tensor:
        """(batch, window, features) → (batch, horizon).

        Args:
            rows: the window.
            known: of each step ahead what is known of it, (batch, horizon, known).
            beside: what is added to each step before it is read, (batch, horizon): a linear forecast.
            training: whether dropout acts.
        """
        # Rewriting Python, which autograph would do, takes longer than tracing it.
        return tf.autograph.experimental.do_not_convert(self._roll)(rows, known, beside, bool(training))

    def _roll(self, rows: tf.Tensor, known: tf.Tensor | None, beside: tf.Tensor | None, training: bool) -> tf.Tensor:
        state, states = self.read(rows, training)
        size, last = tf.shape(rows)[0], rows[:, -1]
        known = tf.zeros([size, self.horizon, 0]) if known is None else known
        beside = tf.zeros([size, self.horizon]) if beside is None else beside
        masked = self._masks(states) if training else []

        def step(carried: Sequence[tf.Tensor], element: Sequence[tf.Tensor]) -> list[tf.Tensor]:
            (said, *states), (behind, ahead, more) = carried, element
            features, new = self._row(last, said, behind), []
            for layer, dropout in zip(self.recurrent, self.dropouts, strict=True):
                count = len(_sizes(layer))
                own, states = states[:count], states[count:]
                features, own = layer.cell(features, own, training=training)
                features = self.dropped(dropout, features, training)
                new += tf.nest.flatten(own)
            return [self._forecast(features, ahead) + more, *new]

        first = self._forecast(state, known[:, 0]) + beside[:, :1]
        # (batch, horizon, …) → (horizon, batch, …): of each step what is known behind it, what is known of it
        by_time = tf.transpose(known, [1, 0, 2])
        elements = (by_time[:-1], by_time[1:], tf.transpose(beside)[1:, :, None])
        # A loop that is traced once: unrolled, 24 steps take four times as long to get ready, and no less to run.
        others = tf.scan(step, elements, [first, *states])[0]  # (horizon - 1, batch, 1)
        for cell in masked:
            cell.reset_recurrent_dropout_mask()
        return tf.concat([first, tf.transpose(others[:, :, 0])], axis=1)

    def read(self, rows: tf.Tensor, training: bool) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """What the last layer says at the end of the window, (batch, units), and the states of all layers there.

        Args:
            rows: the window.
            training: whether dropout acts.
        """
        outputs, states = rows, []
        for layer, dropout in zip(self.recurrent, self.dropouts, strict=True):
            outputs, *own = layer(outputs, training=training)
            outputs = self.dropped(dropout, outputs, training)
            states += own
        return outputs[:, -1], states

    def dropped(self, dropout: keras.layers.Dropout, outputs: tf.Tensor, training: bool) -> tf.Tensor:
        """What dropout leaves of a layer's outputs.

        Args:
            dropout: after the layer.
            outputs: of it.
            training: whether it acts.
        """
        return dropout(outputs, training=training) if dropout.rate > 0 else outputs

    def _row(self, last: tf.Tensor, said: tf.Tensor, known: tf.Tensor) -> tf.Tensor:
        """The row of a forecast's own time, (batch, features)."""
        parts = [said, last[:, 1 : self.columns - self.known], known, last[:, self.columns :]]
        return tf.ensure_shape(tf.concat(parts, axis=1), last.shape)

    def _forecast(self, state: tf.Tensor, known: tf.Tensor) -> tf.Tensor:
        """(batch, units) and what is known of the step, (batch, known) → (batch, 1)."""
        if not self.ahead:
            return self.said(state)
        mixed, by_step = self.ahead
        own = tf.concat([mixed(tf.concat([state, known], 1)), known], 1)
        return self.said(state) + by_step(own)

    def _masks(self, states: Sequence[tf.Tensor]) -> list[Any]:
        """Draws each cell's mask of recurrent dropout before the loop: one for all steps. The cells that have one."""
        found, place = [], 0
        for layer in self.recurrent:
            if getattr(layer.cell, "recurrent_dropout", 0):
                layer.cell.get_recurrent_dropout_mask(states[place])
                found.append(layer.cell)
            place += len(_sizes(layer))
        return found

    def get_config(self) -> dict[str, Any]:
        """From which `from_config` makes the same layer."""
        parts = {name: [_plain(layer) for layer in getattr(self, name)] for name in ("recurrent", "dropouts", "ahead")}
        own = {"said": _plain(self.said), "known": self.known, "columns": self.columns, "horizon": self.horizon}
        return {**super().get_config(), **parts, **own}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Rolled:
        """What `get_config` wrote down."""
        made = dict(config)
        for name in ("recurrent", "dropouts", "ahead"):
            made[name] = [keras.saving.deserialize_keras_object(layer) for layer in config[name]]
        made["said"] = keras.saving.deserialize_keras_object(config["said"])
        return cls(**made)


def _build(layer: keras.layers.Layer, shape: Shape) -> None:
    if not layer.built:  # one that was written down comes back built
        layer.build(shape)


def _sizes(layer: keras.layers.RNN) -> list[int]:
    size = layer.cell.state_size
    return list(size) if isinstance(size, list | tuple) else [size]


def _plain(layer: keras.layers.Layer) -> Any:
    return keras.saving.serialize_keras_object(layer)
