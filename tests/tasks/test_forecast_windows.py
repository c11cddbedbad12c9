"""Windows: nothing of the future, the same targets for every window, forecasts back in the unit of the data."""

from __future__ import annotations

import dataclasses
import tracemalloc

import numpy as np
import pytest

from points import POINT
from searches import sweep_config
from seqsweep.errors import ConfigError, DataError
from seqsweep.search_space import Space
from seqsweep.tasks.forecast.split import SPLITS, Split, make_split
from seqsweep.tasks.forecast.windows import ANCHORS, make_windows, max_lookback
from seqsweep.tasks.scaling import SCALERS, fit_transform

PARAMS = POINT.replace(window=10)


def windows_of(series, make_config, season=12, horizon=1, max_lookback=40, **params):
    split = make_split(series, make_config().windows, horizon, max_lookback)
    return make_windows(series, split, PARAMS.replace(**params), season)


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["windows.validation=0.2", "windows.test=0.1"], (70, 90)),
        (["windows=rows", "windows.validation=15", "windows.test=5"], (80, 95)),
        (["windows=dates", "windows.validation=2020-03-01", "windows.test=2020-04-01"], (60, 91)),
    ],
)
def test_a_split_is_chronological_by_fraction_rows_or_dates(overrides, expected, make_config, make_series):
    index = np.datetime64("2020-01-01", "ns") + np.arange(100) * np.timedelta64(1, "D")
    series = dataclasses.replace(make_series(rows=100), index=index)
    split = make_split(series, make_config(*overrides).windows, 1, 5)
    assert (split.train_end, split.validation_end) == expected


def test_dates_without_times_and_in_the_wrong_order_are_refused(make_config, make_series):
    config = make_config("windows=dates", "windows.validation=2020-04-01", "windows.test=2020-03-01").windows
    with pytest.raises(ConfigError, match=r"data\.time"):
        make_split(make_series(), config, 1, 5)
    index = np.datetime64("2020-01-01", "ns") + np.arange(240) * np.timedelta64(1, "D")
    with pytest.raises(ConfigError, match="must begin before"):
        make_split(dataclasses.replace(make_series(), index=index), config, 1, 5)


def test_a_validation_part_without_a_day_is_refused(make_config, make_series):
    index = np.datetime64("2020-01-01", "ns") + np.arange(240) * np.timedelta64(1, "D")
    config = make_config("windows=dates", "windows.validation=2020-05-01", "windows.test=2020-05-01").windows
    with pytest.raises(ConfigError, match=r"validation=2020-05-01 must begin before windows\.test=2020-05-01"):
        make_split(dataclasses.replace(make_series(), index=index), config, 1, 5)


@pytest.mark.parametrize("horizon", [1, 7])
def test_every_target_lies_in_one_part_and_every_row_of_validation_and_test_is_a_target(
    horizon, make_config, make_series
):
    series = make_series(rows=200)
    split = make_split(series, make_config().windows, horizon, 24)
    covered = {}
    for part in ("train", "validation", "test"):
        origins = getattr(split, part)
        covered[part] = set((origins[:, None] + np.arange(1, horizon + 1)).ravel().tolist())
    assert covered["train"] == set(range(24, split.train_end))
    assert covered["validation"] == set(range(split.train_end, split.validation_end))
    assert covered["test"] == set(range(split.validation_end, 200))


@pytest.mark.parametrize("horizon", [1, 3])
def test_a_fold_forecasts_the_validation_part_before_and_knows_nothing_later(horizon, make_config, make_series):
    series = make_series(rows=200)
    split = make_split(series, make_config().windows, horizon, 24)
    size = split.validation_end - split.train_end
    assert split.fold(0) is split
    for back in (1, 2):
        fold = split.fold(back)
        targets = fold.validation[:, None] + np.arange(1, horizon + 1)
        assert set(targets.ravel()) == set(range(split.train_end - back * size, split.validation_end - back * size))
        assert fold.train.max() + horizon == fold.train_end - 1  # the last row that is trained on
        assert fold.validation.min() == fold.train_end - 1
        assert fold.train.min() == split.train.min()
        assert len(fold.test) == 0
        later = series.values.copy()
        later[fold.validation_end :] = 1e9
        sound, blind = (
            make_windows(dataclasses.replace(series, values=values), fold, PARAMS, 12)
            for values in (series.values, later)
        )
        for part in (fold.train, fold.validation):
            assert np.array_equal(sound.inputs[0].numpy(part), blind.inputs[0].numpy(part))
            assert np.array_equal(sound.targets.numpy(part), blind.targets.numpy(part))


