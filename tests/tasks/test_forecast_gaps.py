"""Targets that had no row are not scored and not trained on; figures against loops of plain numpy, from the raw rows.

Hours of a zone over the day on which clocks go forward, with gaps, and a horizon longer than the season.
"""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from seqsweep.data import load
from seqsweep.errors import DataError
from seqsweep.events import TrialParams
from seqsweep.tasks.forecast.dataset import SeriesDataset

PLAIN = {"clip_quantile": None, "log1p": False, "difference": 0, "seasonal_difference": 0}

SEASON, HORIZON, LOOKBACK, ROWS = 24, 30, 48, 24 * 60
GONE = sorted({*range(700, 706), 900, 1150, 1290, 1291, 1400})


@pytest.fixture(scope="module")
def made(tmp_path_factory, make_config):
    """The raw rows by the hour that they are of, and the data set that is made of them."""
    hours = pd.date_range("2023-03-01", periods=ROWS, freq="h", tz="Europe/Berlin")
    rng = np.random.default_rng(0)
    values = np.round(50 + 10 * np.sin(np.arange(ROWS) * 2 * np.pi / SEASON) + rng.normal(0, 2, ROWS), 3)
    kept = np.setdiff1d(np.arange(ROWS), GONE)
    path = tmp_path_factory.mktemp("gaps") / "load.csv"
    rows = zip(hours[kept].tz_localize(None).strftime("%d.%m.%Y %H:%M"), values[kept], strict=True)
    path.write_text("time;load\n" + "".join(f"{time};{value}\n" for time, value in rows))
    config = make_config(
        *("data=csv", f"data.path={path}", "data.target=load", "data.time=time", 'data.separator=";"'),
        *("data.timezone=Europe/Berlin", "data.frequency=h", "data.missing=interpolate", f"data.season={SEASON}"),
        *(f"task.horizon={HORIZON}", "task.metrics=[mae,rmse,mase,smape,wape,medae,bias]"),
        *("task.ridge_windows=[20]", "task.ridge_penalties=[0.1]"),
    )
    dataset = SeriesDataset.of(config, load(config.data), LOOKBACK)
    full = values.copy()
    for row in GONE:  # by hand: between the real values on both sides
        before, after = max(r for r in kept if r < row), min(r for r in kept if r > row)
        full[row] = values[before] + (values[after] - values[before]) * (row - before) / (after - before)
    return SimpleNamespace(dataset=dataset, full=full, kept=set(kept.tolist()), config=config, path=path)


def expected_origins(made, begin, end):
    """Each origin whose targets all lie in [begin, end) and all had a row."""
    return [
        origin
        for origin in range(begin - 1, end - HORIZON)
        if all(row in made.kept for row in range(origin + 1, origin + HORIZON + 1))
    ]


def test_only_forecasts_of_what_happened_are_scored_and_learned(made):
    split = made.dataset.split()
    train_end, validation_end = round(ROWS * 0.7), round(ROWS * 0.85)
    assert (split.train_end, split.validation_end) == (train_end, validation_end)
    assert split.validation.tolist() == expected_origins(made, train_end, validation_end)
    assert split.test.tolist() == expected_origins(made, validation_end, ROWS)
    assert split.train.tolist() == expected_origins(made, LOOKBACK, train_end)
    assert 0 < len(split.test) < ROWS - validation_end - HORIZON + 1
    counts = {part: len(every) - len(used) for part, every, used in split.origins()}
    assert made.dataset.notes == (
        f"forecasts with a filled value among their targets are left out: {counts['train']} of "
        f"{train_end - HORIZON - LOOKBACK + 1:,} in train, {counts['validation']} of "
        f"{validation_end - train_end - HORIZON + 1} in validation, {counts['test']} of "
        f"{ROWS - validation_end - HORIZON + 1} in test",
    )


def test_train_keeps_filled_targets_where_it_is_told_to(made, make_config):
    config = dataclasses.replace(made.config, windows=dataclasses.replace(made.config.windows, train_on_filled=True))
    split = SeriesDataset.of(config, made.dataset.series, LOOKBACK).split()
    assert len(split.train) == split.train_end - HORIZON - LOOKBACK + 1
    assert split.test.tolist() == made.dataset.split().test.tolist()
    assert split.fold(1).train_on_filled


def test_actual_values_baselines_and_scores_are_those_of_loops_over_the_rows(made):
    split, full = made.dataset.split(), made.full
    origins = split.test
    actual = np.array([[full[o + 1 + step] for step in range(HORIZON)] for o in origins])
    np.testing.assert_allclose(made.dataset.actual(origins), actual)
    forecasts = {
        "last_value": [[full[o]] * HORIZON for o in origins],
        "seasonal_naive": [[full[o + 1 - SEASON + step % SEASON] for step in range(HORIZON)] for o in origins],
        "linear": ridge_by_least_squares(made, origins),
    }
    found = made.dataset.baselines(origins)
    train = [row for row in range(SEASON, split.train_end) if row in made.kept and row - SEASON in made.kept]
    scale = np.mean([abs(full[row] - full[row - SEASON]) for row in train])
    for name, rows in forecasts.items():
        forecast = np.array(rows)
        np.testing.assert_allclose(found[name], forecast, rtol=1e-7, err_msg=name)
        error = actual - forecast
        by_hand = {
            "mae": np.mean(np.abs(error)),
            "rmse": np.sqrt(np.mean(error**2)),
            "mase": np.mean(np.abs(error)) / scale,
            "smape": 100 * np.mean(2 * np.abs(error) / (np.abs(actual) + np.abs(forecast))),
            "wape": 100 * np.abs(error).sum() / np.abs(actual).sum(),
            "medae": np.median(np.abs(error)),
            "bias": np.mean(forecast - actual),
        }
        scores = made.dataset.score(made.dataset.actual(origins), found[name])
        assert scores == pytest.approx(by_hand, rel=1e-6), name


