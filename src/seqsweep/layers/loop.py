"""A loop over time, unrolled in chunks: few operations to trace, few turns of a while-loop to run.

Measured on a GRU of 4 x 50, window 100, batch 32: chunks of 5, 10 and 20 steps take 101, 96 and 96 ms a training step
and 3.2, 4.3 and 5.7 s to get ready. All 100 unrolled, a SimpleRNN runs a tenth faster and takes 4 s longer to get
ready: more than the short trials of a sweep win back.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import tensorflow as tf

from seqsweep.layers.algebra import project

State = tuple[tf.Tensor, ...]
Step = Callable[[State, State], tuple[State, State]]

WHOLE = 24
"""Steps up to which a loop is unrolled whole."""

CHUNK = 10
"""Steps of a turn where none of 8 to 12 divides the time."""

UNBOUNDED = ("relu",)
"""Activations whose states may grow without end."""


class Kernel(Protocol):
    """What runs a recurrent layer."""

    def __call__(
        self,
        inputs: tf.Tensor,
        weights: tf.Tensor,
        recurrent_weights: tf.Tensor,
        bias: tf.Tensor | None,
        activation: str,
        return_sequences: bool,
        first: State | None = None,
        live: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """(time, batch, features) → (time, batch, units), or the last step's (batch, units).

        Args:
            inputs: float32, or whole numbers (time, batch), see `algebra.project`. A time that is not known in advance
                is a multiple of CHUNK.
            weights: Keras's `kernel`, (features, columns).
            recurrent_weights: Keras's `recurrent_kernel`, (units, columns).
            bias: as Keras has it; None: the layer has none.
            activation: of the state or candidate, one of `algebra.ACTIVATE`; gates are sigmoid.
            return_sequences: whether every step comes out, or the last alone.
            first: the state before the first step, (batch, units) each: h, of an LSTM h and c; None: zeros.
            live: 1, or 0 from the step on behind which nothing is read, (time, batch, 1); None: everything may be read.
                There a state that has no bounds must not grow: infinity times 0 is no gradient.
        """


def graph(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` traced once a set of shapes and options, however many layers, models and trials of a process call it.

    Positional arguments are tensors, keyword arguments are options that Python alone sees.
    """

    @functools.cache
    def traced(specs: tuple[tf.TensorSpec, ...], options: tuple[tuple[str, Any], ...]) -> Any:
        # The traces are kept here, not by tf.function, which warns of each after the fifth.
        keywords = dict(options)
        return tf.function(lambda *tensors: function(*tensors, **keywords), autograph=False).get_concrete_function(
            *specs
        )

    @functools.wraps(function)
    def call(*tensors: tf.Tensor, **options: Any) -> Any:
        specs = tuple(tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in tensors)
        return traced(specs, tuple(options.items()))(*tensors)

    return call


def recurrence(
    forward: Callable[..., Any], backward: Callable[..., Any], biases: Callable[..., Any] | None = None, states: int = 1
) -> Kernel:
    """The kernel of a recurrent layer, of its loops forwards and backwards.

    Args:
        forward: (projected inputs, recurrent weights, …, first states, live or nothing) → the state after each step,
            (time, batch, units), and what `backward` needs.
        backward: (states, recurrent weights, gradient of what came out, first h, *needed) → a gradient of each tensor
            that `forward` took, but `live`.
        biases: (bias, columns of the weights) → the one that is added to the projected inputs, and what else `forward`
            takes; None: the bias is added to the projected inputs, and that is all.
        states: how many tensors a layer's state is.
    """

    def kernel(
        inputs: tf.Tensor,
        weights: tf.Tensor,
        recurrent_weights: tf.Tensor,
        bias: tf.Tensor | None,
        activation: str,
        return_sequences: bool,
        first: State | None = None,
        live: tf.Tensor | None = None,
    ) -> tf.Tensor:
        guard = [live] if live is not None and activation in UNBOUNDED else []

        def run(*tensors: tf.Tensor) -> Any:
            states, *needed = forward(*tensors, *guard, activation=activation)

            def gradient(upstream: tf.Tensor) -> Any:
                options = {"return_sequences": return_sequences, "given": first is not None}
                h = tensors[-len(start)]
                return backward(states, tensors[1], upstream, h, *needed, activation=activation, **options)

            return (states if return_sequences else states[-1]), gradient

        own, *others = [bias] if biases is None else biases(bias, weights.shape[1])
        projected = project(inputs, weights, own)
        start = first or (tf.zeros_like(projected[0, :, : recurrent_weights.shape[0]]),) * states
        return tf.custom_gradient(run)(projected, recurrent_weights, *others, *start)

    return kernel


def scan(
    step: Step, state: State, sequences: Sequence[tf.Tensor], reverse: bool = False
) -> tuple[State, list[tf.Tensor]]:
    """The last state, and what each step gave, stacked over time.

    Args:
        step: (state, one element of each sequence) -> (state, outputs).
        state: before the first step.
        sequences: (time, batch, width) each; a time that is not known in advance is a multiple of CHUNK.
        reverse: from the last step to the first; outputs are in the order of time all the same.
    """
    steps = sequences[0].shape[0]
    if steps is None:
        return chunked(step, state, sequences, CHUNK, reverse)
    chunk = chunk_length(steps)
    rest = steps % chunk  # done first, in either direction
    if steps == chunk:
        return unrolled(step, state, sequences, reverse)
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
    elements = list(zip(*(tf.unstack(s) for s in sequences), strict=True))
    outputs: list[State] = []
    for element in reversed(elements) if reverse else elements:
        state, output = step(state, element)
        outputs.append(output)
    if reverse:
        outputs.reverse()
    return state, [tf.stack(output) for output in zip(*outputs, strict=True)]


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
