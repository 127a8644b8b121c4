"""From the outbox to the platforms, and a record of what became of each message.

Each platform has a lane of its own (lane.py), so a slow one delays nobody else's. Whatever
happens, a message stands in the outbox until its outcome is recorded: nothing is lost. What is
posted twice is only what a platform cannot be asked about (`find_sent`).
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence

from bot.domain.outbox import OutboxMessage
from bot.domain.subscriptions import Destination
from bot.ports import NO_TELEMETRY, Clock, Messenger, Telemetry, Teller, UnitOfWorkFactory
from bot.services.lane import Lane
from bot.services.refusals import RefusalService
from bot.services.sending import (
    DeliveryRules,
    Outcome,
    Refused,
    Sender,
    Sent,
    record,
    tell,
    why_not_sent,
)


class DeliveryService:
    """Sends what is due, one message per destination at a time, in order."""

    def __init__(
        self,
        *,
        open_unit: UnitOfWorkFactory,
        messengers: Mapping[str, Messenger],
        clock: Clock,
        rules: DeliveryRules | None = None,
        platform_rules: Mapping[str, DeliveryRules] | None = None,
        telemetry: Telemetry = NO_TELEMETRY,
        tellers: Mapping[str, Teller] | None = None,
    ) -> None:
        self._open_unit = open_unit
        self._messengers = messengers
        self._clock = clock
        self._rules = rules or DeliveryRules()
        self._platform_rules = platform_rules or {}  # where a platform has its own
        self._telemetry = telemetry
        self._lanes: list[Lane] = []
        self._holder = uuid.uuid4().hex
        self.refusals = RefusalService(
            open_unit=open_unit, tellers=tellers or {}, clock=clock, wake=self.wake
        )

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms that can be delivered to; each wants its own `drain`."""
        return tuple(self._messengers)

    async def drain(self, platform: str, stop: asyncio.Event) -> None:
        """Deliver to `platform` until `stop`, at its pace; ends within seconds after that.

        Faults of the platform and of the database are told in the log and waited out. The rates
        are this process's own: of several processes, let one drain a platform.
        """
        lane = Lane(
            platform,
            messenger=self._messengers[platform],
            open_unit=self._open_unit,
            clock=self._clock,
            rules=self._platform_rules.get(platform, self._rules),
            telemetry=self._telemetry,
            refusals=self.refusals,
        )
        self._lanes.append(lane)
        try:
            await lane.run(stop)
        finally:
            self._lanes.remove(lane)

    def wake(self) -> None:
        """Look for messages now rather than at the next poll: something was enqueued."""
        for lane in self._lanes:
            lane.wake()

    async def enable(self, destination: Destination) -> None:
        """Send to a channel again that refused us: it was unarchived, or we were invited."""
        await self.refusals.accept(destination)

    async def deliver_due(
        self,
        *,
        limit: int = 100,
        platforms: Sequence[str] | None = None,
        pause_seconds: float = 0.0,
        on_trouble: Callable[[str], None] | None = None,
    ) -> int:
        """Send everything that is due now, in turn; returns how many messages were sent.

        For a terminal and for tests; whoever has rates wants `drain`. `platforms` leaves the
        messages of all others to another process, `pause_seconds` pass between two calls, and
        `on_trouble` is told why a message was not sent.
        """
        sent = 0
        while claimed := await self._claim(limit, platforms or self.platforms):
            for message in claimed:
                if sent and pause_seconds:
                    await self._clock.sleep(pause_seconds)
                outcome = await self._deliver(message)
                sent += isinstance(outcome, Sent)
                if on_trouble is not None and (reason := why_not_sent(outcome)):
                    on_trouble(reason)
        return sent

    async def _claim(self, limit: int, platforms: Sequence[str]) -> tuple[OutboxMessage, ...]:
        async with self._open_unit() as unit:
            claimed = await unit.outbox.claim(
                holder=self._holder,
                now=self._clock.now(),
                lease_seconds=self._rules.lease_seconds + limit * self._rules.call_seconds,
                limit=limit,
                platforms=platforms,
            )
            await unit.commit()
        return claimed

    async def _deliver(self, message: OutboxMessage) -> Outcome:
        messenger = self._messengers[message.destination.platform]
        outcome = await Sender(messenger, clock=self._clock, rules=self._rules).attempt(message)
        async with self._open_unit() as unit:
            is_news = await record(unit, outcome, rest_seconds=0)
            await unit.commit()
        tell(outcome, self._telemetry)
        if is_news and isinstance(outcome, Refused):
            await self.refusals.heed(message.destination, outcome.error)
        return outcome
