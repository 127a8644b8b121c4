"""What the crash test asks of a platform's server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, Protocol


class There(NamedTuple):
    """A message as a channel shows it."""

    key: str
    paper: str | None  # the one it is about


class Stage(Protocol):
    """The server of one play."""

    @property
    def url(self) -> str:
        """Where it is."""
        ...

    @property
    def can_look_up(self) -> bool:
        """Whether it tells which messages are there."""
        ...

    def count(self) -> int:
        """How many messages have arrived."""
        ...

    def keys(self) -> Counter[str]:
        """How often each message is there."""
        ...

    def of_channel(self, channel: str) -> Sequence[There]:
        """What a channel shows."""
        ...

    async def reach(self, wanted: int) -> None:
        """Return when so many messages have arrived."""
        ...
