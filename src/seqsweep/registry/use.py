"""Predictions by what a registry holds."""

from __future__ import annotations

import codecs
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from seqsweep.data import Origin, open_file
from seqsweep.errors import DataError, UserError
from seqsweep.package import Loaded, load
from seqsweep.registry.registered import CHAMPION, Registry, opened
from seqsweep.spelling import nearest
from seqsweep.words import command

if TYPE_CHECKING:
    import pandas as pd
    from mlflow.entities.model_registry import ModelVersion

    from seqsweep.schema import TrackingConfig

STANDARD_INPUT = "standard input"
"""What messages call it."""

TABLE = "the table"
"""What messages call one in memory."""


def load_model(model: str, tracking: TrackingConfig) -> tuple[Loaded, str]:
    """A registered model, and what to call its version: `sunspots version 2`.

    Args:
        model: NAME for the champion, NAME@ALIAS, or NAME/VERSION.
        tracking: the store.

    Raises:
        UserError: there is no such model, alias or version.
        TrackingError: the store cannot be reached or refuses.
    """
    with opened(tracking) as registry:
        version = resolve(registry, model)
        with registry.files(version) as folder:
            loaded = load(folder)
    return loaded, f"{version.name} version {version.version}"


def predict(
    model: str, given: Path | bytes, tracking: TrackingConfig, future: Path | None = None
) -> tuple[pd.DataFrame, str]:
    """What a registered model predicts from rows, and the version that did.

    Args:
        model: as for `load_model`, which has the errors too.
        given: as for `ask`.
        tracking: the store.
        future: as for `ask`.

    Raises:
        DataError: the rows cannot be used.
    """
    loaded, name = load_model(model, tracking)
    return ask(loaded, given, future), name


def resolve(registry: Registry, model: str) -> ModelVersion:
    """The version that NAME, NAME@ALIAS or NAME/VERSION means.

    Args:
        registry: an open one.
        model: as the user wrote it, with `models:/` in front or not.

    Raises:
        UserError: there is none; the text says which there are.
    """
    match = re.fullmatch(r"(?:models:/)?([^/:@]+)(?:@([^/:@]+)|/(\d+))?", model)
    if match is None:
        raise UserError(f"{model}: write NAME, NAME@ALIAS or NAME/VERSION, such as sunspots@champion")
    name, alias, number = match.group(1), match.group(2) or CHAMPION, match.group(3)
    found = registry.existing(name)
    aliases = {str(key): str(value) for key, value in found.aliases.items()}
    if number is None and alias not in aliases:
        raise UserError(f"{name} has no alias {alias!r}{nearest(alias, aliases) or '; it has none'}")
    version = registry.version(name, number or aliases[alias])
    if version is None:
        numbers = ", ".join(str(v.version) for v in registry.versions(name))
        raise UserError(f"{name} has no version {number or aliases[alias]}; it has {numbers or 'none'}")
    return version


def ask(loaded: Loaded, given: Path | bytes | pd.DataFrame, future: Path | pd.DataFrame | None = None) -> pd.DataFrame:
    """What a packaged model predicts from rows.

    Args:
        loaded: the model.
        given: a table, or a file, CSV or Parquet, with the columns of the data, in their own unit; or what came by
            standard input: CSV, or a text a line where the model reads texts alone.
        future: the rows that are to be forecast, for a model that reads what is known ahead of them; None: they stand
            behind the others, if there are any.

    Raises:
        UserError: the model reads nothing of a future.
        DataError: it cannot be used; the text names file, column and row.
    """
    from mlflow.exceptions import MlflowException

    frame, origin = _read(loaded, given)
    n_rows, ahead = len(frame), None
    if future is not None:
        frame, ahead = _with_future(loaded, frame, future)
    try:
        made: pd.DataFrame = loaded.served.predict(None, frame)
    except MlflowException as error:
        # What reads a request knows its rows, and the file knows their lines.
        cause = error.__cause__
        row, column = getattr(cause, "row", None), getattr(cause, "column", None)
        if row is None:
            where = ahead if ahead is not None and getattr(cause, "ahead", False) else origin
            raise DataError(f"{where.where}: {error.message}") from error
        text = str(error.message).split(": ", 1)[1]
        if ahead is not None and row >= n_rows:
            earlier = getattr(cause, "earlier", None)
            if earlier is not None and earlier < n_rows:
                text = f"{text.split(';')[0]}; rows to be forecast lie behind the last one of {origin.where}"
            origin, row = ahead, row - n_rows
        raise DataError(f"{origin.place(row, column)}: {text}") from error
    return made


