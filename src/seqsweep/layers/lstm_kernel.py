from __future__ import annotations

import tensorflow as tf

from seqsweep.layers.gates import ACTIVATE, SLOPE, project, row_products
from seqsweep.layers.loop import scan


def lstm(inputs, kernel, recurrent_kernel, bias, activation, return_sequences):
    if activation == "tanh":
        h = _block(inputs, kernel, recurrent_kernel, bias)
        return h if return_sequences else h[-1]
    return _general(inputs, kernel, recurrent_kernel, bias, activation, return_sequences)


def _block(inputs, kernel, recurrent_kernel, bias):
    steps, units = inputs.shape[0], recurrent_kernel.shape[0]
    bias = tf.zeros([4 * units]) if bias is None else bias

    @tf.custom_gradient
    def recur(x, w, b):
        zero = tf.zeros([tf.shape(x)[1], units])
        peephole = tf.zeros([units])
        shared = {
            "seq_len_max": tf.constant(steps, tf.int64),
            "x": x,
            "cs_prev": zero,
            "h_prev": zero,
            "w": w,
            "wci": peephole,
            "wcf": peephole,
            "wco": peephole,
            "b": b,
            "use_peephole": False,
        }
        out = tf.raw_ops.BlockLSTMV2(cell_clip=0.0, **shared)
        out.h.set_shape([steps, x.shape[1], units])

        def gradient(upstream):
            # Written out since TensorFlow registers the gradient of BlockLSTM for BlockLSTMV2 too, which takes the gates in
            # another order: tensorflow/python/ops/rnn_grad.py.
            grads = tf.raw_ops.BlockLSTMGradV2(
                **shared, **out._asdict(), cs_grad=tf.zeros_like(out.cs), h_grad=upstream
            )
            return grads.x_grad, grads.w_grad, grads.b_grad

        return out.h, gradient

    return recur(inputs, tf.concat([kernel, recurrent_kernel], 0), bias)


def _general(inputs, kernel, recurrent_kernel, bias, activation, return_sequences):
    activate, slope = ACTIVATE[activation], SLOPE[activation]
    units = recurrent_kernel.shape[0]
    projected = project(inputs, kernel, bias)

    @tf.custom_gradient
    def recur(projected, recurrent_kernel):
        def forward(state, element):
            (h, c), (z,) = state, element
            z = z + tf.matmul(h, recurrent_kernel)
            i, f, g, o = tf.split(z, 4, axis=1)
            i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), activate(g), tf.sigmoid(o)
            new = f * c + i * g
            a = activate(new)
            h = o * a
            return (h, new), (h, c, i, f, g, o, a)

        zero = tf.zeros_like(projected[0, :, :units])
        (last, _), (states, *saved) = scan(forward, (zero, zero), [projected])

        def gradient(upstream):
            def backward(state, element):
                (dh, dc), (c, i, f, g, o, a, *up) = state, element
                dh = dh + up[0] if up else dh
                dc = dc + slope(a, dh * o)
                dz = tf.concat(
                    [
                        tf.raw_ops.SigmoidGrad(y=i, dy=dc * g),
                        tf.raw_ops.SigmoidGrad(y=f, dy=dc * c),
                        slope(g, dc * i),
                        tf.raw_ops.SigmoidGrad(y=o, dy=dh * a),
                    ],
                    1,
                )
                return (tf.matmul(dz, recurrent_kernel, transpose_b=True), dc * f), (dz,)

            if return_sequences:
                _, (dz,) = scan(backward, (zero, zero), [*saved, upstream], reverse=True)
            else:
                _, (dz,) = scan(backward, (upstream, zero), saved, reverse=True)
            return dz, row_products(states[:-1], dz[1:])

        return (states if return_sequences else last), gradient

    return recur(projected, recurrent_kernel)
