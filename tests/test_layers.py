"""Fast layers are Keras's layers: same weights, outputs, gradients; and what is saved knows nothing of ours."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from seqsweep.errors import ConfigError
from seqsweep.layers import ACTIVATIONS, LAYERS, recurrent_stack, to_keras

pytestmark = pytest.mark.keras

EXACT = 1e-5  # of the largest number of a tensor


def layer(kind, *, units=5, activation="tanh", use_bias=True, return_sequences=False, kernels="fast", seed=3):
    return LAYERS[kind](units, activation, use_bias, return_sequences, kernels, "layer", seed)


def stack(kind, *, units=(5,), activation="tanh", dropout=None, use_bias=True, kernels="fast", seed=3):
    return recurrent_stack(kind, units, activation, dropout or (0.0,) * len(units), use_bias, kernels, seed)


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def spread_biases(weights):
    """Biases that are not zero, or a fault in them would not show."""
    return [w + 0.3 * random(*w.shape, seed=i) if w.ndim == 1 or len(w) == 2 else w for i, w in enumerate(weights)]


def outputs_and_gradients(layer, inputs):
    """Of a weighted sum of outputs: the outputs, and gradients of inputs and weights, traced with any batch."""
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec([None, *inputs.shape[1:]])])
    def run(inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs)
            loss = tf.reduce_sum(outputs * tf.constant(random(*outputs.shape[1:], seed=7)))
        return outputs, tape.gradient(loss, [inputs, *layer.trainable_variables])

    return [tensor.numpy() for tensor in tf.nest.flatten(run(inputs))]


def assert_same(fast, keras):
    for ours, theirs in zip(fast, keras, strict=True):
        assert ours.shape == theirs.shape
        assert np.abs(ours - theirs).max() <= EXACT * max(np.abs(theirs).max(), 1e-3)


def compare(make, shape):
    """Fast and plain Keras layers of the same weights, on the same inputs."""
    found = []
    for kernels in ("fast", "keras"):
        layer = make(kernels)
        layer.build((None, *shape[1:]))
        assert layer.kernel == kernels
        layer.set_weights(spread_biases(layer.get_weights()))
        found.append(outputs_and_gradients(layer, random(*shape)))
    assert_same(*found)


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(("use_bias", "return_sequences"), [(True, False), (False, True)])
def test_outputs_and_gradients_are_those_of_keras(kind, activation, use_bias, return_sequences):
    options = {"activation": activation, "use_bias": use_bias, "return_sequences": return_sequences}
    compare(lambda kernels: layer(kind, kernels=kernels, **options), (4, 7, 3))


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize(("window", "batch"), [(1, 3), (2, 1), (24, 1), (37, 3), (100, 2)])
def test_any_window_and_a_batch_of_one_are_exact(kind, window, batch):
    compare(lambda kernels: layer(kind, kernels=kernels, return_sequences=window == 37), (batch, window, 2))


@pytest.mark.parametrize("window", [37, 60])  # with and without a rest beside whole chunks
def test_the_loop_of_an_lstm_is_exact_over_chunks(window):
    compare(lambda kernels: layer("lstm", kernels=kernels, activation="sigmoid"), (2, window, 1))


@pytest.mark.parametrize(("kind", "units"), [("simple_rnn", (4, 6, 5, 3)), ("lstm", (6, 3)), ("gru", (3, 5, 4))])
def test_stacks_are_exact(kind, units):
    compare(lambda kernels: stack(kind, units=units, kernels=kernels), (3, 12, 2))


@pytest.mark.parametrize("kind", LAYERS)
def test_either_kernel_learns_the_same_and_repeats_itself_under_op_determinism(kind):
    import keras
    import tensorflow as tf

    def losses(kernels):
        inputs = keras.Input((32, 1))
        model = keras.Model(
            inputs, keras.layers.Dense(1, kernel_initializer="ones")(stack(kind, kernels=kernels)(inputs))
        )
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


@pytest.mark.parametrize("kind", LAYERS)
def test_the_seed_alone_decides_the_weights_and_keras_would_make_such(kind):
    import keras

    def weights(**options):
        made = stack(kind, units=(8, 8), **options)
        made.build((None, 6, 3))
        return made.get_weights()

    for fast, plain in zip(weights(), weights(kernels="keras"), strict=True):
        np.testing.assert_array_equal(fast, plain)
    assert not np.array_equal(weights(seed=0)[0], weights(seed=1)[0])
    assert not np.array_equal(weights()[1], weights()[4])  # nor are two layers alike
    plain = {"simple_rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[kind](8)
    plain.build((None, 6, 3))
    kernel, recurrent_kernel, bias = weights()[:3]
    np.testing.assert_array_equal(bias, plain.cell.bias.numpy())
    assert np.abs(kernel).max() <= np.sqrt(6 / sum(kernel.shape))  # glorot_uniform
    np.testing.assert_allclose(recurrent_kernel @ recurrent_kernel.T, np.eye(8), atol=1e-5)  # orthogonal


def test_dropout_acts_in_training_alone_and_follows_the_seed():
    import tensorflow as tf

    inputs = random(4, 5, 1)

    def run(seed, training):
        return stack("gru", units=(32, 32), dropout=(0.0, 0.5), seed=seed)(inputs, training=training).numpy()

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
    ("shape", "dtype", "reason"), [((None, None, 2), "float32", "window"), ((None, 4, 2), "mixed_bfloat16", "bfloat16")]
)
def test_where_fast_is_not_exact_auto_takes_keras_and_fast_is_refused(shape, dtype, reason):
    import keras

    keras.config.set_dtype_policy(dtype)
    try:
        auto = stack("gru", kernels="auto")
        auto.build(shape)
        assert auto.kernel == "keras"
        with pytest.raises(ConfigError, match=f"model.kernels=fast: .*{reason}"):
            stack("gru", kernels="fast").build(shape)
    finally:
        keras.config.set_dtype_policy("float32")


def test_masked_inputs_run_as_keras_runs_them():
    import keras

    inputs = random(2, 6, 3)
    inputs[:, 4:] = 0
    masked = keras.layers.Masking()(inputs)
    auto = layer("gru", kernels="auto", return_sequences=True)
    outputs = auto(masked).numpy()
    assert auto.kernel == "keras"
    np.testing.assert_array_equal(outputs[:, 5], outputs[:, 3])
    with pytest.raises(ConfigError, match="masked"):
        layer("gru")(masked)


def test_an_unknown_layer_is_named_with_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'lstm'"):
        stack("lstn")


@pytest.mark.parametrize("kind", LAYERS)
def test_the_plain_model_has_the_same_predictions_and_no_layer_of_ours(kind):
    import keras

    inputs = keras.Input((9, 2))
    state = stack(kind, units=(4, 3), dropout=(0.2, 0.0))(inputs)
    model = keras.Model(inputs, keras.layers.Add()([keras.layers.Dense(1)(state), keras.layers.Dense(1)(state)]))
    model.set_weights(spread_biases(model.get_weights()))
    plain = to_keras(model)
    windows = random(5, 9, 2)
    np.testing.assert_allclose(plain(windows), model(windows), rtol=EXACT, atol=EXACT)
    assert not [part for part in plain.layers if type(part).__module__.startswith("seqsweep")]
    rates = [part.rate for part in plain.layers if isinstance(part, keras.layers.Dropout)]
    assert rates == [0.2]


LOAD = """
import sys
sys.modules["seqsweep"] = None  # importing it fails
import keras, numpy as np
folder = sys.argv[1]
model = keras.saving.load_model(f"{folder}/model.keras", safe_mode=True)
np.testing.assert_allclose(model(np.load(f"{folder}/inputs.npy")), np.load(f"{folder}/outputs.npy"), atol=1e-5)
"""


@pytest.mark.slow
def test_a_saved_plain_model_loads_where_there_is_no_seqsweep(tmp_path):
    import keras

    inputs = keras.Input((9, 2))
    model = keras.Model(inputs, keras.layers.Dense(2)(stack("lstm", units=(4, 3), dropout=(0.2, 0.1))(inputs)))
    windows = random(5, 9, 2)
    np.save(tmp_path / "inputs.npy", windows)
    np.save(tmp_path / "outputs.npy", model(windows))
    to_keras(model).save(tmp_path / "model.keras")
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(tmp_path)], check=False, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr


def test_importing_the_layers_imports_no_tensorflow():
    code = "import sys, seqsweep.layers; print({'tensorflow', 'keras'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "set()"
