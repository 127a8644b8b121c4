"""How common words and pairs of words are in recent papers: rare ones tell more."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, repeat

import numpy as np
from numpy.typing import NDArray

from bot.domain.common_words import COMMON_WORDS
from bot.domain.folding import folded_words
from bot.domain.papers import Paper

RAREST = 1 / 1000  # what is rarer counts as this rare: below it chance rules
TYPICAL = 1 / 100  # a term in one paper of a hundred weighs 1.0
_PRIOR_PAPERS = 300  # how many papers of our own the shipped table is worth
_KEPT = 1 / 2000  # counts below this share of all papers are forgotten


@dataclass(frozen=True, slots=True)
class Rarity:
    """In how many of `papers` papers each folded word, or pair of them, occurs.

    The shipped table of common words stands behind the counts as if it were 300 papers more, so
    that an empty store ranks sensibly too. Plain data: it can be stored and sent to a process.
    """

    papers: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)  # "cach" and "kv cach" alike

    @classmethod
    def of(cls, papers: Iterable[Paper]) -> Rarity:
        """Count some papers; a few thousand of the last weeks are enough."""
        counts: Counter[str] = Counter()
        total = 0
        for paper in papers:
            counts.update(set(_words_and_pairs(paper)))
            total += 1
        return _forgetful(total, counts)

    @classmethod
    def sum(cls, days: Iterable[Rarity]) -> Rarity:
        """The counts of several batches together."""
        counts: Counter[str] = Counter()
        total = 0
        for day in days:
            counts.update(day.counts)
            total += day.papers
        return _forgetful(total, counts)

    def frequency(self, words: Sequence[str]) -> float:
        """The share of papers, from 0.001 to 1, that hold these folded words in order.

        Of three words or more the rarest pair is taken: counting every phrase would cost more
        than it tells.
        """
        if len(words) > 2:  # noqa: PLR2004 - pairs are what is counted
            return min(self.frequency(pair) for pair in pairwise(words))
        return self._share(" ".join(words))

    def frequency_of_prefix(self, before: Sequence[str], prefix: str, keys: Sequence[str]) -> float:
        """The same for words that end in one that begins with `prefix`; `keys` from `keys()`."""
        start = " ".join((*before[-1:], prefix))
        likely = min(max(sum(map(self._share, _beginning_with(keys, start))), RAREST), 1.0)
        return min(likely, self.frequency(before)) if len(before) > 1 else likely

    def keys(self) -> list[str]:
        """Everything counted, sorted."""
        return sorted({*self.counts, *COMMON_WORDS})

    def shares(self, keys: Sequence[str]) -> NDArray[np.float64]:
        """The same for many words, and pairs with a space between, as they are counted."""
        counts = np.fromiter(map(self.counts.get, keys, repeat(0)), np.float64, len(keys))
        prior = np.fromiter(map(COMMON_WORDS.get, keys, repeat(RAREST)), np.float64, len(keys))
        shares = (counts + _PRIOR_PAPERS * prior) / (self.papers + _PRIOR_PAPERS)
        return shares.clip(RAREST, 1.0)

    def _share(self, key: str) -> float:
        known = self.counts.get(key, 0) + _PRIOR_PAPERS * COMMON_WORDS.get(key, RAREST)
        return min(max(known / (self.papers + _PRIOR_PAPERS), RAREST), 1.0)


def idf(frequency: NDArray[np.float64]) -> NDArray[np.float64]:
    """How telling a term is that this share of papers holds: 0.7 (all) to 6.9 (the rarest)."""
    rareness: NDArray[np.float64] = np.log(1 + 1 / frequency)
    return rareness


def weight(frequency: NDArray[np.float64]) -> NDArray[np.float64]:
    """The damped idf: 1.0 at one paper in a hundred, 0.56 at three in ten, at most 1.22."""
    damped: NDArray[np.float64] = np.sqrt(idf(frequency) / math.log(1 + 1 / TYPICAL))
    return damped


def _words_and_pairs(paper: Paper) -> Iterator[str]:
    for text in (paper.title, paper.abstract):
        words = folded_words(text)
        yield from words
        yield from map(" ".join, pairwise(words))


def _forgetful(papers: int, counts: Mapping[str, int]) -> Rarity:
    """Without what is too rare to count: most pairs of words occur once and never again."""
    least = papers * _KEPT
    return Rarity(papers, {key: count for key, count in counts.items() if count >= least})


def _beginning_with(keys: Sequence[str], start: str) -> Iterator[str]:
    """The sorted `keys` that are `start` with more letters, but no further word."""
    for key in keys[bisect_left(keys, start) : bisect_left(keys, start + "\uffff")]:
        if " " not in key[len(start) :]:
            yield key
