"""The words of many papers as arrays, and where sequences of words occur in them.

One pass over the papers serves all terms of all readers: each word becomes a number, and the
terms' sequences are walked as one automaton (a trie) over all positions at once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from bot.domain.folding import pieces, raw_words, singular
from bot.domain.papers import Paper

IN_TITLE = 1024  # a hit count is hits in the title x 1024 + hits in the abstract

Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class PaperWords:
    """The folded words of `papers` papers, one after the other, 0 after every field."""

    papers: int
    stream: Ints  # number of the folded word at each position
    owner: Ints  # which paper a position belongs to
    credit: Ints  # 1 in an abstract, IN_TITLE in a title
    numbers: dict[str, int]  # folded word -> its number, from 1
    spellings: tuple[str, ...]  # words before their plural was folded, sorted

    def beginning_with(self, prefix: str) -> set[str]:
        """The folded words one of whose spellings here begins with `prefix`."""
        start = bisect_left(self.spellings, prefix)
        end = bisect_left(self.spellings, prefix + "\uffff")
        return {singular(spelling) for spelling in self.spellings[start:end]}

    def count(self, sequences: Sequence[Sequence[str]]) -> csr_array:
        """Hits of each sequence of folded words in each paper: (sequences x papers), int32."""
        trie = _Trie(self.numbers)
        rows = [trie.add(words) for words in sequences]
        node, paper, credit = trie.walk(self.stream, self.owner, self.credit)
        hits = coo_array((credit, (node, paper)), shape=(len(trie.ends), self.papers)).tocsr()
        return hits[np.asarray(rows, dtype=np.int32)]


class _Numbers(dict[str, int]):
    """Raw word -> number; a closed compound gets a negative one and two numbers behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.folded: dict[str, int] = {}
        self.spellings: set[str] = set()
        self.compounds: list[tuple[int, int]] = []

    def __missing__(self, word: str) -> int:
        parts = pieces(word)
        self.spellings.update(parts)
        numbers = [self.folded.setdefault(singular(part), len(self.folded) + 1) for part in parts]
        if len(numbers) > 1:
            self.compounds.append((numbers[0], numbers[1]))
            numbers = [-len(self.compounds)]
        self[word] = numbers[0]
        return numbers[0]


def read_words(papers: Iterable[Paper]) -> PaperWords:
    """The words of `papers`, each paper's title before its abstract."""
    numbers = _Numbers()
    typed: list[int] = []
    count = 0
    for paper in papers:
        for text in (paper.title, paper.abstract):
            typed.extend(map(numbers.__getitem__, raw_words(text)))
            typed.append(0)
        count += 1
    stream = _without_compounds(np.asarray(typed, dtype=np.int32), numbers.compounds)
    field = np.cumsum(stream == 0, dtype=np.int32) - (stream == 0)
    return PaperWords(
        papers=count,
        stream=stream,
        owner=(field >> 1).astype(np.int32),
        credit=np.where(field & 1, 1, IN_TITLE).astype(np.int32),
        numbers=numbers.folded,
        spellings=tuple(sorted(numbers.spellings)),
    )


def no_words(*, papers: int) -> PaperWords:
    """The words of papers that nobody looks into."""
    return replace(read_words(()), papers=papers)


def _without_compounds(typed: Ints, compounds: Sequence[tuple[int, int]]) -> Ints:
    """`typed` with the two words of each compound in its place."""
    if not compounds:
        return typed
    at = np.flatnonzero(typed < 0)
    pairs = np.asarray(compounds, dtype=np.int32)[-typed[at] - 1]
    stream = np.repeat(typed, 1 + (typed < 0))
    first = at + np.arange(len(at))
    stream[first] = pairs[:, 0]
    stream[first + 1] = pairs[:, 1]
    return stream


class _Trie:
    """All sequences as one automaton over word numbers; node 0 stands for what cannot occur."""

    def __init__(self, numbers: dict[str, int]) -> None:
        self._numbers = numbers
        self._words = len(numbers) + 1
        self._levels: list[dict[int, int]] = []  # node before x words + word -> node
        self.ends: list[bool] = [False, False]  # for each node: whether a sequence ends there

    def add(self, words: Sequence[str]) -> int:
        """The node that stands for `words`; 0 when a word is in no paper."""
        if not words or not all(word in self._numbers for word in words):
            return 0
        node = 1  # before the first word
        for depth, word in enumerate(words):
            if depth == len(self._levels):
                self._levels.append({})
            key = node * self._words + self._numbers[word]
            child = self._levels[depth].get(key)
            if child is None:
                child = self._levels[depth][key] = len(self.ends)
                self.ends.append(False)
            node = child
        self.ends[node] = True
        return node

    def walk(self, stream: Ints, owner: Ints, credit: Ints) -> tuple[Ints, Ints, Ints]:
        """(node, paper, credit) of every occurrence of every sequence."""
        ends = np.asarray(self.ends)
        at = np.flatnonzero(stream)
        nodes = np.ones(len(at), dtype=np.int64)
        found = [np.empty((3, 0), dtype=np.int32)]
        for depth, level in enumerate(self._levels):
            # a field's end is 0, which no key holds, so no sequence runs out of its field
            at, nodes = self._step(level, at, nodes * self._words + stream[at + depth])
            ended = ends[nodes]
            where = at[ended]
            found.append(np.stack((nodes[ended].astype(np.int32), owner[where], credit[where])))
        nodes_found, papers, credits_earned = np.concatenate(found, axis=1)
        return nodes_found, papers, credits_earned

    def _step(
        self, level: dict[int, int], at: NDArray[np.int64], wanted: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where a sequence goes on with the word it wants, and the node it is in then."""
        keys = np.fromiter(level, dtype=np.int64, count=len(level))
        children = np.fromiter(level.values(), dtype=np.int64, count=len(level))
        if level is self._levels[0]:  # every word is looked up here: a table is quicker
            child_of = np.zeros(self._words, dtype=np.int64)
            child_of[keys - self._words] = children
            reached = child_of[wanted - self._words]
            return at[reached > 0], reached[reached > 0]
        order = np.argsort(keys)
        keys, children = keys[order], children[order]
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        hit = keys[place] == wanted
        return at[hit], children[place[hit]]
