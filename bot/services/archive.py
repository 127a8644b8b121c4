"""What pages and feeds show, put together from what was announced and what was kept.

Everything here follows from config.json's interests: no channel's subscription has a part in it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.domain import calendar
from bot.domain.digest import Digest
from bot.domain.interests import Interests
from bot.domain.matching import Ranking
from bot.domain.papers import Announcement
from bot.domain.published import Publication, PublishedDay
from bot.domain.silence import FeedStanding
from bot.domain.subscriptions import Schedule
from bot.domain.trends import count_day
from bot.ports import Clock, DayStore, FeedReading, Summarizer, UnitOfWork, UnitOfWorkFactory
from bot.services.day_documents import write_day
from bot.services.digests import digest_of
from bot.services.one_digest import PAYER, WriteSummaries, compose_once
from bot.services.standing import feed_standing
from bot.services.summaries import Wanted

RECIPE = 1  # grows when days have to be made anew for another reason than their papers
MOST_DAYS = 30  # of those stored are made into pages, if nobody says otherwise
UNSETTLED_DAYS = 7  # the latest days, whose announcements and summaries may still come in


@dataclass(frozen=True, slots=True)
class PageRules:
    """What the public pages are about."""

    interests: Interests
    schedule: Schedule | None = None
    language: str = "en"
    is_diverse: bool = True
    extra_holidays: frozenset[date] = calendar.NO_HOLIDAYS


class ArchiveService:
    """Makes days from stored announcements, once each, and keeps them.

    `write` gives the summaries, as `SummaryService.for_digests` does; of the latest day the best
    `papers_by_model` papers may get one that has to be paid for.
    """

    def __init__(
        self,
        *,
        open_unit: UnitOfWorkFactory,
        clock: Clock,
        store: DayStore,
        extractor: Summarizer,
        write: WriteSummaries,
        rules: PageRules,
        papers_by_model: int = 0,
    ) -> None:
        self._open_unit = open_unit
        self._clock = clock
        self._store = store
        self._extractor = extractor
        self._write = write
        self._rules = rules
        self._papers_by_model = papers_by_model

    async def publication(self, *, most_days: int = MOST_DAYS) -> Publication:
        """Everything as it stands now: what is new is made, what is kept is read.

        At most `most_days` of the latest days are made at one time.
        """
        kept = {each.on: each for each in await asyncio.to_thread(self._store.load)}
        async with self._open_unit() as unit:
            announced = await unit.papers.announced_days(limit=most_days)
            unsettled = [day for day, _ in announced[:UNSETTLED_DAYS]]
            marks = {day: self._mark(count) for day, count in announced}
            stale = [
                day
                for day, mark in marks.items()
                if day not in kept or (day in unsettled and kept[day].made_of != mark)
            ]
            batches = await self._batches(unit, stale)
            today = await self._today(unit)
        latest = announced[0][0] if announced else None
        changed = [
            await self._made(day, batches[day], marks[day], is_latest=day == latest)
            for day in sorted(stale, reverse=True)
        ]
        changed += [
            await self._with_summaries(kept[day], is_latest=day == latest)
            for day in unsettled
            if day not in batches
        ]
        return await asyncio.to_thread(
            gathered,
            self._store,
            changed,
            rules=self._rules,
            today=today,
            now=self._clock.now(),
        )

    def _mark(self, announced: int) -> str:
        told = repr((RECIPE, announced, self._rules.interests, self._rules.language))
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    async def _batches(
        self, unit: UnitOfWork, days: Sequence[date]
    ) -> dict[date, list[Announcement]]:
        batches: dict[date, list[Announcement]] = {day: [] for day in days}
        if days:
            categories = self._rules.interests.categories
            for one in await unit.papers.announced(since=min(days), categories=categories):
                if one.announced_on in batches:
                    batches[one.announced_on].append(one)
        return batches

    async def _made(
        self, day: date, announcements: Sequence[Announcement], mark: str, *, is_latest: bool
    ) -> PublishedDay:
        reading = FeedReading(tuple(announcements), announced_on=day)
        digest = await compose_once(
            reading,
            self._rules.interests,
            extractor=self._extractor,
            now=self._clock.now(),
            language=self._rules.language,
            papers_by_model=self._papers_by_model if is_latest else 0,
            is_diverse=self._rules.is_diverse,
            write=self._write,
        )
        return await counted_day(day, digest, reading, self._rules.interests, made_of=mark)

    async def _with_summaries(self, day: PublishedDay, *, is_latest: bool) -> PublishedDay:
        """The day with the summaries that were written since, or can be now."""
        by_model = self._papers_by_model if is_latest else 0
        wanted = {
            entry.paper.versioned_id: Wanted(
                entry.paper, self._rules.language, (PAYER,) if entry.rank <= by_model else ()
            )
            for entry in day.digest.entries
            if entry.summary is None or entry.summary.is_extract
        }
        written = await self._write(list(wanted.values())) if wanted else {}
        entries = tuple(
            replace(entry, summary=written[wanted[entry.paper.versioned_id].place])
            if entry.paper.versioned_id in wanted
            else entry
            for entry in day.digest.entries
        )
        return replace(day, digest=replace(day.digest, entries=entries))

    async def _today(self, unit: UnitOfWork) -> Digest | None:
        """An empty digest with its reason, where today brings nothing or is late."""
        standing = await feed_standing(
            unit, now=self._clock.now(), extra_holidays=self._rules.extra_holidays
        )
        if standing.holiday_reason is None and not standing.is_late:
            return None
        return empty_digest(self._rules.interests, standing)


async def counted_day(
    day: date, digest: Digest, reading: FeedReading, interests: Interests, *, made_of: str = ""
) -> PublishedDay:
    """A digest with what was announced beside it."""
    counts = await asyncio.to_thread(count_day, day, reading.announcements, interests.categories)
    return PublishedDay(day, replace(digest, announced_on=day), counts, made_of)


def gathered(
    store: DayStore,
    days: Sequence[PublishedDay],
    *,
    rules: PageRules,
    today: Digest | None,
    now: datetime,
) -> Publication:
    """`days` kept in `store`, and all that it keeps as a publication; blocks."""
    store.save(days)
    everything = store.load()
    told = [
        repr((RECIPE, rules.interests, rules.schedule, today and today.silence_reason)),
        *map(write_day, everything),
    ]
    fingerprint = hashlib.sha256("\n".join(told).encode()).hexdigest()
    return Publication(
        interests=rules.interests,
        days=everything,
        updated_at=store.changed_at(fingerprint, now=now),
        schedule=rules.schedule,
        today=today,
    )


def empty_digest(interests: Interests, standing: FeedStanding) -> Digest:
    """A digest of nothing announced, and why."""
    nothing = Ranking(considered=0, matched=0, chosen=(), best_below=None, excluded=0)
    digest = digest_of(nothing, interests=interests, standing=standing, summaries={})
    return replace(digest, announced_on=None)
