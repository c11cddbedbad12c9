"""The data section of a config: every fault in one message, and every shipped option ready to use."""

from __future__ import annotations

import pytest
import yaml

from seqsweep.config import CONF
from seqsweep.data import SOURCES, faults, load
from seqsweep.data.faults import NEEDED
from seqsweep.schema import SweepConfig

CSV = {"kind": "csv", "path": "f.csv"}
SQL = {"kind": "sql", "url": "sqlite:///f.db", "query": "SELECT y FROM t ORDER BY t"}

FAULTS = {
    "kind": ({"kind": "cvs"}, "data.kind=cvs: there is no data source 'cvs'; did you mean 'csv'?"),
    "missing": ({**CSV, "missing": "interpolat"}, "did you mean 'interpolate'?"),
    "csv without path": ({"kind": "csv"}, "data.kind=csv needs data.path; give data.path=PATH"),
    "parquet without path": ({"kind": "parquet", "path": ""}, "data.kind=parquet needs data.path"),
    "sql without url": ({**SQL, "url": None}, "data.kind=sql needs data.url"),
    "sql without query": ({**SQL, "query": "  "}, "data.kind=sql needs data.query"),
    "kaggle without dataset": ({"kind": "kaggle"}, "data.kind=kaggle needs data.dataset"),
    "bundled without name": ({"kind": "bundled"}, "data.kind=bundled needs data.name"),
    "bundled name": (
        {"kind": "bundled", "name": "sunspot"},
        "data.name=sunspot: there is no bundled series 'sunspot'",
    ),
    "bundled time": ({"kind": "bundled", "name": "co2", "time": "t"}, "a bundled series has its own times"),
    "dataset": ({"kind": "kaggle", "dataset": "airbnb"}, "data.dataset=airbnb: must be OWNER/NAME"),
    "no select": ({**SQL, "query": "DROP TABLE t"}, "data.query begins with DROP: it must be a SELECT"),
    "no order": ({**SQL, "query": "SELECT y FROM t"}, "data.query has no ORDER BY and data.time is null"),
    "sort without time": ({**CSV, "sort": True}, "data.sort=true: needs times; give data.time=COLUMN"),
    "frequency without time": ({**CSV, "frequency": "D"}, "data.frequency=D: needs times"),
    "time is target": ({**CSV, "time": "y", "target": "y"}, "data.time=y: the same column is data.target"),
    "target is feature": ({**CSV, "target": "y", "features": ["y"]}, "data.features: 'y' is the target"),
    "separator": ({**CSV, "separator": ", "}, "data.separator=, : must be one character, or tab"),
    "no separator": ({**CSV, "separator": ""}, "data.separator=: must be one character, or tab"),
    "encoding": (
        {**CSV, "encoding": "uft-8"},
        "data.encoding=uft-8: there is no such encoding; did you mean 'utf-8'?",
    ),
    "no text": ({**CSV, "encoding": "rot13"}, "data.encoding=rot13: there is no such encoding"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_of_a_config_is_one_sentence(settings, name):
    values, sentence = FAULTS[name]
    found = faults(SweepConfig(data=settings(**values)))
    assert len(found) == 1
    assert sentence in found[0].text


def test_all_faults_come_together(settings):
    values = {"kind": "sql", "missing": "no", "separator": ";;", "sort": True}
    assert len(faults(SweepConfig(data=settings(**values)))) == 5


@pytest.mark.parametrize(
    "values",
    [
        CSV,
        SQL,
        {**SQL, "query": "SELECT t, y FROM t", "time": "t", "sort": True},
        {"kind": "kaggle", "path": "own.zip"},
        {"kind": "kaggle", "dataset": "owner/name/versions/3"},
        {"kind": "bundled", "name": "co2", "frequency": "MS"},
        {**CSV, "separator": "tab", "encoding": "latin-1"},
    ],
)
def test_what_is_right_has_no_fault(settings, values):
    assert faults(SweepConfig(data=settings(**values))) == []


def test_every_kind_says_what_it_needs():
    assert set(NEEDED) == set(SOURCES) - {"text"}  # without a path it is what Python says of itself


GIVEN = {  # what an option leaves to the user
    "csv": {"path": "f.csv"},
    "folder": {"path": "texts"},
    "parquet": {"path": "f.parquet"},
    "excel": {"path": "f.xlsx"},
    "sql": {"url": "sqlite:///f.db", "query": "SELECT y FROM t ORDER BY y"},
    "kaggle": {"dataset": "owner/name"},
}
SHIPPED = sorted(path.stem for path in (CONF / "data").glob("[!_]*.yaml"))


def test_the_shipped_options_are_those_that_are_tested():
    series, tables = {"airbnb", "co2", "shops", "sunspots"}, {"captions", "dates", "digits", "pairs", "sentences"}
    texts = {"folder", "letters", "text"}
    assert set(SHIPPED) == {*series, *tables, *texts, "csv", "excel", "kaggle", "parquet", "sql"}


@pytest.mark.parametrize("option", SHIPPED)
def test_a_shipped_option_needs_no_more_than_it_says(settings, option):
    values = yaml.safe_load((CONF / "data" / f"{option}.yaml").read_text(encoding="utf-8"))
    assert values.pop("defaults") == ["_base"]
    assert faults(SweepConfig(data=settings(**values, **GIVEN.get(option, {})))) == []
    if option in GIVEN:
        assert len(faults(SweepConfig(data=settings(**values)))) == len(NEEDED[values["kind"]])


@pytest.mark.parametrize("time", [["data.time=day"], []])
def test_an_own_csv_composes_and_loads_as_the_readme_says(make_config, write, tmp_path, monkeypatch, time):
    write("day,sales\n" + "".join(f"2020-01-{day:02},{day * day}\n" for day in range(1, 32)), "my sales.csv")
    config = make_config("data=csv", f"data.path='{tmp_path}/my sales.csv'", "data.target=sales", *time)
    assert faults(config) == []
    series = load(config.data)
    assert (series.name, series.target, series.rows) == ("my sales", "sales", 31)
    assert series.frequency == ("D" if time else None)