def test_a_fold_too_short_to_train_on_is_refused_with_the_mend(make_config, make_series):
    split = make_split(make_series(rows=200), make_config().windows, 1, 24)
    with pytest.raises(DataError, match=r"fold 9 leaves 0 rows .* needs 25 rows\. Lower finals\.folds"):
        split.fold(9)


def test_the_earliest_fold_trains_on_one_forecast():
    split = Split(train_end=29, validation_end=33, rows=40, max_lookback=10, horizon=3)
    fold = split.fold(4)  # its train part ends 4 times 4 rows earlier: 10 rows of a window, 3 of its targets
    assert fold.train.tolist() == [9]
    assert fold.validation.tolist() == [12, 13]
    short = dataclasses.replace(split, train_end=28, validation_end=32)
    with pytest.raises(DataError, match=r"fold 4 leaves 12 rows to train on, .* needs 13 rows"):
        short.fold(4)


def test_a_series_too_short_says_how_many_rows_each_part_has_and_needs(make_config, make_series):
    with pytest.raises(DataError, match=r"made: .*30 rows is too short.*train part has 22 rows and needs 101"):
        make_split(make_series(rows=30), make_config().windows, 1, 100)


PARTS = {"train": 13, "validation": 3, "test": 3}  # rows that a window of 10 and a horizon of 3 need


@pytest.mark.parametrize("short", [None, *PARTS])
def test_a_part_may_hold_one_forecast_and_no_less(short, make_config, make_series):
    has = {part: needed - (part == short) for part, needed in PARTS.items()}
    sizes = (f"windows.{part}={has[part]}" for part in ("validation", "test"))
    config, series = make_config("windows=rows", *sizes).windows, make_series(rows=sum(has.values()))
    if short is None:
        split = make_split(series, config, 3, 10)
        assert [len(getattr(split, part)) for part in PARTS] == [1, 1, 1]
        return
    with pytest.raises(DataError) as caught:
        make_split(series, config, 3, 10)
    assert f"too short for the windows: the {short} part has {PARTS[short] - 1} rows and needs {PARTS[short]} (" in str(
        caught.value
    )


def test_parts_larger_than_the_series_leave_train_no_row(make_config, make_series):
    config = make_config("windows=rows", "windows.validation=20", "windows.test=20").windows
    with pytest.raises(DataError, match="the train part has 0 rows and needs 6"):
        make_split(make_series(rows=30), config, 1, 5)


def test_trials_of_different_windows_are_scored_on_the_same_targets(make_config, make_series):
    series = make_series()
    short, long = (windows_of(series, make_config, window=w) for w in (3, 40))
    for part in ("train", "validation", "test"):
        origins = getattr(short.split, part)
        assert np.array_equal(origins, getattr(long.split, part))
        assert np.array_equal(short.actual.numpy(origins), long.actual.numpy(origins))
        assert np.array_equal(short.targets.numpy(origins), long.targets.numpy(origins))


@pytest.mark.parametrize("anchor", sorted(ANCHORS))
@pytest.mark.parametrize("horizon", [1, 3])
def test_inputs_and_targets_are_the_rows_before_and_after_the_origin_less_the_anchor(
    anchor, horizon, make_config, make_series
):
    series = make_series(np.random.default_rng(1).normal(size=(120, 2)))
    made = windows_of(series, make_config, anchor=anchor, horizon=horizon, scaler="none", max_lookback=10)
    origins = made.split.validation
    inputs, targets = made.inputs[0].numpy(origins), made.targets.numpy(origins)
    assert inputs.shape == (len(origins), 10, 2)
    assert targets.shape == (len(origins), horizon)
    for i, origin in enumerate(origins):
        window = series.values[origin - 9 : origin + 1]
        anchored = {"last": window[-1], "mean": window.mean(axis=0)}.get(anchor, np.zeros(2))
        np.testing.assert_allclose(inputs[i], window - anchored, atol=1e-5)
        ahead = series.values[origin + 1 : origin + 1 + horizon, 0]
        np.testing.assert_allclose(targets[i], ahead - anchored[0], atol=1e-5)


