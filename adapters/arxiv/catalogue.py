"""arXiv's catalogue of all papers: look-up, search and catch-up, through the `arxiv` package.

Source: info.arxiv.org/help/api/user-manual. Each page of results is a request with a turn of its
own; the package itself never waits, retries or turns a page.
"""

from __future__ import annotations

import asyncio
import logging
import random
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

import arxiv

from adapters.arxiv.api_page import Page, PageRequest, fetch_page
from adapters.arxiv.fetching import TIMEOUTS, Timeouts
from adapters.arxiv.http_errors import Refusals, with_retries
from adapters.arxiv.search_query import search_query, window_query
from bot.domain.papers import ArxivId, Paper
from bot.domain.text import collapse, readable
from bot.errors import PermanentError, UserError
from bot.ports import Clock, Pace

API_URL = "https://export.arxiv.org"
PAGE_SIZE = 1000  # arXiv allows 2,000, and answers half of that more reliably
MOST_RESULTS = 30_000  # arXiv's limit for one question
MOST_FOUND = 200  # nobody reads more search results than that
_CATEGORIES_PER_QUERY = 60  # keeps the URL under 1,800 characters

_WHAT = "arXiv's catalogue"
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*|\n(?=[ \t]{2})")  # an indented line begins one

log = logging.getLogger(__name__)


