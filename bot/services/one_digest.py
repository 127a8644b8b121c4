"""One digest without memory: announcements in, ranking out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from bot.domain import calendar
from bot.domain.digest import Digest
from bot.domain.interests import Interests
from bot.domain.matching import rank
from bot.domain.papers import merge
from bot.domain.rarity import Rarity
from bot.domain.silence import FeedStanding
from bot.domain.summary import SummarySource
from bot.ports import FeedReading, FullText, Summarizer
from bot.services.digests import digest_of


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
    reading: FeedReading, interests: Interests, *, extractor: Summarizer, now: datetime
) -> Digest:
    """The digest of everything in `reading`; how rare a word is, the reading itself tells."""
    rarity = Rarity.of([one.paper for one in reading.announcements])
    ranking = await asyncio.to_thread(rank, interests, reading.announcements, rarity=rarity)
    papers = [scored.announcement.paper for scored in ranking.chosen]
    summaries = {
        paper.versioned_id: await extractor.summarize(
            paper, FullText(SummarySource.ABSTRACT, paper.abstract), language="en"
        )
        for paper in papers
    }
    day = reading.announced_on or calendar.eastern_day(now)
    standing = FeedStanding(
        expected_on=day,
        latest_on=reading.announced_on,
        holiday_reason=calendar.why_no_announcement(day),
    )
    return digest_of(ranking, interests=interests, standing=standing, summaries=summaries)
