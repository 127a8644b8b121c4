"""From the outbox to the platforms, and a record of what became of each message."""

from __future__ import annotations

import logging
import random
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.domain.outbox import MAX_ATTEMPTS, MessageRef, OutboxMessage, retry_delay
from bot.errors import PermanentError, TransientError
from bot.ports import Clock, Messenger, UnitOfWorkFactory

log = logging.getLogger(__name__)

LEASE_SECONDS = 120.0  # longer than any single call to a platform may take


class DeliveryService:
    """Sends what is due, one message per destination at a time, in order."""

    def __init__(
        self,
        *,
        open_unit: UnitOfWorkFactory,
        messengers: Mapping[str, Messenger],
        clock: Clock,
    ) -> None:
        self._open_unit = open_unit
        self._messengers = messengers
        self._clock = clock
        self._holder = uuid.uuid4().hex

    async def deliver_due(self, *, limit: int = 100, platforms: Sequence[str] | None = None) -> int:
        """Send everything that is due now; returns how many messages were sent.

        `platforms` leaves the messages of all others to another process.
        """
        sent = 0
        while claimed := await self._claim(limit, platforms):
            for message in claimed:
                sent += await self.deliver(message)
        return sent

    async def deliver(self, message: OutboxMessage) -> bool:
        """Send one claimed message and record how that ended; True when it is there."""
        try:
            ref = await self._send(message)
        except PermanentError as error:
            await self._give_up(message, error)
        except TransientError as error:
            await self._retry_or_give_up(message, error)
        else:
            await self._mark_sent(message, ref)
            return True
        return False

    async def _claim(
        self, limit: int, platforms: Sequence[str] | None
    ) -> tuple[OutboxMessage, ...]:
        async with self._open_unit() as unit:
            claimed = await unit.outbox.claim(
                holder=self._holder,
                now=self._clock.now(),
                lease_seconds=LEASE_SECONDS,
                limit=limit,
                platforms=platforms,
            )
            await unit.commit()
        return claimed

    async def _send(self, message: OutboxMessage) -> MessageRef:
        messenger = self._messengers.get(message.destination.platform)
        if messenger is None:
            raise TransientError(
                f"{message.destination.platform} is not connected: set its token and start again."
            )
        # After a crash only the platform knows whether we posted, so ask it first.
        found = await messenger.find_sent(message) if message.may_be_sent else None
        return found or await messenger.send(message)

    async def _mark_sent(self, message: OutboxMessage, ref: MessageRef) -> None:
        async with self._open_unit() as unit:
            await unit.outbox.mark_sent(message, ref, now=self._clock.now())
            await unit.commit()
        log.info("delivery.sent", extra={"key": message.key})

    async def _retry_or_give_up(self, message: OutboxMessage, error: TransientError) -> None:
        if message.attempts >= MAX_ATTEMPTS:
            await self._give_up(message, error)
            return
        delay = retry_delay(
            message.attempts,
            retry_after=error.retry_after,
            jitter=random.random(),  # noqa: S311 - spreads load, guards nothing
        )
        async with self._open_unit() as unit:
            await unit.outbox.retry_later(
                message,
                not_before=self._clock.now() + timedelta(seconds=delay),
                error=str(error),
                may_be_sent=True,
            )
            await unit.commit()
        log.warning(
            "delivery.retried", extra={"key": message.key, "seconds": delay, "reason": str(error)}
        )

    async def _give_up(self, message: OutboxMessage, error: Exception) -> None:
        async with self._open_unit() as unit:
            await unit.outbox.give_up(message, error=str(error), now=self._clock.now())
            await unit.commit()
        log.error("delivery.given_up", extra={"key": message.key, "reason": str(error)})
