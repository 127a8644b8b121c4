"""Pages and feeds while thousands of digests are planned: 200 requests at once, round after round.

The service's part runs in a process of its own, as it does at work; who asks runs here.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path

from yarl import URL

from adapters.database.engine import open_database
from adapters.llm.extractive import ExtractiveSummarizer
from adapters.web.day_files import DayFiles
from adapters.web.metrics import PrometheusTelemetry
from adapters.web.pages import Pages
from adapters.web.public_feeds import PrivateFeed
from adapters.web.server import WebServer
from bot.app.publish import subscription_feed
from bot.domain.interests import Interests, parse_term
from bot.process import SWITCH_SECONDS
from bot.services.archive import ArchiveService, PageRules
from bot.services.feed_links import FeedLinkService
from bot.services.summaries import SummaryService
from bot.services.worker import open_worker
from tests.benchmarks import bench_planning
from tests.benchmarks.bench_planning import NOW, destination_of
from tests.fakes.clock import FrozenClock

Row = tuple[str, str, str, bool | None]
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]

AT_ONCE = 200
AT_MOST_SECONDS = 0.5  # 99 of 100 answers
_MOST_ROUNDS = 400
_LEAST_ROUNDS = 10
_REST_SECONDS = 0.2  # between two rounds
_LONGEST_SECONDS = 600
_WHAT = f"{AT_ONCE} requests at once for feeds and pages while digests are planned, p99"
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_BASE = "https://papers.example"
_PATHS = (
    *("", "rss", "atom", "feed.json", "rss/cs.LG", "atom/cs.CL", "days/2026-01-21"),
    *("search", "trends", "assets/search-index.js", "assets/site.css"),
)


def measure() -> list[Row]:
    """The rows of the table."""
    if not bench_planning.FEED.is_file():
        return [(_WHAT, "skipped: recorded data is not here", f"{AT_MOST_SECONDS} s", None)]
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "web.db")
        bench_planning.in_fresh_process("prepare", path)
        seconds, wrong, while_planning = asyncio.run(_asked(path))
    seconds.sort()
    p99 = seconds[math.ceil(len(seconds) * 0.99) - 1]
    return [
        (
            _WHAT,
            f"{p99 * 1000:.0f} ms over {len(seconds):,} answers",
            f"{AT_MOST_SECONDS * 1000:.0f} ms",
            p99 < AT_MOST_SECONDS,
        ),
        ("  slowest", f"{seconds[-1] * 1000:.0f} ms", "", None),
        ("  asked before planning ended", f"{while_planning:,}", "more than 0", while_planning > 0),
        ("  answers that were no 200 or 304", str(wrong), "0", wrong == 0),
    ]


async def _asked(path: str) -> tuple[list[float], int, int]:
    """Seconds of each answer, how many were wrong, how many were asked before planning ended."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.bench_web", path, stdin=PIPE, stdout=PIPE
    )
    try:
        async with asyncio.timeout(_LONGEST_SECONDS):
            return await _rounds(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _rounds(process: Process) -> tuple[list[float], int, int]:
    assert process.stdout is not None
    assert process.stdin is not None
    told = json.loads(await process.stdout.readline())
    paths = list(islice(cycle([*(f"/{each}" for each in _PATHS), told["feed"]]), AT_ONCE))
    ended = asyncio.create_task(process.stdout.readline())
    seconds: list[float] = []
    wrong = while_planning = 0
    lines = [await asyncio.open_connection("127.0.0.1", told["port"]) for _ in paths]
    for number in range(_MOST_ROUNDS):
        if ended.done() and number >= _LEAST_ROUNDS:
            break
        answers = await asyncio.gather(
            *(_answer(line, path) for line, path in zip(lines, paths, strict=True))
        )
        seconds += [took for took, _ in answers]
        wrong += sum(status not in (b"200", b"304") for _, status in answers)
        while_planning += 0 if ended.done() else AT_ONCE
        await asyncio.sleep(_REST_SECONDS)
    for _, writer in lines:
        writer.close()
    process.stdin.close()
    await ended
    return seconds, wrong, while_planning


async def _answer(line: Line, path: str) -> tuple[float, bytes]:
    """Seconds to the last byte, and the status; a whole client would be slower than the server."""
    reader, writer = line
    began = time.perf_counter()
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    (length,) = _LENGTH.findall(head)
    await reader.readexactly(int(length))
    return time.perf_counter() - began, head.split(b" ", 2)[1]


# --- in the process that plans and serves --------------------------------------------------


async def _serve(path: str) -> None:
    sys.setswitchinterval(SWITCH_SECONDS)
    clock = FrozenClock(NOW)
    extractor = ExtractiveSummarizer()
    with open_worker("pages") as worker:
        async with await open_database(f"sqlite:///{path}") as database:
            open_unit = database.unit_of_work
            links = FeedLinkService(open_unit=open_unit, public_url=_BASE)
            summaries = SummaryService(
                summarizer=None,
                extractor=extractor,
                full_texts=bench_planning.NoFullTexts(),
                open_unit=open_unit,
                clock=clock,
            )
            archive = ArchiveService(
                open_unit=open_unit,
                clock=clock,
                store=DayFiles(Path(path).parent / "pages"),
                extractor=extractor,
                write=summaries.for_digests,
                rules=PageRules(
                    Interests(
                        categories=("cs.AI", "cs.CL", "cs.DC", "cs.LG"),
                        terms=(parse_term("LLM"), parse_term("kv cache^2")),
                        max_papers=30,
                    )
                ),
            )

            async def find_private(token: str) -> PrivateFeed | None:
                subscription = await links.subscription_of(token)
                if subscription is None:
                    return None
                return await subscription_feed(open_unit, subscription, token)

            pages = Pages(
                publish=archive.publication,
                find_private=find_private,
                about={},
                base_url=_BASE,
                worker=worker,
            )
            async with database.unit_of_work() as unit:
                (subscription,) = await unit.subscriptions.of_destination(destination_of(0))
            feed = (await links.link(subscription)).removeprefix(_BASE)
            server = WebServer(
                host="127.0.0.1", port=0, telemetry=PrometheusTelemetry(), alive={}, ready={}
            )
            server.add_routes(pages.routes())
            await pages.renew()
            async with server, pages.kept():
                _tell({"port": URL(server.url).port, "feed": feed})
                planned = await bench_planning.planning_service(database).plan_due(
                    NOW, patience=timedelta(hours=4)
                )
                _tell({"planned": planned})
                await asyncio.to_thread(sys.stdin.read)  # until who asks has enough


def _tell(said: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
