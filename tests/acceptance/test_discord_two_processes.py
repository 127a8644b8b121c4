"""Two processes of the bot, one shard of Discord each, on one database."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from adapters.database.engine import open_database
from bot.domain import calendar
from bot.domain.interests import Interests
from bot.domain.papers import Announcement, AnnounceType, Paper
from bot.domain.subscriptions import Destination, Schedule, Subscription
from tests.databases import PostgresqlServer
from tests.fakes.arxiv_server import ArxivServer
from tests.fakes.arxiv_xml import rss
from tests.fakes.discord import DiscordServer, Guild
from tests.fakes.service_process import ServiceProcess

SHARDS = 2
GUILDS = 4

pytestmark = pytest.mark.slow


def feed(*numbers: int) -> bytes:
    """Papers announced on the latest day: the processes have a real clock."""
    day = calendar.announcement_day(datetime.now(UTC))
    papers = (
        Paper(
            arxiv_id=f"2601.0000{number}",
            version=1,
            title=f"Caches {number}",
            abstract="We share caches. They are halved.",
            authors=("Ada Example",),
            categories=("cs.CL",),
        )
        for number in numbers
    )
    return rss([Announcement(each, AnnounceType.NEW, day) for each in papers], day)


def subscription(discord: DiscordServer, guild: Guild) -> Subscription:
    """Of a guild's #papers, due a minute ago."""
    due_at = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1)
    place = str(discord.channel("papers", guild=guild).id)
    return Subscription(
        number=1,
        destination=Destination("discord", str(guild.id), place),
        interests=Interests(categories=("cs.CL",)),
        created_at=due_at - timedelta(days=1),
        schedule=Schedule(at=due_at.time()),
        next_run_at=due_at,
    )


async def subscribe(url: str, *subscriptions: Subscription) -> None:
    async with await open_database(url) as database, database.unit_of_work() as unit:
        for each in subscriptions:
            await unit.subscriptions.add(each)
        await unit.commit()


def environment(discord: DiscordServer, arxiv: ArxivServer, url: str) -> Mapping[str, str]:
    return {
        "DATABASE_URL": url,
        "DISCORD_TOKEN": discord.token,
        "DISCORD_API_URL": discord.api_url,
        "DISCORD_SHARD_COUNT": str(SHARDS),
        "ARXIV_FEED_URL": arxiv.url,
        "ARXIV_API_URL": arxiv.url,
        "ARXIV_SITE_URL": arxiv.url,
    }


@asynccontextmanager
async def running(
    folder: Path, environ: Mapping[str, str]
) -> AsyncIterator[tuple[ServiceProcess, ...]]:
    """One process for each shard, all started at once."""
    processes = []
    for shard in range(SHARDS):
        home = folder / f"shard-{shard}"
        home.mkdir()
        config = json.dumps({"arxiv": {"request_spacing_seconds": 0}})
        (home / "config.json").write_text(config, encoding="utf-8")
        processes.append(ServiceProcess(home=home, DISCORD_SHARD_IDS=str(shard), **environ))
    async with AsyncExitStack() as stack:
        yield tuple(await asyncio.gather(*map(stack.enter_async_context, processes)))


async def test_each_guild_is_answered_by_its_shard_and_gets_each_digest_once(
    tmp_path: Path, postgresql: PostgresqlServer
) -> None:
    url = postgresql.migrated_database()
    async with ArxivServer() as arxiv, DiscordServer(limits={}) as discord:
        arxiv.serve_feed(feed(1, 2))
        discord.kick_bot()
        guilds = [
            discord.add_guild(f"guild {number}", shard=(number % SHARDS, SHARDS))
            for number in range(GUILDS)
        ]
        *subscribed, newcomer = guilds[0], guilds[1], guilds[3], guilds[2]
        places = [discord.channel("papers", guild=each) for each in subscribed]
        await subscribe(url, *(subscription(discord, each) for each in subscribed))

        async with running(tmp_path, environment(discord, arxiv, url)) as (zero, one):
            await zero.until(
                lambda: len(discord.gateway.connected) == SHARDS and bool(discord.commands),
                what="both shards are connected",
            )
            await zero.until(
                lambda: all(
                    sum(len(each.messages) for each in discord.threads(place)) == 2
                    for place in places
                ),
                what="a digest with two papers in every guild that wants one",
            )
            people = [discord.user("admin", guild=each) for each in guilds]
            lists = [await person.command("arxiv list") for person in people[:2]]

            # Each of them knows the guilds of its shard alone, and every digest came once.
            shards = sorted(each.shard for each in discord.gateway.connected)
            assert shards == [(0, SHARDS), (1, SHARDS)]
            assert ["cs.CL" in each.text for each in lists] == [True] * SHARDS
            assert [len(place.messages) for place in places] == [1] * len(places)
            assert [len(discord.threads(place)) for place in places] == [1] * len(places)

            # One is killed: the other's guilds subscribe, are answered, and get their digests.
            one.process.send_signal(signal.SIGKILL)
            await one.process.wait()
            person = discord.user("admin", guild=newcomer)
            said = await person.command("arxiv subscribe", {"categories": "cs.CL"})
            now = await person.command("arxiv now")
            threads = partial(discord.threads, discord.channel("papers", guild=newcomer))
            await zero.until(
                lambda: [len(each.messages) for each in threads()] == [2],
                what="a digest in the guild that subscribed late",
            )
            unheard = await people[1].command("arxiv list")

            assert said.text.startswith("Subscribed: #1 cs.CL")
            assert not now.failed
            assert unheard.failed
            assert [len(place.messages) for place in places] == [1] * len(places)

        assert discord.violations == []
        assert discord.earned_429 == 0
