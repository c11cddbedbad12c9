"""What is wrong with raw input, for whoever can say where it lies: a line of a file, a row of a request."""

from __future__ import annotations


class ReadError(ValueError):
    """A value or a column that cannot be read.

    Args:
        text: what is wrong.
        column: its name; None: the whole row, or the whole input.
        row: of the frame that was read, counted from 0; None: no single one.
        mend: what to do where a sweep reads the data: settings, spelt as on its command line.
        served: what to do where a packaged model reads a request.
        ahead: it is of the rows to be forecast, which may be in a file of their own.
    """

    def __init__(
        self,
        text: str,
        *,
        column: str | None = None,
        row: int | None = None,
        mend: str = "",
        served: str = "",
        ahead: bool = False,
    ) -> None:
        super().__init__(text)
        self.text, self.column, self.row, self.mend, self.ahead = text, column, row, mend, ahead
        self.served = served or "give it as the data has it that the model learned from"

    def in_request(self) -> str:
        """The sentence for whoever sent a request: where, what is wrong, what to do."""
        column = "" if self.column is None else f"column {self.column!r}"
        row = "" if self.row is None else f"row {self.row + 1}"
        place = ", ".join(filter(None, (column, row)))
        return f"{place}: {self.text}; {self.served}" if place else f"{self.text}; {self.served}"
