"""Evidence on classes: tests of two sets of predictions, and what probabilities are worth, against other libraries."""

from __future__ import annotations

import numpy as np
import pytest

from seqsweep.evidence import calibration_error, fit_temperature, mcnemar, paired_bootstrap, reliability
from seqsweep.serving.probabilities import prediction_sets, tempered


def pair(both: int, first: int, second: int, none: int) -> tuple[np.ndarray, ...]:
    """actual, predicted, reference with so many items that both, the first alone, the second alone, none gets right."""
    predicted = np.repeat([0, 0, 1, 1], [both, first, second, none])
    reference = np.repeat([0, 1, 0, 1], [both, first, second, none])
    return np.zeros_like(predicted), predicted, reference


@pytest.mark.parametrize("cells", [(30, 12, 5, 3), (10, 0, 6, 1), (80, 25, 25, 0), (5, 9, 1, 0), (3, 1, 0, 0)])
def test_mcnemars_p_value_is_that_of_statsmodels(cells):
    from statsmodels.stats.contingency_tables import mcnemar as reference

    both, first, second, none = cells
    found = mcnemar(*pair(*cells))
    assert found.p_value == pytest.approx(reference([[both, first], [second, none]], exact=True).pvalue)
    assert found.difference.mean == pytest.approx((second - first) / sum(cells))
    assert np.sign(found.statistic) == np.sign(second - first)
    assert found.n == sum(cells)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_mcnemars_interval_holds_zero_exactly_where_the_test_finds_nothing(level):
    for first in range(12):
        for second in range(12):
            found = mcnemar(*pair(20, first, second, 2), level)
            assert found.difference.holds_zero == (found.p_value > 1 - level), (first, second)
            assert found.difference.low <= found.difference.mean <= found.difference.high


def test_mcnemar_takes_labels_of_the_same_items():
    assert mcnemar(*pair(1, 0, 0, 0)) is None
    assert mcnemar(*pair(5, 0, 0, 2)).p_value == 1
    with pytest.raises(ValueError, match=r"must all be \(n,\)"):
        mcnemar(np.zeros(3), np.zeros(3), np.zeros((3, 1)))


def absolute(actual, predicted):
    return float(np.abs(actual - predicted).mean())


def test_the_bootstraps_interval_is_that_of_scipy():
    from scipy.stats import bootstrap

    random = np.random.default_rng(3)
    actual, first = random.normal(size=80), random.normal(size=80)
    second = actual + 0.7 * random.normal(size=80)
    found = paired_bootstrap(absolute, actual, second, first, "error", 0.9, 9999)
    gaps = np.abs(actual - second) - np.abs(actual - first)
    theirs = bootstrap((gaps,), np.mean, confidence_level=0.9, method="percentile", rng=0).confidence_interval
    assert found.difference.mean == pytest.approx(gaps.mean())
    assert (found.difference.low, found.difference.high) == pytest.approx((theirs.low, theirs.high), abs=0.02)
    assert found.p_value == pytest.approx(2 / 10000)
    assert found == paired_bootstrap(absolute, actual, second, first, "error", 0.9, 9999)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_bootstraps_interval_holds_zero_exactly_where_its_p_value_is_large(level):
    random, verdicts = np.random.default_rng(0), set()
    for shift in np.linspace(0, 0.5, 24):
        actual = np.zeros(40)
        first, second = random.normal(size=40), random.normal(size=40) * (1 + shift)
        found = paired_bootstrap(absolute, actual, first, second, "error", level, 199)
        assert found.difference.holds_zero == (found.p_value > 1 - level)
        verdicts.add(found.difference.holds_zero)
    assert verdicts == {True, False}


def test_the_bootstrap_says_nothing_of_predictions_without_a_finite_cost():
    assert paired_bootstrap(lambda a, p: float("inf"), *[np.zeros(5)] * 3, "error") is None
    assert paired_bootstrap(absolute, *[np.zeros(1)] * 3, "error") is None
    with pytest.raises(ValueError, match="resamples cannot tell"):
        paired_bootstrap(absolute, *[np.zeros(5)] * 3, "error", 0.95, 20)


def sure(labels: np.ndarray, temperature: float, classes: int = 4) -> np.ndarray:
    """Probabilities that are true once this temperature is taken: the labels are drawn from them."""
    random = np.random.default_rng(1)
    true = random.dirichlet(np.ones(classes), size=len(labels))
    for row, probabilities in enumerate(true):
        labels[row] = random.choice(classes, p=probabilities)
    return tempered(true, 1 / temperature)


@pytest.mark.parametrize("temperature", [1.0, 1.5, 3.0])
def test_the_fitted_temperature_makes_probabilities_true_again(temperature):
    labels = np.zeros(4000, np.int64)
    said = sure(labels, temperature)
    found = fit_temperature(said, labels)
    assert found == pytest.approx(temperature, rel=0.1)
    after = calibration_error(reliability(tempered(said, found), labels))
    assert after < 0.03
    if temperature != 1:
        assert after < calibration_error(reliability(said, labels)) / 2


def test_a_temperature_keeps_the_order_and_can_be_taken_back():
    said = np.array([[0.7, 0.2, 0.1], [1.0, 0.0, 0.0]], np.float32)
    assert tempered(tempered(said, 2.5), 1 / 2.5) == pytest.approx(said, abs=1e-7)
    assert tempered(tempered(said, 0.2), 5.0) == pytest.approx(said, abs=1e-7)
    assert tempered(said, 3.0).argmax(axis=1).tolist() == [0, 0]
    assert tempered(said, 3.0)[0, 0] < 0.7 < tempered(said, 0.5)[0, 0]


def test_the_reliability_of_probabilities_is_that_of_scikit_learn():
    from sklearn.calibration import calibration_curve

    labels = np.zeros(500, np.int64)
    said = sure(labels, 1.0, classes=2)
    bins = reliability(said, labels, bins=8)
    right, confidence = calibration_curve(said.argmax(1) == labels, said.max(1), n_bins=8)
    assert [bin.accuracy for bin in bins] == pytest.approx(right.tolist())
    assert [bin.confidence for bin in bins] == pytest.approx(confidence.tolist())
    assert sum(bin.items for bin in bins) == 500


def test_a_prediction_set_holds_what_is_probable_enough_and_never_nothing():
    said = np.array([[0.6, 0.3, 0.1], [0.4, 0.35, 0.25]])
    assert prediction_sets(said, 0.7).tolist() == [[True, True, False], [True, True, False]]
    assert prediction_sets(said, 0.1).tolist() == [[True, False, False], [True, False, False]]
    assert prediction_sets(said, 2.0).all()


def test_no_temperature_makes_a_network_surer_than_it_is():
    """The items that chose a network flatter it."""
    labels = np.zeros(1000, np.int64)
    said = sure(labels, 0.5)
    assert fit_temperature(said, labels) == 1.0
