"""What a sweep keeps on disk: JSON and bytes that are whole or not there, read back as the type that wrote them.

A frozen dataclass says what a file holds. pydantic holds a file to it as it is read, and is imported then: a sweep that
starts anew reads nothing before its trials run.
"""

from __future__ import annotations

import dataclasses
import errno
import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from filelock import Timeout

from seqsweep import files
from seqsweep.errors import StateError
from seqsweep.imports import quick_imports

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")

MEND = "run its sweep again, which does this part anew"

_ADAPTERS: dict[type[Any], Any] = {}  # one a type: to make it takes a tenth of a second

STATE = "the state of the sweep"
THIS_PAGE = "this page"


def write_state(file: Path, content: object, indent: int | None = None) -> None:
    """Put dataclasses, lists and mappings of plain values in place as JSON; `read_state` is the way back.

    Args:
        file: of the state.
        content: what `to_json` takes.
        indent: spaces a level, for files that people read.

    Raises:
        StateError: the disk refuses; the old file is whole.
    """
    write_bytes(file, to_json(content, indent=indent).encode())


def read_state(file: Path, kind: type[T], mend: str = MEND, *, partly: bool = False) -> T:
    """What `write_state` put into a file. The file is left as it is.

    Args:
        file: of the state.
        kind: what it holds: a dataclass.
        mend: what its user can do where it is not that.
        partly: it may hold more than `kind` names.

    Raises:
        StateError: the file cannot be read, is truncated, or holds something else.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise StateError(f"{file}: cannot read this state file ({_said(error)}); {mend}") from error
    return from_json(content, kind, str(file), mend, partly=partly)


def write_text(file: Path, text: str, what: str = STATE) -> None:
    """Put a text in place; errors are those of `write_state`.

    Args:
        file: takes the place of the one that is there.
        text: the whole content, written as UTF-8.
        what: errors call it.
    """
    write_bytes(file, text.encode(), what)


def write_bytes(file: Path, content: bytes, what: str = STATE) -> None:
    """Put bytes in place; errors are those of `write_state`.

    Args:
        file: takes the place of the one that is there.
        content: the whole file.
        what: errors call it.
    """
    with writing(file, what):
        files.atomic_write(file, content)


def set_aside(path: Path) -> str:
    """Put what is damaged out of the way under a name that nobody reads; nothing is deleted.

    Args:
        path: of a file or a folder.

    Returns:
        Its new name.

    Raises:
        StateError: the disk refuses.
    """
    names = (path.with_name(f"{path.name}.damaged{number or ''}") for number in itertools.count())
    free = next(name for name in names if not name.exists())
    with writing(path):
        path.rename(free)
    return free.name


@contextmanager
def writing(file: Path, what: str = STATE) -> Iterator[None]:
    """Turn what the disk refuses while a file is written into a StateError.

    Args:
        file: that is written.
        what: the error calls it.
    """
    try:
        yield
    except Timeout:  # of a lock, which counts as an OSError
        raise
    except OSError as error:
        refused = error.errno in (errno.EROFS, errno.EACCES, errno.EPERM)
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        mend = "make room" if full else "put this right"
        mend = "make it writable or choose another tracking.directory" if refused else mend
        raise StateError(
            f"cannot write {what} ({_said(error)}). What was finished before is kept; {mend} and "
            f"run the same command again: {file}"  # at the end, where a long path hides nothing
        ) from error


def to_json(content: object, *, indent: int | None = None, ensure_ascii: bool = True) -> str:
    """JSON of dataclasses, lists and mappings of plain values, with NaN and infinities.

    Args:
        content: a dataclass gives its fields.
        indent: spaces a level; None: all in one line.
        ensure_ascii: escape what is not ASCII.
    """
    return json.dumps(content, default=_fields, indent=indent, ensure_ascii=ensure_ascii)


def from_json(text: str | bytes, kind: type[T], where: str, mend: str, *, partly: bool = False) -> T:
    """What `to_json` wrote.

    Args:
        text: the JSON.
        kind: what it holds: a dataclass.
        where: it comes from, for the error.
        mend: what its user can do where it is not that.
        partly: it may hold more than `kind` names.

    Raises:
        StateError: it is truncated, or holds something else.
    """
    adapter = _adapter(kind)
    from pydantic import ValidationError

    try:
        content = adapter.validate_json(text, strict=True, extra="ignore" if partly else "forbid")
    except ValidationError as error:
        raise StateError(f"{where}: {_sentence(error, text)}; {mend}") from error
    return content


def _adapter(kind: type[T]) -> TypeAdapter[T]:
    if kind not in _ADAPTERS:
        with quick_imports():
            from pydantic import TypeAdapter

            _ADAPTERS[kind] = TypeAdapter(kind)
    found: TypeAdapter[T] = _ADAPTERS[kind]
    return found


def _fields(value: object) -> dict[str, Any]:
    if dataclasses.is_dataclass(value):
        return vars(value)  # `asdict` would copy all that is within: a tuner writes all its trials at each step
    raise TypeError(f"{value!r} is no plain value")


def _sentence(error: ValidationError, text: str | bytes) -> str:
    """The first thing that is wrong, in plain words."""
    found = error.errors(include_url=False)[0]
    if found["type"] == "json_invalid":
        return "this is truncated or damaged"
    place = _place(json.loads(text), found["loc"])
    if found["type"] == "missing":
        return f"{place} is missing, so this was written by something else or another version"
    if found["type"] == "unexpected_keyword_argument":
        return f"nothing here is called {place}, so this was written by something else or another version"
    value = json.dumps(found["input"])
    shown = value if len(value) <= 40 else f"{value[:40]}…"
    return f"{place} is {shown}, which does not belong there"


def _place(content: Any, steps: tuple[int | str, ...]) -> str:
    """`curve.3.epoch`: where in the content it is; steps that only pydantic knows, such as a type, are left out."""
    keys = []
    for number, step in enumerate(steps, 1):
        listed = isinstance(content, list) and step in range(len(content))
        if listed or (isinstance(content, Mapping) and step in content):
            content = content[step]
        elif number < len(steps) or not isinstance(content, Mapping):
            break
        keys.append(str(step))
    return ".".join(keys) or "the whole of it"


def _said(error: OSError) -> str:
    return error.strerror or str(error)
