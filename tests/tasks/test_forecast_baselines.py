from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seqsweep.errors import ConfigError
from seqsweep.schema import SweepConfig
from seqsweep.serving.baselines import linear
from seqsweep.tasks.forecast import ridge
from seqsweep.tasks.forecast.baseline_input import BaselineInput
from seqsweep.tasks.forecast.baselines import BASELINES, LEARNED, Clock, faults, forecasts
from seqsweep.tasks.forecast.metrics import METRICS, naive_scale
from seqsweep.tasks.forecast.ridge import fit_linear
from seqsweep.tasks.forecast.settings import ForecastConfig

AIRBNB = Path(__file__).parents[3] / "shared" / "data" / "AB_NYC_2019.csv.zip"

SIMPLE = [name for name in BASELINES if name not in LEARNED]  # the others have a file of their own


def settings(**changes):
    values = {
        "baselines": SIMPLE,
        "objective": "mae",
        "moving_average": 5,
        "ridge_windows": [6],
        "ridge_penalties": [0.01],
    }
    return ForecastConfig(**{**values, **changes})


def wave(rows, columns=1, seed=3):
    """A season of 12, a trend and noise, of another level and size in each column."""
    rng = np.random.default_rng(seed)
    time = np.arange(rows)[:, None]
    series = np.sin(time / 12 * 2 * np.pi + np.arange(columns)) + 0.01 * time
    return (series + rng.normal(0, 0.3, size=(rows, columns))) * 10.0 ** np.arange(columns) + 50.0


def make(values=None, *, horizon=1, columns=1, parts=(120, 40), **changes):
    """A series whose first rows are train, the next ones validation (`parts` of rows), the rest test."""
    values = wave(200, columns) if values is None else values
    origins = np.arange(parts[0] - 1, sum(parts) - horizon)
    season = changes.pop("season", 12)
    return BaselineInput(values, parts[0], origins, horizon, season, settings(**changes))


def origins_of_test(past):
    return np.arange(past.validation_origins.max() + past.horizon, len(past.values) - past.horizon)


@pytest.fixture(params=SIMPLE)
def baseline(request):
    return BASELINES[request.param]


# What every baseline keeps to


@pytest.mark.parametrize("columns", [1, 3])
@pytest.mark.parametrize("horizon", [1, 7, 30])
def test_forecasts_have_a_row_an_origin_and_a_column_a_row_ahead(baseline, horizon, columns):
    past = make(horizon=horizon, columns=columns)
    for origins in (past.validation_origins, origins_of_test(past), origins_of_test(past)[3:4]):
        forecast = baseline(past, origins)
        assert forecast.shape == (len(origins), horizon)
        assert forecast.dtype == np.float64
        assert np.isfinite(forecast).all()


