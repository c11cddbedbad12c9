"""The leak audit: real pipelines pass, every planted leak is caught and named."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import pytest

from points import POINT
from seqsweep.serving.gather import Gather
from seqsweep.tasks.forecast import Forecast
from seqsweep.tasks.forecast import audit as module
from seqsweep.tasks.forecast.audit import audit, pipeline
from seqsweep.tasks.forecast.split import Split, make_split
from seqsweep.tasks.forecast.windows import ANCHORS
from seqsweep.tasks.scaling import SCALERS

SEASON = 12


def params_of(**changes):
    return POINT.replace(window=10, **changes)


@pytest.fixture
def splitter(make_config):
    """Series → split, by fractions, for a horizon."""

    def make(horizon=1, max_lookback=40):
        return lambda series: make_split(series, make_config().windows, horizon, max_lookback)

    return make


def wide(make_series):
    values = np.random.default_rng(7).gamma(2.0, 10.0, size=(240, 3))
    return make_series(values)


def linear(windows, origins):
    """A stand-in for a network: a fixed linear map of the window, put back in the unit of the data."""
    inputs = windows.inputs[0].numpy(origins)
    weights = np.random.default_rng(0).normal(size=(inputs[0].size, windows.split.horizon)).astype(np.float32)
    return windows.inverse_transform(origins, np.einsum("nk,kh->nh", inputs.reshape(len(inputs), -1), weights))


# The real pipeline


@pytest.mark.parametrize("horizon", [1, 3])
@pytest.mark.parametrize("anchor", sorted(ANCHORS))
@pytest.mark.parametrize("scaler", sorted(SCALERS))
@pytest.mark.parametrize(
    "transform",
    [{}, {"log1p": True}, {"difference": 1}, {"seasonal_difference": 1}, {"clip_quantile": 0.9},
     {"log1p": True, "difference": 1, "seasonal_difference": 1, "clip_quantile": 0.95}],
    ids="+".join,
)  # fmt: skip
def test_the_real_pipeline_passes(transform, scaler, anchor, horizon, splitter, make_series):
    see = pipeline(params_of(scaler=scaler, anchor=anchor, **transform), SEASON)
    for series in (make_series(), wide(make_series)):
        verdict = audit(series, splitter(horizon), see, linear)
        assert verdict.findings == ()
        assert verdict.passed
        assert len(verdict.cuts) == 5


def test_the_cuts_begin_validation_and_test_and_lie_within_both(splitter, make_series):
    split = splitter()(make_series())
    verdict = audit(make_series(), splitter(), pipeline(params_of(), SEASON))
    assert {split.train_end, split.validation_end} < set(verdict.cuts)
    assert sum(split.train_end < cut < split.validation_end for cut in verdict.cuts) == 2
    assert sum(split.validation_end < cut < split.rows for cut in verdict.cuts) == 1


@pytest.mark.parametrize(
    ("ends", "cuts"),
    [
        ((150, 180, 240), (150, 160, 170, 180, 210)),
        ((150, 181, 240), (150, 160, 170, 181, 210)),  # 31 // 3, 62 // 3, 59 // 2 rows into a part
        ((150, 182, 241), (150, 160, 171, 182, 211)),
        ((150, 151, 152), (150, 151)),
        ((150, 180, 180), (150, 160, 170)),  # a fold without a test part
    ],
)
def test_the_cuts_lie_where_the_parts_begin_and_by_thirds_and_halves_of_them(ends, cuts, make_series):
    split = Split(*ends, max_lookback=40, horizon=1)
    verdict = audit(make_series(rows=ends[-1]), lambda series: split, pipeline(params_of(), SEASON))
    assert (verdict.passed, verdict.cuts) == (True, cuts)


@pytest.mark.keras
@pytest.mark.parametrize("leaks", [False, True])
def test_the_forecasts_of_a_trained_network_are_judged(leaks, splitter, make_config, make_series):
    from seqsweep import model
    from seqsweep.trial.learner import Learner

    config, series = make_config(), make_series()
    params, split = params_of(layer="lstm", anchor="last"), splitter(3)(series)
    see = pipeline(params, SEASON)
    config.task.horizon = 3
    network = model.build(Forecast(config), see(series, split), params, 0)
    Learner(network, see(series, split), 32).train(split.train)

    def forecast(windows, origins):
        shifted = np.minimum(origins + leaks, split.rows - 1)  # a window that ends one row too late
        return windows.inverse_transform(origins, Learner(network, windows, 32).predict(shifted))

    verdict = audit(series, splitter(3), see, forecast)
    assert verdict.passed is not leaks
    assert len(verdict.findings) == (5 if leaks else 0)


# Planted leaks


def findings(series, splitter, see, forecast=None):
    verdict = audit(series, splitter, see, forecast)
    assert not verdict.passed
    assert all(f"row {cut}" in " ".join(verdict.findings) for cut in verdict.cuts[:1])
    return "\n".join(verdict.findings)


@pytest.mark.parametrize("scaler", ["minmax", "standard", "robust"])
@pytest.mark.parametrize("anchor", ["none", "mean"])
def test_a_scaler_fitted_on_the_whole_series_is_caught(anchor, scaler, splitter, make_series):
    def see(series, split):
        whole = dataclasses.replace(split, train_end=split.rows)
        made = pipeline(params_of(scaler=scaler, anchor=anchor), SEASON)(series, whole)
        return dataclasses.replace(made, split=split)

    found = findings(make_series(), splitter(), see)
    assert "the transform's offset and scale moved: it is fitted on more than train" in found
    assert "the scaled rows before it moved, first at row 0" in found
    assert ("anchors before it moved" in found) is (anchor == "mean")


def test_a_clip_by_the_whole_series_is_caught_at_every_cut(splitter, make_series):
    def see(series, split):
        made = pipeline(params_of(scaler="none", clip_quantile=0.9), SEASON)(series, split)
        low, high = np.quantile(series.values[:, 0], [0.1, 0.9])
        transform = dataclasses.replace(made.transform, clip=(float(low), float(high)))
        return dataclasses.replace(made, transform=transform)

    assert findings(make_series(), splitter(), see).count("the transform's clip moved") == 5


@dataclass(frozen=True)
class AcrossLayout(Split):
    """Training windows up to the very end of train, so that their targets are validation's."""

    @property
    def train(self):
        return np.arange(self.max_lookback - 1, self.train_end, dtype=np.int64)


