"""A SELECT on any database that SQLAlchemy knows → records; no message shows a password."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seqsweep.data.packed_files import existing, near
from seqsweep.errors import DataError
from seqsweep.redaction import redacted

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import URL, Engine

DIALECTS = ("sqlite", "postgresql", "mysql", "mariadb", "oracle", "mssql")


def selected(address: str, query: str) -> tuple[str, pd.DataFrame]:
    """What the query selects: the database (for messages), and the rows.

    Args:
        address: an SQLAlchemy URL; it may hold a password.
        query: a SELECT in the words of that database.

    Raises:
        DataError: the URL cannot be used, the database cannot be reached, or it refuses the query.
    """
    import pandas as pd
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    url = _url(address)
    where = f"{url.drivername} {url.host or ''}/{url.database or ''}".replace(" /", " ")
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            result = connection.execute(text(query))
            if not result.returns_rows:
                raise DataError(f"{where}: data.query selects no rows; it must be a SELECT")
            names = list(result.keys())
            return where, pd.DataFrame.from_records(map(tuple, result), columns=names, coerce_float=True)
    except SQLAlchemyError as error:
        raise DataError(f"{where}: {_reason(error, url)}{_nearest_table(error, engine)}") from None
    finally:
        engine.dispose()


def _url(address: str) -> URL:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        # The address itself is not shown: it may hold a password.
        raise DataError(
            "data.url: this is no SQLAlchemy URL; write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
        ) from None
    if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
        if str(url.database).startswith("file:"):
            return url
        # SQLite would make an empty database where there is none.
        return url.set(database=str(existing(str(url.database), key="data.url")))
    return url


def _engine(url: URL) -> Engine:
    from sqlalchemy import create_engine
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    try:
        return create_engine(url)
    except NoSuchModuleError:
        raise DataError(
            f"data.url={url.drivername}://…: there is no such database{near(url.drivername, DIALECTS)}"
        ) from None
    except ModuleNotFoundError as error:
        raise DataError(
            f"data.url={url.drivername}://…: its driver is not installed: pip install {error.name}"
        ) from None
    except (ArgumentError, TypeError, ValueError) as error:
        raise DataError(f"data.url={url.drivername}://…: {_without_secrets(str(error), url)}") from None


def _reason(error: Exception, url: URL) -> str:
    """The database's own words, in one line."""
    words = str(getattr(error, "orig", None) or error).strip().splitlines()
    return _without_secrets(" ".join(line.strip() for line in words[:2]) if words else type(error).__name__, url)


def _without_secrets(text: str, url: URL) -> str:
    return redacted(text, url.render_as_string(hide_password=False))


def _nearest_table(error: Exception, engine: Engine) -> str:
    """`; did you mean …` where the database says that a table is not there."""
    from sqlalchemy import inspect
    from sqlalchemy.exc import SQLAlchemyError

    words = str(getattr(error, "orig", ""))
    match = re.search(
        r"no such table: (\S+)|relation \"([^\"]+)\" does not exist|Table '(?:\w+\.)?(\w+)' doesn't exist",
        words,
    )
    if match is None:
        return ""
    try:
        names = inspect(engine).get_table_names()
    except SQLAlchemyError:
        return ""
    return near(next(group for group in match.groups() if group), names) or "; the database has no table"
