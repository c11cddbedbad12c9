"""Models that others load: what a registry holds, asked with frames or files, and how one gets there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqsweep.api.stores import RUNS, store
from seqsweep.imports import quiet_tensorflow

if TYPE_CHECKING:
    import pandas as pd

    from seqsweep.package import Loaded
    from seqsweep.registry import Condition, Promoted


@dataclass(frozen=True, eq=False)
class Model:
    """A packaged network with all that it does before and after: raw rows in, predictions in the unit of the data out.

    Args:
        name: what to call it: `sunspots version 2`.
        loaded: what MLflow loaded.
    """

    name: str
    loaded: Loaded

    @property
    def spec(self) -> Mapping[str, Any]:
        """What it was packaged with: columns, window, transforms, where it came from."""
        return self.loaded.spec

    @property
    def example(self) -> pd.DataFrame:
        """Rows that it can predict from."""
        return self.loaded.example

    def predict(self, data: Any, future: Any = None) -> pd.DataFrame:
        """What follows the last row, or the class or text of each one.

        Args:
            data: a DataFrame or Series with the columns of the sweep's data, a file of such rows, or bytes of one.
            future: the rows to be forecast, likewise, with what is known ahead of them; None: they stand in `data`.

        Raises:
            DataError: it cannot be used; the text names row and column.
        """
        from seqsweep.registry import ask

        quiet_tensorflow()
        return ask(self.loaded, _rows(data), None if future is None else _table_or_file(future))

    def __repr__(self) -> str:
        """Its name."""
        return f"<seqsweep.Model {self.name}>"


def load(model: str, directory: str | Path = RUNS, uri: str | None = None) -> Model:
    """A model of the registry.

    Args:
        model: NAME for the champion, NAME@ALIAS, or NAME/VERSION: `sunspots@champion`.
        directory: `tracking.directory` of its sweep.
        uri: `tracking.uri` of its sweep; None: SQLite in the directory.

    Raises:
        ConfigError: there is no such store.
        UserError: there is no such model, alias or version.
        TrackingError: the store cannot be reached or refuses.
    """
    from seqsweep import registry

    quiet_tensorflow()
    loaded, name = registry.load_model(model, store(directory, uri))
    return Model(name, loaded)


def promote(
    sweep: str | None = None,
    directory: str | Path = RUNS,
    uri: str | None = None,
    *,
    replace: bool = False,
    force: str = "",
    baseline: str = "",
    say: Callable[[str], None] | None = None,
    show: Callable[[Sequence[Condition]], None] | None = None,
) -> Promoted:
    """Make the winner of a sweep the champion that others load, if it passes the gate.

    Args:
        sweep: a study, the beginning of a fingerprint, the id of a run; None: the newest sweep that finished.
        directory: `tracking.directory` of the sweep.
        uri: `tracking.uri` of it; None: SQLite in the directory.
        replace: take the place of a champion of other data, without a comparison.
        force: the reason to overrule the gate, which is recorded.
        baseline: the one to promote instead of the winner; empty: the winner.
        say: is told what happens; None: it goes to standard error.
        show: is told the conditions of the gate.

    Raises:
        RefusedError: a condition does not hold, and nothing was changed.
        UserError: there is no such sweep.
        TrackingError: the store cannot be reached or refuses.
    """
    from seqsweep import registry
    from seqsweep.redaction import redacted

    quiet_tensorflow()
    told = say if say is not None else _to_stderr
    shown = show if show is not None else _nothing
    return registry.promote(
        sweep, store(directory, uri), told, shown, replace=replace, force=redacted(force), baseline=baseline
    )


def _rows(data: Any) -> Path | bytes | pd.DataFrame:
    return data if isinstance(data, bytes) else _table_or_file(data)


def _table_or_file(data: Any) -> Path | pd.DataFrame:
    if isinstance(data, str | Path):
        return Path(data)
    from seqsweep.api.frames import as_table

    return as_table(data)


def _to_stderr(text: str) -> None:
    print(text, file=sys.stderr)


def _nothing(_: object) -> None:
    """Show nothing."""
