"""Sequences of which a mask leaves steps out, packed so that a kernel needs no mask.

The steps of each row that count move to the front, in their order; what is behind them is read by nobody. A kernel runs
over as many steps as the longest row has, in turns of a loop, and what it gives is put back to the places of the steps:
a step that does not count shows what the last one before it showed, as in Keras. All of it moves numbers and computes
none, so that what comes out is what Keras's own loops give under the same mask, whatever the mask looks like.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import tensorflow as tf

from seqsweep.layers.scan import CHUNK, WHOLE


class Packing:
    """Where the steps of a batch go.

    Args:
        mask: true where a step counts, (batch, time); the time is known.
    """

    def __init__(self, mask: tf.Tensor) -> None:
        self.mask, (self._batch, self._time) = mask, (tf.shape(mask)[0], mask.shape[1])
        self._behind = tf.cumsum(tf.cast(mask, tf.int32), axis=1)  # steps that count up to each one, (batch, time)
        self.counts = self._behind[:, -1]
        # The place of each step in the packed rows, those that count first: all places are taken, each once.
        skipped = self.counts[:, None] + tf.range(self._time) - self._behind
        self._places = self._slot(tf.where(mask, self._behind - 1, skipped))
        self._steps = self._time if self._time <= WHOLE else self._needed()

    def _needed(self) -> tf.Tensor:
        """Steps of the longest row, in whole turns of a loop."""
        return CHUNK * tf.maximum((tf.reduce_max(self.counts) + CHUNK - 1) // CHUNK, 1)

    def _slot(self, place: tf.Tensor) -> tf.Tensor:
        """Where (step, row) lies among the rows of (time, batch): (batch, …) → (batch, …)."""
        rows = tf.range(self._batch)
        return place * self._batch + (rows if len(place.shape) == 1 else rows[:, None])

    @cached_property
    def live(self) -> tf.Tensor:
        """1 where a packed step counts, 0 behind the last one: (time, batch, 1)."""
        return tf.cast(tf.range(self._steps)[:, None] < self.counts, tf.float32)[..., None]

    def pack(self, inputs: tf.Tensor) -> tf.Tensor:
        """(batch, time, features) → (packed time, batch, features)."""
        features = inputs.shape[2]

        def run(inputs: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
            source = tf.math.invert_permutation(tf.reshape(self._places, [-1]))
            if self._time > WHOLE:  # the last turn may go beyond the time
                source = tf.pad(source, [[0, (-self._time % CHUNK) * self._batch]])[: self._steps * self._batch]
            packed = tf.gather(tf.reshape(inputs, [-1, features]), source)

            def gradient(upstream: tf.Tensor) -> tf.Tensor:
                places = tf.where(self.mask, self._places, 0)
                found = tf.gather(tf.reshape(upstream, [-1, features]), places)
                return found * tf.cast(self.mask, tf.float32)[..., None]

            static = [self._time if self._time <= WHOLE else None, None, features]
            return tf.ensure_shape(tf.reshape(packed, [self._steps, self._batch, features]), static), gradient

        return tf.custom_gradient(run)(inputs)

    def last(self, states: tf.Tensor) -> tf.Tensor:
        """What each row's last step showed, zero where none counts: (packed time, batch, units) → (batch, units)."""
        return self._shown(states, self.counts, self.counts > 0)

    def every(self, states: tf.Tensor) -> tf.Tensor:
        """What each step shows, zero before the first that counts: (packed time, batch, units) → (batch, time, …)."""
        return self._shown(states, self._behind, self._behind > 0)

    def counted(self, states: tf.Tensor) -> tf.Tensor:
        """As `every`, but zero at each step that does not count: what Keras gives of both directions side by side."""
        return self._shown(states, self._behind, self.mask)

    def _shown(self, states: tf.Tensor, behind: tf.Tensor, shown: tf.Tensor) -> tf.Tensor:
        """The states behind so many steps, zero where not `shown`: (batch, …) → (batch, …, units)."""
        rows = tf.reshape(states, [-1, states.shape[2]])
        found = tf.gather(rows, self._slot(tf.maximum(behind, 1) - 1))
        return found * tf.cast(shown, tf.float32)[..., None]

    def turn(self, states: tf.Tensor) -> tf.Tensor:
        """Each row's steps that count, from the last to the first; what is behind them stays: same shape."""
        rows = swap(tf.reshape(states, [-1, states.shape[2]]), self._opposite)
        return tf.ensure_shape(tf.reshape(rows, tf.shape(states)), states.shape)

    @cached_property
    def _opposite(self) -> tf.Tensor:
        """The place of the step that lies as far from a row's end as each one from its beginning."""
        step = tf.range(self._steps)[:, None]
        place = tf.where(step < self.counts, self.counts - 1 - step, step)
        return tf.reshape(place * self._batch + tf.range(self._batch), [-1])


def swap(rows: tf.Tensor, source: tf.Tensor) -> tf.Tensor:
    """Rows taken from where `source` says: (n, …), each row's place and source being exchanged.

    Done twice it changes nothing, so that it is its own gradient; TensorFlow's of a gather would add up rows.

    Args:
        rows: (n, …).
        source: for each place, the number of the row that goes there.
    """
    return tf.custom_gradient(lambda rows: (tf.gather(rows, source), lambda upstream: tf.gather(upstream, source)))(
        rows
    )
