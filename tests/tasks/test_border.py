"""What the border does for a task that says nothing else of it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from seqsweep.catalog import Catalog
from seqsweep.events import TrialSpec
from seqsweep.layers import body, to_keras
from seqsweep.metrics import Metric, Score
from seqsweep.search_space import complete
from waves import METRICS, WINDOW, Parts, Waves, WavesConfig, WavesTask


def task(**finals: int) -> WavesTask:
    settings = WavesConfig(objective="accuracy", noise=1)
    return WavesTask(SimpleNamespace(task=settings, finals=SimpleNamespace(**finals)))


@pytest.mark.parametrize(
    ("folds", "shared"),
    [
        ([([0, 1], [2], [3, 4])], []),
        ([([0, 1], [1, 2], [3, 4])], [1]),
        ([([0, 1, 4], [2, 3], [3, 4])], [3, 4]),
        ([([0, 1], [2], [3, 4]), ([0, 3], [1], [])], [3]),
        ([([0, 1], [2], [3, 4]), ([0], [2, 4], [])], [4]),
        ([([0, 1], [2], [3, 4]), ([0, 2], [1, 2], [])], [2]),
        ([([1, 2], [0], [3, 4]), ([0, 1], [2], [])], []),  # folds may swap what is learned from and what ranks
    ],
)
def test_the_audit_finds_each_item_that_is_learned_from_and_predicted(folds, shared):
    parts = [Parts(*(np.array(part, np.int64) for part in fold)) for fold in folds]
    audit = task(folds=len(folds)).audit(SimpleNamespace(split=lambda fold=0: parts[fold]), None, None)
    assert audit.passed == (not shared)
    assert audit.findings == tuple(f"item {item} is in two parts" for item in shared)


def test_predictions_are_compared_by_the_objectives_loss_of_each_item():
    actual, predicted, reference = np.array([0, 1, 1, 0, 1]), np.array([0, 1, 1, 0, 0]), np.array([1, 0, 1, 0, 0])
    found = task().compare(actual, predicted, reference, 0.95)
    assert (found.test, found.measure, found.n) == ("paired t", "error", 5)
    assert found.difference.mean == pytest.approx(1 / 5 - 3 / 5)


def test_answers_are_the_first_column_in_the_order_of_the_requests():
    frames = [pd.DataFrame({"rises": [1, 0], "probability": [0.9, 0.8]}), pd.DataFrame({"rises": [1]})]
    assert task().answers(None, frames).tolist() == [1, 0, 1]


def test_a_data_set_has_no_notes_on_its_baselines():
    assert task().load(None, print).notes_on_baselines() == {}


class Pairs(WavesTask):
    """Two inputs, the second of any length; what it says is worked out by asking the network twice."""

    metrics = Catalog("metric", like=Score)

    def load(self, space, say):
        return PairsData(**vars(super().load(space, say)))

    def network(self, view, params, inputs, kernels, seeds):
        import keras

        first, second = body(inputs[0], params, kernels, seeds[0]), keras.layers.GlobalAveragePooling1D()(inputs[1])
        return self.head(view, params, inputs, keras.layers.Concatenate()([first, second]), seeds[1:3])

    def predict(self, view, params, call, items):
        first, second = (gather.numpy(items) for gather in view.inputs)
        return call([first, second[:, :1]]).argmax(axis=1), call([first, second]).argmax(axis=1)


class PairsData(Waves):
    def view(self, params, fold=0):
        seen = super().view(params, fold)
        return seen._replace(inputs=seen.inputs * 2, input_shapes=((WINDOW, 1), (None, 1)))

    def score(self, actual, predicted, metrics=(), items=None):
        asked.append((metrics, isinstance(predicted, tuple)))
        return dict.fromkeys(metrics or ("accuracy", "agreement"), 0.5)


for _name, _decodes in (("accuracy", False), ("agreement", True)):
    _function = METRICS["accuracy"].function
    _metric = Metric(_name, _function, higher_is_better=True, highest=1, can_rank=not _decodes, needs_decoding=_decodes)
    Pairs.metrics.add(_name, _metric, _function)
asked: list[tuple[list[str], bool]] = []


@pytest.mark.keras
@pytest.mark.parametrize("metrics", [["accuracy"], ["accuracy", "agreement"]])
def test_a_network_of_two_inputs_is_trained_and_decoded_once(metrics, make_config):
    from seqsweep.trial import Trial, restore

    config = make_config("trial.epochs=2")
    config.task = WavesConfig(metrics=metrics, objective="accuracy", noise=1)
    made, spec = Pairs(config), TrialSpec("1", complete(config, {"layer": "gru", "units": 3}), 0, 0, 2, network=True)
    data = made.load(None, print)
    asked.clear()
    *_, done = Trial(made, data)(spec)
    assert asked == [(["accuracy"], False)] * 2 + [((), len(metrics) == 2)]
    assert set(done.result.metrics) >= {"val_accuracy", "val_agreement"}
    trained = restore(Trial(made, data), spec, done.network)
    short, whole = trained.predict(np.arange(9))
    assert len(short) == len(whole) == 9
    copied = to_keras(trained.model)
    arrays = [gather.numpy(np.arange(9)) for gather in trained.view.inputs]
    assert (np.asarray(copied(arrays)).argmax(axis=1) == whole).all()


def test_what_needs_decoding_cannot_rank():
    with pytest.raises(ValueError, match="needs decoding"):
        Metric("bleu", len, higher_is_better=True, highest=100, needs_decoding=True)
