"""arXiv's bad days: nothing is missed, nothing is posted twice, and `status` says what happened.

Recorded days go through the real feed reader, database, planning and delivery; only arXiv and the
channel are fakes.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from adapters.arxiv.feed_xml import parse_feed
from bot.domain import calendar
from bot.domain.interests import Interests
from bot.domain.matching import rank
from bot.domain.papers import Announcement, AnnounceType, Paper
from bot.domain.rarity import Rarity
from tests.fakes import arxiv_faults, arxiv_xml
from tests.fakes.listening_bot import ListeningBot, listening_bot, submitted
from tests.shared_data import ARXIV_DATA, needs_shared

CATEGORIES = ("cs.AI", "cs.CL", "cs.DC", "cs.LG")
COMBINED = "cs.AI+cs.CL+cs.DC+cs.LG.xml"
MONDAY, WEDNESDAY = date(2026, 1, 19), date(2026, 1, 21)  # the 20th is a holiday
TERM = "diffusion"

_ITEM = re.compile(rb"\s*<item>.*?</item>", re.DOTALL)
_PRIMARY = re.compile(rb"<category>([^<]+)</category>")


# --- recorded days -------------------------------------------------------------------------


def recorded(day: date) -> bytes:
    return (ARXIV_DATA / "feeds" / day.isoformat() / COMBINED).read_bytes()


def items(feed: bytes) -> list[bytes]:
    return _ITEM.findall(feed)


def with_items(feed: bytes, chosen: Iterable[bytes]) -> bytes:
    """The same feed with other items."""
    head, tail = feed[: feed.index(b"<item>")].rstrip(), feed[feed.rindex(b"</item>") + 7 :]
    return head + b"".join(chosen) + tail


def dated(feed: bytes, day: date) -> bytes:
    """The same papers under another day's date."""
    return re.sub(
        rb"<pubDate>[^<]*</pubDate>",
        f"<pubDate>{day:%a, %d %b %Y} 00:00:00 -0500</pubDate>".encode(),
        feed,
    )


def primary(item: bytes) -> str:
    found = _PRIMARY.search(item)
    assert found is not None
    return found[1].decode()


def wanted(interests: Interests, feed: bytes) -> Counter[str]:
    """What a reader gets of a day when nothing goes wrong, each paper once."""
    ranking = rank(
        replace(interests, max_papers=10_000), parse_feed(feed).announcements, rarity=Rarity()
    )
    return Counter(scored.announcement.paper.arxiv_id for scored in ranking.chosen)


def listed_papers(day: date) -> list[Paper]:
    """The papers of a recorded day of December 2025."""
    path = ARXIV_DATA / "papers" / f"{day}.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        Paper(
            arxiv_id=row["id"],
            version=int((row["version"] or "v1").removeprefix("v")),
            title=row["title"],
            abstract=row["abstract"],
            authors=tuple(row["authors"]),
            categories=tuple(row["categories"]),
        )
        for row in rows
    ]


@pytest.fixture
async def bot(migrated_sqlite: Path, tmp_path: Path) -> AsyncIterator[ListeningBot]:
    """It runs since Monday morning, and Monday's papers are posted."""
    at = datetime(2026, 1, 19, 5, 40, tzinfo=UTC)
    async with listening_bot(migrated_sqlite, tmp_path, at=at) as running:
        yield running


def on_wednesday(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 1, 21, hour, minute, tzinfo=UTC)


async def through_monday(bot: ListeningBot) -> tuple[Interests, Counter[str]]:
    """The reader, and what was posted on Monday."""
    interests = await bot.subscribe(*CATEGORIES, term=TERM)
    bot.arxiv.serve_feed(recorded(MONDAY))
    await bot.run_until(datetime(2026, 1, 19, 8, 0, tzinfo=UTC))
    assert bot.messenger.posted == wanted(interests, recorded(MONDAY))
    bot.clock.move_to(on_wednesday(5, 20))
    return interests, Counter(bot.messenger.posted)


