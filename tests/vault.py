"""A database that asks for a login, over SQLite: `vault://USER:PASSWORD@HOST/FILE?token=…`, for tests of secrets.

On the host `away` nobody answers, and the driver
tells all that it was given, as drivers do.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import URL
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite


class VaultDialect(SQLiteDialect_pysqlite):
    name = "vault"
    driver = "vault"
    supports_statement_cache = True

    def create_connect_args(self, url: URL) -> tuple[list[Any], dict[str, Any]]:
        return [url], {}

    def connect(self, url: URL) -> Any:
        if url.host == "away":
            told = {"user": url.username, "passwd": url.password, **url.query}
            address = url.render_as_string(hide_password=False)
            raise sqlite3.OperationalError(f"{url.username} may not log in with {url.password}: {told}; {address}")
        return sqlite3.connect(str(url.database))


def register() -> None:
    """Let SQLAlchemy know it."""
    registry.register("vault", "vault", "VaultDialect")
