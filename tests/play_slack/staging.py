"""The bot in a Slack of its own, on the sample days: what the page and the pictures show."""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.arxiv.feed_files import read_feed_files
from adapters.arxiv.sample_day import sample_feed_paths
from tests.fakes.arxiv_server import ArxivServer
from tests.fakes.service_process import ServiceProcess
from tests.fakes.slack import SlackServer

_CONFIG = {"arxiv": {"request_spacing_seconds": 0}}


class Days:
    """The sample days, one after the other."""

    def __init__(self, arxiv: ArxivServer) -> None:
        self._arxiv = arxiv
        self._paths = sample_feed_paths()
        self._day = 0
        arxiv.serve_feed(self._paths[0])

    def next(self) -> str:
        """Let the feed carry the next day; what happened, as one sentence."""
        if self._day + 1 >= len(self._paths):
            return "There are no more sample days."
        self._day += 1
        self._arxiv.serve_feed(self._paths[self._day])
        return "arXiv has announced the next day: `/arxiv now` reads it."


@dataclass(frozen=True, slots=True)
class Staged:
    """What is running."""

    slack: SlackServer
    days: Days
    service: ServiceProcess


@asynccontextmanager
async def staged() -> AsyncIterator[Staged]:
    """Slack, arXiv and the bot, connected; its home is thrown away afterwards."""
    papers = [each.paper for each in read_feed_files(sample_feed_paths()).announcements]
    with tempfile.TemporaryDirectory(prefix="papercourier-play-") as folder:
        home = Path(folder)
        (home / "config.json").write_text(json.dumps(_CONFIG), encoding="utf-8")
        async with ArxivServer(papers=papers) as arxiv, SlackServer() as slack:
            days = Days(arxiv)
            service = ServiceProcess(home=home, **_environment(slack, arxiv))
            async with service:
                await _connected(slack)
                yield Staged(slack, days, service)


async def _connected(slack: SlackServer) -> None:
    await slack.until(lambda: slack.connections > 0, what="the bot is connected")


def _environment(slack: SlackServer, arxiv: ArxivServer) -> dict[str, str]:
    return {
        "SLACK_API_URL": slack.api_url,
        "SLACK_BOT_TOKEN": slack.bot_token(),
        "SLACK_APP_TOKEN": slack.app_token,
        "ARXIV_FEED_URL": arxiv.url,
        "ARXIV_API_URL": arxiv.url,
        "ARXIV_SITE_URL": arxiv.url,
    }
