"""Scoring for ten thousand subscriptions: time, growth, and the seed's plain loop beside it."""

from __future__ import annotations

import gzip
import json
import random
import resource
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from itertools import pairwise

from bot.domain.folding import raw_words
from bot.domain.interests import Interests, Term
from bot.domain.matching import Reader, rank_many
from bot.domain.papers import Announcement, AnnounceType, Paper
from bot.domain.rarity import Rarity
from tests.benchmarks.seed_loop import best_by_plain_loop
from tests.shared_data import ARXIV_DATA

Row = tuple[str, str, str, bool | None]  # what, measured, target, whether it holds

_READERS = 10_000
_PAPERS = 1_500
_TERMS = 40
_SAMPLE = 4  # readers for whom the plain loop is run; its time is scaled up
_CATEGORIES = ("cs.AI", "cs.CL", "cs.CV", "cs.DC", "cs.LG")


def measure() -> list[Row]:
    """The rows of the table."""
    papers = recorded_papers()
    readers = invented_readers(papers, _READERS)
    rarity = Rarity.of(papers)
    batch = announced(papers[:_PAPERS])
    seconds, cpu_seconds = _timed(lambda: _rank_all(readers, batch, rarity))
    loop = _plain_loop_seconds(readers, papers[:_PAPERS])
    fewer_papers, _ = _timed(lambda: _rank_all(readers, batch[: _PAPERS // 2], rarity))
    fewer_readers, _ = _timed(lambda: _rank_all(readers[: _READERS // 2], batch, rarity))
    what = f"Score {_READERS:,} subscriptions, {_TERMS} terms each, over {_PAPERS:,} papers"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        (f"{what}, reasons included", f"{cpu_seconds:.2f} s of one core", "1 s", cpu_seconds <= 1),
        ("  elapsed", f"{seconds:.2f} s", "", None),
        (
            f"  the seed's plain loop (run for {_SAMPLE} subscriptions, scaled)",
            f"{loop:,.0f} s, {loop / seconds:,.0f} times as long",
            "1,000 times",
            loop / seconds >= 1_000,
        ),
        _growth("  twice the papers", seconds / fewer_papers),
        _growth("  twice the subscriptions", seconds / fewer_readers),
        ("  most memory, of the whole process", f"{peak:.0f} MB", "600 MB", peak <= 600),
    ]


def recorded_papers() -> list[Paper]:
    """3,021 papers of ten days in December 2025."""
    papers: dict[str, Paper] = {}
    for path in sorted((ARXIV_DATA / "papers").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in map(json.loads, lines):
                papers[line["id"]] = Paper(
                    arxiv_id=line["id"],
                    version=line["version"] or 1,
                    title=line["title"],
                    abstract=line["abstract"],
                    authors=tuple(line["authors"]),
                    categories=tuple(line["categories"]),
                )
    return list(papers.values())


def announced(papers: Sequence[Paper]) -> list[Announcement]:
    """`papers` as one day's new ones."""
    return [
        Announcement(paper, AnnounceType.NEW, date(2025, 12, 12), sequence)
        for sequence, paper in enumerate(papers, start=1)
    ]


def invented_readers(papers: Sequence[Paper], count: int) -> list[Reader]:
    """Readers whose words and pairs of words are drawn by how many papers hold them."""
    drawn = random.Random(7)  # noqa: S311 - the same readers every time, no secret
    vocabulary = _document_frequencies(papers)
    terms = drawn.choices(list(vocabulary), list(vocabulary.values()), k=count * _TERMS)
    readers = []
    for start in range(0, len(terms), _TERMS):
        interests = Interests(
            categories=tuple(drawn.sample(_CATEGORIES, k=3)),
            terms=tuple(map(Term, terms[start : start + _TERMS])),
            min_score=drawn.choice((0.0, 2.5, 5.0)),
            cross_lists=drawn.random() < 0.5,
        )
        readers.append(Reader(interests, after_sequence=0))
    return readers


def _document_frequencies(papers: Sequence[Paper]) -> Counter[str]:
    """Words of four letters and more, and pairs of them, with the papers that hold each."""
    frequencies: Counter[str] = Counter()
    for paper in papers:
        words = raw_words(f"{paper.title} {paper.abstract}")
        long = {word for word in words if len(word) > 3}
        pairs = {f"{one} {other}" for one, other in pairwise(words) if {one, other} <= long}
        frequencies.update(long | pairs)
    return Counter({term: count for term, count in frequencies.items() if count > 1})


def _rank_all(
    readers: Sequence[Reader], announcements: Sequence[Announcement], rarity: Rarity
) -> None:
    for _ranking in rank_many(readers, announcements, rarity=rarity):
        pass


def _plain_loop_seconds(readers: Sequence[Reader], papers: Sequence[Paper]) -> float:
    """What the plain loop would take for all `readers`."""
    keywords = [[term.text for term in reader.interests.terms] for reader in readers[:_SAMPLE]]
    seconds, _ = _timed(
        lambda: [best_by_plain_loop(listed, papers, most=10) for listed in keywords]
    )
    return seconds * len(readers) / _SAMPLE


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds elapsed and seconds of processor time of one call, the best of two."""
    best = (float("inf"), float("inf"))
    for _attempt in range(2):
        begun, cpu_begun = time.perf_counter(), time.process_time()
        work()
        took = (time.perf_counter() - begun, time.process_time() - cpu_begun)
        best = (min(best[0], took[0]), min(best[1], took[1]))
    return best


def _growth(what: str, times: float) -> Row:
    return what, f"{times:.2f} times the time", "2.2 times", times <= 2.2


def main() -> None:
    """Print the table."""
    for what, measured, target, holds in measure():
        verdict = {True: "holds", False: "MISSED", None: ""}[holds]
        print(f"{what:72} {measured:32} {target:12} {verdict}")  # noqa: T201 - a table on the terminal


if __name__ == "__main__":
    main()
