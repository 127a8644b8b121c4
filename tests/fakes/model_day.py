"""A day of the bot with arXiv and a model on loopback, as its configuration would have it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot import app
from bot.command_text import parse_command
from bot.config import load_settings
from bot.domain.commands import Actor, Reply
from bot.domain.digest import Digest
from bot.domain.papers import Paper
from bot.domain.subscriptions import Destination
from bot.domain.summary import Usage
from bot.ports import FeedSource
from tests.fakes.arxiv_server import ArxivServer
from tests.fakes.clock import FrozenClock
from tests.fakes.command_line import Ended, papercourier
from tests.fakes.model_server import API_KEY, MODEL, ModelServer
from tests.fakes.world import WEDNESDAY, FakeFeed

KEY_NAME = "LAB_MODEL_KEY"


@dataclass(slots=True)
class ModelDay:
    """`config` is config.json; what tests change of it counts from the next `bot` or `run`."""

    home: Path
    arxiv: ArxivServer
    model: ModelServer
    clock: FrozenClock
    config: dict[str, Any]
    has_key: bool = True

    @property
    def ai(self) -> dict[str, Any]:
        settings: dict[str, Any] = self.config["ai_summary"]
        return settings

    @property
    def charged(self) -> Usage:
        """What the endpoint says it was asked and answered."""
        whole = Usage()
        for call in self.model.calls:
            if call.usage is not None:
                whole += Usage(call.usage["prompt_tokens"], call.usage["completion_tokens"], 1)
        return whole

    def environ(self) -> dict[str, str]:
        named = {
            "ARXIV_FEED_URL": self.arxiv.url,
            "ARXIV_API_URL": self.arxiv.url,
            "ARXIV_SITE_URL": self.arxiv.url,
        }
        return named | ({KEY_NAME: API_KEY} if self.has_key else {})

    def config_file(self) -> Path:
        path = self.home / "config.json"
        path.write_text(json.dumps(self.config), encoding="utf-8")
        return path

    async def run(self, *words: str) -> Ended:
        """The command line, beside the servers of this loop."""
        config = ("--config", str(self.config_file()))
        return await asyncio.to_thread(
            papercourier, *words, *config, home=self.home, **self.environ()
        )

    @asynccontextmanager
    async def bot(self, *, feed: FeedSource) -> AsyncIterator[app.App]:
        environ = {"PAPERCOURIER_HOME": str(self.home), **self.environ()}
        settings = load_settings(self.config_file(), environ)
        async with app.open_app(settings, feed=feed, clock=self.clock) as bot:
            yield bot

    async def spent(self, bot: app.App, workspace: str = "terminal:local") -> int:
        """The day's tokens of a workspace, as the database has them."""
        async with bot.database.unit_of_work() as unit:
            day = self.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
            return await unit.budgets.spent(f"tokens/{workspace}", period=day)


@asynccontextmanager
async def model_day(home: Path, *, papers: tuple[Paper, ...] = ()) -> AsyncIterator[ModelDay]:
    """The configuration: loopback, no pause between requests, one page of settings."""
    async with ArxivServer(papers=papers) as arxiv, ModelServer() as model:
        ai = {"base_url": model.base_url, "model": MODEL, "api_key_env": KEY_NAME}
        config: Mapping[str, Any] = {
            "categories": ["cs.CL", "cs.LG", "cs.AI", "cs.DC"],
            "min_score": 0,
            "arxiv": {"request_spacing_seconds": 0},
            "ai_summary": ai,
        }
        yield ModelDay(home, arxiv, model, FrozenClock(WEDNESDAY), dict(config))


def feed_of(*papers: Paper) -> FakeFeed:
    """These papers, announced on Wednesday."""
    feed = FakeFeed()
    feed.papers = papers
    return feed


async def ask(bot: app.App, line: str, *, channel: str = "one", language: str = "en") -> Reply:
    """What somebody types in a channel."""
    destination = Destination("terminal", "local", channel)
    return await bot.desk.answer(parse_command(line), Actor("ann", destination, language=language))


async def latest(bot: app.App, channel: str = "one") -> Digest:
    """The digest a channel got last."""
    async with bot.database.unit_of_work() as unit:
        [subscription] = await unit.subscriptions.of_destination(
            Destination("terminal", "local", channel)
        )
        [record] = await unit.digests.latest(subscription.id)
    return record.digest
