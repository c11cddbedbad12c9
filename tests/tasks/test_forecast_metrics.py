from __future__ import annotations

import math

import numpy as np
import pytest

from seqsweep.errors import ConfigError
from seqsweep.tasks.forecast.metrics import METRICS, naive_scale

RNG = np.random.default_rng(7)
ACTUAL = RNG.normal(50, 20, size=(40, 3))
FORECAST = ACTUAL + RNG.normal(2, 10, size=(40, 3))


@pytest.fixture(params=list(METRICS))
def metric(request):
    return METRICS[request.param]


# What every metric keeps to


def test_a_perfect_forecast_has_the_best_score(metric):
    assert metric(ACTUAL, ACTUAL.copy(), 3.0) == (metric.best if metric.can_rank else 0.0)


def test_a_score_is_a_plain_float_in_double_precision(metric):
    score = metric(ACTUAL.astype(np.float32), FORECAST.astype(np.float32), 3.0)
    assert type(score) is float
    exact = metric(ACTUAL.astype(np.float32).astype(float), FORECAST.astype(np.float32).astype(float), 3.0)
    assert score == exact


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e200, -1e308])
def test_one_diverged_value_among_many_makes_the_score_infinite(metric, value):
    forecast = FORECAST.copy()
    forecast[5, 1] = value
    assert metric.cost(metric(ACTUAL, forecast, 3.0)) == math.inf


def test_diverged_values_of_both_signs_do_not_cancel(metric):
    forecast = FORECAST.copy()
    forecast[5], forecast[6] = math.inf, -math.inf
    assert metric.cost(metric(ACTUAL, forecast, 3.0)) == math.inf


def test_a_worse_forecast_costs_more_where_the_metric_can_rank():
    for name in (name for name, metric in METRICS.items() if metric.can_rank):
        metric = METRICS[name]
        near, far = (metric(ACTUAL, ACTUAL + k * (FORECAST - ACTUAL), 3.0) for k in (1, 2))
        assert metric.cost(metric.best) < metric.cost(near) < metric.cost(far), name


@pytest.mark.parametrize(
    ("actual", "forecast", "scale", "message"),
    [
        (np.ones((4, 1)), np.ones((4, 2)), 1.0, r"\(4, 1\), forecast \(4, 2\)"),
        (np.ones((4, 1)), np.ones(4), 1.0, r"\(4, 1\), forecast \(4,\)"),  # would broadcast to 4 by 4
        (np.ones((0, 3)), np.ones((0, 3)), 1.0, "no target"),
        (np.array([[1.0], [math.nan]]), np.ones((2, 1)), 1.0, "actual"),
        (np.ones((2, 1)), np.ones((2, 1)), 0.0, "mase_scale=0.0"),
        (np.ones((2, 1)), np.ones((2, 1)), math.nan, "mase_scale=nan"),
    ],
)
def test_inputs_that_cannot_be_scored_are_refused(metric, actual, forecast, scale, message):
    with pytest.raises(ValueError, match=message):
        metric(actual, forecast, scale)


# What each one says


def test_metrics_agree_with_other_libraries():
    from sklearn import metrics as sk
    from statsmodels.tools import eval_measures as sm

    actual, forecast = ACTUAL.ravel(), FORECAST.ravel()
    expected = {
        "mae": sk.mean_absolute_error(actual, forecast),
        "rmse": sk.root_mean_squared_error(actual, forecast),
        "medae": sk.median_absolute_error(actual, forecast),
        "bias": sm.bias(forecast, actual),
        "mase": sk.mean_absolute_error(actual, forecast) / 3.0,
    }
    for name, value in expected.items():
        assert METRICS[name](ACTUAL, FORECAST, 3.0) == pytest.approx(value, rel=1e-13), name


@pytest.mark.parametrize(
    ("name", "actual", "forecast", "score"),
    [
        ("mae", [1, 2, 6], [2, 4, 3], 2.0),
        ("rmse", [0, 0], [3, 4], math.sqrt(12.5)),
        ("medae", [1, 2, 6, 0], [2, 4, 3, 100], 2.5),
        ("bias", [1, 2], [4, 1], 1.0),
        ("bias", [4, 1], [1, 2], -1.0),
        ("wape", [10, -10, 20], [12, -7, 15], 25.0),
        ("wape", [0, 0], [0, 1], math.inf),
        ("smape", [100], [50], 100 * 50 / 75),
        ("smape", [50], [100], 100 * 50 / 75),
        ("smape", [0, 0], [0, 5], 100.0),  # 0/0 counts 0, anything against 0 counts 200
        ("smape", [1], [-1], 200.0),
    ],
)
def test_hand_made_cases(name, actual, forecast, score):
    actual, forecast = (np.array(values, dtype=float)[:, None] for values in (actual, forecast))
    assert METRICS[name](actual, forecast, 1.0) == pytest.approx(score)


