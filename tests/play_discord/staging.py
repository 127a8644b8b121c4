"""The bot in a Discord of its own, on the sample days: what the page and the pictures show."""

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
from tests.fakes.discord import DiscordServer
from tests.fakes.service_process import ServiceProcess
from tests.play_slack.staging import Days

_CONFIG = {"arxiv": {"request_spacing_seconds": 0}}


@dataclass(frozen=True, slots=True)
class Staged:
    """What is running."""

    discord: DiscordServer
    days: Days
    service: ServiceProcess


@asynccontextmanager
async def staged() -> AsyncIterator[Staged]:
    """Discord, arXiv and the bot, connected; its home is thrown away afterwards."""
    papers = [each.paper for each in read_feed_files(sample_feed_paths()).announcements]
    with tempfile.TemporaryDirectory(prefix="papercourier-play-") as folder:
        home = Path(folder)
        (home / "config.json").write_text(json.dumps(_CONFIG), encoding="utf-8")
        async with ArxivServer(papers=papers) as arxiv, DiscordServer() as discord:
            days = Days(arxiv)
            service = ServiceProcess(home=home, **_environment(discord, arxiv))
            async with service:
                await service.until(
                    lambda: bool(discord.gateway.connected and discord.commands),
                    what="the bot is connected and its commands are there",
                )
                yield Staged(discord, days, service)


def _environment(discord: DiscordServer, arxiv: ArxivServer) -> dict[str, str]:
    return {
        "DISCORD_API_URL": discord.api_url,
        "DISCORD_TOKEN": discord.token,
        "ARXIV_FEED_URL": arxiv.url,
        "ARXIV_API_URL": arxiv.url,
        "ARXIV_SITE_URL": arxiv.url,
    }
