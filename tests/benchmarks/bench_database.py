"""What the database's share of planning and delivery costs, on an SQLite file.

Each subscription has a digest of 10 papers, sent as 11 messages of about 1.5 kB: the storing of
what `bot/services/planning.py` has planned, without scoring and rendering, which
`bench_planning.py` measures as a whole. CPU times say more than the clock on a busy machine.
`python -m tests.benchmarks database` prints the table.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import ParamSpec, Self, TypeVar

from adapters.database.engine import Database, open_database
from bot.domain.digest import Digest, DigestEntry, Reason
from bot.domain.interests import Interests, Term
from bot.domain.outbox import MessageRef, OutboxMessage
from bot.domain.papers import Announcement, AnnounceType, Paper
from bot.domain.subscriptions import Destination, Subscription
from bot.ports import DigestRecord, SubscriptionStep

Row = tuple[str, str, str, bool | None]
_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")

SUBSCRIPTIONS = 3_000
PAPERS = 1_500
ENTRIES = 10
MESSAGES = 11
TRANSACTION = 200  # digests stored between two commits
NOW = datetime(2026, 1, 21, 9, 0, tzinfo=UTC)
CATEGORIES = tuple(f"cs.{first}{second}" for first in "ACDLN" for second in "ACEILRT")


def measure() -> list[Row]:
    """Rows of what, measured, target, holds."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder) / "bench.db"))


async def _measure(path: Path) -> list[Row]:
    async with await open_database(f"sqlite:///{path}") as database:
        papers = [_paper(number) for number in range(PAPERS)]
        ids, subscribing = await _timed(_subscribe, database)
        _, ingesting = await _timed(_ingest, database, papers)
        worked = time.process_time()
        async with _Lag() as lag:
            _, planning = await _timed(_plan, database, ids, papers)
        worked = time.process_time() - worked
        rows: list[Row] = [
            _row(f"Subscribe {SUBSCRIPTIONS:,}, one by one", f"{subscribing:.1f} s"),
            _row(f"Store {PAPERS:,} announcements", f"{ingesting:.2f} s"),
            _row(
                f"Store {SUBSCRIPTIONS:,} digests, {SUBSCRIPTIONS * MESSAGES:,} messages",
                f"{planning:.1f} s, {worked:.1f} s of CPU",
            ),
            _row("… most CPU between two turns of the loop", f"{lag.longest * 1000:.0f} ms"),
            _row("… the file", f"{await asyncio.to_thread(_megabytes, path):.0f} MB"),
        ]
        rows += await _reading(database, ids, papers)
        rows += await _delivering(database)
        return rows


def _row(what: str, measured: str) -> Row:
    return (what, measured, "", None)


async def _reading(database: Database, ids: Sequence[int], papers: Sequence[Paper]) -> list[Row]:
    todays = [paper.arxiv_id for paper in papers]
    async with database.unit_of_work() as uow:
        looks: list[tuple[str, Callable[[], Awaitable[object]]]] = [
            ("Read all due subscriptions", lambda: uow.subscriptions.due(_tomorrow(), limit=10**6)),
            ("Wanted categories", uow.subscriptions.wanted_categories),
            ("Today's announcements", uow.papers.announced),
            ("Who has had today's papers", lambda: uow.digests.posted_ids(ids, among=todays)),
            ("What one channel has had", lambda: uow.digests.posted_ids(ids[:1])),
            ("One channel's latest digest", lambda: uow.digests.latest(ids[7])),
            ("Outbox counts", uow.outbox.counts),
        ]
        rows: list[Row] = []
        for what, look in looks:
            _, seconds = await _timed(look)
            rows.append(_row(what, f"{seconds * 1000:.0f} ms"))
    return rows


async def _delivering(database: Database) -> list[Row]:
    """Claims with everything pending: at first, and when none may go and all are looked at."""
    rounds, sent, claiming = 20, 0, 0.0
    began = time.perf_counter()
    for _ in range(rounds):
        claimed, seconds = await _timed(_claim, database, NOW)
        claiming += seconds
        sent += len(claimed)
        for message in claimed:
            async with database.unit_of_work() as uow:
                await uow.outbox.mark_sent(message, MessageRef("C", "1"), now=NOW)
                await uow.commit()
    seconds = time.perf_counter() - began
    async with database.unit_of_work() as uow:
        await uow.outbox.claim(holder="b", now=NOW, lease_seconds=60, limit=SUBSCRIPTIONS)
        await uow.commit()
    none, blocked = await _timed(_claim, database, NOW)
    if none:
        raise AssertionError("every destination has a message under way")
    return [
        _row("Claim 50 of all pending messages", f"{claiming / rounds * 1000:.1f} ms"),
        _row("Claim and mark as sent", f"{sent / seconds:.0f} messages a second"),
        _row("Claim when every channel is busy", f"{blocked * 1000:.0f} ms"),
    ]


