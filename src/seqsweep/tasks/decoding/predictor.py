"""Raw rows in, a text for each out: what a packaged model of texts does with a request.

Input: a DataFrame with the columns that it learned from, a row an item; and the true text, where that is to be judged.
Output: a row for each.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...serving.decoding import batches, decode, nats
from ...serving.model import Network
from ...serving.pieces import END, Pieces, cleaned, prefixes
from ...serving.reading.faults import ReadError
from ...serving.reading.numbers import NumberStyle
from ...serving.tables import checked, placed, scaled, texts_of
from ...serving.transforms import Transform


class TextPredictor:
    """Says of each row the text that belongs to it.

    Args:
        spec: columns, how their numbers are written and scaled or their text is cut, and what is said by which width
            of beam.
        network: what is told (n, …) and what was said before each step (n, steps) → (n, steps, numbers).
    """

    def __init__(self, spec: dict[str, Any], network: Network) -> None:
        self._spec = spec
        self._network = network
        self._source = None if spec["source"] is None else Pieces.from_json(spec["source"])
        self._said = Pieces.from_json(spec["said"])
        self._transform = None if spec["transform"] is None else Transform.from_json(spec["transform"])
        style = spec["numbers"]
        self._style = NumberStyle(style["decimal"], style["thousands"], tuple(style["na_values"]))

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The text of each row.

        Args:
            frame: the columns that the model learned from, in any order; others are ignored. Where it has the column
                that is said, its texts are held against the network.

        Returns:
            A row for each: `text`, the `probability` that the network gives to just this text, `whole`: whether all of
            the row was read and the text came to its end. Where true texts were given also `nats`, what they cost the
            network, and `tokens`, of how many tokens that is.

        Raises:
            MlflowException: the frame cannot be used; the text says which column or row, and what to do.
        """
        frame = checked(frame, self._spec["columns"])
        with placed():
            told, is_read = self._told(frame)
            true = self._texts(frame[self._spec["target"]]) if self._spec["target"] in frame else None
        steps, numbers = self._said.longest + 1, self._said.size
        said = decode(self._network, [told], steps, numbers, beam=int(self._spec["beam"]))
        answer = pd.DataFrame(
            {
                "text": self._said.written(said.numbers),
                "probability": np.exp(said.log_probability),
                "whole": is_read & (said.numbers == END).any(axis=1),
            }
        )
        return answer if true is None else answer.assign(**self._judged(told, true))

    def _judged(self, told: NDArray[Any], true: list[str]) -> dict[str, NDArray[Any]]:
        """What true texts cost the network, and how many pieces they have."""
        targets, cost = self._said.targets(true), np.zeros(len(true))
        for rows in batches(len(true), targets.shape[1] * self._said.size):
            cost[rows] = nats(self._network(told[rows], prefixes(targets[rows])), targets[rows]).sum(axis=1)
        return {"nats": cost, "tokens": (targets > 0).sum(axis=1)}

    def _told(self, frame: pd.DataFrame) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """What the network reads, (rows, …), and whether that is all of each row."""
        columns = self._spec["columns"]
        if self._source is None:
            assert self._transform is not None  # one of both was packaged
            return scaled(frame, columns, self._style, self._transform), np.ones(len(frame), bool)
        texts = self._texts(frame[columns[0]])
        return self._source.read(texts), self._source.fits(texts)

    def _texts(self, column: pd.Series[Any]) -> list[str]:
        texts = texts_of(column)
        empty = [not cleaned(text) for text in texts]
        if any(empty):
            raise ReadError("the text is empty", column=str(column.name), row=empty.index(True), served="give one")
        return texts
