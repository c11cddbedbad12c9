"""Forecasts from single origins over the whole horizon, and the next one behind the last row."""

from __future__ import annotations

import base64
import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from points import POINT
from seqsweep.data import load
from seqsweep.html import theme
from seqsweep.tasks.forecast import Forecast, requests
from seqsweep.tasks.forecast.ahead import next_forecasts
from seqsweep.tasks.forecast.by_series import by_series
from seqsweep.tasks.forecast.choices import Choice, figure_of
from seqsweep.tasks.forecast.dataset import SeriesDataset
from seqsweep.tasks.forecast.intervals import make_intervals
from seqsweep.tasks.forecast.metrics import METRICS
from seqsweep.tasks.forecast.panel_dataset import PanelDataset
from seqsweep.tasks.forecast.predictor import ForecastPredictor
from seqsweep.tasks.results import Heading, TestPredictions

HORIZON = 3
PARAMS = POINT.replace(window=5, anchor="last")
HEADING = Heading("1 LSTM", "sales", METRICS["mae"], "last_value")


def table(shops, ahead):
    """A walk a shop, each of another size, with promotions also of the days behind."""
    parts = []
    for number, shop in enumerate(shops):
        days = pd.date_range("2023-01-01", periods=100 + ahead).strftime("%Y-%m-%d")
        random = np.random.default_rng(number)
        sales = (10**number * (20 + random.normal(size=100).cumsum())).round(3)
        behind = np.concatenate([sales, np.full(ahead, np.nan)])
        parts.append(
            pd.DataFrame({"day": days, "shop": shop, "sales": behind, "promo": random.integers(0, 2, 100 + ahead)})
        )
    return pd.concat(parts, ignore_index=True)


