"""MLflow's tables in a new SQLite file: from the SQL text beside this module, or by MLflow's own migrations.

The migrations play back the history of the schema in half a second of CPU, their result in a hundredth. The text
holds for one revision of the schema, named in its first line; for any other the migrations run. After an upgrade of
MLflow write it anew: `python -c "from seqsweep.tracking import tables; tables.write_text()"`.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

TABLES = Path(__file__).with_name("tables.sql")
FIRST_LINE = "-- What MLflow's migrations make of an empty SQLite file, at revision {revision}\n"


def make_tables(path: Path) -> None:
    """Make the tables in a file aside, then put it in place.

    A process that is killed between two of the migrations leaves a file that none can open again
    (`duplicate column name`), so nothing is ever made in the file itself.
    """
    aside = path.with_name(f"{path.name}.new")
    aside.unlink(missing_ok=True)
    text = TABLES.read_text(encoding="utf-8")
    if text.startswith(first_line()):
        with closing(sqlite3.connect(aside)) as connection:
            _hurry(connection)
            connection.executescript(text)
    else:
        migrate(aside)
    with aside.open("rb+") as file:
        os.fsync(file.fileno())
    aside.replace(path)


def first_line() -> str:
    """How the text begins that suits the MLflow which is installed."""
    from mlflow.store.db import utils

    revision = utils._get_latest_schema_revision()  # type: ignore[no-untyped-call]
    return FIRST_LINE.format(revision=revision)


def migrate(path: Path) -> None:
    """Run MLflow's migrations on a new file."""
    import sqlalchemy
    from mlflow.store.db import utils

    engine = sqlalchemy.create_engine(f"sqlite:///{path}")

    @sqlalchemy.event.listens_for(engine, "connect")
    def hurry(connection: sqlite3.Connection, _: object) -> None:
        _hurry(connection)

    try:
        utils._initialize_tables(engine)  # type: ignore[no-untyped-call]  # what `mlflow db upgrade` calls
    finally:
        engine.dispose()


def dump(path: Path) -> str:
    """The SQL text that makes the file `path` again."""
    with closing(sqlite3.connect(path)) as connection:
        return first_line() + "\n".join(connection.iterdump()) + "\n"


def _hurry(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode=OFF")  # a file that is thrown away if anything goes wrong
    connection.execute("PRAGMA synchronous=OFF")


def write_text() -> None:
    """Write the text for the MLflow that is installed."""
    with tempfile.TemporaryDirectory() as folder:
        migrate(Path(folder, "mlflow.db"))
        TABLES.write_text(dump(Path(folder, "mlflow.db")), encoding="utf-8")
