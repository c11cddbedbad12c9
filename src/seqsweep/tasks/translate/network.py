"""A network that translates: an encoder reads the text, a decoder says another one and looks back at what was read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqsweep.events import TrialParams
from seqsweep.layers import body
from seqsweep.tasks.decoding.dataset import PairedView
from seqsweep.tasks.decoding.network import decoder, dense, embedded, first_states

if TYPE_CHECKING:
    import keras

ATTENTION = "attention"
"""The layer whose second output are the weights of the attention, (batch, steps, tokens of the text)."""


def network(
    view: PairedView,
    params: TrialParams,
    inputs: tuple[keras.KerasTensor, ...],
    kernels: str,
    seeds: Sequence[int],
) -> keras.KerasTensor:
    """A text and what was said before each step → probabilities (batch, steps, numbers).

    Args:
        view: what the trial sees.
        params: of the trial.
        inputs: (batch, tokens), (batch, steps).
        kernels: what runs the layers.
        seeds: eight of them.
    """
    import keras

    text, before = inputs
    assert view.source is not None  # what is translated is a text
    looks_back, units = params.attention != "none", params.units[-1]
    read = embedded(text, view.source.size, params.embedding, seeds[0], "encoder_embedding", mask=True)
    encoded = body(read, params, kernels, seeds[1], every_step=looks_back, name_prefix="encoder_")
    states = first_states(_summary(encoded, units) if looks_back else encoded, params, seeds[2])
    known = decoder(before, view.target.size, params, states, kernels, seeds[3:5])
    if looks_back:
        found = attended(known, encoded, keras.ops.not_equal(text, 0), params.attention, units, seeds[5])
        known = keras.layers.Concatenate(name="known_and_found")([known, found])
        # Source: Luong, Pham and Manning (2015), equation 5.
        known = dense(units, "tanh", seeds[6], "attentional", use_bias=False)(known)
    return dense(view.target.size, "softmax", seeds[7], "head")(known)


def attended(
    known: keras.KerasTensor, encoded: keras.KerasTensor, mask: keras.KerasTensor, kind: str, units: int, seed: int
) -> keras.KerasTensor:
    """What each step of the decoder finds in the text: a mean of its steps, weighed by their score.

    Args:
        known: the decoder's steps, (batch, steps, units).
        encoded: the encoder's, (batch, tokens, features).
        mask: (batch, tokens), which of them are of the text.
        kind: `dot`, Luong's general score; or `additive`, Bahdanau's.
        units: of the decoder.
        seed: for weights.
    """
    import keras

    keys = dense(units, None, seed, "attention_keys", use_bias=False)(encoded)
    if kind == "dot":
        layer = keras.layers.Attention(name=ATTENTION)
    else:
        known = dense(units, None, seed + 1, "attention_queries", use_bias=True)(known)
        layer = keras.layers.AdditiveAttention(name=ATTENTION)
    found, _ = layer([known, encoded, keys], mask=[None, mask], return_attention_scores=True)
    return found


def _summary(encoded: keras.KerasTensor, units: int) -> keras.KerasTensor:
    """What the encoder knows when it has read all, (batch, tokens, features) → (batch, units).

    Behind the end of a text a layer gives its last state again; with both directions it gives zeros there, and the one
    that reads backwards has read all at the first step.

    Source: Bahdanau, Cho and Bengio (2015), section A.2.2 (a decoder starts from the backward state of step 1).
    """
    return encoded[:, -1] if encoded.shape[-1] == units else encoded[:, 0, units:]