@pytest.mark.parametrize("columns", [1, 3])
@pytest.mark.parametrize("horizon", [1, 7])
def test_no_forecast_moves_by_a_bit_when_what_comes_after_its_origin_changes(baseline, horizon, columns):
    past = make(horizon=horizon, columns=columns)
    origins = np.arange(past.train_end - 1, len(past.values) - horizon)
    before = baseline(past, origins)
    for position in (0, 1, len(origins) // 2, len(origins) - 1):
        later = np.arange(len(past.values))[:, None] > origins[position]
        values = np.where(later, 1e6 * wave(200, columns, seed=position), past.values)
        after = baseline(replace(past, values=values), origins)
        assert np.array_equal(after[: position + 1], before[: position + 1])


@pytest.mark.parametrize("horizon", [1, 7])
def test_no_forecast_of_the_test_part_moves_when_the_test_part_changes_after_its_origin(baseline, horizon):
    """With a choice to make on validation, too."""
    past = make(horizon=horizon, ridge_windows=[2, 6, 12, 24], ridge_penalties=[0.001, 0.1, 10])
    origins = origins_of_test(past)
    values = past.values.copy()
    values[origins[4] + 1 :] *= -1e6
    before, after = baseline(past, origins), baseline(replace(past, values=values), origins)
    assert np.array_equal(after[:5], before[:5])


def test_forecasts_follow_the_unit_of_the_data(baseline):
    past = make(horizon=7, columns=3)
    in_other_units = replace(past, values=past.values * [1e3, 1e-4, 7.0])
    origins = origins_of_test(past)
    assert baseline(in_other_units, origins) == pytest.approx(1e3 * baseline(past, origins), rel=1e-9)


def test_forecasts_follow_the_level_of_the_data(baseline):
    past = make(horizon=7)
    raised = replace(past, values=past.values + 1e8)
    origins = origins_of_test(past)
    assert baseline(raised, origins) - 1e8 == pytest.approx(baseline(past, origins), abs=1e-5)


def test_a_constant_series_is_forecast_by_its_constant(baseline):
    past = make(np.full((200, 2), 0.1), horizon=7, ridge_penalties=[0.0, 1.0])
    assert baseline(past, origins_of_test(past)) == pytest.approx(np.full((34, 7), 0.1), rel=1e-14, abs=0)


# What each one says


def test_last_value_agrees_with_pandas():
    import pandas as pd

    past = make(horizon=3)
    origins = origins_of_test(past)
    series = pd.Series(past.target)
    expected = np.column_stack([series.shift(step)[origins + step] for step in (1, 2, 3)])
    assert np.array_equal(BASELINES["last_value"](past, origins), expected)


@pytest.mark.parametrize(("horizon", "season"), [(1, 12), (7, 12), (12, 12), (13, 12), (30, 12), (7, 3)])
def test_seasonal_naive_repeats_the_last_row_of_the_same_season_that_is_known(horizon, season):
    past = make(horizon=horizon, season=season)
    origins = origins_of_test(past)
    forecast = BASELINES["seasonal_naive"](past, origins)
    for row, origin in enumerate(origins):
        for step in range(1, horizon + 1):
            known = origin + step
            while known > origin:
                known -= season
            assert forecast[row, step - 1] == past.target[known]


def test_seasonal_naive_needs_a_season_within_the_past():
    past = make()
    first_with_a_season = np.array([119])
    assert BASELINES["seasonal_naive"](replace(past, season=None), first_with_a_season) is None
    assert BASELINES["seasonal_naive"](replace(past, season=120), first_with_a_season) is not None
    assert BASELINES["seasonal_naive"](replace(past, season=121), first_with_a_season) is None


def test_train_mean_and_median_are_those_of_the_train_part():
    past = make(np.array([[1.0], [2.0], [9.0], [100.0], [100.0], [100.0]]), parts=(3, 2))
    origins = np.array([2, 4])
    assert BASELINES["train_mean"](past, origins).tolist() == [[4.0], [4.0]]
    assert BASELINES["train_median"](past, origins).tolist() == [[2.0], [2.0]]


@pytest.mark.parametrize("rows", [2, 5, 119, 120, 121, 1000])
def test_moving_average_agrees_with_pandas_also_where_the_past_is_shorter(rows):
    import pandas as pd

    past = make(horizon=2, moving_average=rows)
    origins = np.arange(119, 200)  # up to the last row: a forecast of what nobody knows yet
    expected = pd.Series(past.target).rolling(rows, min_periods=1).mean()[origins].to_numpy()
    forecast = BASELINES["moving_average"](past, origins)
    assert forecast == pytest.approx(np.column_stack([expected, expected]), rel=1e-12)


def test_drift_goes_on_along_the_line_from_the_first_row():
    values = np.array([[10.0], [0.0], [0.0], [16.0], [0.0], [20.0], [0.0], [0.0]])
    past = make(values, parts=(4, 2), horizon=2)
    assert BASELINES["drift"](past, np.array([3, 5])).tolist() == [[18.0, 20.0], [22.0, 24.0]]


# The linear baseline


@pytest.fixture(params=[1, 40, 2**20])
def chunk(request, monkeypatch):
    """Numbers held at once: a row, a few rows, all."""
    monkeypatch.setattr(linear, "_CHUNK", request.param)


def windows_and_targets(past, origins, window):
    """By loops: rows before the origin minus the row at it, rows ahead of the target minus its last value."""
    inputs = [(past.values[t - window + 1 : t] - past.values[t]).ravel() for t in origins]
    targets = [past.target[t + 1 : t + 1 + past.horizon] - past.target[t] for t in origins]
    return np.array(inputs).reshape(len(origins), -1), np.array(targets)


def by_sklearn(past, window, penalty, origins):
    from sklearn.linear_model import Ridge

    train = range(window - 1, past.train_end - past.horizon)
    inputs, targets = windows_and_targets(past, train, window)
    columns = past.values.shape[1]
    deviations = np.sqrt(inputs.var(axis=0).reshape(-1, columns).mean(axis=0))
    units = np.tile(deviations, window - 1)
    model = Ridge(alpha=penalty * len(inputs), solver="svd").fit(inputs / units, targets)
    changes = model.predict(windows_and_targets(past, origins, window)[0] / units)
    return past.target[origins, None] + changes.reshape(len(origins), past.horizon)


@pytest.mark.usefixtures("chunk")
@pytest.mark.parametrize("columns", [1, 3])
@pytest.mark.parametrize("horizon", [1, 7])
@pytest.mark.parametrize(("window", "penalty"), [(2, 0.1), (6, 0.0), (6, 0.01), (24, 1e-4), (24, 10.0)])
def test_linear_agrees_with_scikit_learn(window, penalty, horizon, columns):
    past = make(horizon=horizon, columns=columns, ridge_windows=[window], ridge_penalties=[penalty])
    origins = origins_of_test(past)
    expected = by_sklearn(past, window, penalty, origins)
    assert BASELINES["linear"](past, origins) == pytest.approx(expected, rel=1e-9)


@pytest.mark.usefixtures("chunk")
@pytest.mark.parametrize("objective", ["mae", "rmse", "mase"])
@pytest.mark.parametrize("columns", [1, 2])
def test_linear_takes_the_window_and_penalty_that_are_best_on_validation(objective, columns):
    """Of all, each fitted by scikit-learn on its own rows; what is shared between windows must not show."""
    windows, penalties = [12, 2, 24, 6, 12], [0.001, 10.0, 0.1]
    past = make(horizon=5, columns=columns, objective=objective, ridge_windows=windows, ridge_penalties=penalties)
    validation, test = past.validation_origins, origins_of_test(past)
    errors = {
        (window, penalty): METRICS[objective](
            past.actual(validation), by_sklearn(past, window, penalty, validation), 1.0
        )
        for window in windows
        for penalty in penalties
    }
    window, penalty = min(errors, key=errors.__getitem__)
    fit = fit_linear(past)
    assert (fit.window, fit.penalty) == (window, penalty)
    expected = by_sklearn(past, window, penalty, test)
    assert BASELINES["linear"](past, test) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("objective", "penalty"), [("medae", 0.0), ("rmse", 1e9)])
