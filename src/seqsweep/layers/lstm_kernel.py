"""LSTM: TensorFlow's own loop in one operation where the activation is tanh, a loop of ours elsewhere.

```
[ai af ag ao] = x W + h U + b      i, f, o = sigmoid(ai, af, ao)    g = activation(ag)
c' = f c + i g                     h' = o activation(c')
```

Source: https://keras.io/api/layers/recurrent_layers/lstm/
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from seqsweep.layers.algebra import ACTIVATE, BACK, weight_gradient
from seqsweep.layers.loop import graph, recurrence
from seqsweep.layers.scan import State, scan


def block(inputs: tf.Tensor, weights: tf.Tensor, bias: tf.Tensor, h: tf.Tensor, c: tf.Tensor) -> Any:
    """The states of a tanh LSTM, (time, batch, units), and their gradient, by BlockLSTMV2.

    Args:
        inputs: (time, batch, features).
        weights: (features + units, 4 units), the recurrent ones below.
        bias: (4 units,).
        h: the state before the first step, (batch, units).
        c: the cell before the first step, (batch, units).
    """
    states, cells, back = _block(inputs, weights, bias, h, c)
    return states, lambda upstream: back(upstream, tf.zeros_like(cells))


def block_and_cell(inputs: tf.Tensor, weights: tf.Tensor, bias: tf.Tensor, h: tf.Tensor, c: tf.Tensor) -> Any:
    """As `block`, beside the states the last cell, (batch, units).

    Args:
        inputs: (time, batch, features).
        weights: (features + units, 4 units), the recurrent ones below.
        bias: (4 units,).
        h: the state before the first step, (batch, units).
        c: the cell before the first step, (batch, units).
    """
    states, cells, back = _block(inputs, weights, bias, h, c)

    def gradient(upstream: tf.Tensor, of_cell: tf.Tensor) -> Any:
        return back(upstream, tf.concat([tf.zeros_like(cells[:-1]), of_cell[None]], 0))

    return (states, cells[-1]), gradient


def _block(inputs: tf.Tensor, weights: tf.Tensor, bias: tf.Tensor, h: tf.Tensor, c: tf.Tensor) -> Any:
    """States and cells, (time, batch, units), and from the gradients of both to those of the arguments.

    Its order of gates is that of Keras. The gradient is called by name, for TensorFlow 2.21 registers that of
    BlockLSTM for BlockLSTMV2 too, which takes the gates in another order and is wrong (python/ops/rnn_grad.py there).
    """
    units = bias.shape[0] // 4
    peephole = tf.zeros([units])  # not used
    steps = tf.shape(inputs)[0] if inputs.shape[0] is None else inputs.shape[0]
    common = {
        "seq_len_max": tf.cast(steps, tf.int64),
        "x": inputs,
        "cs_prev": c,
        "h_prev": h,
        "w": weights,
        "wci": peephole,
        "wcf": peephole,
        "wco": peephole,
        "b": bias,
        "use_peephole": False,
    }
    outputs = tf.raw_ops.BlockLSTMV2(cell_clip=0.0, **common)

    def gradient(upstream: tf.Tensor, of_cells: tf.Tensor) -> tuple[tf.Tensor, ...]:
        back = tf.raw_ops.BlockLSTMGradV2(cs_grad=of_cells, h_grad=upstream, **common, **outputs._asdict())
        return back.x_grad, back.w_grad, back.b_grad, back.h_prev_grad, back.cs_prev_grad

    outputs.h.set_shape([inputs.shape[0], inputs.shape[1], units])
    outputs.cs.set_shape([inputs.shape[0], inputs.shape[1], units])
    return outputs.h, outputs.cs, gradient


@graph
def forward(
    projected: tf.Tensor,
    recurrent_kernel: tf.Tensor,
    first: tf.Tensor,
    first_cell: tf.Tensor,
    *live: tf.Tensor,
    activation: str,
    large: bool,
) -> list[tf.Tensor]:
    """The state after each step, and what the way back needs: c, i, f, g, o, activation(c').

    All are (time, batch, units).

    Args:
        projected: (time, batch, 4 units), bias included; in Keras's order i, f, c, o.
        recurrent_kernel: (units, 4 units).
        first: the state before the first step, (batch, units).
        first_cell: the cell likewise.
        *live: see `loop.Kernel`, or none.
        activation: of state and candidate, one of `algebra.ACTIVATE`.
        large: see `scan`.
    """
    activate = ACTIVATE[activation]

    def step(state: State, element: State) -> tuple[State, State]:
        (h, c), (x, *alive) = state, element
        ai, af, ag, ao = tf.split(x + tf.matmul(h, recurrent_kernel), 4, axis=1)
        i, f, g, o = tf.sigmoid(ai), tf.sigmoid(af), activate(ag), tf.sigmoid(ao)
        g = g * alive[0] if alive else g
        new = f * c + i * g
        shown = activate(new)
        h = o * shown
        return (h, new), (h, c, i, f, g, o, shown)

    return scan(step, (first, first_cell), [projected, *live], large=large)[1]


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
    """Gradients of the projected inputs, (time, batch, 4 units), the recurrent weights, first state and cell.

    Args:
        states: (time, batch, units), as `forward` gave them.
        recurrent_kernel: (units, 4 units).
        upstream: the gradient of every state, (time, batch, units), or of the last, (batch, units).
        first: the state that `forward` took.
        *saved: what else `forward` gave, in its order.
        activation: of state and candidate, one of `algebra.ACTIVATE`.
        return_sequences: whether `upstream` is of every state.
        given: whether `first` may be other than zero.
        large: see `scan`.
    """
    back, turned = BACK[activation], tf.transpose(recurrent_kernel)  # once, not in the product of each step

    def step(state: State, element: State) -> tuple[State, State]:
        (dh, dc), (above, c, i, f, g, o, shown) = state, element
        dh = dh + above if return_sequences else dh
        dc = dc + back(shown, dh * o)
        di = tf.raw_ops.SigmoidGrad(y=i, dy=dc * g)
        df = tf.raw_ops.SigmoidGrad(y=f, dy=dc * c)
        do = tf.raw_ops.SigmoidGrad(y=o, dy=dh * shown)
        da = tf.concat([di, df, back(g, dc * i), do], 1)
        return (tf.matmul(da, turned), dc * f), (da,)

    zero = tf.zeros_like(first)
    last = zero if return_sequences else upstream
    sequences = [upstream if return_sequences else states]
    (dh, dc), (da,) = scan(step, (last, zero), sequences, saved, reverse=True, large=large)
    return da, weight_gradient(states, da, first if given else None), dh, dc


loop = recurrence(forward, backward, states=2)


def lstm(
    inputs: tf.Tensor,
    weights: tf.Tensor,
    recurrent_weights: tf.Tensor,
    bias: tf.Tensor | None,
    activation: str,
    return_sequences: bool,
    first: State | None = None,
    live: tf.Tensor | None = None,
    large: bool = False,
) -> tf.Tensor:
    """As `keras.layers.LSTM`, see `loop.Kernel`."""
    if activation != "tanh":
        return loop(inputs, weights, recurrent_weights, bias, activation, return_sequences, first, live, large)
    if len(inputs.shape) == 2:  # numbers: the operation reads features alone
        inputs = tf.one_hot(inputs, weights.shape[0], dtype=weights.dtype)
    bias = tf.zeros([weights.shape[1]]) if bias is None else bias
    start = first or (tf.zeros([tf.shape(inputs)[1], recurrent_weights.shape[0]]),) * 2
    states = tf.custom_gradient(block)(inputs, tf.concat([weights, recurrent_weights], 0), bias, *start)
    return states if return_sequences else states[-1]
