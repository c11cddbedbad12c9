"""Classification without a network: what a trial sees, baselines, audit, comparisons, a test evaluation, requests."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
from tables import waves

from points import POINT
from seqsweep.serving.probabilities import tempered
from seqsweep.tasks import TestPredictions, make_task
from seqsweep.tasks.classify.audit import audit
from seqsweep.tasks.classify.baselines import BASELINES, Known
from seqsweep.tasks.classify.dataset import LabelledItems, in_order
from seqsweep.tasks.classify.evaluation import Evaluation, evaluate
from seqsweep.tasks.classify.metrics import METRICS
from seqsweep.tasks.classify.requests import unseen
from seqsweep.tasks.classify.sentences import sentences
from seqsweep.tasks.classify.table import read_table
from seqsweep.tasks.parts import Parts
from seqsweep.tasks.results import Heading

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture
def config(tmp_path, make_config):
    file = tmp_path / "waves.csv"
    waves().to_csv(file, index=False)

    def config(*overrides):
        made = make_config("data=csv", "data.path=waves.csv", "data.target=label", *overrides, study="digits")
        made.data.path = str(file)
        return made

    return config


@pytest.fixture
def data(config) -> LabelledItems:
    made = config("windows.scaler=standard")
    return LabelledItems.of(made, read_table(made.data))


def point(steps=2):
    return POINT.replace(steps=steps) if hasattr(POINT, "replace") else replace(POINT, steps=steps)


# What a trial sees


def test_the_numbers_of_an_item_are_cut_into_steps_in_their_order(data):
    view = data.view(point(2))
    assert view.input_shapes == ((2, 3),)
    scaled = view.transform.transform(data.table.values)
    assert view.inputs[0].numpy(np.array([7]))[0].ravel().tolist() == scaled[7].tolist()
    assert data.view(point(None)).input_shapes == ((6, 1),)


def test_scale_and_classes_are_those_of_train_alone(data):
    train = data.table.values[data.parts.train]
    view = data.view(point())
    assert view.transform.offset == pytest.approx(train.mean(axis=0))
    assert view.transform.scale == pytest.approx(train.std(axis=0))
    other = data.view(point(), fold=1)
    assert other.transform.offset == pytest.approx(data.table.values[other.split.train].mean(axis=0))
    assert data.classes == ("falls", "flat", "rises")


def test_classes_of_numbers_stand_in_the_order_of_counting():
    assert in_order({"10", "9", "-1"}) == ("-1", "9", "10")
    assert in_order({"10", "9", "b"}) == ("10", "9", "b")


def test_a_worker_gets_the_same_data(data):
    copy = pickle.loads(pickle.dumps(data))
    items = data.parts.validation
    assert copy.actual(items).tolist() == data.actual(items).tolist()
    assert np.array_equal(copy.view(point()).inputs[0].array, data.view(point()).inputs[0].array)


def test_targets_of_a_constant_lose_their_entropy(config):
    task = make_task(config())
    assert task.constant_loss(np.array([0, 1, 1, 1])) == pytest.approx(0.5623, abs=1e-4)
    assert task.constant_loss(np.array([2, 2])) == 0


def test_the_facts_of_a_table_are_its_classes_in_each_part(data):
    told = data.facts()
    assert "120 items of 3 classes (label), parted stratified: train 84, validation 18, test 18" in told.summary[0]
    by_key = {table.key: table for table in told.tables}
    assert by_key["classes"].rows[0] == ("falls", "28 (33.3%)", "6 (33.3%)", "6 (33.3%)", "40")
    assert ("target", "label") in by_key["data"].rows


# Baselines


@pytest.mark.parametrize("name", BASELINES)
def test_every_baseline_gives_probabilities_and_learns_from_train_alone(name, data):
    items = data.parts.test
    made = BASELINES[name](data.known, items)
    assert made.shape == (len(items), 3)
    assert made.sum(axis=1) == pytest.approx(1)
    codes, values = data.codes.copy(), data.table.values.copy()
    codes[items], values[data.parts.test] = (codes[items] + 1) % 3, values[data.parts.test]
    known = Known(replace(data.table, values=values), codes, 3, data.parts, "log_loss")
    assert np.array_equal(BASELINES[name](known, items), made)


def test_the_majority_is_the_shares_of_train(data):
    shares = np.bincount(data.codes[data.parts.train]) / len(data.parts.train)
    assert data.baselines(data.parts.validation)["majority"][3].tolist() == shares.tolist()


def test_the_logistic_regression_tells_waves_apart_and_says_its_penalty(data):
    items = data.parts.test
    scores = data.score(data.actual(items), data.baselines(items)["logistic_regression"])
    assert scores["accuracy"] > 0.9
    assert float(data.notes_on_baselines()["logistic_regression_C"]) > 0


# Leaks


def linear(view, items):
    """A predictor that reads nothing but the items."""
    said = np.exp(view.inputs[0].numpy(items).sum(axis=(1, 2)))[:, None] ** np.arange(3)
    return said / said.sum(axis=1, keepdims=True)


def test_the_audit_passes_what_learns_from_train_alone(data):
    found = audit(data, point(), linear)
    assert found.passed, found.findings
    assert "none of validation and test has the values of one of train" in found.checked


def leaky_scale(data):
    return type("Leaky", (LabelledItems,), {"scaled_by": lambda self, _: LabelledItems.scaled_by(
        self, np.arange(self.rows))})(**vars_of(data))  # fmt: skip


def leaky_classes(data):
    def with_table(self, table):
        return replace(self, table=table, classes=in_order(set(table.labels.tolist())))

    return type("Leaky", (LabelledItems,), {"with_table": with_table})(**vars_of(data))


def vars_of(data):
    return {name: getattr(data, name) for name in ("config", "table", "parts", "classes")}


def neighbours(view, items):
    """A predictor that reads the whole table."""
    return linear(view, items) * view.inputs[0].array.std()


def twins(data):
    values = data.table.values.copy()
    values[data.parts.test[0]] = values[data.parts.train[0]]
    return replace(data, table=replace(data.table, values=values))


@pytest.mark.parametrize(
    ("leak", "predict", "told"),
    [
        (leaky_scale, linear, "is fitted on more than train"),
        (leaky_classes, linear, "the classes are those of more than train"),
        (lambda data: data, neighbours, "it reads more than an item"),
        (twins, linear, "1 items of test are in train too"),
    ],
)
def test_the_audit_finds_a_leak(leak, predict, told, data):
    found = audit(leak(data), point(), predict)
    assert not found.passed
    assert told in "; ".join(found.findings)


def test_the_audit_of_the_task_also_looks_for_items_in_two_parts(config, data):
    parts = Parts(data.parts.train, data.parts.validation, np.append(data.parts.test, data.parts.train[0]))
    found = make_task(config()).audit(replace(data, parts=parts), point(), linear)
    assert not found.passed
    assert "in two parts" in found.findings[0]


# Comparisons


@pytest.mark.parametrize(
    ("objective", "test", "measure"),
    [
        ("accuracy", "McNemar", "error rate"),
        ("log_loss", "paired bootstrap", "log loss"),
        ("macro_f1", "paired bootstrap", "gap of macro f1 to 1"),
    ],
)
def test_predictions_are_compared_by_the_test_that_fits_the_objective(objective, test, measure, config, data):
    task, items = make_task(config(f"task.objective={objective}")), data.parts.test
    made = data.baselines(items)
    found = task.compare(data.actual(items), made["logistic_regression"], made["majority"], 0.95)
    assert (found.test, found.measure) == (test, measure)
    assert found.difference.high < 0


# A test evaluation


def seen_of(data, sharpness=3.0):
    random = np.random.default_rng(0)

    def said(items):
        logits = random.normal(size=(len(items), 3)) + sharpness * np.eye(3)[data.actual(items)]
        return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)

    validation, test = np.arange(60), np.arange(60, 120)
    return TestPredictions(validation, data.actual(validation), said(validation),
                           test, data.actual(test), said(test), None)  # fmt: skip


def test_an_evaluation_counts_confusions_and_survives_json(data):
    seen = seen_of(data, sharpness=1.5)
    details = json.loads(json.dumps(evaluate(seen, data.classes, [0.8, 0.95])))
    found = Evaluation.read(details)
    from sklearn.metrics import confusion_matrix, precision_score, recall_score

    said = seen.test_predicted.argmax(axis=1)
    assert found.confusion.tolist() == confusion_matrix(seen.test_actual, said).tolist()
    assert found.recall == pytest.approx(recall_score(seen.test_actual, said, average=None))
    assert found.precision == pytest.approx(precision_score(seen.test_actual, said, average=None))
    counts = [count for _, _, count in found.confused]
    assert counts == sorted(counts, reverse=True)
    assert sum(counts) == (said != seen.test_actual).sum()


def test_mistakes_are_the_wrong_ones_most_confident_first(data):
    seen = seen_of(data, sharpness=1.0)
    found = Evaluation.read(evaluate(seen, data.classes, [0.8], "line {}".format))
    assert found.mistakes
    assert found.mistakes[0].place == f"line {found.mistakes[0].item}"
    sure = [mistake.probability for mistake in found.mistakes]
    assert sure == sorted(sure, reverse=True)
    for mistake in found.mistakes:
        assert data.codes[mistake.item] == mistake.actual != mistake.said
        assert mistake.item in seen.test_items


def test_prediction_sets_hold_about_what_their_level_says(data):
    seen = seen_of(data, sharpness=1.0)
    found = Evaluation.read(evaluate(seen, data.classes, [0.6, 0.9]))
    low, high = found.sets
    given = tempered(seen.validation_predicted, found.temperature)[np.arange(60), seen.validation_actual]
    assert high.threshold == pytest.approx(np.sort(1 - given)[55 - 1])  # of 60, the 55th: 61 * 0.9, rounded up
    assert low.size < high.size
    assert high.coverage >= 0.8
    assert low.coverage == pytest.approx(0.6, abs=0.2)


def test_a_level_that_validation_cannot_bear_holds_every_class(data):
    (entry,) = Evaluation.read(evaluate(seen_of(data), data.classes, [0.99])).sets
    assert entry.size == 3


# An older model


def test_an_older_model_is_held_to_what_it_has_not_seen(config, data):
    def spec(**changed):
        split = {"split": "stratified", "validation": 0.15, "test": 0.15, "seed": 0}
        return {"classes": list(data.classes), "lookback": 0, "split": {**split, **changed}}

    test = data.parts.test
    assert unseen(data, spec(), test)[0].tolist() == test.tolist()
    other = LabelledItems.of(config("seed=7"), data.table).parts.test
    assert unseen(data, spec(seed=7), test)[0].tolist() == sorted(set(test) & set(other))
    assert unseen(data, {**spec(), "classes": ["a"]}, test)[1] == "knows other classes"


@pytest.mark.parametrize(("sharpness", "said"), [(0.3, "The temperature "), (9.0, "No temperature above 1 lowers")])
def test_a_temperature_is_told_where_it_changes_something(data, sharpness, said):
    found = Evaluation.read(evaluate(seen_of(data, sharpness=sharpness), data.classes, [0.8]))
    assert any(said in line for line in sentences(Heading("net", "y", METRICS["log_loss"], None), {}, found))
