"""Announcements into the store, and what each look at the feed brought."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from bot.errors import PermanentError, TransientError
from bot.ports import Clock, FeedCheck, FeedReading, FeedSource, UnitOfWorkFactory

log = logging.getLogger(__name__)


class IngestService:
    """Reads the day's feed once and keeps what is new in it."""

    def __init__(self, *, feed: FeedSource, open_unit: UnitOfWorkFactory, clock: Clock) -> None:
        self._feed = feed
        self._open_unit = open_unit
        self._clock = clock

    async def ingest(self, categories: Sequence[str]) -> FeedCheck:
        """Look at the feed of `categories` and store what was never seen before.

        Never raises for arXiv's troubles: they are an outcome like others, kept for `status`.
        """
        wanted = tuple(sorted(categories))
        try:
            reading = await self._feed.read(wanted, etag=await self._etag(wanted))
        except (TransientError, PermanentError) as error:
            check = FeedCheck(self._clock.now(), wanted, "failed", detail=str(error))
            async with self._open_unit() as unit:
                await unit.feeds.record(check)
                await unit.commit()
        else:
            check = await self._store(wanted, reading)
        log.info(
            "feed.checked",
            extra={"outcome": check.outcome, "items": check.items, "unseen": check.unseen},
        )
        return check

    async def _etag(self, categories: tuple[str, ...]) -> str | None:
        async with self._open_unit() as unit:
            checks = await unit.feeds.latest(outcomes=("new", "stale", "unchanged", "empty"))
        return next((check.etag for check in checks if check.categories == categories), None)

    async def _store(self, categories: tuple[str, ...], reading: FeedReading) -> FeedCheck:
        now = self._clock.now()
        async with self._open_unit() as unit:
            known_days = await unit.papers.announced_days(limit=1)
            unseen = await unit.papers.add_announcements(reading.announcements, seen_at=now)
            outcome = _outcome(
                reading,
                unseen=len(unseen),
                claims_later_day=bool(
                    known_days and reading.announced_on and reading.announced_on > known_days[0][0]
                ),
            )
            check = FeedCheck(
                checked_at=now,
                categories=categories,
                outcome=outcome,
                announced_on=reading.announced_on,
                items=len(reading.announcements),
                unseen=len(unseen),
                etag=reading.etag,
                detail=_detail(outcome, reading),
            )
            await unit.feeds.record(check)
            await unit.commit()
        return check


def _outcome(reading: FeedReading, *, unseen: int, claims_later_day: bool) -> str:
    """What a reading amounts to. A batch is known by unseen IDs, never by the feed's date."""
    if unseen:
        return "new"
    if reading.unchanged:
        return "unchanged"
    if not reading.announcements:
        return "empty"
    return "stale" if claims_later_day else "unchanged"


def _detail(outcome: str, reading: FeedReading) -> str:
    if outcome == "stale":
        return (
            f"The feed is dated {reading.announced_on:%-d %B %Y} but holds only papers "
            "that were announced before."
        )
    if reading.left_out:
        return f"{len(reading.left_out)} items could not be read: {reading.left_out[0]}"
    return ""
