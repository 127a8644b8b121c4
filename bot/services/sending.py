"""One message to its platform, what came of it, and the record of that."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from bot.domain.outbox import (
    REFUSALS,
    MessageRef,
    OutboxMessage,
    Share,
    is_hopeless,
    is_stale,
    retry_delay,
)
from bot.errors import PermanentError, TransientError
from bot.ports import Clock, Messenger, Telemetry, UnitOfWork

log = logging.getLogger(__name__)

_TOLD_RETRY_SECONDS = 0.5
_STALE = "It had waited so long for its channel that it was left out as out of date."


@dataclass(frozen=True, slots=True)
class DeliveryRules:
    """How messages go out."""

    concurrent_sends: int = 8  # for each platform
    per_platform_per_second: float = 20.0
    per_workspace_per_second: float | None = None  # None where a platform has no such limit
    per_channel_seconds: float = 1.0  # from one message's answer to the next one's call
    give_up_after: timedelta = timedelta(hours=24)  # of failing, not of waiting
    stale_after: timedelta = timedelta(days=7)
    call_seconds: float = 30.0  # a platform that says nothing for so long has not answered
    lease_seconds: float = 120.0  # longer than a call, by what waiting for a turn may take
    first_retry_seconds: float = 5.0
    poll_seconds: float = 5.0  # how soon another process's messages are found
    share: Share | None = None  # whose messages are ours; all where nobody else sends any
    stop_seconds: float = 6.0  # how long calls may finish at a graceful stop

    def __post_init__(self) -> None:
        """Refuse a lease that would hardly ever outlast a call."""
        if self.lease_seconds < 2 * self.call_seconds:
            raise ValueError("a lease has to be twice as long as a call at least")


@dataclass(frozen=True, slots=True)
class Sent:
    """It is there."""

    message: OutboxMessage
    ref: MessageRef
    at: datetime


@dataclass(frozen=True, slots=True)
class Postponed:
    """It failed in a way that may pass."""

    message: OutboxMessage
    at: datetime
    not_before: datetime
    error: TransientError
    failing_since: datetime | None


@dataclass(frozen=True, slots=True)
class GivenUp:
    """It will never be sent."""

    message: OutboxMessage
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Its channel takes nothing from us."""

    message: OutboxMessage
    at: datetime
    error: PermanentError


@dataclass(frozen=True, slots=True)
class HandedBack:
    """No call was made."""

    message: OutboxMessage


Outcome: TypeAlias = Sent | Postponed | GivenUp | Refused | HandedBack


class Sender:
    """Makes one platform's calls and says what became of each; it never fails itself."""

    def __init__(self, messenger: Messenger, *, clock: Clock, rules: DeliveryRules) -> None:
        self._messenger = messenger
        self._clock = clock
        self._rules = rules

    async def attempt(self, message: OutboxMessage) -> Outcome:
        """Post `message` unless it is there already, or out of date."""
        try:
            async with asyncio.timeout(self._rules.call_seconds):
                return await self._post(message)
        except TransientError as error:
            return self._failed(message, error)
        except PermanentError as error:
            if error.code in REFUSALS:
                return Refused(message, self._clock.now(), error)
            return GivenUp(message, self._clock.now(), str(error))
        except TimeoutError:
            return self._failed(
                message,
                TransientError(f"{_name(message)} did not answer in time: it is tried again."),
            )
        except Exception:
            # A fault of ours in one platform's code must not end the delivery of all others.
            log.exception("delivery.broken", extra={"key": message.key})
            return self._failed(
                message,
                TransientError("Sending failed for a reason the log tells: it is tried again."),
            )

    async def _post(self, message: OutboxMessage) -> Outcome:
        ref = None
        if message.may_be_sent:
            # After a crash only the platform knows whether we posted, so ask it first.
            with _leaving_doubt():
                ref = await self._messenger.find_sent(message)
        if ref is None:
            if self._is_stale(message):
                return GivenUp(message, self._clock.now(), _STALE)
            ref = await self._messenger.send(message)
        return Sent(message, ref, self._clock.now())

    def cut_short(self, message: OutboxMessage) -> Outcome:
        """What a call comes to that we broke off."""
        now = self._clock.now()
        error = TransientError("We were stopped while it was being sent.")
        return Postponed(message, now, now, error, failing_since=message.failing_since)

    def _failed(self, message: OutboxMessage, error: TransientError) -> Outcome:
        now = self._clock.now()
        since = message.failing_since or now
        if is_hopeless(since, now=now, give_up_after=self._rules.give_up_after):
            return GivenUp(message, now, f"Tried since {since:%-d %B, %H:%M} UTC. {error}")
        delay = retry_delay(
            message.attempts,
            retry_after=error.retry_after,
            jitter=random.random(),  # noqa: S311 - spreads load, guards nothing
            first_seconds=self._first_retry_seconds(error),
        )
        return Postponed(message, now, now + timedelta(seconds=delay), error, since)

    def _first_retry_seconds(self, error: TransientError) -> float:
        """Little where the server said itself when to come back: it knows better than we."""
        is_told = error.retry_after is not None and not error.may_have_acted
        usual = self._rules.first_retry_seconds
        return min(usual, _TOLD_RETRY_SECONDS) if is_told else usual

    def _is_stale(self, message: OutboxMessage) -> bool:
        return is_stale(message, now=self._clock.now(), stale_after=self._rules.stale_after)


