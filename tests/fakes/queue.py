"""A queue that does its jobs when the test says so."""

from collections.abc import Awaitable, Callable
from datetime import datetime


class FakeQueue:
    """What waits is in `waiting`, in order; `recurring` says how often what comes round."""

    def __init__(self) -> None:
        self.handlers: dict[str, Callable[[str], Awaitable[None]]] = {}
        self.waiting: list[tuple[str, str]] = []
        self.recurring: dict[tuple[str, str], float] = {}

    def handler(self, job: str, run: Callable[[str], Awaitable[None]]) -> None:
        self.handlers[job] = run

    async def enqueue(self, job: str, *, key: str, run_at: datetime | None = None) -> None:
        del run_at
        if (job, key) not in self.waiting:
            self.waiting.append((job, key))

    def every(self, seconds: float, job: str, *, key: str = "") -> None:
        self.recurring[job, key] = seconds

    async def run(self, job: str, key: str = "") -> None:
        """Do one job now, whatever waits."""
        await self.handlers[job](key)

    async def run_all(self) -> list[str]:
        """Do what waits, and what that enqueues; the jobs' names in order."""
        done = []
        while self.waiting:
            job, key = self.waiting.pop(0)
            await self.run(job, key)
            done.append(job)
            assert len(done) < 100
        return done
