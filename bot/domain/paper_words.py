"""The words of many papers as arrays, and where sequences of words occur in them.

One pass over the papers serves all terms of all readers: each word becomes a number, and the
terms' sequences are walked as one automaton (a trie) over all positions at once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from bot.domain.chunks import chunks_of
from bot.domain.folding import pieces, raw_words, singular
from bot.domain.papers import Paper
from bot.domain.term_keys import Places, TermNumbers

IN_TITLE = 1024  # a hit count is hits in the title x 1024 + hits in the abstract

Ints = NDArray[np.int32]
Positions = NDArray[np.int64]
_LARGEST_TABLE = 1 << 20
_KEPT = 1 << 16  # chunks of text: some twenty megabytes


@dataclass(frozen=True)
class PaperWords:
    """The folded words of `papers` papers, one after the other, 0 after every field."""

    papers: int
    stream: Ints  # number of the folded word at each position
    owner: Ints  # which paper a position belongs to
    credit: Ints  # 1 in an abstract, IN_TITLE in a title
    numbers: dict[str, int]  # folded word -> its number, from 1
    chunks: tuple[bytes, ...]  # the different pieces of text that the words are in

    @cached_property
    def spellings(self) -> list[str]:
        """All words before their plural was folded, sorted."""
        return sorted({word for chunk in self.chunks for word in _spelled(chunk)})

    def beginning_with(self, prefix: str) -> set[str]:
        """The folded words one of whose spellings here begins with `prefix`."""
        start = bisect_left(self.spellings, prefix)
        end = bisect_left(self.spellings, prefix + "\uffff")
        return {singular(spelling) for spelling in self.spellings[start:end]}

    @cached_property
    def _known(self) -> TermNumbers:
        return TermNumbers(tuple(self.numbers))

    def find(self, keys: bytes) -> Places:
        """The number of the folded word with each of these keys, see `keys_of`; 0 of no word."""
        places = self._known.find(keys)
        return np.where(places < len(self.numbers), places + 1, 0).astype(np.int32)

    def count(self, sequences: Sequence[tuple[str, ...]], *, rows: Ints, height: int) -> csr_array:
        """Hits of sequences of folded words in each paper: (height x papers), int64.

        Those of each sequence are added to its row of the result.
        All sequences are one automaton: level by level, the beginnings they share become one
        node, and every position of the papers that is in a node goes on to the next.
        """
        lengths = np.fromiter(map(len, sequences), dtype=np.int64, count=len(sequences))
        starts = np.cumsum(lengths) - lengths
        known = self.numbers
        words = np.array([known.get(word, 0) for each in sequences for word in each], np.int64)
        size = len(known) + 1  # a node and a word make a key: node x size + word
        nodes = np.ones(len(sequences), dtype=np.int64)
        at, state = np.flatnonzero(self.stream), np.ones(np.count_nonzero(self.stream), np.int64)
        found = [np.empty((3, 0), dtype=np.int64)]
        going, last = np.flatnonzero(lengths), 1
        for depth in range(int(lengths.max(initial=0))):
            going = going[lengths[going] > depth]
            word = words[starts[going] + depth]
            nodes[going[word == 0]] = 0  # a word that is in no paper
            going, word = going[word > 0], word[word > 0]
            # Most positions go no further: their next word is in no sequence at this place.
            follows = np.zeros(size, dtype=bool)
            follows[word] = True
            on = np.flatnonzero(follows[self.stream[at + depth]])
            at, state = at[on], state[on]
            keys, child = np.unique(nodes[going] * size + word, return_inverse=True)
            nodes[going] = child + last + 1
            # A field ends with 0, which is in no key: no sequence runs out of its field.
            at, state = _step(at, state * size + self.stream[at + depth], keys, last + 1)
            ends = np.zeros(len(keys) + 1, dtype=bool)
            ends[nodes[going[lengths[going] == depth + 1]] - last - 1] = True
            ended = ends[state - last - 1]
            where = at[ended]
            found.append(np.stack((state[ended], self.owner[where], self.credit[where])))
            last += len(keys)
        node, paper, credit = np.concatenate(found, axis=1)
        cells = (node.astype(np.int32), paper.astype(np.int32))
        hits = coo_array((credit, cells), shape=(last + 1, self.papers)).tocsr()
        nodes[lengths == 0] = 0
        ones = np.ones(len(rows), dtype=np.int64)
        belongs = coo_array((ones, (rows, nodes.astype(np.int32))), shape=(height, last + 1))
        counted: csr_array = (belongs.tocsr() @ hits).tocsr()
        return counted


def _step(
    at: Positions, wanted: Positions, keys: Positions, first: int
) -> tuple[Positions, Positions]:
    """The positions whose wanted key is among the sorted `keys`, and their new nodes."""
    if not len(keys):
        return at[:0], wanted[:0]
    if int(keys[-1] - keys[0]) < _LARGEST_TABLE:  # the first level: a table is quicker
        table = np.zeros(int(keys[-1]) + 1, dtype=np.int64)
        table[keys] = np.arange(first, first + len(keys))
        reached = table[np.where(wanted <= keys[-1], wanted, 0)]
        return at[reached > 0], reached[reached > 0]
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    hit = keys[place] == wanted
    return at[hit], place[hit] + first


@lru_cache(maxsize=_KEPT)
def _folded(chunk: bytes) -> tuple[str, ...]:
    """The words in `chunk`, folded; kept from day to day, for most come every day."""
    return tuple(map(singular, _spelled(chunk)))


def _spelled(chunk: bytes) -> list[str]:
    text = chunk.decode()
    words = (text,) if text.isascii() and text.isalnum() else raw_words(text)
    return [piece for word in words for piece in pieces(word)]


def read_words(papers: Iterable[Paper]) -> PaperWords:
    """The words of `papers`, each paper's title before its abstract."""
    fields = [text for paper in papers for text in (paper.title, paper.abstract)]
    chunks = chunks_of(fields)
    folded: dict[str, int] = {}
    several: list[list[int]] = []  # the words of chunks that have several, or none
    numbers: list[int] = []  # of each chunk's word; -1, -2, ... for the first, second of `several`
    for chunk in chunks.different:
        words = [folded.setdefault(word, len(folded) + 1) for word in _folded(chunk)]
        if len(words) == 1 or not chunk:
            numbers.append(words[0] if words else 0)
        else:
            several.append(words)
            numbers.append(-len(several))
    stream = _spread(np.array(numbers, dtype=np.int32)[chunks.numbers], several)
    field = np.cumsum(stream == 0, dtype=np.int32) - (stream == 0)
    return PaperWords(
        papers=len(fields) // 2,
        stream=stream,
        owner=(field >> 1).astype(np.int32),
        credit=np.where(field & 1, 1, IN_TITLE).astype(np.int32),
        numbers=folded,
        chunks=tuple(chunks.different),
    )


def no_words(*, papers: int) -> PaperWords:
    """The words of papers that nobody looks into."""
    return replace(read_words(()), papers=papers)


def _spread(typed: Ints, several: Sequence[Sequence[int]]) -> Ints:
    """`typed` with the words of each chunk that has several, or none, in its place."""
    at = np.flatnonzero(typed < 0)
    if not len(at):
        return typed
    chosen = -typed[at] - 1
    counts = np.array([len(words) for words in several], dtype=np.int64)[chosen]
    flat = np.array([word for words in several for word in words], dtype=np.int32)
    begin = np.array([0, *np.cumsum([len(words) for words in several])], dtype=np.int64)[chosen]
    lengths = np.ones(len(typed), dtype=np.int64)
    lengths[at] = counts
    stream = np.repeat(typed, lengths)
    within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    stream[stream < 0] = flat[np.repeat(begin, counts) + within]
    return stream
