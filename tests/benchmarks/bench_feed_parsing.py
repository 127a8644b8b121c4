"""How fast a day's feed is read, against feedparser on the same bytes in the same run.

`python -m tests.benchmarks.bench_feed_parsing` prints the table.
"""

import statistics
import sys
import time
from collections.abc import Callable

import feedparser

from adapters.arxiv.feed_xml import parse_feed
from bot.domain.text import readable
from tests.shared_data import ARXIV_DATA

RUNS = 9
AT_MOST_SECONDS = 0.15
AT_LEAST_TIMES = 3.0
FEED = ARXIV_DATA / "feeds" / "2026-01-21" / "cs.AI+cs.CL+cs.DC+cs.LG.xml"


def measure() -> list[tuple[str, str, str, bool | None]]:
    """Rows of what, measured, target, holds; None where nothing could be measured."""
    what = "Parse a 725-item feed (1.5 MB)"
    if not FEED.is_file():
        return [(what, "recorded data is not here", f"at most {AT_MOST_SECONDS} s", None)]
    data = FEED.read_bytes()
    ours, theirs = _medians(lambda: _read_afresh(data), lambda: feedparser.parse(data))
    ratio = theirs / ours
    return [
        (what, f"{ours:.3f} s", f"at most {AT_MOST_SECONDS} s", ours <= AT_MOST_SECONDS),
        (
            "… against feedparser",
            f"{ratio:.1f} times as fast ({theirs:.3f} s)",
            f"at least {AT_LEAST_TIMES:.0f} times",
            ratio >= AT_LEAST_TIMES,
        ),
    ]


def _read_afresh(data: bytes) -> None:
    readable.cache_clear()  # a day's texts are new to the bot
    parse_feed(data)


def _medians(*works: Callable[[], object]) -> list[float]:
    """Median seconds of each work; they take turns, so that a busy machine slows all alike."""
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(RUNS):
        for work, times in zip(works, seconds, strict=True):
            began = time.perf_counter()
            work()
            times.append(time.perf_counter() - began)
    return [statistics.median(times) for times in seconds]


if __name__ == "__main__":
    for what, measured, target, holds in measure():
        verdict = {True: "holds", False: "does not hold", None: "not measured"}[holds]
        sys.stdout.write(f"{what:<34} {measured:<36} {target:<18} {verdict}\n")
