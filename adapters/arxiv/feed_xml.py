"""arXiv's announcement feeds, RSS and Atom, read into announcements. Pure: bytes in, domain out.

Source of the format: info.arxiv.org/help/rss and the public serializer arXiv/arxiv-feed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from lxml import etree

from adapters.arxiv.author_names import split_authors
from bot.domain.papers import Announcement, AnnounceType, ArxivId, Paper
from bot.domain.text import collapse, readable
from bot.errors import PermanentError, TransientError, UserError
from bot.ports import FeedReading

MAX_FEED_BYTES = 30_000_000  # a day of all of arXiv is about 6 MB

_US_EASTERN = ZoneInfo("America/New_York")
_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"
_DC = "{http://purl.org/dc/elements/1.1/}"

_DESCRIPTION = re.compile(
    r"\s*arXiv:(?P<id>\S+)\s+Announce Type:\s*(?P<type>[\w-]+)\s*(?:Abstract:(?P<abstract>.*))?",
    re.DOTALL,
)
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*|\n(?=[ \t]{2})")  # two spaces begin a paragraph
_ANNOUNCE_TYPES = {
    **{kind.value: kind for kind in AnnounceType},
    "absonly": AnnounceType.REPLACE,  # only the abstract was replaced
}


@dataclass(frozen=True, slots=True)
class _Dialect:
    """Where RSS and Atom keep the same things."""

    head: str | None  # element that holds the feed's own facts; None: the root itself
    item: str
    guid: str
    title: str
    description: str
    category: str
    own_days: tuple[str, ...]  # the feed's day, best first
    item_day: str


_RSS = _Dialect(
    head="channel",
    item="item",
    guid="guid",
    title="title",
    description="description",
    category="category",
    own_days=("pubDate", "lastBuildDate"),
    item_day="pubDate",
)
_ATOM_1_0 = _Dialect(
    head=None,
    item=f"{_ATOM}entry",
    guid=f"{_ATOM}id",
    title=f"{_ATOM}title",
    description=f"{_ATOM}summary",
    category=f"{_ATOM}category",
    own_days=(f"{_ATOM}updated",),
    item_day=f"{_ATOM}published",
)


def parse_feed(data: bytes) -> FeedReading:
    """Read one feed of rss.arxiv.org.

    Items that cannot be read are named in `left_out`; the others are kept, in the feed's order.
    Raises TransientError when the feed is cut off in the middle, and PermanentError with code
    "bad_query" (arXiv refused the categories), "not_a_feed", "too_large" or "unsafe_xml".
    """
    root = _parse_xml(data)
    dialect = _dialect(root)
    head = root if dialect.head is None else root.find(dialect.head)
    if head is None:
        raise PermanentError("The feed has no channel: this is no arXiv feed.", code="not_a_feed")
    _refuse_error_feed(head, dialect)
    own_day = _own_day(head, dialect)
    announcements: list[Announcement] = []
    left_out: list[str] = []
    for number, element in enumerate(head.iterchildren(dialect.item), start=1):
        item = _item(element, dialect)
        try:
            announcements.append(_announcement(item, own_day))
        except _UnreadableItemError as error:
            left_out.append(_complaint(number, item, error))
    return FeedReading(
        announcements=tuple(announcements), announced_on=own_day, left_out=tuple(left_out)
    )


# --- XML -----------------------------------------------------------------------------------


def _parse_xml(data: bytes) -> etree._Element:
    if len(data) > MAX_FEED_BYTES:
        raise PermanentError(
            f"The feed is larger than {MAX_FEED_BYTES // 1_000_000} MB and was not read: "
            "ask for fewer categories at once.",
            code="too_large",
        )
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise _why_not_xml(data, error) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise _not_a_feed(data) if _looks_like_html(data) else _unsafe()
    return root


def _why_not_xml(data: bytes, error: Exception) -> PermanentError | TransientError:
    if b"<!DOCTYPE" in data[:5000] or b"<!ENTITY" in data[:5000]:
        return _not_a_feed(data) if _looks_like_html(data) else _unsafe()
    begins = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:5000]
    is_feed = b"<rss" in begins or b"<feed" in begins
    ends = data.rstrip()[-7:]
    if is_feed and not (ends.endswith((b"</rss>", b"</feed>"))):
        return TransientError("arXiv's feed was cut in the middle: it will be read again.")
    if is_feed:
        return PermanentError(
            f"arXiv's feed is broken XML and could not be read ({_one_line(error)}).",
            code="not_a_feed",
        )
    return _not_a_feed(data)


def _looks_like_html(data: bytes) -> bool:
    return b"<html" in data[:5000].lower() or b"<!doctype html" in data[:200].lower()


def _not_a_feed(data: bytes) -> PermanentError:
    found = "a web page" if _looks_like_html(data) else "something else"
    if not data.strip():
        found = "nothing at all"
    return PermanentError(
        f"Expected an arXiv feed (RSS or Atom) and got {found}: check the address.",
        code="not_a_feed",
    )


def _unsafe() -> PermanentError:
    return PermanentError(
        "The feed declares a document type or entities, which arXiv's feeds never do: refused.",
        code="unsafe_xml",
    )


def _one_line(error: Exception) -> str:
    return collapse(readable(str(error)))[:120]


def _dialect(root: etree._Element) -> _Dialect:
    if root.tag == "rss":
        return _RSS
    if root.tag == f"{_ATOM}feed":
        return _ATOM_1_0
    raise PermanentError(
        "This is XML but neither an RSS nor an Atom feed: check the address.", code="not_a_feed"
    )


def _refuse_error_feed(head: etree._Element, dialect: _Dialect) -> None:
    """An HTTP 400 of the feeds carries a feed titled so; the API's has an entry "Error"."""
    if _text(head, dialect.title).startswith("Feed error for query"):
        detail = _text(head, "description") or _text(head, f"{_ATOM}subtitle")
        raise _bad_query(detail)
    for item in head.iterchildren(dialect.item):
        if "/api/errors#" in _text(item, dialect.guid):
            raise _bad_query(_text(item, dialect.description))


