from __future__ import annotations

import tensorflow as tf

from seqsweep.layers.gates import ACTIVATE, SLOPE, project, row_products
from seqsweep.layers.loop import scan


def gru(inputs, kernel, recurrent_kernel, bias, activation, return_sequences):
    activate, slope = ACTIVATE[activation], SLOPE[activation]
    units = recurrent_kernel.shape[0]
    if bias is None:
        projected, inner = project(inputs, kernel, None), tf.zeros([3 * units])
    else:
        projected, inner = project(inputs, kernel, bias[0]), bias[1]

    @tf.custom_gradient
    def recur(projected, recurrent_kernel, inner):
        def forward(state, element):
            (h,), (x,) = state, element
            a = tf.nn.bias_add(tf.matmul(h, recurrent_kernel), inner)
            x_zr, x_c = x[:, : 2 * units], x[:, 2 * units :]
            a_zr, a_c = a[:, : 2 * units], a[:, 2 * units :]
            zr = tf.sigmoid(x_zr + a_zr)
            z, r = zr[:, :units], zr[:, units:]
            c = activate(x_c + r * a_c)
            new = c + z * (h - c)
            return (new,), (new, h, zr, a_c, c)

        zero = tf.zeros_like(projected[0, :, :units])
        (last,), (states, *saved) = scan(forward, (zero,), [projected])

        def gradient(upstream):
            def backward(state, element):
                (d,), (h, zr, a_c, c, *up) = state, element
                d = d + up[0] if up else d
                z, r = zr[:, :units], zr[:, units:]
                dz = d * (h - c)
                keep = d * z
                dc = slope(c, d - keep)
                dzr = tf.raw_ops.SigmoidGrad(y=zr, dy=tf.concat([dz, dc * a_c], 1))
                da = tf.concat([dzr, dc * r], 1)
                return (keep + tf.matmul(da, recurrent_kernel, transpose_b=True),), (tf.concat([dzr, dc], 1), da)

            if return_sequences:
                _, (dx, da) = scan(backward, (zero,), [*saved, upstream], reverse=True)
            else:
                _, (dx, da) = scan(backward, (upstream,), saved, reverse=True)
            return dx, row_products(states[:-1], da[1:]), tf.reduce_sum(da, [0, 1])

        return (states if return_sequences else last), gradient

    return recur(projected, recurrent_kernel, inner)
