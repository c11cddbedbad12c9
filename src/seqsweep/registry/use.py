"""Predictions by what a registry holds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from seqsweep.data import open_file
from seqsweep.errors import DataError, UserError
from seqsweep.package import Loaded, load
from seqsweep.registry.registered import CHAMPION, Registry, opened
from seqsweep.spelling import nearest

if TYPE_CHECKING:
    import pandas as pd
    from mlflow.entities.model_registry import ModelVersion

    from seqsweep.schema import TrackingConfig


def predict(model: str, file: Path, tracking: TrackingConfig) -> tuple[pd.DataFrame, str]:
    """What a registered model predicts from the rows of a file, and the version that did: `sunspots version 2`.

    Args:
        model: NAME for the champion, NAME@ALIAS, or NAME/VERSION.
        file: CSV or Parquet with the columns of the data, in their own unit.
        tracking: the store.

    Raises:
        UserError: there is no such model, alias or version.
        DataError: the file cannot be used; the text names file, column and row.
        TrackingError: the store cannot be reached or refuses.
    """
    with opened(tracking) as registry:
        version = resolve(registry, model)
        with registry.files(version) as folder:
            loaded = load(folder)
    return _predictions(loaded, file), f"{version.name} version {version.version}"


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


def _predictions(loaded: Loaded, file: Path) -> pd.DataFrame:
    from mlflow.exceptions import MlflowException

    source = open_file(str(file), loaded.spec.get("file", {}))
    frame, origin = source.read(source.names)
    try:
        made: pd.DataFrame = loaded.served.predict(None, frame)
    except MlflowException as error:
        # What reads a request knows its rows, and the file knows their lines.
        row, column = getattr(error.__cause__, "row", None), getattr(error.__cause__, "column", None)
        if row is None:
            raise DataError(f"{file}: {error.message}") from error
        text = str(error.message).split(": ", 1)[1]
        raise DataError(f"{origin.place(row, column)}: {text}") from error
    return made