def _bad_query(detail: str) -> PermanentError:
    said = collapse(readable(detail)).rstrip(".")[:200] or "it gave no reason"
    return PermanentError(
        f"arXiv refused the request: {said}. Check the categories asked for.", code="bad_query"
    )


def _text(parent: etree._Element, tag: str) -> str:
    return parent.findtext(tag) or ""


# --- days ----------------------------------------------------------------------------------


def _own_day(head: etree._Element, dialect: _Dialect) -> date | None:
    days = (_eastern_day(_text(head, tag)) for tag in dialect.own_days)
    return next((day for day in days if day), None)


def _eastern_day(stamp: str) -> date | None:
    """The US-Eastern day of an RFC 822 or ISO 8601 time; None when it is neither."""
    stamp = stamp.strip()
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(stamp)
            return (moment.astimezone(_US_EASTERN) if moment.tzinfo else moment).date()
        except (ValueError, OverflowError, TypeError, IndexError):
            continue
    return None


# --- items ---------------------------------------------------------------------------------


class _UnreadableItemError(Exception):
    """One item lacks something no paper can be without; says what."""


@dataclass(frozen=True, slots=True)
class _Item:
    """One item's texts as they stand in the feed; "" where there is none."""

    guid: str
    title: str
    link: str
    description: str
    categories: tuple[str, ...]
    day: str
    announce_type: str
    creator: str
    rights: str
    doi: str
    journal_ref: str
    described: re.Match[str] | None  # the description's parts; None when it is in no known form


def _item(element: etree._Element, dialect: _Dialect) -> _Item:
    """Read all children in one pass: looking each up by name takes three times as long."""
    texts: dict[str, str] = {}
    categories: list[str] = []
    for child in element:
        if child.tag == dialect.category:
            categories.append(child.text or child.get("term") or "")
        else:
            texts.setdefault(child.tag, child.text or "")
    description = texts.get(dialect.description, "")
    return _Item(
        guid=texts.get(dialect.guid, ""),
        title=texts.get(dialect.title, ""),
        link=texts.get("link", ""),
        description=description,
        categories=tuple(categories),
        day=texts.get(dialect.item_day, ""),
        announce_type=texts.get(f"{_ARXIV}announce_type", ""),
        creator=texts.get(f"{_DC}creator", ""),
        rights=texts.get(f"{_DC}rights", ""),
        doi=texts.get(f"{_ARXIV}DOI", ""),
        journal_ref=texts.get(f"{_ARXIV}journal_reference", ""),
        described=_DESCRIPTION.fullmatch(description),
    )


def _announcement(item: _Item, own_day: date | None) -> Announcement:
    announced_on = own_day or _eastern_day(item.day)
    if announced_on is None:
        raise _UnreadableItemError("neither it nor the feed has a date")
    return Announcement(_paper(item), _announce_type(item), announced_on)


def _paper(item: _Item) -> Paper:
    arxiv_id = _arxiv_id(item)
    title = collapse(readable(item.title))
    if not title:
        raise _UnreadableItemError("it has no title")
    categories = tuple(dict.fromkeys(code for name in item.categories if (code := name.strip())))
    if not categories:
        raise _UnreadableItemError("it has no category")
    return Paper(
        arxiv_id=arxiv_id.value,
        version=arxiv_id.version or 1,
        title=title,
        abstract=_abstract(item),
        authors=split_authors(item.creator),
        categories=categories,
        doi=collapse(readable(item.doi)) or None,
        journal_ref=collapse(readable(item.journal_ref)) or None,
        license_url=collapse(item.rights) or None,
    )


def _arxiv_id(item: _Item) -> ArxivId:
    """The ID with its version: from the guid, else from the description, else from the link."""
    unversioned: ArxivId | None = None
    for text in (item.guid, item.described["id"] if item.described else "", item.link):
        found = _read_id(text)
        if found and found.version is not None:
            return found
        unversioned = unversioned or found
    if unversioned is None:
        raise _UnreadableItemError("it has no arXiv ID")
    return unversioned


def _read_id(text: str) -> ArxivId | None:
    try:
        return ArxivId.parse(text)
    except UserError:
        return None


def _announce_type(item: _Item) -> AnnounceType:
    said = item.announce_type.strip() or (item.described["type"] if item.described else "")
    kind = _ANNOUNCE_TYPES.get(said.lower())
    if kind is None:
        shown = collapse(readable(said))[:30]
        raise _UnreadableItemError(
            f"its announce type “{shown}” is not known" if said else "it has no announce type"
        )
    return kind


def _abstract(item: _Item) -> str:
    raw = (item.described["abstract"] or "") if item.described else item.description
    paragraphs = (collapse(part) for part in _PARAGRAPH.split(readable(raw)))
    return "\n\n".join(part for part in paragraphs if part)


def _complaint(number: int, item: _Item, error: _UnreadableItemError) -> str:
    name = collapse(readable(item.guid or item.title))[:80] or "without a name"
    return f"Item {number} of the feed ({name}) was left out: {error}."
