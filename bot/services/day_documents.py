"""A published day as a document, so that a folder of pages can be its own memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from bot.domain.digest import Digest, DigestEntry, Reason, Silence
from bot.domain.papers import AnnounceType, Paper
from bot.domain.published import PublishedDay
from bot.domain.summary import Summary, SummarySection, SummarySource, UnverifiedFigure
from bot.domain.trends import DayCounts

VERSION = 1


def write_day(day: PublishedDay) -> str:
    """The day as JSON; the same day gives the same text."""
    digest = day.digest
    document = {
        "papercourier": VERSION,
        "date": day.on.isoformat(),
        "made_of": day.made_of,
        "considered": digest.considered,
        "matched": digest.matched,
        "silence": digest.silence.value if digest.silence else None,
        "silence_reason": digest.silence_reason,
        "notices": list(digest.notices),
        "papers": [_entry_object(entry) for entry in digest.entries],
        "counts": {
            "papers": day.counts.papers,
            "by_category": dict(day.counts.by_category),
            "terms": dict(day.counts.terms),
        },
    }
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace").decode() + "\n"


def read_day(text: str) -> PublishedDay:
    """What `write_day` wrote. Raises ValueError for anything else."""
    try:
        document = json.loads(text)
        if document["papercourier"] != VERSION:
            raise ValueError("it is of another version")
        return _day_of(document)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"it is no published day ({error})") from error


def _day_of(document: Mapping[str, Any]) -> PublishedDay:
    on = date.fromisoformat(document["date"])
    counts = document["counts"]
    return PublishedDay(
        on=on,
        digest=Digest(
            slot="",
            announced_on=on,
            considered=int(document["considered"]),
            matched=int(document["matched"]),
            entries=tuple(
                _entry_of(rank, each) for rank, each in enumerate(document["papers"], start=1)
            ),
            silence=Silence(document["silence"]) if document["silence"] else None,
            silence_reason=str(document["silence_reason"]),
            notices=tuple(map(str, document["notices"])),
        ),
        counts=DayCounts(
            on,
            int(counts["papers"]),
            {str(name): int(count) for name, count in counts["by_category"].items()},
            {str(term): int(count) for term, count in counts["terms"].items()},
        ),
        made_of=str(document["made_of"]),
    )


def _entry_object(entry: DigestEntry) -> dict[str, Any]:
    paper = entry.paper
    return {
        "id": paper.arxiv_id,
        "version": paper.version,
        "title": paper.title,
        "authors": list(paper.authors),
        "categories": list(paper.categories),
        "abstract": paper.abstract,
        "submitted_at": paper.submitted_at.isoformat() if paper.submitted_at else None,
        "doi": paper.doi,
        "journal_ref": paper.journal_ref,
        "comment": paper.comment,
        "license_url": paper.license_url,
        "announce_type": entry.announce_type.value,
        "score": entry.score,
        "reasons": [[each.term, each.where, each.points] for each in entry.reasons],
        "summary": _summary_object(entry.summary) if entry.summary else None,
    }


def _entry_of(rank: int, written: Mapping[str, Any]) -> DigestEntry:
    submitted = written["submitted_at"]
    paper = Paper(
        arxiv_id=str(written["id"]),
        version=int(written["version"]),
        title=str(written["title"]),
        abstract=str(written["abstract"]),
        authors=tuple(map(str, written["authors"])),
        categories=tuple(map(str, written["categories"])),
        submitted_at=datetime.fromisoformat(submitted) if submitted else None,
        doi=written["doi"],
        journal_ref=written["journal_ref"],
        comment=written["comment"],
        license_url=written["license_url"],
    )
    return DigestEntry(
        rank=rank,
        paper=paper,
        announce_type=AnnounceType(written["announce_type"]),
        score=float(written["score"]),
        reasons=tuple(
            Reason(str(term), str(where), float(points))
            for term, where, points in written["reasons"]
        ),
        summary=_summary_of(paper, written["summary"]) if written["summary"] else None,
    )


def _summary_object(summary: Summary) -> dict[str, Any]:
    return {
        "language": summary.language,
        "model": summary.model,
        "prompt": summary.prompt,
        "source": summary.source.value,
        "sections": [[each.heading, each.text] for each in summary.sections],
        "figures_checked": summary.figures_checked,
        "figures_found": summary.figures_found,
        "unverified": [
            [each.text, each.section, each.start, each.end] for each in summary.unverified
        ],
        "reading": summary.reading,
        "cut": summary.cut,
        "notices": list(summary.notices),
    }


def _summary_of(paper: Paper, written: Mapping[str, Any]) -> Summary:
    return Summary(
        arxiv_id=paper.arxiv_id,
        version=paper.version,
        language=str(written["language"]),
        model=str(written["model"]),
        prompt=str(written["prompt"]),
        source=SummarySource(written["source"]),
        sections=tuple(
            SummarySection(str(heading), str(text)) for heading, text in written["sections"]
        ),
        figures_checked=int(written["figures_checked"]),
        figures_found=int(written["figures_found"]),
        unverified=tuple(
            UnverifiedFigure(str(text), int(section), int(start), int(end))
            for text, section, start, end in written["unverified"]
        ),
        reading=str(written["reading"]),
        cut=str(written["cut"]),
        notices=tuple(map(str, written["notices"])),
    )
