"""What pages and feeds show: the digests of days gone by, and what there is to say of today."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from bot.domain.digest import Digest, DigestEntry
from bot.domain.interests import Interests
from bot.domain.subscriptions import Schedule
from bot.domain.trends import DayCounts

FEED_ITEMS = 200  # readers keep what they saw; a feed need not hold a year
FEED_DAYS = 14


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One paper of a feed."""

    entry: DigestEntry
    announced_on: date | None  # arXiv's day


@dataclass(frozen=True, slots=True)
class PublishedDay:
    """One announcement day: its digest, and what was announced in all."""

    on: date
    digest: Digest
    counts: DayCounts
    made_of: str = ""  # changes when the day has to be made anew

    @property
    def items(self) -> tuple[FeedItem, ...]:
        """Its papers as feeds have them."""
        return tuple(FeedItem(entry, self.on) for entry in self.digest.entries)


@dataclass(frozen=True, slots=True)
class Publication:
    """Everything public: nothing of it comes from a channel's subscriptions."""

    interests: Interests
    days: tuple[PublishedDay, ...]  # newest first, each day once
    updated_at: datetime  # UTC, of the last change
    schedule: Schedule | None = None
    today: Digest | None = None  # an empty one, where nothing newer than `days` is announced
    title: str = "arXiv papers"

    @property
    def latest(self) -> Digest | None:
        """What stands first: today's digest, also when it is empty."""
        if self.today is not None:
            return self.today
        return self.days[0].digest if self.days else None

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories that are watched."""
        return self.interests.categories

    def items(self, category: str | None = None) -> tuple[FeedItem, ...]:
        """The papers of the last days, newest first; of those that list `category` where given.

        A paper that came on two days stands on the later one.
        """
        found: dict[str, FeedItem] = {}
        for day in self.days[:FEED_DAYS]:
            for item in day.items:
                if category is None or category in item.entry.paper.categories:
                    found.setdefault(item.entry.paper.arxiv_id, item)
        return tuple(found.values())[:FEED_ITEMS]

    def papers(self) -> Iterator[FeedItem]:
        """Every paper once, newest day first, best first."""
        seen: set[str] = set()
        for day in self.days:
            for item in day.items:
                if item.entry.paper.arxiv_id not in seen:
                    seen.add(item.entry.paper.arxiv_id)
                    yield item

    def paper(self, arxiv_id: str) -> FeedItem | None:
        """One paper as it came last."""
        return next((item for item in self.papers() if item.entry.paper.arxiv_id == arxiv_id), None)

    def day(self, on: date) -> PublishedDay | None:
        """One day."""
        return next((each for each in self.days if each.on == on), None)
