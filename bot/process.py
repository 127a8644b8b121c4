"""`papercourier run`: the process around the service, from its first log line to its exit code."""

from __future__ import annotations

import asyncio
import logging
import os
import platform
import signal
import sys
import threading
import time
from importlib import metadata
from typing import NoReturn

from bot import app
from bot.config import Settings
from bot.logs import configure_logging, secrets_in, without_password

log = logging.getLogger(__name__)

# While a thread computes, the event loop gets the interpreter back this soon. Python's own 5 ms
# come again with every answer that is sent: two hundred at once would take a second.
SWITCH_SECONDS = 0.0005

HARD_STOP_SECONDS = 9.5  # after the first signal; whoever sent it may kill us at ten


async def run(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; a second one ends the process at once.

    Raises UserError, TransientError or PermanentError when it cannot start.
    """
    began = time.monotonic()
    sys.setswitchinterval(SWITCH_SECONDS)
    configure_logging(
        shape=settings.log.format, level=settings.log.level, secrets=secrets_in(settings)
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, stop, number)
    _tell_start(settings)
    async with app.open_service(settings) as service:
        log.info(
            "service.ready",
            extra={
                "url": service.web.url,
                "platforms": service.delivery.platforms,
                "seconds": round(time.monotonic() - began, 3),
            },
        )
        await service.run(stop)
    log.info("service.stopped")


def _tell_start(settings: Settings) -> None:
    log.info(
        "service.starting",
        extra={
            "version": metadata.version("papercourier"),
            "python": platform.python_version(),
            "config": str(settings.source or "built in"),
            "home": str(settings.home),
            "database": without_password(settings.database_url.reveal()),
            "pid": os.getpid(),
        },
    )
    for notice in settings.notices:
        log.warning("config.notice", extra={"notice": notice})


def _stop(stop: asyncio.Event, number: signal.Signals) -> None:
    if stop.is_set():
        log.warning("service.killed", extra={"signal": number.name})
        _exit(128 + number)
    log.info("service.stopping", extra={"signal": number.name})
    stop.set()
    # What stands in the outbox is safe however we end; a thread that works on would keep us.
    timer = threading.Timer(HARD_STOP_SECONDS, _stop_hard)
    timer.daemon = True
    timer.start()


def _stop_hard() -> NoReturn:
    log.error("service.stop_overdue", extra={"seconds": HARD_STOP_SECONDS})
    _exit(1)


def _exit(code: int) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
