"""What goes wrong with a database is one sentence, and leaves what was."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from psycopg import sql

from adapters.database.engine import Database, open_database
from adapters.database.migrating import migrate
from bot.domain.papers import Paper
from bot.errors import TransientError, UserError
from tests.databases import PostgresqlServer

PAPER = Paper("2601.00001", 1, "T", "A" * 200_000, ("B",), ("cs.CL",))


@pytest.fixture
async def database(migrated_sqlite: Path, tmp_path: Path) -> AsyncIterator[Database]:
    shutil.copy(migrated_sqlite, tmp_path / "papercourier.db")
    async with await open_database(f"sqlite:///{tmp_path}/papercourier.db") as opened:
        yield opened


def on_each_connection(database: Database, pragma: str) -> None:
    """Have SQLite itself behave as on a bad day."""

    def execute(connection: Any, record: object) -> None:
        del record
        connection.cursor().execute(f"PRAGMA {pragma}")

    sa.event.listen(database._engine.sync_engine, "connect", execute)


async def put_paper(database: Database) -> None:
    async with database.unit_of_work() as uow:
        await uow.papers.put(PAPER)
        await uow.commit()


async def test_a_full_disk_is_named_and_nothing_is_half_written(database: Database) -> None:
    on_each_connection(database, "max_page_count = 60")

    with pytest.raises(TransientError, match=r"disk .* is full: free some space"):
        await put_paper(database)

    async with database.unit_of_work() as uow:
        assert await uow.papers.get("2601.00001") is None
        await uow.papers.announced_days(limit=1)


async def test_a_database_that_another_program_holds_is_tried_again(
    database: Database, tmp_path: Path
) -> None:
    on_each_connection(database, "busy_timeout = 1")

    with closing(sqlite3.connect(tmp_path / "papercourier.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TransientError, match="Another program holds the database"):
            await put_paper(database)

    await put_paper(database)


async def test_a_database_that_became_read_only_is_named(database: Database) -> None:
    on_each_connection(database, "query_only = ON")

    with pytest.raises(TransientError, match="cannot be written: check the rights"):
        await put_paper(database)


async def test_a_moment_without_a_time_zone_is_refused(database: Database) -> None:
    unclear = Paper("2601.1", 1, "T", "A", ("B",), ("cs.CL",), datetime(2026, 1, 1))  # noqa: DTZ001 - the fault

    async with database.unit_of_work() as uow:
        with pytest.raises(sa.exc.StatementError, match="without a time zone"):
            await uow.papers.put(unclear)


async def test_a_database_says_whether_it_answers(database: Database, tmp_path: Path) -> None:
    await database.check()

    with closing(sqlite3.connect(tmp_path / "papercourier.db")) as other:
        other.execute("DROP TABLE alembic_version")
    with pytest.raises(TransientError, match="no such table"):
        await database.check()


async def test_a_postgresql_that_is_not_there_is_named_without_its_password() -> None:
    async with a_port() as port:
        pass  # nobody listens there any more

    with pytest.raises(TransientError, match="is not answering") as caught:
        await open_database(f"postgres://bot:geheim@127.0.0.1:{port}/papers")

    assert "geheim" not in str(caught.value)


async def test_a_database_that_postgresql_does_not_have_is_named(
    postgresql: PostgresqlServer,
) -> None:
    with pytest.raises(UserError, match="no such database or user"):
        await open_database(postgresql.url_of("never_created"))


async def test_a_wrong_password_is_named() -> None:
    async with a_port(refusal='password authentication failed for user "bot"') as port:
        with pytest.raises(UserError, match="refused the user or password"):
            await open_database(f"postgresql://bot:geheim@127.0.0.1:{port}/papers")


async def test_rights_that_are_missing_are_named(postgresql: PostgresqlServer) -> None:
    name = postgresql.new_database()
    migrate(postgresql.url_of(name))
    url = postgresql.url_of(name).replace("postgres:@", "nobody_in_particular@")
    postgresql.execute(sql.SQL("CREATE ROLE nobody_in_particular LOGIN").format())

    with pytest.raises(UserError, match="lets this user do too little"):
        await open_database(url)


@asynccontextmanager
async def a_port(*, refusal: str = "") -> AsyncIterator[int]:
    """A server on loopback that greets like PostgreSQL and refuses."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(4):
            (length,) = struct.unpack("!i", await reader.readexactly(4))
            (code,) = struct.unpack("!i", (await reader.readexactly(length - 4))[:4])
            if code == 3 << 16:  # the start-up message of protocol 3.0
                break
            writer.write(b"N")  # neither TLS nor GSS here
        fields = f"SFATAL\0VFATAL\0C28P01\0M{refusal}\0\0".encode()
        writer.write(b"E" + struct.pack("!i", len(fields) + 4) + fields)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
