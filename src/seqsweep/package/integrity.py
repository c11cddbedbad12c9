"""Whether a packaged model is still what was packaged: its files by their digests, and what it answers."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import yaml

from seqsweep.errors import StateError
from seqsweep.package.loaded import Loaded, load
from seqsweep.package.parity import compare
from seqsweep.records import Value
from seqsweep.state_files import read_state, write_state

if TYPE_CHECKING:
    import pandas as pd

CHECKSUMS = "checksums.json"

DESCRIPTION = "MLmodel"  # MLflow's own file: a copy in a store names the copy


@dataclass(frozen=True)
class Checksums:
    """What was true as the model was packaged.

    Args:
        files: SHA-256 of each file, by its path in the model's folder.
        answers: to the input example that travels with the model, by column.
    """

    files: Mapping[str, str]
    answers: Mapping[str, tuple[Value, ...]]


def seal(model: Path, loaded: Loaded) -> None:
    """Write down what every file of a model is, and what it answers; nothing of it may change after that.

    Args:
        model: the folder of the packaged model.
        loaded: from this very folder.

    Raises:
        StateError: the disk refuses.
    """
    files = {str(file.relative_to(model)): _digest(file) for file in sorted(model.rglob("*")) if _counts(file)}
    write_state(model / CHECKSUMS, Checksums(files, _plain(loaded.ask(loaded.example))))


def altered(model: Path) -> str:
    """Which file of a packaged model is not what it was, in a clause; empty where all of them are."""
    try:
        known = read_state(model / CHECKSUMS, Checksums).files
    except StateError as error:
        return str(error).partition(";")[0]
    for name, digest in known.items():
        if not (model / name).is_file():
            return f"{model / name} is gone"
        if _digest(model / name) != digest:
            return f"{model / name} is not the file that was packaged"
    return "" if _is_described(model / DESCRIPTION) else f"{model / DESCRIPTION} is damaged"


def fault(model: Path) -> str:
    """Why a packaged model is not to be trusted, in a clause; empty where it is what was packaged.

    Its files are compared with what they were; it is loaded, and must answer its input example as it did.
    """
    changed = altered(model)
    if changed:
        return changed
    try:
        loaded = load(model)
        answers = _plain(loaded.ask(loaded.example))
    except Exception as error:  # whatever stands in its files, or is missing around them
        return str(error) if isinstance(error, StateError) else f"{model} does not answer: {error}"
    known = read_state(model / CHECKSUMS, Checksums).answers
    if answers.keys() != known.keys() or not all(_same(answers[name], known[name]) for name in known):
        return f"{model} answers its input example otherwise than when it was packaged"
    return ""


def _is_described(file: Path) -> bool:
    """Whether MLflow's own file says how the model is loaded."""
    try:
        content = yaml.safe_load(file.read_bytes())
    except (OSError, ValueError, yaml.YAMLError):
        return False
    return isinstance(content, Mapping) and isinstance(content.get("flavors"), Mapping)


def _counts(file: Path) -> bool:
    return file.is_file() and file.name not in (CHECKSUMS, DESCRIPTION) and "__pycache__" not in file.parts


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _plain(answers: pd.DataFrame) -> dict[str, tuple[Value, ...]]:
    return {str(name): tuple(map(_value, answers[name].tolist())) for name in answers.columns}


def _value(value: object) -> Value:
    return value if isinstance(value, (str, bool, int, float)) or value is None else str(value)


def _same(answers: tuple[Value, ...], known: tuple[Value, ...]) -> bool:
    """But for rounding, by the measure of parity."""
    if len(answers) == len(known) and all(isinstance(value, float) and math.isfinite(value) for value in known):
        return compare(np.array(answers), np.array(known)).passed
    return repr(answers) == repr(known)  # NaN does not equal itself
