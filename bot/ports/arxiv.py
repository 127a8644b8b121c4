"""arXiv, as the core asks it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from bot.domain.paper_text import TextSection
from bot.domain.papers import Announcement, ArxivId, Paper
from bot.domain.summary import SummarySource


@dataclass(frozen=True, slots=True)
class FeedReading:
    """What one request for the day's announcements brought."""

    announcements: tuple[Announcement, ...]
    announced_on: (
        date | None
    )  # the feed's own day; it may be wrong: yesterday's papers, today's date
    etag: str | None = None
    unchanged: bool = False  # the server answered 304: `announcements` is empty
    left_out: tuple[str, ...] = ()  # one sentence for each item that could not be read


class FeedSource(Protocol):
    """arXiv's announcement feeds."""

    async def read(self, categories: Sequence[str], *, etag: str | None = None) -> FeedReading:
        """The latest announcement of all `categories`, one entry per paper.

        Raises TransientError (late, throttled, cut), PermanentError (refused, not a feed).
        """
        ...


class PaperSource(Protocol):
    """arXiv's catalogue of all papers."""

    async def get(self, paper: ArxivId) -> Paper:
        """One paper. Raises UserError (no such paper), TransientError, PermanentError."""
        ...

    async def search(self, query: str, *, limit: int) -> tuple[Paper, ...]:
        """The best matches first; `query` in arXiv's syntax or plain words."""
        ...

    async def submitted_between(
        self, categories: Sequence[str], start: datetime, end: datetime
    ) -> tuple[Paper, ...]:
        """Papers of these categories first submitted in [start, end), UTC, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class FullText:
    """What could be read of a paper."""

    source: SummarySource
    text: str
    is_cut: bool = False  # a page, size or time limit ended the reading
    sections: tuple[TextSection, ...] = ()  # the same text by sections, in the paper's order
    pages_read: int | None = None  # of a PDF
    pages: int | None = None  # of a PDF, as it says itself

    @property
    def reading(self) -> str:
        """What was read, for display: "HTML", "PDF, 12 of 40 pages", "abstract"."""
        if self.source is SummarySource.PDF and self.pages_read is not None:
            if self.pages is not None and self.pages_read < self.pages:
                return f"PDF, {self.pages_read} of {self.pages} pages"
            return f"PDF, {self.pages_read} page{'' if self.pages_read == 1 else 's'}"
        name = "abstract" if self.source is SummarySource.ABSTRACT else self.source.value.upper()
        return f"{name}, in part" if self.is_cut else name


class FullTextSource(Protocol):
    """The papers' own words."""

    async def read(self, paper: Paper) -> FullText:
        """HTML if there is any, else the PDF, else the abstract: it never fails for want of one."""
        ...


class Pace(Protocol):
    """A pace kept together by every process of one installation."""

    def turn(self, host: str) -> AbstractAsyncContextManager[None]:
        """Wait until `host` may be called; hold its only connection while inside."""
        ...


class SlotStore(Protocol):
    """Where the processes of one installation agree on whose turn it is."""

    async def take(
        self,
        name: str,
        *,
        holder: str,
        now: datetime,
        spacing_seconds: float,
        lease_seconds: float,
    ) -> float:
        """Take the slot `name`: 0.0 when it is `holder`'s now, else the seconds to wait at most.

        A slot is free when nobody holds it, or the holder's lease has ended, and
        `spacing_seconds` have passed since it was last taken and since it was last released.
        It is held until `release` or the end of the lease. Taking again what one holds is
        refused like any other's. Atomic: of many who ask at once, one gets 0.0.
        """
        ...

    async def release(self, name: str, *, holder: str, now: datetime) -> None:
        """Give the slot back; nothing happens when it is no longer `holder`'s."""
        ...
