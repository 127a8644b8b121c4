"""The whole bot on a fake Discord, in the test's own process: real discord.py, real database."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.database.engine import open_database
from adapters.scheduling.system_clock import SetClock
from adapters.web.health import Check
from adapters.web.metrics import PrometheusTelemetry
from adapters.web.server import WebServer
from bot.app.core import App, open_app
from bot.app.discord import open_discord
from bot.config import load_settings
from bot.errors import PapercourierError
from tests.fakes.arxiv_server import ArxivServer
from tests.fakes.discord import DiscordServer

WEDNESDAY = datetime(2026, 1, 21, 9, 30, tzinfo=UTC)
_LOOK_SECONDS = 0.02
_LOOKS = 1_500  # a busy machine is slow; a broken bot never gets there


@dataclass(slots=True)
class BotOnDiscord:
    """The bot, and what an operator would see of it."""

    app: App
    clock: SetClock
    check: Check

    async def plan(self) -> int:
        """Look at arXiv and plan what is due, as the service's ticks do."""
        await self.app.ingest.poll()
        return await self.app.planning.plan_due(self.clock.now(), patience=timedelta(0))

    async def deliver(self) -> int:
        """Send what waits."""
        return await self.app.delivery.deliver_due(platforms=("discord",))

    async def is_ready(self) -> bool:
        """Whether all shards are heard."""
        try:
            await self.check()
        except PapercourierError:
            return False
        return True

    async def make_due(self) -> None:
        """As if each subscription's next run had just come."""
        async with self.app.database.unit_of_work() as unit:
            for each in await unit.subscriptions.all():
                await unit.subscriptions.advance(
                    each.id, seen_through=0, next_run_at=self.clock.now() - timedelta(minutes=1)
                )
            await unit.commit()

    async def refusal(self, channel_id: int) -> str | None:
        """The code with which a channel refuses us; None while it takes messages."""
        async with self.app.database.unit_of_work() as unit:
            for destination, state in await unit.destinations.disabled():
                if destination.channel_id == str(channel_id):
                    return state.disabled_code
        return None

    async def refused(self, channel_id: int, code: str | None) -> None:
        """Wait until a channel stands so."""
        await _until(lambda: self._stands_so(channel_id, code), what=f"{channel_id}: {code}")

    async def _stands_so(self, channel_id: int, code: str | None) -> bool:
        return await self.refusal(channel_id) == code


async def until(condition: Callable[[], bool], *, what: str) -> None:
    """Wait until something is so. Raises AssertionError when it never comes."""

    async def is_so() -> bool:
        return condition()

    await _until(is_so, what=what)


async def _until(condition: Callable[[], Awaitable[bool]], *, what: str) -> None:
    for _ in range(_LOOKS):
        if await condition():
            return
        await asyncio.sleep(_LOOK_SECONDS)
    raise AssertionError(f"it never came: {what}")


def prepare_home(home: Path, migrated: Path, **config: object) -> None:
    """An installation's folder with an empty database."""
    home.mkdir(exist_ok=True)
    if not (home / "papercourier.db").exists():
        shutil.copy(migrated, home / "papercourier.db")
    given = {"arxiv": {"request_spacing_seconds": 0}, **config}
    (home / "config.json").write_text(json.dumps(given))


@asynccontextmanager
async def bot_on_discord(
    discord: DiscordServer,
    arxiv: ArxivServer,
    home: Path,
    *,
    at: datetime = WEDNESDAY,
    **environ: str,
) -> AsyncIterator[BotOnDiscord]:
    """The bot of `home` (from `prepare_home`), once its commands are there and it is heard."""
    settings = load_settings(
        home / "config.json",
        {
            "PAPERCOURIER_HOME": str(home),
            "DISCORD_TOKEN": discord.token,
            "DISCORD_API_URL": discord.api_url,
            "ARXIV_FEED_URL": arxiv.url,
            "ARXIV_API_URL": arxiv.url,
            "ARXIV_SITE_URL": arxiv.url,
            **environ,
        },
    )
    clock, telemetry = SetClock(at), PrometheusTelemetry()
    web = WebServer(host="127.0.0.1", port=0, telemetry=telemetry, alive={}, ready={})
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(
            await open_database(settings.database_url.reveal())
        )
        chat = await stack.enter_async_context(
            open_discord(settings, database=database, clock=clock, telemetry=telemetry)
        )
        app = await stack.enter_async_context(
            open_app(
                settings,
                clock=clock,
                database=database,
                platforms=chat.platforms,
                telemetry=telemetry,
            )
        )
        check = await stack.enter_async_context(chat.listening(app, web))
        bot = BotOnDiscord(app, clock, check)
        await until(lambda: bool(discord.commands), what="the commands")
        await _until(bot.is_ready, what="the gateway")
        yield bot