def test_the_objective_decides_the_choice(objective, penalty):
    """Noise is best forecast by the mean of its window, a short jump of its level by the last value."""
    values = np.random.default_rng(1).normal(size=(900, 1))
    values[600:606] += 1000
    past = make(values, parts=(500, 300), objective=objective, ridge_penalties=[0.0, 1e9])
    assert fit_linear(past).penalty == penalty


def test_coefficients_come_from_train_alone():
    past = make(horizon=7, columns=2)
    values = past.values.copy()
    values[past.train_end :] *= -5
    before, after = fit_linear(past), fit_linear(replace(past, values=values))
    assert np.array_equal(before.coefficients, after.coefficients)
    assert np.array_equal(before.intercept, after.intercept)


def test_the_last_row_of_train_is_a_target():
    past = make(horizon=7)
    values = past.values.copy()
    values[past.train_end - 1] += 100
    assert not np.array_equal(
        fit_linear(past).coefficients[:, -1], fit_linear(replace(past, values=values)).coefficients[:, -1]
    )


def test_a_window_of_one_row_forecasts_the_mean_change_of_train():
    past = make(horizon=2, ridge_windows=[1], ridge_penalties=[0.0, 1.0])
    train = past.target[: past.train_end]
    changes = [np.mean(train[1:-1] - train[:-2]), np.mean(train[2:] - train[:-2])]
    origins = origins_of_test(past)
    expected = past.target[origins, None] + changes
    assert BASELINES["linear"](past, origins) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("penalty", [0.0, 1e-6])