def ridge_by_least_squares(made, origins):
    """The ridge by an augmented least squares problem over the forecasts of train that happened."""
    full, split, window, penalty = made.full, made.dataset.split(), 20, 0.1
    learned = expected_origins(made, window, split.train_end)
    inputs = np.array([full[o - window + 1 : o] - full[o] for o in learned])
    targets = np.array([full[o + 1 : o + 1 + HORIZON] - full[o] for o in learned])
    unit = np.sqrt(inputs.var(axis=0).mean())  # of the column, over all lags
    scaled, centre = inputs / unit, (inputs / unit).mean(axis=0)
    rows = np.vstack([scaled - centre, np.sqrt(penalty * len(learned)) * np.eye(window - 1)])
    right = np.vstack([targets - targets.mean(axis=0), np.zeros((window - 1, HORIZON))])
    coefficients = np.linalg.lstsq(rows, right, rcond=None)[0]
    asked = np.array([full[o - window + 1 : o] - full[o] for o in origins]) / unit - centre
    return full[origins][:, None] + asked @ coefficients + targets.mean(axis=0)


def test_a_network_that_outputs_nothing_forecasts_the_anchor_in_the_unit_of_the_data(made):
    params = TrialParams(**PLAIN, **{"window": 24, "anchor": "last", "scaler": "standard"})
    view = made.dataset.view(params)
    origins = made.dataset.split().test
    nothing = np.zeros((len(origins), HORIZON), np.float32)
    mean, deviation = (
        made.full[: made.dataset.split().train_end].mean(),
        made.full[: made.dataset.split().train_end].std(),
    )
    inputs = view.inputs[0].numpy(origins)
    by_hand = np.array([(made.full[o - 23 : o + 1] - made.full[o]) / deviation for o in origins])
    np.testing.assert_allclose(inputs[:, :, 0], by_hand, atol=2e-6)
    # An anchor that is taken off scaled values leaves their mean in the way back.
    np.testing.assert_allclose(view.inverse_transform(origins, nothing)[:, 0], made.full[origins], atol=1e-4)
    assert mean > 0


def test_where_no_forecast_happened_as_a_whole_the_mend_is_told(tmp_path, make_config):
    weeks = pd.date_range("2021-01-03", periods=80, freq="W")
    path = tmp_path / "weekly.csv"
    path.write_text("week,y\n" + "".join(f"{week:%Y-%m-%d},{row % 9}\n" for row, week in enumerate(weeks)))
    given = ("data=csv", f"data.path={path}", "data.target=y", "data.time=week", "data.frequency=D")
    config = make_config(*given, "data.missing=interpolate", "task.horizon=7")
    with pytest.raises(DataError, match=r"each forecast of the train part has a filled value.*data.frequency at which"):
        SeriesDataset.of(config, load(config.data), 10)
    config = make_config(*given, "data.missing=interpolate", "task.horizon=1")
    split = SeriesDataset.of(config, load(config.data), 10).split()
    assert {int(origin + 1) % 7 for origin in split.test} == {0}  # each target is a day that had a row
    config = make_config(*given[:-1], "data.frequency=W", "data.missing=error", "task.horizon=7")
    assert len(SeriesDataset.of(config, load(config.data), 10).split().test)  # the advice


@pytest.mark.parametrize("scaler", ["standard", "minmax", "robust", "none"])
def test_a_feature_that_is_constant_in_train_weighs_the_same_whatever_its_digits(tmp_path, make_config, scaler):
    """9.99 has a standard deviation of 5e-14 by rounding alone; divided by that, 8.99 was once -2e13."""
    seen = {}
    for level in (9.99, 25.0):
        rows = [f"{np.sin(row)},{level if row < 80 else level - 1}" for row in range(100)]
        path = tmp_path / f"price{level}.csv"
        path.write_text("y,price\n" + "\n".join(rows) + "\n")
        given = ("data=csv", f"data.path={path}", "data.target=y", "data.features=[price]", "data.season=null")
        config = make_config(*given, f"windows.scaler={scaler}")
        dataset = SeriesDataset.of(config, load(config.data), 5)
        view = dataset.view(TrialParams(**PLAIN, **{"window": 3, "anchor": "none", "scaler": scaler}))
        seen[level] = view.scaled[:, 1] if scaler != "none" else view.scaled[:, 1] - np.float32(level)
        assert f"column 'price' is {level:g} in all of train: nothing can be learned from it" in dataset.notes
    np.testing.assert_allclose(seen[9.99], seen[25.0], atol=1e-6)
    assert np.abs(seen[9.99]).max() == pytest.approx(1)
    if scaler != "none":
        np.testing.assert_array_equal(seen[9.99], seen[25.0])


def test_names_that_train_has_not_seen_are_none_of_the_known_ones_and_told(tmp_path, make_config):
    sky = ["rain" if row % 2 else "sun" for row in range(90)] + ["snow"] * 10
    path = tmp_path / "sky.csv"
    path.write_text("y,sky\n" + "".join(f"{np.sin(row)},{name}\n" for row, name in enumerate(sky)))
    config = make_config("data=csv", f"data.path={path}", "data.target=y", "data.features=[sky]", "data.season=null")
    dataset = SeriesDataset.of(config, load(config.data), 5)
    assert dataset.series.columns == ("y", "sky=rain", "sky=sun")
    assert dataset.series.values[-1, 1:].tolist() == [0, 0]
    assert dataset.series.reader.found.categories == {"sky": ["rain", "sun"]}
    assert dataset.notes == ("column 'sky': 'snow' is in 10 rows behind train alone; it is read as none of the names",)
