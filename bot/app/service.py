"""The bot as a long-running process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from adapters.database.backup import backup
from adapters.database.engine import open_database
from adapters.scheduling.local import LocalQueue
from adapters.scheduling.loop_watch import LoopWatch
from adapters.scheduling.system_clock import SystemClock
from adapters.web.health import Check
from adapters.web.metrics import PrometheusTelemetry
from adapters.web.server import WebServer
from bot.app.chats import open_chats
from bot.app.core import make_home, open_app
from bot.app.pages import open_pages
from bot.config import Settings
from bot.errors import UserError
from bot.services.delivery import DeliveryService
from bot.services.running import RunningRules, RunningService


@dataclass(frozen=True, slots=True)
class Service:
    """The bot as a long-running process."""

    queue: LocalQueue
    running: RunningService
    delivery: DeliveryService
    web: WebServer

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`; then finish what is in hand, within seconds."""
        async with self.queue, asyncio.TaskGroup() as group:
            group.create_task(self.running.deliver(stop))
            await stop.wait()
            group.create_task(self.queue.close())


@asynccontextmanager
async def open_service(settings: Settings) -> AsyncIterator[Service]:
    """Everything that `papercourier run` needs, opened.

    Raises UserError when the address for HTTP cannot be had, and what `open_app` raises.
    """
    telemetry = PrometheusTelemetry()
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        make_home(settings.home)
        database = await stack.enter_async_context(
            await open_database(settings.database_url.reveal())
        )
        chats = await stack.enter_async_context(
            open_chats(settings, database=database, clock=clock, telemetry=telemetry)
        )
        platforms = {name: each for chat in chats for name, each in chat.platforms.items()}
        bot = await stack.enter_async_context(
            open_app(
                settings,
                clock=clock,
                database=database,
                platforms=platforms,
                telemetry=telemetry,
                # What config.json names is shown on the pages; the built-in list is nobody's wish.
                watched=settings.categories if settings.names_categories else (),
            )
        )
        watch = await stack.enter_async_context(LoopWatch(telemetry=telemetry))
        queue = LocalQueue(telemetry=telemetry)
        running = RunningService(
            queue=queue,
            open_unit=bot.database.unit_of_work,
            poll=bot.ingest.poll,
            planner=bot.planning,
            delivery=bot.delivery,
            housekeeping=bot.database.housekeeping,
            clock=clock,
            rules=_running_rules(settings),
            telemetry=telemetry,
            prepare=bot.meanings.prepare if bot.meanings else None,
        )
        running.register()
        ready: dict[str, Check] = {"database": bot.database.check, "service": queue.check}
        web = WebServer(
            host=settings.web.host,
            port=settings.web.port,
            telemetry=telemetry,
            alive={
                "database": bot.database.check,
                "ticks": running.check_ticks,
                "loop": watch.check,
            },
            ready=ready,
        )
        for chat in chats:
            ready["+".join(chat.platforms)] = await stack.enter_async_context(
                chat.listening(bot, web)
            )
        await stack.enter_async_context(open_pages(settings, bot=bot, web=web, clock=clock))
        await stack.enter_async_context(web)
        yield Service(queue=queue, running=running, delivery=bot.delivery, web=web)


def _running_rules(settings: Settings) -> RunningRules:
    return RunningRules(
        patience=timedelta(minutes=settings.schedule.wait_for_feed_minutes),
        keep_papers=timedelta(days=settings.retention.papers_days),
        keep_messages=timedelta(days=settings.retention.outbox_days),
        extra_holidays=frozenset(settings.arxiv.extra_holidays),
    )


def back_up(settings: Settings, target: Path, *, force: bool) -> int:
    """Copy the database to `target`; the copy's size in bytes. Raises as `backup` does."""
    return backup(settings.database_url.reveal(), target, force=force)


def check_place(place: str, *, user_id: str | None) -> None:
    """Raises UserError for what is neither a workspace nor, without a person, a channel."""
    platform, _, rest = place.partition(":")
    workspace_id, _, channel_id = rest.partition(":")
    if not platform or not workspace_id or (user_id and channel_id):
        raise UserError(
            "Name a workspace like slack:T0123 or a channel like discord:1234:5678; --user goes "
            "with a workspace."
        )


async def erase(settings: Settings, place: str, *, user_id: str | None) -> int:
    """Forget a workspace ("slack:T1"), a channel ("slack:T1:C1") or a person; how many rows.

    Raises UserError for what is no place, and what opening the database raises.
    """
    check_place(place, user_id=user_id)
    platform, _, rest = place.partition(":")
    workspace_id, _, channel_id = rest.partition(":")
    async with await open_database(settings.database_url.reveal()) as database:
        if user_id:
            return await database.erasing.person(platform, workspace_id, user_id)
        return await database.erasing.place(platform, workspace_id, channel_id or None)
