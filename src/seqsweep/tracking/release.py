"""Whether the tables of a store are those of the MLflow that is installed here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seqsweep.errors import TrackingError
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
