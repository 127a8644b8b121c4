"""What is remembered of papers and of each look at the feeds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from bot.domain.feed_health import TROUBLES
from bot.domain.missed_days import MissedDay
from bot.domain.papers import Announcement, Paper


class PaperRepository(Protocol):
    """Papers and their announcements."""

    async def add_announcements(
        self, announcements: Sequence[Announcement], *, seen_at: datetime
    ) -> tuple[Announcement, ...]:
        """Store papers and announcements; return those never seen before, numbered in order.

        An announcement is known when the same version of the paper was announced before, of
        whatever type; a new version of a known paper is unseen. `sequence` grows without gaps in
        meaning: whoever asks for `after=n` later sees everything stored after n was.
        """
        ...

    async def announced(
        self,
        *,
        after: int = 0,
        since: date | None = None,
        categories: Sequence[str] | None = None,
    ) -> tuple[Announcement, ...]:
        """Announcements listing one of `categories`, in sequence order.

        `after` is a sequence (exclusive), `since` an `announced_on` (inclusive).
        """
        ...

    async def last_sequence(self) -> int:
        """The highest sequence given so far; 0 in an empty store."""
        ...

    async def get(self, arxiv_id: str) -> Paper | None:
        """The latest stored version of a paper."""
        ...

    async def announcement_of(self, arxiv_id: str) -> Announcement | None:
        """The latest announcement of a paper."""
        ...

    async def put(self, paper: Paper) -> None:
        """Store a paper that was looked up rather than announced."""
        ...

    async def announced_days(self, *, limit: int) -> tuple[tuple[date, int], ...]:
        """The latest announcement days with their numbers of papers, newest first."""
        ...

    async def latest_titles(self, *, limit: int) -> tuple[tuple[str, str], ...]:
        """The arXiv IDs and titles of the papers announced last, the latest first, each once.

        Of the last `limit` announcements, so there may be fewer.
        """
        ...

    async def announced_among(self, arxiv_ids: Collection[str]) -> frozenset[str]:
        """Those of these papers that were announced before, in whatever version."""
        ...

    async def new_counts(self, *, since: date) -> dict[date, dict[str, int]]:
        """Papers announced as new, by day (`since` and later) and primary category."""
        ...


@dataclass(frozen=True, slots=True)
class FeedCheck:
    """How one look at arXiv's feed ended."""

    checked_at: datetime  # UTC
    categories: tuple[str, ...]
    outcome: str  # a FeedOutcome (bot/domain/feed_health.py)
    announced_on: date | None = None  # as the feed claims
    items: int = 0
    unseen: int = 0
    etag: str | None = None
    detail: str = ""  # one sentence
    batch_on: date | None = None  # the day whose announcement it brought; None when none
    silent: tuple[str, ...] = ()  # categories whose new papers are missing from that day
    next_look_at: datetime | None = None  # UTC

    @property
    def is_trouble(self) -> bool:
        """Whether the feed could not be read."""
        return self.outcome in TROUBLES


class FeedRepository(Protocol):
    """What was learned from each look at the feeds."""

    async def record(self, check: FeedCheck) -> None:
        """Remember a look."""
        ...

    async def latest(
        self, *, outcomes: Sequence[str] | None = None, limit: int = 1
    ) -> tuple[FeedCheck, ...]:
        """The latest looks, newest first."""
        ...

    async def put_missed(self, days: Sequence[MissedDay]) -> None:
        """Remember how catching up stands with these days."""
        ...

    async def missed(self, *, since: date) -> tuple[MissedDay, ...]:
        """The days remembered, `since` and later, oldest first."""
        ...
