"""Pages and feeds on the service's web server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from adapters.llm.extractive import ExtractiveSummarizer
from adapters.web.day_files import DayFiles
from adapters.web.pages import Pages
from adapters.web.public_feeds import PrivateFeed
from adapters.web.server import WebServer
from bot.app.core import App
from bot.app.publish import page_rules, subscription_feed
from bot.app.reading import no_model
from bot.config import Settings
from bot.domain.interests import format_term
from bot.domain.published import Publication
from bot.domain.schedule_text import format_schedule
from bot.ports import Clock
from bot.services.archive import ArchiveService
from bot.services.feed_links import FeedLinkService
from bot.services.worker import open_worker

_FOLDER = "pages"  # in PAPERCOURIER_HOME: what days were made into pages
_FIRST_DAYS, _MOST_DAYS = 1, 10  # made at one time: the first pages are there within seconds


@asynccontextmanager
async def open_pages(
    settings: Settings, *, bot: App, web: WebServer, clock: Clock
) -> AsyncIterator[Pages]:
    """Pages and feeds as of now, at `web`'s addresses, while the block lasts.

    They cause no model call: summaries are those that digests and commands have had written.
    """
    open_unit = bot.database.unit_of_work
    links = FeedLinkService(open_unit=open_unit, public_url=settings.web.public_url)
    archive = ArchiveService(
        open_unit=open_unit,
        clock=clock,
        store=DayFiles(settings.home / _FOLDER),
        extractor=ExtractiveSummarizer(),
        write=bot.summaries.for_digests,
        rules=page_rules(settings),
    )
    days = _FIRST_DAYS

    async def publish() -> Publication:
        nonlocal days
        publication = await archive.publication(most_days=days)
        days = _MOST_DAYS
        return publication

    async def find_private(token: str) -> PrivateFeed | None:
        subscription = await links.subscription_of(token)
        if subscription is None:
            return None
        return await subscription_feed(open_unit, subscription, token)

    with open_worker("pages") as worker:
        pages = Pages(
            publish=publish,
            find_private=find_private,
            about=public_settings(settings),
            base_url=settings.web.public_url,
            worker=worker,
        )
        web.add_routes(pages.routes())
        async with pages.kept():
            yield pages


def public_settings(settings: Settings) -> dict[str, Any]:
    """What anybody may know of the configuration: a list of what is told, not of what is not."""
    return {
        "categories": list(settings.categories),
        "keywords": [format_term(term) for term in settings.keywords],
        "exclude_keywords": [format_term(term) for term in settings.exclude_keywords],
        "authors": list(settings.authors),
        "formula": settings.scoring.formula.value,
        "min_score": settings.min_score,
        "max_papers": settings.max_papers,
        "days_back": settings.days_back,
        "cross_lists": settings.cross_lists,
        "revisions": settings.revisions,
        "language": settings.language,
        "schedule": format_schedule(settings.default_schedule()),
        "model": None if no_model(settings) else settings.ai_summary.model,
    }
