"""What a body may be asked for: every step, a first state, a name; and several bodies in one network."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest

import leaks
from networks import EXACT, network, params, random, spread_biases
from seqsweep.errors import ConfigError
from seqsweep.layers import LAYERS, body, kernels_of, to_keras

pytestmark = pytest.mark.keras

STATES = {"simple_rnn": 1, "gru": 1, "lstm": 2}


def stacked(kind, windows, states, weights, units):
    """The outputs of Keras's own layers: every step."""
    import keras

    own = {"simple_rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[kind]
    inputs = outputs = keras.Input(windows.shape[1:])
    given = [[keras.Input((width,)) for width in widths] for widths in states]
    for i, width in enumerate(units):
        outputs = own(width, return_sequences=True)(outputs, initial_state=given[i] if given else None)
    model = keras.Model([inputs, *chain(*given)], outputs)
    model.set_weights(weights)
    return model


@pytest.mark.parametrize("kind", STATES)
@pytest.mark.parametrize("pooling", ["last", "mean"])
def test_every_step_comes_out_whatever_the_pooling(kind, pooling):
    windows, units = random(4, 6, 3), (5, 4)
    model = network(kind, units=units, every_step=True, pooling=pooling)
    assert model.output_shape == (None, 6, 4)
    model.set_weights(spread_biases(model.get_weights()))
    expected = stacked(kind, windows, (), model.get_weights(), units)([windows])
    np.testing.assert_allclose(model(windows), expected, rtol=EXACT, atol=EXACT)


@pytest.mark.parametrize("kernels", ["fast", "keras"])
@pytest.mark.parametrize("masked", [False, True])
def test_the_last_steps_are_those_of_all(kernels, masked):
    import keras
    import tensorflow as tf

    windows, found = random(4, 6, 3), []
    windows[1, 4:] = 0
    for last in (None, 2):
        read = keras.Input((6, 3))
        window = keras.layers.Masking()(read) if masked else read
        model = keras.Model(read, body(window, params(units=(5, 4)), kernels, 3, every_step=True, last=last))

        @tf.function
        def run(model=model):
            with tf.GradientTape() as tape:
                outputs = model(tf.constant(windows))[:, -2:]
                loss = tf.reduce_sum(outputs * random(4, 2, 4))
            return [outputs, *tape.gradient(loss, model.trainable_variables)]

        found.append(run())
        outputs = found[-1][0]
        assert model.output_shape == (None, last or 6, 4)
        np.testing.assert_allclose(to_keras(model)(windows)[:, -2:], outputs, rtol=EXACT, atol=EXACT)
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", STATES)
@pytest.mark.parametrize("every_step", [False, True])
def test_layers_start_from_the_states_that_they_are_given(kind, every_step):
    windows, units = random(4, 6, 3), (5, 4)
    widths = [(width,) * STATES[kind] for width in units]
    model = network(kind, units=units, states=widths, every_step=every_step)
    model.set_weights(spread_biases(model.get_weights()))
    given = [random(4, width, seed=i) for i, width in enumerate(chain(*widths))]
    expected = stacked(kind, windows, widths, model.get_weights(), units)([windows, *given])
    expected = expected if every_step else expected[:, -1]
    for made in (model, to_keras(model)):
        np.testing.assert_allclose(made([windows, *given]), expected, rtol=EXACT, atol=EXACT)
    others = model([windows, *(2 * state for state in given)])
    assert np.abs(others - expected).max() > 0.01


def test_the_directions_of_a_bidirectional_layer_start_from_states_of_their_own():
    windows = random(4, 6, 3)
    model = network("lstm", states=[(5,) * 4], bidirectional=True)
    given = [random(4, 5, seed=i) for i in range(4)]
    whole = model([windows, *given])
    changed = model([windows, *given[:2], *(2 * state for state in given[2:])])
    np.testing.assert_array_equal(whole[:, :5], changed[:, :5])
    assert np.abs(whole[:, 5:] - changed[:, 5:]).max() > 0.01


def test_a_layer_without_a_state_is_given_none(monkeypatch):
    leaks.restore(monkeypatch, LAYERS)

    @LAYERS.register
    def dense(units, params, return_sequences, name, seeds):
        import keras

        return keras.layers.Dense(units, name=name)

    with pytest.raises(ConfigError, match=r"search_space\.layer=dense: the task sets a layer's first state"):
        network("dense", states=[(5,)])


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [("fast", "fast", "fast"), ("keras", "keras", "keras"), ("fast", "keras", "mixed"), ("keras", "fast", "mixed")],
)
def test_a_network_of_two_bodies_tells_what_runs_both(first, second, told):
    import keras

    source, target = keras.Input((6, 3)), keras.Input((5, 2))
    found = params("gru", units=(4, 4), dropout=(0.1, 0.1), pooling="mean")
    state = body(source, found, first, 1, name_prefix="encoder_")
    outputs = body(target, found, second, 2, name_prefix="decoder_")
    model = keras.Model([source, target], keras.layers.Add()([state, outputs]))
    assert kernels_of(model) == told
    names = [layer.name for layer in to_keras(model).layers]
    for name in ("gru_1", "gru_2", "dropout_1", "dropout_2", "mean_of_steps"):
        assert {f"encoder_{name}", f"decoder_{name}"} <= set(names)
    assert to_keras(model)([random(2, 6, 3), random(2, 5, 2)]).shape == (2, 4)
