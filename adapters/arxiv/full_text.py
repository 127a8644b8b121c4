"""A paper's own words: its HTML if there is any, else its PDF, else its abstract."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field, replace

from adapters.arxiv.fetching import Fetcher
from adapters.arxiv.http_errors import with_retries
from adapters.arxiv.pdf_text import is_pdf, read_pdf
from adapters.arxiv.reading_process import ReadingLimits, read_in_worker
from adapters.arxiv.text_cache import TextCache
from bot.domain.paper_text import SectionKind, TextSection, as_text
from bot.domain.papers import Paper
from bot.domain.summary import SummarySource
from bot.errors import PermanentError, TransientError
from bot.ports import Clock, FullText

FULL_TEXT_URL = "https://export.arxiv.org"  # the host arXiv names for programs

_ATTEMPTS = 2  # a digest waits for this, and the abstract is at hand

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FullTextLimits:
    """What one paper may cost."""

    html_bytes: int = 20_000_000
    pdf_bytes: int = 40_000_000
    reading: ReadingLimits = field(default_factory=ReadingLimits)


class FullTexts:
    """A FullTextSource over arXiv's site.

    Never fails for want of a text: the abstract is always there. What is found for good is kept
    in `cache`; what trouble on the way kept from us is asked for again the next time. After a
    403 arXiv is left alone: only abstracts, for as long as `fetcher` remembers the refusal.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        *,
        clock: Clock,
        base_url: str = FULL_TEXT_URL,
        cache: TextCache | None = None,
        limits: FullTextLimits | None = None,
    ) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._base_url = base_url.rstrip("/")
        self._cache = cache
        self._limits = limits or FullTextLimits()
        # One worker at a time: it may take a gigabyte, and arXiv's pace is slower anyway.
        self._reading = asyncio.Semaphore(1)

    async def read(self, paper: Paper) -> FullText:
        """HTML if there is any, else the PDF, else the abstract, all with their sections."""
        if self._cache is not None:
            kept = await asyncio.to_thread(self._cache.get, paper)
            if kept is not None:
                return abstract_of(paper) if kept.source is SummarySource.ABSTRACT else kept
        text, is_final = await self._fetched(paper)
        log.info(
            "full_text.read",
            extra={"paper": paper.versioned_id, "source": text.source, "final": is_final},
        )
        if self._cache is not None and is_final:
            await asyncio.to_thread(self._cache.put, paper, text)
        return text

    async def _fetched(self, paper: Paper) -> tuple[FullText, bool]:
        """The best text, and whether asking again would bring the same."""
        is_final = True
        for attempt in (self._html, self._pdf):
            try:
                text = await attempt(paper)
            except TransientError as error:
                is_final = False
                log.info("full_text.trouble", extra=_facts(paper, error))
                continue
            except PermanentError as error:
                if error.code == "forbidden":
                    log.warning("full_text.forbidden", extra=_facts(paper, error))
                    return abstract_of(paper), False
                # Redirected, too large, odd statuses: this form of the paper is not for us.
                # A PDF that is not there yet will come; most papers never get their HTML.
                lasting = ("too_large", "not_found") if attempt == self._html else ("too_large",)
                is_final = is_final and error.code in lasting
                log.info("full_text.refused", extra=_facts(paper, error))
                continue
            if text is not None:
                return text, is_final
        return abstract_of(paper), is_final

    async def _html(self, paper: Paper) -> FullText | None:
        url = f"{self._base_url}/html/{paper.versioned_id}"
        body = await self._get(url, "The paper's HTML", self._limits.html_bytes)
        if is_pdf(body):
            return None
        async with self._reading:
            said, finished = await read_in_worker("html", body, self._limits.reading)
        found = next((fact["sections"] for fact in said if "sections" in fact), None)
        if found is None or not finished:
            return None
        sections = tuple(
            TextSection(heading, SectionKind(kind), text, level)
            for heading, kind, text, level in found
        )
        return _with_abstract(FullText(SummarySource.HTML, "", sections=sections), paper)

    async def _pdf(self, paper: Paper) -> FullText | None:
        url = f"{self._base_url}/pdf/{paper.versioned_id}"
        body = await self._get(url, "The paper's PDF", self._limits.pdf_bytes)
        async with self._reading:
            pdf = await read_pdf(body, self._limits.reading)
        if pdf is None:
            return None
        text = FullText(
            SummarySource.PDF,
            "",
            is_cut=pdf.is_cut,
            sections=pdf.sections,
            pages_read=pdf.pages_read,
            pages=pdf.pages,
        )
        return _with_abstract(text, paper)

    async def _get(self, url: str, what: str, max_bytes: int) -> bytes:
        async def once() -> bytes:
            return (await self._fetcher.get(url, what=what, max_bytes=max_bytes)).body

        return await with_retries(once, clock=self._clock, attempts=_ATTEMPTS)


def abstract_of(paper: Paper) -> FullText:
    """What is always at hand."""
    section = TextSection("Abstract", SectionKind.ABSTRACT, paper.abstract)
    return FullText(SummarySource.ABSTRACT, paper.abstract, sections=(section,))


def _with_abstract(text: FullText, paper: Paper) -> FullText:
    """The text with the announced abstract in front where it has none under that heading."""
    sections = text.sections
    if not any(section.kind is SectionKind.ABSTRACT for section in sections):
        front = [s for s in sections[:1] if s.kind is SectionKind.FRONT]
        abstract = TextSection("Abstract", SectionKind.ABSTRACT, paper.abstract)
        sections = (*front, abstract, *sections[len(front) :])
    return replace(text, sections=sections, text=as_text(sections))


def _facts(paper: Paper, error: TransientError | PermanentError) -> dict[str, str]:
    return {"paper": paper.versioned_id, "error": str(error)}
