"""Work for later, and figures for whoever watches."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol


class JobQueue(Protocol):
    """Work for later, by this process or another.

    No service may assume that it is alone. A job with the same `key` waiting twice is one job,
    at the earlier time; one enqueued while it runs runs once more afterwards. Never two at once
    of the same job and key.
    """

    async def enqueue(self, job: str, *, key: str, run_at: datetime | None = None) -> None:
        """Have the handler of `job` called with `key`, at `run_at` (UTC) or at once."""
        ...

    def handler(self, job: str, run: Callable[[str], Awaitable[None]]) -> None:
        """Say who does a job. What it raises is logged; the queue goes on, the job is over."""
        ...

    def every(self, seconds: float, job: str, *, key: str = "") -> None:
        """Enqueue `job` again and again; over all processes once each time.

        Rounds missed while nobody could run become one; a round still waiting is not doubled.
        """
        ...


class Telemetry(Protocol):
    """Figures about ourselves, for whoever watches. Telling them never fails and never waits.

    Every name, with its kind and labels, stands in the table of adapters/web/metrics.py; a name
    that is not there is dropped, and a test tells. Labels have few values: platforms, outcomes.
    """

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """`amount` more of something."""
        ...

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """How something stands now."""
        ...

    def observe(self, name: str, value: float, **labels: str) -> None:
        """One more measurement of something whose spread matters, such as seconds."""
        ...


class SilentTelemetry:
    """Telemetry that nobody watches."""

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Nothing."""

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Nothing."""

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Nothing."""


NO_TELEMETRY: Telemetry = SilentTelemetry()


class Progress(Protocol):
    """Told how far long work has come."""

    def __call__(self, done: int, total: int, what: str) -> None:
        """`done` of `total` steps of `what` are behind us."""
        ...


def no_progress(done: int, total: int, what: str) -> None:
    """Progress that nobody watches."""
