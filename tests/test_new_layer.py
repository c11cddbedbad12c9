"""A layer that somebody registers, with a hyperparameter of its own: everything else takes it as it is."""

from __future__ import annotations

import numpy as np
import pytest

from points import POINT
from seqsweep.errors import ConfigError
from seqsweep.hyperparameters import Hyperparameter
from seqsweep.layers import LAYERS, body, kernels_of, to_keras

pytestmark = pytest.mark.keras

KERNEL_SIZE = Hyperparameter("kernel_size", int, at_least=1, default=3, unit="rows", meaning="rows that a filter sees")


@pytest.fixture(autouse=True)
def causal_conv(monkeypatch):
    """The layer, for as long as a test runs."""
    for registered in ("_entries", "_own"):
        monkeypatch.setattr(LAYERS, registered, dict(getattr(LAYERS, registered)))

    @LAYERS.register(hyperparameters=[KERNEL_SIZE])
    def causal_conv(units, params, return_sequences, name, seeds):
        import keras

        return keras.layers.Conv1D(
            units,
            params.kernel_size,
            padding="causal",
            activation=params.activation,
            use_bias=params.use_bias,
            kernel_initializer=keras.initializers.GlorotUniform(seeds[0]),
            name=name,
        )


def network(kernels="auto", **changes):
    import keras

    params = POINT.replace(layer="causal_conv", units=(4, 5), dropout=(0.3, 0.3), **changes)
    inputs = keras.Input((6, 2))
    return keras.Model(inputs, body(inputs, params, kernels, seed=1))


def test_the_last_step_of_a_layer_that_gives_them_all_is_what_the_body_gives():
    import keras

    model = network(kernel_size=2)
    assert model.output_shape == (None, 5)
    reference = keras.Sequential(
        [keras.Input((6, 2))] + [keras.layers.Conv1D(units, 2, padding="causal", activation="tanh") for units in (4, 5)]
    )
    reference.set_weights(model.get_weights())
    windows = np.random.default_rng(0).normal(size=(3, 6, 2)).astype(np.float32)
    np.testing.assert_array_equal(model(windows), reference(windows)[:, -1])
    np.testing.assert_array_equal(to_keras(model)(windows), model(windows))


def test_dropout_comes_behind_the_last_step_at_its_own_rate():
    windows = np.ones((400, 6, 2), np.float32)
    dropped = network(kernel_size=2)(windows, training=True).numpy() == 0
    assert dropped.shape == (400, 5)
    assert abs(dropped.mean() - 0.3) < 0.05


def test_it_has_no_fast_kernel_and_says_so():
    assert kernels_of(network(kernel_size=2)) == "keras"
    with pytest.raises(ConfigError, match="layer 'causal_conv' cannot: there is no fast kernel of Conv1D"):
        network("fast", kernel_size=2)
