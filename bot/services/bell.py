"""What wakes a loop that sleeps."""

from __future__ import annotations

import asyncio

from bot.ports import Clock


class Bell:
    """Wakes one loop, or lets it sleep for a while."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake whoever waits, or will wait next."""
        self._event.set()

    async def wait(self, seconds: float | None = None) -> None:
        """Return when it rings, or after `seconds`."""
        waits: set[asyncio.Task[object]] = {asyncio.create_task(self._event.wait())}
        if seconds is not None:
            waits.add(asyncio.create_task(self._sleep(seconds)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
        self._event.clear()

    async def _sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
