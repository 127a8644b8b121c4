"""A year of arXiv, invented: a few papers every announcement day, a feed and a catalogue of them.

Written from arXiv's pages, not with the bot's own calendar: papers are submitted in the morning
of a business day and announced with the next feed, which comes at half past midnight, US Eastern,
of every weekday that is no holiday. On other days the feed is empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.papers import Announcement, AnnounceType, ArxivId, Paper
from bot.errors import UserError
from bot.ports import Clock, FeedReading

EASTERN = ZoneInfo("America/New_York")
ONE_DAY = timedelta(days=1)
CATEGORIES = ("cs.AI", "cs.CL", "cs.CV", "cs.LG", "cs.RO", "stat.ML")

# The weekdays without a feed: four seen in arXiv's own data, the rest as arXiv announced them.
HOLIDAYS = frozenset(
    {
        date(2025, 12, 26),
        date(2025, 12, 31),
        date(2026, 1, 2),
        date(2026, 1, 20),
        date(2026, 6, 22),
        date(2026, 7, 6),
        date(2026, 9, 8),
        date(2026, 11, 26),
        date(2026, 12, 25),
        date(2026, 12, 29),
        date(2026, 12, 31),
    }
)


@dataclass(frozen=True, slots=True)
class Publication:
    """One paper and the moment its announcement can be read."""

    paper: Paper
    on: date
    at: datetime  # UTC


def has_feed(day: date) -> bool:
    """Whether arXiv announces on `day`."""
    return day.weekday() < 5 and day not in HOLIDAYS


def publications(first: date, last: date) -> tuple[Publication, ...]:
    """Every paper announced from `first` to `last`, both included, in order.

    Every category has one to three a day; every third paper is about caches, and every fourth is
    listed in a second category too.
    """
    published: list[Publication] = []
    for day in (first + ONE_DAY * n for n in range((last - first).days + 1)):
        if not has_feed(day):
            continue
        at = datetime.combine(day, time(0, 30), EASTERN).astimezone(UTC)
        for place, category in enumerate(CATEGORIES):
            for _ in range(1 + (day.toordinal() + place) % 3):
                published.append(Publication(_paper(len(published), category, day), day, at))
    return tuple(published)


def _paper(number: int, category: str, announced_on: date) -> Paper:
    morning = announced_on - ONE_DAY
    while morning.weekday() >= 5:
        morning -= ONE_DAY
    also = (CATEGORIES[(number + 1) % len(CATEGORIES)],) if number % 4 == 0 else ()
    subject = "caches" if number % 3 == 0 else "towels"
    return Paper(
        arxiv_id=f"{announced_on:%y%m}.{number:05}",
        version=1,
        title=f"Paper {number}",
        abstract=f"A study of {subject}.",
        authors=("Ada Example",),
        categories=tuple(dict.fromkeys((category, *also))),
        submitted_at=datetime.combine(morning, time(10), EASTERN).astimezone(UTC),
    )


class YearOfArxiv:
    """A `FeedSource` and a `PaperSource` that show what arXiv shows at the time of `clock`."""

    def __init__(self, published: Sequence[Publication], clock: Clock) -> None:
        self._published = published
        self._clock = clock

    async def read(self, categories: Sequence[str], *, etag: str | None = None) -> FeedReading:
        day = (self._clock.now() - timedelta(minutes=30)).astimezone(EASTERN).date()
        present = f'"{day}"'
        if etag == present:
            return FeedReading((), None, etag, unchanged=True)
        wanted = set(categories)
        announcements = tuple(
            Announcement(each.paper, _kind(each.paper, wanted), day)
            for each in self._published
            if each.on == day and wanted & set(each.paper.categories)
        )
        return FeedReading(announcements, day, present)

    async def get(self, paper: ArxivId) -> Paper:
        raise UserError(f"arXiv has no paper {paper.value}.")

    async def search(self, query: str, *, limit: int) -> tuple[Paper, ...]:
        del query, limit
        return ()

    async def submitted_between(
        self, categories: Sequence[str], start: datetime, end: datetime
    ) -> tuple[Paper, ...]:
        return tuple(
            each.paper
            for each in self._published
            if each.at <= self._clock.now()
            and each.paper.submitted_at is not None
            and start <= each.paper.submitted_at < end
            and set(categories) & set(each.paper.categories)
        )


def _kind(paper: Paper, wanted: set[str]) -> AnnounceType:
    return AnnounceType.NEW if paper.primary_category in wanted else AnnounceType.CROSS
