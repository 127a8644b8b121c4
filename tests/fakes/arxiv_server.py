"""arXiv on loopback: feeds, API and papers, with faults on demand and a record of every call."""

import asyncio
import hashlib
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.domain.papers import ArxivId, Paper
from bot.errors import UserError
from bot.ports import Clock
from tests.fakes import arxiv_xml
from tests.fakes.arxiv_faults import Fault

FeedAnswer = Callable[[tuple[str, ...]], bytes]  # categories asked for -> feed
PageAnswer = Callable[[str], bytes | None]  # versioned ID as in the path -> page; None is 404

_RECORDED_NAME = re.compile(
    r"arxiv_api_2026_(?P<kind>id|q)_(?P<asked>.+)_s(?P<start>\d+)_m(?P<size>\d+)\.xml"
)
_WINDOW = re.compile(r"submittedDate:\[(\d{12}) TO (\d{12})\]")


@dataclass(slots=True)
class Call:
    """One request as the server saw it."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    begun_at: datetime
    status: int = 0  # 0 while it is open or when it never got an answer


@dataclass(slots=True)
class _FaultPlan:
    path: str  # beginning of the paths it concerns
    queue: deque[Fault] = field(default_factory=deque)
    always: Fault | None = None


class ArxivServer:
    """`async with ArxivServer() as arxiv:` then point the adapters at `arxiv.url`.

    `papers` are what the API knows; `recorded` is a folder of recorded API answers, asked first.
    `clock` stamps the calls. The feed is empty until `serve_feed` is called.
    """

    def __init__(
        self,
        *,
        papers: Sequence[Paper] = (),
        recorded: Path | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.papers = list(papers)
        self.pages: dict[str, PageAnswer] = {}  # "abs", "pdf", "html"
        self.calls: list[Call] = []
        self.called = asyncio.Event()  # set by the first call
        self.most_open = 0
        self.total_lies: int | None = None  # totalResults whatever there is
        self.empty_pages = 0  # so many API pages come empty although there are results
        self._open = 0
        self._recorded = recorded
        self._clock = clock
        self._feed: FeedAnswer = lambda _: arxiv_xml.rss([], datetime(2026, 1, 21, tzinfo=UTC))
        self._faults: list[_FaultPlan] = []
        self._runner: web.AppRunner | None = None
        self.url = ""

    # --- what a test says ------------------------------------------------------------------

    def serve_feed(self, feed: bytes | Path | FeedAnswer) -> None:
        """Answer every feed request with these bytes, this file, or what the function gives."""
        if isinstance(feed, Path):
            feed = feed.read_bytes()
        if isinstance(feed, bytes):
            content = feed
            self._feed = lambda _: content
        else:
            self._feed = feed

    def fail(self, path: str, *faults: Fault) -> None:
        """Answer the next requests below `path` with these faults, one each, in order."""
        self._plan(path).queue.extend(faults)

    def fail_always(self, path: str, fault: Fault | None) -> None:
        """Answer every request below `path` with `fault`; None ends it."""
        self._plan(path).always = fault

    def calls_to(self, path: str) -> list[Call]:
        """The calls whose path begins so."""
        return [call for call in self.calls if call.path.startswith(path)]

    # --- life ------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    # --- answers ---------------------------------------------------------------------------

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        now = self._clock.now() if self._clock else datetime.now(UTC)
        call = Call(request.path, dict(request.query), dict(request.headers), now)
        self.calls.append(call)
        self.called.set()
        self._open += 1
        self.most_open = max(self.most_open, self._open)
        try:
            # Two requests at once are seen as such although answers take no time.
            await asyncio.sleep(0)
            fault = self._next_fault(request.path)
            response = await (fault or self._serve)(request)
            call.status = response.status
            return response
        finally:
            self._open -= 1

    def _plan(self, path: str) -> _FaultPlan:
        for plan in self._faults:
            if plan.path == path:
                return plan
        self._faults.append(_FaultPlan(path))
        return self._faults[-1]

    def _next_fault(self, path: str) -> Fault | None:
        for plan in self._faults:
            if path.startswith(plan.path):
                if plan.queue:
                    return plan.queue.popleft()
                if plan.always is not None:
                    return plan.always
        return None

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        folder, _, rest = request.path.lstrip("/").partition("/")
        if folder in ("rss", "atom"):
            return self._serve_feed(request, rest)
        if request.path == "/api/query":
            return self._serve_api(request)
        find_page = self.pages.get(folder)
        page = find_page(rest) if find_page else None
        if page is None:
            return web.Response(status=404, text="Not found")
        kind = "application/pdf" if folder == "pdf" else "text/html"
        return web.Response(body=page, content_type=kind)

    def _serve_feed(self, request: web.Request, categories: str) -> web.Response:
        content = self._feed(tuple(categories.split("+")))
        if b"<title>Feed error for query" in content:
            return web.Response(status=400, body=content, content_type="application/rss+xml")
        etag = f'"{hashlib.sha256(content).hexdigest()[:24]}"'
        headers = {"ETag": etag, "Last-Modified": "Wed, 21 Jan 2026 05:04:17 GMT"}
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers=headers)
        response = web.Response(body=content, content_type="application/rss+xml", headers=headers)
        response.enable_compression()
        return response

    def _serve_api(self, request: web.Request) -> web.Response:
        code, content = 200, self._recorded_answer(request)
        if content is None:
            code, content = self._computed_answer(request)
        elif b"/api/errors#" in content:
            code = 400
        return web.Response(status=code, body=content, content_type="application/atom+xml")

    def _recorded_answer(self, request: web.Request) -> bytes | None:
        if self._recorded is None:
            return None
        query = request.query
        ids = query.get("id_list", "").replace("/", "_").replace(",", "_")
        asked = ids or query.get("search_query", "").removeprefix("all:").strip('"')
        size = int(query.get("max_results", "10"))
        fitting = {
            abs(int(name["size"]) - size): path
            for path in self._recorded.iterdir()
            if (name := _RECORDED_NAME.fullmatch(path.name))
            and (name["asked"], name["start"]) == (asked, query.get("start", "0"))
        }
        return fitting[min(fitting)].read_bytes() if fitting else None

    def _computed_answer(self, request: web.Request) -> tuple[int, bytes]:
        query = request.query
        start, size = int(query.get("start", "0")), int(query.get("max_results", "10"))
        try:
            ids = [ArxivId.parse(text) for text in query.get("id_list", "").split(",") if text]
        except UserError:
            return 400, arxiv_xml.api_error(f"incorrect id format for {query['id_list']}")
        if ids:
            found = [paper for asked in ids for paper in self.papers if _is_asked(paper, asked)]
        else:
            found = list(self._search(query.get("search_query", "")))
        if query.get("sortBy") == "submittedDate":
            found.sort(key=_submitted_at, reverse=query.get("sortOrder") != "ascending")
        page = found[start : start + size]
        if self.empty_pages > 0 and page:
            self.empty_pages -= 1
            page = []
        total = len(found) if self.total_lies is None else self.total_lies
        return 200, arxiv_xml.api(page, total=total, start=start, page=size)

    def _search(self, query: str) -> Iterator[Paper]:
        """Papers in the window and categories a query names, or that hold one of its words."""
        window = _WINDOW.search(query)
        categories = set(re.findall(r"cat:([\w.\-]+)", query))
        words = re.findall(r"(?:all|ti|abs|au):\"?([^\s\")]+)", query)
        for paper in self.papers:
            # The API's window has whole minutes and both its ends.
            minute = f"{_submitted_at(paper):%Y%m%d%H%M}"
            if window and not window[1] <= minute <= window[2]:
                continue
            if categories and not categories & set(paper.categories):
                continue
            text = f"{paper.title} {paper.abstract} {' '.join(paper.authors)}".lower()
            if all(word.lower() in text for word in words):
                yield paper


def _is_asked(paper: Paper, asked: ArxivId) -> bool:
    return paper.arxiv_id == asked.value and asked.version in (None, paper.version)


def _submitted_at(paper: Paper) -> datetime:
    return paper.submitted_at or datetime.min.replace(tzinfo=UTC)