async def record(unit: UnitOfWork, outcome: Outcome, *, rest_seconds: float) -> bool:
    """Write down what became of a message; whoever opened `unit` commits.

    The next message of a channel rests `rest_seconds` after one that was sent. True when a
    channel refuses us that took messages until now.
    """
    message = outcome.message
    match outcome:
        case Sent(ref=ref, at=at):
            rest_until = at + timedelta(seconds=rest_seconds) if rest_seconds else None
            await unit.outbox.mark_sent(message, ref, now=at, rest_until=rest_until)
        case Postponed():
            await unit.outbox.retry_later(
                message,
                not_before=outcome.not_before,
                error=str(outcome.error),
                may_be_sent=outcome.error.may_have_acted,
                failing_since=outcome.failing_since,
            )
        case GivenUp(reason=reason, at=at):
            await unit.outbox.give_up(message, error=reason, now=at)
        case Refused(error=error, at=at):
            await unit.outbox.hand_back([message])
            return await unit.destinations.disable(
                message.destination, code=error.code, reason=str(error), now=at
            )
        case HandedBack():
            await unit.outbox.hand_back([message])
    return False


def why_not_sent(outcome: Outcome) -> str:
    """What kept a message from its channel, in a sentence; "" when nothing did."""
    match outcome:
        case Postponed(error=error) | Refused(error=error):
            return str(error)
        case GivenUp(reason=reason):
            return reason
        case _:
            return ""


def tell(outcome: Outcome, telemetry: Telemetry) -> None:
    """Say in the log and to telemetry what became of a message."""
    message = outcome.message
    platform = message.destination.platform
    match outcome:
        case Sent():
            log.info("delivery.sent", extra={"key": message.key, "attempt": message.attempts})
            telemetry.count("messages_sent", platform=platform)
        case Postponed(error=error):
            seconds = round((outcome.not_before - outcome.at).total_seconds(), 1)
            log.warning(
                "delivery.retried",
                extra={"key": message.key, "seconds": seconds, "reason": str(error)},
            )
            telemetry.count("messages_retried", platform=platform)
        case GivenUp(reason=reason):
            log.error("delivery.given_up", extra={"key": message.key, "reason": reason})
            telemetry.count("messages_given_up", platform=platform)
        case Refused(error=error):
            log.error(
                "delivery.refused",
                extra={
                    "destination": str(message.destination),
                    "code": error.code,
                    "reason": str(error),
                },
            )
            telemetry.count("destinations_disabled", platform=platform)
        case HandedBack():
            log.debug("delivery.handed_back", extra={"key": message.key})


@contextmanager
def _leaving_doubt() -> Iterator[None]:
    """However the question whether a message is there failed, it may still be there."""
    try:
        yield
    except TransientError as error:
        error.may_have_acted = True
        raise


def _name(message: OutboxMessage) -> str:
    return message.destination.platform.capitalize()