def _with_future(loaded: Loaded, frame: pd.DataFrame, future: Path | pd.DataFrame) -> tuple[pd.DataFrame, Origin]:
    """The rows of a request with those that are to be forecast behind them, and where each of the latter came from."""
    import pandas as pd

    blank = loaded.spec.get("blank_ahead")
    if not blank:
        shown = f"--future {future}" if isinstance(future, Path) else "future"
        raise UserError(f"{shown}: this model reads nothing that is known ahead; leave it out")
    more, origin = _read(loaded, future)
    more = more.drop(columns=[name for name in blank if name in more])
    return pd.concat([frame, more], ignore_index=True), origin


def _read(loaded: Loaded, given: Path | bytes | pd.DataFrame) -> tuple[pd.DataFrame, Origin]:
    """The rows of a request, and where each came from."""
    if not isinstance(given, Path | bytes):
        return given, Origin(TABLE)
    column, style = loaded.spec.get("line"), loaded.spec.get("file", {})
    if isinstance(given, bytes) and column is not None:
        return _lines(given, column)
    with tempfile.TemporaryDirectory() as folder:
        file = given if isinstance(given, Path) else Path(folder) / "rows.csv"
        if isinstance(given, bytes):
            file.write_bytes(given)
        try:
            source = open_file(str(file), style)
            frame, origin = source.read(source.names)
        except DataError as error:
            hint = _plain_text(file) if column is not None and file.is_file() else ""
            raise DataError(_said_of(str(error), file, given) + hint) from error
        if column is not None and column not in map(str.strip, map(str, frame)):
            held = ", ".join(map(str, list(frame)[:10])) or "none"
            told = f"there is no column {column!r}, which holds the texts: the columns are {held}; rename one"
            raise DataError(f"{file}: {told}{_plain_text(file)}")
        return frame, replace(origin, where=_said_of(origin.where, file, given))


def _plain_text(file: Path) -> str:
    """How a file is read that holds no table, for a model that reads texts."""
    read = f"seqsweep predict MODEL - < {command([str(file)])}"
    return f"; plain text, a text a line, is read from standard input: {read}"


def _lines(content: bytes, column: str) -> tuple[pd.DataFrame, Origin]:
    """A row for each line of text."""
    import pandas as pd

    lines = content.removeprefix(codecs.BOM_UTF8).splitlines()
    if not any(line.strip() for line in lines):
        raise DataError(f"{STANDARD_INPUT}: there is no text; give one a line, as in `echo TEXT | seqsweep predict …`")
    texts = []
    for number, line in enumerate(lines, 1):
        try:
            texts.append(line.decode())
        except UnicodeDecodeError as error:
            told = f"byte {error.start + 1} is no UTF-8; write it in that encoding: iconv -t utf-8"
            raise DataError(f"{STANDARD_INPUT}, line {number}: {told}") from error
    return pd.DataFrame({column: texts}), Origin(STANDARD_INPUT, label="line {}".format)


def _said_of(text: str, file: Path, given: Path | bytes) -> str:
    """A text that names the file of a request, as its sender would."""
    return text if isinstance(given, Path) else text.replace(str(file), STANDARD_INPUT)
