"""A project's folder that was moved or copied: MLflow stores the paths of files absolute, so they must go with it."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
"""Where MLflow keeps paths of files."""


def relocate_artifacts(database: Path, artifacts: str) -> None:
    """Point every path of a project that was moved or copied to the folder of artifacts beside this database.

    A copy must not write into what it was copied from.

    Args:
        database: with MLflow's tables.
        artifacts: the folder beside it, as a URI.
    """
    with closing(sqlite3.connect(database)) as connection:
        known = connection.execute(
            "SELECT DISTINCT artifact_location FROM experiments WHERE artifact_location LIKE 'file:///%/artifacts'"
        )
        others = [old for (old,) in known.fetchall() if old != artifacts]
        for old in others:
            if not _is_another_project(connection, old, artifacts, database.name):
                continue
            with connection:  # all of it, or nothing
                for table, column in COLUMNS:
                    # Not LIKE: to it the % of an escaped blank would stand for anything.
                    connection.execute(
                        f"UPDATE {table} SET {column} = :new || substr({column}, length(:old) + 1) "
                        f"WHERE {column} = :old OR substr({column}, 1, length(:old) + 1) = :old || '/'",
                        {"old": old, "new": artifacts},
                    )


def _is_another_project(connection: sqlite3.Connection, old: str, artifacts: str, database: str) -> bool:
    """Whether the folder `old` is where this database lay once, or where the one lies that it is a copy of.

    Args:
        connection: to the database.
        old: a folder of artifacts that it names.
        artifacts: the folder beside it.
        database: its name.
    """
    there, here = _path(old), _path(artifacts)
    if not there.exists():
        return here.is_dir()  # or else none came along, or none was ever written
    if here.exists() and here.samefile(there):
        return False  # the same project by another name
    query = "SELECT run_uuid FROM runs WHERE substr(artifact_uri, 1, length(:old) + 1) = :old || '/'"
    runs = [run for (run,) in connection.execute(query, {"old": old})]
    copied = any((here / run).is_dir() for run in runs)
    return copied or not runs or _holds(there.parent / database, runs[0])


def _holds(database: Path, run: str) -> bool:
    """Whether another database has this run too."""
    if not database.exists():
        return False
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as other:
        return other.execute("SELECT 1 FROM runs WHERE run_uuid = ?", [run]).fetchone() is not None
    return False


def _path(uri: str) -> Path:
    return Path(unquote(urlsplit(uri).path))
