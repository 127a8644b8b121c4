"""Pages and feeds over HTTP: the same as in a published folder, always as of now."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import date
from itertools import chain, repeat
from typing import Any

from aiohttp import web

from adapters.web.bodies import Body, answer, body, refusal
from adapters.web.edition import Edition
from adapters.web.links import paper_slug
from adapters.web.public_feeds import MEDIA_TYPES, PrivateFeed, private_feed
from bot.domain.papers import ArxivId
from bot.domain.published import Publication
from bot.errors import PapercourierError, UserError
from bot.services.worker import Worker

log = logging.getLogger(__name__)

LOOK_SECONDS = 60.0  # between two looks for something new
PRIVATE_SECONDS = 5.0  # a token that was looked up is not looked up again
_WAIT_SECONDS = 20.0  # for the first edition; then 503
_PRIVATE_KINDS = {"xml": "rss", "atom": "atom", "json": "json"}
_PRIVATE_KEPT = 500
_LOOKS_AT_ONCE = 500
_HTML = "text/html; charset=utf-8"

Publish = Callable[[], Awaitable[Publication]]
FindPrivate = Callable[[str], Awaitable[PrivateFeed | None]]


class Pages:
    """Answers for pages and feeds from the latest edition, which `kept` renews.

    `publish` puts the publication together; `find_private` gives the feed of a token, or None;
    `about` is what /config tells.
    """

    def __init__(
        self,
        *,
        publish: Publish,
        find_private: FindPrivate,
        about: Mapping[str, Any],
        base_url: str | None,
        worker: Worker,
        look_seconds: float = LOOK_SECONDS,
        private_seconds: float = PRIVATE_SECONDS,
    ) -> None:
        self._publish = publish
        self._find_private = find_private
        self._about = about
        self._base_url = base_url
        self._worker = worker
        self._look_seconds = look_seconds
        self._private_seconds = private_seconds
        self._edition: Edition | None = None
        self._is_there = asyncio.Event()
        self._looking: dict[str, asyncio.Future[PrivateFeed | None]] = {}
        self._private: dict[tuple[str, str], tuple[PrivateFeed, Body]] = {}

    def routes(self) -> list[web.RouteDef]:
        """For `WebServer.add_routes`."""
        return [
            web.get("/", self._index),
            web.get("/search", self._search),
            web.get("/trends", self._trends),
            web.get(r"/days/{day:\d{4}-\d\d-\d\d}", self._day),
            web.get("/papers/{paper:.+}", self._paper),
            web.get("/assets/{name}", self._asset),
            web.get("/feed.json", self._feed),
            web.get("/{kind:rss|atom}", self._feed),
            web.get("/{kind:rss|atom|json}/{category}", self._feed),
            web.get(r"/feeds/{token:[\w-]+}.{ending:xml|atom|json}", self._private_feed),
            web.get("/config", self._config),
        ]

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Renew the edition while the block lasts."""
        task = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def renew(self) -> None:
        """Take up what is new; nothing changes where nothing is."""
        publication = await self._publish()
        if self._edition is None or publication != self._edition.publication:
            self._edition = Edition(publication, base_url=self._base_url, worker=self._worker)
            self._is_there.set()
            log.info("pages.renewed", extra={"days": len(publication.days)})

    async def _keep(self) -> None:
        # The first edition is a quick one, so the second look comes at once.
        for seconds in chain([0.0], repeat(self._look_seconds)):
            try:
                await self.renew()
            except PapercourierError as error:
                log.warning("pages.not_renewed", extra={"reason": str(error)})
            except Exception:  # the pages that are there stay up, whatever broke
                log.exception("pages.not_renewed")
            await asyncio.sleep(seconds)

    async def _latest(self) -> Edition:
        if self._edition is None:
            try:
                async with asyncio.timeout(_WAIT_SECONDS):
                    await self._is_there.wait()
            except TimeoutError as error:
                raise web.HTTPServiceUnavailable(
                    text="The pages are not ready yet: try again in a minute.",
                    headers={"Retry-After": "60", "Cache-Control": "no-store"},
                ) from error
        if self._edition is None:
            raise web.HTTPServiceUnavailable
        return self._edition

    async def _index(self, request: web.Request) -> web.Response:
        return answer(request, await (await self._latest()).index())

    async def _search(self, request: web.Request) -> web.Response:
        return answer(request, await (await self._latest()).search())

    async def _trends(self, request: web.Request) -> web.Response:
        return answer(request, await (await self._latest()).trends())

    async def _day(self, request: web.Request) -> web.Response:
        edition = await self._latest()
        written = request.match_info["day"]
        try:
            day = edition.publication.day(date.fromisoformat(written))
        except ValueError:
            day = None
        if day is None:
            return _missing(edition, f"There is no page for {written}.", root="../")
        return answer(request, await edition.day(day))

    async def _paper(self, request: web.Request) -> web.Response:
        edition = await self._latest()
        asked = request.match_info["paper"]
        root = "../" * (asked.count("/") + 1)
        try:
            arxiv_id = ArxivId.parse(asked.replace("_", "/"))
        except UserError as error:
            return _missing(edition, str(error), root=root)
        if "/" in asked:  # an old ID as arXiv writes it; our addresses have no folder there
            where = "../" * asked.count("/") + paper_slug(arxiv_id.value)
            raise web.HTTPMovedPermanently(where)
        item = edition.publication.paper(arxiv_id.value)
        if item is None:
            return _missing(
                edition, f"{arxiv_id.value} is not among the papers published here.", root=root
            )
        return answer(request, await edition.paper(item))

    async def _asset(self, request: web.Request) -> web.Response:
        found = await (await self._latest()).asset(request.match_info["name"])
        return refusal(404, "There is no such file.") if found is None else answer(request, found)

    async def _feed(self, request: web.Request) -> web.Response:
        edition = await self._latest()
        kind = request.match_info.get("kind", "json")
        category = request.match_info.get("category")
        if category is not None and category not in edition.publication.categories:
            listed = ", ".join(edition.publication.categories)
            return refusal(404, f"There is no feed of that category: there is {listed}.")
        return answer(request, await edition.feed(kind, category))

    async def _private_feed(self, request: web.Request) -> web.Response:
        kind = _PRIVATE_KINDS[request.match_info["ending"]]
        token = request.match_info["token"]
        feed = await self._looked_up(token)
        if feed is None:
            self._private.pop((token, kind), None)
            return refusal(404, "This address opens no feed: it may have been ended.")
        known = self._private.get((token, kind))
        if known is None or known[0] != feed:
            written = await self._worker.do(private_feed, feed, kind, base_url=self._base_url)
            made = body(written, MEDIA_TYPES[kind], changed_at=feed.built_at, is_private=True)
            if len(self._private) >= _PRIVATE_KEPT:
                self._private.clear()
            known = self._private[token, kind] = (feed, made)
        return answer(request, known[1])

    async def _looked_up(self, token: str) -> PrivateFeed | None:
        """The token's feed; of many who ask within moments, one looks for all.

        So an ended link ends within `private_seconds`.
        """
        if token not in self._looking:
            if len(self._looking) >= _LOOKS_AT_ONCE:
                return await self._find_private(token)
            task = asyncio.ensure_future(self._find_private(token))
            task.add_done_callback(lambda _: self._forget_later(token))
            self._looking[token] = task
        return await asyncio.shield(self._looking[token])

    def _forget_later(self, token: str) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(self._private_seconds, self._looking.pop, token, None)

    async def _config(self, request: web.Request) -> web.Response:
        del request
        return web.json_response(self._about, headers={"Cache-Control": "no-store"})


def _missing(edition: Edition, sentence: str, *, root: str) -> web.Response:
    return refusal(404, edition.not_found(sentence, root=root), _HTML)