def test_smape_stays_within_0_and_200():
    actual, forecast = RNG.normal(size=(2, 1000, 2)) * 10.0 ** RNG.integers(-300, 100, size=(2, 1000, 2))
    assert 100 < METRICS["smape"](actual, forecast, 1.0) <= 200


def test_mase_of_the_published_example():
    """The example of sktime's and Hugging Face evaluate's documentation."""
    train = np.array([5, 0.5, 4, 6, 3, 5, 2])
    actual, forecast = np.array([[3, -0.5, 2, 7, 2.0]]), np.array([[2.5, 0.0, 2, 8, 1.25]])
    scale = naive_scale(train, 7, None)
    assert METRICS["mase"](actual, forecast, scale) == pytest.approx(0.18333333333333335)


def test_mase_by_the_formula_with_a_season():
    """The mean over j of abs(e_j), over 1/(T-m) times the sum over t > m of abs(Y_t - Y_{t-m})."""
    y, e, m = [3.0, 9.0, 1.0, 4.0, 7.0, 2.0, 8.0], [1.0, -2.0, 0.5], 3
    denominator = sum(abs(y[t] - y[t - m]) for t in range(m, len(y))) / (len(y) - m)
    expected = sum(map(abs, e)) / len(e) / denominator
    actual = np.array([[5.0], [6.0], [7.0]])
    assert METRICS["mase"](actual, actual - np.array(e)[:, None], naive_scale(np.array(y), 7, 3)) == expected


@pytest.mark.parametrize(
    ("values", "train_end", "season", "scale"),
    [
        ([1, 3, 2, 7], 4, None, 8 / 3),
        ([1, 3, 2, 7], 3, None, 1.5),  # rows after train do not count
        ([1, 3, 2, 7, 5, 5], 6, 2, (1 + 4 + 3 + 2) / 4),
        ([1, 3, 2, 7], 4, 4, 8 / 3),  # train holds no more than one season
        ([1, 3, 2, 7], 4, 400, 8 / 3),
        ([1, 4, 1, 4, 1, 4], 6, 2, 3.0),  # the season repeats exactly
        ([5, 5, 5, 9], 3, None, 1.0),  # constant
        ([5, 5, 5, 9], 3, 2, 1.0),
        ([5, 9], 1, None, 1.0),
    ],
)
def test_naive_scale(values, train_end, season, scale):
    assert naive_scale(np.array(values, dtype=float), train_end, season) == pytest.approx(scale)


@pytest.mark.parametrize(
    ("values", "train_end", "message"),
    [
        (np.ones(3), 0, "train_end=0"),
        (np.ones(3), 4, "train_end=4"),
        (np.ones((3, 1)), 2, r"\(3, 1\)"),
        (np.array([1.0, math.nan, 2.0]), 2, "finite"),
    ],
)
def test_naive_scale_refuses_an_impossible_train_part(values, train_end, message):
    with pytest.raises(ValueError, match=message):
        naive_scale(values, train_end, None)


# Their names, units and order


def test_units():
    units = {name: metric.unit for name, metric in METRICS.items()}
    assert units == {
        "mae": "data",
        "rmse": "data",
        "mase": "",
        "smape": "%",
        "wape": "%",
        "medae": "data",
        "pinball": "data",
        "bias": "data",
    }


def test_a_metric_has_a_unit_exactly_where_it_follows_the_unit_of_the_data(metric):
    """Scores of a series in cents are 100 times those in dollars, or the same."""
    in_dollars, in_cents = (metric(k * ACTUAL, k * FORECAST, k * 3.0) for k in (1, 100))
    factor = 100 if metric.unit == "data" else 1
    assert in_cents == pytest.approx(factor * in_dollars)


def test_bias_and_what_baselines_cannot_say_cannot_rank():
    assert [name for name, metric in METRICS.items() if not metric.can_rank] == ["pinball", "bias"]


def test_every_score_lies_within_the_range_of_its_metric(metric):
    assert metric.lowest <= metric(ACTUAL, FORECAST, 3.0) <= metric.highest


def test_forecasts_are_compared_by_squared_errors_where_large_errors_decide():
    assert (METRICS["rmse"].loss, METRICS["mae"].loss) == ("squared", "absolute")


def test_an_unknown_metric_is_refused_with_the_nearest_name():
    with pytest.raises(ConfigError, match="did you mean 'smape'"):
        METRICS["smap"]