def test_the_anchor_mean_is_that_of_each_whole_window_from_the_first_on():
    scaled = np.array([[1, 10], [2, 20], [6, 60], [4, 10]], np.float32)
    assert ANCHORS["mean"](scaled, 3).tolist() == [[0, 0], [0, 0], [3, 30], [4, 30]]
    assert ANCHORS["mean"](scaled, 4).tolist() == [[0, 0], [0, 0], [0, 0], [3.25, 25]]
    assert ANCHORS["mean"](scaled, 1).tolist() == scaled.tolist()


@pytest.mark.parametrize("scaler", sorted(SCALERS))
@pytest.mark.parametrize("anchor", sorted(ANCHORS))
@pytest.mark.parametrize(
    "transform",
    [{}, {"log1p": True}, {"difference": 1}, {"difference": 2}, {"seasonal_difference": 1},
     {"difference": 1, "seasonal_difference": 1, "log1p": True}],
)  # fmt: skip
def test_a_perfect_forecast_comes_back_as_what_happened(scaler, anchor, transform, make_config, make_series):
    made = windows_of(make_series(), make_config, horizon=15, scaler=scaler, anchor=anchor, **transform)
    origins = made.split.validation
    restored = made.inverse_transform(origins, made.targets.numpy(origins))
    np.testing.assert_allclose(restored, made.actual.numpy(origins), rtol=2e-3)


def test_a_zero_forecast_of_differences_is_the_last_value_or_the_last_season(make_config, make_series):
    series = make_series()
    plain = windows_of(series, make_config, horizon=14, scaler="none", difference=1)
    origins = plain.split.test
    zero = np.zeros((len(origins), 14), np.float32)
    np.testing.assert_allclose(plain.inverse_transform(origins, zero), np.repeat(series.values[origins], 14, axis=1))
    seasonal = windows_of(series, make_config, horizon=14, scaler="none", seasonal_difference=1)
    expected = series.values[origins[:, None] + 1 - 12 + np.arange(14) % 12, 0]
    np.testing.assert_allclose(seasonal.inverse_transform(origins, zero), expected)


def test_differencing_agrees_with_pandas(make_series):
    import pandas as pd

    values = make_series().values
    made = fit_transform(values, 150, scaler="none", clip_quantile=None, log1p=False, difference=1,
                         seasonal_difference=1, season=12)  # fmt: skip
    expected = pd.Series(values[:, 0]).diff(12).diff().to_numpy()
    np.testing.assert_allclose(made.transform(values)[13:, 0], expected[13:], rtol=1e-4, atol=1e-4)
    assert made.n_dropped == 13


def test_clipping_limits_what_is_learned_but_not_what_is_scored(make_config, make_series):
    values = np.r_[np.arange(100.0), 10_000.0, np.arange(139.0)]
    made = windows_of(make_series(values), make_config, scaler="none", clip_quantile=0.9)
    train = values[: made.split.train_end]
    assert made.scaled[100, 0] == pytest.approx(np.quantile(train, 0.9))
    assert made.scaled.min() == pytest.approx(np.quantile(train, 0.1))
    assert made.actual.numpy(np.array([99]))[0, 0] == 10_000.0


def test_log1p_of_a_target_of_minus_one_is_refused_with_the_value(make_config, make_series):
    with pytest.raises(DataError, match=r"data.log1p=true.*-3"):
        windows_of(make_series(np.r_[-3.0, np.arange(239.0)]), make_config, log1p=True)


def test_minus_one_itself_has_no_logarithm_and_what_lies_above_has(make_config, make_series):
    with pytest.raises(DataError, match=r"the target holds -1, and log\(1 \+ y\) needs values above -1"):
        windows_of(make_series(np.r_[-1.0, np.arange(239.0)]), make_config, log1p=True)
    with pytest.raises(DataError, match="the target holds -1,"):  # the floor of clipping, though no value is so low
        windows_of(make_series(np.r_[np.full(60, -1.0), np.arange(180.0)]), make_config, log1p=True, clip_quantile=0.9)
    near = windows_of(make_series(np.r_[-0.999, np.arange(239.0)]), make_config, log1p=True, scaler="none")
    assert near.scaled[0, 0] == pytest.approx(np.log(0.001))


