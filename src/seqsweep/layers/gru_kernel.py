"""GRU in a dozen operations a step, with the reset gate after the product (Keras's `reset_after=True`).

```
[az ar ac] = h U + b'              z = sigmoid(xz + az)    r = sigmoid(xr + ar)
c = activation(xc + r ac)          h' = c + z (h - c)
```

Source: https://keras.io/api/layers/recurrent_layers/gru/
"""

from __future__ import annotations

import tensorflow as tf

from seqsweep.layers.algebra import ACTIVATE, BACK, weight_gradient
from seqsweep.layers.loop import graph, recurrence
from seqsweep.layers.scan import State, scan


@graph
def forward(
    projected: tf.Tensor,
    recurrent_kernel: tf.Tensor,
    inner_bias: tf.Tensor,
    first: tf.Tensor,
    *live: tf.Tensor,
    activation: str,
    large: bool,
) -> list[tf.Tensor]:
    """The state after each step, and what the way back needs: z, r, ac, c, h - c; (time, batch, units) each.

    Args:
        projected: (time, batch, 3 units), bias included; in Keras's order z, r, c.
        recurrent_kernel: (units, 3 units).
        inner_bias: (3 units,), inside the product with the reset gate.
        first: the state before the first step, (batch, units).
        *live: see `loop.Kernel`, or none.
        activation: of the candidate, one of `algebra.ACTIVATE`.
        large: see `scan`.
    """
    activate, units = ACTIVATE[activation], recurrent_kernel.shape[0]
    gates, candidates = tf.split(projected, [2 * units, units], axis=2)

    def step(state: State, element: State) -> tuple[State, State]:
        (h,), (x_gates, x_candidate, *alive) = state, element
        a = tf.nn.bias_add(tf.matmul(h, recurrent_kernel), inner_bias)  # TensorFlow fuses the two
        a_gates, ac = tf.split(a, [2 * units, units], axis=1)
        z, r = tf.split(tf.sigmoid(x_gates + a_gates), 2, axis=1)
        c = activate(x_candidate + r * ac)
        c = c * alive[0] if alive else c
        less = h - c
        h = c + z * less
        return (h,), (h, z, r, ac, c, less)

    return scan(step, (first,), [gates, candidates, *live], large=large)[1]


@graph
def backward(
    states: tf.Tensor,
    recurrent_kernel: tf.Tensor,
    upstream: tf.Tensor,
    first: tf.Tensor,
    *saved: tf.Tensor,
    activation: str,
    return_sequences: bool,
    given: bool,
    large: bool,
) -> tuple[tf.Tensor, ...]:
    """Gradients of the projected inputs, (time, batch, 3 units), the recurrent weights, their bias, the first state.

    Args:
        states: (time, batch, units), as `forward` gave them.
        recurrent_kernel: (units, 3 units).
        upstream: the gradient of every state, (time, batch, units), or of the last, (batch, units).
        first: as `forward` took it.
        *saved: what else `forward` gave, in its order.
        activation: of the candidate, one of `algebra.ACTIVATE`.
        return_sequences: whether `upstream` is of every state.
        given: whether `first` may be other than zero.
        large: see `scan`.
    """
    back = BACK[activation]

    def step(state: State, element: State) -> tuple[State, State]:
        (d,), (above, z, r, ac, c, less) = state, element
        d = d + above if return_sequences else d
        kept = d * z
        dc = back(c, d - kept)
        dz = tf.raw_ops.SigmoidGrad(y=z, dy=d * less)
        dr = tf.raw_ops.SigmoidGrad(y=r, dy=dc * ac)
        da = tf.concat([dz, dr, dc * r], 1)
        return (kept + tf.matmul(da, recurrent_kernel, transpose_b=True),), (da, tf.concat([dz, dr, dc], 1))

    last = tf.zeros_like(first) if return_sequences else upstream
    sequences = [upstream if return_sequences else states]
    (start,), (da, projected) = scan(step, (last,), sequences, saved, stacked=2, reverse=True, large=large)
    return projected, weight_gradient(states, da, first if given else None), tf.reduce_sum(da, [0, 1]), start


def both(bias: tf.Tensor | None, columns: int) -> tuple[tf.Tensor | None, tf.Tensor]:
    """The bias of the input projection and b', of the recurrent one, which the loop takes in any case."""
    return (None, tf.zeros([columns])) if bias is None else tuple(tf.unstack(bias))


gru = recurrence(forward, backward, both)
"""As `keras.layers.GRU`."""
