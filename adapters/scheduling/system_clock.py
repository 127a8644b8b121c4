"""The machine's own clock."""

import asyncio
import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """Real time."""

    def now(self) -> datetime:
        """The present, in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Return when `seconds` have passed; other work goes on meanwhile."""
        await asyncio.sleep(seconds)


class SetClock(SystemClock):
    """Runs like the machine's, but from another moment on: for days that are replayed."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._set_at = time.monotonic()

    def now(self) -> datetime:
        """The moment it was set to, and what has passed since, in UTC."""
        return self._start + timedelta(seconds=time.monotonic() - self._set_at)
