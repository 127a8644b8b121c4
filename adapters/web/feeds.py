"""RSS 2.0 and Atom feeds of papers, written by feedgen."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from bot.domain.calendar import EASTERN
from bot.domain.digest import Digest, DigestEntry
from bot.domain.inert import visible
from bot.domain.published import FeedItem
from bot.domain.summary import Summary
from bot.services.publishing import ARXIV_DISCLAIMER, ARXIV_THANKS

_ARXIV_NAMESPACE = "http://arxiv.org/schemas/atom"  # arXiv's own feeds put announce_type there

_UNVERIFIED = " (not found in the paper)"
_TAG_START = re.compile(r"<(?=[A-Za-z/!?])")
_PARAGRAPHS = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class FeedHead:
    """What a feed says of itself. `built_at` must carry its zone."""

    title: str
    link: str  # the page that the feed belongs to
    built_at: datetime  # of the last change
    description: str = "The day's arXiv papers that matter, best first."
    language: str = "en"
    self_link: str | None = None  # where the feed itself is found, where that is known
    notices: tuple[str, ...] = ()  # sentences for the reader, such as why there is nothing today

    @property
    def feed_id(self) -> str:
        """A stable identifier: it changes with the feed's address, else with its title."""
        return f"urn:uuid:{uuid5(NAMESPACE_URL, self.self_link or f'papercourier:{self.title}')}"

    @property
    def told(self) -> str:
        """The description with what there is to say today."""
        return " ".join(filter(None, (self.description, *self.notices)))


def digest_rss(digest: Digest, *, title: str, link: str, built_at: datetime) -> bytes:
    """One digest as RSS 2.0."""
    head = FeedHead(
        title=title,
        link=link,
        built_at=built_at,
        notices=tuple(filter(None, (digest.silence_reason, *digest.notices))),
    )
    return rss(head, [FeedItem(entry, digest.announced_on) for entry in digest.entries])


def rss(head: FeedHead, items: Sequence[FeedItem]) -> bytes:
    """`items` as RSS 2.0 in UTF-8, in their order; the same input gives the same bytes.

    An item's GUID is arXiv's identifier with the version, its date the announcement's: midnight,
    US Eastern.
    """
    feed = _generator(head)
    if head.self_link:
        # The last link is the channel's own.
        feed.link(
            [
                {"href": head.self_link, "rel": "self", "type": "application/rss+xml"},
                {"href": head.link, "rel": "alternate"},
            ],
            replace=True,
        )
    feed.description(_plain(head.told))
    feed.copyright(f"{ARXIV_THANKS} {ARXIV_DISCLAIMER}")
    feed.generator("Papercourier")
    feed.lastBuildDate(head.built_at.astimezone(UTC))
    days = [item.announced_on for item in items if item.announced_on is not None]
    if days:
        feed.pubDate(announced_at(max(days)))
    for item in items:
        _add(feed, item)
    written: bytes = feed.rss_str(pretty=True)
    return written


def atom(head: FeedHead, items: Sequence[FeedItem]) -> bytes:
    """`items` as Atom 1.0 in UTF-8, in their order; identifiers and dates as in `rss`."""
    feed = _generator(head)
    feed.id(head.feed_id)
    links = [{"href": head.link, "rel": "alternate"}]
    if head.self_link:
        links.append({"href": head.self_link, "rel": "self", "type": "application/atom+xml"})
    feed.link(links, replace=True)
    feed.subtitle(_plain(head.told))
    feed.author({"name": "Papercourier"})
    feed.rights(f"{ARXIV_THANKS} {ARXIV_DISCLAIMER}")
    feed.generator("Papercourier")
    feed.updated(head.built_at.astimezone(UTC))
    for item in items:
        _add(feed, item).updated(_dated(item, head))
    written: bytes = feed.atom_str(pretty=True)
    return written


def _generator(head: FeedHead) -> Any:
    feed = FeedGenerator()
    feed.load_extension("dc", atom=False, rss=True)
    feed.register_extension("arxiv", _ArxivFeed, _ArxivEntry, atom=True, rss=True)
    feed.title(_plain(head.title))
    feed.link(href=head.link, rel="alternate")
    feed.language(head.language)
    return feed


def _add(feed: Any, item: FeedItem) -> Any:
    paper = item.entry.paper
    entry = feed.add_entry(order="append")
    entry.title(_plain(paper.title))
    entry.link(href=paper.abs_url)
    entry.id(item_id(item))
    entry.guid(item_id(item), permalink=False)
    entry.content(item_html(item), type="html")
    entry.category([{"term": category} for category in paper.categories])
    authors = [_plain(author) for author in paper.authors] or ["unknown"]
    entry.dc.dc_creator(authors)
    entry.author([{"name": author} for author in authors])
    entry.arxiv.announce_type(item.entry.announce_type.value)
    if item.announced_on is not None:
        entry.pubDate(announced_at(item.announced_on))
    return entry


def item_id(item: FeedItem) -> str:
    """The identifier that arXiv itself gives this version of the paper."""
    return f"oai:arXiv.org:{item.entry.paper.versioned_id}"


def item_html(item: FeedItem) -> str:
    """Abstract, reasons and summary as HTML in which nothing from papers or models is markup."""
    return visible("".join(_body(item.entry)))


def _dated(item: FeedItem, head: FeedHead) -> datetime:
    return announced_at(item.announced_on) if item.announced_on else head.built_at.astimezone(UTC)


def announced_at(day: date) -> datetime:
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
        return self._extend(entry)

    def extend_atom(self, entry: Any) -> Any:
        return self._extend(entry)

    def _extend(self, entry: Any) -> Any:
        element = etree.SubElement(entry, f"{{{_ARXIV_NAMESPACE}}}announce_type")
        element.text = self._announce_type
        return entry
