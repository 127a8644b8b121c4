"""How long the event loop is held up by work that does not give way."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from types import TracebackType
from typing import Self

from bot.errors import TransientError
from bot.ports import NO_TELEMETRY, Telemetry

PERIOD_SECONDS = 0.05  # between two measurements
STUCK_SECONDS = 10.0  # a hold-up that is a failure
_LATELY_SECONDS = 60.0
_REMEMBERED_SECONDS = 300


class LoopWatch:
    """`async with` it to measure; a measurement is how late a short sleep ended."""

    def __init__(
        self,
        *,
        telemetry: Telemetry = NO_TELEMETRY,
        period_seconds: float = PERIOD_SECONDS,
        stuck_seconds: float = STUCK_SECONDS,
    ) -> None:
        self._telemetry = telemetry
        self._period = period_seconds
        self._stuck = stuck_seconds
        self._worst = 0.0
        # The worst of each second in which anything was measured: (second, lag).
        self._recent: deque[tuple[int, float]] = deque(maxlen=_REMEMBERED_SECONDS)
        self._task: asyncio.Task[None] | None = None

    @property
    def worst_seconds(self) -> float:
        """The longest hold-up since the start."""
        return self._worst

    def worst_within(self, seconds: float) -> float:
        """The longest hold-up that ended in the last `seconds`, at most five minutes."""
        since = time.monotonic() - seconds
        return max((lag for second, lag in self._recent if second >= int(since)), default=0.0)

    async def check(self) -> None:
        """Return unless the loop was stuck lately. Raises TransientError."""
        worst = self.worst_within(_LATELY_SECONDS)
        if worst > self._stuck:
            raise TransientError(
                f"The event loop was held up for {worst:.0f} s in the last minute: "
                "look in the log for what took so long, and give the process more of a processor."
            )

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._watch(), name="loop watch")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _watch(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(self._period)
            now = time.monotonic()
            self._note(int(now), max(0.0, now - before - self._period))

    def _note(self, second: int, lag: float) -> None:
        if self._recent and self._recent[-1][0] == second:
            self._recent[-1] = (second, max(self._recent[-1][1], lag))
        else:
            if self._recent:
                self._telemetry.gauge("loop_lag_seconds", self._recent[-1][1])
            self._recent.append((second, lag))
        if lag > self._worst:
            self._worst = lag
            self._telemetry.gauge("loop_lag_max_seconds", lag)