class Catalogue:
    """A `PaperSource` on export.arxiv.org, or on `api_url` where a mirror or a test stands."""

    def __init__(
        self,
        *,
        pace: Pace,
        clock: Clock,
        user_agent: str,
        api_url: str = API_URL,
        refusals: Refusals | None = None,
        timeouts: Timeouts = TIMEOUTS,
        page_size: int = PAGE_SIZE,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._url = _query_url(api_url)
        self._host = _host(self._url)
        self._pace = pace
        self._clock = clock
        self._user_agent = user_agent
        self._refusals = refusals or Refusals(clock)
        self._timeouts = timeouts
        self._page_size = page_size
        self._jitter = jitter
        self._running: set[asyncio.Task[Page]] = set()

    async def get(self, paper: ArxivId) -> Paper:
        """One paper, in the version asked for or else its latest.

        Raises UserError (no such paper or version), TransientError, PermanentError.
        """
        search = arxiv.Search(id_list=[str(paper)])
        try:
            page = await self._page(search, start=0, size=10)
        except PermanentError as error:
            if error.code != "bad_query":
                raise
            raise UserError(
                f"arXiv does not take {paper} for an ID: write it like 2601.13824 or "
                "hep-th/9901001."
            ) from error
        for found in _papers(page):
            if found.arxiv_id == paper.value and paper.version in (None, found.version):
                return found
        raise _unknown(paper)

    async def search(self, query: str, *, limit: int) -> tuple[Paper, ...]:
        """The best matches first; `query` in arXiv's syntax or plain words.

        At most `limit` and never more than 200. Raises UserError (nothing to look for, or
        arXiv does not understand it), TransientError, PermanentError.
        """
        if limit <= 0:
            return ()
        size = min(limit, MOST_FOUND)
        search = arxiv.Search(search_query(query), sort_by=arxiv.SortCriterion.Relevance)
        try:
            page = await self._page(search, start=0, size=size)
        except PermanentError as error:
            if error.code != "bad_query":
                raise
            raise UserError(
                f"arXiv does not understand the search “{query[:80]}”: use plain words, or check "
                "its brackets and operators."
            ) from error
        return tuple(_papers(page))[:size]

    async def submitted_between(
        self, categories: Sequence[str], start: datetime, end: datetime
    ) -> tuple[Paper, ...]:
        """Papers of these categories first submitted in [start, end), UTC, oldest first.

        Cross-lists count. Each in its latest version. Raises UserError (more than arXiv gives
        for one question), TransientError, PermanentError.
        """
        wanted = tuple(dict.fromkeys(categories))
        if not wanted or start >= end:
            return ()
        found: dict[str, Paper] = {}
        for first in range(0, len(wanted), _CATEGORIES_PER_QUERY):
            some = wanted[first : first + _CATEGORIES_PER_QUERY]
            for paper in await self._window(some, start, end):
                found.setdefault(paper.arxiv_id, paper)
        inside = [paper for paper in found.values() if start <= _submitted_at(paper) < end]
        return tuple(sorted(inside, key=lambda paper: (_submitted_at(paper), paper.arxiv_id)))

    async def _window(
        self, categories: Sequence[str], start: datetime, end: datetime
    ) -> list[Paper]:
        """All pages of one window."""
        search = arxiv.Search(
            window_query(categories, start, end),
            max_results=None,
            sort_by=arxiv.SortCriterion.SubmittedDate,
            sort_order=arxiv.SortOrder.Ascending,
        )
        papers: list[Paper] = []
        at, total = 0, 1
        while at < total:
            page = await self._page(search, start=at, size=self._page_size)
            if page.total > MOST_RESULTS:
                raise UserError(
                    f"arXiv has {page.total:,} papers from {start:%Y-%m-%d} to {end:%Y-%m-%d} and "
                    f"gives at most {MOST_RESULTS:,} for one question: ask for fewer days or "
                    "categories."
                )
            papers += _papers(page)
            total = page.total
            at += max(page.entries, 1)
        log.info("catalogue.window", extra={"papers": len(papers), "pages_total": total})
        return papers

    async def _page(self, search: arxiv.Search, *, start: int, size: int) -> Page:
        """One page, tried three times."""
        return await with_retries(
            lambda: self._uncancelled(search, start, size), clock=self._clock, jitter=self._jitter
        )

    async def _uncancelled(self, search: arxiv.Search, start: int, size: int) -> Page:
        """One attempt. A thread cannot be stopped: whoever is cancelled leaves it its turn."""
        task = asyncio.create_task(self._in_turn(search, start, size))
        self._running.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    def _forget(self, task: asyncio.Task[Page]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # looked at: nobody else may be left to do so

    async def _in_turn(self, search: arxiv.Search, start: int, size: int) -> Page:
        self._refusals.check(self._host, what=_WHAT)
        async with self._pace.turn(self._host):
            asked = PageRequest(
                url=self._url,
                search=search,
                start=start,
                size=size,
                user_agent=self._user_agent,
                timeouts=self._timeouts,
                now=self._clock.now(),
            )
            try:
                page = await asyncio.to_thread(fetch_page, asked)
            except PermanentError as error:
                self._refusals.note_error(self._host, error)
                raise
        log.info("catalogue.page", extra={"start": start, "results": len(page.results)})
        return page


def _query_url(api_url: str) -> str:
    """The API's address: /api/query below `api_url`, unless that names it."""
    base = api_url.rstrip("/")
    if base.endswith("/query"):
        return base
    return f"{base}/query" if base.endswith("/api") else f"{base}/api/query"


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""  # the request will say so


def _unknown(paper: ArxivId) -> UserError:
    if paper.version is None:
        return UserError(f"arXiv has no paper {paper}: check the number.")
    return UserError(
        f"arXiv has no paper {paper}: check the number, or leave out v{paper.version} for the "
        "latest version."
    )


def _papers(page: Page) -> Iterator[Paper]:
    """The results that are papers; others are logged and left out."""
    for result in page.results:
        paper = _paper(result)
        if paper is None:
            log.warning("catalogue.left_out", extra={"entry": result.entry_id})
        else:
            yield paper


def _paper(result: arxiv.Result) -> Paper | None:
    """A result in our words; None when it lacks what no paper can be without."""
    try:
        arxiv_id = ArxivId.parse(result.entry_id)
    except UserError:
        return None
    categories = (result.primary_category, *result.categories)
    title = _line(result.title)
    if not title or not any(categories):
        return None
    names = (_line(author.name) for author in result.authors)
    return Paper(
        arxiv_id=arxiv_id.value,
        version=arxiv_id.version or 1,
        title=title,
        abstract=_paragraphs(result.summary),
        authors=tuple(name for name in names if name),
        categories=tuple(dict.fromkeys(category for category in categories if category)),
        submitted_at=result.published.astimezone(UTC),
        doi=_line(result.doi) or None,
        journal_ref=_line(result.journal_ref) or None,
        comment=_line(result.comment) or None,
    )


def _line(text: str | None) -> str:
    return collapse(readable(text or ""))


def _paragraphs(text: str) -> str:
    """An abstract: lines joined, paragraphs apart."""
    parts = (collapse(part) for part in _PARAGRAPH.split(readable(text.strip())))
    return "\n\n".join(part for part in parts if part)


def _submitted_at(paper: Paper) -> datetime:
    return paper.submitted_at or datetime.min.replace(tzinfo=UTC)
