"""Feeds of papers as JSON Feed 1.1 (jsonfeed.org/version/1.1)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from adapters.web.feeds import FeedHead, announced_at, item_html, item_id
from bot.domain.inert import visible
from bot.domain.published import FeedItem
from bot.services.publishing import ARXIV_DISCLAIMER, ARXIV_THANKS

VERSION = "https://jsonfeed.org/version/1.1"


def json_feed(head: FeedHead, items: Sequence[FeedItem]) -> bytes:
    """`items` in their order; what RSS has no place for stands under `_arxiv`."""
    document = {
        "version": VERSION,
        "title": visible(head.title),
        "home_page_url": head.link,
        **({"feed_url": head.self_link} if head.self_link else {}),
        "description": visible(f"{head.told} {ARXIV_THANKS} {ARXIV_DISCLAIMER}"),
        "language": head.language,
        "items": [dict(_item(item)) for item in items],
    }
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8", "replace")


def _item(item: FeedItem) -> Iterator[tuple[str, Any]]:
    entry, paper = item.entry, item.entry.paper
    yield "id", item_id(item)
    yield "url", paper.abs_url
    yield "title", visible(paper.title)
    yield "content_html", item_html(item)
    if item.announced_on is not None:
        yield "date_published", announced_at(item.announced_on).isoformat()
    yield "authors", [{"name": visible(author)} for author in paper.authors]
    yield "tags", list(paper.categories)
    yield (
        "_arxiv",
        {
            "about": "https://info.arxiv.org/help/rss.html",
            "id": paper.arxiv_id,
            "version": paper.version,
            "announce_type": entry.announce_type.value,
            "score": round(entry.score, 6),
        },
    )
