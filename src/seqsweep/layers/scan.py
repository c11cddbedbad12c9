"""A loop over time, unrolled in chunks: few operations to trace, few turns of a while-loop to run.

Measured on a GRU of 4 x 50, window 100, batch 32: chunks of 5, 10 and 20 steps take 101, 96 and 96 ms a training step
and 3.2, 4.3 and 5.7 s to get ready. All 100 unrolled, a SimpleRNN runs a tenth faster and takes 4 s longer to get
ready: more than the short trials of a sweep win back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

State = tuple[tf.Tensor, ...]
Step = Callable[[State, State], tuple[State, State]]

WHOLE = 24
"""Steps up to which a loop is unrolled whole."""

CHUNK = 10
"""Steps of a turn where none of 8 to 12 divides the time."""


def scan(
    step: Step,
    state: State,
    sequences: Sequence[tf.Tensor],
    kept: Sequence[tf.Tensor] = (),
    *,
    stacked: int = 1,
    reverse: bool = False,
    large: bool = False,
) -> tuple[State, list[tf.Tensor]]:
    """The last state, and what each step gave, stacked over time; or kept for another scan, as only that can read it.

    Args:
        step: (state, one element of each sequence, then one of all that was kept) -> (state, outputs).
        state: before the first step.
        sequences: (time, batch, width) each; a time that is not known in advance is a multiple of CHUNK.
        kept: outputs of another scan, as many steps long and as large, behind those that were stacked there.
        stacked: how many outputs are needed as tensors.
        reverse: from the last step to the first; outputs are in the order of time all the same.
        large: outputs are so large that to copy them costs more than an operation for each, see `listed`.
    """
    steps = sequences[0].shape[0]
    chunk = CHUNK if steps is None else chunk_length(steps)
    if steps == chunk:
        return unrolled(step, state, [*sequences, *kept], reverse)
    if large:
        return listed(step, state, sequences, kept, stacked, chunk, reverse)
    sequences = [*sequences, *kept]
    rest = 0 if steps is None else steps % chunk  # done first, in either direction
    if not rest:
        return chunked(step, state, sequences, chunk, reverse)
    cut = steps - rest if reverse else rest
    before, after = [s[:cut] for s in sequences], [s[cut:] for s in sequences]
    state, first = unrolled(step, state, after if reverse else before, reverse)
    state, second = chunked(step, state, before if reverse else after, chunk, reverse)
    return state, [tf.concat([b, a] if reverse else [a, b], 0) for a, b in zip(first, second, strict=True)]


def chunk_length(steps: int) -> int:
    """How many steps to unroll: all of a short window, else 8 to 12, by preference such that no rest is left."""
    if steps <= WHOLE:
        return steps
    return next((length for length in range(12, 7, -1) if steps % length == 0), CHUNK)


def unrolled(step: Step, state: State, sequences: Sequence[tf.Tensor], reverse: bool) -> tuple[State, list[tf.Tensor]]:
    """The last state and the stacked outputs, with operations of its own for each step.

    Args:
        step: (state, elements of one step) → (state, outputs of the step).
        state: before the first step; (batch, width) each.
        sequences: (time, batch, width) each; time is known.
        reverse: begin with the last step; outputs lie in the order of time all the same.
    """
    state, outputs = _unstacked(step, state, [tf.unstack(s) for s in sequences], reverse)
    return state, [tf.stack(output) for output in outputs]


def _unstacked(
    step: Step, state: State, elements: Sequence[Sequence[tf.Tensor]], reverse: bool
) -> tuple[State, list[State]]:
    """The last state, and for each output what the steps gave, in the order of time; `elements`: of each sequence."""
    steps = list(zip(*elements, strict=True))
    outputs: list[State] = []
    for element in reversed(steps) if reverse else steps:
        state, output = step(state, element)
        outputs.append(output)
    if reverse:
        outputs.reverse()
    return state, list(zip(*outputs, strict=True))


def chunked(
    step: Step, state: State, sequences: Sequence[tf.Tensor], chunk: int, reverse: bool
) -> tuple[State, list[tf.Tensor]]:
    """The last state and the stacked outputs, by a while-loop over unrolled chunks; `chunk` divides the time.

    Args:
        step: (state, elements of one step) → (state, outputs of the step).
        state: before the first step; (batch, width) each.
        sequences: (time, batch, width) each.
        chunk: steps that one turn of the while-loop runs.
        reverse: begin with the last step; outputs lie in the order of time all the same.
    """
    steps = sequences[0].shape[0]
    chunks = tf.shape(sequences[0])[0] // chunk if steps is None else steps // chunk
    # (time, batch, width) -> (chunks, chunk, batch, width)
    batch = tf.shape(sequences[0])[1]
    blocks = [tf.reshape(s, [-1, chunk, batch, s.shape[2]]) for s in sequences]
    widths = [output.shape[1] for output in step(state, tuple(s[0] for s in sequences))[1]]
    arrays = tuple(tf.TensorArray(tf.float32, chunks) for _ in widths)

    def turn(i: tf.Tensor, state: State, arrays: tuple[tf.TensorArray, ...]) -> tuple[Any, ...]:
        at = chunks - 1 - i if reverse else i
        state, outputs = unrolled(step, state, [block[at] for block in blocks], reverse)
        return i + 1, state, tuple(a.write(at, output) for a, output in zip(arrays, outputs, strict=True))

    start = (tf.constant(0), state, arrays)
    _, state, arrays = tf.while_loop(lambda i, *_: i < chunks, turn, start, parallel_iterations=1)
    shapes = [[-1, batch, width] if steps is None else [steps, -1, width] for width in widths]
    return state, [tf.reshape(array.stack(), shape) for array, shape in zip(arrays, shapes, strict=True)]


def listed(
    step: Step,
    state: State,
    sequences: Sequence[tf.Tensor],
    kept: Sequence[tf.Tensor],
    stacked: int,
    chunk: int,
    reverse: bool,
) -> tuple[State, list[tf.Tensor]]:
    """As `chunked`, but outputs stay where they are until all are there: what is kept is never copied.

    Stacked by chunks and these once more, outputs were a sixth of a training step of an LSTM of 64 to 192 units, batch
    128. A list takes an operation for each output to write it, and one to read it.

    Args:
        step: (state, elements of one step) → (state, outputs of the step).
        state: before the first step; (batch, width) each.
        sequences: (time, batch, width) each.
        kept: lists of tensors as wide as the first state, in another loop's words.
        stacked: how many outputs are stacked; the others are lists.
        chunk: steps that one turn of the while-loop runs; those left over come first.
        reverse: begin with the last step; outputs lie in the order of time all the same.
    """
    known, (steps, batch) = sequences[0].shape[0], tf.unstack(tf.shape(sequences[0])[:2])
    rest = 0 if known is None else known % chunk
    given = [tf.TensorArray(tf.float32, flow=flow) for flow in kept]

    def read(array: tf.TensorArray, place: tf.Tensor) -> tf.Tensor:
        element = array.read(place)
        element.set_shape(state[0].shape)
        return element

    def some(at: tf.Tensor, parts: Sequence[tf.Tensor], state: State, arrays: Sequence[tf.TensorArray]) -> Any:
        """The state behind consecutive steps, of which the earliest is `at`, and arrays with their outputs."""
        elements = [tf.unstack(part) for part in parts]
        places = [at + i for i in range(len(elements[0]))]
        elements += [[read(array, place) for place in places] for array in given]
        state, outputs = _unstacked(step, state, elements, reverse)
        for place, *values in zip(places, *outputs, strict=True):
            arrays = [array.write(place, value) for array, value in zip(arrays, values, strict=True)]
        return state, arrays

    _, first = step(state, (*(s[0] for s in sequences), *(read(array, tf.constant(0)) for array in given)))
    shapes = [[known, None, output.shape[1]] for output in first]
    arrays = [tf.TensorArray(tf.float32, steps, element_shape=shape[1:]) for shape in shapes]
    if rest:
        cut = known - rest if reverse else 0
        state, arrays = some(tf.constant(cut), [s[cut : cut + rest] for s in sequences], state, arrays)
        sequences = [s[:cut] if reverse else s[rest:] for s in sequences]
    # (time, batch, width) -> (chunks, chunk, batch, width)
    blocks, chunks = [tf.reshape(s, [-1, chunk, batch, s.shape[2]]) for s in sequences], steps // chunk

    def turn(i: tf.Tensor, state: State, arrays: Sequence[tf.TensorArray]) -> tuple[Any, ...]:
        at = chunks - 1 - i if reverse else i
        return i + 1, *some(at * chunk + (0 if reverse else rest), [block[at] for block in blocks], state, arrays)

    start = (tf.constant(0), state, arrays)
    _, state, arrays = tf.while_loop(lambda i, *_: i < chunks, turn, start, parallel_iterations=1)
    whole = [tf.ensure_shape(array.stack(), shape) for array, shape in zip(arrays[:stacked], shapes, strict=False)]
    return state, [*whole, *(array.flow for array in arrays[stacked:])]
