"""One connection's transaction, begun when the first row is written.

Reads before the first write see what is committed at their moment and hold no lock. The first
write takes SQLite's write lock at once (BEGIN IMMEDIATE): a transaction that read first and
wrote later would be refused when another one wrote in between. PostgreSQL's READ COMMITTED
gives the same view, so both databases behave alike.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeAlias, TypeVarTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.address import DatabaseAddress
from adapters.database.errors import database_errors
from bot.errors import TransientError

ROWS_AT_ONCE = 250  # encoded without giving way to the event loop: some milliseconds
LOCK_SECONDS = 20.0  # how long one waits for another writer

Columns = TypeVarTuple("Columns")
AnyRow: TypeAlias = sa.Row[*tuple[Any, ...]]
Parameters: TypeAlias = Sequence[Mapping[str, Any]]


class Session:
    """Statements of one unit of work. Nothing here outlives its connection."""

    def __init__(
        self,
        connection: AsyncConnection,
        address: DatabaseAddress,
        writers: asyncio.Lock | None,
    ) -> None:
        self._connection = connection
        self._address = address
        # SQLite has one writer: those of this process queue here, first come, first served,
        # rather than poll the file. PostgreSQL has None.
        self._writers = writers
        self._is_writing = False

    async def rows(self, statement: sa.Executable) -> Sequence[AnyRow]:
        """All rows of a short answer."""
        with database_errors(self._address):
            return (await self._connection.execute(statement)).all()

    async def stream(
        self, statement: sa.Executable, *, rows_at_once: int = 100
    ) -> AsyncIterator[Sequence[AnyRow]]:
        """The rows of a long answer in portions, giving way to other tasks in between."""
        with database_errors(self._address):
            async with self._connection.stream(statement) as result:
                async for portion in result.partitions(rows_at_once):
                    yield portion
                    await asyncio.sleep(0)

    async def write(
        self, statement: sa.Executable, parameters: Parameters | None = None
    ) -> sa.CursorResult[Any]:
        """Execute one writing statement."""
        await self.begin_write()
        with database_errors(self._address):
            return await self._connection.execute(statement, parameters)

    async def write_many(
        self, statement: sa.Executable, parameters: Iterable[Mapping[str, Any]]
    ) -> None:
        """Execute one statement for each of many rows, giving way to other tasks in between.

        A generator's rows are made as they are written, not all at once before.
        """
        await self.begin_write()
        rows = iter(parameters)
        with database_errors(self._address):
            while portion := list(islice(rows, ROWS_AT_ONCE)):
                await self._connection.execute(statement, portion)

    async def begin_write(self) -> None:
        """Take the right to write; what is read from here on stays true until commit on SQLite."""
        if self._is_writing or self._writers is None:
            return
        try:
            async with asyncio.timeout(LOCK_SECONDS):
                await self._writers.acquire()
        except TimeoutError as error:
            raise TransientError(
                "The database is busy with another long change: it is tried again."
            ) from error
        try:
            with database_errors(self._address):
                await self._connection.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            self._writers.release()
            raise
        self._is_writing = True

    async def lock(self, name: str) -> None:
        """Serialise with every other transaction that locks `name`, until commit."""
        await self.begin_write()
        if self._writers is None:
            await self.write(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(name))))

    async def commit(self) -> None:
        """Keep what was written."""
        with database_errors(self._address):
            await self._connection.commit()
        self._release()

    async def close(self) -> None:
        """Undo what was not committed and give the connection back."""
        try:
            with database_errors(self._address):
                # A task that is being cancelled must still not leave a lock behind.
                await asyncio.shield(self._connection.close())
        finally:
            self._release()

    def insert(self, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
        """An insert that knows ON CONFLICT, which both databases spell the same."""
        return sqlite.insert(table) if self._address.is_sqlite else postgresql.insert(table)

    def locked(
        self, statement: sa.Select[*Columns], *, of: sa.Table | None = None
    ) -> sa.Select[*Columns]:
        """`statement`, its rows locked until commit; SQLite's one writer needs no such thing.

        With `of`, the rows of that table only, and those that others hold are left out.
        """
        if self._address.is_sqlite:
            return statement
        return statement.with_for_update(of=of, skip_locked=of is not None)

    def _release(self) -> None:
        if self._is_writing and self._writers is not None:
            self._is_writing = False
            self._writers.release()
