"""Databases: a SELECT on a real SQLite file, one clear sentence a fault, and no password in any of them."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from seqsweep.data import faults, load
from seqsweep.data.databases import _reason
from seqsweep.errors import DataError
from seqsweep.schema import SweepConfig


def test_sql_reads_through_a_query_and_pages_through_long_answers(shops, settings):
    counting = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 24999)"
    query = f"{counting} SELECT i, i * 2 AS y FROM n"
    series = load(settings(kind="sql", url=f"sqlite:///{shops / 'shop.db'}", query=query, time="i", target="y"))
    np.testing.assert_array_equal(series.values[:, 0], np.arange(25_000) * 2)


SQL_FAULTS = {
    "table": ({"query": "SELECT * FROM shp"}, r"no such table: shp; did you mean 'shop'\?"),
    "column": ({"query": "SELECT sals FROM shop"}, "no such column: sals"),
    "syntax": ({"query": "SELEC 1"}, "syntax error"),
    "no row": ({"query": "SELECT * FROM shop WHERE sales > 99"}, "data.query selects no row"),
    "no select": ({"query": "PRAGMA user_version = 3"}, "data.query selects no rows; it must be a SELECT"),
    "no url": ({"url": "shop"}, "data.url: this is no SQLAlchemy URL; write sqlite:///FILE"),
    "dialect": ({"url": "postgres://h/n"}, r"there is no such database; did you mean 'postgresql'\?"),
    "file": ({"url": "sqlite:///FOLDER/shp.db"}, r"there is no such file in .*; did you mean 'shop.db'\?"),
    "folder": ({"url": "sqlite:///FOLDER"}, "this is a folder, and a file is needed; it holds shop.csv"),
    "no database": ({"url": "sqlite:///FOLDER/shop.csv"}, "file is not a database"),
}


@pytest.mark.parametrize("name", SQL_FAULTS)
def test_each_fault_of_a_database_has_one_clear_sentence(shops, settings, name):
    values, sentence = SQL_FAULTS[name]
    given = {"url": "sqlite:///FOLDER/shop.db", "query": "SELECT * FROM shop", **values}
    given["url"] = given["url"].replace("FOLDER", str(shops))
    with pytest.raises(DataError, match=sentence) as caught:
        load(settings(kind="sql", target="sales", **given))
    assert "\n" not in str(caught.value)
    assert not (shops / "shp.db").exists()


def test_a_missing_driver_says_what_to_install(settings, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    with pytest.raises(DataError, match="its driver is not installed: pip install psycopg2"):
        load(settings(kind="sql", url="postgresql+psycopg2://me@host/db", query="SELECT 1"))


SECRET = "hunter2"
URLS = [
    f"postgresql+driver://me:{SECRET}@host/db",
    f"mysql://me:{SECRET}@host/db",
    f"postgres://me:{SECRET}@host/db",
    f"mssql+pyodbc:///?odbc_connect=DRIVER=x;UID=me;PWD={SECRET}",
    f"me:{SECRET}@host/db",
    f"sqlite://me:{SECRET}@host/db",
    f"sqlite:////nowhere/at/all.db?password={SECRET}",
    f"postgresql://me:{SECRET}@host:port/db",
]


@pytest.mark.parametrize("url", URLS)
def test_no_message_shows_a_password(settings, url):

    with pytest.raises(DataError) as caught:
        load(settings(kind="sql", url=url, query="SELECT 1"))
    assert SECRET not in str(caught.value)
    found = faults(SweepConfig(data=settings(kind="csv", url=url)))
    assert found
    assert SECRET not in " ".join(map(str, found))


def test_the_words_of_a_driver_are_cleared_of_secrets():
    from sqlalchemy import make_url

    url = make_url(f"mssql+pyodbc://me:{SECRET}@host/db?token=abc%2Fdef")
    error = SimpleNamespace(orig=f"login of me with {SECRET} failed; PWD=other;\nDSN token abc/def\nthird line")
    assert _reason(error, url) == "login of me with *** failed; PWD=***; DSN token ***"
