"""The mean of several networks: of every task what the mean of their outputs must be, and plain Keras when packaged."""

from __future__ import annotations

import numpy as np
import pytest

from seqsweep.config import compose
from seqsweep.events import TrialSpec
from seqsweep.search import load_data
from seqsweep.search_space.points import complete
from seqsweep.trial import Trial, mean_of, restore
from seqsweep.trial.checkpoint import pack_weights

pytestmark = pytest.mark.keras

STUDIES = {
    "quickstart": ("task.horizon=3", "search_space.linear_skip=ridge", "windows.anchor=last"),
    "digits": ("search_space.depth=2", "search_space.dropout=0.1"),
    "letters": (),
    "caption": (),
    "dates": ("search_space.attention=additive",),
}


def probabilities(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def drawn(job: Trial, spec: TrialSpec) -> bytes:
    """Weights far enough from those of another seed, also where they begin as a ridge that all seeds share."""
    model = job.model(spec, job.view(spec))
    for weights in model.trainable_variables:
        weights.assign_add(np.random.default_rng(spec.seed).normal(0, 0.3, weights.shape))
    return pack_weights(model)


@pytest.mark.parametrize("study", STUDIES)
def test_the_outputs_of_a_mean_are_the_mean_of_the_outputs_also_in_plain_keras(study, tmp_path):
    import keras

    from seqsweep.package.build import plain_model

    (config,) = compose(study, [*STUDIES[study], "tracking=none"]).jobs
    job = Trial(*load_data(config, lambda _: None))
    seeds = (1, 2, 3) if study == "quickstart" else (1, 2)
    specs = [TrialSpec(f"1-s{seed}-f0", complete(config, {"units": 4}), seed, 0, 1) for seed in seeds]
    each = [restore(job, spec, drawn(job, spec)) for spec in specs]
    whole = mean_of(each)
    items = job.data.split().test[:5]
    arrays = [gather.numpy(items) for gather in whole.view.inputs]
    said = [network.call(arrays) for network in each]
    assert np.abs(said[0] - said[1]).max() > 1e-4  # else a mean shows nothing
    if study == "letters":
        expected, found = np.mean([*map(probabilities, said)], axis=0), probabilities(whole.call(arrays))
    else:
        expected, found = np.mean(said, axis=0), whole.call(arrays)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert whole.seeds == seeds
    assert len(whole.predict(items)) == len(items)
    plain_model(whole).save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras", compile=False, safe_mode=True)
    kinds = {
        type(layer).__module__.partition(".")[0]
        for branch in loaded.layers
        for layer in getattr(branch, "layers", [branch])
    }
    assert kinds == {"keras"}
    assert [tensor.name for tensor in loaded.inputs] == [tensor.name for tensor in each[0].model.inputs]
    np.testing.assert_allclose(
        np.asarray(loaded(arrays if len(arrays) > 1 else arrays[0])), whole.call(arrays), rtol=1e-4, atol=1e-5
    )


def test_the_mean_of_one_network_is_that_network():
    assert mean_of(["one"]) == "one"


def test_a_mean_has_the_same_bits_with_and_without_tensorflows_optimizer_of_graphs():
    import keras
    import tensorflow as tf

    from seqsweep.tasks import make_task

    inputs = [keras.Input((1,)) for _ in range(3)]
    task = make_task(compose("quickstart", ["tracking=none"]).jobs[0])
    mean = keras.Model(inputs, task.mean_output(inputs))
    drawn = [tf.constant(np.random.default_rng(seed).normal(size=(500, 1)), tf.float32) for seed in range(3)]
    before, found = tf.config.optimizer.get_experimental_options(), []
    for disabled in (False, True):
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": disabled})
        found.append(tf.function(lambda *read: mean(list(read)), autograph=False)(*drawn).numpy())
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": before["disable_meta_optimizer"]})
    np.testing.assert_array_equal(*found)
