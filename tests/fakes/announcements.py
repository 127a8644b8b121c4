"""Ingest with everything outside it faked: tests say what the feed and the catalogue give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from bot.domain.feed_health import PollingRules
from bot.domain.interests import Interests
from bot.domain.papers import Announcement, AnnounceType, ArxivId, Paper
from bot.domain.subscriptions import Destination, Subscription
from bot.errors import PermanentError, TransientError, UserError
from bot.ports import FeedReading, UnitOfWork
from bot.services.catching_up import CatchingUpService
from bot.services.ingest import IngestService
from tests.fakes.clock import FrozenClock
from tests.fakes.memory import Memory, MemoryDatabase
from tests.fakes.telemetry import Figures

CHANNEL = Destination("log", "local", "papers")
MORNING = datetime(2026, 1, 21, 6, 0, tzinfo=UTC)  # Wednesday, the feed is due since 05:30


def papers(
    prefix: str, count: int, *categories: str, submitted_at: datetime | None = None
) -> list[Paper]:
    """`count` papers: `papers("2601.1", 3, "cs.CL")` have the IDs 2601.10000 to 2601.10002."""
    return [
        Paper(
            arxiv_id=f"{prefix}{n:04}",
            version=1,
            title=f"Paper {n} of {prefix}",
            abstract="We study it.",
            authors=("Ada Example",),
            categories=categories or ("cs.CL",),
            submitted_at=submitted_at,
        )
        for n in range(count)
    ]


def revised(paper: Paper) -> Paper:
    """Its next version."""
    return replace(paper, version=paper.version + 1)


@dataclass(slots=True)
class FakeFeed:
    """Gives `papers` as announced on `day`, or fails with `error`; an unchanged feed is a 304."""

    papers: Sequence[Paper] = ()
    day: date | None = None
    error: TransientError | PermanentError | None = None
    asked: int = 0
    asked_for: tuple[str, ...] = ()
    conditions: list[str | None] = field(default_factory=list)  # the ETags of all requests

    async def read(self, categories: Sequence[str], *, etag: str | None = None) -> FeedReading:
        self.asked += 1
        self.asked_for = tuple(categories)
        self.conditions.append(etag)
        if self.error is not None:
            raise self.error
        present = f'"{self.day}-{[each.versioned_id for each in self.papers]}"'
        if etag == present:
            return FeedReading((), None, etag, unchanged=True)
        day = self.day or date(2000, 1, 1)
        announced = tuple(Announcement(each, AnnounceType.NEW, day) for each in self.papers)
        return FeedReading(announced, self.day, present)


class FakeCatalogue:
    """Knows `papers` by the time they were submitted; `errors` are raised first, one a call."""

    def __init__(self) -> None:
        self.papers: list[Paper] = []
        self.errors: list[Exception | None] = []
        self.windows: list[tuple[datetime, datetime]] = []
        self.asked_for: tuple[str, ...] = ()

    async def get(self, paper: ArxivId) -> Paper:
        raise UserError(f"arXiv has no paper {paper.value}.")

    async def search(self, query: str, *, limit: int) -> tuple[Paper, ...]:
        del query, limit
        return ()

    async def submitted_between(
        self, categories: Sequence[str], start: datetime, end: datetime
    ) -> tuple[Paper, ...]:
        self.windows.append((start, end))
        self.asked_for = tuple(categories)
        if self.errors and (error := self.errors.pop(0)) is not None:
            raise error
        return tuple(
            each
            for each in self.papers
            if each.submitted_at is not None
            and start <= each.submitted_at < end
            and not set(categories).isdisjoint(each.categories)
        )


class Ingesting:
    """A bot that only listens."""

    def __init__(self, *, at: datetime = MORNING, rules: PollingRules | None = None) -> None:
        self.clock = FrozenClock(at)
        self.feed = FakeFeed(day=at.date())
        self.catalogue = FakeCatalogue()
        self.database = MemoryDatabase()
        self.figures = Figures()
        self.rules = rules or PollingRules()
        self.start_again()

    def start_again(self) -> None:
        """As after a crash: only what the database holds is left."""
        holidays = self.rules.extra_holidays
        self.catching_up = CatchingUpService(
            papers=self.catalogue,
            open_unit=self.database.unit_of_work,
            clock=self.clock,
            extra_holidays=holidays,
            telemetry=self.figures,
        )
        self.ingest = IngestService(
            feed=self.feed,
            open_unit=self.database.unit_of_work,
            clock=self.clock,
            rules=self.rules,
            catching_up=self.catching_up,
            telemetry=self.figures,
            jitter=lambda: 0.0,
        )

    @property
    def memory(self) -> Memory:
        return self.database.memory

    @property
    def outcomes(self) -> list[str]:
        """How the looks ended, oldest first."""
        return [check.outcome for check in self.memory.checks]

    def unit(self) -> UnitOfWork:
        return self.database.unit_of_work()

    def announced(self, day: date) -> set[str]:
        """The papers kept under `day`."""
        return {
            arxiv_id
            for (arxiv_id, _), each in self.memory.announcements.items()
            if each.announced_on == day
        }

    async def subscribe(self, *categories: str, days_back: int = 7) -> Subscription:
        async with self.unit() as unit:
            stored = await unit.subscriptions.add(
                Subscription(
                    number=0,
                    destination=CHANNEL,
                    interests=Interests(categories=categories, days_back=days_back),
                    created_at=self.clock.now(),
                    next_run_at=self.clock.now(),
                )
            )
            await unit.commit()
        return stored

    async def remember(self, day: date, *announced: Paper) -> None:
        """Have papers in the store as if they had been read on `day`."""
        async with self.unit() as unit:
            await unit.papers.add_announcements(
                [Announcement(each, AnnounceType.NEW, day) for each in announced],
                seen_at=self.clock.now(),
            )
            await unit.commit()

    async def poll_at(self, at: datetime) -> datetime:
        self.clock.move_to(at)
        return await self.ingest.poll()

    async def poll_until(self, end: datetime) -> list[datetime]:
        """Come back whenever told to, until `end`; when that was."""
        came = []
        at = self.clock.now()
        for _ in range(500):
            if at > end:
                break
            came.append(at)
            at = await self.poll_at(at)
        self.clock.move_to(end)
        return came
