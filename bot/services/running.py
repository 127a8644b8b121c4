"""The service that goes on for months: what is done when, and whether it still is.

All work is found in the database again and again, so a round that failed, a process that died or
a change made by another process costs at most the time to the next tick.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from bot.domain.feed_health import BROUGHT
from bot.errors import PapercourierError, TransientError
from bot.ports import (
    NO_TELEMETRY,
    Clock,
    Housekeeping,
    JobQueue,
    Telemetry,
    UnitOfWork,
    UnitOfWorkFactory,
)
from bot.services.standing import feed_standing

log = logging.getLogger(__name__)

TICK_SECONDS = 60.0
LONGEST_TICK_SILENCE = timedelta(minutes=3)
KEEP_VECTORS = timedelta(days=45)  # longer than any digest or dry run reaches back
_HOUSEKEEPING_SECONDS = 24 * 3600.0
_DRAIN_AGAIN_SECONDS = 5.0  # after a fault that ended a platform's delivery


class Planner(Protocol):
    """Who plans due digests."""

    async def plan_due(self, now: datetime, *, patience: timedelta) -> int:
        """Plan what is due; how many digests were made."""
        ...


class Delivery(Protocol):
    """Who sends what is planned."""

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms that can be delivered to."""
        ...

    async def drain(self, platform: str, stop: asyncio.Event) -> None:
        """Deliver to `platform` until `stop`."""
        ...

    def wake(self) -> None:
        """Look for messages now."""
        ...


@dataclass(frozen=True, slots=True)
class RunningRules:
    """How long things may take, and how long they are kept."""

    patience: timedelta = timedelta(hours=2)  # how long due digests wait for a late announcement
    keep_papers: timedelta = timedelta(days=400)
    keep_messages: timedelta = timedelta(days=30)
    extra_holidays: frozenset[date] = frozenset()


class RunningService:
    """Ingest, planning, delivery and housekeeping, each at its time.

    `poll` looks at arXiv if it is time to, and says when it will be; it may be called often.
    `prepare` makes the vectors that coming digests ask for; None where nobody can.
    """

    def __init__(
        self,
        *,
        queue: JobQueue,
        open_unit: UnitOfWorkFactory,
        poll: Callable[[], Awaitable[datetime]],
        planner: Planner,
        delivery: Delivery,
        housekeeping: Housekeeping,
        clock: Clock,
        rules: RunningRules,
        telemetry: Telemetry = NO_TELEMETRY,
        prepare: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._queue = queue
        self._open_unit = open_unit
        self._poll = poll
        self._planner = planner
        self._delivery = delivery
        self._housekeeping = housekeeping
        self._clock = clock
        self._rules = rules
        self._telemetry = telemetry
        self._prepare = prepare
        self._after_news = ("plan",) if prepare is None else ("meanings", "plan")
        self._last_tick_at = clock.now()

    def register(self) -> None:
        """Tell the queue what there is to do and how often."""
        for job, run in {
            "tick": self._tick,
            "ingest": self._look,
            "plan": self._plan,
            "housekeeping": self._prune,
        }.items():
            self._queue.handler(job, run)
        if self._prepare is not None:
            self._queue.handler("meanings", self._make_vectors)
        self._queue.every(TICK_SECONDS, "tick")
        self._queue.every(_HOUSEKEEPING_SECONDS, "housekeeping")

    async def deliver(self, stop: asyncio.Event) -> None:
        """Deliver to every platform until `stop`; none waits for another."""
        async with asyncio.TaskGroup() as group:
            for platform in self._delivery.platforms:
                group.create_task(self._drain(platform, stop), name=f"drain {platform}")

    async def check_ticks(self) -> None:
        """Return while the ticks come. Raises TransientError when they do not."""
        silence = self._clock.now() - self._last_tick_at
        if silence > LONGEST_TICK_SILENCE:
            minutes = int(silence.total_seconds() // 60)
            raise TransientError(
                f"The last tick was {minutes} minutes ago, and one should come every minute: "
                "look for the reason in the log, or restart the service."
            )

    # --- jobs ------------------------------------------------------------------------------

    async def _tick(self, _: str) -> None:
        """Whatever else fails, this says that we live and what is due gets its turn."""
        now = self._clock.now()
        self._telemetry.gauge("tick_age_seconds", (now - self._last_tick_at).total_seconds())
        self._last_tick_at = now
        # Jobs of their own: digests of what is here already do not wait for a slow arXiv.
        for job in ("ingest", *self._after_news):
            await self._queue.enqueue(job, key="")
        async with self._open_unit() as unit:
            await self._tell(unit, now)

    async def _look(self, _: str) -> None:
        before = await self._last_sequence()
        try:
            await self._poll()
        finally:
            # Whatever ended the look, what it stored need not wait for the next tick.
            if await self._last_sequence() > before:
                for job in self._after_news:
                    await self._queue.enqueue(job, key="")

    async def _make_vectors(self, _: str) -> None:
        if self._prepare is not None:
            await self._prepare()

    async def _last_sequence(self) -> int:
        async with self._open_unit() as unit:
            return await unit.papers.last_sequence()

    async def _plan(self, _: str) -> None:
        try:
            await self._planner.plan_due(self._clock.now(), patience=self._rules.patience)
        finally:
            # Also after a fault: what was planned until then need not wait.
            self._delivery.wake()

    async def _prune(self, _: str) -> None:
        now = self._clock.now()
        removed = await self._housekeeping.prune(
            papers_before=now - self._rules.keep_papers,
            messages_before=now - self._rules.keep_messages,
            vectors_before=now - KEEP_VECTORS,
        )
        for table, rows in removed.items():
            self._telemetry.count("rows_pruned", rows, table=table)
        log.info("housekeeping.done", extra=dict(removed))

    async def _tell(self, unit: UnitOfWork, now: datetime) -> None:
        standing = await feed_standing(unit, now=now, extra_holidays=self._rules.extra_holidays)
        self._telemetry.gauge("feed_late", standing.is_late)
        for check in await unit.feeds.latest(outcomes=BROUGHT):
            age = (now - check.checked_at).total_seconds()
            self._telemetry.gauge("feed_age_seconds", age)
        for state, count in (await unit.outbox.counts()).items():
            self._telemetry.gauge("outbox_messages", count, state=state)
        refusing = await unit.destinations.disabled()
        self._telemetry.gauge("destinations_refusing", len(refusing))

    async def _drain(self, platform: str, stop: asyncio.Event) -> None:
        """A fault of ours in one platform's delivery ends neither the others' nor its own."""
        while not stop.is_set():
            try:
                await self._delivery.drain(platform, stop)
            except Exception as error:
                log.exception(
                    "delivery.interrupted",
                    extra={
                        "platform": platform,
                        "reference": uuid.uuid4().hex[:8],
                        "reason": str(error) if isinstance(error, PapercourierError) else "",
                    },
                )
                await self._clock.sleep(_DRAIN_AGAIN_SECONDS)