@pytest.fixture
def read(make_config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # one path for all, so that a config is composed once

    def make(shops=("a", "b", "c"), *overrides, ahead=0, horizon=HORIZON):
        table(shops, ahead).to_csv("shops.csv", index=False)
        several = ["data.series=[shop]"] if len(shops) > 1 else []
        given = ("data=csv", "data.path=shops.csv", "data.target=sales", "data.time=day", *several)
        config = make_config(*given, f"task.horizon={horizon}", "data.season=null", *overrides)
        kind = PanelDataset if several else SeriesDataset
        return kind.of(config, load(config.data), 8)

    return make


def seen_of(data):
    """Predictions that miss each test target by as much as its origin lies behind the first."""
    task, items = Forecast(data.config), data.parts.test
    actual = data.actual(items)
    off = (items - items.min())[:, None] * np.ones((1, actual.shape[1]))
    past = data.actual(data.parts.validation)
    return TestPredictions(
        data.parts.validation, past, past + 1, items, actual, actual + off, actual + 1.0, task.kept_arrays(data)
    )


def sections_of(data, **more):
    seen = seen_of(data)
    details = {"intervals": make_intervals(seen, [0.8]), **more}
    if isinstance(data, PanelDataset):
        details["series"] = by_series(data, seen, "mae")
    return {section.key: section for section in Forecast.sections(HEADING, json.loads(json.dumps(details)), seen)}


def figures(section):
    """What plotly is told of each figure in a section."""
    found = []
    for block in section.blocks:
        _, _, rest = str(block).partition('<script type="application/json">')
        if rest:
            found.append(json.loads(rest.partition("</script>")[0]))
    return found


def numbers(packed):
    """Values as plotly packs them."""
    return np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"])


def shown(figure, button):
    """The traces that a button leaves visible, by name."""
    visible = figure["layout"]["updatemenus"][0]["buttons"][button]["args"][0]["visible"]
    return {trace.get("name"): trace for trace, is_shown in zip(figure["data"], visible, strict=True) if is_shown}


def test_one_of_several_things_is_shown_at_a_time():
    choices = [Choice(name, [{"x": [0], "y": [number], "name": name}]) for number, name in enumerate("abcd")]
    for count, kind in ((2, "buttons"), (4, "dropdown")):
        block = figure_of("t", choices[:count], theme.axis("x"), theme.axis("y"), first=1)
        figure = json.loads(str(block).partition('<script type="application/json">')[2].partition("</script>")[0])
        assert [trace["visible"] for trace in figure["data"]] == [number == 1 for number in range(count)]
        assert figure["layout"]["updatemenus"][0]["type"] == kind
        assert list(shown(figure, 0)) == ["a"]
    assert "updatemenus" not in str(figure_of("t", choices[:1], theme.axis("x"), theme.axis("y")))


def test_best_median_and_worst_origin_of_a_series_are_drawn_over_the_whole_horizon(read):
    data = read(("a",))
    chosen, errors = figures(sections_of(data)["origins"])
    origins = data.parts.test[[0, len(data.parts.test) // 2, -1]]
    days = [str(data.series.index[origin])[:10] for origin in origins]
    labels = [button["label"] for button in chosen["layout"]["updatemenus"][0]["buttons"]]
    assert labels == [f"best: from {days[0]}", f"median: from {days[1]}", f"worst: from {days[2]}"]
    worst = shown(chosen, 2)
    assert {"actual", "1 LSTM", "best baseline: last value", "80% interval", "last row seen"} < set(worst)
    assert len(errors["data"]) == 2


def test_of_several_series_the_best_the_middle_and_the_worst_are_to_choose_from(read):
    data = read()
    chosen, _ = figures(sections_of(data)["origins"])
    labels = [button["label"] for button in chosen["layout"]["updatemenus"][0]["buttons"]]
    assert len(labels) == 9
    assert [label.split(":")[0] for label in labels[:3]] == ["a, best", "a, median", "a, worst"]
    assert labels[6].startswith("c, best")


def test_intervals_of_several_series_are_as_wide_as_the_series_that_is_drawn_moves(read):
    data = read()
    section = sections_of(data)["forecasts"]
    traces = {trace["name"]: trace for trace in figures(section)[0]["data"] if "name" in trace}
    half = numbers(traces["80% interval"]["y"]) - numbers(traces["1 LSTM"]["y"])
    (interval,) = make_intervals(seen_of(data), [0.8])
    np.testing.assert_allclose(half, interval["half_widths"][0] * data.sizes[1], rtol=1e-6)
    assert "What intervals held is of all series, their widths are those of b." in str(section.blocks[-1])


def test_a_single_step_has_no_forecast_from_an_origin(read):
    assert "origins" not in sections_of(read(("a",), horizon=1))


def network(arrays):
    """Says what it was given last, and what is known ahead."""
    past, *ahead = arrays
    return past[:, -HORIZON:, 0] + (ahead[0][:, :, 0] if ahead else 0)


@pytest.mark.parametrize("shops", [("a",), ("a", "b", "c")], ids=len)
@pytest.mark.parametrize("known", [(), ("data.known_future=[promo]",), ("data.calendar=[weekday]",)], ids=str)
def test_the_next_forecast_is_what_a_served_model_answers(shops, known, read):
    data = read(shops, *known, ahead=HORIZON if "promo" in str(known) else 0)
    view = data.view(PARAMS)
    found = json.loads(json.dumps(next_forecasts(data, view, network)))["series"]
    spec = requests.make_spec(data, view, PARAMS, [])
    asked = table(shops, HORIZON if "promo" in str(known) else 0)
    answer = ForecastPredictor(json.loads(json.dumps(spec)), lambda *arrays: network(arrays)).predict(asked)
    assert [value for entry in found for value in entry["forecast"]] == answer["forecast"].tolist()
    assert [entry["times"][0] for entry in found] == ["2023-04-11T00:00:00"] * len(shops)
    figure = figures(sections_of(data, next={"series": found})["next"])[0]
    last = {trace["name"]: trace for trace in figure["data"] if trace["visible"] and "name" in trace}["1 LSTM"]
    assert last["x"][-1] == "2023-04-13T00:00:00"


def test_what_is_missing_for_the_next_forecast_is_said(read):
    data = read(("a",), "data.known_future=[promo]")
    found = next_forecasts(data, data.view(PARAMS), network)
    assert found["missing"].startswith("there is no row of 2023-04-11, and the model reads promo")
    assert "there is no row of 2023-04-11" in str(sections_of(data, next=found)["next"].blocks[0])


@pytest.mark.parametrize("shops", [("a",), ("a", "b", "c")], ids=len)
def test_the_latest_rows_are_asked_with_those_behind_that_are_known(shops, read):
    data = read(shops, "data.known_future=[promo]", ahead=HORIZON)
    spec = requests.make_spec(data, data.view(PARAMS), PARAMS, [])
    predictor = ForecastPredictor(json.loads(json.dumps(spec)), lambda *arrays: network(arrays))
    pd.testing.assert_frame_equal(
        predictor.predict(requests.latest(data.series, spec)),
        predictor.predict(table(shops, HORIZON)),
        check_dtype=False,
    )
    wider = {**spec, "window": 500}
    assert requests.latest(data.series, wider).empty


def test_quantiles_are_drawn_as_wide_as_they_are_beside_how_far_each_series_moves(read):
    data, (low, high) = read(("a", "b", "c"), "task.loss=quantile"), (-3.0, 5.0)
    seen = seen_of(data)

    def spread(items, forecast):
        sizes = data.sizes[data.parts.owners(items)][:, None, None]
        return forecast[..., None] + sizes * np.array([2 * low, low, 0, high, 2 * high])

    seen = dataclasses.replace(
        seen,
        validation_predicted=spread(seen.validation_items, seen.validation_predicted),
        test_predicted=spread(seen.test_items, seen.test_predicted),
    )
    details = {**Forecast(data.config).details(data, seen), "next": {"series": []}}
    eighty, _ = details["intervals"]
    assert (eighty["kind"], eighty["columns"]) == ("cqr", [1, 3])
    found = {part.key: part for part in Forecast.sections(HEADING, json.loads(json.dumps(details)), seen)}
    assert {"series", "forecasts", "intervals", "origins"} <= set(found)
    traces = {trace["name"]: trace for trace in figures(found["forecasts"])[0]["data"] if "name" in trace}
    above = numbers(traces["80% interval"]["y"]) - numbers(traces["1 LSTM"]["y"])
    np.testing.assert_allclose(above, data.sizes[1] * max(high + eighty["half_widths"][0], 0), rtol=1e-6)
