"""The service as its people feel it: how soon it is ready, what it holds, how fast it answers."""

from __future__ import annotations

import asyncio
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from adapters.database.engine import Database, open_database
from adapters.scheduling.system_clock import SetClock
from bot.domain.outbox import MessageRef, OutboxMessage
from bot.services.delivery import DeliveryService
from bot.services.sending import DeliveryRules
from tests.benchmarks import bench_planning
from tests.fakes.service_process import ServiceProcess

Row = tuple[str, str, str, bool | None]

STARTS = 3
READY_SECONDS = 3.0
IDLE_MEGABYTES = 200.0
ANSWER_SECONDS = 0.5  # 99 of 100 answers
_ASK_EVERY_SECONDS = 0.1
_SETTLE_SECONDS = 3.0
_LONGEST_SECONDS = 1_800
_ANSWERS = "Answer `list` while 10,000 digests are planned and sent, p99"


def measure() -> list[Row]:
    """The rows of the table."""
    return [*asyncio.run(_starts()), *_answers()]


async def _starts() -> list[Row]:
    seconds, megabytes = [], []
    for _ in range(STARTS):
        with tempfile.TemporaryDirectory() as home:
            began = time.perf_counter()
            async with ServiceProcess(home=Path(home)) as service:
                seconds.append(time.perf_counter() - began)
                await asyncio.sleep(_SETTLE_SECONDS)
                megabytes.append(_resident_megabytes(service.process.pid))
    ready, idle = statistics.median(seconds), statistics.median(megabytes)
    return [
        (
            f"From start to ready, SQLite (median of {STARTS})",
            f"{ready:.1f} s",
            f"{READY_SECONDS:.0f} s",
            ready <= READY_SECONDS,
        ),
        (
            "Idle memory",
            f"{idle:.0f} MB",
            f"{IDLE_MEGABYTES:.0f} MB",
            idle <= IDLE_MEGABYTES,
        ),
    ]


def _resident_megabytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _answers() -> list[Row]:
    if not bench_planning.FEED.is_file():
        return [(_ANSWERS, "skipped: recorded data is not here", f"{ANSWER_SECONDS} s", None)]
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "answers.db")
        bench_planning.in_fresh_process("prepare", path)
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.bench_service", path],
            check=True,
            stdout=subprocess.PIPE,
            timeout=_LONGEST_SECONDS,
        )
    figures = json.loads(done.stdout)
    return [
        (
            _ANSWERS,
            f"{figures['p99_seconds'] * 1000:.0f} ms over {figures['answers']} answers",
            f"{ANSWER_SECONDS * 1000:.0f} ms",
            figures["p99_seconds"] < ANSWER_SECONDS,
        ),
        ("  sent meanwhile", f"{figures['sent']:,} messages", "more than 0", figures["sent"] > 0),
    ]


# --- in the process that plans, sends and answers ------------------------------------------


class CountingMessenger:
    """Takes every message at once."""

    def __init__(self) -> None:
        self.sent = 0

    async def send(self, message: OutboxMessage) -> MessageRef:
        """Count `message`."""
        self.sent += 1
        return MessageRef(message.destination.channel_id, str(self.sent))

    async def find_sent(self, message: OutboxMessage) -> MessageRef | None:
        """Nothing was sent before."""
        del message
        return None


async def _run(path: str) -> dict[str, float]:
    messenger = CountingMessenger()
    async with await open_database(f"sqlite:///{path}") as database:
        delivery = DeliveryService(
            open_unit=database.unit_of_work,
            messengers={"slack": messenger},
            clock=SetClock(bench_planning.NOW),
            rules=DeliveryRules(per_platform_per_second=50.0, per_channel_seconds=0.0),
        )
        stop = asyncio.Event()
        planning = asyncio.create_task(
            bench_planning.planning_service(database).plan_due(
                bench_planning.NOW, patience=timedelta(hours=4)
            )
        )
        draining = asyncio.create_task(delivery.drain("slack", stop))
        answers: list[float] = []
        while not planning.done():
            answers.append(await _answer(database))
            await asyncio.sleep(_ASK_EVERY_SECONDS)
        stop.set()
        await planning
        await draining
    answers.sort()
    return {
        "answers": len(answers),
        "p99_seconds": answers[math.ceil(len(answers) * 0.99) - 1],
        "sent": messenger.sent,
    }


async def _answer(database: Database) -> float:
    """Read a channel's subscriptions, as `list` does; seconds from being asked."""
    began = time.perf_counter()
    async with database.unit_of_work() as unit:
        await unit.subscriptions.of_destination(bench_planning.destination_of(0))
        await unit.destinations.state(bench_planning.destination_of(0))
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(_run(sys.argv[1]))))
