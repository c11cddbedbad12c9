"""The end of every network that says texts: a decoder that reads what was said, from a first state on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seqsweep.events import TrialParams
from seqsweep.layers import LAYERS, body

if TYPE_CHECKING:
    import keras

    from seqsweep.layers import InitialState


def embedded(numbers: keras.KerasTensor, size: int, width: int, seed: int, name: str, *, mask: bool) -> Any:
    """(batch, steps) → (batch, steps, width): learned numbers for each piece.

    Args:
        numbers: of pieces.
        size: pieces and marks that there are.
        width: numbers that stand for one.
        seed: for the first ones.
        name: of the Keras layer.
        mask: whether steps behind a text's end are masked; a decoder needs no mask: no step reads those behind it.
    """
    import keras

    start = keras.initializers.RandomUniform(seed=seed)
    return keras.layers.Embedding(size, width, start, mask_zero=mask, name=name)(numbers)


def first_states(summary: keras.KerasTensor, params: TrialParams, seed: int) -> InitialState:
    """What the decoder's layers start from: for each state of a layer a dense layer on a summary (batch, features).

    Args:
        summary: of what is told.
        params: of the trial.
        seed: for weights.

    Source: Bahdanau, Cho and Bengio (2015), section A.2.2 (tanh of a projection of the encoder's state).
    """
    return [
        [
            dense(units, "tanh", _drawn(seed, i, place), f"first_state_{i + 1}_{place + 1}")(summary)
            for place in range(_states(params, units))
        ]
        for i, units in enumerate(params.units)
    ]


def decoder(
    before: keras.KerasTensor, size: int, params: TrialParams, states: InitialState, kernels: str, seeds: Sequence[int]
) -> keras.KerasTensor:
    """What the decoder knows at each step, (batch, steps) → (batch, steps, units): all that was said before it.

    Args:
        before: what was said before each step.
        size: pieces and marks that there are.
        params: of the trial; a decoder reads forwards whatever they say of the encoder.
        states: of its layers.
        kernels: what runs them.
        seeds: two of them.
    """
    said = embedded(before, size, params.embedding, seeds[0], "decoder_embedding", mask=False)
    forwards = params.replace(bidirectional=False) if params.get("bidirectional", False) else params
    return body(said, forwards, kernels, seeds[1], every_step=True, initial_state=states, name_prefix="decoder_")


def dense(units: int, activation: str | None, seed: int, name: str, *, use_bias: bool = True) -> keras.layers.Dense:
    """A dense layer of plain Keras.

    Args:
        units: of its output.
        activation: as Keras names it; None: none.
        seed: for weights.
        name: of the layer.
        use_bias: whether it has biases.
    """
    import keras

    start = keras.initializers.GlorotUniform(seed=seed)
    return keras.layers.Dense(units, activation, use_bias, kernel_initializer=start, name=name)


def loss(targets: Any, outputs: Any) -> Any:
    """Mean nats a piece of the true texts (batch, steps), their ends included; what lies behind an end does not count.

    Args:
        targets: numbers of pieces; 0 behind the end.
        outputs: probabilities, (batch, steps, numbers).
    """
    import keras

    counts = keras.ops.cast(targets > 0, outputs.dtype)
    nats = keras.losses.sparse_categorical_crossentropy(targets, outputs)  # (batch, steps)
    return keras.ops.sum(nats * counts) / keras.ops.sum(counts)


def _states(params: TrialParams, units: int) -> int:
    """How many states a layer carries from step to step: an LSTM two, others one."""
    layer = LAYERS[params.layer](units, params, False, "state", list(range(6)))
    sizes = getattr(layer, "state_size", 1)  # `body` refuses a layer without one
    return len(sizes) if isinstance(sizes, list | tuple) else 1


def _drawn(*seeds: int) -> int:
    return int(np.random.SeedSequence(seeds).generate_state(1)[0] >> 1)