@dataclass(frozen=True)
class ShuffledSplit(Split):
    """Training origins drawn from the whole series, validation from what is left."""

    @property
    def _order(self):
        return np.random.default_rng(0).permutation(
            np.arange(self.max_lookback - 1, self.rows - self.horizon, dtype=np.int64)
        )

    @property
    def train(self):
        return self._order[: self.train_end - self.max_lookback]

    @property
    def validation(self):
        return self._order[self.train_end - self.max_lookback : self.validation_end - self.max_lookback]


def as_kind(splitter, kind):
    return lambda series: kind(**dataclasses.asdict(splitter(series)))


@pytest.mark.parametrize("horizon", [1, 3])
def test_training_windows_across_the_split_are_caught(horizon, splitter, make_series):
    real = splitter(horizon)
    found = findings(make_series(), as_kind(real, AcrossLayout), pipeline(params_of(), SEASON))
    split = real(make_series())
    assert f"{horizon} of {split.train_end - 39} forecasts of the train part have targets outside its rows" in found
    assert f"row {split.train_end} on, the training targets moved, first at origin {split.train_end - horizon}" in found
    assert "training inputs" not in found


def test_a_shuffled_split_is_caught(splitter, make_series):
    found = findings(make_series(), as_kind(splitter(), ShuffledSplit), pipeline(params_of(), SEASON))
    assert "forecasts of the train part have targets outside its rows" in found
    assert "forecasts of the validation part have targets outside its rows" in found
    assert "the split is not by time" in found
    assert "the training inputs moved" in found
    assert "the training targets moved" in found


