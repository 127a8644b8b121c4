"""A publication as a folder of files, for any host of static pages, or none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.web.day_files import write_file
from adapters.web.links import FEED_KINDS, Links, paper_slug
from adapters.web.public_feeds import WRITERS, PrivateFeed, private_feed, public_feed
from adapters.web.site import ASSETS, SEARCH_INDEX, Site, asset
from bot.domain.published import Publication
from bot.services.publishing import digest_markdown

ARCHIVE = "archive"  # the folder's memory: one document a day
PRIVATE = "feeds"


@dataclass(frozen=True, slots=True)
class Written:
    """How many files were written, and how many stood there already."""

    changed: int
    unchanged: int


def write_folder(
    folder: Path,
    publication: Publication,
    *,
    base_url: str | None = None,
    private: Sequence[PrivateFeed] = (),
) -> Written:
    """Write README.md, feeds and pages; files that would not change are left alone.

    Each file appears whole or not at all. Pages come before what links to them. Feeds of links
    that were ended go. Raises UserError where the folder cannot be written.
    """
    kept = {f"{feed.token}.{ending}" for feed in private for ending in _PRIVATE_ENDINGS.values()}
    if (folder / PRIVATE).is_dir():
        for stale in (folder / PRIVATE).iterdir():
            if stale.is_file() and stale.name not in kept:
                stale.unlink()
    changed = unchanged = 0
    for path, content in _files(publication, base_url, private):
        if write_file(folder / path, content):
            changed += 1
        else:
            unchanged += 1
    return Written(changed, unchanged)


_PRIVATE_ENDINGS = {"rss": "xml", "atom": "atom", "json": "json"}


def _files(
    publication: Publication, base_url: str | None, private: Sequence[PrivateFeed]
) -> Iterator[tuple[str, bytes]]:
    site = Site(publication, is_static=True)
    for name in ASSETS:
        yield f"assets/{name}", asset(name)
    yield ".nojekyll", b""  # GitHub Pages would build the folder anew otherwise
    for item in publication.papers():
        yield f"papers/{paper_slug(item.entry.paper.arxiv_id)}.html", site.paper(item).encode()
    for day in publication.days:
        yield f"days/{day.on}.html", site.day(day).encode()
    yield f"assets/{SEARCH_INDEX}", site.search_index().encode()
    yield "search.html", site.search().encode()
    yield "trends.html", site.trends().encode()
    links = Links()
    for kind in FEED_KINDS:
        for category in (None, *publication.categories):
            path = links.feed(kind, category)
            yield (
                path,
                public_feed(publication, kind, category=category, base_url=base_url, path=path),
            )
    for feed in private:
        for kind in WRITERS:
            path = f"{PRIVATE}/{feed.token}.{_PRIVATE_ENDINGS[kind]}"
            yield path, private_feed(feed, kind, base_url=base_url)
    yield "index.html", site.index().encode()
    if publication.latest is not None:
        yield "README.md", readme(publication).encode()


def readme(publication: Publication) -> str:
    """The page that code hosts show first, in the seed's layout; an empty day says why."""
    if publication.latest is None:
        raise ValueError("there is nothing to publish")
    return digest_markdown(
        publication.latest,
        interests=publication.interests,
        updated_at=publication.updated_at,
        schedule=publication.schedule,
        title=publication.title,
    )
