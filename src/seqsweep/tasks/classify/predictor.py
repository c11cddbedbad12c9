"""Raw rows in, labels with probabilities out: what a packaged classification does with a request.

Input: a DataFrame with the columns that it learned from, a row an item.
Output: a row for each.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ...serving.array_types import Float32s, Float64s
from ...serving.gather import Gather
from ...serving.model import Network
from ...serving.probabilities import prediction_sets, tempered
from ...serving.reading.faults import ReadError
from ...serving.reading.numbers import NumberStyle
from ...serving.reading.time_styles import TimeStyle
from ...serving.reading.times import joined, read_times
from ...serving.tables import checked, placed, refused, scaled, texts_of
from ...serving.texts import Int32s, Tokenizer, cleaned
from ...serving.transforms import Transform

BATCH = 1024  # items a call of the network


class ClassPredictor:
    """Says of each row which class it belongs to.

    Args:
        spec: columns and how their numbers are written, scale and steps or window, or how the text is cut into tokens;
            classes, temperature, thresholds of the sets.
        network: (n, steps, features), or (n, tokens), → (n, classes).
    """

    def __init__(self, spec: dict[str, Any], network: Network) -> None:
        self._spec = spec
        self._network = network
        self._transform = Transform.from_json(spec["transform"])
        self._tokenizer = None if spec["text"] is None else Tokenizer.from_json(spec["text"])
        style = spec["numbers"]
        self._style = NumberStyle(style["decimal"], style["thousands"], tuple(style["na_values"]))

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The class of each row.

        Args:
            frame: the columns that the model learned from, in any order; others are ignored.

        Returns:
            A row for each: `label`, its `probability`, `set_80`, `set_95` and so on (the classes that the level asks
            for, most probable first, between ` | `), and `p_CLASS` for each class. Where rows before an item are read,
            a row for each with a whole window before it and for the one behind the last, which `row` numbers.

        Raises:
            MlflowException: the frame cannot be used; the text says which column or row, and what to do.
        """
        frame = checked(frame, self._spec["columns"])
        with placed():
            inputs = self._inputs(frame)
        cuts = range(0, len(inputs), BATCH)
        outputs = np.concatenate([self._network(inputs[cut : cut + BATCH]) for cut in cuts])
        return self._answer(tempered(outputs, self._spec["temperature"]))

    def _answer(self, probabilities: Float64s) -> pd.DataFrame:
        classes = np.array(self._spec["classes"], object)
        order = np.argsort(-probabilities, axis=1, kind="stable")
        window = self._spec["window"]
        result: dict[str, Any] = {"row": np.arange(len(order)) + window + 1} if window else {}
        result |= {"label": classes[order[:, 0]], "probability": probabilities.max(axis=1)}
        for level, threshold in self._spec["thresholds"].items():
            held = prediction_sets(probabilities, threshold)
            sets = [" | ".join(classes[row[inside[row]]]) for row, inside in zip(order, held, strict=True)]
            result[f"set_{100 * float(level):g}"] = sets
        result |= {f"p_{name}": probabilities[:, number] for number, name in enumerate(classes)}
        return pd.DataFrame(result)

    def _inputs(self, frame: pd.DataFrame) -> Float32s | Int32s:
        """(rows, steps, features), scaled; or (rows, tokens)."""
        if self._tokenizer is not None:
            return self._tokenizer(self._texts(frame[self._spec["columns"][0]], self._tokenizer.tokens))
        values, window = scaled(frame, self._spec["columns"], self._style, self._transform), int(self._spec["window"])
        if window and len(values) < window:
            told = f"there are {len(values)} rows, and the model reads the {window} before an item"
            raise refused(f"{told}; give as many")
        if window:
            self._check_order(frame)
            return Gather(values, range(-window, 0)).numpy(np.arange(window, len(values) + 1, dtype=np.int64))
        return values.reshape(len(values), int(self._spec["steps"]), -1)

    def _check_order(self, frame: pd.DataFrame) -> None:
        """Refuse rows that do not follow each other in time, where the request tells their times."""
        told = self._spec["times"]
        if told is None or any(name not in frame for name in told["columns"]):
            return
        times = joined(frame, told["columns"])
        index, _ = read_times(times, TimeStyle(**told["style"]))
        back = np.flatnonzero(np.diff(index.astype(np.int64)) < 0)
        if len(back):
            text, mend = "its time lies before that of the row above", "put rows in the order of their times"
            raise ReadError(text, column=str(times.name), row=int(back[0]) + 1, served=mend)

    def _texts(self, column: pd.Series[Any], tokens: str) -> list[str]:
        texts = texts_of(column)
        empty = [not cleaned(text, tokens) for text in texts]
        if any(empty):
            row = empty.index(True)
            held = f"the text {texts[row]!r} holds none of the {tokens}" if texts[row].strip() else "the text is empty"
            raise ReadError(held, column=str(column.name), row=row, served="give one")
        return texts