def test_a_noiseless_season_is_forecast_exactly_though_its_inputs_are_dependent(penalty):
    values = 5 + np.sin(np.arange(200) / 12 * 2 * np.pi)[:, None]
    past = make(values, horizon=7, ridge_windows=[40], ridge_penalties=[penalty])
    origins = origins_of_test(past)
    assert BASELINES["linear"](past, origins) == pytest.approx(past.actual(origins), abs=1e-4)


def test_columns_without_information_change_nothing():
    """Constants, 0 among them, and a clock, whose differences are constant, some only up to rounding."""
    alone = make(horizon=3, ridge_penalties=[0.0])
    clock = np.arange(200)
    values = np.column_stack([alone.target, np.zeros(200), np.full(200, 0.1), clock, 0.1 * clock])
    origins = origins_of_test(alone)
    expected = BASELINES["linear"](alone, origins)
    assert BASELINES["linear"](replace(alone, values=values), origins) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("windows", "chosen"),
    [([113], 113), ([114], None), ([6, 113], {6, 113}), ([6, 114, 5000], 6), ([], None)],
)
def test_windows_that_do_not_fit_into_train_are_skipped(windows, chosen):
    """Train has 120 rows, 7 of them are ahead of the last origin: a window of 113 rows fits once."""
    past = make(horizon=7, ridge_windows=windows)
    fit = fit_linear(past)
    if chosen is None:
        assert fit is None
        assert BASELINES["linear"](past, origins_of_test(past)) is None
    else:
        assert fit.window in (chosen if isinstance(chosen, set) else {chosen})


def test_linear_is_not_made_for_an_origin_with_less_past_than_its_window():
    past = make(ridge_windows=[24])
    assert BASELINES["linear"](past, np.array([23])) is not None
    assert BASELINES["linear"](past, np.array([22, 23])) is None


@pytest.mark.parametrize("horizon", [1, 7])
def test_of_equals_the_shorter_window_and_the_larger_penalty_is_taken(horizon):
    past = make(np.full((200, 1), 3.0), horizon=horizon, ridge_windows=[12, 2, 6], ridge_penalties=[0.1, 10.0, 1.0])
    fit = fit_linear(past)
    assert (fit.window, fit.penalty) == (2, 10.0)


def test_validation_and_test_share_one_fit(monkeypatch):
    fits = []
    original = ridge.fits
    monkeypatch.setattr(ridge, "fits", lambda past, *given: fits.append(past) or original(past, *given))
    past, other = make(), make()
    for origins in (past.validation_origins, origins_of_test(past)):
        BASELINES["linear"](past, origins)
        BASELINES["linear"](other, origins)
    assert fits == [past, other]


def test_the_fit_holds_a_part_of_the_windows_at_a_time(monkeypatch):
    """All windows of train would take 24 MB."""
    monkeypatch.setattr(linear, "_CHUNK", 2**16)
    noise = np.random.default_rng(0).normal(size=(36_000, 1))
    past = make(noise, parts=(30_000, 3_000), ridge_windows=[101], ridge_penalties=[0.1, 1.0])
    tracemalloc.start()
    try:
        BASELINES["linear"](past, origins_of_test(past))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4e6


