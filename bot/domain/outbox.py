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
