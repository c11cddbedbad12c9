"""A loop over time that is unrolled in chunks: few operations to trace, few turns of a while-loop to run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import tensorflow as tf

CHUNK = 20  # steps
import os
graph = tf.function(autograph=False) if os.environ.get("CACHE", "1") == "1" else (lambda f: f)

State = tuple[tf.Tensor, ...]
Step = Callable[[State, State], tuple[State, State]]


def scan(step: Step, state: State, sequences: Sequence[tf.Tensor], reverse: bool = False) -> tuple[State, list[tf.Tensor]]:
    """The last state, and what each step gave, stacked over time.

    Args:
        step: (state, one element of each sequence) -> (state, outputs).
        state: before the first step.
        sequences: (time, ...) each; the time is static.
        reverse: from the last step to the first; outputs are in the order of time all the same.
    """
    steps = sequences[0].shape[0]
    chunks, rest = divmod(steps, CHUNK)
    if chunks < 2:
        return unrolled(step, state, sequences, reverse)
    if not rest:
        return chunked(step, state, sequences, reverse)
    ends = slice(steps - rest, None) if reverse else slice(None, rest)
    others = slice(None, steps - rest) if reverse else slice(rest, None)
    state, first = unrolled(step, state, [s[ends] for s in sequences], reverse)
    state, second = chunked(step, state, [s[others] for s in sequences], reverse)
    pairs = zip(second, first, strict=True) if reverse else zip(first, second, strict=True)
    return state, [tf.concat(pair, 0) for pair in pairs]


def unrolled(step: Step, state: State, sequences: Sequence[tf.Tensor], reverse: bool) -> tuple[State, list[tf.Tensor]]:
    """One set of operations a step."""
    elements = list(zip(*(tf.unstack(s) for s in sequences), strict=True))
    outputs: list[State] = []
    for element in reversed(elements) if reverse else elements:
        state, output = step(state, element)
        outputs.append(output)
    if reverse:
        outputs.reverse()
    return state, [tf.stack(o) for o in zip(*outputs, strict=True)]


def chunked(step: Step, state: State, sequences: Sequence[tf.Tensor], reverse: bool) -> tuple[State, list[tf.Tensor]]:
    """One set of operations a step of one chunk, and a while-loop over chunks."""
    chunks = sequences[0].shape[0] // CHUNK
    blocks = [_reshaped(s, [chunks, CHUNK]) for s in sequences]
    arrays: list[tf.TensorArray] = []

    def body(i: tf.Tensor, state: State, arrays: list[tf.TensorArray]):
        at = chunks - 1 - i if reverse else i
        state, outputs = unrolled(step, state, [b[at] for b in blocks], reverse)
        return i + 1, state, tuple(a.write(at, o) for a, o in zip(arrays, outputs, strict=True))

    count = len(step(state, tuple(s[0] for s in sequences))[1])
    arrays = tuple(tf.TensorArray(tf.float32, chunks, element_shape=None) for _ in range(count))
    _, state, arrays = tf.while_loop(
        lambda i, *_: i < chunks, body, (tf.constant(0), tuple(state), arrays), parallel_iterations=1, maximum_iterations=chunks
    )
    return state, [_reshaped(a.stack(), [chunks * CHUNK], drop=2) for a in arrays]


def _reshaped(tensor: tf.Tensor, first: list[int], drop: int = 1) -> tf.Tensor:
    rest = tensor.shape[drop:]
    return tf.reshape(tensor, [*first, *(-1 if n is None else n for n in rest)])

