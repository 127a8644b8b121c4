"""One state of the publication and the bodies made of it so far, each once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from adapters.web.bodies import Body, body
from adapters.web.links import Links
from adapters.web.public_feeds import MEDIA_TYPES, public_feed
from adapters.web.site import ASSETS, SEARCH_INDEX, Site, asset
from bot.domain.published import FeedItem, Publication, PublishedDay
from bot.services.worker import Worker

_HTML = "text/html; charset=utf-8"
_SCRIPT = "text/javascript; charset=utf-8"
_MOST_KEPT = 2_000


class Edition:
    """Bodies by address. They are made beside the event loop, one at a time.

    Of many who ask for one at once the first has it made, and the others wait for that.
    """

    def __init__(self, publication: Publication, *, base_url: str | None, worker: Worker) -> None:
        self.publication = publication
        self._base_url = base_url
        self._worker = worker
        self._site = Site(publication, is_static=False)
        self._links = Links("", is_static=False)
        self._made: dict[str, asyncio.Future[Body]] = {}

    async def index(self) -> Body:
        """The first page."""
        return await self._page("", self._site.index)

    async def search(self) -> Body:
        """The search."""
        return await self._page("search", self._site.search)

    async def trends(self) -> Body:
        """The trends."""
        return await self._page("trends", self._site.trends)

    async def day(self, day: PublishedDay) -> Body:
        """A day."""
        return await self._page(f"days/{day.on}", lambda: self._site.day(day))

    async def paper(self, item: FeedItem) -> Body:
        """A paper."""
        return await self._page(
            f"papers/{item.entry.paper.arxiv_id}", lambda: self._site.paper(item)
        )

    async def asset(self, name: str) -> Body | None:
        """A style sheet or script; None for a name there is none of."""
        if name == SEARCH_INDEX:
            return await self._body(f"assets/{name}", _SCRIPT, self._site.search_index)
        if name not in ASSETS:
            return None
        return await self._body(f"assets/{name}", ASSETS[name], lambda: asset(name))

    async def feed(self, kind: str, category: str | None = None) -> Body:
        """The feed of kind "rss", "atom" or "json"."""
        path = self._links.feed(kind, category)
        return await self._body(
            path,
            MEDIA_TYPES[kind],
            lambda: public_feed(
                self.publication, kind, category=category, base_url=self._base_url, path=path
            ),
        )

    def not_found(self, sentence: str, *, root: str) -> str:
        """The page for an address with nothing behind it."""
        return self._site.not_found(sentence, root=root)

    async def _page(self, path: str, make: Callable[[], str]) -> Body:
        return await self._body(path, _HTML, make)

    async def _body(self, path: str, media_type: str, make: Callable[[], str | bytes]) -> Body:
        if path not in self._made:
            if len(self._made) >= _MOST_KEPT:
                self._made.clear()
            task = asyncio.ensure_future(self._make(media_type, make))
            task.add_done_callback(lambda done: self._forget_failed(path, done))
            self._made[path] = task
        # Whoever goes away does not take the body from the others.
        return await asyncio.shield(self._made[path])

    def _forget_failed(self, path: str, done: asyncio.Future[Body]) -> None:
        if done.cancelled() or done.exception() is not None:
            self._made.pop(path, None)  # the next one tries again

    async def _make(self, media_type: str, make: Callable[[], str | bytes]) -> Body:
        changed_at = self.publication.updated_at
        return await self._worker.do(lambda: body(make(), media_type, changed_at=changed_at))