def test_a_split_that_depends_on_later_values_is_caught(splitter, make_series):
    def by_value(series):
        split = splitter()(series)
        return dataclasses.replace(split, train_end=150 + int(abs(series.values[-1, 0]) * 1000) % 10)

    assert "the split moved" in findings(make_series(), by_value, pipeline(params_of(), SEASON))


@dataclass(frozen=True)
class OwnSplit(Split):
    """Parts made in a way of their own: from other rows than the numbers say."""

    first: int

    @property
    def train(self):
        return np.arange(self.first, 140, dtype=np.int64)

    @property
    def validation(self):
        return np.arange(160, 170, dtype=np.int64)


@pytest.mark.parametrize("moves", ["a number alone", "a part alone"])
def test_a_split_is_compared_by_its_numbers_and_by_its_parts(moves, splitter, make_series):
    def by_value(series):
        by = int(series.values[-1, 0] * 1000) % 10
        ends = {"train_end": 150 + (by if moves == "a number alone" else 0), "validation_end": 190, "rows": 240}
        return OwnSplit(**ends, max_lookback=40, horizon=1, first=50 + (by if moves == "a part alone" else 0))

    assert "the split moved" in findings(make_series(), by_value, pipeline(params_of(), SEASON))


def by_last_value(usual, other):
    """A pipeline that is another one where the series does not end as it should."""
    end = []

    def see(series, split):
        end.append(series.values[-1, 0])
        return pipeline(usual if end[-1] == end[0] else other, SEASON)(series, split)

    return see


def test_windows_that_change_their_length_are_caught(splitter, make_series):
    see = by_last_value(params_of(), params_of().replace(window=11))
    found = findings(make_series(), splitter(), see)
    assert "the training inputs changed from (128, 10, 1) float32 to (128, 11, 1) float32" in found


@pytest.mark.parametrize("anchors", [("none", "mean"), ("mean", "none")])
def test_anchors_that_come_or_go_are_caught(anchors, splitter, make_series):
    see = by_last_value(*(params_of(anchor=anchor) for anchor in anchors))
    assert "row 168 on, anchors appeared or vanished" in findings(make_series(), splitter(), see)


class AheadGather(Gather):
    """Windows that end one row too late."""

    def numpy(self, items):
        return super().numpy(np.minimum(items + 1, len(self.array) - 1))


def with_inputs(see, kind):
    """The same pipeline with inputs of another kind."""

    def changed(series, split):
        made = see(series, split)
        (read,) = made.inputs
        made.__dict__["inputs"] = (kind(read.array, read.offsets, read.anchors),)
        return made

    return changed


def test_windows_that_hold_the_row_to_forecast_are_caught(splitter, make_series):
    verdict = audit(make_series(), splitter(), with_inputs(pipeline(params_of(), SEASON), AheadGather))
    last = [
        f"row {cut} on, the inputs of origins before that row moved, first at origin {cut - 1}" for cut in verdict.cuts
    ]
    assert len(verdict.findings) == len(last)
    assert all(place in found for place, found in zip(last, verdict.findings, strict=True))


@pytest.mark.parametrize("ahead", [1, 3])
@pytest.mark.parametrize("clip_quantile", [None, 0.9])
def test_a_forecaster_that_peeks_behind_the_origin_is_caught(clip_quantile, ahead, splitter, make_series):
    def peek(windows, origins):
        return linear(windows, origins) + 1e-6 * windows.scaled[np.minimum(origins + ahead, 239), :1]

    see = pipeline(params_of(clip_quantile=clip_quantile), SEASON)
    verdict = audit(make_series(), splitter(), see, peek)
    assert not verdict.passed
    assert all("the forecasts from origins before that row moved" in found for found in verdict.findings)
    first = f"row {verdict.cuts[0]} on, the forecasts from origins before that row moved, first at origin "
    assert verdict.findings[0].startswith(f"with noise from {first}")


