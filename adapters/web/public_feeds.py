"""Which feeds there are, and what each says of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from adapters.web.feeds import FeedHead, atom, rss
from adapters.web.json_feed import json_feed
from bot.domain.published import FeedItem, Publication
from bot.domain.subscriptions import Subscription

ARXIV_LISTS = "https://arxiv.org/list"  # the page of a feed that has no pages of its own

Writer = Callable[[FeedHead, Sequence[FeedItem]], bytes]
WRITERS: Mapping[str, Writer] = MappingProxyType({"rss": rss, "atom": atom, "json": json_feed})
MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "rss": "application/rss+xml; charset=utf-8",
        "atom": "application/atom+xml; charset=utf-8",
        "json": "application/feed+json; charset=utf-8",
    }
)


def public_feed(
    publication: Publication,
    kind: str,
    *,
    category: str | None = None,
    base_url: str | None,
    path: str,
) -> bytes:
    """The feed "rss", "atom" or "json" of everything, or of one category.

    `base_url` is where the pages are found, without a slash at its end, None where nobody knows;
    `path` is the feed's own place beneath it.
    """
    of = category or ", ".join(publication.categories)
    silence = publication.latest.silence_reason if publication.latest else ""
    head = FeedHead(
        title=f"{publication.title}: {of}",
        link=f"{base_url}/" if base_url else ARXIV_LISTS,
        built_at=publication.updated_at,
        self_link=f"{base_url}/{path}" if base_url else None,
        notices=(silence,) if silence else (),
    )
    return WRITERS[kind](head, publication.items(category))


@dataclass(frozen=True, slots=True)
class PrivateFeed:
    """What one subscription was sent, for whoever has its token."""

    subscription: Subscription
    token: str
    items: tuple[FeedItem, ...]  # newest first
    built_at: datetime


def private_feed(feed: PrivateFeed, kind: str, *, base_url: str | None) -> bytes:
    """A subscription's feed. Its own address stays out of it: feeds are passed on."""
    interests = feed.subscription.interests
    head = FeedHead(
        title=f"arXiv papers: {', '.join(interests.categories)}",
        link=f"{base_url}/" if base_url else ARXIV_LISTS,
        built_at=feed.built_at,
        description="What this subscription was sent, newest first.",
        language=feed.subscription.language,
    )
    return WRITERS[kind](head, feed.items)
