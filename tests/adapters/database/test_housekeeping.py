"""What is old is forgotten; what was posted, and what still waits, is not."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from adapters.database.engine import Database, open_database
from bot.domain.outbox import MessageRef
from bot.ports import FeedCheck
from tests.contract.samples import (
    NOW,
    OTHER_CHANNEL,
    a_digest,
    a_message,
    a_subscription,
    a_summary,
    an_announcement,
)
from tests.databases import PostgresqlServer

LATER = NOW + timedelta(days=500)
REF = MessageRef("C-papers", "1700000000.1")


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    if request.param == "sqlite":
        path = tmp_path / "papercourier.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        url = f"sqlite:///{path}"
    else:
        server: PostgresqlServer = request.getfixturevalue("postgresql")
        url = server.migrated_database()
    async with await open_database(url) as opened:
        yield opened


async def prune(
    database: Database,
    *,
    papers_before: datetime = LATER,
    messages_before: datetime = LATER,
) -> dict[str, int]:
    done = await database.housekeeping.prune(
        papers_before=papers_before, messages_before=messages_before
    )
    return {table: count for table, count in done.items() if count}


async def announce(database: Database, arxiv_id: str, on: date) -> None:
    async with database.unit_of_work() as unit:
        await unit.papers.add_announcements(
            [an_announcement(arxiv_id, announced_on=on)], seen_at=NOW
        )
        await unit.commit()


async def test_old_papers_go_with_their_summaries_and_new_ones_stay(database: Database) -> None:
    await announce(database, "2501.00001", date(2025, 1, 21))
    await announce(database, "2601.00001", date(2026, 1, 21))
    async with database.unit_of_work() as unit:
        await unit.summaries.put(a_summary("2501.00001"), created_at=NOW)
        await unit.summaries.put(a_summary("2601.00001"), created_at=NOW)
        # One that was begun and never finished.
        turn = replace(a_summary("2501.00001").key, language="de")
        await unit.summaries.take_turn(turn, holder="me", now=NOW, lease_seconds=60)
        await unit.commit()

    done = await prune(database, papers_before=NOW - timedelta(days=100))

    assert done == {"papers": 1, "summaries": 1, "summary_turns": 1}
    async with database.unit_of_work() as unit:
        assert await unit.papers.get("2501.00001") is None
        assert [each.paper.arxiv_id for each in await unit.papers.announced()] == ["2601.00001"]


async def test_more_rows_than_one_portion_all_go(database: Database) -> None:
    async with database.unit_of_work() as unit:
        await unit.papers.add_announcements(
            [
                an_announcement(f"2501.{number:05}", announced_on=date(2025, 1, 21))
                for number in range(1, 1102)
            ],
            seen_at=NOW,
        )
        await unit.commit()

    assert await prune(database, papers_before=NOW) == {"papers": 1101}


async def test_what_was_posted_is_remembered_when_its_digest_is_forgotten(
    database: Database,
) -> None:
    await announce(database, "2601.00001", date(2026, 1, 21))
    async with database.unit_of_work() as unit:
        subscription = await unit.subscriptions.add(a_subscription())
        await unit.digests.add(subscription.id, a_digest("2601.00001"), created_at=NOW)
        await unit.commit()

    done = await prune(database)

    assert done == {"digests": 1, "papers": 1}
    async with database.unit_of_work() as unit:
        had = await unit.digests.posted_ids([subscription.id])
        assert had == {subscription.id: frozenset({"2601.00001"})}
        assert not await unit.digests.add(
            subscription.id, a_digest("2601.00001", slot="another"), created_at=LATER
        )


async def test_a_kept_digest_keeps_its_papers(database: Database) -> None:
    await announce(database, "2601.00001", NOW.date() - timedelta(days=30))
    async with database.unit_of_work() as unit:
        subscription = await unit.subscriptions.add(a_subscription())
        await unit.digests.add(subscription.id, a_digest("2601.00001"), created_at=NOW)
        await unit.commit()

    await prune(database, papers_before=NOW)

    async with database.unit_of_work() as unit:
        (record,) = await unit.digests.latest(subscription.id)
        assert [entry.paper.arxiv_id for entry in record.digest.entries] == ["2601.00001"]


async def test_finished_messages_go_and_waiting_ones_stay(database: Database) -> None:
    async with database.unit_of_work() as unit:
        await unit.outbox.add(
            [
                a_message("sent"),
                a_message("given-up", destination=OTHER_CHANNEL),
                a_message("waits"),
                a_message("waits-too"),
            ],
            now=NOW,
        )
        for message in await unit.outbox.claim(holder="me", now=NOW, lease_seconds=60, limit=10):
            if message.key == "sent":
                await unit.outbox.mark_sent(message, REF, now=NOW)
            else:
                await unit.outbox.give_up(message, error="no such channel", now=NOW)
        await unit.commit()

    assert await prune(database, messages_before=NOW) == {}
    assert await prune(database, messages_before=NOW + timedelta(days=1)) == {"outbox": 2}
    async with database.unit_of_work() as unit:
        assert (await unit.outbox.counts())["pending"] == 2


async def test_a_parent_stays_while_its_thread_still_waits_for_it(database: Database) -> None:
    async with database.unit_of_work() as unit:
        await unit.outbox.add(
            [a_message("parent"), a_message("child", parent_key="parent")], now=NOW
        )
        (parent,) = await unit.outbox.claim(holder="me", now=NOW, lease_seconds=60, limit=1)
        await unit.outbox.mark_sent(parent, REF, now=NOW)
        await unit.commit()

    assert await prune(database) == {}

    async with database.unit_of_work() as unit:
        (child,) = await unit.outbox.claim(holder="me", now=LATER, lease_seconds=60, limit=1)
        assert child.parent_ref == REF
        await unit.outbox.mark_sent(child, REF, now=NOW)
        await unit.commit()
    assert await prune(database) == {"outbox": 2}


async def test_old_looks_at_the_feed_are_forgotten(database: Database) -> None:
    async with database.unit_of_work() as unit:
        await unit.feeds.record(FeedCheck(NOW - timedelta(days=9), ("cs.CL",), "unchanged"))
        await unit.feeds.record(FeedCheck(NOW, ("cs.CL",), "new"))
        await unit.commit()

    assert await prune(database, papers_before=NOW) == {"feed_checks": 1}


async def test_vectors_go_before_their_papers_and_with_them(database: Database) -> None:
    vector = np.array([0.6, 0.8], dtype=np.float32)
    papers = [
        an_announcement("2601.00001", announced_on=date(2026, 1, 1)),
        an_announcement("2601.00002", announced_on=date(2026, 1, 21)),
    ]
    async with database.unit_of_work() as unit:
        await unit.papers.add_announcements(papers, seen_at=NOW)
        await unit.vectors.put_papers([(each.paper, vector) for each in papers], model="small")
        await unit.vectors.put_sentences({"old": vector}, model="small", created_at=NOW)
        await unit.commit()

    early = await database.housekeeping.prune(
        papers_before=NOW - timedelta(days=400),
        messages_before=NOW,
        vectors_before=datetime(2026, 1, 10, tzinfo=UTC),
    )
    late = await database.housekeeping.prune(
        papers_before=LATER,
        messages_before=NOW,
        vectors_before=NOW + timedelta(days=1) - timedelta(days=400),
    )

    assert early["paper_vectors"] == 1
    assert early["sentence_vectors"] == 0
    assert late["papers"] == 2
    async with database.unit_of_work() as unit:
        known = await unit.vectors.papers_known([each.paper for each in papers], model="small")
        sentences = await unit.vectors.of_sentences(["old"], model="small")
    assert known == frozenset()
    assert sentences.keys() == {"old"}
