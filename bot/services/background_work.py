"""Work that goes on after a platform has its first answer: bounded, and finished at a stop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from bot.errors import TransientError

log = logging.getLogger(__name__)


class Work:
    """Tasks under way. All may wait for a model or the database; so many are let in."""

    def __init__(self, *, most: int | None = 500, stop_seconds: float = 5.0) -> None:
        self._most = most
        self._stop_seconds = stop_seconds
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_full(self) -> bool:
        """Whether nothing more is taken on."""
        return self._most is not None and len(self._tasks) >= self._most

    def start(self, work: Coroutine[Any, Any, None], *, name: str) -> None:
        """Do `work` beside the rest. Raises TransientError when there is too much already."""
        if self.is_full:
            work.close()
            raise TransientError("Too much is asked of me just now: try again in a minute.")
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("work.failed", extra={"work": task.get_name()}, exc_info=error)

    async def close(self) -> None:
        """Let what is under way finish for some seconds, then end it."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=self._stop_seconds)
        for task in late:
            task.cancel()
        if late:
            log.warning("work.ended_early", extra={"tasks": len(late)})
            await asyncio.wait(late)
