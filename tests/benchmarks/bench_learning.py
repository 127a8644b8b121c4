"""Learning for ten thousand subscriptions: scoring with profiles, growth, memory, one thumb.

The scoring runs in a process of its own, so that the memory measured is its alone.
`python -m tests.benchmarks learning` prints the table.
"""

from __future__ import annotations

import gc
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.domain.learning import MOST_IGNORED, MOST_VOTED, Memory
from bot.domain.matching import Reader, rank_many
from bot.domain.papers import Announcement, Paper
from bot.domain.profile import MOST_POINTS, MOST_TERMS, WEIGHT, Profile
from bot.domain.rarity import Rarity
from bot.domain.telling import telling_terms
from bot.domain.thumbs import Vote
from bot.services.worker import no_full_collections
from tests.benchmarks.bench_scoring import announced, invented_readers, recorded_papers
from tests.shared_data import ARXIV_DATA

Row = tuple[str, str, str, bool | None]  # what, measured, target, whether it holds

_READERS = 10_000
_PAPERS = 1_500
_AT_MOST_SECONDS = 3.0
_AT_MOST_MEGABYTES = 600.0
_AT_MOST_GROWTH = 2.2
_AT_MOST_MILLISECONDS = 5.0
_LONGEST_SECONDS = 600
_NOW = datetime(2026, 1, 21, 9, 0, tzinfo=UTC)


def measure() -> list[Row]:
    """The rows of the table."""
    what = f"Score {_READERS:,} subscriptions with profiles of {MOST_TERMS} over {_PAPERS:,} papers"
    if not (ARXIV_DATA / "papers").is_dir():
        return [(what, "recorded data is not here", f"{_AT_MOST_SECONDS} s", None)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.bench_learning", "score"],
        check=True,
        stdout=subprocess.PIPE,
        timeout=_LONGEST_SECONDS,
    )
    figures: dict[str, float] = json.loads(done.stdout)
    seconds, megabytes = figures["cpu_seconds"], figures["megabytes"]
    rows: list[Row] = [
        (
            what,
            f"{seconds:.2f} s of one core",
            f"{_AT_MOST_SECONDS:.0f} s",
            seconds <= _AT_MOST_SECONDS,
        ),
        ("  the same without profiles", f"{figures['without']:.2f} s", "", None),
        ("  the reasons of every chosen paper", f"{figures['reasons']:.2f} s more", "", None),
        (
            "  most memory, of the whole process",
            f"{megabytes:.0f} MB",
            f"{_AT_MOST_MEGABYTES:.0f} MB",
            megabytes <= _AT_MOST_MEGABYTES,
        ),
    ]
    for name in ("papers", "subscriptions"):
        times = seconds / figures[f"half the {name}"]
        limit = f"{_AT_MOST_GROWTH} times"
        rows.append((f"  twice the {name}", f"{times:.2f} times", limit, times <= _AT_MOST_GROWTH))
    milliseconds = _thumb_milliseconds()
    limit = f"{_AT_MOST_MILLISECONDS:.0f} ms"
    what = "One more thumb on a full memory, and the profile anew"
    return [*rows, (what, f"{milliseconds:.1f} ms", limit, milliseconds <= _AT_MOST_MILLISECONDS)]


def invented_profiles(papers: Sequence[Paper], rarity: Rarity, count: int) -> list[Profile]:
    """Profiles of the full size, of what some drawn papers are about."""
    drawn = random.Random(11)  # noqa: S311 - the same profiles every time, no secret
    about = [telling_terms(paper, rarity, limit=MOST_TERMS)[0] for paper in papers]
    profiles = []
    for _ in range(count):
        terms: dict[str, None] = {}
        while len(terms) < MOST_TERMS:
            terms.update(dict.fromkeys(drawn.choice(about)[:60]))
        chosen = tuple(terms)[:MOST_TERMS]
        document = {
            "terms": list(chosen),
            "weights": [round(drawn.gauss(4, 4) * WEIGHT) or 1 for _ in chosen],
            "holders": [drawn.getrandbits(MOST_VOTED) for _ in chosen],
            "liked": [f"2512.{at:05}" for at in range(MOST_VOTED)],
            "start": -1500,
            "most": round(MOST_POINTS * WEIGHT),
        }
        profiles.append(Profile.from_dict(document))
    return profiles


def _score() -> dict[str, float]:
    papers = recorded_papers()
    rarity = Rarity.of(papers)
    profiles = invented_profiles(papers[:_PAPERS], rarity, _READERS)
    plain = invented_readers(papers, _READERS)
    readers = [
        replace(reader, profile=profile) for reader, profile in zip(plain, profiles, strict=True)
    ]
    batch = announced(papers[:_PAPERS])

    def seconds(some: Sequence[Reader], announcements: Sequence[Announcement]) -> float:
        return _cpu_seconds(lambda: list(rank_many(some, announcements, rarity=rarity)))

    figures = {
        "cpu_seconds": seconds(readers, batch),
        "megabytes": _peak_megabytes(),
        "half the papers": seconds(readers, batch[: _PAPERS // 2]),
        "half the subscriptions": seconds(readers[: _READERS // 2], batch),
        "without": seconds(plain, batch),
    }
    rankings = list(rank_many(readers, batch, rarity=rarity))
    begun = time.process_time()
    for ranking in rankings:
        for scored in ranking.chosen:
            if not scored.reasons:
                raise AssertionError("what is chosen has its reasons")
    return {**figures, "reasons": time.process_time() - begun}


def _thumb_milliseconds() -> float:
    """The median over many thumbs, each on a paper not voted on before."""
    papers = recorded_papers()
    rarity = Rarity.of(papers)
    memory = Memory.empty()
    spent: list[float] = []
    for place, paper in enumerate(papers[: 3 * (MOST_VOTED + MOST_IGNORED)]):
        vote = (Vote.UP, Vote.IGNORED, Vote.DOWN, Vote.IGNORED)[place % 4]
        voter = "" if vote is Vote.IGNORED else f"person {place % 3}"
        at = _NOW + timedelta(hours=place)
        begun = time.process_time()
        memory = memory.with_thumb(paper, vote, voter=voter, at=at, rarity=rarity)
        memory.profile()
        spent.append(time.process_time() - begun)
    full = sorted(spent[2 * (MOST_VOTED + MOST_IGNORED) :])
    return 1000 * full[len(full) // 2]


def _cpu_seconds(work: Callable[[], object]) -> float:
    """Of one call, the best of two; garbage is collected as while planning."""
    spent = []
    with no_full_collections(gc.get_threshold()):
        for _attempt in range(2):
            begun = time.process_time()
            work()
            spent.append(time.process_time() - begun)
    return min(spent)


def _peak_megabytes() -> float:
    """The most memory of this process so far."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("Linux tells the most memory of a process")


def main() -> None:
    """Print the table, or be the process that scores."""
    if sys.argv[1:] == ["score"]:
        sys.stdout.write(json.dumps(_score()))
        return
    for what, measured, target, holds in measure():
        verdict = {True: "holds", False: "MISSED", None: ""}[holds]
        sys.stdout.write(f"{what:72} {measured:24} {target:12} {verdict}\n")


if __name__ == "__main__":
    main()
