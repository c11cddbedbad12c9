"""Schedules of the learning rate: the rules of Keras."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from seqsweep.model.schedules import FACTOR, PATIENCE, SCHEDULES, BetweenEpochs

NOW = BetweenEpochs(first_rate=0.02, rate=0.02, epoch=1, waited=0, epochs=8, patience=4)


def rates(schedule, val_losses, *, epochs=8, patience=4):
    """The learning rate of each epoch, the first one's included, where validation went as it did."""
    found = [NOW.first_rate]
    for epoch in range(1, len(val_losses)):
        best = int(np.argmin(val_losses[:epoch])) + 1
        now = BetweenEpochs(NOW.first_rate, found[-1], epoch, epoch - best, epochs, patience)
        found.append(SCHEDULES[schedule](now))
    return found


def test_constant_is_the_rate_of_the_epoch_before_to_the_bit():
    rate = float(np.float32(0.0123))
    assert SCHEDULES["constant"](dataclasses.replace(NOW, rate=rate)) == rate


@pytest.mark.keras
def test_cosine_is_that_of_keras_and_ends_at_nothing():
    import keras

    decay = keras.optimizers.schedules.CosineDecay(NOW.first_rate, decay_steps=8)
    np.testing.assert_allclose(rates("cosine", np.ones(8)), [float(decay(epoch)) for epoch in range(8)], rtol=1e-5)
    assert SCHEDULES["cosine"](dataclasses.replace(NOW, epoch=8)) == pytest.approx(0, abs=1e-12)
    assert SCHEDULES["cosine"](dataclasses.replace(NOW, epoch=12)) == pytest.approx(0, abs=1e-12)  # and stays there


@pytest.mark.keras
@pytest.mark.parametrize(("patience", "wait"), [(8, 4), (5, 2), (1, 1), (None, PATIENCE)])
def test_plateau_is_the_rule_of_keras(patience, wait):
    import keras

    val_losses = np.round(np.random.default_rng(4).exponential(size=60) + np.linspace(1, 0.8, 60), 2)  # some are equal
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(NOW.first_rate), "mse")
    callback = keras.callbacks.ReduceLROnPlateau(factor=FACTOR, patience=wait, min_delta=0)
    callback.set_model(model)
    callback.on_train_begin()
    expected = []
    for epoch, val_loss in enumerate(val_losses):
        expected.append(float(model.optimizer.learning_rate.numpy()))
        callback.on_epoch_end(epoch, {"val_loss": val_loss})
    found = rates("plateau", val_losses, patience=patience)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert len(set(found)) > 3
