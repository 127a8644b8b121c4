"""Messages on their way out: one row, one platform call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.subscriptions import Destination


class OutboxState(StrEnum):
    """Where a message stands."""

    PENDING = "pending"
    SENDING = "sending"  # a call is under way, or was when its process died
    SENT = "sent"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class MessageRef:
    """A message as its platform knows it."""

    channel_id: str
    message_id: str
    thread_id: str | None = None


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """One rendered message, ready to be sent as it stands."""

    key: str  # unique over all messages: makes a retry recognisable
    destination: Destination
    payload: str  # JSON, the renderer's; only the platform's messenger reads it
    position: int = 0  # within its digest; the first is the parent of the others
    parent_key: str | None = None  # the message whose thread this one belongs to
    parent_ref: MessageRef | None = None  # filled in once the parent was sent
    state: OutboxState = OutboxState.PENDING
    attempts: int = 0
    not_before: datetime | None = None  # UTC
    may_be_sent: bool = False  # found in the state `sending`: ask before sending again
    id: int = 0


MAX_ATTEMPTS = 12  # with the delays below about eleven hours: a night's outage is survived
_FIRST_DELAY_SECONDS = 5.0
_LONGEST_DELAY_SECONDS = 2 * 3600.0


def retry_delay(attempts: int, *, retry_after: float | None, jitter: float) -> float:
    """Seconds to wait after the `attempts`-th failed attempt (from 1).

    The longer of our backoff (doubling from five seconds, capped at two hours) and the server's
    wish. `jitter` in [0, 1) spreads retries over a fifth of the wait, so that what failed
    together does not come back together.
    """
    backoff = min(_FIRST_DELAY_SECONDS * 2.0 ** (attempts - 1), _LONGEST_DELAY_SECONDS)
    return max(backoff, retry_after or 0.0) * (1 + 0.2 * jitter)
