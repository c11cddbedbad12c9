"""The state file of a tuner: whole or absent, never half-written, and never taken for another search's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqsweep import files
from seqsweep.errors import StateError

FORMAT = "seqsweep tuner"
VERSION = 1


def read_state(path: Path, search: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the file at `path` holds of the search that `search` describes; None where there is no file.

    Raises:
        StateError: the file cannot be read, is truncated, or belongs to another search. It is left as it is.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise StateError(f"{path}: the state of this sweep cannot be read: {error}; {_anew(path)}") from error
    try:
        state = json.loads(text)
    except ValueError as error:
        raise damaged(path, error) from error
    if not isinstance(state, dict) or state.get("format") != FORMAT or state.get("version") != VERSION:
        raise StateError(f"{path}: this is no state of a seqsweep tuner (version {VERSION}); {_anew(path)}")
    changed = _differences(state.get("search", {}), _plain(search))
    if changed:
        raise StateError(
            f"{path} belongs to another search: {'; '.join(changed)}. Undo the change to resume; {_anew(path)}"
        )
    return state


def write_state(path: Path, search: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """Replace the file at `path` by `state`; a kill at any moment leaves the old file or the new one.

    Raises:
        StateError: the directory cannot be written, or the disk is full; the old file is whole.
    """
    text = json.dumps({"format": FORMAT, "version": VERSION, "search": search, **state})
    try:
        files.atomic_write(path, text.encode())
    except OSError as error:
        raise StateError(
            f"{path}: the state of this sweep cannot be written: {error}. "
            "What was finished before is kept; make room and run the same command again"
        ) from error


def damaged(path: Path, error: Exception) -> StateError:
    """The error for a state file that is no whole state; the file is left as it is."""
    return StateError(f"{path}: the state of this sweep is truncated or damaged ({error!r}); {_anew(path)}")


def _anew(path: Path) -> str:
    return f"to start anew, move or delete {path.parent}"


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _differences(old: Any, new: Any, key: str = "") -> list[str]:
    if isinstance(old, Mapping) and isinstance(new, Mapping) and not {"low", "high"} & {*old, *new}:
        names = [*old, *(name for name in new if name not in old)]
        return [
            text for name in names for text in _differences(old.get(name), new.get(name), f"{key}.{name}".lstrip("."))
        ]
    return [] if old == new else [f"{key} was {json.dumps(old)}, is {json.dumps(new)}"]
