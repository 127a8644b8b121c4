"""`papercourier publish`: README, feeds and pages into a folder."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from rich.console import Console

from adapters.database.engine import Database
from adapters.llm.extractive import ExtractiveSummarizer
from adapters.scheduling.system_clock import SystemClock
from adapters.terminal.progress import TerminalProgress
from adapters.web.day_files import DayFiles
from adapters.web.folder import ARCHIVE, Written, write_folder
from adapters.web.public_feeds import PrivateFeed
from bot.app.core import open_app
from bot.app.once import digest_of_reading, read_feeds
from bot.config import Settings
from bot.domain import calendar
from bot.domain.published import FEED_DAYS, FeedItem, Publication
from bot.domain.subscriptions import Subscription
from bot.ports import UnitOfWorkFactory
from bot.services.archive import ArchiveService, PageRules, counted_day, gathered
from bot.services.feed_links import FeedLinkService

_LOCAL = ("terminal", "file")  # platforms whose subscriptions are the operator's own


@dataclass(frozen=True, slots=True)
class Published:
    """What `publish` did."""

    written: Written
    publication: Publication
    trouble: str = ""  # one sentence: why today's announcements are not in it


def page_rules(settings: Settings) -> PageRules:
    """What the public pages are about."""
    return PageRules(
        interests=settings.default_interests(),
        schedule=settings.default_schedule(),
        language=settings.language,
        is_diverse=settings.scoring.diversity,
        extra_holidays=frozenset(settings.arxiv.extra_holidays),
    )


async def publish(
    settings: Settings,
    folder: Path,
    sources: Sequence[str],
    *,
    on: date | None,
    url: str | None,
) -> Published:
    """Write the pages of everything known into `folder`.

    With `sources` or a day, of these announcements and of the days that the folder itself keeps:
    no database is needed. Else of what the database remembers, after a look at arXiv's feed.

    Raises UserError, TransientError, PermanentError.
    """
    base_url = url or settings.web.public_url
    if sources or on is not None:
        publication = await _of_reading(settings, folder, sources, on=on)
        written = await asyncio.to_thread(write_folder, folder, publication, base_url=base_url)
        return Published(written, publication)
    return await _of_memory(settings, folder, base_url=base_url)


async def _of_reading(
    settings: Settings, folder: Path, sources: Sequence[str], *, on: date | None
) -> Publication:
    rules = page_rules(settings)
    now = SystemClock().now()
    reading = await read_feeds(settings, sources, on=on)
    digest = await digest_of_reading(settings, reading, rules.interests)
    day = reading.announced_on or calendar.eastern_day(now)
    gather = partial(gathered, DayFiles(folder / ARCHIVE), rules=rules, now=now)
    if not reading.announcements:
        # Nothing was announced: that is no day of its own, but it is said.
        return await asyncio.to_thread(gather, [], today=digest)
    made = await counted_day(day, digest, reading, rules.interests)
    return await asyncio.to_thread(gather, [made], today=None)


async def _of_memory(settings: Settings, folder: Path, *, base_url: str | None) -> Published:
    async with open_app(settings) as bot:
        async with bot.database.unit_of_work() as unit:
            wanted = {*settings.categories, *await unit.subscriptions.wanted_categories()}
        # Where arXiv cannot be read, what is remembered is published all the same.
        look = await bot.ingest.ingest(sorted(wanted))
        with TerminalProgress(Console(stderr=True)) as progress:
            archive = ArchiveService(
                open_unit=bot.database.unit_of_work,
                clock=SystemClock(),
                store=DayFiles(folder / ARCHIVE),
                extractor=ExtractiveSummarizer(),
                write=partial(bot.summaries.for_digests, progress=progress),
                rules=page_rules(settings),
                papers_by_model=bot.summaries.papers_per_digest,
            )
            publication = await archive.publication()
        private = await own_feeds(bot.database, base_url=base_url)
    written = await asyncio.to_thread(
        write_folder, folder, publication, base_url=base_url, private=private
    )
    return Published(written, publication, look.detail if look.is_trouble else "")


async def own_feeds(database: Database, *, base_url: str | None) -> list[PrivateFeed]:
    """The feeds of the operator's own subscriptions for which `feed` gave a link.

    A channel's feed is never put into a folder: whoever lists the folder would find it.
    """
    links = FeedLinkService(open_unit=database.unit_of_work, public_url=base_url)
    async with database.unit_of_work() as unit:
        subscriptions = await unit.subscriptions.all()
    own = [each for each in subscriptions if each.destination.platform in _LOCAL]
    found = [(each, await links.token_of(each)) for each in own]
    return [
        await subscription_feed(database.unit_of_work, each, token)
        for each, token in found
        if token
    ]


async def subscription_feed(
    open_unit: UnitOfWorkFactory, subscription: Subscription, token: str
) -> PrivateFeed:
    """What a subscription was sent in its last digests, each paper once."""
    async with open_unit() as unit:
        records = await unit.digests.latest(subscription.id, limit=FEED_DAYS)
    items = tuple(
        FeedItem(entry, record.digest.announced_on)
        for record in records
        for entry in record.digest.entries
    )
    built_at = records[0].created_at if records else subscription.created_at
    return PrivateFeed(subscription, token, items, built_at)
