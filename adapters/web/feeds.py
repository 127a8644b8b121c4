"""A digest as an RSS 2.0 feed, written by feedgen."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any

from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from bot.domain.calendar import EASTERN
from bot.domain.digest import Digest, DigestEntry
from bot.domain.inert import visible
from bot.domain.summary import Summary
from bot.services.publishing import ARXIV_DISCLAIMER, ARXIV_THANKS

_ARXIV_NAMESPACE = "http://arxiv.org/schemas/atom"  # arXiv's own feeds put announce_type there

_UNVERIFIED = " (not found in the paper)"
_TAG_START = re.compile(r"<(?=[A-Za-z/!?])")
_PARAGRAPHS = re.compile(r"\n\s*\n")


def digest_rss(
    digest: Digest,
    *,
    title: str,
    link: str,
    built_at: datetime,
    description: str = "The day's arXiv papers that matter, best first.",
    language: str = "en",
) -> bytes:
    """The digest as RSS 2.0 in UTF-8, best paper first; the same input gives the same bytes.

    `link` is the page that the feed belongs to. `built_at` must carry its zone. An item's GUID is
    arXiv's identifier with the version, its date the announcement's: midnight, US Eastern.
    """
    feed = FeedGenerator()
    feed.load_extension("dc", atom=False, rss=True)
    feed.register_extension("arxiv", _ArxivFeed, _ArxivEntry, atom=False, rss=True)
    feed.title(_plain(title))
    feed.link(href=link, rel="alternate")
    told = (description, digest.silence_reason, *digest.notices)
    feed.description(_plain(" ".join(filter(None, told))))
    feed.language(language)
    feed.copyright(f"{ARXIV_THANKS} {ARXIV_DISCLAIMER}")
    feed.generator("Papercourier")
    feed.lastBuildDate(built_at.astimezone(UTC))
    if digest.announced_on is not None:
        feed.pubDate(_announced_at(digest.announced_on))
    for entry in digest.entries:
        _add(feed, entry, announced_on=digest.announced_on)
    written: bytes = feed.rss_str(pretty=True)
    return written


def _add(feed: Any, entry: DigestEntry, *, announced_on: date | None) -> None:
    paper = entry.paper
    item = feed.add_entry(order="append")
    item.title(_plain(paper.title))
    item.link(href=paper.abs_url)
    item.guid(f"oai:arXiv.org:{paper.versioned_id}", permalink=False)
    item.description(visible("".join(_body(entry))))
    item.category([{"term": category} for category in paper.categories])
    item.dc.dc_creator([_plain(author) for author in paper.authors])
    item.arxiv.announce_type(entry.announce_type.value)
    if announced_on is not None:
        item.pubDate(_announced_at(announced_on))


def _announced_at(day: date) -> datetime:
    """Midnight of arXiv's day, as arXiv's own feeds date it, in UTC."""
    return datetime.combine(day, time(), tzinfo=EASTERN).astimezone(UTC)


def _body(entry: DigestEntry) -> Iterator[str]:
    """The description: HTML in which nothing from papers or models is markup."""
    for paragraph in _PARAGRAPHS.split(entry.paper.abstract):
        yield f"<p>{html.escape(paragraph.strip())}</p>"
    if entry.reasons:
        reasons = ", ".join(f"{reason.term} {reason.points:+.1f}" for reason in entry.reasons)
        yield f"<p>Score {round(entry.score, 2)}: {html.escape(reasons)}</p>"
    if entry.summary is not None:
        yield from _summary_body(entry.summary)


def _summary_body(summary: Summary) -> Iterator[str]:
    name = "Extract from the abstract" if summary.is_extract else f"Summary by {summary.model}"
    yield f"<h3>{html.escape(name)}</h3>"
    for section in summary.marked_sections(_UNVERIFIED):
        if section.heading:
            yield f"<h4>{html.escape(section.heading)}</h4>"
        yield f"<p>{'<br>'.join(html.escape(line) for line in section.text.splitlines())}</p>"
    if not summary.is_extract:
        made_from = (f"read: {summary.source_line()}", summary.numbers_line())
        yield f"<p>{html.escape(' · '.join(filter(None, (*summary.notices, *made_from))))}</p>"


def _plain(text: str) -> str:
    """Text for elements that RSS means as text but that some readers take for HTML.

    An invisible word joiner after "<" keeps it from opening a tag there. `visible` also takes
    what XML forbids.
    """
    return _TAG_START.sub("<\u2060", visible(text))


class _ArxivFeed(BaseExtension):  # type: ignore[misc]  # feedgen ships no types
    """Names arXiv's namespace."""

    def extend_ns(self) -> dict[str, str]:
        return {"arxiv": _ARXIV_NAMESPACE}


class _ArxivEntry(BaseEntryExtension):  # type: ignore[misc]  # feedgen ships no types
    """`arxiv:announce_type`, as arXiv's own feeds have it."""

    def __init__(self) -> None:
        self._announce_type = ""

    def announce_type(self, announce_type: str) -> None:
        self._announce_type = announce_type

    def extend_rss(self, entry: Any) -> Any:
        element = etree.SubElement(entry, f"{{{_ARXIV_NAMESPACE}}}announce_type")
        element.text = self._announce_type
        return entry