@pytest.mark.parametrize("scaler", sorted(SCALERS))
def test_a_scaler_agrees_with_scikit_learn(scaler):
    from sklearn import preprocessing

    train = np.random.default_rng(2).gamma(2.0, size=(200, 3))
    offset, scale = SCALERS[scaler](train)
    peers = {
        "minmax": preprocessing.MinMaxScaler(),
        "standard": preprocessing.StandardScaler(),
        "robust": preprocessing.RobustScaler(),
    }
    expected = peers[scaler].fit_transform(train) if scaler in peers else train
    np.testing.assert_allclose((train - offset) / scale, expected, atol=1e-12)


def test_a_column_that_is_constant_in_train_does_not_divide_by_zero(make_config, make_series):
    values = np.column_stack([np.arange(240.0), np.ones(240)])
    assert np.isfinite(windows_of(make_series(values), make_config).scaled).all()


@pytest.mark.parametrize("name", ["scaler", "anchor", "clip_quantile", "difference", "seasonal_difference", "log1p"])
@pytest.mark.parametrize("cut", [165, 190])
def test_nothing_before_a_cut_moves_when_all_after_it_changes(name, cut, make_config, make_series):
    values = make_series().values.copy()
    choices = {"scaler": SCALERS, "anchor": ANCHORS, "clip_quantile": [0.9], "log1p": [True]}
    for value in choices.get(name, [1]):
        before = windows_of(make_series(values), make_config, **{name: value})
        noise = values.copy()
        noise[max(cut, before.split.train_end) :] += np.random.default_rng(3).normal(size=1) * 1000 + 2000
        after = windows_of(make_series(noise), make_config, **{name: value})
        first = max(cut, before.split.train_end)
        origins = np.arange(before.split.max_lookback - 1, first)
        assert np.array_equal(before.inputs[0].numpy(origins), after.inputs[0].numpy(origins))
        assert np.array_equal(before.transform.offset, after.transform.offset)
        forecast = np.ones((len(origins), 1), np.float32)
        assert np.array_equal(before.inverse_transform(origins, forecast), after.inverse_transform(origins, forecast))


def test_windows_of_a_million_rows_cost_no_more_memory_for_being_long(make_config, make_series):
    series = make_series(np.random.default_rng(4).normal(size=1_000_000))
    tracemalloc.start()
    made = windows_of(series, make_config, window=500, max_lookback=500, anchor="mean")
    made.inputs[0].numpy(made.split.train[:1024])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200e6  # a copy of all windows would take 2,000 MB


@pytest.mark.parametrize("name", sorted(SPLITS))
def test_every_way_to_split_leaves_train_before_validation_before_test(name, make_series):
    index = np.datetime64("2020-01-01", "ns") + np.arange(240) * np.timedelta64(1, "D")
    series = dataclasses.replace(make_series(), index=index)
    sizes = {"fraction": (0.2, 0.2), "rows": (40, 40), "dates": ("2020-06-01", "2020-07-01")}[name]
    train_end, validation_end = SPLITS[name](series, *sizes)
    assert 0 < train_end < validation_end < series.rows


@pytest.mark.parametrize(
    ("space", "season", "rows"),
    [
        ({"window": [12, 48]}, None, 48),
        ({"window": {"low": 10, "high": 21, "step": 4}}, None, 18),
        ({"window": {"low": 10, "high": 21, "log": True}}, None, 21),
        ({"window": [12, 48], "difference": [0, 2]}, None, 50),
        ({"window": 12, "seasonal_difference": [0, 1], "difference": 1}, 24, 12 + 1 + 24),
        ({"window": 12, "warm_start": [{"window": 100, "difference": 1}]}, None, 101),
        ({"window": 12, "warm_start": [{"window": 20, "difference": 2, "seasonal_difference": 1}]}, 24, 20 + 2 + 24),
        ({"window": 50, "warm_start": [{"window": 20, "seasonal_difference": 1}]}, 24, 50),
    ],
)
def test_the_reach_is_the_most_that_any_point_looks_back(space, season, rows):
    searched = sweep_config("random", **space)
    assert max_lookback(Space(searched), season) == rows
