"""The papers nearest to one: TF-IDF over words and pairs of words, with what they share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, hstack

from bot.domain.common_words import COMMON_WORDS
from bot.domain.folding import fold, raw_words
from bot.domain.paper_words import IN_TITLE, read_words
from bot.domain.papers import Paper

TITLE_COUNTS = 3.0  # a word in the title as so many in the abstract
_PRIOR_PAPERS = 300  # how many papers the shipped table of common words is worth, as in rarity.py
_RAREST = 1 / 1000
_COMMON = 0.2  # what more papers hold tells nothing
_FEWEST = 2  # papers that hold a term; what one holds alone brings none together
_SHORTEST_WORD = 2  # letters
_TERMS_SHOWN = 6
_LEAST_SHARE = 0.04  # of the likeness; less is no reason

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SharedTerm:
    """A word or pair of words that two papers share."""

    term: str  # as the paper asked about writes it
    share: float  # of the likeness


@dataclass(frozen=True, slots=True)
class Likeness:
    """How near a paper is."""

    paper: Paper
    likeness: float  # cosine, 0 to 1
    shared: tuple[SharedTerm, ...]  # most telling first


@dataclass(frozen=True, slots=True)
class PaperVectors:
    """Papers as rows of unit length; columns are words, then pairs of words."""

    papers: tuple[Paper, ...]
    words: dict[str, int]  # folded word -> its number, from 1
    terms: Numbers  # sorted: a word's number, or first x base + second for a pair
    base: int
    idf: Floats  # by term
    rows: csr_array  # (papers x terms), float32

    @classmethod
    def of(cls, papers: Iterable[Paper]) -> PaperVectors:
        """Count and weigh; some seconds for 20,000 papers, so call it off the event loop."""
        kept = tuple(papers)
        read = read_words(kept)
        base = len(read.numbers) + 1
        weight = np.where(read.credit == IN_TITLE, TITLE_COUNTS, 1.0).astype(np.float32)
        words = _counted(read.stream, read.owner, weight, shape=(len(kept), base))
        frequency = _frequency(words, read.numbers)
        tells = (frequency < _COMMON) & (_papers_with(words) >= _FEWEST)
        tells[0] = False  # between fields
        tells[_meaningless(read.numbers)] = False
        # Pairs of telling words only: "of the" and "cache which" bring no papers together.
        at = np.flatnonzero(tells[read.stream[:-1]] & tells[read.stream[1:]])
        codes = read.stream[at].astype(np.int64) * base + read.stream[at + 1]
        pairs, column = np.unique(codes, return_inverse=True)
        paired = _counted(column, read.owner[at], weight[at], shape=(len(kept), len(pairs)))
        together = _papers_with(paired)
        shared = np.flatnonzero(together >= _FEWEST)
        numbers = np.flatnonzero(tells)
        rarity = np.concatenate((frequency[numbers], _smoothed(together[shared], len(kept))))
        idf = np.log(1 / rarity).astype(np.float32)
        return cls(
            papers=kept,
            words=read.numbers,
            terms=np.concatenate((numbers, pairs[shared])),
            base=base,
            idf=idf,
            rows=_weighed(hstack((words[:, numbers], paired[:, shared])).tocsr(), idf),
        )

    def nearest(self, paper: Paper, *, limit: int) -> tuple[Likeness, ...]:
        """The papers most like `paper`, itself left out whatever its version, best first."""
        query, names = self._query(paper)
        likeness = np.asarray(self.rows @ query)
        likeness[[each.arxiv_id == paper.arxiv_id for each in self.papers]] = 0.0
        best = np.argsort(-likeness, kind="stable")[:limit]
        return tuple(
            Likeness(
                self.papers[place], float(likeness[place]), self._shared(int(place), query, names)
            )
            for place in best
            if likeness[place] > 0
        )

    def _query(self, paper: Paper) -> tuple[Floats, dict[int, str]]:
        """The paper as a vector, and how it writes the terms in it."""
        counts: dict[int, float] = {}
        names: dict[int, str] = {}
        for text, weight in ((paper.title, TITLE_COUNTS), (paper.abstract, 1.0)):
            for code, name in self._codes(text):
                counts[code] = counts.get(code, 0.0) + weight
                names.setdefault(code, name)
        vector = np.zeros(len(self.terms), dtype=np.float32)
        known: dict[int, str] = {}
        for code, count in counts.items():
            column = int(np.searchsorted(self.terms, code))
            if column < len(self.terms) and self.terms[column] == code:
                vector[column] = (1 + np.log(count)) * self.idf[column]
                known[column] = names[code]
        length = float(np.linalg.norm(vector))
        return (vector / length if length else vector), known

    def _codes(self, text: str) -> Iterator[tuple[int, str]]:
        """Each word and pair of neighbours: its code here, and how it is written."""
        typed = [
            (self.words.get(folded, 0), word) for word in raw_words(text) for folded in fold(word)
        ]
        for number, word in typed:
            if number:
                yield number, word
        for (first, before), (second, after) in pairwise(typed):
            if first and second:
                name = before if before == after else f"{before} {after}"  # a closed compound
                yield first * self.base + second, name

    def _shared(self, place: int, query: Floats, names: dict[int, str]) -> tuple[SharedTerm, ...]:
        start, end = self.rows.indptr[place], self.rows.indptr[place + 1]
        columns = self.rows.indices[start:end]
        shares = self.rows.data[start:end] * query[columns]
        best = np.argsort(-shares, kind="stable")
        found = [
            SharedTerm(names[int(columns[each])], float(shares[each]))
            for each in best[: 4 * _TERMS_SHOWN]
            if shares[each] > _LEAST_SHARE * shares.sum()
        ]
        return tuple(sorted(_joined(found), key=lambda each: -each.share))[:_TERMS_SHOWN]


def _weighed(counts: csr_array, idf: Floats) -> csr_array:
    """Rows of unit length, counts damped."""
    rows = counts.tocsr()
    rows.data = ((1 + np.log(rows.data)) * idf[rows.indices]).astype(np.float32)
    lengths = np.sqrt(np.add.reduceat(np.append(rows.data**2, 0.0), rows.indptr[:-1]))
    lengths[np.diff(rows.indptr) == 0] = 1.0  # a paper without a telling term
    rows.data /= np.repeat(lengths, np.diff(rows.indptr)).astype(np.float32)
    return rows


def _counted(
    columns: NDArray[Any], owner: NDArray[Any], weight: Floats, *, shape: tuple[int, int]
) -> csr_array:
    """How much each paper holds of each column."""
    return coo_array((weight, (owner, columns)), shape=shape, dtype=np.float32).tocsr()


def _papers_with(counts: csr_array) -> NDArray[np.int64]:
    """In how many papers each column occurs."""
    return np.bincount(counts.indices, minlength=counts.shape[1]).astype(np.int64)


def _frequency(words: csr_array, numbers: dict[str, int]) -> NDArray[np.float64]:
    """The share of papers that hold each word, the shipped table behind the counts."""
    prior = np.full(words.shape[1], _RAREST)
    for word, number in numbers.items():
        prior[number] = COMMON_WORDS.get(word, _RAREST)
    return _smoothed(_papers_with(words), words.shape[0], prior)


def _smoothed(
    holding: NDArray[np.int64], papers: int, prior: NDArray[np.float64] | float = _RAREST
) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = (holding + _PRIOR_PAPERS * prior) / (papers + _PRIOR_PAPERS)
    return shares.clip(max=1.0)


def _meaningless(words: dict[str, int]) -> list[int]:
    """Numbers and single letters."""
    return [
        number for word, number in words.items() if len(word) < _SHORTEST_WORD or word.isdigit()
    ]


def _joined(terms: Sequence[SharedTerm]) -> Iterator[SharedTerm]:
    """Each pair with the shares of its two words, which then do not stand by themselves.

    A pair of words that other pairs have taken is left out.
    """
    single = {each.term: each.share for each in terms if " " not in each.term}
    taken: set[str] = set()
    for each in terms:
        parts = set(each.term.split())
        if len(parts) > 1 and not parts <= taken:
            joined = sum(single.get(part, 0.0) for part in parts - taken)
            yield SharedTerm(each.term, each.share + joined)
            taken |= parts
    yield from (each for each in terms if each.term in single and each.term not in taken)
