"""The words and pairs of words that tell what a paper is about, for learning."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import pairwise

from bot.domain.folding import folded_words
from bot.domain.papers import Paper
from bot.domain.rarity import Rarity

TITLE_COUNTS = 2.0  # a word in the title as so many in the abstract
KEPT_TERMS = 60  # of a paper; the rest weighs little
UNIT = 1000  # what a vector of length 1.0 has as its length
_COMMON = 0.2  # what more papers hold tells nothing
_SHORTEST_WORD = 2  # letters


def telling_terms(paper: Paper, rarity: Rarity) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Folded words and pairs, most telling first, at most `KEPT_TERMS`, and the share of each.

    Shares are TF-IDF in thousandths of the length of the vector of all terms.
    """
    counts: defaultdict[str, float] = defaultdict(float)
    for text, weight in ((paper.title, TITLE_COUNTS), (paper.abstract, 1.0)):
        words = folded_words(text)
        for word in words:
            counts[word] += weight
        for pair in pairwise(words):
            counts[" ".join(pair)] += weight
    telling = {word: tells(word, rarity) for word in counts if " " not in word}
    shares: dict[str, float] = {}
    for term, count in counts.items():
        words = term.split(" ")
        if all(telling[word] for word in words):
            rareness = telling[term] if len(words) == 1 else rareness_of(words, rarity)
            shares[term] = (1 + math.log(count)) * rareness
    length = math.sqrt(math.fsum(share * share for share in shares.values()))
    best = sorted(shares.items(), key=lambda item: (-item[1], item[0]))[:KEPT_TERMS]
    terms = tuple(term for term, _ in best)
    return terms, tuple(round(UNIT * share / length) for _, share in best)


def tells(word: str, rarity: Rarity) -> float:
    """How rare a folded word is (log of papers per paper that holds it); 0.0 for no matter."""
    if len(word) < _SHORTEST_WORD or word.isdigit():
        return 0.0
    frequency = rarity.frequency((word,))
    return -math.log(frequency) if frequency < _COMMON else 0.0


def rareness_of(words: list[str], rarity: Rarity) -> float:
    """The same for a pair of words that both tell."""
    return -math.log(rarity.frequency(words))
