"""What was learned from each look at the feeds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from adapters.database.session import Session
from adapters.database.tables import feed_checks, missed_days
from bot.domain.missed_days import MissedDay
from bot.ports import FeedCheck


class FeedTable:
    """A `FeedRepository`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def record(self, check: FeedCheck) -> None:
        """Remember a look."""
        await self._session.write(
            sa.insert(feed_checks).values(
                checked_at=check.checked_at,
                categories=check.categories,
                outcome=check.outcome,
                announced_on=check.announced_on,
                items=check.items,
                unseen=check.unseen,
                etag=check.etag,
                detail=check.detail,
                batch_on=check.batch_on,
                silent=check.silent,
                next_look_at=check.next_look_at,
            )
        )

    async def latest(
        self, *, outcomes: Sequence[str] | None = None, limit: int = 1
    ) -> tuple[FeedCheck, ...]:
        """The latest looks, newest first."""
        query = (
            sa.select(feed_checks)
            .order_by(feed_checks.c.checked_at.desc(), feed_checks.c.id.desc())
            .limit(limit)
        )
        if outcomes is not None:
            query = query.where(feed_checks.c.outcome.in_(outcomes))
        return tuple(
            FeedCheck(
                checked_at=row.checked_at,
                categories=tuple(row.categories),
                outcome=row.outcome,
                announced_on=row.announced_on,
                items=row.items,
                unseen=row.unseen,
                etag=row.etag,
                detail=row.detail,
                batch_on=row.batch_on,
                silent=tuple(row.silent),
                next_look_at=row.next_look_at,
            )
            for row in await self._session.rows(query)
        )

    async def put_missed(self, days: Sequence[MissedDay]) -> None:
        """Remember how catching up stands with these days."""
        insert = self._session.insert(missed_days)
        statement = insert.on_conflict_do_update(
            index_elements=["day"],
            set_={
                column.name: insert.excluded[column.name]
                for column in missed_days.c
                if not column.primary_key
            },
        )
        rows = [
            {column.name: getattr(day, column.name) for column in missed_days.c}
            for day in sorted(days, key=lambda missed: missed.day)
        ]
        if rows:
            await self._session.write_many(statement, rows)

    async def missed(self, *, since: date) -> tuple[MissedDay, ...]:
        """The days remembered, oldest first."""
        query = sa.select(missed_days).where(missed_days.c.day >= since).order_by(missed_days.c.day)
        return tuple(
            MissedDay(
                day=row.day,
                is_done=row.is_done,
                attempts=row.attempts,
                retry_at=row.retry_at,
                found=row.found,
                detail=row.detail,
            )
            for row in await self._session.rows(query)
        )
