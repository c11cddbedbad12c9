"""Several series in one table: one network, no window over a border, each scaled and scored by itself."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from points import POINT
from seqsweep.data import load
from seqsweep.errors import DataError
from seqsweep.events import CALIBRATION
from seqsweep.tasks.forecast import Forecast, requests
from seqsweep.tasks.forecast.audit import audit, panel_pipeline
from seqsweep.tasks.forecast.by_series import by_series, in_sizes, lost, read_series, series_section, series_sentences
from seqsweep.tasks.forecast.dataset import SeriesDataset
from seqsweep.tasks.forecast.intervals import make_intervals
from seqsweep.tasks.forecast.metrics import METRICS
from seqsweep.tasks.forecast.panel_dataset import PanelDataset
from seqsweep.tasks.forecast.panel_intervals import adapted_to_all
from seqsweep.tasks.forecast.panel_split import make_panel_split
from seqsweep.tasks.forecast.windows import ANCHORS
from seqsweep.tasks.results import Heading, TestPredictions
from seqsweep.tasks.scaling import SCALERS

LOOKBACK, HORIZON = 12, 2
DAYS = pd.date_range("2023-01-01", periods=160)


def rows_of(store, item, first, count, level, seed):
    """Daily sales around a level, lifted by a promotion."""
    random = np.random.default_rng(seed)
    promo = random.random(count) < 0.2
    sales = level * (10 + 4 * promo + np.sin(np.arange(count)) + 0.1 * random.normal(size=count))
    days = DAYS[first : first + count].strftime("%Y-%m-%d")
    return pd.DataFrame(
        {"day": days, "store": store, "item": item, "sales": sales.round(4), "promo": promo.astype(int)}
    )


def shops():
    """Three series of other starts, ends and sizes, one that is too short, one that ended before the test part."""
    return pd.concat(
        [
            rows_of("a", "x", 0, 160, 1.0, 1),
            rows_of("a", "y", 10, 150, 100.0, 2),
            rows_of("b", "x", 30, 128, 0.01, 3),
            rows_of("b", "tiny", 150, 9, 1.0, 4),
            rows_of("c", "ended", 0, 120, 5.0, 5),
        ]
    )


@pytest.fixture
def make_panel(make_config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # one path for all, so that a config is composed once

    def make(*overrides, frame=None, lookback=LOOKBACK, kind=PanelDataset, series="[store,item]"):
        (shops() if frame is None else frame).to_csv("shops.csv", index=False)
        roles = ("data.target=sales", "data.time=day", f"data.series={series}", "data.known_future=[promo]")
        given = ("data=csv", "data.path=shops.csv", *roles, f"task.horizon={HORIZON}")
        config = make_config(*given, "task.ridge_windows=[1,6]", "data.season=7", "windows.test=0.1", *overrides)
        config.data.path = str(tmp_path / "shops.csv")  # composed once for all tests
        return kind.of(config, load(config.data), lookback)

    return make


def test_trials_and_seeds_that_see_the_same_values_share_one_ridge(make_panel):
    data = make_panel("search_space.linear_skip=ridge")
    ridge = POINT.replace(window=3, linear_skip="ridge", linear_window=None, scaler="standard")
    path = data.view(ridge).path
    assert data.view(ridge.replace(units=(4,))).path is path
    assert not np.array_equal(data.view(ridge.replace(scaler="minmax")).path.weights, path.weights)
    assert data.view(ridge.replace(linear_window=1)).path.window == 1
    assert not np.array_equal(data.view(ridge, fold=1).path.weights, path.weights)


def test_rows_of_a_series_lie_together_by_name_and_time(make_panel):
    mixed = shops().sample(frac=1, random_state=0)
    series = make_panel("data.sort=true", frame=mixed).series
    assert series.names == (("a", "x"), ("a", "y"), ("b", "tiny"), ("b", "x"), ("c", "ended"))
    assert [member.rows for member in series.members] == [160, 150, 9, 128, 120]
    assert all((np.diff(member.index) > np.timedelta64(0)).all() for member in series.members)
    assert series.sha256 == make_panel().series.sha256


def test_no_window_and_no_target_crosses_a_border_and_one_date_parts_all(make_panel):
    data = make_panel()
    parts, series = data.parts, data.series
    begins = {part: parts.times[end] for part, end in (("test", parts.whole.validation_end),)}
    for part in ("train", "validation", "test"):
        items = getattr(parts, part)
        owners = parts.owners(items)
        assert (parts.owners(items - LOOKBACK + 1) == owners).all()
        assert (parts.owners(items + HORIZON) == owners).all()
    targets = series.index[parts.test[:, None] + np.arange(1, HORIZON + 1)]
    assert targets.min() >= begins["test"]
    assert series.index[parts.validation + HORIZON].max() < begins["test"]
    assert series.index[parts.train + HORIZON].max() < series.index[parts.validation + 1].min()


def test_what_is_too_short_or_ended_is_told_and_has_no_items_there(make_panel):
    data = make_panel()
    told = " ".join(data.notes)
    assert "1 of 5 series left out, with fewer than 14 rows of train" in told
    assert "'b / tiny'" in told
    assert "1 of 5 series without a forecast in test: 'c / ended'" in told
    names = [data.series.members[number].name for number, _ in data.parts.by_series(data.parts.train)]
    assert names == ["a / x", "a / y", "b / x", "c / ended"]


@pytest.mark.parametrize("scaler", SCALERS)
@pytest.mark.parametrize("scope", ["series", "all"])
def test_each_series_is_scaled_by_itself_or_all_together(scope, scaler, make_panel):
    data = make_panel(f"windows.scope={scope}")
    view = data.view(POINT.replace(window=5, scaler=scaler, anchor="none"))
    number = 1
    member, part = data.series.members[number], data.parts.members[number]
    learned = member.values[: part.train_end]
    if scope == "all":
        pieces = zip(data.series.members, data.parts.members, strict=True)
        learned = np.concatenate([one.values[: split.train_end] for one, split in pieces if split.train_end])
    offset, scale = SCALERS[scaler](learned)
    rows = slice(data.parts.starts[number], data.parts.starts[number] + member.rows)
    expected = (member.values - offset) / np.where(scale == 0, 1, scale)
    np.testing.assert_allclose(view.scaled[rows], expected, rtol=1e-4, atol=1e-5)


def test_a_trial_says_how_series_are_scaled_where_that_is_searched(make_panel):
    data = make_panel()
    series, together = (data.view(POINT.replace(window=5, scope=scope)) for scope in ("series", "all"))
    assert len({transform.scale[0] for transform in series.transforms[:2]}) == 2
    assert {transform.scale[0] for transform in together.transforms} == {together.transform.scale[0]}
    known = requests.make_spec(data, together, POINT.replace(window=5, scope="all"), [])["panel"]
    assert known["by_itself"] is False


def test_a_short_series_has_no_say_in_scales_unless_it_is_kept_for_them(make_panel):
    short = pd.concat([shops(), rows_of("d", "short", 100, 12, 1e6, 6)])  # 10 rows of train
    out, kept = (make_panel(f"windows.short_series={how}", frame=short) for how in ("left_out", "scaling"))
    assert "left out" in " ".join(out.notes)
    assert "kept for scaling alone" in " ".join(kept.notes)
    params = POINT.replace(window=5, scope="all")
    scales = [data.view(params).transform.scale[0] for data in (out, kept)]
    assert scales[1] > 100 * scales[0]
    assert out.parts.train.tolist() == kept.parts.train.tolist()
    for data, is_known in ((out, False), (kept, True)):
        known = requests.make_spec(data, data.view(POINT.replace(window=5)), POINT.replace(window=5), [])["panel"]
        assert ('["d", "short"]' in known["known"]) is is_known


@pytest.mark.parametrize("anchor", ANCHORS)
@pytest.mark.parametrize("change", [{}, {"difference": 1}, {"seasonal_difference": 1}, {"log1p": True}], ids=str)
def test_outputs_come_back_in_the_unit_of_each_series(change, anchor, make_panel):
    data = make_panel()
    view = data.view(POINT.replace(window=4, anchor=anchor, **change))
    for part in ("train", "validation", "test"):
        items = getattr(data.parts, part)
        said = view.inverse_transform(items, view.targets.numpy(items))
        np.testing.assert_allclose(said, data.actual(items), rtol=2e-3)


def pair(make_panel, *overrides):
    """One series as a panel of one, and without `data.series`."""
    frame = rows_of("a", "x", 0, 160, 3.0, 7)
    shared = [override for override in overrides if "scope" not in override]
    return make_panel(*overrides, frame=frame), make_panel(*shared, frame=frame, kind=SeriesDataset, series="[]")


@pytest.mark.parametrize("change", [{}, {"difference": 1}, {"log1p": True}, {"clip_quantile": 0.9}], ids=str)
@pytest.mark.parametrize(("anchor", "scaler"), [("none", "standard"), ("last", "robust"), ("mean", "minmax")])
@pytest.mark.parametrize("scope", ["series", "all"])
def test_a_panel_of_one_is_seen_as_that_one_to_the_bit(scope, anchor, scaler, change, make_panel):
    panel, plain = pair(make_panel, f"windows.scope={scope}")
    params = POINT.replace(window=6, anchor=anchor, scaler=scaler, **change)
    for fold in (0, 1):
        ours, theirs = panel.view(params, fold), plain.view(params, fold)
        for part in ("train", "validation", "test"):
            items = getattr(theirs.split, part)
            np.testing.assert_array_equal(getattr(ours.split, part), items)
            for one, other in zip((*ours.inputs, ours.targets), (*theirs.inputs, theirs.targets), strict=True):
                np.testing.assert_array_equal(one.numpy(items), other.numpy(items))
            if len(items):
                said = np.random.default_rng(0).normal(size=(len(items), HORIZON)).astype(np.float32)
                np.testing.assert_array_equal(
                    ours.inverse_transform(items, said), theirs.inverse_transform(items, said)
                )


def test_a_panel_of_one_is_scored_and_compared_as_that_one_to_the_bit(make_panel):
    metrics = "task.metrics=[mae,rmse,mase,smape,wape,medae,bias]"
    baselines = "task.baselines=[last_value,seasonal_naive,train_mean,train_median,moving_average,drift,linear]"
    panel, plain = pair(make_panel, metrics, baselines)
    items = plain.parts.test
    actual, ours, theirs = plain.actual(items), panel.baselines(items), plain.baselines(items)
    assert panel.sha256 == plain.sha256
    assert list(ours) == list(theirs)
    for name in theirs:
        np.testing.assert_array_equal(ours[name], theirs[name])
        assert panel.score(actual, ours[name], items=items) == plain.score(actual, theirs[name])
    verdicts = [
        Forecast(data.config).compare_on(data, items, actual, ours["linear"], ours["last_value"], 0.95)
        for data in (panel, plain)
    ]
    assert verdicts[0] == verdicts[1]


RIDGE = POINT.replace(window=4, linear_skip="ridge", linear_window=None, linear_trainable=False)


@pytest.mark.parametrize("change", [{}, {"difference": 1}], ids=str)
def test_a_ridge_in_the_network_of_a_panel_of_one_is_that_one_to_the_bit(change, make_panel):
    panel, plain = (data.view(RIDGE.replace(**change)) for data in pair(make_panel))
    np.testing.assert_array_equal(panel.path.weights, plain.path.weights)
    assert panel.window == plain.window


def test_what_serves_has_the_ridge_of_all_rows_as_validation_chose_it(make_panel):
    data = make_panel()
    chosen, all_rows = data.view(RIDGE).path, data.whole().view(RIDGE).path
    assert (all_rows.fit.window, all_rows.fit.penalty) == (chosen.fit.window, chosen.fit.penalty)
    assert np.abs(all_rows.weights - chosen.weights).max() > 0
    assert list(data.whole().parts.by_series(data.whole().parts.validation)) == []


@pytest.mark.parametrize("change", [{}, {"difference": 1}, {"anchor": "mean"}], ids=str)
def test_a_network_of_several_series_begins_as_their_ridge(change, make_panel):
    data = make_panel()
    view = data.view(RIDGE.replace(**change))
    items = data.parts.test
    read = [gather.numpy(items).reshape(len(items), -1) for gather in view.inputs]
    assert view.window == view.path.window
    outputs = np.concatenate(read, axis=1) @ view.path.weights + view.path.bias
    said, actual = view.inverse_transform(items, outputs.astype(np.float32)), data.actual(items)
    owners = data.parts.owners(items)
    for number in np.unique(owners):
        rows = owners == number
        assert np.abs(actual[rows] - said[rows]).mean() < 0.08 * np.abs(actual[rows]).mean()  # a promotion is 0.4 of it


def test_the_end_of_train_is_held_out_of_each_series_by_one_date(make_panel):
    data = make_panel()
    fold, held = data.parts.fold(CALIBRATION), data.held
    assert set(np.unique(data.parts.owners(held))) == {0, 1, 3, 4}
    targets = data.series.index[held[:, None] + np.arange(1, HORIZON + 1)]
    assert data.series.index[fold.train + HORIZON].max() < targets.min()
    assert targets.max() < data.series.index[data.parts.validation + 1].min()
    panel, plain = pair(make_panel)
    np.testing.assert_array_equal(panel.held, plain.held)


def seen_of(data, off):
    """Predictions whose errors in test are wider than those that are known before."""
    random = np.random.default_rng(0)
    actual = [data.actual(items) for items in (data.parts.validation, data.parts.test, data.held)]
    said = [one + wide * random.normal(size=one.shape) for one, wide in zip(actual, (1, off, 1), strict=True)]
    return TestPredictions(
        data.parts.validation,
        actual[0],
        said[0],
        data.parts.test,
        actual[1],
        said[1],
        None,
        calibration_actual=actual[2],
        calibration_predicted=said[2],
    )


def test_a_level_that_adapts_along_a_panel_of_one_is_that_of_one_series_to_the_bit(make_panel):
    data, plain = pair(make_panel)
    seen = seen_of(plain, 3.0)
    (fixed,), (expected,) = make_intervals(seen, [0.8]), make_intervals(seen, [0.8], 0.05)
    assert adapted_to_all(fixed, data, seen, 0.05) == expected


def test_a_level_adapts_to_what_all_series_missed(make_panel):
    data = make_panel()
    (fixed,) = make_intervals(seen_of(data, 3.0), [0.8])
    found = adapted_to_all(fixed, data, seen_of(data, 3.0), 0.1)
    assert fixed["coverage"] + 0.1 < found["coverage"] < 0.95
    assert found["half_widths"][0] > fixed["half_widths"][0]


def test_scores_are_means_over_series_and_wape_is_of_all(make_panel):
    data = make_panel()
    items = data.parts.validation
    actual = data.actual(items)
    said = data.baselines(items)["last_value"]
    owners = data.parts.owners(items)
    for name in ("mae", "rmse", "mase"):
        each = [
            METRICS[name](actual[owners == number], said[owners == number], data.mase_scales[number])
            for number in np.unique(owners)
        ]
        assert data.score(actual, said, [name], items)[name] == np.mean(each)
    assert data.score(actual, said, ["wape"], items)["wape"] == METRICS["wape"](actual, said, 1.0)


def test_baselines_of_a_series_do_not_know_the_others(make_panel):
    asked = "task.baselines=[last_value,seasonal_naive,train_mean,moving_average,drift,linear]"
    other = shops()
    other.loc[(other["store"] == "a") & (other["item"] == "y"), "sales"] *= 7
    data, changed = make_panel(asked), make_panel(asked, frame=other)
    items = data.parts.test
    mine = data.parts.owners(items) != 1
    for name, said in data.baselines(items).items():
        if name != "linear":  # one for all of them
            np.testing.assert_array_equal(said[mine], changed.baselines(items)[name][mine])


def test_one_ridge_meets_the_promotions_of_small_and_large_series(make_panel):
    data = make_panel()
    items = data.parts.test
    actual, said = data.actual(items), data.baselines(items)["linear"]
    owners = data.parts.owners(items)
    for number in np.unique(owners):
        rows = owners == number
        level = np.abs(actual[rows]).mean()
        assert np.abs(actual[rows] - said[rows]).mean() < 0.08 * level  # a promotion is 0.4 of it


def test_the_audit_finds_nothing_in_the_pipeline_and_a_scale_of_all_rows(make_panel):
    data = make_panel()
    params = POINT.replace(window=5, anchor="last")

    def split(series):
        return make_panel_split(series, data.config.windows, HORIZON, LOOKBACK)

    windows = data.config.windows
    for scope in ("series", "all"):
        assert audit(data.series, split, panel_pipeline(params.replace(scope=scope), 7, windows)).passed
    path = data.view(RIDGE).path
    assert audit(data.series, split, panel_pipeline(RIDGE, 7, windows, data.ridge_of(RIDGE).fixed(path))).passed

    def leaks(series, parts):
        view = panel_pipeline(params, 7, windows)(series, parts)
        first = view.transforms[0]
        moved = dataclasses.replace(first, scale=first.scale * series.values[:, 0].std())
        return dataclasses.replace(view, transforms=(moved, *view.transforms[1:]))

    found = audit(data.series, split, leaks)
    assert not found.passed
    assert "the transform's scale moved" in found.findings[0]


def test_a_sweep_says_what_each_series_comes_to(make_panel):
    data = make_panel()
    items, past = data.parts.test, data.parts.validation
    actual, best = data.actual(items), data.baselines(items)["linear"]
    network = actual * np.where(data.parts.owners(items) == 0, 1.5, 1.0)[:, None]
    seen = TestPredictions(past, data.actual(past), data.actual(past), items, actual, network, best)
    each = read_series({"series": by_series(data, seen, "mae")})
    heading = Heading("1 LSTM", "sales", METRICS["mae"], "linear")
    assert [score.name for score in lost(METRICS["mae"], each)] == ["a / x"]
    told = " ".join(series_sentences(heading, each))
    assert "In 1 of 3 series linear is better, most in a / x." in told
    assert "linear is better in 1 of them: a / x." in series_section(heading, each).blocks[1]
    sized = in_sizes(data, seen)
    spreads = [sized.test_actual[data.parts.owners(items) == number].std() for number in (0, 1, 3)]
    assert max(spreads) < 2 * min(spreads)


REFUSED = {
    "twice": (
        lambda frame: pd.concat([frame, frame[:1]]),
        "[store,item]",
        "line 569, column 'day': 2023-01-01 follows",
    ),
    "a series a row": (lambda frame: frame.assign(number=range(567)), "[number]", "has 567 different ones in 567 rows"),
    "no name": (
        lambda frame: frame.assign(store=frame["store"].where(frame["item"] != "tiny")),
        "[store,item]",
        "column 'store': the series has no name",
    ),
    "a single row": (lambda frame: frame[:1], "[store,item]", "column 'sales': there is a single row with a value"),
    "too short": (lambda frame: frame[:10], "[store,item]", "no series has a forecast in its"),
    "no column": (lambda frame: frame, "[shop]", r"data\.series=shop: .* has no such column; possible: day, store"),
}


@pytest.mark.parametrize(("change", "series", "expected"), REFUSED.values(), ids=REFUSED)
def test_series_that_are_none_are_refused(change, series, expected, make_panel):
    with pytest.raises(DataError, match=expected):
        make_panel(frame=change(shops()), series=series)


@pytest.mark.parametrize(("known", "least", "most"), [("[promo]", 0.3, 0.45), ("[]", 0.8, 1.2)])
def test_of_the_bundled_shops_a_ridge_meets_promotions_that_it_is_told_of(known, least, most, make_config):
    roles = ("data=shops", f"data.known_future={known}", "data.calendar=[weekday]")
    config = make_config(*roles, "task.horizon=7", "task.objective=mase", "task.ridge_windows=[7,14]")
    data = PanelDataset.of(config, load(config.data), 28)
    assert (len(data.series.names), data.rows, data.notes) == (12, 5604, ())
    items = data.parts.test
    found = data.score(data.actual(items), data.baselines(items)["linear"], ["mase"], items)["mase"]
    assert least <= found <= most
