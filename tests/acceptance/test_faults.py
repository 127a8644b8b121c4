"""Bad days of a chat platform and of the disk: nothing lost, nothing twice, told in the log."""

from __future__ import annotations

import asyncio
import itertools
import resource
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.database.engine import Database, open_database
from adapters.scheduling.system_clock import SystemClock
from bot.domain.outbox import OutboxMessage
from bot.domain.subscriptions import Destination
from bot.services.delivery import DeliveryService
from bot.services.sending import DeliveryRules
from tests.fakes.arxiv_faults import cut, garbage, reset, silence, status
from tests.fakes.chat_platform import PLATFORM, ChatMessenger
from tests.fakes.chat_server import ChatServer, Mishap
from tests.fakes.simulated_time import until

CHANNELS = 40
EACH = 3
LOCK_MILLISECONDS = 100  # how long SQLite waits for a lock here; twenty seconds in earnest
RULES = DeliveryRules(
    per_platform_per_second=500.0,
    per_channel_seconds=0.0,
    call_seconds=0.3,  # so much for a silence of thirty seconds
    lease_seconds=1.0,
    first_retry_seconds=0.02,
    poll_seconds=0.1,
    stop_seconds=1.0,
)
THROTTLED = b'{"error": "ratelimited", "global": false}'


def mishaps(*, rounds: int) -> Iterator[Mishap | None]:
    """Every fault by turns, before and after the message arrived; then none."""
    bad_days = [
        Mishap(fault, is_recorded=is_recorded)
        for fault in (
            status(500),
            status(502),
            garbage(),
            cut(b'{"id": "m'),
            reset(),
            silence(asyncio.Event()),
        )
        for is_recorded in (False, True)
    ]
    throttled = Mishap(status(429, retry_after="0.05", body=THROTTLED), is_recorded=False)
    for mishap in [throttled, *bad_days] * rounds:
        yield mishap
        yield None


SENTENCES = {
    "The chat wants fewer messages.",
    "The chat answered HTTP 500.",
    "The chat answered HTTP 502.",
    "The chat's answer was cut or cannot be read.",
    "Chat did not answer in time: it is tried again.",
}


@dataclass(slots=True)
class World:
    """A chat server, a database that may fail, and delivery between them."""

    server: ChatServer
    database: Database
    path: Path
    delivery: DeliveryService
    pragmas: list[str]  # run on every connection of ours before it is used

    async def put(self, name: str) -> set[str]:
        """Some messages to every channel; their keys."""
        messages = [
            OutboxMessage(
                key=f"{name}/{channel}/{n}",
                destination=Destination(PLATFORM, "W1", f"C{channel}"),
                payload='{"text": "A paper."}',
            )
            for n in range(EACH)
            for channel in range(CHANNELS)
        ]
        async with self.database.unit_of_work() as unit:
            await unit.outbox.add(messages, now=SystemClock().now())
            await unit.commit()
        return {message.key for message in messages}

    async def is_all_recorded(self) -> bool:
        async with self.database.unit_of_work() as unit:
            counts = await unit.outbox.counts()
        return counts["pending"] == counts["sending"] == 0

    async def has_delivered(self, keys: set[str]) -> None:
        """Everything is recorded; then it is there once, and in order within its channel."""
        await until(self.is_all_recorded, seconds=30)
        there = self.server.keys()
        assert set(there) == keys
        assert there.total() == len(keys), "posted twice"
        async with self.database.unit_of_work() as unit:
            assert (await unit.outbox.counts())["sent"] == len(keys)
        for channel in range(CHANNELS):
            its_own = [each.key for each in self.server.of_channel(f"C{channel}")]
            assert [key for name in ("one", "two") for key in its_own if key.startswith(name)] == (
                its_own
            )
            assert its_own == sorted(its_own)


@asynccontextmanager
async def a_world(folder: Path, migrated: Path, server: ChatServer) -> AsyncIterator[World]:
    path = folder / "papercourier.db"
    shutil.copy(migrated, path)
    pragmas = [f"busy_timeout = {LOCK_MILLISECONDS}"]
    async with (
        server,
        ChatMessenger(server.url) as messenger,
        await open_database(f"sqlite:///{path}") as database,
    ):

        def prepare(connection: Any, *_: object) -> None:
            cursor = connection.cursor()
            for pragma in pragmas:
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        sa.event.listen(database._engine.sync_engine, "checkout", prepare)
        delivery = DeliveryService(
            open_unit=database.unit_of_work,
            messengers={PLATFORM: messenger},
            clock=SystemClock(),
            rules=RULES,
        )
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(delivery.drain(PLATFORM, stop))
            try:
                yield World(server, database, path, delivery, pragmas)
            finally:
                stop.set()


