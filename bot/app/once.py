"""What the command line does without the whole bot: one digest, the sample days, a copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

from rich.console import Console

from adapters.arxiv.feed_files import FeedFiles, read_feed_files
from adapters.arxiv.feed_xml import MAX_FEED_BYTES, parse_feed
from adapters.arxiv.pacing import LocalSlots
from adapters.arxiv.sample_day import sample_feed_paths
from adapters.database.engine import open_database
from adapters.llm.extractive import ExtractiveSummarizer
from adapters.scheduling.system_clock import SetClock, SystemClock
from adapters.terminal.messenger import TerminalMessenger, open_console
from adapters.terminal.progress import TerminalProgress
from adapters.terminal.render import digest_payload
from adapters.web.feeds import digest_rss
from adapters.web.public_feeds import ARXIV_LISTS
from bot.app.core import make_home
from bot.app.reading import no_model, open_arxiv, open_reading
from bot.config import Settings
from bot.domain import calendar
from bot.domain.digest import Digest
from bot.domain.interests import Formula, Interests
from bot.domain.papers import Announcement, AnnounceType
from bot.ports import (
    Clock,
    FeedReading,
    FeedSource,
)
from bot.services.one_digest import compose_once, joined
from bot.services.publishing import digest_json, digest_markdown


async def read_feeds(settings: Settings, sources: Sequence[str], *, on: date | None) -> FeedReading:
    """The announcements of files or addresses; of the day `on`, or today's, where none is named.

    Raises UserError, TransientError, PermanentError.
    """
    clock = SystemClock()
    arxiv = open_arxiv(settings, slots=LocalSlots(), clock=clock)
    if sources:
        files = [Path(source) for source in sources if not _is_address(source)]
        readings = [read_feed_files(files)] if files else []
        for source in filter(_is_address, sources):
            answer = await arxiv.fetcher.get(
                source, what=f"The feed at {source}", max_bytes=MAX_FEED_BYTES
            )
            readings.append(parse_feed(answer.body))
        return joined(readings, on=on)
    if on is None:
        return await arxiv.feed.read(settings.categories)
    papers = await arxiv.catalogue.submitted_between(
        settings.categories,
        *calendar.submission_window(on, frozenset(settings.arxiv.extra_holidays)),
    )
    announcements = tuple(Announcement(paper, AnnounceType.NEW, on) for paper in papers)
    return FeedReading(announcements, announced_on=on)


def _is_address(source: str) -> bool:
    return source.startswith(("http://", "https://"))


async def digest_once(
    settings: Settings,
    sources: Sequence[str],
    *,
    on: date | None,
    formula: Formula | None,
) -> tuple[Digest, Interests]:
    """One digest without memory, and the interests it was made for.

    No token is needed and nothing is stored, but for summaries where a model's key is set: then a
    second run asks for none again. Raises as `read_feeds` and `open_app` do.
    """
    interests = settings.default_interests()
    if formula is not None:
        interests = replace(interests, formula=formula)
    reading = await read_feeds(settings, sources, on=on)
    return await digest_of_reading(settings, reading, interests), interests


async def digest_of_reading(
    settings: Settings, reading: FeedReading, interests: Interests
) -> Digest:
    """The digest of announcements that are in hand; as `digest_once` in all else."""
    clock = SystemClock()
    compose = partial(
        compose_once,
        reading,
        interests,
        extractor=ExtractiveSummarizer(),
        now=clock.now(),
        is_diverse=settings.scoring.diversity,
    )
    if no_model(settings):
        return await compose()
    make_home(settings.home)
    async with (
        await open_database(settings.database_url.reveal()) as database,
        open_reading(
            settings,
            arxiv=open_arxiv(settings, slots=database.slots, clock=clock),
            open_unit=database.unit_of_work,
            clock=clock,
        ) as papers,
    ):
        with TerminalProgress(Console(stderr=True)) as progress:
            return await compose(
                language=settings.language,
                papers_by_model=papers.summaries.papers_per_digest,
                write=partial(papers.summaries.for_digests, progress=progress),
            )


def publish_text(digest: Digest, interests: Interests, *, shape: str) -> str:
    """A digest as "json", "markdown" or "rss"."""
    now = SystemClock().now()
    if shape == "json":
        return digest_json(digest)
    if shape == "markdown":
        return digest_markdown(digest, interests=interests, updated_at=now)
    categories = ", ".join(interests.categories)
    rss = digest_rss(digest, title=f"arXiv papers: {categories}", link=ARXIV_LISTS, built_at=now)
    return rss.decode()


def print_digest(digest: Digest, interests: Interests) -> None:
    """Show a digest on this terminal."""
    TerminalMessenger(open_console()).show(digest_payload(digest, interests.categories))


def say(markup: str) -> None:
    """Print a line of our own on this terminal, with Rich's markup."""
    open_console().print(markup)


@dataclass(frozen=True, slots=True)
class SampleDay:
    """One of the invented days that ship with the project."""

    feed: FeedSource
    clock: Clock  # set to the morning of that day


def sample_days() -> tuple[SampleDay, ...]:
    """The sample days in order, each with a clock that shows its morning."""
    days = []
    for path in sample_feed_paths():
        feed = FeedFiles([path])
        days.append(SampleDay(feed, SetClock(calendar.feed_expected_at(feed.announced_on))))
    return tuple(days)
