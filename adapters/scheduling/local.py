"""The job queue within one process, on APScheduler.

Nothing waits on disk: what is to do stands in the database, and the ticks find it again after a
restart. A queue over several processes stands behind the same port.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.errors import PapercourierError, TransientError
from bot.ports import NO_TELEMETRY, Telemetry

log = logging.getLogger(__name__)

STOP_SECONDS = 6.0  # how long running jobs may finish when the queue is closed
_CANCEL_SECONDS = 1.0  # how long cancelled jobs may clean up


@dataclass(frozen=True, slots=True, order=True)
class JobId:
    """One piece of work."""

    job: str
    key: str

    def __str__(self) -> str:
        return f"{self.job}/{self.key}"


class LocalQueue:
    """A `JobQueue`; `async with` it to have its jobs done."""

    def __init__(
        self, *, telemetry: Telemetry = NO_TELEMETRY, stop_seconds: float = STOP_SECONDS
    ) -> None:
        self._telemetry = telemetry
        self._stop_seconds = stop_seconds
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            # However late a job comes to its turn, it is done, and once.
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1_000},
        )
        self._handlers: dict[str, Callable[[str], Awaitable[None]]] = {}
        self._waiting: dict[JobId, datetime] = {}
        self._running: dict[JobId, asyncio.Task[None]] = {}
        self._is_closed = False

    def handler(self, job: str, run: Callable[[str], Awaitable[None]]) -> None:
        """Have `run` called with the key of each `job`."""
        self._handlers[job] = run

    async def enqueue(self, job: str, *, key: str, run_at: datetime | None = None) -> None:
        """Do `job` at `run_at` or at once; nothing happens once the queue is closed.

        Raises LookupError when nobody does such jobs: a fault of the program.
        """
        self._wait_for(JobId(job, key), run_at or datetime.now(UTC))

    def every(self, seconds: float, job: str, *, key: str = "") -> None:
        """Do `job` as soon as the queue is open, and again every `seconds`."""

        async def tick() -> None:
            self._wait_for(JobId(job, key), datetime.now(UTC))

        self._scheduler.add_job(
            tick,
            IntervalTrigger(seconds=seconds, timezone=UTC),
            id=f"every/{job}/{key}",
            next_run_time=datetime.now(UTC),
        )

    @property
    def waiting(self) -> dict[JobId, datetime]:
        """What waits, and until when; what runs is not among it."""
        return dict(self._waiting)

    @property
    def running(self) -> frozenset[JobId]:
        """What is being done."""
        return frozenset(self._running)

    async def check(self) -> None:
        """Return while jobs are done. Raises TransientError before the start and after the end."""
        if self._is_closed:
            raise TransientError("The service is stopping.")
        if not self._scheduler.running:
            raise TransientError("The service is starting.")

    async def __aenter__(self) -> Self:
        self._scheduler.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Begin nothing more, let what runs finish for a while, then cancel it."""
        self._is_closed = True
        self._waiting.clear()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        late = await _unfinished(self._running.values(), within=self._stop_seconds)
        for task in late:
            task.cancel()
        for task in await _unfinished(late, within=_CANCEL_SECONDS):
            log.error("job.left_behind", extra={"task": task.get_name()})

    def _wait_for(self, job_id: JobId, run_at: datetime) -> None:
        if job_id.job not in self._handlers:
            raise LookupError(f"nobody does the job {job_id.job!r}")
        earlier = self._waiting.get(job_id)
        if self._is_closed or (earlier is not None and earlier <= run_at):
            return
        self._waiting[job_id] = run_at
        if job_id not in self._running:
            self._schedule(job_id, run_at)

    def _schedule(self, job_id: JobId, run_at: datetime) -> None:
        self._scheduler.add_job(
            self._begin,
            DateTrigger(run_at, timezone=UTC),
            args=[job_id],
            id=str(job_id),
            replace_existing=True,
        )

    async def _begin(self, job_id: JobId) -> None:
        """Start a job whose time has come, in a task that the scheduler does not know."""
        run_at = self._waiting.get(job_id)
        if job_id in self._running or run_at is None:
            return  # it begins when the one before it ends, or the queue was closed
        if run_at > datetime.now(UTC):
            self._schedule(job_id, run_at)
            return
        del self._waiting[job_id]
        task = asyncio.create_task(self._run(job_id), name=str(job_id))
        self._running[job_id] = task
        task.add_done_callback(lambda _: self._end(job_id))

    def _end(self, job_id: JobId) -> None:
        del self._running[job_id]
        if (run_at := self._waiting.get(job_id)) is not None:
            self._schedule(job_id, run_at)

    async def _run(self, job_id: JobId) -> None:
        begun = time.monotonic()
        try:
            await self._handlers[job_id.job](job_id.key)
        except asyncio.CancelledError:
            log.warning("job.cancelled", extra={"job": job_id.job, "key": job_id.key})
        except Exception as error:  # noqa: BLE001 - whatever a job does, the others go on
            self._telemetry.count("job_failures", job=job_id.job)
            _log_failure(job_id, error)
        finally:
            self._telemetry.observe("job_seconds", time.monotonic() - begun, job=job_id.job)


def _log_failure(job_id: JobId, error: Exception) -> None:
    """One line with a reference; the traceback only where the fault may be ours."""
    log.error(
        "job.failed",
        extra={
            "job": job_id.job,
            "key": job_id.key,
            "reference": uuid.uuid4().hex[:8],
            "reason": str(error),
        },
        exc_info=None if isinstance(error, PapercourierError) else error,
    )


async def _unfinished(
    tasks: Iterable[asyncio.Task[None]], *, within: float
) -> set[asyncio.Task[None]]:
    """Those of `tasks` that still run after `within` seconds."""
    given = set(tasks)
    return (await asyncio.wait(given, timeout=within))[1] if given else given
