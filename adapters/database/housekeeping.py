"""Forgetting what is old, a little at a time so that nobody waits long for the right to write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

import sqlalchemy as sa

from adapters.database.session import Session
from adapters.database.tables import (
    announcements,
    digests,
    feed_checks,
    outbox,
    paper_vectors,
    papers,
    sentence_vectors,
    summaries,
    summary_turns,
)
from bot.domain.outbox import OutboxState

ROWS_AT_ONCE = 500
# A digest may reach back so many days, and shows its papers as long as it is kept.
_LONGEST_REACH = timedelta(days=31)

_child = outbox.alias("child")


class DatabaseHousekeeping:
    """A `Housekeeping`; each portion is a transaction of its own."""

    def __init__(self, session: Callable[[], AbstractAsyncContextManager[Session]]) -> None:
        self._session = session

    async def prune(
        self,
        *,
        papers_before: datetime,
        messages_before: datetime,
        vectors_before: datetime | None = None,
    ) -> Mapping[str, int]:
        """Digests go before the papers they show; `posted_papers` is left alone.

        Vectors go with their papers, or before them.
        """
        old_papers = _announced_before(papers_before - _LONGEST_REACH)
        vectors = {}
        if vectors_before is not None:
            vectors = {
                "paper_vectors": await self._delete(
                    _of(paper_vectors, _announced_before(vectors_before))
                ),
                "sentence_vectors": await self._delete(_first_seen_before(vectors_before)),
            }
        return {
            **vectors,
            "outbox": await self._delete(_finished_before(messages_before)),
            "feed_checks": await self._delete(_checked_before(papers_before)),
            "digests": await self._delete(_made_before(papers_before)),
            "summaries": await self._delete(_of(summaries, old_papers)),
            "summary_turns": await self._delete(_of(summary_turns, old_papers)),
            "papers": await self._delete(_of(papers, old_papers)),
        }

    async def _delete(self, portion: sa.Delete) -> int:
        """Delete portion after portion until there is none."""
        total = 0
        while True:
            async with self._session() as session:
                removed = (await session.write(portion)).rowcount
                await session.commit()
            if removed <= 0:
                return total
            total += removed
            await asyncio.sleep(0)


def _finished_before(moment: datetime) -> sa.Delete:
    """Messages that are done with; a parent stays while one of its thread still waits for it."""
    is_needed = sa.exists().where(
        _child.c.parent_key == outbox.c.key,
        _child.c.state.in_([OutboxState.PENDING.value, OutboxState.SENDING.value]),
    )
    old = (
        sa.select(outbox.c.id)
        .where(
            outbox.c.state.in_([OutboxState.SENT.value, OutboxState.GIVEN_UP.value]),
            outbox.c.finished_at < moment,
            ~is_needed,
        )
        .order_by(outbox.c.id)
        .limit(ROWS_AT_ONCE)
    )
    return sa.delete(outbox).where(outbox.c.id.in_(old))


def _checked_before(moment: datetime) -> sa.Delete:
    old = sa.select(feed_checks.c.id).where(feed_checks.c.checked_at < moment).limit(ROWS_AT_ONCE)
    return sa.delete(feed_checks).where(feed_checks.c.id.in_(old))


def _made_before(moment: datetime) -> sa.Delete:
    """Digests; their entries go with them by foreign key."""
    old = (
        sa.select(digests.c.id)
        .where(digests.c.created_at < moment)
        .order_by(digests.c.id)
        .limit(ROWS_AT_ONCE)
    )
    return sa.delete(digests).where(digests.c.id.in_(old))


def _first_seen_before(moment: datetime) -> sa.Delete:
    key = (sentence_vectors.c.hash, sentence_vectors.c.model)
    old = sa.select(*key).where(sentence_vectors.c.created_at < moment).limit(ROWS_AT_ONCE)
    return sa.delete(sentence_vectors).where(sa.tuple_(*key).in_(old))


def _announced_before(moment: datetime) -> sa.Select[tuple[str, int]]:
    return sa.select(announcements.c.arxiv_id, announcements.c.version).where(
        announcements.c.announced_on < moment.date()
    )


def _of(table: sa.Table, old: sa.Select[tuple[str, int]]) -> sa.Delete:
    """A portion of the rows of papers; announcements and categories go with their papers."""
    key = (table.c.arxiv_id, table.c.version)
    some = sa.select(*key).where(sa.tuple_(*key).in_(old)).limit(ROWS_AT_ONCE)
    return sa.delete(table).where(sa.tuple_(*key).in_(some))