def test_a_peek_by_one_row_is_caught_in_a_long_series_though_few_origins_are_asked(splitter, make_series):
    series = make_series(np.random.default_rng(3).normal(size=20_000))
    asked = []

    def peek(windows, origins):
        asked.append(origins)
        return windows.values[np.minimum(origins + 1, 19_999)]

    verdict = audit(series, splitter(), pipeline(params_of(), SEASON), peek)
    assert len(verdict.findings) == 5
    for cut, origins in zip(verdict.cuts, asked[::2], strict=True):
        assert len(origins) == len(set(origins.tolist())) == 2000
        assert (origins[0], origins[-1]) == (39, cut - 1)
        assert np.array_equal(origins[-1000:], np.arange(cut - 1000, cut))


@pytest.mark.parametrize(("before", "asked"), [(1999, 1999), (2000, 2000), (2001, 2000)])
def test_up_to_two_thousand_origins_before_a_cut_are_all_asked(before, asked, make_series):
    cut = 39 + before  # the first origin has a window of 40 rows behind it
    split = Split(cut, cut + 1, cut + 1, max_lookback=40, horizon=1)
    heard = []

    def forecast(windows, origins):
        heard.append(origins)
        return linear(windows, origins)

    verdict = audit(make_series(rows=cut + 1), lambda series: split, pipeline(params_of(), SEASON), forecast)
    assert verdict.passed
    assert len(np.unique(heard[0])) == asked
    assert (heard[0][0], heard[0][-1]) == (39, cut - 1)


def test_a_pipeline_that_ignores_its_series_does_not_pass(splitter, make_series):
    first = make_series()
    real = pipeline(params_of(), SEASON)
    assert "ignores its series" in findings(first, splitter(), lambda series, split: real(first, split))


def test_a_train_part_without_forecasts_does_not_pass(make_series):
    empty = Split(train_end=30, validation_end=200, rows=240, max_lookback=40, horizon=1)
    assert "the train part holds no forecast" in "\n".join(
        audit(make_series(), lambda series: empty, pipeline(params_of(), SEASON)).findings
    )


def test_a_forecaster_that_answers_another_question_is_refused(splitter, make_series):
    with pytest.raises(ValueError, match="received 3"):
        audit(make_series(), splitter(), pipeline(params_of(), SEASON), lambda windows, origins: np.zeros((3, 1)))


# Noise


@pytest.mark.parametrize(("shift", "floor"), [(0.0, 0.0), (50.0, 0.0), (-0.5, -0.5), (-80.0, -np.inf)])
def test_noise_leaves_the_range_of_the_data_but_not_that_of_logarithms(shift, floor, make_series):
    values = np.random.default_rng(1).uniform(0, 1, size=(400, 2))
    values[7] = 0.0
    series = make_series(values + shift)
    noisy = module._replaced(series, np.arange(100), 100, 0)
    assert np.array_equal(noisy.values[:100], series.values[:100])
    assert (noisy.values[100:] != series.values[100:]).all()
    assert noisy.values[100:].min() >= floor
    assert (noisy.values[100:].max(axis=0) > series.values.max(axis=0) + 1).all()
    assert noisy.values.std() < 10 * series.values[:, 0].std() + 5
    assert noisy.sha256 != series.sha256


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_noise_is_as_wide_as_the_data_are(size, make_series):
    series = make_series(np.random.default_rng(1).uniform(-size, size, size=(400, 1)) - 80)
    noise = module._replaced(series, np.arange(100), 100, 0).values[100:]
    assert noise.std() == pytest.approx(4 * size, rel=0.2)  # twice the range


def test_inputs_are_gathered_a_part_at_a_time(monkeypatch, splitter, make_series):
    monkeypatch.setattr(module, "_CHUNK", 1000)
    sizes = []

    class Watched(Gather):
        def numpy(self, items):
            sizes.append(len(items))
            return super().numpy(items)

    assert audit(make_series(), splitter(), with_inputs(pipeline(params_of(), SEASON), Watched)).passed
    assert max(sizes) == 100  # 1000 numbers, windows of 10 rows and one column


def test_bits_are_compared_not_values():
    assert module._same(np.array([np.nan]), np.array([np.nan]))
    assert not module._same(np.array([0.0]), np.array([-0.0]))
    assert not module._same(np.zeros(1), np.zeros(1, np.float32))
