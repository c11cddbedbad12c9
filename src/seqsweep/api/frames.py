"""Data that a caller holds: a table in memory, a file, or a name, as overrides of a config."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqsweep import config
from seqsweep.errors import ConfigError, DataError
from seqsweep.schema import SweepConfig

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "data"
"""Of tables that came from memory, below `tracking.directory`."""

TIME = "time"
"""What an index of times without a name is called."""

VALUE = "value"
"""What a Series without a name is called."""


@dataclass(frozen=True)
class Given:
    """Data as a config names it.

    Args:
        overrides: that name it.
        name: of a table in memory.
        content: of its file; None: there is a file already, or nothing was given.
    """

    overrides: tuple[str, ...] = ()
    name: str = ""
    content: bytes | None = None

    def keep(self, job: SweepConfig) -> None:
        """Write the table where the job keeps what it leaves behind, and name the file in its config.

        Raises:
            StateError: the disk refuses.
        """
        if self.content is None:
            return
        from seqsweep.state_files import write_bytes

        digest = hashlib.sha256(self.content).hexdigest()[:12]
        file = Path(job.tracking.directory).resolve() / FOLDER / f"{self.name}-{digest}.parquet"
        if not file.exists():
            write_bytes(file, self.content, "the data")
        job.data.path = str(file)


def given(data: Any, overrides: Sequence[str], own: Path | None) -> Given:
    """What `data` adds to the overrides of a sweep.

    Args:
        data: a DataFrame, a Series, a path, or the name of an option of `data`; None: nothing.
        overrides: of the caller; which data it is must not stand there once more.
        own: the user's folder of configs.

    Raises:
        ConfigError: it is none of these, or the overrides name other data.
        DataError: the table cannot be kept.
    """
    if data is None:
        return Given()
    twice = [text for text in overrides if text.lstrip("+").partition("=")[0] in ("data", "data.kind", "data.path")]
    if twice:
        raise ConfigError([f"{twice[0]}: the data is given by `data` already; leave one of them out"])
    if isinstance(data, str | os.PathLike):
        return _named(os.fspath(data), own)
    return _in_memory(data, overrides)


def as_table(data: Any) -> pd.DataFrame:
    """A DataFrame whose columns hold all that its caller gave: an index of times is one of them.

    Args:
        data: a DataFrame or a Series.

    Raises:
        DataError: it is neither, or two columns have one name.
    """
    import pandas as pd

    if isinstance(data, pd.Series):
        data = data.to_frame(VALUE if data.name is None else str(data.name))
    if not isinstance(data, pd.DataFrame):
        kind = type(data).__name__
        told = f"a DataFrame, a Series or a file is needed, this is a {kind}; pandas.DataFrame(…) makes one"
        raise DataError(f"data: {told}")
    frame = data.copy(deep=False)
    if isinstance(frame.index, pd.PeriodIndex):
        frame.index = frame.index.to_timestamp()
    if frame.index.name is None and isinstance(frame.index, pd.DatetimeIndex):
        frame.index.name = TIME
    if frame.index.name is not None:
        frame = frame.reset_index()
    frame.columns = frame.columns.map(str)
    if not frame.columns.is_unique:
        name = frame.columns[frame.columns.duplicated()][0]
        raise DataError(f"data: two columns are called {name!r}; rename one of them")
    return frame


def _named(data: str, own: Path | None) -> Given:
    """A file, a folder, or an option of `data`."""
    path = Path(data).expanduser()
    if path.is_dir():
        return Given(("data=folder", _override("data.path", data)))
    if not path.exists() and data in config.options(own)["data"]:
        return Given((f"data={data}",))
    from seqsweep.data.packed_files import existing, kind_of

    kind = {"parquet": "parquet", "workbook": "excel"}.get(kind_of(existing(data, key="data")), "csv")
    return Given((f"data={kind}", _override("data.path", data)))


def _in_memory(data: Any, overrides: Sequence[str]) -> Given:
    import pandas as pd

    frame = as_table(data)
    said = {text.lstrip("+").partition("=")[0]: text.partition("=")[2] for text in overrides}
    more = []
    if isinstance(data, pd.Series):
        said.setdefault("data.target", frame.columns[-1])
        more.append(_override("data.target", frame.columns[-1]))
    times = data.index.name or TIME if isinstance(data.index, pd.DatetimeIndex | pd.PeriodIndex) else None
    if times is not None and "data.time" not in said:
        more.append(_override("data.time", str(times)))
    name = str(data.attrs.get("name") or said.get("data.name") or said.get("data.target") or "frame").strip("'\"")
    if "data.name" not in said:
        more.append(_override("data.name", _as_name(name)))
    return Given(("data=parquet", "data.path=frame", *more), _as_name(name), _parquet(frame))


def _as_name(text: str) -> str:
    from seqsweep.hyperparameters import named

    return named(text).replace(" ", "-") or "frame"


def _parquet(frame: pd.DataFrame) -> bytes:
    import pyarrow

    into = io.BytesIO()
    try:
        frame.to_parquet(into, index=False)
    except (pyarrow.ArrowException, TypeError, ValueError) as error:
        said = str(error.args[0] if error.args else error).splitlines()[0]
        column = next((name for name in frame.columns if f"column {name} with type" in str(error)), None)
        where = "data" if column is None else f"data, column {column!r}"
        raise DataError(f"{where}: its values are of several types ({said}); give it one by astype") from error
    return into.getvalue()


def _override(key: str, value: str) -> str:
    r"""An override as Hydra reads it, whatever stands in its value: `data.target='a \'b\''`."""
    if value and all(sign.isalnum() or sign in "_-./" for sign in value) and not value[0].isdigit():
        return f"{key}={value}"
    escaped = value.replace("'", "\\'")
    return f"{key}='{escaped}'"
