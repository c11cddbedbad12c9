"""A project's folder that was moved: MLflow stores the paths of files absolute, so they must move with it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
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
    """Point every path below a folder of artifacts that is gone to the one beside the database.

    Args:
        database: with MLflow's tables.
        artifacts: the folder beside it, as a URI.
    """
    if not _path(artifacts).is_dir():
        return  # none came along, or none was ever written
    with closing(sqlite3.connect(database)) as connection, connection:
        known = connection.execute(
            "SELECT DISTINCT artifact_location FROM experiments WHERE artifact_location LIKE 'file:///%/artifacts'"
        )
        gone = [old for (old,) in known.fetchall() if old != artifacts and not _path(old).exists()]
        for old in gone:
            for table, column in COLUMNS:
                # Not LIKE: to it the % of an escaped blank would stand for anything.
                connection.execute(
                    f"UPDATE {table} SET {column} = :new || substr({column}, length(:old) + 1) "
                    f"WHERE {column} = :old OR substr({column}, 1, length(:old) + 1) = :old || '/'",
                    {"old": old, "new": artifacts},
                )


def _path(uri: str) -> Path:
    return Path(unquote(urlsplit(uri).path))
