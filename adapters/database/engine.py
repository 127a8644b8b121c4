"""Opening the database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from adapters.database.address import DatabaseAddress, parse_address
from adapters.database.erasing import DatabaseErasing
from adapters.database.errors import database_errors
from adapters.database.housekeeping import DatabaseHousekeeping
from adapters.database.migrating import migrate
from adapters.database.seen import SeenTable
from adapters.database.session import LOCK_SECONDS, Session
from adapters.database.slots import SlotTable
from adapters.database.unit_of_work import DatabaseUnitOfWork
from bot.errors import PermanentError

_CONNECTIONS = 5  # kept open
_MORE_CONNECTIONS = 15  # at most, under load
_PG_CONNECT_SECONDS = 10


class Database:
    """An open database: where units of work come from."""

    def __init__(self, engine: AsyncEngine, address: DatabaseAddress) -> None:
        self._engine = engine
        self._address = address
        self._writers = asyncio.Lock() if address.is_sqlite else None

    def unit_of_work(self) -> DatabaseUnitOfWork:
        """One transaction, for `async with`; a `UnitOfWorkFactory`."""
        return DatabaseUnitOfWork(self._session)

    @property
    def engine(self) -> AsyncEngine:
        """For libraries that bring queries of their own, as Slack's installation store does."""
        return self._engine

    @property
    def seen(self) -> SeenTable:
        """What was taken in hand already, over all processes and restarts."""
        return SeenTable(self._session)

    @property
    def slots(self) -> SlotTable:
        """Where the processes of this installation take turns."""
        return SlotTable(self._session)

    @property
    def housekeeping(self) -> DatabaseHousekeeping:
        """Who forgets what is old."""
        return DatabaseHousekeeping(self._session)

    @property
    def erasing(self) -> DatabaseErasing:
        """Who forgets workspaces, channels and people for good."""
        return DatabaseErasing(self._session)

    async def check(self) -> None:
        """Return when the database answers. Raises TransientError, UserError, PermanentError."""
        if self._address.is_sqlite and not self._address.path.exists():
            # An open file that was removed goes on answering, and forgets all when it is closed.
            raise PermanentError(
                f"The database {self._address} was removed while in use: stop the service, put "
                "the file or a backup back, and start again.",
                code="removed",
            )
        async with self._session() as session:
            await session.rows(sa.text("SELECT version_num FROM alembic_version"))

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[Session]:
        with database_errors(self._address):
            connection = await self._engine.connect()
        session = Session(connection, self._address, self._writers)
        try:
            yield session
        finally:
            await session.close()


async def open_database(url: str) -> Database:
    """Open the database at `url`, brought to the present version first.

    Raises UserError (no such place, no rights, a newer version), TransientError (locked, full,
    not answering), PermanentError (damaged).
    """
    address = parse_address(url)
    await asyncio.to_thread(migrate, url)
    return Database(_engine(address), address)


def _engine(address: DatabaseAddress) -> AsyncEngine:
    if not address.is_sqlite:
        return create_async_engine(
            address.url,
            pool_size=_CONNECTIONS,
            max_overflow=_MORE_CONNECTIONS,
            pool_pre_ping=True,
            json_serializer=_compact_json,
            connect_args={"connect_timeout": _PG_CONNECT_SECONDS},
        )
    engine = create_async_engine(
        address.url,
        pool_size=_CONNECTIONS,
        max_overflow=_MORE_CONNECTIONS,
        json_serializer=_compact_json,
        connect_args={"timeout": LOCK_SECONDS},
    )
    sa.event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: object) -> None:
    """The driver begins no transaction by itself: `Session` does, when it writes."""
    del record
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    # In WAL mode a crash of the machine may lose the last commits, but never harms the file.
    cursor.execute("PRAGMA synchronous = NORMAL")
    # Storing thousands of digests touches many pages of the indexes again and again.
    cursor.execute("PRAGMA cache_size = -16000")  # kB
    cursor.execute("PRAGMA wal_autocheckpoint = 4000")  # pages of 4 kB
    cursor.close()


def _compact_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
