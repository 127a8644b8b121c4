"""Announcement days missed in the feed, brought in through arXiv's catalogue."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.domain import calendar
from bot.domain.eligibility import codes_covered
from bot.domain.feed_health import BROUGHT, DOUBTFUL, READ
from bot.domain.missed_days import MOST_DAYS_BACK, MissedDay, days_missed, retry_after_failure
from bot.domain.papers import Announcement, AnnounceType, Paper
from bot.errors import PapercourierError, TransientError, UserError
from bot.ports import (
    NO_TELEMETRY,
    Clock,
    FeedCheck,
    PaperSource,
    Telemetry,
    UnitOfWork,
    UnitOfWorkFactory,
)

log = logging.getLogger(__name__)

_REMEMBERED_CHECKS = 60  # looks that brought papers: more than a month has days
_STORED_DAYS = 60
_REMEMBERED = timedelta(days=2 * MOST_DAYS_BACK)


class CatchingUpService:
    """Notices the days that are missing and fetches them, one transaction a day.

    What the feed brings is never waited for: a later day may be stored, numbered and posted
    while an earlier one is still pending.
    """

    def __init__(
        self,
        *,
        papers: PaperSource,
        open_unit: UnitOfWorkFactory,
        clock: Clock,
        extra_holidays: frozenset[date] = frozenset(),
        telemetry: Telemetry = NO_TELEMETRY,
        watched: Sequence[str] = (),
    ) -> None:
        self._papers = papers
        self._open_unit = open_unit
        self._clock = clock
        self._extra_holidays = extra_holidays
        self._telemetry = telemetry
        self._watched = tuple(watched)  # for the pages, whether or not anybody subscribed

    async def notice(self) -> tuple[date, ...]:
        """Remember the days that the feed no longer carries and the store lacks; the fresh ones.

        Those between the first day stored and today, as far back as any subscription reaches.
        The latest announcement is left to the feed until a look on a later day did not bring it.
        """
        now = self._clock.now()
        async with self._open_unit() as unit:
            days = await self._fresh(unit, now)
            if days:
                reach = await _reach(unit, calendar.eastern_day(now))
                days = tuple(day for day in days if day >= reach)
            if days:
                await unit.feeds.put_missed([MissedDay(day) for day in days])
                await unit.commit()
        for day in days:
            log.warning("catching_up.missed", extra={"day": day.isoformat()})
        return days

    async def catch_up(self) -> datetime | None:
        """Fetch what is pending, oldest day first; when to try again, None when all is done.

        A day that was stored stays done whatever happens to the next one. Never raises for
        arXiv's troubles: they are kept for `status`.
        """
        now = self._clock.now()
        async with self._open_unit() as unit:
            pending = await _pending(unit, calendar.eastern_day(now))
        if any(_is_due(missed, now) for missed in pending):
            pending = await self._without_those_out_of_reach(pending)
        for missed in pending:
            if not _is_due(missed, now):
                continue
            try:
                await self._catch_up(missed)
            except UserError as error:
                await self._put_off([missed], error)
            except PapercourierError as error:
                # The catalogue is in trouble, not the day: the others need not find out, too.
                await self._put_off([each for each in pending if each.day >= missed.day], error)
                break
        async with self._open_unit() as unit:
            left = await _pending(unit, calendar.eastern_day(now))
        self._telemetry.gauge("feed_days_missing", len(left))
        return min((missed.retry_at or now for missed in left), default=None)

    async def _fresh(self, unit: UnitOfWork, now: datetime) -> tuple[date, ...]:
        today = calendar.eastern_day(now)
        stored = {day for day, _ in await unit.papers.announced_days(limit=_STORED_DAYS)}
        brought = await unit.feeds.latest(outcomes=BROUGHT, limit=_REMEMBERED_CHECKS)
        return days_missed(
            stored=stored,
            doubtful=_doubtful_days(brought),
            remembered=[
                missed.day for missed in await unit.feeds.missed(since=today - _REMEMBERED)
            ],
            last=await self._last_that_is_over(unit, now),
            extra_holidays=self._extra_holidays,
        )

    async def _last_that_is_over(self, unit: UnitOfWork, now: datetime) -> date:
        """The last day that the feed will not bring any more."""
        latest = calendar.announcement_day(now, self._extra_holidays)
        looks = await unit.feeds.latest(outcomes=READ)
        if looks and calendar.eastern_day(looks[0].checked_at) > latest:
            return latest
        return calendar.previous_announcement_day(latest, self._extra_holidays)

    async def _without_those_out_of_reach(self, pending: Sequence[MissedDay]) -> list[MissedDay]:
        """The days that somebody still wants; the others are given up."""
        async with self._open_unit() as unit:
            reach = await _reach(unit, calendar.eastern_day(self._clock.now()))
            gone = [missed for missed in pending if missed.day < reach]
            if gone:
                await unit.feeds.put_missed([replace(missed, is_done=True) for missed in gone])
                await unit.commit()
        for missed in gone:
            log.error(
                "catching_up.given_up",
                extra={"day": missed.day.isoformat(), "reason": missed.detail},
            )
        return [missed for missed in pending if missed.day >= reach]

    async def _catch_up(self, missed: MissedDay) -> None:
        """Fetch one day and store it, with the mark that it is done."""
        async with self._open_unit() as unit:
            subscribed = await unit.subscriptions.wanted_categories()
        codes = tuple(codes_covered(tuple(sorted({*subscribed, *self._watched}))))
        start, end = calendar.submission_window(missed.day, self._extra_holidays)
        papers = await self._papers.submitted_between(codes, start, end)
        async with self._open_unit() as unit:
            # The catalogue gives the latest version: of a paper once announced that is no news.
            known = await unit.papers.announced_among([paper.arxiv_id for paper in papers])
            fresh = await unit.papers.add_announcements(
                [
                    _announced(paper, missed.day, codes)
                    for paper in papers
                    if paper.arxiv_id not in known
                ],
                seen_at=self._clock.now(),
            )
            done = replace(
                missed,
                is_done=True,
                attempts=missed.attempts + 1,
                retry_at=None,
                found=len(fresh),
                detail="",
            )
            await unit.feeds.put_missed([done])
            await unit.commit()
        log.info(
            "catching_up.done",
            extra={"day": missed.day.isoformat(), "papers": len(papers), "unseen": len(fresh)},
        )

    async def _put_off(self, days: Sequence[MissedDay], error: PapercourierError) -> None:
        first, *others = days
        attempts = first.attempts + 1
        wish = error.retry_after if isinstance(error, TransientError) else None
        wait = max(retry_after_failure(attempts), timedelta(seconds=wish or 0.0))
        later = self._clock.now() + wait
        failed = replace(first, attempts=attempts, retry_at=later, detail=str(error))
        waiting = [replace(each, retry_at=later, detail=str(error)) for each in others]
        async with self._open_unit() as unit:
            await unit.feeds.put_missed([failed, *waiting])
            await unit.commit()
        log.warning(
            "catching_up.put_off",
            extra={
                "day": first.day.isoformat(),
                "days": len(days),
                "seconds": wait.total_seconds(),
                "reason": str(error),
            },
        )


async def _pending(unit: UnitOfWork, today: date) -> list[MissedDay]:
    return [
        missed
        for missed in await unit.feeds.missed(since=today - _REMEMBERED)
        if not missed.is_done
    ]


def _is_due(missed: MissedDay, now: datetime) -> bool:
    return missed.retry_at is None or missed.retry_at <= now


async def _reach(unit: UnitOfWork, today: date) -> date:
    """The earliest day that any subscription may still get papers of."""
    days = [each.interests.days_back for each in await unit.subscriptions.all() if each.is_active]
    return today - timedelta(days=min(max(days, default=0), MOST_DAYS_BACK))


def _doubtful_days(brought: Sequence[FeedCheck]) -> frozenset[date]:
    """Days whose last look, newest first in `brought`, left them not whole."""
    last: dict[date, str] = {}
    for check in brought:
        if check.batch_on is not None:
            last.setdefault(check.batch_on, check.outcome)
    return frozenset(day for day, outcome in last.items() if outcome in DOUBTFUL)


def _announced(paper: Paper, day: date, codes: tuple[str, ...]) -> Announcement:
    kind = AnnounceType.NEW if paper.primary_category in codes else AnnounceType.CROSS
    return Announcement(paper, kind, day)
