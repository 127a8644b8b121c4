"""arXiv's announcement feeds over HTTP.

Source: info.arxiv.org/help/rss. One combined request for all categories, and more only where
arXiv would cut it: then the papers of the parts are merged as the combined feed would have them.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from adapters.arxiv.feed_xml import MAX_FEED_BYTES, parse_feed
from adapters.arxiv.fetching import TIMEOUTS, Answer, Fetcher, Timeouts
from adapters.arxiv.http_errors import Refusals, status_error, with_retries
from bot.domain.papers import merge
from bot.errors import PermanentError, TransientError
from bot.ports import Clock, FeedReading, Pace

FEED_URL = "https://rss.arxiv.org"
MAX_URL_CHARACTERS = 1800  # what every proxy on the way still takes
MAX_ITEMS = 2000  # arXiv leaves out the rest without a word

_WHAT = "arXiv's feed"
_NOT_MODIFIED, _BAD_REQUEST = 304, 400

log = logging.getLogger(__name__)

Group = tuple[str, ...]  # categories asked for in one request


@dataclass(frozen=True, slots=True)
class _Part:
    """What one request brought."""

    group: Group
    reading: FeedReading


class HttpFeed:
    """A `FeedSource` on rss.arxiv.org, or on `base_url` where a mirror or a test stands."""

    def __init__(
        self,
        *,
        pace: Pace,
        clock: Clock,
        user_agent: str,
        base_url: str = FEED_URL,
        refusals: Refusals | None = None,
        timeouts: Timeouts = TIMEOUTS,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._folder = _feed_folder(base_url)
        self._clock = clock
        self._jitter = jitter
        self._fetcher = Fetcher(
            pace=pace,
            clock=clock,
            user_agent=user_agent,
            refusals=refusals,
            timeouts=timeouts,
        )

    async def read(self, categories: Sequence[str], *, etag: str | None = None) -> FeedReading:
        """The latest announcement of all `categories`, one entry per paper.

        `etag` is that of an earlier reading; where several requests were needed it stands for
        all of them, and only when every part is unchanged is the whole. Three attempts each.
        Raises TransientError (throttled, failing, cut, silent, no feed, unreachable) and
        PermanentError (codes forbidden, bad_query, redirected, too_large, unsafe_xml, ...).
        """
        wanted = tuple(dict.fromkeys(categories))
        if not wanted:
            return FeedReading((), announced_on=None)
        known = _known_etags(etag, wanted)
        parts: list[_Part] = []
        unchanged: list[Group] = []
        for group in tuple(known) or self._by_length(wanted):
            condition = known.get(group) if not parts else None
            found = await self._parts(group, etag=condition)
            parts += found
            if not found:
                unchanged.append(group)
        if not parts:
            return FeedReading((), announced_on=None, etag=etag, unchanged=True)
        # A reading is whole: what did not change is wanted too when something else did.
        for group in unchanged:
            parts += await self._parts(group)
        return _joined(sorted(parts, key=lambda part: wanted.index(part.group[0])))

    def _by_length(self, wanted: Group) -> tuple[Group, ...]:
        """`wanted` in as few groups as short URLs allow."""
        if len(wanted) == 1 or len(self._url(wanted)) <= MAX_URL_CHARACTERS:
            return (wanted,)
        first, second = _halves(wanted)
        return (*self._by_length(first), *self._by_length(second))

    async def _parts(self, group: Group, *, etag: str | None = None) -> list[_Part]:
        """The feed of `group`, in halves where arXiv cut it; nothing when it did not change."""
        part = await with_retries(
            lambda: self._part(group, etag), clock=self._clock, jitter=self._jitter
        )
        if part is None:
            return []
        items = len(part.reading.announcements) + len(part.reading.left_out)
        if items < MAX_ITEMS:
            return [part]
        log.warning("feed.full", extra={"categories": group, "items": items})
        if len(group) == 1:
            return [_Part(group, _said_to_be_cut(part.reading, group[0]))]
        return [half for part_group in _halves(group) for half in await self._parts(part_group)]

    async def _part(self, group: Group, etag: str | None) -> _Part | None:
        """One request, tried once; None when nothing changed since `etag`."""
        answer = await self._fetcher.get(
            self._url(group),
            what=_WHAT,
            max_bytes=MAX_FEED_BYTES,
            etag=etag,
            also=frozenset({_BAD_REQUEST}),
        )
        if answer.status == _NOT_MODIFIED and etag is not None:
            return None
        # Megabytes of XML take longer than the event loop may stand still.
        reading = await asyncio.to_thread(_parsed, answer)
        log.info(
            "feed.read",
            extra={"categories": group, "items": len(reading.announcements)},
        )
        return _Part(group, replace(reading, etag=answer.etag))

    def _url(self, group: Group) -> str:
        return f"{self._folder}/{'+'.join(quote(category, safe='') for category in group)}"


def _feed_folder(base_url: str) -> str:
    """Where the feeds lie: below /rss unless `base_url` names /rss or /atom itself."""
    base = base_url.rstrip("/")
    return base if base.endswith(("/rss", "/atom")) else f"{base}/rss"


def _parsed(answer: Answer) -> FeedReading:
    """The feed in `answer`. What is no feed may be one at the next attempt."""
    try:
        reading = parse_feed(answer.body)
    except PermanentError as error:
        if error.code != "not_a_feed":
            raise
        if answer.status == _BAD_REQUEST:
            raise status_error(answer.status, what=_WHAT) from error
        raise TransientError(
            f"{_WHAT} answered with something that is no feed: check its address if this goes on."
        ) from error
    if answer.status == _BAD_REQUEST:
        raise status_error(answer.status, what=_WHAT)
    return reading


def _said_to_be_cut(reading: FeedReading, category: str) -> FeedReading:
    complaint = (
        f"arXiv's feed of {category} ends after {MAX_ITEMS:,} items: papers of that day may be "
        "missing."
    )
    return replace(reading, left_out=(*reading.left_out, complaint))


def _halves(group: Group) -> tuple[Group, Group]:
    middle = len(group) // 2
    return group[:middle], group[middle:]


def _joined(parts: Sequence[_Part]) -> FeedReading:
    """One reading of several.

    A paper is a cross-list to the part that lacks its primary category and new to the part that
    has it; `merge` keeps "new", which is what the combined feed says.
    """
    readings = [part.reading for part in parts]
    return FeedReading(
        announcements=merge(tuple(a for reading in readings for a in reading.announcements)),
        announced_on=max((r.announced_on for r in readings if r.announced_on), default=None),
        etag=_common_etag(parts) if len(parts) > 1 else readings[0].etag,
        left_out=tuple(dict.fromkeys(line for reading in readings for line in reading.left_out)),
    )


def _common_etag(parts: Sequence[_Part]) -> str | None:
    """The parts' ETags as one opaque text; None unless each has one."""
    etags = {"+".join(part.group): part.reading.etag for part in parts}
    return json.dumps(etags) if all(etags.values()) else None


def _known_etags(etag: str | None, wanted: Group) -> dict[Group, str]:
    """The ETag of each group asked for last time; nothing when others were wanted then."""
    if etag is None:
        return {}
    if not etag.startswith("{"):
        return {wanted: etag}
    try:
        stored = json.loads(etag)
    except ValueError:
        return {}
    known = {tuple(str(group).split("+")): str(tag) for group, tag in stored.items()}
    asked = [category for group in known for category in group]
    return known if sorted(asked) == sorted(wanted) else {}
