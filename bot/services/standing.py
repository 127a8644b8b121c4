"""How arXiv's announcements stand right now."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bot.domain import calendar
from bot.domain.feed_health import (
    BROUGHT,
    DOUBTFUL,
    LATE_AFTER,
    FeedOutcome,
    PollingRules,
    is_overdue,
)
from bot.domain.missed_days import MOST_DAYS_BACK
from bot.domain.silence import FeedStanding
from bot.ports import FeedCheck, UnitOfWork

_BATCHES = (*BROUGHT, FeedOutcome.EMPTY)


async def feed_standing(
    unit: UnitOfWork,
    *,
    now: datetime,
    extra_holidays: frozenset[date],
    late_after: timedelta = LATE_AFTER,
) -> FeedStanding:
    """What the store knows of the feed, held against arXiv's calendar.

    `late_after` is counted from midnight, US Eastern.
    """
    rules = PollingRules(late_after=late_after, extra_holidays=extra_holidays)
    today = calendar.eastern_day(now)
    days = await unit.papers.announced_days(limit=1)
    checks = await unit.feeds.latest()
    last = checks[0] if checks else None
    batch = await latest_batch(unit)
    latest_on = latest_day(days[0][0] if days else None, batch)
    is_doubtful = batch is not None and batch.outcome in DOUBTFUL and batch.batch_on == latest_on
    pending = [
        missed
        for missed in await unit.feeds.missed(since=today - timedelta(days=MOST_DAYS_BACK))
        if not missed.is_done
    ]
    return FeedStanding(
        expected_on=calendar.announcement_day(now, extra_holidays),
        latest_on=latest_on,
        holiday_reason=calendar.why_no_announcement(today, extra_holidays),
        last_outcome=last.outcome if last else "",
        last_detail=last.detail if last else "",
        next_look_at=last.next_look_at if last else None,
        # Before the first look it is we who are late, not arXiv.
        is_overdue=last is not None and is_overdue(now, latest_on, rules),
        batch_detail=batch.detail if batch and is_doubtful else "",
        silent=batch.silent if batch and is_doubtful else (),
        pending_days=tuple(missed.day for missed in pending),
        pending_detail=next((missed.detail for missed in pending if missed.detail), ""),
    )


async def latest_batch(unit: UnitOfWork) -> FeedCheck | None:
    """The last look that told of a day's announcement: its papers, or that it has none."""
    for check in await unit.feeds.latest(outcomes=_BATCHES, limit=20):
        if check.batch_on is not None:
            return check
    return None


def latest_day(stored_on: date | None, batch: FeedCheck | None) -> date | None:
    """The latest announcement day that was seen; one without papers leaves none in the store."""
    days = [day for day in (stored_on, batch.batch_on if batch else None) if day]
    return max(days, default=None)
