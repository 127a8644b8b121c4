"""What was learned from each look at the feeds."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from adapters.database.session import Session
from adapters.database.tables import feed_checks
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
            )
            for row in await self._session.rows(query)
        )
