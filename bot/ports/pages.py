"""Where published days are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.published import PublishedDay


class DayStore(Protocol):
    """The days that pages and feeds show, kept also when their papers are forgotten elsewhere.

    Its calls touch the disk and block.
    """

    def load(self) -> tuple[PublishedDay, ...]:
        """Every day kept, newest first; one that cannot be read is left out and logged."""
        ...

    def save(self, days: Sequence[PublishedDay]) -> None:
        """Keep these days, in place of what was kept of them."""
        ...

    def changed_at(self, fingerprint: str, *, now: datetime) -> datetime:
        """When what `fingerprint` stands for came to be: `now`, unless it was the last one told."""
        ...
