"""The stores that must keep the same promises."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from adapters.database.engine import open_database
from bot.ports import SlotStore, UnitOfWork
from tests.databases import PostgresqlServer
from tests.fakes.memory import MemoryDatabase


class Store(Protocol):
    """What a process opens."""

    def unit_of_work(self) -> UnitOfWork: ...

    @property
    def slots(self) -> SlotStore: ...


@dataclass(frozen=True, slots=True)
class Stores:
    """One store as two processes see it; the fake, which has no processes, twice the same."""

    ours: Store
    theirs: Store


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stores]:
    if request.param == "memory":
        memory = MemoryDatabase()
        yield Stores(memory, memory)
        return
    if request.param == "sqlite":
        path = tmp_path / "papercourier.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        url = f"sqlite:///{path}"
    else:
        server: PostgresqlServer = request.getfixturevalue("postgresql")
        url = server.migrated_database()
    async with AsyncExitStack() as stack:
        yield Stores(
            await stack.enter_async_context(await open_database(url)),
            await stack.enter_async_context(await open_database(url)),
        )


@pytest.fixture
def store(stores: Stores) -> Store:
    return stores.ours