@needs_shared
async def test_a_late_day(bot: ListeningBot) -> None:
    interests, before = await through_monday(bot)

    await bot.run_until(on_wednesday(9))
    a_little_late = await bot.status()
    await bot.run_until(on_wednesday(15))
    overdue = await bot.status()
    silence = await bot.post()
    bot.arxiv.serve_feed(recorded(WEDNESDAY))
    await bot.run_until(on_wednesday(20))

    assert "Late: the announcement of Wed 21 Jan 2026 has not been seen yet." in a_little_late
    assert "Warning, late: arXiv's announcement of Wed 21 Jan 2026" in overdue
    assert silence.silence == "feed_late"
    assert "Wed 21 Jan 2026" in silence.silence_reason
    assert bot.messenger.posted == before + wanted(interests, recorded(WEDNESDAY))
    assert "late" not in (await bot.status()).lower().replace("latest", "")


@needs_shared
async def test_a_day_of_old_papers_under_a_new_date(bot: ListeningBot) -> None:
    interests, before = await through_monday(bot)
    bot.arxiv.serve_feed(dated(recorded(MONDAY), WEDNESDAY))

    await bot.run_until(on_wednesday(10))
    stale = await bot.status()
    silence = await bot.post()
    bot.arxiv.serve_feed(recorded(WEDNESDAY))
    await bot.run_until(on_wednesday(13))

    assert "The feed is dated 21 January 2026 but holds only papers" in stale
    assert silence.silence in ("feed_stale", "feed_late")
    assert bot.messenger.posted == before + wanted(interests, recorded(WEDNESDAY))


@needs_shared
async def test_a_day_that_is_stale_in_one_category(bot: ListeningBot) -> None:
    for day in range(1, 13):
        if (recorded_on := date(2025, 12, day)).weekday() < 5:
            await bot.remember(recorded_on, listed_papers(recorded_on), CATEGORIES)
    interests, before = await through_monday(bot)
    stale_share = [item for item in items(recorded(MONDAY)) if primary(item) == "cs.CL"]
    fresh_share = [item for item in items(recorded(WEDNESDAY)) if primary(item) != "cs.CL"]
    assert stale_share
    bot.arxiv.serve_feed(with_items(recorded(WEDNESDAY), stale_share + fresh_share))

    await bot.run_until(on_wednesday(11))
    partial = await bot.status()
    posted_by_noon = Counter(bot.messenger.posted)
    bot.arxiv.serve_feed(recorded(WEDNESDAY))
    await bot.run_until(on_wednesday(14))

    whole = before + wanted(interests, recorded(WEDNESDAY))
    assert "partial" in await bot.outcomes()
    assert (
        "The announcement of 21 January 2026 is not whole: cs.CL has only papers announced before"
        in partial
    )
    assert posted_by_noon < whole
    assert bot.messenger.posted == whole
    assert "not whole" not in await bot.status()


@needs_shared
async def test_a_day_whose_feed_is_empty_at_first(bot: ListeningBot) -> None:
    interests, before = await through_monday(bot)
    bot.arxiv.serve_feed(with_items(recorded(WEDNESDAY), []))

    await bot.run_until(on_wednesday(8))
    empty = await bot.status()
    bot.arxiv.serve_feed(recorded(WEDNESDAY))
    await bot.run_until(on_wednesday(11))

    assert "0 papers, 0 of them new (empty)" in empty
    assert "Late: the announcement of Wed 21 Jan 2026 has not been seen yet." in empty
    assert bot.messenger.posted == before + wanted(interests, recorded(WEDNESDAY))


