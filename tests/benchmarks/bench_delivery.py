"""How close delivery comes to a platform's ceiling, and what it earns in 429s; on SQLite.

The chat server on loopback lets 50 calls pass in any second and one a second to a channel.
`python -m tests.benchmarks delivery` prints the table.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from adapters.scheduling.system_clock import SetClock
from bot.app import App, Platform, open_app
from bot.domain.outbox import OutboxMessage
from bot.domain.subscriptions import Destination
from bot.services.delivery import DeliveryService
from bot.services.sending import DeliveryRules
from tests.crash.scene import (
    CATEGORIES,
    InventedFeed,
    announcement_days,
    due_at,
    settings_of,
    subscription_of,
)
from tests.fakes.chat_platform import PLATFORM, ChatMessenger, ChatRenderer
from tests.fakes.chat_process import chat_process
from tests.fakes.simulated_time import until
from tests.fakes.telemetry import Figures

CEILING = 50
CHANNELS = 700
MESSAGES = 1_000  # the first channels get two
PLANNED = 5_000  # digests, for another platform that nobody delivers to meanwhile
LATENCY_SECONDS = 0.1
AT_LEAST = 0.95
LONGEST_SECONDS = 120.0
_ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Run:
    """What one run showed."""

    per_second: float
    throttled: int
    slowest_turn_seconds: float  # of the event loop
    planned: int

    def rows(self, what: str) -> list[tuple[str, str, str, bool | None]]:
        """Two rows of the table."""
        share = self.per_second / CEILING
        turns = f"slowest turn of the loop {1000 * self.slowest_turn_seconds:.0f} ms"
        return [
            (
                f"Deliver, {what}",
                f"{self.per_second:.1f} a second, {share:.1%} of the ceiling; {turns}",
                f"at least {AT_LEAST:.0%} of {CEILING}",
                share >= AT_LEAST,
            ),
            ("… 429s of our own making", str(self.throttled), "0", self.throttled == 0),
        ]


def measure() -> list[tuple[str, str, str, bool | None]]:
    """Rows of what, measured, target, holds."""
    logging.getLogger("bot").setLevel(logging.ERROR)
    alone = asyncio.run(_run(plan=0))
    beside = asyncio.run(_run(plan=PLANNED))
    return [
        *alone.rows(f"{MESSAGES:,} messages to {CHANNELS} channels"),
        *beside.rows(f"while {beside.planned:,} digests are planned"),
    ]


async def _run(*, plan: int) -> Run:
    [day] = announcement_days(1)
    clock = SetClock(due_at(day))
    async with (
        chat_process(
            channel_seconds=1.0, per_second=CEILING, latency_seconds=LATENCY_SECONDS
        ) as report,
        ChatMessenger(report.url) as messenger,
    ):
        with tempfile.TemporaryDirectory(prefix="papercourier-bench-") as home:
            chat = Platform(ChatRenderer(), messenger)
            async with open_app(
                settings_of(Path(home)),
                feed=InventedFeed(clock),
                clock=clock,
                platforms={PLATFORM: chat, _ELSEWHERE: chat},
            ) as bot:
                await _prepare(bot, clock, subscriptions=plan)
                slowest, planned = await _deliver(bot, messenger, clock)
    times = report.arrived_at
    assert planned == plan, "not all digests were planned"
    assert sorted(report.keys) == sorted(message.key for message in _messages())
    return Run(
        per_second=(len(times) - 1) / (times[-1] - times[0]),
        throttled=report.throttled,
        slowest_turn_seconds=slowest,
        planned=planned,
    )


async def _deliver(bot: App, messenger: ChatMessenger, clock: SetClock) -> tuple[float, int]:
    """Deliver everything while all that is due is planned; the slowest turn, digests planned."""
    figures = Figures()
    delivery = DeliveryService(
        open_unit=bot.database.unit_of_work,
        messengers={PLATFORM: messenger},
        clock=clock,
        rules=DeliveryRules(per_platform_per_second=CEILING),
        telemetry=figures,
    )
    stop = asyncio.Event()
    async with asyncio.timeout(LONGEST_SECONDS), asyncio.TaskGroup() as group:
        group.create_task(delivery.drain(PLATFORM, stop))
        turns = group.create_task(_slowest_turn(stop))
        planning = group.create_task(bot.planning.plan_due(clock.now(), patience=timedelta(0)))
        await until(lambda: figures.counted["messages_sent", PLATFORM] >= MESSAGES)
        stop.set()
    return turns.result(), planning.result()


async def _prepare(bot: App, clock: SetClock, *, subscriptions: int) -> None:
    await bot.ingest.ingest(CATEGORIES)
    async with bot.database.unit_of_work() as unit:
        await unit.outbox.add(_messages(), now=clock.now())
        for channel in range(subscriptions):
            place = Destination(_ELSEWHERE, "W1", f"C{channel}")
            await unit.subscriptions.add(replace(subscription_of(channel), destination=place))
        await unit.commit()


def _messages() -> Sequence[OutboxMessage]:
    return [
        OutboxMessage(
            key=f"bench/{n}",
            destination=Destination(PLATFORM, "W1", f"C{n % CHANNELS}"),
            payload=f'{{"text": "message {n}"}}',
        )
        for n in range(MESSAGES)
    ]


async def _slowest_turn(stop: asyncio.Event) -> float:
    """The longest that the event loop kept anybody waiting."""
    loop = asyncio.get_running_loop()
    slowest, pause = 0.0, 0.01
    while not stop.is_set():
        before = loop.time()
        await asyncio.sleep(pause)
        slowest = max(slowest, loop.time() - before - pause)
    return slowest
