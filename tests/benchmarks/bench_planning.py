"""Planning ten thousand due digests into SQLite: time, memory, and how long the loop stood still.

The subscriptions are put into a database by one process, and planned by a fresh one, whose
memory is then nothing but planning's. Digests are rendered as a parent and a reply for each
paper, as chat platforms have them.
"""

from __future__ import annotations

import asyncio
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.arxiv.feed_xml import parse_feed
from adapters.database.engine import Database, open_database
from adapters.llm.extractive import ExtractiveSummarizer
from adapters.terminal.render import entry_lines
from bot.domain.commands import Reply
from bot.domain.digest import Digest
from bot.domain.matching import Reader
from bot.domain.papers import Paper
from bot.domain.subscriptions import Destination, Subscription
from bot.domain.summary import SummarySource
from bot.ports import FullText, Renderer
from bot.services.planning import PlanningService
from bot.services.rarity import RarityService
from bot.services.summaries import SummaryService
from tests.benchmarks.bench_scoring import invented_readers, recorded_papers
from tests.fakes.clock import FrozenClock
from tests.shared_data import ARXIV_DATA

Row = tuple[str, str, str, bool | None]  # what, measured, target, whether it holds

SUBSCRIPTIONS = 10_000
FEED = ARXIV_DATA / "feeds" / "2026-01-21" / "cs.AI+cs.CL+cs.DC+cs.LG.xml"
NOW = datetime(2026, 1, 21, 9, 0, 30, tzinfo=UTC)
AT_MOST_SECONDS = 60.0
AT_MOST_MEGABYTES = 400.0
AT_MOST_LAG_MS = 50.0
_WHAT = f"Plan {SUBSCRIPTIONS:,} due digests into SQLite, rendered"
_NAP_SECONDS = 0.002
_LONGEST_SECONDS = 1_800  # each of the two processes


def measure() -> list[Row]:
    """The rows of the table."""
    if not FEED.is_file():
        return [(_WHAT, "skipped: recorded data is not here", f"{AT_MOST_SECONDS:.0f} s", None)]
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "planning.db")
        in_fresh_process("prepare", path)
        figures = in_fresh_process("plan", path)
    seconds, megabytes, work_ms = figures["seconds"], figures["megabytes"], figures["work_ms"]
    return [
        (_WHAT, f"{seconds:.1f} s", f"{AT_MOST_SECONDS:.0f} s", seconds <= AT_MOST_SECONDS),
        ("  processor time", f"{figures['cpu_seconds']:.1f} s", "", None),
        (
            "  written",
            f"{figures['planned']:,.0f} digests, {figures['messages']:,.0f} messages",
            f"{SUBSCRIPTIONS:,} digests",
            figures["planned"] == SUBSCRIPTIONS,
        ),
        (
            "  most memory, of the whole process",
            f"{megabytes:.0f} MB ({figures['megabytes_before']:.0f} MB before)",
            f"{AT_MOST_MEGABYTES:.0f} MB",
            megabytes <= AT_MOST_MEGABYTES,
        ),
        (
            "  longest the event loop stood still for it",
            f"{work_ms:.0f} ms of processor time",
            f"{AT_MOST_LAG_MS:.0f} ms",
            work_ms <= AT_MOST_LAG_MS,
        ),
        (
            "  … for this and whatever else the machine did",
            f"{figures['lag_ms']:.0f} ms (99 of 100 under {figures['lag_p99_ms']:.0f} ms)",
            f"{AT_MOST_LAG_MS:.0f} ms",
            None,
        ),
    ]


