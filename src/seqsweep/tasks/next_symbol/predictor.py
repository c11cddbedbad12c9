"""Texts in, what comes next out: what a packaged network of texts does with a request.

Input: a DataFrame with a column of texts, and what else a row may say.
Output: a row for each.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from mlflow.exceptions import MlflowException

from ...serving.model import Network
from ...serving.symbols import Alphabet
from ...serving.writing import Writer

LONGEST = 10_000  # symbols that are written for a row


class SymbolPredictor:
    """Says of each text which symbol comes next, and writes on.

    Args:
        spec: the column, the alphabet, window and block.
        network: (n, window + block - 1) → logits (n, block, classes).
    """

    def __init__(self, spec: dict[str, Any], network: Network) -> None:
        self._spec = spec
        self._alphabet = Alphabet.from_json(spec["alphabet"])
        self._writer = Writer(network, int(spec["window"]), int(spec["block"]), self._alphabet.classes)

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """What comes next in each text.

        Args:
            frame: the texts; `length`, `temperature`, `seed`, `scores` and `before` may stand beside them. Other
                columns are ignored.

        Returns:
            A row for each: `next`, its `probability`, the `completion`. Where any row asks for scores also
            `bits_per_symbol`, `log_probabilities` of the text's own symbols, the `expected` ones in their place and
            `expected_log_probabilities`; they are empty in rows that do not.

        Raises:
            MlflowException: the frame cannot be used; the text says which column or row, and what to do.
        """
        frame = frame.reset_index(drop=True).rename(columns=lambda name: str(name).strip())
        texts = self._texts(frame)
        lengths = [int(value) for value in self._numbers(frame, "length", self._spec["length"], LONGEST, whole=True)]
        temperatures = self._numbers(frame, "temperature", 0.0, 100.0)
        seeds = [int(value) for value in self._numbers(frame, "seed", 0, 2**32 - 1, whole=True)]
        befores = self._befores(frame)
        read = [np.concatenate([before, text]) for before, text in zip(befores, texts, strict=True)]
        chances = self._writer.next(read)
        chances[:, 0] = -np.inf  # what is not known is no answer
        best = chances.argmax(axis=1)
        written = self._writer.write(read, lengths, temperatures, seeds)
        answer = pd.DataFrame(
            {
                "next": [self._alphabet.symbol(int(number) + 1) for number in best],
                "probability": np.exp(chances.max(axis=1)),
                "completion": [self._alphabet.text(numbers) for numbers in written],
            }
        )
        wanted = self._wanted(frame)
        return self._scored(answer, texts, befores, wanted) if any(wanted) else answer

    def _scored(self, answer: pd.DataFrame, texts: list[Any], befores: list[Any], wanted: list[bool]) -> pd.DataFrame:
        rows: dict[str, list[Any]] = {
            "bits_per_symbol": [], "log_probabilities": [], "expected": [], "expected_log_probabilities": []
        }  # fmt: skip
        for text, before, is_wanted in zip(texts, befores, wanted, strict=True):
            said = self._writer.judge(before, text if is_wanted else text[:0])
            rows["bits_per_symbol"].append(float(said["nll"].mean() / math.log(2)) if len(said) else None)
            rows["log_probabilities"].append((-said["nll"]).tolist())
            rows["expected"].append([self._alphabet.symbol(int(number)) for number in said["symbol"]])
            rows["expected_log_probabilities"].append((-said["best"]).tolist())
        return answer.assign(**rows)

    def _texts(self, frame: pd.DataFrame) -> list[Any]:
        """The numbers of each row's text."""
        name = self._spec["column"]
        if name not in frame:
            held = ", ".join(map(str, list(frame)[:10])) or "none"
            raise _fault(f"there is no column {name!r}, which holds the texts: the columns are {held}")
        if list(frame.columns).count(name) > 1:
            raise _fault(f"there are several columns {name!r}; leave one")
        if not len(frame):
            raise _fault("there is no row; give one or more")
        missing = frame[name].isna()
        if missing.any():
            raise _fault(f"column {name!r}, row {int(missing.to_numpy().argmax()) + 1}: the text is missing; give one")
        return [self._alphabet.numbers(_lines(str(text))) for text in frame[name]]

    def _befores(self, frame: pd.DataFrame) -> list[Any]:
        if "before" not in frame or self._spec["column"] == "before":
            return [np.zeros(0, np.int32)] * len(frame)
        texts = frame["before"].astype("object").where(frame["before"].notna(), "")
        return [self._alphabet.numbers(_lines(str(text))) for text in texts]

    def _wanted(self, frame: pd.DataFrame) -> list[bool]:
        if "scores" not in frame or self._spec["column"] == "scores":
            return [False] * len(frame)
        return [str(value).strip().lower() in ("true", "1", "1.0", "yes") for value in frame["scores"]]

    def _numbers(self, frame: pd.DataFrame, name: str, default: float, most: float, whole: bool = False) -> list[float]:
        """A number a row, that of the model where a row has none."""
        if name not in frame or self._spec["column"] == name:
            return [default] * len(frame)
        values = pd.to_numeric(frame[name].where(frame[name].notna(), default), errors="coerce").to_numpy(np.float64)
        wrong = ~((values >= 0) & (values <= most)) | (np.mod(values, 1) != 0 if whole else False)
        if wrong.any():
            row = int(wrong.argmax())
            kind = "a whole number" if whole else "a number"
            raise _fault(f"column {name!r}, row {row + 1}: {frame[name].iloc[row]} must be {kind}, 0 to {most:,.0f}")
        return [float(value) for value in values]


def _lines(text: str) -> str:
    """Of the ways to end a line there is one, as in training."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _fault(text: str) -> MlflowException:
    """A fault of the input: a server answers it with status 400 and the text."""
    fault: MlflowException = MlflowException.invalid_parameter_value(text)
    return fault
