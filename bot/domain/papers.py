"""Papers and their announcements, in arXiv's own words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.errors import UserError

_ARXIV_SITE = "https://arxiv.org"

_NEW_STYLE = r"\d{4}\.\d{4,5}"  # since April 2007: YYMM.NNNN, five digits since 2015
_OLD_STYLE = r"[a-z][a-z\-]*(?:\.[A-Za-z\-]{2,12})?/\d{7}"
_ID = re.compile(
    rf"(?P<value>{_NEW_STYLE}|{_OLD_STYLE})(?:v(?P<version>[1-9]\d{{0,2}}))?", re.ASCII
)
_SUBJECT_CLASS = re.compile(r"\.[A-Za-z\-]+/")  # math.GT/0309136 is math/0309136
_LINK_PREFIX = re.compile(
    r"(?:https?://)?(?:[a-z0-9.\-]+\.)?arxiv\.org/(?:abs|pdf|html|format|ps|src|e-print)/"
    r"|(?:https?://(?:dx\.)?doi\.org/|doi:\s*)10\.48550/arxiv\."
    r"|oai:arxiv\.org:"
    r"|arxiv:\s*",
    re.IGNORECASE,
)
_LONGEST = 500  # characters of a link; what is longer is none, and slow to look through
_LINK_SUFFIX = re.compile(r"(?:\.pdf)?/?(?:[?#].*)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ArxivId:
    """An arXiv identifier: `value` without version, `version` None where none was asked for.

    Source of both forms: info.arxiv.org/help/arxiv_identifier.
    """

    value: str
    version: int | None = None

    def __str__(self) -> str:
        return self.value if self.version is None else f"{self.value}v{self.version}"

    @classmethod
    def parse(cls, text: str) -> ArxivId:
        """Read an ID or any arXiv link (abs, pdf, html, doi:10.48550, "arXiv:...").

        Raises UserError when `text` is neither.
        """
        typed = text.strip()
        match = _read(typed) if len(typed) <= _LONGEST else None
        if match is None or not _month_exists(match["value"]):
            shown = typed[:60] or "nothing"
            raise UserError(
                f"“{shown}” is not an arXiv ID: write it like 2601.13824, hep-th/9901001 "
                "or paste a link to arxiv.org."
            )
        value = _SUBJECT_CLASS.sub("/", match["value"])
        return cls(value, int(match["version"]) if match["version"] else None)


def _read(typed: str) -> re.Match[str] | None:
    bare = _LINK_PREFIX.sub("", typed.strip("<>"), count=1)
    return _ID.fullmatch(_LINK_SUFFIX.sub("", bare))


def _month_exists(value: str) -> bool:
    """Whether the YYMM within an ID names a month; 0000.0000 and 2613.00001 do not."""
    yymm = value.rpartition("/")[2][:4]
    return "01" <= yymm[2:4] <= "12"


class AnnounceType(StrEnum):
    """How a paper stands in a day's announcement, best first."""

    NEW = "new"
    CROSS = "cross"
    REPLACE = "replace"
    REPLACE_CROSS = "replace-cross"

    @property
    def is_revision(self) -> bool:
        """Whether a later version of a known paper was announced."""
        return self in (AnnounceType.REPLACE, AnnounceType.REPLACE_CROSS)

    @property
    def is_cross_list(self) -> bool:
        """Whether the paper's primary category is another one."""
        return self in (AnnounceType.CROSS, AnnounceType.REPLACE_CROSS)

    @property
    def precedence(self) -> int:
        """0 for the type that wins when one paper stands in several feeds."""
        return list(AnnounceType).index(self)


@dataclass(frozen=True, slots=True)
class Paper:
    """One version of one paper, its text already readable (no LaTeX accents, no entities)."""

    arxiv_id: str  # without "v2": replacements share an ID
    version: int
    title: str
    abstract: str  # paragraphs are separated by "\n\n"
    authors: tuple[str, ...]
    categories: tuple[str, ...]  # primary category first
    submitted_at: datetime | None = None  # UTC, of version 1; the feed does not tell
    doi: str | None = None
    journal_ref: str | None = None
    comment: str | None = None
    license_url: str | None = None

    @property
    def primary_category(self) -> str:
        """The category the paper was submitted to."""
        return self.categories[0]

    @property
    def versioned_id(self) -> str:
        """The ID with its version: 2601.13824v1."""
        return f"{self.arxiv_id}v{self.version}"

    @property
    def abs_url(self) -> str:
        """The abstract page, which arXiv asks us to link to."""
        return f"{_ARXIV_SITE}/abs/{self.arxiv_id}"

    @property
    def pdf_url(self) -> str:
        """The PDF of this version."""
        return f"{_ARXIV_SITE}/pdf/{self.versioned_id}"

    @property
    def html_url(self) -> str:
        """The HTML of this version; not every paper has one."""
        return f"{_ARXIV_SITE}/html/{self.versioned_id}"


@dataclass(frozen=True, slots=True)
class Announcement:
    """A paper as it stood in the announcement of one day."""

    paper: Paper
    announce_type: AnnounceType
    announced_on: date  # arXiv's day, US Eastern
    sequence: int = 0  # order of arrival in our store; 0 where it was never stored

    def type_for(self, categories: tuple[str, ...]) -> AnnounceType:
        """The announce type as someone sees it who asked for `categories` only.

        A combined feed calls a paper `new` when its primary category is among *all* those
        asked for; to a narrower reader it is a cross-list.
        """
        if self.paper.primary_category in categories:
            return self.announce_type
        if self.announce_type is AnnounceType.NEW:
            return AnnounceType.CROSS
        if self.announce_type is AnnounceType.REPLACE:
            return AnnounceType.REPLACE_CROSS
        return self.announce_type


def merge(announcements: tuple[Announcement, ...]) -> tuple[Announcement, ...]:
    """One announcement per paper, in order of first appearance.

    A paper that is a cross-list in one feed and new in another is new; of two versions the
    later one stays.
    """
    best: dict[str, Announcement] = {}
    for announcement in announcements:
        known = best.get(announcement.paper.arxiv_id)
        if known is None or _beats(announcement, known):
            best[announcement.paper.arxiv_id] = announcement
    return tuple(best.values())


def _beats(one: Announcement, other: Announcement) -> bool:
    return (-one.paper.version, one.announce_type.precedence) < (
        -other.paper.version,
        other.announce_type.precedence,
    )
