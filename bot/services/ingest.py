"""Announcements into the store: what each look at the feed brought, and when to look again."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.domain import calendar
from bot.domain.eligibility import codes_covered
from bot.domain.feed_health import (
    BROUGHT,
    DOUBTFUL,
    HISTORY,
    HOLDING,
    TROUBLES,
    FeedOutcome,
    Judgement,
    Look,
    PollingRules,
    batch_day,
    is_quiet_day,
    judge_batch,
    judge_nothing_new,
    next_look_at,
)
from bot.domain.papers import Announcement, AnnounceType
from bot.errors import PermanentError, TransientError
from bot.ports import (
    NO_TELEMETRY,
    Clock,
    FeedCheck,
    FeedReading,
    FeedSource,
    Telemetry,
    UnitOfWork,
    UnitOfWorkFactory,
)
from bot.services.catching_up import CatchingUpService
from bot.services.standing import latest_batch, latest_day

log = logging.getLogger(__name__)

_CHECKS_READ = 30  # enough to find the last look at the same categories
_LEVELS = {
    FeedOutcome.REFUSED: logging.ERROR,
    FeedOutcome.NEW: logging.INFO,
    FeedOutcome.UNCHANGED: logging.INFO,
    FeedOutcome.EMPTY: logging.INFO,
}


@dataclass(frozen=True, slots=True)
class _Past:
    """What was known before a look."""

    checks: tuple[FeedCheck, ...]  # newest first
    latest_on: date | None  # the latest announcement day seen
    latest_check: FeedCheck | None  # the look that told of it
    days: frozenset[date]  # stored lately

    def failures(self) -> int:
        """Looks in a row that failed."""
        count = 0
        for check in self.checks:
            if check.outcome not in TROUBLES:
                break
            count += 1
        return count


class IngestService:
    """Looks at the day's feed and keeps what is new in it."""

    def __init__(
        self,
        *,
        feed: FeedSource,
        open_unit: UnitOfWorkFactory,
        clock: Clock,
        rules: PollingRules | None = None,
        catching_up: CatchingUpService | None = None,
        telemetry: Telemetry = NO_TELEMETRY,
        jitter: Callable[[], float] = random.random,
        watched: Sequence[str] = (),
    ) -> None:
        self._feed = feed
        self._open_unit = open_unit
        self._clock = clock
        self._rules = rules or PollingRules()
        self._catching_up = catching_up
        self._telemetry = telemetry
        self._jitter = jitter
        self._watched = tuple(watched)  # for the pages, whether or not anybody subscribed
        self._may_have_missed = True  # a crash may have come between a look and what follows it

    async def poll(self) -> datetime:
        """Look at the feed if it is time, catch up what was missed; when to come back, UTC.

        Without anything to do it costs one read of the database, so it may be called often:
        categories that nobody wanted before are looked at at once. What a look found is told
        to telemetry here.
        """
        now = self._clock.now()
        async with self._open_unit() as unit:
            subscribed = await unit.subscriptions.wanted_categories()
            checks = await unit.feeds.latest(limit=_CHECKS_READ)
        wanted = tuple(sorted({*subscribed, *self._watched}))
        if not wanted:
            return now + self._rules.poll
        next_at = _next_look(checks, wanted)
        if next_at is None or next_at <= now:
            check = await self.ingest(wanted)
            next_at = check.next_look_at or now + self._rules.poll
            self._may_have_missed = True
        retry_at = await self._catch_up()
        return min(next_at, retry_at or next_at)

    async def _catch_up(self) -> datetime | None:
        if self._catching_up is None:
            return None
        if self._may_have_missed:
            await self._catching_up.notice()
            self._may_have_missed = False
        return await self._catching_up.catch_up()

    async def ingest(self, categories: Sequence[str]) -> FeedCheck:
        """Look at the feed of `categories` and store what was never seen before.

        Never raises for arXiv's troubles: they are an outcome like others, kept for `status`.
        While arXiv refuses us or wants us to wait nothing is asked: the last look is given.
        """
        wanted = tuple(sorted(categories))
        async with self._open_unit() as unit:
            past = await _past(unit)
        held = past.checks[0] if past.checks else None
        if held is not None and _holds(held, self._clock.now()):
            return held
        try:
            reading = await self._feed.read(wanted, etag=_etag(past.checks, wanted))
        except (TransientError, PermanentError) as error:
            check = await self._record_trouble(wanted, error)
        else:
            check = await self._store(wanted, reading)
        await self._tell(check)
        return check

    async def _record_trouble(
        self, categories: tuple[str, ...], error: TransientError | PermanentError
    ) -> FeedCheck:
        now = self._clock.now()
        outcome = _trouble(error)
        async with self._open_unit() as unit:
            past = await _past(unit)
            look = Look(
                at=now,
                outcome=outcome,
                latest_on=past.latest_on,
                latest_at=None,
                failures=past.failures() + 1,
                retry_after=error.retry_after if isinstance(error, TransientError) else None,
            )
            check = FeedCheck(
                now,
                categories,
                outcome,
                detail=str(error),
                next_look_at=next_look_at(look, self._rules, jitter=self._jitter()),
            )
            await unit.feeds.record(check)
            await unit.commit()
        return check

    async def _store(self, categories: tuple[str, ...], reading: FeedReading) -> FeedCheck:
        now = self._clock.now()
        async with self._open_unit() as unit:
            past = await _past(unit)
            claimed, items = reading.announced_on, len(reading.announcements)
            if reading.unchanged:
                claimed, items = _as_before(past.checks, categories)
            day = await self._day_of(unit, reading, past, now)
            unseen = await unit.papers.add_announcements(
                [replace(each, announced_on=day) for each in reading.announcements], seen_at=now
            )
            codes = tuple(codes_covered(categories))
            if unseen:
                judgement = await _judge_batch(unit, day, codes, reading.announcements, unseen)
                batch_on: date | None = day
            else:
                judgement, batch_on = await self._judge_nothing_new(
                    unit, past, codes, now=now, claimed=claimed, items=items
                )
            check = FeedCheck(
                checked_at=now,
                categories=categories,
                outcome=judgement.outcome,
                announced_on=claimed,
                items=items,
                unseen=len(unseen),
                etag=reading.etag,
                detail=judgement.detail or _left_out(reading),
                batch_on=batch_on,
                silent=judgement.silent,
            )
            check = replace(check, next_look_at=self._next_look_at(check, past))
            await unit.feeds.record(check)
            await unit.commit()
        return check

    async def _day_of(
        self, unit: UnitOfWork, reading: FeedReading, past: _Past, now: datetime
    ) -> date:
        """The day under which the papers of `reading` are kept."""
        expected = calendar.announcement_day(now, self._rules.extra_holidays)
        claimed = reading.announced_on
        if claimed is None or claimed >= expected or claimed not in past.days:
            return claimed or expected
        before = next((check.categories for check in past.checks if not check.is_trouble), ())
        codes = frozenset(codes_covered(before))
        ids = [
            each.paper.arxiv_id
            for each in reading.announcements
            if each.announce_type is AnnounceType.NEW and each.paper.primary_category in codes
        ]
        return batch_day(
            claimed,
            expected,
            is_known_day=True,
            papers=len(ids),
            known_papers=len(await unit.papers.announced_among(ids)),
        )

    async def _judge_nothing_new(
        self,
        unit: UnitOfWork,
        past: _Past,
        codes: tuple[str, ...],
        *,
        now: datetime,
        claimed: date | None,
        items: int,
    ) -> tuple[Judgement, date | None]:
        """The judgement, and the day of which the look says that it has no papers."""
        expected = calendar.announcement_day(now, self._rules.extra_holidays)
        is_awaited = past.latest_on is None or past.latest_on < expected
        if is_awaited and claimed == expected and not items:
            counts = await unit.papers.new_counts(since=expected - HISTORY)
            if is_quiet_day(expected, counts, categories=codes):
                return Judgement(FeedOutcome.EMPTY), expected
        judgement = judge_nothing_new(
            now=now, rules=self._rules, latest_on=past.latest_on, claimed=claimed, items=items
        )
        return judgement, None

    def _next_look_at(self, check: FeedCheck, past: _Past) -> datetime:
        batch = check if check.batch_on is not None else past.latest_check
        look = Look(
            at=check.checked_at,
            outcome=FeedOutcome(check.outcome),
            latest_on=latest_day(past.latest_on, check),
            latest_at=batch.checked_at if batch else None,
            is_doubtful=batch is not None
            and (batch.outcome in DOUBTFUL or self._is_unproven(batch, past)),
        )
        return next_look_at(look, self._rules, jitter=self._jitter())

    def _is_unproven(self, batch: FeedCheck, past: _Past) -> bool:
        """Whether a batch may be the day before's under a later date: nobody knows its papers."""
        if batch.batch_on is None or batch.outcome not in BROUGHT:
            return False
        before = calendar.previous_announcement_day(batch.batch_on, self._rules.extra_holidays)
        return before not in past.days

    async def _tell(self, check: FeedCheck) -> None:
        log.log(
            _LEVELS.get(FeedOutcome(check.outcome), logging.WARNING),
            "feed.checked",
            extra={
                "outcome": check.outcome,
                "items": check.items,
                "unseen": check.unseen,
                "reason": check.detail,
                "next_look_at": check.next_look_at and check.next_look_at.isoformat(),
            },
        )
        self._telemetry.count("feed_checks", outcome=check.outcome)
        if check.unseen:
            self._telemetry.gauge("feed_batch_size", check.unseen)
            self._telemetry.gauge("feed_age_seconds", 0)