# All of them


def test_forecasts_are_those_of_the_named_baselines_that_can_be_made():
    past = make(horizon=3, season=None, baselines=["train_mean", "seasonal_naive", "last_value"])
    origins = origins_of_test(past)
    made = forecasts(past, origins, Clock())
    assert list(made) == ["train_mean", "last_value"]
    for name, forecast in made.items():
        assert np.array_equal(forecast, BASELINES[name](past, origins))


def test_actual_values_are_the_rows_after_each_origin():
    past = make(np.arange(200.0)[:, None], horizon=3)
    assert past.actual(np.array([120, 140])).tolist() == [[121, 122, 123], [141, 142, 143]]


def test_values_are_held_row_by_row_in_double_precision():
    columns_first = np.asfortranarray(wave(200, 3).astype(np.float32))
    past = make(columns_first)
    assert past.values.flags.c_contiguous
    assert past.values.dtype == np.float64
    assert np.array_equal(past.values, columns_first)


# Refusals


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"values": np.ones(200)}, r"shape is \(200,\)"),
        ({"values": np.full((200, 1), np.nan)}, "finite"),
        ({"train_end": 0}, "train_end=0"),
        ({"train_end": 201}, "train_end=201"),
        ({"horizon": 0}, "horizon=0"),
        ({"validation_origins": np.array([], dtype=np.int64)}, "no validation origin"),
        ({"validation_origins": np.array([118, 119])}, "lie in rows 120 to 199, origins are 118 to 119"),
        ({"validation_origins": np.array([119, 199])}, "lie in rows 120 to 199, origins are 119 to 199"),
    ],
)
def test_a_past_that_cannot_be_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        replace(make(), **changes)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"baselines": []}, []),
        (
            {"baselines": ["last_value", "liner"]},
            ["task.baselines=liner: there is no baseline 'liner'; did you mean 'linear'?"],
        ),
        ({"ridge_windows": [], "baselines": ["last_value"]}, []),
        (
            {"ridge_windows": []},
            ["task.ridge_windows=[]: the baseline 'linear' has nothing to choose from; name one, or drop 'linear'"],
        ),
    ],
)
def test_faults_of_the_settings(changes, expected):
    assert [str(fault) for fault in faults(SweepConfig(task=settings(**changes)))] == expected


def test_an_unknown_baseline_is_refused_with_the_nearest_name():
    with pytest.raises(ConfigError, match="did you mean 'train_mean'"):
        BASELINES["trainmean"]


# On real data


@pytest.mark.skipif(not AIRBNB.exists(), reason=f"the Airbnb listings are not at {AIRBNB}")
def test_prices_of_listings_in_order_of_their_id_hardly_depend_on_the_rows_before():
    import pandas as pd

    prices = pd.read_csv(AIRBNB)["price"].to_numpy(dtype=float)[:, None]
    rows = len(prices)
    train_end, test = int(0.70 * rows), int(0.85 * rows)
    past = BaselineInput(
        prices,
        train_end,
        np.arange(train_end - 1, test - 1),
        1,
        None,
        settings(objective="rmse", moving_average=100, ridge_windows=[10, 100], ridge_penalties=[0.1, 10.0]),
    )
    origins = np.arange(test - 1, rows - 1)
    scale = naive_scale(past.target, train_end, None)
    made = forecasts(past, origins, Clock())
    rmse = {name: round(METRICS["rmse"](prices[test:], forecast, scale), 1) for name, forecast in made.items()}
    assert (rmse["last_value"], rmse["train_mean"], rmse["moving_average"]) == (368.4, 266.6, 266.2)
    assert 265 < rmse["linear"] < 270
    assert "seasonal_naive" not in rmse
