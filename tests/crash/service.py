"""The process that is killed: the bot on its database, planning and delivering."""

from __future__ import annotations

import asyncio
import logging
import signal
from datetime import datetime, timedelta
from pathlib import Path

from adapters.scheduling.system_clock import SetClock
from bot.app import App, open_app
from bot.errors import TransientError
from bot.services.delivery import DeliveryService
from tests.crash.scene import CATEGORIES, RULES, InventedFeed, settings_of
from tests.crash.stages import PLATFORMS

log = logging.getLogger(__name__)

_TICK_SECONDS = 0.1


def run(home: str, platform: str, url: str, at: str) -> None:
    """Serve from the moment `at` (ISO) on, until killed or told to stop (SIGTERM)."""
    log_file = Path(home) / "service.log"
    logging.basicConfig(filename=log_file, level=logging.WARNING, format="%(asctime)s %(message)s")
    asyncio.run(_serve(Path(home), platform, url, datetime.fromisoformat(at)))


async def _serve(home: Path, platform: str, url: str, at: datetime) -> None:
    clock = SetClock(at)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with (
        PLATFORMS[platform](url) as chat,
        open_app(
            settings_of(home),
            feed=InventedFeed(clock),
            clock=clock,
            platforms={platform: chat},
        ) as bot,
        asyncio.TaskGroup() as group,
    ):
        delivery = DeliveryService(
            open_unit=bot.database.unit_of_work,
            messengers={platform: chat.messenger},
            clock=clock,
            rules=RULES,
        )
        group.create_task(delivery.drain(platform, stop))
        group.create_task(_plan(bot, delivery, clock, stop))


async def _plan(bot: App, delivery: DeliveryService, clock: SetClock, stop: asyncio.Event) -> None:
    await bot.ingest.ingest(CATEGORIES)
    while not stop.is_set():
        try:
            planned = await bot.planning.plan_due(clock.now(), patience=timedelta(0))
        except TransientError as error:
            log.warning("plan.failed: %s", error)
            planned = 0
        if planned:
            delivery.wake()
        await clock.sleep(_TICK_SECONDS)