async def _past(unit: UnitOfWork) -> _Past:
    days = frozenset(day for day, _ in await unit.papers.announced_days(limit=30))
    batch = await latest_batch(unit)
    return _Past(
        checks=await unit.feeds.latest(limit=_CHECKS_READ),
        latest_on=latest_day(max(days, default=None), batch),
        latest_check=batch,
        days=days,
    )


async def _judge_batch(
    unit: UnitOfWork,
    day: date,
    codes: tuple[str, ...],
    read: Sequence[Announcement],
    unseen: Sequence[Announcement],
) -> Judgement:
    return judge_batch(
        day,
        await unit.papers.new_counts(since=day - HISTORY),
        categories=codes,
        known_again=_new_in(read) - _new_in(unseen),
    )


def _new_in(announcements: Collection[Announcement]) -> set[str]:
    """The primary categories of those that are new."""
    return {
        each.paper.primary_category
        for each in announcements
        if each.announce_type is AnnounceType.NEW
    }


def _next_look(checks: Sequence[FeedCheck], wanted: Sequence[str]) -> datetime | None:
    """When the next look is due; None when these categories were not looked at yet."""
    if checks and checks[0].outcome in HOLDING:
        return checks[0].next_look_at
    for check in checks:
        if set(wanted) <= set(check.categories):
            return check.next_look_at
    return None


def _holds(check: FeedCheck, now: datetime) -> bool:
    """Whether arXiv's last answer forbids to ask already."""
    return check.outcome in HOLDING and check.next_look_at is not None and now < check.next_look_at


def _etag(checks: Sequence[FeedCheck], categories: tuple[str, ...]) -> str | None:
    """The ETag of the last reading of the very same categories."""
    return next(
        (check.etag for check in checks if not check.is_trouble and check.categories == categories),
        None,
    )


def _as_before(checks: Sequence[FeedCheck], categories: tuple[str, ...]) -> tuple[date | None, int]:
    """Day and number of papers of a feed that did not change: those of its last reading."""
    for check in checks:
        if not check.is_trouble and check.categories == categories:
            return check.announced_on, check.items
    return None, 0


def _trouble(error: TransientError | PermanentError) -> FeedOutcome:
    if error.code == "forbidden":
        return FeedOutcome.REFUSED
    return FeedOutcome.THROTTLED if error.code == "throttled" else FeedOutcome.FAILING


def _left_out(reading: FeedReading) -> str:
    if not reading.left_out:
        return ""
    return f"{len(reading.left_out)} items could not be read: {reading.left_out[0]}"
