"""Folded words as people write them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from itertools import pairwise

from bot.domain.folding import pieces, raw_words, singular
from bot.domain.papers import Paper


def spellings(terms: Collection[str], papers: Iterable[Paper]) -> dict[str, str]:
    """Each folded word or pair of words as `papers` write it most often, in lower case.

    One that stands in none of them is given as it is.
    """
    wanted = set(terms)
    written: dict[str, Counter[str]] = {}
    for paper in papers:
        for text in (paper.title, paper.abstract):
            words = [(singular(part), part) for word in raw_words(text) for part in pieces(word)]
            pairs = [(f"{a} {b}", f"{x} {y}") for (a, x), (b, y) in pairwise(words)]
            for folded, spelled in (*words, *pairs):
                if folded in wanted:
                    written.setdefault(folded, Counter())[spelled] += 1
    return {term: written[term].most_common(1)[0][0] if term in written else term for term in terms}