async def _claim(database: Database, now: datetime) -> tuple[OutboxMessage, ...]:
    async with database.unit_of_work() as uow:
        claimed = await uow.outbox.claim(holder="b", now=now, lease_seconds=60, limit=50)
        await uow.commit()
        return claimed


async def _subscribe(database: Database) -> list[int]:
    ids: list[int] = []
    for start in range(0, SUBSCRIPTIONS, TRANSACTION):
        async with database.unit_of_work() as uow:
            given = map(_subscription, range(start, start + TRANSACTION))
            ids += [(await uow.subscriptions.add(each)).id for each in given]
            await uow.commit()
    return ids


async def _ingest(database: Database, papers: Sequence[Paper]) -> None:
    async with database.unit_of_work() as uow:
        await uow.papers.add_announcements(
            [Announcement(paper, AnnounceType.NEW, date(2026, 1, 21)) for paper in papers],
            seen_at=NOW,
        )
        await uow.commit()


async def _plan(database: Database, ids: Sequence[int], papers: Sequence[Paper]) -> None:
    for start in range(0, len(ids), TRANSACTION):
        some = ids[start : start + TRANSACTION]
        # In a thread, as the service does it: the loop's wait is to be the database's alone.
        records, messages = await asyncio.to_thread(_planned, some, papers)
        steps = [SubscriptionStep(each, PAPERS, _tomorrow()) for each in some]
        async with database.unit_of_work() as uow:
            answers = await uow.digests.add_many(records)
            await uow.outbox.add(messages, now=NOW)
            await uow.subscriptions.advance_many(steps)
            await uow.commit()
        if not all(answers):
            raise AssertionError("every digest is the first of its slot")


def _planned(
    ids: Sequence[int], papers: Sequence[Paper]
) -> tuple[list[DigestRecord], list[OutboxMessage]]:
    return (
        [DigestRecord(each, _digest(each, papers), NOW) for each in ids],
        [message for each in ids for message in _messages(each)],
    )


def _megabytes(path: Path) -> float:
    return path.stat().st_size / 1e6


def _tomorrow() -> datetime:
    return NOW + timedelta(days=1)


def _paper(number: int) -> Paper:
    return Paper(
        arxiv_id=f"2601.{number:05}",
        version=1,
        title=f"A title of some length about the subject number {number}",
        abstract="A sentence of an abstract as long as they are. " * 28,
        authors=("Ana García-Sánchez", "Wei Li", "Some Body", "Any Body"),
        categories=(CATEGORIES[number % 35], CATEGORIES[number * 7 % 35]),
    )


def _subscription(number: int) -> Subscription:
    return Subscription(
        number=0,
        destination=_channel(number + 1),
        interests=Interests(
            categories=CATEGORIES[number % 30 : number % 30 + 3],
            terms=tuple(Term(f"term {number} {each}") for each in range(40)),
        ),
        created_at=NOW,
        next_run_at=NOW,
    )


def _channel(number: int) -> Destination:
    return Destination("slack", f"T{number % 500}", f"C{number}")


def _digest(subscription_id: int, papers: Sequence[Paper]) -> Digest:
    chosen = [papers[(subscription_id * 31 + each) % PAPERS] for each in range(ENTRIES)]
    reasons = tuple(Reason(f"term {each}", "title+abstract", 1.25) for each in range(3))
    entries = tuple(
        DigestEntry(rank, paper, AnnounceType.NEW, 12.5 - rank, reasons)
        for rank, paper in enumerate(chosen, start=1)
    )
    return Digest("2026-01-21T09:00", date(2026, 1, 21), PAPERS, 40, entries)


def _messages(subscription_id: int) -> Iterator[OutboxMessage]:
    parent = f"digest/{subscription_id}/2026-01-21T09:00"
    for position in range(MESSAGES):
        yield OutboxMessage(
            key=f"{parent}/{position}",
            destination=_channel(subscription_id),
            payload='{"text": "' + f"{subscription_id:08} {position:03} " * 110 + '"}',
            position=position,
            parent_key=f"{parent}/0" if position else None,
        )


async def _timed(
    work: Callable[_Given, Awaitable[_Result]], *arguments: _Given.args, **named: _Given.kwargs
) -> tuple[_Result, float]:
    began = time.perf_counter()
    result = await work(*arguments, **named)
    return result, time.perf_counter() - began


@dataclass(slots=True)
class _Lag:
    """The most CPU that the event loop's thread used before another task had its turn."""

    longest: float = 0.0
    _task: asyncio.Task[None] | None = field(default=None)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _watch(self) -> None:
        while True:
            began = time.thread_time()
            await asyncio.sleep(0.001)
            self.longest = max(self.longest, time.thread_time() - began)
