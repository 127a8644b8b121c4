"""Where the database is: the forms of DATABASE_URL that people write, made into one."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from bot.errors import UserError

_FORMS = "write it like sqlite:////var/lib/papercourier.db or postgresql://user@host/name"


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """A database's place; `str()` hides the password."""

    url: sa.URL

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of our own rather than a server."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return Path(self.url.database or "")

    @property
    def sync_url(self) -> sa.URL:
        """The same place for a driver that blocks, as Alembic wants it."""
        return self.url.set(drivername="sqlite+pysqlite") if self.is_sqlite else self.url

    def __str__(self) -> str:
        return str(self.path) if self.is_sqlite else self.url.render_as_string(hide_password=True)


def parse_address(text: str) -> DatabaseAddress:
    """Read a DATABASE_URL. Raises UserError when it names no database we can use."""
    try:
        url = sa.make_url(text.strip())
    except ArgumentError as error:
        raise UserError(f"DATABASE_URL is not a database address: {_FORMS}.") from error
    match url.drivername.partition("+")[0]:
        case "sqlite":
            return DatabaseAddress(_sqlite(url))
        case "postgres" | "postgresql":
            return DatabaseAddress(_postgresql(url))
        case other:
            raise UserError(f"DATABASE_URL names “{other}”, which is not supported: {_FORMS}.")


def _sqlite(url: sa.URL) -> sa.URL:
    if url.host:
        raise UserError(
            "DATABASE_URL needs three slashes before a file name, four before an absolute path: "
            f"{_FORMS}."
        )
    if not url.database or ":memory:" in url.database or url.database.startswith("file:"):
        raise UserError(
            "DATABASE_URL names a database in memory, which would forget what was posted: "
            "name a file, like sqlite:////var/lib/papercourier.db."
        )
    path = Path(url.database).expanduser().absolute()
    return sa.URL.create("sqlite+aiosqlite", database=str(path))


def _postgresql(url: sa.URL) -> sa.URL:
    if importlib.util.find_spec("psycopg") is None:
        raise UserError(
            "PostgreSQL needs one more package: install papercourier[postgres], "
            "or leave DATABASE_URL out to use SQLite."
        )
    return url.set(drivername="postgresql+psycopg")
