"""h' = activation(x W + h U + b)."""

from __future__ import annotations

import tensorflow as tf

from seqsweep.layers.gates import ACTIVATE, SLOPE, project, row_products
from seqsweep.layers.loop import scan


def simple_rnn(inputs, kernel, recurrent_kernel, bias, activation, return_sequences):
    activate, slope = ACTIVATE[activation], SLOPE[activation]
    projected = project(inputs, kernel, bias)

    @tf.custom_gradient
    def recur(projected, recurrent_kernel):
        def forward(state, element):
            (h,), (z,) = state, element
            h = activate(z + tf.matmul(h, recurrent_kernel))
            return (h,), (h,)

        zero = tf.zeros_like(projected[0])
        (last,), (states,) = scan(forward, (zero,), [projected])

        def gradient(upstream):
            def backward(state, element):
                (d,), (h, *up) = state, element
                dz = slope(h, d + up[0] if up else d)
                return (tf.matmul(dz, recurrent_kernel, transpose_b=True),), (dz,)

            if return_sequences:
                _, (dz,) = scan(backward, (tf.zeros_like(zero),), [states, upstream], reverse=True)
            else:
                _, (dz,) = scan(backward, (upstream,), [states], reverse=True)
            return dz, row_products(states[:-1], dz[1:])

        return (states if return_sequences else last), gradient

    return recur(projected, recurrent_kernel)
