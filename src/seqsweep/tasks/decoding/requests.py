"""What a packaged model of texts is told, what it is asked, and what is read from its answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seqsweep.data import file_settings
from seqsweep.schema import WindowsConfig
from seqsweep.tasks.dataset import Items
from seqsweep.tasks.decoding.dataset import PairedItems, PairedView
from seqsweep.tasks.decoding.predictions import Texts, texts
from seqsweep.tasks.decoding.split import SPLITS
from seqsweep.tasks.parts import make_parts

if TYPE_CHECKING:
    import pandas as pd


CHUNK = 2048  # items a request


def make_spec(data: PairedItems, view: PairedView, beam: int) -> dict[str, Any]:
    """What turns raw rows into texts, of plain JSON values.

    Args:
        data: what the network learned from.
        view: as it saw it.
        beam: texts that are followed at once.
    """
    config, windows = data.config.data, data.config.windows
    return {
        "name": data.name,
        "target": data.target,
        "columns": list(data.table.columns),
        "numbers": {"decimal": config.decimal, "thousands": config.thousands, "na_values": list(config.na_values)},
        "transform": None if view.transform is None else view.transform.to_json(),
        "source": None if view.source is None else view.source.to_json(),
        "said": view.target.to_json(),
        "beam": beam,
        "file": file_settings(config),
        "data": {"sha256": data.sha256, "rows": data.rows,
                 **{name: len(part) for name, part in data.parts._asdict().items()}},
        "split": {"split": windows.split, "validation": windows.validation, "test": windows.test,
                  "seed": data.config.seed},
    }  # fmt: skip


def input_columns(data: PairedItems) -> list[tuple[str, bool]]:
    """The columns of a request: what is read must be there; a true text is held against the network, if it is given."""
    return [*((name, True) for name in data.table.columns), (data.target, False)]


def output_columns() -> list[tuple[str, str, bool]]:
    """The columns of an answer: name, MLflow's type, whether it is always there."""
    return [
        ("text", "string", True),
        ("probability", "double", True),
        ("whole", "boolean", True),
        ("nats", "double", False),
        ("tokens", "long", False),
    ]


def frames(data: PairedItems, items: Items, *, with_targets: bool = True) -> Iterator[pd.DataFrame]:
    """Requests as any caller would make them.

    Args:
        data: that the items are of.
        items: (n,).
        with_targets: whether the true texts are given too.
    """
    import pandas as pd

    for start in range(0, len(items), CHUNK):
        chunk, table = items[start : start + CHUNK], data.table
        told = table.values[chunk] if table.texts is None else {table.columns[0]: table.texts[chunk]}
        frame = pd.DataFrame(told, columns=list(table.columns))
        yield frame.assign(**{table.target: table.targets[chunk]}) if with_targets else frame


def said(answers: Sequence[pd.DataFrame]) -> Texts:
    """The predictions in answers to requests with true texts, in the order of the requests."""
    told = [text for answer in answers for text in answer["text"]]
    nats, count = (np.concatenate([answer[name].to_numpy() for answer in answers]) for name in ("nats", "tokens"))
    return texts(told, nats, count)


def unseen(data: PairedItems, spec: Mapping[str, Any], items: Items) -> tuple[Items, str]:
    """The items that another model of the same data has neither learned from nor been chosen by, or why there are none.

    Args:
        data: of this sweep.
        spec: of the other model.
        items: (n,), of the test part.
    """
    if "said" not in spec or list(spec["columns"]) != list(data.table.columns) or spec["target"] != data.target:
        return items[:0], "reads or says something else"
    told = spec["split"]
    windows = WindowsConfig(split=told["split"], validation=told["validation"], test=told["test"])
    theirs = make_parts(data.table.rows, SPLITS[told["split"]], windows, int(told["seed"])).test
    left = np.intersect1d(items, theirs)
    return left, "" if len(left) else "has learned from all of this winner's test part"