def reasons(caplog: pytest.LogCaptureFixture) -> set[str]:
    return {getattr(record, "reason", "") for record in caplog.records}


# --- the platform --------------------------------------------------------------------------


async def test_whatever_the_platform_answers_each_message_arrives_once(
    tmp_path: Path, migrated_sqlite: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = ChatServer(mishaps=mishaps(rounds=3), latency_seconds=0.01)
    async with a_world(tmp_path, migrated_sqlite, server) as world:
        keys = await world.put("one")

        await world.has_delivered(keys)

    assert server.mishaps is not None
    assert next(server.mishaps, "used up") == "used up"
    assert reasons(caplog) >= SENTENCES


async def test_a_platform_that_enforces_its_limits_never_has_to(
    tmp_path: Path, migrated_sqlite: Path
) -> None:
    server = ChatServer(channel_seconds=0.05)
    async with a_world(tmp_path, migrated_sqlite, server) as world:
        world.delivery._rules = replace(
            RULES, per_channel_seconds=0.05, per_platform_per_second=100.0
        )
        keys = await world.put("one")

        await world.has_delivered(keys)

    assert server.throttled == 0


# --- the disk ------------------------------------------------------------------------------


@asynccontextmanager
async def locked(world: World) -> AsyncIterator[None]:
    """Another program writes, and takes its time."""
    with closing(sqlite3.connect(world.path, isolation_level=None, timeout=0)) as other:
        # A transaction of ours has to end first.
        await until(lambda: _has_begun(other), seconds=10, every_seconds=0)
        yield
        other.execute("ROLLBACK")


def _has_begun(other: sqlite3.Connection) -> bool:
    try:
        other.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    return True


@asynccontextmanager
async def read_only(world: World) -> AsyncIterator[None]:
    """What SQLite says of a file that may not be written, which root always may."""
    world.pragmas.append("query_only = ON")
    yield
    world.pragmas[-1] = "query_only = OFF"


@asynccontextmanager
async def full(world: World) -> AsyncIterator[None]:
    """A quota: no file of this process may grow beyond a page."""
    del world
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (locked, "Another program holds the database"),
        (read_only, "cannot be written: check the rights of the file and its folder"),
        (full, "failed (disk I/O error)"),
    ],
)
async def test_a_disk_that_fails_is_told_and_waited_out(
    fault: Callable[[World], AbstractAsyncContextManager[None]],
    words: str,
    tmp_path: Path,
    migrated_sqlite: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = ChatServer(latency_seconds=0.05)
    async with a_world(tmp_path, migrated_sqlite, server) as world:
        keys = await world.put("one")
        await until(lambda: len(server.accepted) >= 10, seconds=10, every_seconds=0.01)

        async with fault(world):
            await until(lambda: any(words in each for each in reasons(caplog)), seconds=15)
        keys |= await world.put("two")

        await world.has_delivered(keys)


async def test_a_locked_database_holds_up_no_more_than_the_messages_in_hand(
    tmp_path: Path, migrated_sqlite: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = ChatServer(latency_seconds=0.05)
    async with a_world(tmp_path, migrated_sqlite, server) as world:
        keys = await world.put("one")
        await until(lambda: len(server.accepted) >= 10, seconds=10, every_seconds=0.01)

        async with locked(world):
            await until(
                lambda: any("Another program" in each for each in reasons(caplog)), seconds=15
            )
            before = len(server.accepted)
            await asyncio.sleep(2 * RULES.call_seconds)
            after = len(server.accepted)

        # What cannot be recorded is better not sent: a crash now would leave it in doubt.
        assert after - before <= RULES.concurrent_sends
        await world.has_delivered(keys)


def test_every_fault_comes_before_and_after_the_message_arrived() -> None:
    kinds = [mishap for mishap in mishaps(rounds=1) if mishap is not None]

    assert sum(mishap.is_recorded for mishap in kinds) == 6
    assert len(list(itertools.islice(mishaps(rounds=3), 1_000))) == 2 * 3 * len(kinds)
