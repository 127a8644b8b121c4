"""How arXiv's announcements stand right now."""

from __future__ import annotations

from datetime import date, datetime

from bot.domain import calendar
from bot.domain.silence import FeedStanding
from bot.ports import UnitOfWork


async def feed_standing(
    unit: UnitOfWork, *, now: datetime, extra_holidays: frozenset[date]
) -> FeedStanding:
    """What the store knows of the feed, held against arXiv's calendar."""
    days = await unit.papers.announced_days(limit=1)
    checks = await unit.feeds.latest()
    return FeedStanding(
        expected_on=calendar.announcement_day(now, extra_holidays),
        latest_on=days[0][0] if days else None,
        holiday_reason=calendar.why_no_announcement(calendar.eastern_day(now), extra_holidays),
        last_outcome=checks[0].outcome if checks else "",
        last_detail=checks[0].detail if checks else "",
    )
