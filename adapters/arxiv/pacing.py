"""The pace arXiv asks for: one request per three seconds, one connection, over all our machines.

Source: info.arxiv.org/help/api/tou.html. Feeds, API and full texts count together.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from bot.errors import PapercourierError
from bot.ports import Clock, SlotStore

ARXIV_SLOT = "arxiv"
SPACING_SECONDS = 3.0
LEASE_SECONDS = 180.0  # how long a crashed process keeps the others waiting
REQUEST_SECONDS = 120.0  # no request may outlive its lease
_POLL_SECONDS = 1.0

log = logging.getLogger(__name__)
_T = TypeVar("_T")


class InstallationPace:
    """A `Pace` for all processes that share `store`.

    Hosts are not told apart: arXiv counts its feeds, API and full texts together. Within one
    process those who wait are served in order of arrival. `lease_seconds` ends the hold of a
    process that died; a request must not take longer. `spacing_seconds` may be 0 for a mirror
    of one's own.
    """

    def __init__(
        self,
        store: SlotStore,
        clock: Clock,
        *,
        holder: str | None = None,
        spacing_seconds: float = SPACING_SECONDS,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self._store = store
        self._clock = clock
        self._holder = holder or uuid.uuid4().hex
        self._spacing_seconds = spacing_seconds
        self._lease_seconds = lease_seconds
        self._queue = asyncio.Lock()  # first come, first served
        self._turns = 0

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait until `host` may be called; hold the installation's only connection while inside.

        Raises what the store raises when it cannot be asked.
        """
        async with self._queue:
            # Each turn has its own name, lest one that outlived its lease frees a later one.
            self._turns += 1
            holder = f"{self._holder}-{self._turns}"
            try:
                await self._wait_for_slot(holder, host)
                yield
            finally:
                await _to_the_end(self._release(holder))

    async def _wait_for_slot(self, holder: str, host: str) -> None:
        waited = 0.0
        while seconds := await _to_the_end(self._take(holder)):
            # The holder may release long before its lease ends, so look again soon.
            pause = min(seconds, _POLL_SECONDS)
            await self._clock.sleep(pause)
            waited += pause
        log.debug("arxiv.turn", extra={"host": host, "waited_seconds": waited})

    def _take(self, holder: str) -> Coroutine[Any, Any, float]:
        return self._store.take(
            ARXIV_SLOT,
            holder=holder,
            now=self._clock.now(),
            spacing_seconds=self._spacing_seconds,
            lease_seconds=self._lease_seconds,
        )

    async def _release(self, holder: str) -> None:
        try:
            await self._store.release(ARXIV_SLOT, holder=holder, now=self._clock.now())
        except PapercourierError as error:
            # The answer is in hand; the lease will end by itself.
            log.warning("arxiv.turn_not_released", extra={"error": str(error)})


async def _to_the_end(work: Coroutine[Any, Any, _T]) -> _T:
    """Await `work` to its end although we are cancelled meanwhile, then be cancelled.

    A store that is cut off in the middle may have given us the slot without our knowing.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not complain of it
        raise


@dataclass(frozen=True, slots=True)
class _Slot:
    holder: str | None
    taken_at: datetime
    lease_until: datetime
    released_at: datetime | None = None

    def seconds_until_free(self, now: datetime, spacing: timedelta) -> float:
        """How long `now` is before anybody may take the slot."""
        free_at = max(self.taken_at, self.released_at or self.taken_at) + spacing
        if self.holder is not None:
            free_at = max(free_at, self.lease_until)
        return max(0.0, (free_at - now).total_seconds())


class LocalSlots:
    """A `SlotStore` in memory, for one process that runs without a database."""

    def __init__(self) -> None:
        self._slots: dict[str, _Slot] = {}

    async def take(
        self,
        name: str,
        *,
        holder: str,
        now: datetime,
        spacing_seconds: float,
        lease_seconds: float,
    ) -> float:
        """See SlotStore."""
        slot = self._slots.get(name)
        if slot is not None:
            wait = slot.seconds_until_free(now, timedelta(seconds=spacing_seconds))
            if wait > 0:
                return wait
        self._slots[name] = _Slot(holder, now, now + timedelta(seconds=lease_seconds))
        return 0.0

    async def release(self, name: str, *, holder: str, now: datetime) -> None:
        """See SlotStore."""
        slot = self._slots.get(name)
        if slot is not None and slot.holder == holder:
            self._slots[name] = replace(slot, holder=None, released_at=now)
