"""The process that opens what strangers wrote: a PDF or an HTML page on stdin, text on stdout.

Run as `python -m adapters.arxiv.reading_worker pdf|html ...`. It bounds its own memory and CPU
time before it reads, so that a bomb ends this process and nothing else; the parent kills it
when its time is up and keeps the pages that were done. Each line on stdout is one JSON object:
{"pages": n}, then {"page": ...} for each, or {"sections": ...}, or {"refused": reason}.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

_MEGABYTE = 1_000_000


def main(arguments: list[str]) -> None:
    """`arguments`: what to read, memory in MB, CPU seconds, most pages."""
    kind, memory, seconds, most_pages = arguments
    _limit(int(memory) * _MEGABYTE, int(seconds))
    content = sys.stdin.buffer.read()
    if kind == "pdf":
        _read_pdf(content, int(most_pages))
    else:
        _read_html(content)


def _limit(memory_bytes: int, cpu_seconds: int) -> None:
    limits = {
        resource.RLIMIT_AS: memory_bytes,
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
    }
    for what, limit in limits.items():
        _, hard = resource.getrlimit(what)
        bound = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        try:
            resource.setrlimit(what, (bound, bound))
        except (OSError, ValueError):
            # macOS has no limit on memory; the parent's clock still ends us.
            continue


def _say(**fact: Any) -> None:
    sys.stdout.write(json.dumps(fact) + "\n")
    sys.stdout.flush()


def _read_pdf(content: bytes, most_pages: int) -> None:
    # Imported here: what reads HTML need not load PDFium, and the limits come first.
    from adapters.arxiv.pdf_glyphs import (  # noqa: PLC0415 - see above
        UnreadablePdfError,
        open_pdf,
        page_glyphs,
    )
    from adapters.arxiv.pdf_layout import reading_order  # noqa: PLC0415 - see above

    try:
        document = open_pdf(content)
        _say(pages=len(document))
        for index in range(min(len(document), most_pages)):
            page = page_glyphs(document, index)
            lines = [
                [x.text, *_rounded(x.x0, x.x1, x.y, x.size), x.bold, x.italic, x.column]
                for x in reading_order(page.glyphs)
            ]
            _say(page=index + 1, height=page.height, lines=lines)
    except UnreadablePdfError as error:
        _say(refused=error.reason)


def _rounded(*points: float) -> list[float]:
    return [round(point, 2) for point in points]


def _read_html(content: bytes) -> None:
    from adapters.arxiv.latexml import read_page  # noqa: PLC0415 - the limits come first

    sections = read_page(content)
    if sections is None:
        _say(refused="no_paper")
    else:
        _say(sections=[[s.heading, s.kind, s.text, s.level] for s in sections])


if __name__ == "__main__":
    main(sys.argv[1:])
