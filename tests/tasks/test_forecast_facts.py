"""What is told of a series before a network learns from it, and its picture."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from seqsweep.tasks.facts import Facts
from seqsweep.tasks.forecast.dataset import SeriesDataset
from seqsweep.tasks.forecast.moments import at, in_words
from seqsweep.tasks.forecast.picture import STRETCHES, pictures, thinned


@pytest.fixture
def facts_of(make_config, tmp_path):
    """The facts of a CSV of these lines."""
    from seqsweep.search import describe_data

    def make(lines: list[str], *overrides: str) -> Facts:
        file = tmp_path / "shop.csv"
        file.write_text("\n".join(lines) + "\n")
        own = ["data=csv", f"data.path={file}", "data.target=sales", "search_space.window=4"]
        return describe_data(make_config(*own, *overrides), print)[2]

    return make


def table(facts: Facts, key: str) -> dict[str, str]:
    (found,) = [entry for entry in facts.tables if entry.key == key]
    return {row[0]: " | ".join(row[1:]) for row in found.rows}


HOURS = np.arange("2023-01-01T00", "2023-01-06T00", dtype="datetime64[h]")
LINES = ["when,sales,visits,note"] + [
    f"{hour}:00+00:00,{number % 24},{9.99},x" for number, hour in enumerate(HOURS) if number not in (50, 51, 90)
]
OVER_TIME = ["data.time=when", "data.features=[visits]", "task.horizon=2"]


def test_a_series_with_holes_is_told_on_the_clock_of_its_zone(facts_of):
    facts = facts_of(LINES, *OVER_TIME, "data.timezone=America/New_York")
    time = table(facts, "time")
    assert time["span"] == "2022-12-31 19:00 to 2023-01-05 18:00"
    assert time["zone"] == "America/New_York"
    assert time["written as"] == "ISO 8601"
    assert time["frequency"] == "1 hour, at 114 of 116 steps (98.3%)"
    assert time["gaps as read"] == "2 longer steps, 3 rows absent; the longest, 3 hours, begins at 2023-01-02 20:00"
    assert facts.summary[0] == (
        "shop: 117 rows of sales and 1 feature, 2022-12-31 19:00 to 2023-01-05 18:00, 1 hour apart but for 2 of 116 "
        "steps (1.72%)"
    )
    assert facts.summary[1] == "rows: train 81, validation 18, test 18; the longest window with its targets takes 6"
    assert len([note for note in facts.notes if "2 of 116 steps are not 1 hour" in note]) == 1


def test_values_that_are_filled_constant_or_missing_are_told(facts_of):
    lines = list(LINES)
    lines[10] = lines[10].replace(f",{9},", ",,")
    facts = facts_of(lines, *OVER_TIME, "data.frequency=h", "data.missing=interpolate")
    values = table(facts, "values")
    assert values["sales"] == "0.000 to 23.00, mean 11.50"
    assert values["rows as read"] == "117"
    assert values["missing as read"] == "1 of 234 values (0.427%); data.missing=interpolate"
    assert values["filled"] == "4 of 120 rows (3.33%) of the target; not scored"
    assert values["constants"] == "visits is 9.99 in all of train"
    assert values["sentinels"] == "none"
    assert table(facts, "time")["frequency"] == "1 hour (h), at every step"
    assert table(facts, "time")["joined from"] == "rows 1 hour apart, by data.aggregate=mean"
    assert table(facts, "columns")["sales"] == "number | target | 1 of 117 (0.855%)"
    assert table(facts, "columns")["note"] == "text | not used | "
    assert facts.summary[0].endswith("1 hour apart, 4 of 120 rows (3.33%) filled")
    parts = table(facts, "parts")
    assert parts["train"] == "2023-01-01 | 2023-01-04 11:00 | 84 | 70% | 74 | 5"
    assert parts["test"] == "2023-01-05 06:00 | 2023-01-05 23:00 | 18 | 15% | 17 | 0"


def test_the_parts_cover_all_rows_and_the_longest_window_is_told(facts_of):
    lines = ["sales,when"] + [f"{number},x" for number in range(60)]
    facts = facts_of(lines, "search_space.window=[4,10]", "task.horizon=3")
    parts = table(facts, "parts")
    assert parts == {
        "train": "row 1 | row 42 | 42 | 70% | 30",
        "validation": "row 43 | row 51 | 9 | 15% | 7",
        "test": "row 52 | row 60 | 9 | 15% | 7",
    }
    assert table(facts, "window") == {
        "looks back": "10 rows, differencing included",
        "forecasts": "3 rows ahead",
        "takes": "13 rows of train, which has 42",
        "first target": "row 11",
    }
    assert table(facts, "time") == {"order": "as the rows stand; data.time=COLUMN reads their times"}
    assert facts.summary[0] == "shop: 60 rows of sales, row 1 to row 60, without times"
    (picture,) = facts.pictures
    assert picture.x["title"]["text"] == "row"
    assert [(shape["x0"], shape["x1"]) for shape in picture.layout["shapes"]] == [(1, 43), (43, 52), (52, 60)]


def test_a_series_that_was_read_from_no_source_has_facts_too(make_config, make_series):
    facts = SeriesDataset.of(make_config(), make_series(), 24).facts()
    assert [entry.key for entry in facts.tables] == ["time", "values", "parts", "window"]


@pytest.mark.parametrize(
    ("frequency", "times", "said"),
    [
        ("h", 1, "1 hour"),
        ("h", 48, "2 days"),
        ("15min", 3, "45 minutes"),
        ("D", 7, "7 days"),
        ("W-SUN", 2, "2 weeks"),
        ("MS", 1, "1 month"),
        ("ME", 24, "24 months"),
        ("QS-OCT", 2, "2 quarters"),
        ("YS-JAN", 11, "11 years"),
        ("B", 5, "5 working days"),
    ],
)
def test_frequencies_are_told_in_words(frequency, times, said):
    assert in_words(frequency, times) == said


def test_times_are_as_short_as_they_can_be(make_series):
    series = make_series()
    assert (at(series, 0), at(series, -1)) == ("row 1", "row 240")
    texts = ["2023-01-01", "2023-01-01T13:00", "2023-01-01T13:00:05"]
    index = np.array(texts, "datetime64[ns]")
    dated = replace(series, index=index, values=series.values[:3].copy())
    assert [at(dated, row) for row in range(3)] == ["2023-01-01", "2023-01-01 13:00", "2023-01-01 13:00:05"]


# The picture -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 2, 7, 20, 21, 45, 999])
def test_of_a_long_series_the_least_and_the_greatest_of_each_stretch_are_drawn(rows):
    values = np.random.default_rng(rows).normal(size=rows)
    drawn = thinned(values, 10)
    assert (np.diff(drawn) > 0).all()
    assert (drawn[0], drawn[-1]) == (0, rows - 1)
    if rows <= 20:
        assert len(drawn) == rows
        return
    assert len(drawn) <= 2 * 10 + 2
    width = -(-rows // 10)
    for begin in range(0, rows, width):
        stretch = values[begin : begin + width]
        own = values[drawn[(drawn >= begin) & (drawn < begin + width)]]
        assert (own.min(), own.max()) == (stretch.min(), stretch.max())


def test_a_picture_of_a_long_series_says_what_it_leaves_out(make_config, make_series):
    values = np.random.default_rng(0).normal(size=5000)
    data = SeriesDataset.of(make_config(), make_series(values), 24)
    (picture,) = pictures(data.series, data.parts)
    line = picture.traces[0]
    assert len(line["x"]) <= 2 * STRETCHES + 2
    assert max(line["y"]) == float(f"{values.max():.6g}")
    assert picture.note == f"Of each 5 rows the least and the greatest value are drawn: {len(line['x']):,} of 5,000."
    (short,) = pictures(data.series, SeriesDataset.of(make_config(), make_series(), 24).parts)
    assert short.note.startswith("Of each")
    (short,) = SeriesDataset.of(make_config(), make_series(), 24).facts().pictures
    assert short.note == ""


def test_a_hole_breaks_the_line_and_filled_values_are_marked(facts_of):
    days = np.concatenate([np.arange(60), np.arange(90, 150)])
    lines = ["when,sales"] + [f"{np.datetime64('2023-01-01') + day},{day % 7}" for day in days]
    facts = facts_of(lines, "data.time=when")
    line = facts.pictures[0].traces[0]
    assert line["y"].count(None) == 1
    assert line["x"][line["y"].index(None) - 1] == "2023-03-01"
    facts = facts_of(lines, "data.time=when", "data.frequency=D", "data.missing=last")
    line, filled = facts.pictures[0].traces[:2]
    assert line["y"].count(None) == 0
    assert (filled["name"], len(filled["x"])) == ("filled", 30)


def test_each_part_is_shaded_from_its_first_row_to_that_of_the_next(facts_of):
    lines = ["when,sales"] + [f"{np.datetime64('2023-01-01') + day},{day % 7}" for day in range(100)]
    facts = facts_of(lines, "data.time=when")
    shapes = facts.pictures[0].layout["shapes"]
    begins = ["2023-01-01", "2023-03-12", "2023-03-27", "2023-04-10"]
    assert [(shape["x0"], shape["x1"]) for shape in shapes] == list(pairwise(begins))
    names = [trace["name"] for trace in facts.pictures[0].traces]
    assert names == ["sales", "train", "validation", "test"]
