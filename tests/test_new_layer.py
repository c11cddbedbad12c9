"""A layer that somebody registers, with a hyperparameter of its own: everything else takes it as it is."""

from __future__ import annotations

import json

import numpy as np
import pytest

import leaks
from elsewhere import printed
from points import POINT
from seqsweep import search_space
from seqsweep.api.jobs import RULES
from seqsweep.config import compose
from seqsweep.errors import ConfigError
from seqsweep.hyperparameters import Hyperparameter
from seqsweep.launch import launch
from seqsweep.layers import LAYERS, body, kernels_of, to_keras

pytestmark = pytest.mark.keras

KERNEL_SIZE = Hyperparameter("kernel_size", int, at_least=1, default=3, unit="rows", meaning="rows that a filter sees")


@pytest.fixture(autouse=True)
def causal_conv(monkeypatch):
    """The layer, for as long as a test runs."""
    leaks.restore(monkeypatch, LAYERS)

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
    with pytest.raises(ConfigError) as refused:
        compose("quickstart", ["search_space.layer=[gru,causal_conv]", "model.kernels=fast"], RULES)
    assert [fault.key for fault in refused.value.faults] == ["model.kernels"]
    assert "no fast kernel runs search_space.layer=causal_conv, only simple_rnn, lstm, gru;" in str(refused.value)


def test_its_hyperparameter_exists_where_it_is_chosen_alone(make_config):
    space = ("search_space.layer=[causal_conv,gru]", "search_space.kernel_size=[2,4]", "search_space.depth=1")
    others = ("units=8", "window=6", "dropout=0", "learning_rate=0.01", "batch_size=32", "linear_skip=false")
    config = make_config(*space, *(f"search_space.{other}" for other in others), "search_space.per_layer=[]")
    assert search_space.size(config) == 3  # a GRU has none
    conv, gru = (search_space.complete(config, {"layer": layer}) for layer in ("causal_conv", "gru"))
    assert conv["kernel_size"] == 2
    assert "bidirectional" not in conv
    assert "kernel_size" not in gru
    assert gru["bidirectional"] is False
    with pytest.raises(ConfigError, match=r"kernel_size.*a whole number, 1 or more"):
        compose("quickstart", ["search_space.layer=causal_conv", "search_space.kernel_size=0"], RULES)


@pytest.mark.slow
def test_it_is_searched_trained_packaged_and_loaded_where_there_is_no_seqsweep(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values = 50 + 20 * np.sin(np.arange(260) * 2 * np.pi / 12) + np.random.default_rng(0).normal(size=260)
    (tmp_path / "shop.csv").write_text("\n".join(["y", *map(str, values)]))
    code = launch(
        [
            "quickstart",
            "data=csv",
            "data.path=shop.csv",
            "data.target=y",
            "executor=inline",
            "search_space.layer=causal_conv",
            "search_space.kernel_size=[2,4]",
            "search_space.depth=[1,2]",
            "search_space.units=8",
            "search_space.window=12",
            "search_space.dropout=0",
            "search_space.learning_rate=0.02",
            "search_space.batch_size=32",
            "search_space.linear_skip=false",
            "search_space.per_layer=[]",
            "tuner=grid",
            "trial.epochs=2",
            "finals.trials=1",
            "finals.calibration=validation",
            "registry.refit=train",
            "finals.seeds=1",
        ]
    )
    assert code == 0
    (folder,) = (path.parent for path in (tmp_path / "mlruns" / "sweeps").glob("*/sweep.json"))
    trials = [json.loads(file.read_text()) for file in folder.glob("trials/*.json")]
    found = sorted((t["params"]["depth"], t["params"]["kernel_size"]) for t in trials)
    assert found == [(1, 2), (1, 4), (2, 2), (2, 4)]
    assert {t["status"] for t in trials} == {"COMPLETED"}
    conclusion = json.loads((folder / "conclusion.json").read_text())
    assert conclusion["finalists"][0]["layer"] == "causal_conv"
    assert json.loads((folder / "model" / "parity.json").read_text())["largest"] < 1e-5
    (forecast,) = printed(folder / "model", f"model.predict(pd.read_csv('{tmp_path}/shop.csv'))['forecast'][0]")
    assert abs(float(forecast) - 50) < 30
