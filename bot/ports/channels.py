"""What is remembered of channels, their subscriptions and their thumbs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.domain.commands import SubscriptionChanges
from bot.domain.learning import Memory
from bot.domain.profile import Profile
from bot.domain.subscriptions import Destination, Subscription
from bot.domain.thumbs import GivenThumb


@dataclass(frozen=True, slots=True)
class SubscriptionStep:
    """How far planning has brought a subscription."""

    subscription_id: int
    seen_through: int
    next_run_at: datetime | None  # UTC


class SubscriptionRepository(Protocol):
    """Subscriptions and the state of their destinations."""

    async def add(self, subscription: Subscription) -> Subscription:
        """Store it; its `id` and, counted per destination, its `number` are given here."""
        ...

    async def save(self, subscription: Subscription) -> None:
        """Write every field of a stored subscription; `seen_through` never goes back."""
        ...

    async def advance(
        self, subscription_id: int, *, seen_through: int, next_run_at: datetime | None
    ) -> None:
        """Move the cursor and the next run only: what people edit meanwhile stays.

        The cursor never goes back; one paused meanwhile gets no next run.
        """
        ...

    async def advance_many(self, steps: Sequence[SubscriptionStep]) -> None:
        """`advance` for many at once."""
        ...

    async def remove(self, subscription: Subscription) -> None:
        """Forget it, but not what it posted.

        Adding one with the same categories to the same destination later takes up its ID again.
        """
        ...

    async def get(self, subscription_id: int) -> Subscription | None:
        """One subscription by its database ID."""
        ...

    async def of_destination(self, destination: Destination) -> tuple[Subscription, ...]:
        """A channel's subscriptions by number."""
        ...

    async def of_workspace(self, platform: str, workspace_id: str) -> tuple[Subscription, ...]:
        """The subscriptions of all channels of a workspace, by channel and number."""
        ...

    async def due(self, now: datetime, *, limit: int) -> tuple[Subscription, ...]:
        """Active subscriptions with `next_run_at` <= now, longest waiting first."""
        ...

    async def all(self) -> tuple[Subscription, ...]:
        """Every subscription."""
        ...

    async def wanted_categories(self) -> tuple[str, ...]:
        """The categories of all active subscriptions, sorted."""
        ...


@dataclass(frozen=True, slots=True)
class DestinationState:
    """Whether a channel takes our messages, and what its people set for it."""

    defaults: SubscriptionChanges = field(default_factory=SubscriptionChanges)
    disabled_code: str | None = None  # "channel_not_found", "forbidden", ...; None while it works
    disabled_reason: str = ""  # one sentence
    disabled_at: datetime | None = None  # UTC


class DestinationRepository(Protocol):
    """Channels, apart from what they subscribed to."""

    async def state(self, destination: Destination) -> DestinationState:
        """How a channel stands; one never heard of works and has no defaults."""
        ...

    async def set_defaults(self, destination: Destination, defaults: SubscriptionChanges) -> None:
        """Keep what `settings` said for this channel."""
        ...

    async def disable(
        self, destination: Destination, *, code: str, reason: str, now: datetime
    ) -> bool:
        """Send nothing there any more; its messages wait, its subscriptions stay.

        True when it took messages until now.
        """
        ...

    async def enable(self, destination: Destination) -> None:
        """Send there again, and at once: what its messages failed at before is forgotten."""
        ...

    async def disabled(self) -> tuple[tuple[Destination, DestinationState], ...]:
        """Every channel that refuses us."""
        ...


class ThumbRepository(Protocol):
    """What people said of papers, by subscription."""

    async def salt(self, fresh: bytes) -> bytes:
        """The installation's secret, to hash people with; `fresh` where there is none yet."""
        ...

    async def put(self, thumbs: Sequence[GivenThumb]) -> None:
        """Remember thumbs; one of the same voter on the same paper is replaced."""
        ...

    async def take_back(
        self, subscription_ids: Sequence[int], *, arxiv_id: str, voter: str
    ) -> tuple[GivenThumb, ...]:
        """Forget this voter's thumbs on a paper; the ones there were."""
        ...

    async def of(self, subscription_id: int, *, limit: int) -> tuple[GivenThumb, ...]:
        """A subscription's latest thumbs, newest first; of one moment, by arXiv ID."""
        ...

    async def forget(self, subscription_ids: Sequence[int]) -> None:
        """Drop their thumbs, and what was learned from them."""
        ...

    async def memory(self, subscription_id: int) -> Memory:
        """The examples a subscription learned from; empty where there are none."""
        ...

    async def learn(self, subscription_id: int, memory: Memory, profile: Profile) -> None:
        """Keep examples and the profile made of them, in place of those before.

        After `put`, `take_back` or `forget` nobody else changes them until commit.
        """
        ...

    async def profiles(self, subscription_ids: Sequence[int]) -> dict[int, Profile]:
        """The profiles there are, by subscription."""
        ...


class FeedLinkRepository(Protocol):
    """Which subscriptions have a secret link to their feed (bot/domain/feed_links.py)."""

    async def secret(self, fresh: bytes) -> bytes:
        """The secret that links are made from; `fresh` where there is none yet."""
        ...

    async def open(self, subscription_id: int) -> int:
        """The number of its open link; a number never used before where it has none."""
        ...

    async def close(self, subscription_id: int) -> bool:
        """End its link; False where none was open."""
        ...

    async def serial(self, subscription_id: int) -> int | None:
        """The number of its open link; None where it has none."""
        ...
