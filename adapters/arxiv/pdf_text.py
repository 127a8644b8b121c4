"""PDF -> the sections of a paper, read in a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adapters.arxiv.pdf_layout import Line
from adapters.arxiv.pdf_sections import Page, sections_of
from adapters.arxiv.reading_process import ReadingLimits, read_in_worker
from bot.domain.paper_text import TextSection

_MAGIC = b"%PDF-"
_MAGIC_WITHIN = 1024  # bytes; the standard lets some other bytes stand before
_FEWEST_CHARACTERS = 400  # less is a scan with a stamp, not a paper's text


@dataclass(frozen=True, slots=True)
class PdfText:
    """What could be read of a PDF."""

    sections: tuple[TextSection, ...]
    pages_read: int
    pages: int  # as the PDF says
    is_cut: bool  # a limit ended the reading before the last page


def is_pdf(content: bytes) -> bool:
    """Whether the bytes begin as a PDF does, whatever the server called them."""
    return _MAGIC in content[:_MAGIC_WITHIN]


async def read_pdf(content: bytes, limits: ReadingLimits | None = None) -> PdfText | None:
    """The text layer of a PDF in reading order.

    None when it has none worth reading: no PDF, encrypted, broken before the first page, a scan.
    Takes at most `limits.seconds` and never raises for what is in the file.
    """
    if not is_pdf(content):
        return None
    limits = limits or ReadingLimits()
    said, _ = await read_in_worker("pdf", content, limits)
    # Off the loop: a paper of 60 pages takes a third of a second.
    return await asyncio.to_thread(_text, said, limits)


def _text(said: Sequence[dict[str, Any]], limits: ReadingLimits) -> PdfText | None:
    claimed = next((fact["pages"] for fact in said if "pages" in fact), 0)
    read = [fact for fact in said if "page" in fact]
    pages: list[Page] = []
    room = limits.text_characters
    for fact in read:
        lines = tuple(Line(*values) for values in fact["lines"])
        room -= sum(len(line.text) for line in lines)
        if room < 0:
            break
        pages.append(Page(fact["page"], fact["height"], lines))
    sections = sections_of(pages)
    if sum(len(section.text) for section in sections) < _FEWEST_CHARACTERS:
        return None
    return PdfText(sections, len(pages), max(claimed, len(pages)), len(pages) < claimed)
