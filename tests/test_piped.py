"""What comes by standard input for a model that reads texts: a line is one."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest
from mlflow.exceptions import MlflowException

from seqsweep.errors import DataError
from seqsweep.registry import ask
from seqsweep.serving.reading.faults import ReadError


class Shout:
    """A model that writes texts large and refuses those without any."""

    def predict(self, _, frame):
        empty = [row for row, text in enumerate(frame["said"]) if not text.strip()]
        if empty:
            fault = ReadError("the text is empty", column="said", row=empty[0])
            raise MlflowException.invalid_parameter_value(f"column 'said', row 1: {fault.text}") from fault
        return frame.assign(said=frame["said"].str.upper())


def asked(content: bytes) -> pd.DataFrame:
    return ask(SimpleNamespace(spec={"line": "said"}, served=Shout()), content)


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        (b"Crust is not good.\n", ["CRUST IS NOT GOOD."]),
        (b'one, two\r\n"three"', ["ONE, TWO", '"THREE"']),
        ("\ufeffçok güzel\n".encode(), ["ÇOK GÜZEL"]),
    ],
)
def test_a_line_is_a_text_as_it_stands(content, texts):
    assert asked(content)["said"].tolist() == texts


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "standard input: there is no text; give one a line"),
        (b"\n \n", "standard input: there is no text; give one a line"),
        (b"good\n\nbad\n", "standard input, line 2, column 'said': the text is empty"),
        ("iyi\nkötü\n".encode("latin-1"), "standard input, line 2: byte 2 is no UTF-8; write it in that encoding"),
    ],
)
def test_what_is_no_text_is_told_with_its_line(content, told):
    with pytest.raises(DataError) as caught:
        asked(content)
    assert str(caught.value).startswith(told)
