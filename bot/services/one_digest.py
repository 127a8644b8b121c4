"""One digest without memory: announcements in, ranking out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, datetime

from bot.domain import calendar
from bot.domain.budgets import Payer
from bot.domain.digest import Digest
from bot.domain.diversity import Variety
from bot.domain.interests import Interests
from bot.domain.matching import Ranking, rank
from bot.domain.papers import Announcement, merge
from bot.domain.rarity import Rarity
from bot.domain.silence import FeedStanding
from bot.domain.summary import Summary, SummarySource
from bot.ports import FeedReading, FullText, Summarizer
from bot.services.choosing import settled, with_spares
from bot.services.digests import digest_of
from bot.services.summaries import Wanted

PAYER = Payer("terminal:local")  # whoever sits there pays, as for a command
WriteSummaries = Callable[[Sequence[Wanted]], Awaitable[dict[tuple[str, str], Summary]]]


def joined(readings: Sequence[FeedReading], *, on: date | None) -> FeedReading:
    """Several feeds as one, each paper once; dated `on` where a day is given."""
    days = [reading.announced_on for reading in readings if reading.announced_on]
    announcements = merge(tuple(one for reading in readings for one in reading.announcements))
    if on is not None:
        announcements = tuple(replace(one, announced_on=on) for one in announcements)
    return FeedReading(
        announcements,
        announced_on=on or max(days, default=None),
        left_out=tuple(sentence for reading in readings for sentence in reading.left_out),
    )


async def compose_once(
    reading: FeedReading,
    interests: Interests,
    *,
    extractor: Summarizer,
    now: datetime,
    language: str = "en",
    papers_by_model: int = 0,
    is_diverse: bool = True,
    write: WriteSummaries | None = None,
) -> Digest:
    """The digest of everything in `reading`; how rare a word is, the reading itself tells.

    `write` gives summaries for all papers, the best `papers_by_model` of them by a model; without
    it they are extracts. With `is_diverse` near-duplicates and one group's bursts give way.
    """
    ranking = await asyncio.to_thread(
        _ranked, interests, reading.announcements, is_diverse=is_diverse
    )
    papers = [scored.announcement.paper for scored in ranking.chosen]
    if write is None:
        summaries = {
            paper.versioned_id: await extractor.summarize(
                paper, FullText(SummarySource.ABSTRACT, paper.abstract), language="en"
            )
            for paper in papers
        }
    else:
        wanted = [
            Wanted(paper, language, (PAYER,) if place < papers_by_model else ())
            for place, paper in enumerate(papers)
        ]
        written = await write(wanted)
        summaries = {each.paper.versioned_id: written[each.place] for each in wanted}
    day = reading.announced_on or calendar.eastern_day(now)
    standing = FeedStanding(
        expected_on=day,
        latest_on=reading.announced_on,
        holiday_reason=calendar.why_no_announcement(day),
    )
    return digest_of(ranking, interests=interests, standing=standing, summaries=summaries)


def _ranked(
    interests: Interests,
    announcements: Sequence[Announcement],
    *,
    is_diverse: bool,
) -> Ranking:
    rarity = Rarity.of([one.paper for one in announcements])
    if not is_diverse:
        return rank(interests, announcements, rarity=rarity)
    ranking = rank(with_spares(interests), announcements, rarity=rarity)
    variety = Variety.of([each.announcement.paper for each in ranking.chosen])
    return next(settled([ranking], [interests], variety))
