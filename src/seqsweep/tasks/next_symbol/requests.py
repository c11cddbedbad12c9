"""What a packaged network of texts is told, what it is asked, and what is read from its answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seqsweep.data import file_settings
from seqsweep.serving.symbols import Alphabet
from seqsweep.serving.writing import SAID
from seqsweep.tasks.dataset import Items
from seqsweep.tasks.next_symbol.dataset import SymbolView, Texts
from seqsweep.tasks.next_symbol.metrics import Said

if TYPE_CHECKING:
    import pandas as pd

LENGTH = 40  # symbols that are written where nothing is said

SETTINGS = ("length", "temperature", "seed", "scores", "before")
"""Columns that a request may have beside the text."""

OUTPUTS = [
    ("next", "string", True),
    ("probability", "double", True),
    ("completion", "string", True),
    ("bits_per_symbol", "double", False),
    ("log_probabilities", "any", False),
    ("expected", "any", False),
    ("expected_log_probabilities", "any", False),
]
"""The columns of an answer: name, MLflow's type, whether it is always there."""


def make_spec(data: Texts, view: SymbolView) -> dict[str, Any]:
    """What turns texts into answers, of plain JSON values.

    Args:
        data: what the network learned from.
        view: as it saw it.
    """
    windows, blocks = data.config.windows, data.blocks
    sizes = {name: len(blocks.places(part)) for name, part in data.parts._asdict().items()}
    return {
        "name": data.name,
        "target": data.target,
        "column": data.corpus.column,
        "alphabet": data.alphabet.to_json(),
        "window": view.window,
        "block": view.block,
        "length": LENGTH,
        "file": file_settings(data.config.data),
        "data": {"sha256": data.sha256, "rows": data.rows, **sizes},
        "split": {"split": windows.split, "validation": windows.validation, "test": windows.test,
                  "seed": data.config.seed},
    }  # fmt: skip


def input_columns(data: Texts) -> list[tuple[str, bool]]:
    """The columns of a request, and whether each must be there."""
    return [(data.corpus.column, True), *((name, False) for name in SETTINGS if name != data.corpus.column)]


def example(data: Texts) -> pd.DataFrame:
    """A request: how a text of train begins."""
    import pandas as pd

    start, end = data.blocks.stretches(data.parts.train)[0]
    return pd.DataFrame({data.corpus.column: [data.passage(start, min(start + 20, (start + end + 1) // 2))]})


def frames(data: Texts, spec: Mapping[str, Any], items: Items) -> Iterator[pd.DataFrame]:
    """Requests whose answers tell of each symbol of items what it cost: a row for each stretch of text.

    Args:
        data: that the items are of.
        spec: of the model.
        items: (n,), ascending.
    """
    import pandas as pd

    rows = []
    for start, end in data.blocks.stretches(items):
        begin = int(data.blocks.begins[data.blocks.document_at(start)])
        before = data.passage(max(begin, start - int(spec["window"])), start)
        rows.append({data.corpus.column: data.passage(start, end), "before": before, "length": 0, "scores": True})
    yield pd.DataFrame(rows)


def said(answers: Sequence[pd.DataFrame], spec: Mapping[str, Any]) -> Said:
    """What was said of each symbol, (n, block).

    Args:
        answers: a packaged model's, one a request.
        spec: of the model.
    """
    alphabet, block = Alphabet.from_json(spec["alphabet"]), int(spec["block"])
    found = []
    for answer in answers:
        for _, row in answer.iterrows():
            count = len(row["log_probabilities"])
            made = np.zeros(-(-count // block) * block, SAID)
            made["nll"][:count] = -np.asarray(row["log_probabilities"], np.float64)
            made["best"][:count] = -np.asarray(row["expected_log_probabilities"], np.float64)
            made["symbol"][:count] = alphabet.numbers_of(row["expected"])
            found.append(made.reshape(-1, block))
    return np.concatenate(found)


def unseen(data: Texts, spec: Mapping[str, Any], items: Items) -> tuple[Items, str]:
    """The items that another model has neither learned from nor been chosen by, or why there are none.

    Args:
        data: of this sweep.
        spec: of the other model.
        items: (n,), of the test part.
    """
    if spec["alphabet"] != data.alphabet.to_json():
        return items[:0], "knows other symbols"
    if spec["block"] != data.blocks.block:
        return items[:0], "reads other blocks"
    windows = data.config.windows
    own = {"split": windows.split, "validation": windows.validation, "test": windows.test, "seed": data.config.seed}
    if spec["data"]["sha256"] == data.sha256 and spec["split"] == own:
        return items, ""
    return items[:0], "has learned from other parts of a text"
