"""The words and pairs of words that tell what papers are about, for learning: TF-IDF."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from bot.domain.paper_words import IN_TITLE, PaperWords, read_words
from bot.domain.papers import Paper
from bot.domain.rarity import Rarity

TITLE_COUNTS = 3.0  # a word in the title as so many in the abstract
EARLY_COUNTS = 2.0  # a word where the abstract begins, and says what the paper is about
_EARLY = 40  # words
PAIR_COUNTS = 0.65  # of what its rarity says: its words count as well
UNIT = 1000  # a paper's length among shares
_COMMON = 0.2  # what more papers hold tells nothing
_SHORTEST_WORD = 2  # letters

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Telling:
    """What each of some papers is about."""

    terms: tuple[str, ...]  # folded words and pairs: "cach", "kv cach"
    shares: csr_array  # (papers x terms), int32: TF-IDF in thousandths of the paper's length

    @classmethod
    def of(cls, words: PaperWords, rarity: Rarity) -> Telling:
        """Count and weigh the words of some papers."""
        names = ["", *words.numbers]
        idf = _idf(names, rarity)
        tells = idf[words.stream] > 0
        words_at = np.flatnonzero(tells)
        numbers, word_column = np.unique(words.stream[words_at], return_inverse=True)
        # Pairs of telling words only: "of the" says nothing, and there are many such.
        pairs_at = np.flatnonzero(tells[:-1] & tells[1:])
        codes = words.stream[pairs_at].astype(np.int64) * len(names) + words.stream[pairs_at + 1]
        pairs, pair_column = np.unique(codes, return_inverse=True)
        counted = _counted(
            np.concatenate((word_column, pair_column + len(numbers))),
            words,
            np.concatenate((words_at, pairs_at)),
            len(numbers) + len(pairs),
        )
        firsts, seconds = (places.tolist() for places in np.divmod(pairs, len(names)))
        named = [
            f"{names[first]} {names[second]}" for first, second in zip(firsts, seconds, strict=True)
        ]
        weights = np.concatenate((idf[numbers], PAIR_COUNTS * -np.log(rarity.shares(named))))
        # Interned like those of profiles: then looking up compares addresses, not letters.
        terms = map(sys.intern, (*(names[number] for number in numbers.tolist()), *named))
        return cls(tuple(terms), _weighed(counted, weights))


def telling_terms(
    paper: Paper, rarity: Rarity, *, limit: int
) -> tuple[tuple[str, ...], array[int]]:
    """What one paper is about, most telling first, and the share of each, see `Telling`."""
    telling = Telling.of(read_words((paper,)), rarity)
    best = np.argsort(-telling.shares.data, kind="stable")[:limit]
    columns = telling.shares.indices[best].tolist()
    terms = tuple(telling.terms[column] for column in columns)
    return terms, array("i", telling.shares.data[best].tobytes())


def _counted(column: NDArray[Any], words: PaperWords, at: NDArray[Any], width: int) -> csr_array:
    """(papers x columns) how often what begins at `at` stands in each paper."""
    weight = np.where(words.credit[at] == IN_TITLE, TITLE_COUNTS, _in_abstract(words, at))
    if words.papers == 1:  # it has every column; for a thumb, making a matrix is what takes time
        cells = (np.bincount(column, weight, width), np.arange(width), np.array([0, width]))
        return csr_array(cells, shape=(1, width))
    shape = (words.papers, width)
    return coo_array((weight, (words.owner[at], column)), shape=shape).tocsr()


def _in_abstract(words: PaperWords, at: NDArray[Any]) -> Floats:
    """What each position would count if all were in abstracts."""
    begins = np.append(0, np.flatnonzero(words.stream == 0) + 1)  # of fields
    into = at - begins[np.searchsorted(begins, at, side="right") - 1]
    return np.where(into < _EARLY, EARLY_COUNTS, 1.0)


def _weighed(counted: csr_array, weights: Floats) -> csr_array:
    shares = (1 + np.log(counted.data)) * weights[counted.indices]
    rows = np.repeat(np.arange(counted.shape[0]), np.diff(counted.indptr))
    length = np.sqrt(np.bincount(rows, shares**2, counted.shape[0]))
    whole = np.maximum(np.rint(UNIT * shares / length[rows]), 1).astype(np.int32)
    return csr_array((whole, counted.indices, counted.indptr), shape=counted.shape)


def _idf(words: Sequence[str], rarity: Rarity) -> Floats:
    """How rare each word is; 0.0 for one that tells nothing."""
    shares = rarity.shares(words)
    shares[shares >= _COMMON] = 1.0
    is_bare = [len(word) < _SHORTEST_WORD or word.isdigit() for word in words]
    shares[is_bare] = 1.0
    return np.asarray(-np.log(shares), np.float64)