def in_fresh_process(step: str, path: str) -> dict[str, float]:
    """Run "prepare" or "plan" on the database at `path`; what it measured."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.bench_planning", step, path],
        check=True,
        stdout=subprocess.PIPE,
        timeout=_LONGEST_SECONDS,
    )
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


# --- in the first process ------------------------------------------------------------------


async def _prepare(path: str) -> dict[str, float]:
    readers = invented_readers(recorded_papers(), SUBSCRIPTIONS)
    announcements = parse_feed(FEED.read_bytes()).announcements
    async with await open_database(f"sqlite:///{path}") as database:
        async with database.unit_of_work() as unit:
            await unit.papers.add_announcements(announcements, seen_at=NOW)
            await unit.commit()
        async with database.unit_of_work() as unit:
            for number, reader in enumerate(readers):
                await unit.subscriptions.add(_subscription(number, reader))
            await unit.commit()
    return {}


def destination_of(number: int) -> Destination:
    """One channel for each subscription, twenty in a workspace."""
    return Destination("slack", f"T{number % 500}", f"C{number}")


def _subscription(number: int, reader: Reader) -> Subscription:
    return Subscription(
        number=0,
        destination=destination_of(number),
        interests=reader.interests,
        created_at=NOW - timedelta(days=30),
        next_run_at=NOW.replace(second=0),
    )


# --- in the second -------------------------------------------------------------------------


class ThreadRenderer:
    """A parent message and a reply for each paper, as chat platforms have them."""

    def digest(self, digest: Digest, subscription: Subscription) -> tuple[str, ...]:
        """The payloads, the parent first."""
        head = f"{len(digest.entries)} papers for #{subscription.number}"
        texts = (head, *("\n".join(entry_lines(entry)) for entry in digest.entries))
        return tuple(json.dumps({"text": text}, ensure_ascii=False) for text in texts)

    def reply(self, reply: Reply) -> tuple[str, ...]:
        """The payload that answers a command."""
        return (reply.text,)


class NoFullTexts:
    """Abstracts only: extracts need no more."""

    async def read(self, paper: Paper) -> FullText:
        """The abstract."""
        return FullText(SummarySource.ABSTRACT, paper.abstract)


async def _plan(path: str) -> dict[str, float]:
    async with await open_database(f"sqlite:///{path}") as database:
        planning = planning_service(database)
        before = _peak_megabytes()
        async with _lags() as (lags, work):
            began, cpu_began = time.perf_counter(), time.process_time()
            planned = await planning.plan_due(NOW, patience=timedelta(hours=4))
            seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
        megabytes = _peak_megabytes()
        async with database.unit_of_work() as unit:
            messages = sum((await unit.outbox.counts()).values())
    lags.sort()
    return {
        "planned": planned,
        "messages": messages,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "megabytes_before": before,
        "megabytes": megabytes,
        "work_ms": max(work) * 1000,
        "lag_ms": lags[-1] * 1000,
        "lag_p99_ms": lags[math.ceil(len(lags) * 0.99) - 1] * 1000,
    }


def planning_service(database: Database, renderer: Renderer | None = None) -> PlanningService:
    """Plan for `database` as the service does, at `NOW`."""
    clock = FrozenClock(NOW)
    open_unit = database.unit_of_work
    return PlanningService(
        open_unit=open_unit,
        renderers={"slack": renderer or ThreadRenderer()},
        summaries=SummaryService(
            summarizer=None,
            extractor=ExtractiveSummarizer(),
            full_texts=NoFullTexts(),
            open_unit=open_unit,
            clock=clock,
        ),
        rarity=RarityService(open_unit=open_unit, clock=clock),
    )


@asynccontextmanager
async def _lags() -> AsyncIterator[tuple[list[float], list[float]]]:
    """How late each of many short sleeps ended, and how much this process worked meanwhile.

    Both in seconds. On a busy machine a sleep ends late because others had the processor; what
    planning is to blame for is never more than its own work.
    """
    lags: list[float] = []
    work: list[float] = []

    async def watch() -> None:
        while True:
            before, worked = time.perf_counter(), time.process_time()
            await asyncio.sleep(_NAP_SECONDS)
            lag = time.perf_counter() - before - _NAP_SECONDS
            lags.append(lag)
            work.append(min(lag, time.process_time() - worked))

    task = asyncio.create_task(watch())
    try:
        yield lags, work
    finally:
        task.cancel()


def _peak_megabytes() -> float:
    """The most memory of this process so far; `getrusage` counts that of its parent too."""
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the table, or be one of the two processes."""
    if len(sys.argv) > 1:
        step = {"prepare": _prepare, "plan": _plan}[sys.argv[1]]
        sys.stdout.write(json.dumps(asyncio.run(step(sys.argv[2]))))
        return
    for what, measured, target, holds in measure():
        verdict = {True: "holds", False: "MISSED", None: ""}[holds]
        sys.stdout.write(f"{what:54} {measured:44} {target:16} {verdict}\n")


if __name__ == "__main__":
    main()
