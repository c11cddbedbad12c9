"""Layers are Keras's own, fast kernels the same to rounding, and what is saved knows nothing of ours."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pytest

from networks import (
    EXACT,
    RECURRENT,
    assert_same,
    network,
    one_layer,
    outputs_and_gradients,
    random,
    spread_biases,
)
from seqsweep.errors import ConfigError
from seqsweep.layers import ACTIVATIONS, FAST, LAYERS, kernels_of, to_keras

pytestmark = pytest.mark.keras


def compare_layer(layer, shape, kernel=None):
    """A layer of Keras, and the kernel that takes its place, on the same inputs."""
    import tensorflow as tf

    from seqsweep.layers.kernels import KERNELS, activation

    layer.build((None, *shape[1:]))
    layer.set_weights(spread_biases(layer.get_weights()))
    weights = [weight.value for weight in layer.trainable_variables]

    def fast(inputs):
        outputs = (kernel or KERNELS[type(layer)])(
            tf.transpose(inputs, [1, 0, 2]),
            *weights[:2],
            weights[2] if layer.use_bias else None,
            activation(layer),
            layer.return_sequences,
        )
        return tf.transpose(outputs, [1, 0, 2]) if layer.return_sequences else outputs

    inputs = random(*shape)
    assert_same(outputs_and_gradients(fast, weights, inputs), outputs_and_gradients(layer, weights, inputs))


@pytest.mark.parametrize(("kind", "activation"), list(itertools.product(RECURRENT, ACTIVATIONS)))
def test_outputs_and_gradients_are_those_of_keras(kind, activation):
    use_bias = (RECURRENT.index(kind) + ACTIVATIONS.index(activation)) % 2 == 0  # each kind has both, in turn
    return_sequences = not use_bias
    layer = one_layer(kind, return_sequences=return_sequences, activation=activation, use_bias=use_bias)
    assert (layer.activation.__name__, layer.use_bias) == (activation, use_bias)
    compare_layer(layer, (4, 7, 3))


@pytest.mark.parametrize("kind", RECURRENT)
@pytest.mark.parametrize(("window", "batch"), [(1, 3), (2, 1), (24, 1), (37, 3), (100, 2)])
def test_any_window_and_a_batch_of_one_are_exact(kind, window, batch):
    compare_layer(one_layer(kind, return_sequences=window == 37), (batch, window, 2))


@pytest.mark.parametrize("window", [37, 60])  # with and without a rest beside whole chunks
def test_the_loop_of_an_lstm_is_exact_over_chunks(window):
    compare_layer(one_layer("lstm", activation="sigmoid"), (2, window, 1))


def test_a_wide_lstm_runs_by_another_loop_to_the_same_figures():
    from seqsweep.layers.kernels import KERNELS, LARGE, WIDE, kernel_of

    wide, narrow = (one_layer("lstm", units) for units in (WIDE, WIDE - 1))
    compare_layer(wide, (3, 7, 2), kernel_of(wide, 1))
    own = KERNELS[type(wide)]
    assert kernel_of(wide, 1) is not own
    assert kernel_of(narrow, LARGE) is own
    small = LARGE // narrow.units
    assert [kernel_of(narrow, size, of_numbers=True) is own for size in (small, small + 1)] == [True, False]


@pytest.mark.parametrize("kind", RECURRENT)
@pytest.mark.parametrize(("window", "return_sequences"), [(37, True), (30, False)])  # with a rest beside whole chunks
def test_large_states_are_kept_where_they_lie_to_the_bit_the_same(kind, window, return_sequences):
    import tensorflow as tf

    from seqsweep.layers.kernels import KERNELS
    from seqsweep.layers.lstm_kernel import loop

    layer, inputs = one_layer(kind, 5), random(window, 3, 2)
    layer.build((None, window, 2))
    weights = [tf.constant(weight) for weight in spread_biases(layer.get_weights())]
    kernel = loop if kind == "lstm" else KERNELS[type(layer)]

    def run(large):
        with tf.GradientTape() as tape:
            tape.watch(weights)
            states = kernel(inputs, *weights, "tanh", return_sequences, large=large)
            loss = tf.reduce_sum(states * random(*states.shape))
        return [states, *tape.gradient(loss, weights)]

    for one, other in zip(run(False), run(True), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize(("kind", "units"), [("simple_rnn", (4, 6, 5)), ("lstm", (6, 3)), ("gru", (3, 5))])
def test_stacks_are_exact(kind, units, bidirectional):
    found = []
    for kernels in ("fast", "keras"):
        model = network(kind, shape=(12, 2), units=units, kernels=kernels, bidirectional=bidirectional)
        assert kernels_of(model) == kernels
        model.set_weights(spread_biases(model.get_weights()))
        found.append(outputs_and_gradients(model, model.trainable_variables, random(3, 12, 2)))
    assert_same(*found)


@pytest.mark.parametrize("kind", RECURRENT)
def test_either_kernel_learns_the_same_and_repeats_itself_under_op_determinism(kind):
    import keras
    import tensorflow as tf

    def losses(kernels):
        body = network(kind, shape=(32, 1), kernels=kernels)
        model = keras.Model(body.input, keras.layers.Dense(1, kernel_initializer="ones")(body.output))
        model.compile(keras.optimizers.SGD(0.05), "mse", jit_compile=False)
        windows = random(24, 32, 1)
        return model.fit(windows, windows.sum(1), batch_size=8, epochs=2, shuffle=False, verbose=0).history["loss"]

    tf.config.experimental.enable_op_determinism()
    try:
        fast = losses("fast")
        assert losses("fast") == fast
        np.testing.assert_allclose(fast, losses("keras"), rtol=1e-4)
    finally:
        from tensorflow.python.framework import config  # there is no public way back

        config.disable_op_determinism()


@pytest.mark.parametrize("kind", RECURRENT)
def test_the_seed_alone_decides_the_weights_and_keras_would_make_such(kind):
    import keras

    def weights(**options):
        return network(kind, units=(8, 8), **options).get_weights()

    for fast, plain in zip(weights(kernels="fast"), weights(kernels="keras"), strict=True):
        np.testing.assert_array_equal(fast, plain)
    assert not np.array_equal(weights(seed=0)[0], weights(seed=1)[0])
    assert not np.array_equal(weights()[1], weights()[4])  # nor are two layers alike
    plain = {"simple_rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[kind](8)
    plain.build((None, 6, 3))
    kernel, recurrent_kernel, bias = weights()[:3]
    np.testing.assert_array_equal(bias, plain.cell.bias.numpy())
    assert np.abs(kernel).max() <= np.sqrt(6 / sum(kernel.shape))  # glorot_uniform
    np.testing.assert_allclose(recurrent_kernel @ recurrent_kernel.T, np.eye(8), atol=1e-5)  # orthogonal


@pytest.mark.parametrize("kernels", ["fast", "keras"])
def test_dropout_acts_in_training_alone_and_follows_the_seed(kernels):
    import tensorflow as tf

    inputs = random(4, 5, 1)

    def run(seed, training):
        model = network(shape=(5, 1), units=(32, 32), dropout=(0.0, 0.5), seed=seed, kernels=kernels)
        return model(inputs, training=training).numpy()

    dropped = run(1, training=True)
    assert 0.3 < np.mean(dropped == 0) < 0.7
    np.testing.assert_array_equal(dropped, run(1, training=True))
    assert np.any((dropped == 0) != (run(2, training=True) == 0))
    kept = dropped != 0
    np.testing.assert_allclose(dropped[kept], 2 * run(1, training=False)[kept], rtol=1e-5)
    assert not tf.reduce_any(run(1, training=False) == 0)


@pytest.mark.parametrize(("rate", "step"), [(0.2, 256), (0.5, 256), (0.9, 256), (0.001, 65536), (0.999, 65536)])
def test_dropout_drops_each_number_by_itself_at_the_rate_and_keeps_the_mean(rate, step):
    import keras
    import tensorflow as tf

    from seqsweep.layers.dropout import drop

    inputs, generator = tf.ones([401, 33, 7]), keras.random.SeedGenerator(1)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = drop(inputs, rate, generator)
    truth = round(rate * step) / step
    assert abs(truth - rate) <= 0.5 / step
    np.testing.assert_allclose(np.unique(outputs), [0, 1 / (1 - truth)], rtol=1e-6)
    np.testing.assert_array_equal(tape.gradient(outputs, inputs), outputs)  # what is dropped learns nothing
    gone = outputs.numpy().ravel() == 0
    again = drop(inputs, rate, generator).numpy().ravel() == 0
    error = (truth * (1 - truth) / gone.size) ** 0.5  # standard error of the share
    assert abs(gone.mean() - truth) < 4 * error
    joint = truth**2
    for other in (again, *(np.roll(gone, lag) for lag in (1, 2, 3, 4, 7))):  # the next draw, and neighbours
        assert abs(np.mean(gone & other) - joint) < 5 * (joint * (1 - joint) / gone.size) ** 0.5 + 2 * truth * error


@pytest.mark.parametrize(
    ("shape", "dtype", "reason"),
    [((None, 2), "float32", "length of its window"), ((4, 2), "mixed_bfloat16", "bfloat16")],
)
def test_where_fast_is_not_exact_auto_takes_keras_and_fast_is_refused(shape, dtype, reason):
    import keras

    keras.config.set_dtype_policy(dtype)
    try:
        assert kernels_of(network(shape=shape)) == "keras"
        with pytest.raises(ConfigError, match=f"model.kernels=fast: layer 'gru' cannot: .*{reason}"):
            network(shape=shape, kernels="fast")
    finally:
        keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("recurrent_activation", "hard_sigmoid"),
        ("dropout", 0.1),
        ("recurrent_dropout", 0.1),
        ("go_backwards", True),
        ("stateful", True),
        ("return_state", True),
        ("zero_output_for_mask", True),
        ("reset_after", False),
        ("activation", "elu"),
    ],
)
def test_a_layer_that_is_not_what_the_kernels_are_written_for_runs_as_keras_runs_it(setting, value):
    import keras

    from seqsweep.layers.kernels import obstacle

    window = keras.Input((4, 2))
    assert obstacle(window, [keras.layers.GRU(3)]) is None
    layer = keras.layers.GRU(3, **{setting: value})
    told = obstacle(window, [keras.layers.GRU(3), layer])
    assert str(value) in told
    if setting not in ("go_backwards", "zero_output_for_mask"):  # which Bidirectional sets
        assert obstacle(window, [keras.layers.Bidirectional(layer)]) == told


def test_two_directions_run_fast_where_they_lie_side_by_side():
    import keras

    from seqsweep.layers.kernels import obstacle

    window, both = keras.Input((4, 2)), keras.layers.Bidirectional
    for every in (False, True):
        assert obstacle(window, [both(keras.layers.GRU(3, return_sequences=every))]) is None
    assert obstacle(window, [both(keras.layers.GRU(3), merge_mode="sum")]) == "its merge_mode is sum"
    turned = keras.layers.GRU(3, go_backwards=True)
    assert "go_backwards" in obstacle(window, [both(turned, backward_layer=keras.layers.GRU(3))])


def test_where_there_is_a_gpu_keras_runs_the_layers_and_takes_the_memory_that_it_needs(monkeypatch):
    import tensorflow as tf

    from seqsweep.trial.warming import shared_gpus

    assert kernels_of(network("gru", shape=(4, 2))) == "fast"
    grown = []
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [f"the only {kind}"])
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", lambda *told: grown.append(told))
    assert kernels_of(network("gru", shape=(4, 2))) == "keras"
    with pytest.raises(ConfigError, match=r"there is a GPU, where Keras uses cuDNN; use auto"):
        network("gru", shape=(4, 2), kernels="fast")
    shared_gpus()
    assert grown == [("the only GPU", True)]


def test_an_unknown_layer_is_named_with_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'lstm'"):
        network("lstn")


@pytest.mark.parametrize("kind", RECURRENT)
def test_the_plain_model_has_the_same_predictions_and_no_layer_of_ours(kind):
    import keras

    body = network(kind, shape=(9, 2), units=(4, 3), dropout=(0.2, 0.0), kernels="fast")
    outputs = keras.layers.Add()([keras.layers.Dense(1)(body.output), keras.layers.Dense(1)(body.output)])
    model = keras.Model(body.input, outputs)
    model.set_weights(spread_biases(model.get_weights()))
    plain = to_keras(model)
    windows = random(5, 9, 2)
    np.testing.assert_allclose(plain(windows), model(windows), rtol=EXACT, atol=EXACT)
    assert not [part for part in plain.layers if type(part).__module__.startswith("seqsweep")]
    rates = [part.rate for part in plain.layers if isinstance(part, keras.layers.Dropout)]
    assert rates == [0.2]


@pytest.mark.parametrize(
    ("kind", "settings"),
    [("simple_rnn", {}), ("gru", {"units": (4, 3)}), ("lstm", {}), ("lstm", {"units": (128,), "batch_size": 32}),
     ("gru", {"bidirectional": True, "kernels": "fast"}), ("lstm", {"kernels": "keras"})],
)  # fmt: skip
def test_numbers_are_read_as_the_features_that_they_stand_for(kind, settings):
    import keras
    import tensorflow as tf

    from networks import params
    from seqsweep.layers import body

    kernels, values = settings.get("kernels", "fast"), {k: v for k, v in settings.items() if k != "kernels"}
    numbers = np.random.default_rng(0).integers(0, 6, (5, 7)).astype(np.int32)

    def made(*, by_numbers):
        read = keras.Input((7,), dtype="int32")
        window = read if by_numbers else keras.ops.one_hot(read, 6, dtype="float32")
        size = 6 if by_numbers else None
        outputs = body(window, params(kind, **values), kernels, 3, every_step=True, one_hot=size)
        return keras.Model(read, outputs)

    found = []
    for model in (made(by_numbers=False), made(by_numbers=True)):
        assert kernels_of(model) == kernels
        with tf.GradientTape() as tape:
            outputs = model(numbers)
            loss = tf.reduce_sum(outputs * random(*outputs.shape))
        found.append([outputs, *tape.gradient(loss, model.trainable_variables)])
        np.testing.assert_allclose(to_keras(model)(numbers), outputs, rtol=EXACT, atol=EXACT)
    np.testing.assert_array_equal(found[0][0], found[1][0])
    assert_same(*found)


def test_a_bidirectional_body_is_keras_own_with_other_weights_from_each_end():
    import keras

    made = network(units=(4, 3), kernels="keras", bidirectional=True)
    assert kernels_of(made) == "keras"
    assert made.output_shape == (None, 6)
    reference = keras.Sequential(
        [
            keras.Input((6, 3)),
            keras.layers.Bidirectional(keras.layers.GRU(4, return_sequences=True)),
            keras.layers.Bidirectional(keras.layers.GRU(3)),
        ]
    )
    weights = spread_biases(made.get_weights())
    made.set_weights(weights)
    reference.set_weights(weights)
    windows = random(4, 6, 3)
    np.testing.assert_array_equal(made(windows), reference(windows))
    turned = made(windows[:, ::-1]).numpy()
    assert np.abs(turned - made(windows)).max() > 0.01
    fresh, single = (network(units=(4, 3), bidirectional=both).get_weights() for both in (True, False))
    np.testing.assert_array_equal(fresh[0], single[0])
    assert not np.array_equal(fresh[0], fresh[3])
    assert not np.array_equal(fresh[1], fresh[4])
    for one, other in zip(fresh, network(units=(4, 3), bidirectional=True).get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", RECURRENT)
def test_recurrent_dropout_is_keras_own_and_follows_the_seed(kind):
    import keras

    own = {"simple_rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[kind]
    made, reference = one_layer(kind, 16, recurrent_dropout=0.4), own(16, recurrent_dropout=0.4, seed=3)
    windows = random(2, 6, 3)
    for layer in (made, reference):
        layer.build((None, 6, 3))
    reference.set_weights(made.get_weights())
    dropped = made(windows, training=True).numpy()
    np.testing.assert_array_equal(dropped, reference(windows, training=True))
    np.testing.assert_array_equal(made(windows), reference(windows))
    assert np.abs(dropped - made(windows)).max() > 0.01
    assert kernels_of(network(kind, recurrent_dropout=0.4)) == "keras"
    assert kernels_of(network(kind, recurrent_dropout=0.0)) == "fast"


def test_what_is_said_to_run_fast_does_and_nothing_else():
    assert [kind for kind in LAYERS if kernels_of(network(kind)) == "fast"] == list(FAST["layer"])
    for kind in FAST["layer"]:
        assert {own.name for own in LAYERS.own(kind)} == {"bidirectional", "recurrent_dropout"}
        for both in (False, True):
            assert kernels_of(network(kind, bidirectional=both)) == "fast"
            assert kernels_of(network(kind, bidirectional=both, recurrent_dropout=0.1)) == "keras"


# The contract of an entry: whoever registers a layer, it is tested here unasked.


def usual(kind, **changes):
    """What an entry brings, at its default."""
    return {own.name: own.default for own in LAYERS.own(kind)} | changes


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("return_sequences", [False, True])
def test_an_entry_makes_one_layer_over_steps_or_of_the_last_one(kind, return_sequences):
    import keras

    layer = one_layer(kind, 4, return_sequences, **usual(kind))
    assert isinstance(layer, keras.layers.Layer)
    assert layer.name == "layer"
    assert not layer.built
    shape = layer(random(2, 6, 3)).shape
    assert shape == (2, 6, 4) or (shape == (2, 4) and not return_sequences)
    assert network(kind, units=(4, 5), **usual(kind)).output_shape == (None, 5)


@pytest.mark.parametrize("kind", LAYERS)
def test_the_seeds_alone_decide_an_entry_s_weights(kind):
    def weights(seeds):
        layer = one_layer(kind, 4, seeds=seeds, **usual(kind))
        layer.build((None, 6, 3))
        return layer.get_weights()

    first, second = (weights((1, 2, 3, 4, 5)) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(first[0], weights((6, 7, 8, 9, 10))[0])


@pytest.mark.parametrize("kind", LAYERS)
def test_an_entry_that_claims_to_know_masks_leaves_masked_steps_out(kind):
    layer = one_layer(kind, 4, **usual(kind))
    if not layer.supports_masking:
        pytest.skip("it does not")
    inputs = random(2, 6, 3)
    inputs[:, 4:] = 0
    masked, short = network(kind, masked=True, **usual(kind)), network(kind, shape=(4, 3), **usual(kind))
    np.testing.assert_allclose(masked(inputs), short(inputs[:, :4]), rtol=EXACT, atol=EXACT)


LOAD = """
import sys
sys.modules["seqsweep"] = None  # importing it fails
import keras, numpy as np
folder = sys.argv[1]
inputs = np.load(f"{folder}/inputs.npy")
for name in sys.argv[2:]:
    model = keras.saving.load_model(f"{folder}/{name}.keras", safe_mode=True)
    np.testing.assert_allclose(model(inputs), np.load(f"{folder}/{name}.npy"), atol=1e-5, err_msg=name)
"""


@pytest.mark.slow
def test_what_is_made_of_an_entry_is_loaded_by_keras_where_there_is_no_seqsweep(tmp_path):
    windows = random(5, 9, 2)
    np.save(tmp_path / "inputs.npy", windows)
    models = {kind: network(kind, shape=(9, 2), units=(4, 3), dropout=(0.2, 0.1), **usual(kind)) for kind in LAYERS} | {
        f"{kind}_both": network(kind, shape=(9, 2), units=(4, 3), **usual(kind, bidirectional=True))
        for kind in LAYERS
        if "bidirectional" in usual(kind)
    }
    for name, model in models.items():
        np.save(tmp_path / f"{name}.npy", model(windows))
        to_keras(model).save(tmp_path / f"{name}.keras")
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(tmp_path), *models], check=False, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
