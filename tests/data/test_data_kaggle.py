"""Kaggle data sets: downloaded by kagglehub (a stand-in here), or an own copy."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from seqsweep.data import load
from seqsweep.errors import DataError

ROLES = {"target": "sales", "features": ["visits"], "time": "day"}


@pytest.fixture
def kagglehub(shops, monkeypatch):
    """A stand-in that "downloads" the shop; its calls are kept."""
    calls: list[tuple[str, str | None]] = []

    def dataset_download(handle: str, path: str | None = None) -> str:
        calls.append((handle, path))
        return str(shops if path is None else shops / path)

    monkeypatch.setitem(sys.modules, "kagglehub", SimpleNamespace(dataset_download=dataset_download))
    return calls


def test_kaggle_downloads_the_one_file_that_is_wanted(kagglehub, reads, settings):
    series = load(settings(kind="kaggle", dataset="me/shop", file="shop.csv", **ROLES))
    assert kagglehub == [("me/shop", "shop.csv")]
    assert series.sha256 == load(settings(kind="csv", **reads["csv"])).sha256


def test_kaggle_finds_the_only_csv_of_a_data_set(kagglehub, settings):
    assert load(settings(kind="kaggle", dataset="me/shop", **ROLES)).rows == 10
    assert kagglehub == [("me/shop", None)]


def test_kaggle_lists_what_a_data_set_holds(kagglehub, shops, settings):
    (shops / "more.csv").write_text("y\n1\n")
    with pytest.raises(DataError, match=r"several text files; give data.file, one of more.csv, shop.csv"):
        load(settings(kind="kaggle", dataset="me/shop", **ROLES))


@pytest.mark.parametrize("copy", ["shop.csv", "shop.zip", "."])
def test_kaggle_takes_an_own_copy_without_kagglehub(shops, settings, monkeypatch, copy):
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    config = settings(kind="kaggle", path=str(shops / copy), file="shop.csv", dataset="me/shop", **ROLES)
    assert load(config).rows == 10


def test_kaggle_without_kagglehub_says_what_to_install_and_how_to_do_without(settings, monkeypatch):
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    with pytest.raises(
        DataError, match=r"pip install 'seqsweep\[kaggle\]'; or download it .*/me/shop .*data.path=FILE"
    ):
        load(settings(kind="kaggle", dataset="me/shop"))


@pytest.mark.parametrize("error", [ConnectionError("no route to host\nmore"), ValueError(), RuntimeError("403")])
def test_a_failed_download_says_how_to_use_an_own_copy(settings, monkeypatch, error):
    def dataset_download(handle: str, path: str | None = None) -> str:
        raise error

    monkeypatch.setitem(sys.modules, "kagglehub", SimpleNamespace(dataset_download=dataset_download))
    with pytest.raises(DataError, match=r"data.dataset=me/shop: the download failed: .+; .*data.path=FILE") as caught:
        load(settings(kind="kaggle", dataset="me/shop"))
    assert "\n" not in str(caught.value)
