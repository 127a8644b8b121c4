"""Chat platforms, as rendering and delivery see them."""

from __future__ import annotations

from typing import Protocol

from bot.domain.commands import Reply
from bot.domain.digest import Digest
from bot.domain.outbox import MessageRef, OutboxMessage
from bot.domain.subscriptions import Destination, Subscription


class Renderer(Protocol):
    """Digests and replies in a platform's own form; pure, so it is never awaited."""

    def digest(self, digest: Digest, subscription: Subscription) -> tuple[str, ...]:
        """The exact payloads, one for each platform call; the first is the parent."""
        ...

    def reply(self, reply: Reply) -> tuple[str, ...]:
        """The payloads that answer a command."""
        ...


class Messenger(Protocol):
    """One chat platform, seen from delivery."""

    async def send(self, message: OutboxMessage) -> MessageRef:
        """Post `message`. Raises TransientError or PermanentError."""
        ...

    async def find_sent(self, message: OutboxMessage) -> MessageRef | None:
        """The earlier post that carries `message.key`, if it is there."""
        ...


class Teller(Protocol):
    """A chat platform, as far as it can write to one person alone."""

    async def tell(self, user_id: str, text: str, *, destination: Destination) -> None:
        """Write `text` to a member of `destination`'s workspace, about that channel.

        `text` is like a `Reply`'s: plain sentences with commands in `backticks`.
        Raises TransientError or PermanentError.
        """
        ...
