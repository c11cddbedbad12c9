"""What a source holds before anything is done to it: columns with kinds and roles, rows as written, steps, gaps."""

from __future__ import annotations

import pytest

from seqsweep.data import load

HEAD = "when,store,sales,visits,open,kind,note,since,blank"
ROWS = [
    f"2023-01-{day:02d},{'A' if day % 2 else 'B'},{day}.50,{'' if day == 5 else day},"
    f"{'True' if day % 2 else 'false'},{'xyz'[day % 3]},some words,{'' if day == 3 else '2020-05-01'},"
    for day in range(1, 25)
]
FILE = "\n".join([HEAD, *ROWS])
ROLES = {"target": "sales", "features": ["visits", "open", "kind"], "time": "when", "missing": "last"}


def test_each_column_has_its_kind_role_and_missing_values(load_csv):
    held = load_csv(FILE, **ROLES, where='store == "A" and sales > 2').contents
    assert [(column.name, column.kind, column.roles, column.missing) for column in held.columns] == [
        ("when", "time", ("time",), None),
        ("store", "text", ("filter",), None),
        ("sales", "number", ("target", "filter"), 0),
        ("visits", "number", ("feature",), 1),
        ("open", "true or false", ("feature",), 0),
        ("kind", "3 names", ("feature",), 0),
        ("note", "text", (), None),
        ("since", "time", (), None),
        ("blank", "empty", (), None),
    ]
    assert (held.rows, held.kept) == (24, 11)


def test_missing_values_of_columns_behind_one_of_names_are_their_own(load_csv):
    roles = {**ROLES, "features": ["kind", "open", "visits"]}
    held = load_csv(FILE, **roles).contents
    assert {c.name: c.missing for c in held.columns if c.missing is not None} == {
        "sales": 0, "visits": 1, "open": 0, "kind": 0
    }  # fmt: skip


def test_the_first_rows_are_shown_as_they_are_written(load_csv):
    held = load_csv(FILE, **ROLES).contents
    assert held.first[0] == ("2023-01-01", "A", "1.50", "1", "True", "y", "some words", "2020-05-01", "")
    assert [row[2] for row in held.first] == ["1.50", "2.50", "3.50", "4.50", "5.50"]
    assert held.times == "ISO8601"


@pytest.mark.parametrize("kind", ["bundled", "csv", "parquet", "excel", "sql", "kaggle"])
def test_every_source_says_what_it_holds(kind, reads, settings):
    held = load(settings(kind=kind, **reads[kind])).contents
    assert [column.roles for column in held.columns if column.roles][:2] == [("time",), ("target",)]
    assert len(held.first) == 5
    assert all(len(row) == len(held.columns) for row in held.first)
    assert held.first[0][0].startswith("1700-01-01" if kind == "bundled" else "2020-01-01")


def test_a_value_that_is_missing_is_shown_as_nothing_and_a_long_one_is_cut(load_csv, tmp_path, settings):
    import pandas as pd

    frame = pd.DataFrame({"y": [1.0, None, 3.0], "n": pd.array([1, None, 3], "Int64"), "words": ["a" * 500, None, "b"]})
    frame.to_parquet(tmp_path / "f.parquet")
    held = load(settings(kind="parquet", path=str(tmp_path / "f.parquet"), target="y", missing="drop")).contents
    assert held.first[1] == ("", "", "")
    assert len(held.first[0][2]) == 100


STEPS = {
    "even": (["00:00", "01:00", "02:00", "03:00"], "h", (0, 0, 0)),
    "gap": (["00:00", "01:00", "02:00", "06:00", "07:00", "09:00"], None, (2, 0, 4)),
    "shorter": (["00:00", "01:00", "02:00", "02:30", "03:30", "04:30"], None, (0, 1, 0)),
}


@pytest.mark.parametrize("name", STEPS)
def test_gaps_are_counted_with_the_rows_that_are_absent(name, load_csv):
    times, frequency, (longer, shorter, absent) = STEPS[name]
    rows = [f"2023-01-01 {time},{number}" for number, time in enumerate(times)]
    held = load_csv("\n".join(["t,y", *rows]), target="y", time="t").contents
    assert (held.frequency, held.steps.usual, held.steps.count) == (frequency, "1 hour", len(times) - 1)
    assert (held.steps.longer, held.steps.shorter, held.steps.absent) == (longer, shorter, absent)
    if name == "gap":
        assert (held.steps.longest, held.steps.since) == ("4 hours", "2023-01-01 02:00:00")


def test_months_are_even_though_their_lengths_differ(load_csv):
    rows = [f"2023-{month:02d}-01,{month}" for month in range(1, 13)]
    assert load_csv("\n".join(["t,y", *rows]), target="y", time="t").contents.frequency == "MS"


def test_rows_without_times_have_no_steps(load_csv):
    held = load_csv("y\n1\n2\n3\n").contents
    assert (held.times, held.frequency, held.steps) == (None, None, None)


def test_a_value_far_from_all_others_is_a_sentinel(load_csv):
    values = ["-200" if row % 5 == 0 else str(row % 7) for row in range(60)]
    assert load_csv("y\n" + "\n".join(values)).contents.sentinels == {"y": (-200.0, 0.2)}
