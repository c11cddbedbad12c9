"""Whether a store is of the MLflow that is installed here: its tables, or the server that has them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from seqsweep.errors import TrackingError
from seqsweep.tracking.http import answer
from seqsweep.words import command

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from seqsweep.tracking.address import StoreAddress


def refuse_other_release(place: StoreAddress, connection: Connection) -> None:
    """Nothing, if the database has no tables of MLflow yet or those of this release.

    MLflow itself migrates older tables without a word where one is missing: a server of the release that made them, and
    all who use it, could then read them no more.

    Args:
        place: of the database, for messages.
        connection: to it.

    Raises:
        TrackingError: an older or a newer release made them.
    """
    import mlflow
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    found = set(MigrationContext.configure(connection).get_current_heads())
    scripts = ScriptDirectory(str(Path(mlflow.__file__).parent / "store" / "db_migrations"))
    if not found or found == {scripts.get_current_head()}:
        return
    this = mlflow.__version__
    if found <= {script.revision for script in scripts.walk_revisions()}:
        copy = "Back it up" if place.database is None else "Copy the file"
        mend = f"{copy}, then run: {command(['mlflow', 'db', 'upgrade', place.uri])}"
        raise TrackingError(f"{place} cannot be used: an older MLflow than {this} made its tables. {mend}")
    told = f"a newer MLflow than {this}, which is installed here, made its tables. Use that one's, or another store"
    raise TrackingError(f"{place} cannot be used: {told}")


def other_release(place: StoreAddress) -> str:
    """What to tell of a server that runs another release of MLflow; empty of the same, or where it does not say.

    Such a server may well do: its tables are its own, and its interface has changed little. What fails then should not
    have to be guessed.

    Args:
        place: of the server.
    """
    import mlflow

    said = ""
    with suppress(OSError, ValueError):
        said = answer(place, "version").decode().strip()
    release, this = (text.split(".")[:2] for text in (said, mlflow.__version__))
    if release == this or not all(part.isdigit() for part in release):
        return ""
    return f"{place} runs MLflow {said}, and {mlflow.__version__} is installed here: what one of them lacks fails"
