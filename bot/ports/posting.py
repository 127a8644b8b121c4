"""What is remembered of digests and of messages on their way out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.digest import Digest, DigestEntry
from bot.domain.outbox import MessageRef, OutboxMessage, Share


@dataclass(frozen=True, slots=True)
class DigestRecord:
    """What is remembered of a digest."""

    subscription_id: int
    digest: Digest
    created_at: datetime


class DigestRepository(Protocol):
    """Digests and the papers they posted."""

    async def add(self, subscription_id: int, digest: Digest, *, created_at: datetime) -> bool:
        """Store a digest and its papers as posted; False when its slot is taken already.

        False, and nothing stored, also when one of its papers was posted meanwhile or its
        subscription was removed: such a digest must not be sent.
        """
        ...

    async def add_many(self, records: Sequence[DigestRecord]) -> tuple[bool, ...]:
        """`add` for many at once, each by itself; an answer for each, in order."""
        ...

    async def posted_ids(
        self, subscription_ids: Sequence[int], *, among: Collection[str] | None = None
    ) -> dict[int, frozenset[str]]:
        """The arXiv IDs each subscription has had; a key for each, empty where it had none.

        `among` asks for these papers only: then the cost does not grow with the history.
        """
        ...

    async def latest(self, subscription_id: int, *, limit: int = 1) -> tuple[DigestRecord, ...]:
        """The newest digests, newest first."""
        ...

    async def entry_of(
        self, subscription_id: int, arxiv_id: str
    ) -> tuple[DigestRecord, DigestEntry] | None:
        """How a paper stood in the digest that brought it."""
        ...


class OutboxRepository(Protocol):
    """Messages on their way out."""

    async def add(self, messages: Sequence[OutboxMessage], *, now: datetime) -> None:
        """Store messages; a key that is there already is left as it is."""
        ...

    async def claim(
        self,
        *,
        holder: str,
        now: datetime,
        lease_seconds: float,
        limit: int,
        platforms: Sequence[str] | None = None,
        resting: Collection[str] = (),
        share: Share | None = None,
    ) -> tuple[OutboxMessage, ...]:
        """Take messages that are due, at most one per destination, oldest first.

        Each is marked `sending` and belongs to `holder` until the lease ends. One whose lease
        ended while `sending` comes back with `may_be_sent`. A message waits for the earlier
        ones of its destination, whatever keeps them, and all wait while their destination is
        disabled. `attempts` counts this claim. `parent_ref` is filled in. `platforms` asks for
        these only, `share` for its workspaces'; `resting` leaves workspaces ("slack:T1") alone
        for now.
        """
        ...

    async def hand_back(self, messages: Sequence[OutboxMessage]) -> None:
        """Undo the claim of messages for which no call was made, as at a graceful stop."""
        ...

    async def next_due(
        self,
        *,
        now: datetime,
        platforms: Sequence[str] | None = None,
        resting: Collection[str] = (),
        share: Share | None = None,
    ) -> datetime | None:
        """When `claim` will next find something, at the earliest; not after `now` if it would now.

        None when nothing waits but behind disabled destinations.
        """
        ...

    async def mark_sent(
        self,
        message: OutboxMessage,
        ref: MessageRef,
        *,
        now: datetime,
        rest_until: datetime | None = None,
    ) -> None:
        """Record that a message is there; the next one waiting for its channel rests so long."""
        ...

    async def retry_later(
        self,
        message: OutboxMessage,
        *,
        not_before: datetime,
        error: str,
        may_be_sent: bool,
        failing_since: datetime | None = None,
    ) -> None:
        """Put a message back until `not_before`.

        Nothing happens when another holder took it since (its `attempts` tell).
        """
        ...

    async def give_up(self, message: OutboxMessage, *, error: str, now: datetime) -> None:
        """Record that a message will never be sent, and why; its thread is given up with it.

        Nothing happens when another holder took it since (its `attempts` tell).
        """
        ...

    async def counts(self) -> dict[str, int]:
        """How many messages stand in each state; zeros are told."""
        ...