@needs_shared
async def test_a_day_whose_feed_breaks_off_in_the_middle(bot: ListeningBot) -> None:
    interests, before = await through_monday(bot)
    feed = recorded(WEDNESDAY)
    half = feed[: len(feed) // 2]
    three_attempts = [arxiv_faults.cut(half), arxiv_faults.body(half), arxiv_faults.reset()]
    bot.arxiv.serve_feed(feed)
    bot.arxiv.fail("/rss", *three_attempts)

    await bot.run_until(on_wednesday(5, 36))
    failing = await bot.status()
    nothing_of_it = Counter(bot.messenger.posted)
    await bot.run_until(on_wednesday(9))

    assert "The last look at arXiv failed: arXiv's feed broke off in the middle" in failing
    assert "The next look is at 05:" in failing
    assert nothing_of_it == before
    assert bot.messenger.posted == before + wanted(interests, feed)


@needs_shared
async def test_a_day_that_comes_twice_first_half_of_it_then_all(bot: ListeningBot) -> None:
    interests, before = await through_monday(bot)
    feed = recorded(WEDNESDAY)
    bot.arxiv.serve_feed(with_items(feed, items(feed)[::2]))

    await bot.run_until(on_wednesday(5, 50))
    first = Counter(bot.messenger.posted)
    bot.arxiv.serve_feed(feed)
    await bot.run_until(on_wednesday(9))

    whole = before + wanted(interests, feed)
    assert before < first < whole
    assert bot.messenger.posted == whole


@needs_shared
async def test_a_day_on_which_arxiv_throttles_and_refuses(bot: ListeningBot) -> None:
    interests, before = await through_monday(bot)
    bot.arxiv.serve_feed(recorded(WEDNESDAY))
    bot.arxiv.fail("/rss", arxiv_faults.status(429, retry_after=1800), arxiv_faults.status(403))
    calls = len(bot.arxiv.calls)

    await bot.run_until(on_wednesday(5, 40))
    throttled = await bot.status()
    await bot.run_until(on_wednesday(11))
    refused = await bot.status()
    asked = len(bot.arxiv.calls) - calls
    await bot.run_until(on_wednesday(14))

    assert "arXiv wants us to wait: arXiv's feed asks us to slow down (429)" in throttled
    assert "Warning: arXiv refuses us: arXiv's feed refuses us (403)" in refused
    assert asked == 2
    assert bot.messenger.posted == before + wanted(interests, recorded(WEDNESDAY))


@needs_shared
async def test_a_week_of_downtime_is_caught_up_through_the_catalogue(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    first, last = date(2025, 12, 2), date(2025, 12, 9)
    missed = [date(2025, 12, day) for day in (3, 4, 5, 8)]
    at = datetime(2025, 12, 2, 6, 0, tzinfo=UTC)
    async with listening_bot(migrated_sqlite, tmp_path, at=at) as bot:
        for day in missed:
            _, end = calendar.submission_window(day)
            bot.arxiv.papers += submitted(listed_papers(day), end - timedelta(hours=1))
        interests = await bot.subscribe(*CATEGORIES, term=TERM)
        bot.arxiv.serve_feed(recorded(first))
        await bot.run_until(datetime(2025, 12, 2, 9, 0, tzinfo=UTC))
        before = Counter(bot.messenger.posted)

        bot.clock.move_to(datetime(2025, 12, 9, 6, 0, tzinfo=UTC))
        bot.start_again()
        bot.arxiv.serve_feed(recorded(last))
        bot.arxiv.fail("/api", *[arxiv_faults.status(500)] * 3)
        await bot.run_until(datetime(2025, 12, 9, 6, 5, tzinfo=UTC))
        pending = await bot.status()
        before_the_catalogue = Counter(bot.messenger.posted)
        await bot.run_until(datetime(2025, 12, 9, 9, 0, tzinfo=UTC))

        everything = [paper for day in missed for paper in listed_papers(day)]
        of_missed_days = wanted_of(interests, everything)
        assert "The days 3 to 8 December 2025 are still being caught up: arXiv's" in pending
        assert before_the_catalogue == before + wanted(interests, recorded(last))
        assert len(of_missed_days) > 20
        assert set(bot.messenger.posted) == {*before_the_catalogue, *of_missed_days}
        assert set(bot.messenger.posted.values()) == {1}
        assert "caught up" not in await bot.status()


def wanted_of(interests: Interests, papers: Iterable[Paper]) -> Counter[str]:
    """What a reader gets of papers announced one way or another."""
    announcements = [
        Announcement(
            each,
            AnnounceType.NEW if each.primary_category in CATEGORIES else AnnounceType.CROSS,
            MONDAY,
        )
        for each in papers
    ]
    ranking = rank(replace(interests, max_papers=10_000), announcements, rarity=Rarity())
    return Counter(scored.announcement.paper.arxiv_id for scored in ranking.chosen)


# --- invented days -------------------------------------------------------------------------


def invented(day: date, prefix: str, count: int) -> list[Announcement]:
    return [
        Announcement(
            Paper(
                arxiv_id=f"{prefix}{n:04}",
                version=1,
                title=f"Diffusion {n}",
                abstract="We study diffusion.",
                authors=("Ada Example",),
                categories=("cs.CL",),
            ),
            AnnounceType.NEW,
            day,
        )
        for n in range(count)
    ]


def ids(announcements: Iterable[Announcement]) -> Counter[str]:
    return Counter(each.paper.arxiv_id for each in announcements)


async def test_a_stale_then_empty_then_halved_day_loses_and_doubles_nothing(
    bot: ListeningBot,
) -> None:
    monday, wednesday = invented(MONDAY, "2601.1", 20), invented(WEDNESDAY, "2601.2", 30)
    await bot.subscribe("cs.CL", term=TERM)
    bot.arxiv.serve_feed(arxiv_xml.rss(monday, MONDAY))
    await bot.run_until(datetime(2026, 1, 19, 8, 0, tzinfo=UTC))
    bot.clock.move_to(on_wednesday(5, 20))
    said = []
    for hour, carried in enumerate(
        (monday, [], wednesday[:15], monday + wednesday[15:], wednesday), start=6
    ):
        bot.arxiv.serve_feed(arxiv_xml.rss(carried, WEDNESDAY))
        await bot.run_until(on_wednesday(hour + 1))
        said.append(await bot.status())

    assert bot.messenger.posted == ids([*monday, *wednesday])
    assert "stale" in said[0]
    assert "empty" in said[1]
    assert "Latest announcement seen: Wed 21 Jan 2026." in said[2]


async def test_a_weekend_and_a_holiday_are_explained_and_no_lateness(bot: ListeningBot) -> None:
    monday = invented(MONDAY, "2601.1", 20)
    await bot.subscribe("cs.CL", term=TERM)
    bot.arxiv.serve_feed(arxiv_xml.rss(monday, MONDAY))
    await bot.run_until(datetime(2026, 1, 20, 20, 0, tzinfo=UTC))

    status = await bot.status()
    digest = await bot.post()

    assert "Martin Luther King Jr. Day" in status
    assert "Martin Luther King Jr. Day" in digest.silence_reason
    assert "Late:" not in status
    assert "late" not in await bot.outcomes()


async def test_a_refusal_outlives_a_start_and_ends_by_itself(bot: ListeningBot) -> None:
    monday = invented(MONDAY, "2601.1", 20)
    await bot.subscribe("cs.CL", term=TERM)
    bot.arxiv.serve_feed(arxiv_xml.rss(monday, MONDAY))
    bot.arxiv.fail("/rss", arxiv_faults.status(403))
    await bot.run_until(bot.clock.now() + timedelta(minutes=1))

    bot.start_again()
    await bot.run_until(bot.clock.now() + timedelta(hours=5))
    asked = len(bot.arxiv.calls)
    await bot.run_until(bot.clock.now() + timedelta(hours=2))

    assert asked == 1
    assert bot.messenger.posted == ids(monday)
