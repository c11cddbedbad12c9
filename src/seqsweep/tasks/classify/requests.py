"""What a packaged classifier is told, what it is asked, and what is read from its answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from seqsweep.data import file_settings
from seqsweep.schema import WindowsConfig
from seqsweep.serving.array_types import Float64s
from seqsweep.serving.probabilities import tempered
from seqsweep.tasks.classify.dataset import LabelledItems, LabelledView
from seqsweep.tasks.classify.evaluation import Evaluation
from seqsweep.tasks.classify.split import make_parts
from seqsweep.tasks.dataset import Items

if TYPE_CHECKING:
    import pandas as pd

CHUNK = 2048  # items a request


def make_spec(data: LabelledItems, view: LabelledView, found: Evaluation) -> dict[str, Any]:
    """What turns raw rows into labels, of plain JSON values.

    Args:
        data: what the network learned from.
        view: as it saw it.
        found: on test: the temperature and the thresholds.
    """
    config, windows, text, times = data.config.data, data.config.windows, view.tokenizer, data.table.times
    return {
        "name": data.name,
        "target": data.target,
        "columns": list(data.table.columns),
        "numbers": {"decimal": config.decimal, "thousands": config.thousands, "na_values": list(config.na_values)},
        "transform": view.transform.to_json(),
        "steps": view.input_shapes[0][0],
        "window": view.input_shapes[0][0] if data.table.window else 0,
        "lookback": data.table.window,
        "times": None if times is None else {"columns": times.columns, "style": asdict(times.style)},
        "text": None if text is None else text.to_json(),
        "classes": list(data.classes),
        "temperature": found.temperature,
        "thresholds": {f"{entry.level:g}": entry.threshold for entry in found.sets},
        "file": file_settings(config),
        "data": {"sha256": data.sha256, "rows": data.rows, **_sizes(data)},
        "split": {"split": windows.split, "validation": windows.validation, "test": windows.test,
                  "seed": data.config.seed},
    }  # fmt: skip


def _sizes(data: LabelledItems) -> dict[str, int]:
    return {name: len(part) for name, part in data.parts._asdict().items()}


def input_columns(data: LabelledItems) -> list[tuple[str, bool]]:
    """The columns of a request; each must be there, but for the times, by which the order of windows is checked."""
    checked = data.table.times.columns if data.table.times is not None and data.table.window else ()
    return [*((name, True) for name in data.table.columns), *((name, False) for name in checked)]


def output_columns(spec: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """The columns of an answer: name, MLflow's type, whether it is always there."""
    return [
        *([("row", "long", True)] if spec["window"] else []),
        ("label", "string", True),
        ("probability", "double", True),
        *((f"set_{100 * float(level):g}", "string", True) for level in spec["thresholds"]),
        *((f"p_{name}", "double", True) for name in spec["classes"]),
    ]


def frames(data: LabelledItems, items: Items, window: int) -> Iterator[pd.DataFrame]:
    """Requests as any caller would make them.

    Args:
        data: that the items are of.
        items: (n,), ascending where there is a window.
        window: rows before an item that the model reads; 0: the item's own row.
    """
    import pandas as pd

    columns, texts = list(data.table.columns), data.table.texts
    for chunk in _windows(items, window) if window else np.split(items, range(CHUNK, len(items), CHUNK)):
        yield pd.DataFrame(data.table.values[chunk] if texts is None else {columns[0]: texts[chunk]}, columns=columns)


def _windows(items: Items, window: int) -> Iterator[Items]:
    """The rows that are asked for items: a request for those that follow each other, up to the row before the last."""
    for run in np.split(items, np.flatnonzero(np.diff(items) != 1) + 1):
        for part in np.split(run, range(CHUNK, len(run), CHUNK)):
            yield np.arange(part[0] - window, part[-1], dtype=np.int64)


def probabilities(answers: Sequence[pd.DataFrame], spec: Mapping[str, Any]) -> Float64s:
    """What the network itself said, (n, classes): the temperature is for callers, and taken back.

    Args:
        answers: a packaged model's, one a request, in the order of the requests.
        spec: of the model.
    """
    columns = [f"p_{name}" for name in spec["classes"]]
    parts = [answer[columns].to_numpy(np.float64) for answer in answers]
    return tempered(np.concatenate(parts), 1 / float(spec["temperature"]))


def unseen(data: LabelledItems, spec: Mapping[str, Any], items: Items) -> tuple[Items, str]:
    """The items that another model of the same data has neither learned from nor been chosen by, or why there are none.

    Args:
        data: of this sweep.
        spec: of the other model.
        items: (n,), of the test part.
    """
    if list(spec["classes"]) != list(data.classes):
        return items[:0], "knows other classes"
    told = spec["split"]
    windows = WindowsConfig(split=told["split"], validation=told["validation"], test=told["test"])
    theirs = make_parts(replace(data.table, window=int(spec["lookback"])), windows, int(told["seed"])).test
    left = np.intersect1d(items, theirs)
    return left, "" if len(left) else "has learned from all of this winner's test part"
