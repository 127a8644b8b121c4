"""How rare each word is, counted from the papers of the last weeks."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.domain import calendar
from bot.domain.rarity import Rarity
from bot.ports import Clock, UnitOfWorkFactory

DAYS_COUNTED = 28  # long enough to be steady, short enough to follow the field


class RarityService:
    """Counts once for each announcement, not once for each question."""

    def __init__(self, *, open_unit: UnitOfWorkFactory, clock: Clock) -> None:
        self._open_unit = open_unit
        self._clock = clock
        self._counted_at = -1
        self._rarity = Rarity()

    async def current(self) -> Rarity:
        """The rarity as of the last stored announcement."""
        async with self._open_unit() as unit:
            last = await unit.papers.last_sequence()
            if last == self._counted_at:
                return self._rarity
            since = calendar.eastern_day(self._clock.now()) - timedelta(days=DAYS_COUNTED)
            announcements = await unit.papers.announced(since=since)
        papers = [announcement.paper for announcement in announcements]
        self._rarity = await asyncio.to_thread(Rarity.of, papers)
        self._counted_at = last
        return self._rarity
