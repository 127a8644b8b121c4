"""A digest: the papers one subscription gets at one time, or the reason why there are none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.domain.papers import AnnounceType, Paper
from bot.domain.summary import Summary


@dataclass(frozen=True, slots=True)
class Reason:
    """One term's share in a paper's score."""

    term: str
    where: str  # "title", "abstract", "title+abstract", "some words", "author", "liked", "meaning"
    points: float


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """One paper of a digest, and why it is there."""

    rank: int  # from 1, best first
    paper: Paper
    announce_type: AnnounceType
    score: float
    reasons: tuple[Reason, ...]
    summary: Summary | None = None


class Silence(StrEnum):
    """Why a digest has no papers."""

    NO_ANNOUNCEMENT = "no_announcement"  # weekend or arXiv holiday
    FEED_LATE = "feed_late"
    FEED_STALE = "feed_stale"
    NOTHING_NEW = "nothing_new"  # every announced paper was considered before
    NOTHING_MATCHED = "nothing_matched"


@dataclass(frozen=True, slots=True)
class Digest:
    """What one subscription gets for one slot."""

    slot: str  # unique within the subscription: "2026-01-21T09:00" or "now/1234"
    announced_on: date | None  # the latest announcement in it; None when there was none
    considered: int  # announcements of the subscription's categories and kinds
    matched: int  # of those, how many reached min_score
    entries: tuple[DigestEntry, ...]
    silence: Silence | None = None
    silence_reason: str = ""  # one sentence, fit for the channel
    notices: tuple[str, ...] = ()  # sentences for the channel: budget spent, model in trouble
    seen_through: int = 0  # the last announcement considered, for the subscription's cursor

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be posted."""
        return not self.entries
