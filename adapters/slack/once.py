"""The same thing sent twice is done once.

Slack sends an event again when it has not heard our acknowledgement, after a minute and after
five, and a Socket Mode envelope can arrive twice at once. What one process saw lately it knows by
itself; what is answered in words is also claimed in the database, for the process may be a new
one by then.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

_MOST_REMEMBERED: Final = 20_000
_KEEP: Final = timedelta(days=1)  # Slack gives up after minutes


class SeenStore(Protocol):
    """Keys, each claimed by whoever comes first; shared by all processes."""

    async def claim(self, key: str, *, now: datetime, keep: timedelta) -> bool:
        """Whether `key` was not claimed before; it is remembered for `keep`."""
        ...


class Once:
    """Tells what is new."""

    def __init__(self, store: SeenStore) -> None:
        self._store = store
        self._lately: OrderedDict[str, None] = OrderedDict()

    def is_new(self, key: str) -> bool:
        """Whether this process sees `key` for the first time; never waits."""
        if not key:
            return True
        if key in self._lately:
            return False
        self._lately[key] = None
        if len(self._lately) > _MOST_REMEMBERED:
            self._lately.popitem(last=False)
        return True

    async def claim(self, key: str, *, now: datetime, keep: timedelta = _KEEP) -> bool:
        """Whether nobody claimed `key` yet. Raises as the database does."""
        return await self._store.claim(f"slack:{key}", now=now, keep=keep)


def key_of(body: Mapping[str, Any]) -> str:
    """What tells one event or interaction from all others; "" where Slack gives nothing."""
    return str(body.get("event_id") or body.get("trigger_id") or "")
