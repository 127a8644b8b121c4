"""Who gets digests: destinations and their subscriptions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum

from bot.domain.interests import Interests

EVERY_DAY = frozenset(range(7))
WEEKDAYS = frozenset(range(5))


@dataclass(frozen=True, slots=True, order=True)
class Destination:
    """One place messages go to: a channel of a workspace of a platform."""

    platform: str  # "terminal", "slack", "discord", "log"
    workspace_id: str  # Slack team, Discord guild; "local" for the terminal
    channel_id: str

    def __str__(self) -> str:
        return f"{self.platform}:{self.workspace_id}:{self.channel_id}"

    @classmethod
    def from_key(cls, key: str) -> Destination:
        """The destination whose `str()` is `key`."""
        platform, workspace_id, channel_id = key.split(":", 2)
        return cls(platform, workspace_id, channel_id)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a subscription's digest is due, on its own clock."""

    at: time = time(9, 0)
    weekdays: frozenset[int] = WEEKDAYS  # Monday is 0
    timezone: str = "UTC"  # IANA name


class SubscriptionState(StrEnum):
    """Whether digests go out."""

    ACTIVE = "active"
    PAUSED = "paused"  # by a person
    DISABLED = "disabled"  # by us, because the destination refused; the reason is kept


@dataclass(frozen=True, slots=True)
class Subscription:
    """One channel's standing wish for papers."""

    number: int  # counted per destination from 1: what people type
    destination: Destination
    interests: Interests
    created_at: datetime
    schedule: Schedule = field(default_factory=Schedule)
    language: str = "en"
    threads: bool = True  # details in the digest's thread, where the platform has threads
    announce_empty: bool = False  # say in the channel that a day brought nothing
    learning: bool = True  # thumbs move the ranking
    role: str = ""  # the platform's ID of whom a digest notifies; "" for nobody
    state: SubscriptionState = SubscriptionState.ACTIVE
    state_reason: str = ""
    created_by: str = ""  # the platform's user ID, to tell them when posting fails
    next_run_at: datetime | None = None  # UTC; None while not active
    seen_through: int = 0  # sequence of the last announcement already considered
    id: int = 0  # the database's; 0 before it is stored

    @property
    def is_active(self) -> bool:
        """Whether it takes part in planning."""
        return self.state is SubscriptionState.ACTIVE
