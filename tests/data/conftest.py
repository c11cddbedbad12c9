"""What tests of the package `data` need: settings as `conf/data/_base.yaml` gives them, and small files."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from seqsweep.config import CONF
from seqsweep.schema import DataConfig
from workbooks import write_workbook

ROLES = {"target": "sales", "features": ["visits"], "time": "day"}
BASE = yaml.safe_load((CONF / "data" / "_base.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def settings() -> Callable[..., DataConfig]:
    """A DataConfig of the shipped defaults and these values."""
    return lambda **values: DataConfig(**{**BASE, **values})


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write text or bytes to a file of this name, and return its path."""

    def write(content: str | bytes, name: str = "sales.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def load_csv(settings: Callable[..., DataConfig], write: Callable[..., Path]) -> Callable[..., Any]:
    """The series of a CSV with this content."""
    from seqsweep.data import load

    def load_csv(content: str | bytes, name: str = "sales.csv", **values: object) -> Any:
        return load(settings(kind="csv", path=str(write(content, name)), **values))

    return load_csv


@pytest.fixture
def shops(tmp_path: Path) -> Path:
    """The same rows as CSV, zip, Parquet and SQLite in one folder."""
    import pandas as pd

    frame = pd.DataFrame(
        {
            "day": [f"2020-01-{day:02}" for day in range(1, 11)],
            "sales": [5.0, 7.5, 6.0, 0.1, 1 / 3, 9.0, 8.0, 7.0, 6.0, 5.0],
            "visits": range(10),
            "note": "x",
        }
    )
    frame.to_csv(tmp_path / "shop.csv", index=False)
    with zipfile.ZipFile(tmp_path / "shop.zip", "w") as archive:
        archive.write(tmp_path / "shop.csv", "shop.csv")
    frame.assign(day=pd.to_datetime(frame["day"])).to_parquet(tmp_path / "shop.parquet")
    write_workbook(tmp_path / "shop.xlsx", {"shop": [list(frame), *frame.to_numpy().tolist()]})
    with sqlite3.connect(tmp_path / "shop.db") as database:
        frame.to_sql("shop", database, index=False)
    database.close()
    return tmp_path


@pytest.fixture
def reads(shops: Path) -> dict[str, dict[str, Any]]:
    """The settings by which each source reads the shop."""
    return {
        "bundled": {"name": "sunspots"},
        "csv": {"path": str(shops / "shop.csv"), **ROLES},
        "parquet": {"path": str(shops / "shop.parquet"), **ROLES},
        "excel": {"path": str(shops / "shop.xlsx"), **ROLES},
        "sql": {
            "url": f"sqlite:///{shops / 'shop.db'}",
            "query": "SELECT * FROM shop ORDER BY day",
            **ROLES,
        },
        "kaggle": {"path": str(shops / "shop.zip"), "dataset": "me/shop", "file": "shop.csv", **ROLES},
    }


@pytest.fixture
def predictor_on() -> Callable[..., Any]:
    """A predictor that reads as a series was read, without transform or anchor, around any network."""
    from seqsweep.serving.transforms import Transform
    from seqsweep.tasks.forecast.predictor import ForecastPredictor

    def predictor(series: Any, window: int, horizon: int, network: Callable[..., Any]) -> Any:
        columns = len(series.columns)
        spec = {
            "reading": series.reader.to_json(),
            "transform": Transform(None, False, np.ones(1), np.zeros(columns), np.ones(columns)).to_json(),
            "anchor": "none",
            "window": window,
            "horizon": horizon,
            "half_widths": {},
            "lower": None,
            "frequency": series.frequency if series.index.dtype.kind == "M" else None,
        }
        return ForecastPredictor(json.loads(json.dumps(spec)), network)

    return predictor
