"""A publication of a few days to make pages and feeds of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from bot.domain.digest import Digest, DigestEntry, Silence
from bot.domain.interests import Interests, parse_term
from bot.domain.papers import AnnounceType, Paper
from bot.domain.published import Publication, PublishedDay
from bot.domain.subscriptions import Schedule
from bot.domain.summary import Summary, SummarySection, SummarySource, UnverifiedFigure
from bot.domain.trends import DayCounts
from tests.fakes.digests import DIGEST

UPDATED_AT = datetime(2026, 1, 21, 9, 0, tzinfo=UTC)
INTERESTS = Interests(
    categories=("cs.LG", "cs.CL"),
    terms=(parse_term("kv cache"), parse_term("LLM^2")),
    min_score=1.0,
)
CHECKED = Summary(
    arxiv_id="2601.00007",
    version=1,
    language="en",
    model="small-model",
    prompt="four-sections/1",
    source=SummarySource.PDF,
    reading="PDF, 12 of 40 pages",
    sections=(
        SummarySection("Contributions", "A cache is shared.\n- half the memory\n- 3 models"),
        SummarySection("Results", "It is 2.1 times faster and saves 34 %."),
    ),
    figures_checked=3,
    figures_found=2,
    unverified=(UnverifiedFigure("34 %", 1, 33, 37),),
)
SUMMARISED = DigestEntry(
    rank=1,
    paper=Paper(
        arxiv_id="2601.00007",
        version=1,
        title="Attention with λ-regularised Caches",
        abstract="Caches grow with O(n²).\n\nWe bound them by λ ≤ 1.",
        authors=("Łukasz Żółw", "Søren Øst"),
        categories=("cs.CL", "cs.LG"),
        comment="12 pages",
    ),
    announce_type=AnnounceType.CROSS,
    score=4.5,
    reasons=DIGEST.entries[0].reasons,
    summary=CHECKED,
)
NEWEST, MIDDLE, OLDEST = date(2026, 1, 21), date(2026, 1, 19), date(2026, 1, 16)


def a_day(on: date, entries: Sequence[DigestEntry], *, papers: int = 40) -> PublishedDay:
    """A day on which so many papers were announced."""
    ranked = tuple(replace(entry, rank=rank) for rank, entry in enumerate(entries, start=1))
    return PublishedDay(
        on,
        Digest("", on, papers, len(ranked), ranked),
        DayCounts(on, papers, {"cs.LG": papers - 10, "cs.CL": 10}, {"kv cache": 4}),
    )


SILENT = PublishedDay(
    OLDEST,
    Digest(
        "",
        OLDEST,
        12,
        0,
        (),
        silence=Silence.NOTHING_MATCHED,
        silence_reason="None of 12 papers in cs.LG, cs.CL matched.",
    ),
    DayCounts(OLDEST, 12, {"cs.LG": 12}),
)
PUBLICATION = Publication(
    interests=INTERESTS,
    days=(a_day(NEWEST, DIGEST.entries), a_day(MIDDLE, [SUMMARISED], papers=30), SILENT),
    updated_at=UPDATED_AT,
    schedule=Schedule(time(9), timezone="Europe/Berlin"),
)


def later(publication: Publication) -> Publication:
    """The same with one day more."""
    on = publication.days[0].on + timedelta(days=1)
    paper = replace(SUMMARISED.paper, arxiv_id="2601.09999", title="Of the day after")
    day = a_day(on, [replace(SUMMARISED, paper=paper, summary=None)])
    return replace(
        publication,
        days=(day, *publication.days),
        updated_at=publication.updated_at + timedelta(days=1),
    )
