"""Why a paper has its score: the terms of one reader that earn something in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bot.domain.digest import Reason
from bot.domain.interests import Term, term_label
from bot.domain.liked_reasons import LikedReasons
from bot.domain.scoring import Scores
from bot.domain.sheet import POINT, Where

_WHERE_BITS = 2
_POINT_BITS = 24  # in a reason's key, below the term's number and the place

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Evidence:
    """The reasons of some (reader, paper) cells, all worked out when the first is asked for.

    Ranking chooses among millions of cells and shows a few; whoever shows none pays nothing.
    Pickled, it holds the reasons and no more.
    """

    def __init__(
        self, book: ReasonBook, readers: Ints, columns: Ints, authors: Mapping[int, Reason]
    ) -> None:
        self._ask: Callable[[], list[tuple[Reason, ...]]] = partial(book.of, readers, columns)
        self._authors = authors  # the followed author's reason, by cell

    @cached_property
    def reasons(self) -> list[tuple[Reason, ...]]:
        """For each cell its reasons, a followed author first, then by points."""
        reasons = self._ask()
        for place, author in self._authors.items():
            reasons[place] = (author, *reasons[place])
        return reasons

    def __getstate__(self) -> dict[str, object]:
        return {"reasons": self.reasons}


class ReasonBook:
    """Reasons of (reader, paper) cells; equal ones are made once and shared."""

    def __init__(self, scores: Scores) -> None:
        self._scores = scores
        self._wanted, self._coefficients = scores.wanted, scores.coefficients
        self._papers = scores.findings.earned.shape[1]

    @cached_property
    def _found(self) -> NDArray[np.uint8]:
        """One byte for each thing in each paper: looked up more often than all else together."""
        earned, where = self._scores.findings.earned, self._scores.findings.where
        found = np.zeros(earned.shape, dtype=np.uint8)
        rows = np.repeat(np.arange(earned.shape[0]), np.diff(earned.indptr))
        found[rows, earned.indices] = (earned.data << _WHERE_BITS) | where.data
        return found.ravel()

    @cached_property
    def _liked(self) -> LikedReasons | None:
        scores = self._scores
        if scores.liking is None:
            return None
        return LikedReasons(scores.liking, scores.papers, scores.least)

    @cached_property
    def _made(self) -> _Reasons:
        return _Reasons(self._scores.terms)

    def of(self, readers: Ints, columns: Ints) -> list[tuple[Reason, ...]]:
        """The reasons of each (reader, paper) cell, most points first; authors are not here.

        Cells of one reader stand together.
        """
        cell, term, is_whole, points, where = self._findings(readers, columns)
        # A term's own finding comes before those of its words, and alone says where.
        first = np.flatnonzero(np.diff(cell, prepend=-1) | np.diff(term, prepend=-1))
        if len(first):
            points = np.add.reduceat(points, first)
        cell, term = cell[first], term[first]
        where = np.where(is_whole[first], where[first], Where.SOME_WORDS)
        # Of equals the reader's earlier term comes first, whoever is ranked beside this reader.
        order = np.lexsort((-points, cell))
        keys = ((term << _WHERE_BITS | where) << _POINT_BITS | points)[order]
        made = list(map(self._made.__getitem__, keys.tolist()))
        bounds = np.searchsorted(cell, np.arange(len(readers) + 1)).tolist()
        reasons = [tuple(made[start:end]) for start, end in pairwise(bounds)]
        if meanings := self._scores.meanings:
            reasons = meanings.beside(reasons, readers.tolist(), columns.tolist())
        return self._liked.beside(reasons, readers, columns) if self._liked else reasons

    def _findings(self, readers: Ints, columns: Ints) -> tuple[Ints, Ints, Mask, Ints, Ints]:
        """(cell, term, whether of the term itself, points, where) of all that earns there."""
        unique, reader_of = np.unique(readers, return_inverse=True)
        # What each reader looks for, written out once: the term and the things of each.
        which, position = _expanded(self._wanted.indptr, unique)
        terms = self._wanted.indices[position]
        of_term, slot = _expanded(self._coefficients.indptr, terms)
        ends = np.searchsorted(which[of_term], np.arange(len(unique) + 1))
        things = self._coefficients.indices[slot].astype(np.int64) * self._papers
        cell, at = _expanded(ends, reader_of)
        byte = self._found[things[at] + columns[cell]]
        there = np.flatnonzero(byte)
        cell, at, byte = cell[there], at[there], byte[there].astype(np.int64)
        slot, term = slot[at], terms[of_term[at]].astype(np.int64)
        is_whole = slot == self._coefficients.indptr[term]
        points = self._coefficients.data[slot] * (byte >> _WHERE_BITS)
        return cell, term, is_whole, points, byte & ((1 << _WHERE_BITS) - 1)


class _Reasons(dict[int, Reason]):
    """Term, place and points in one number -> the reason that says so."""

    def __init__(self, terms: Sequence[Term]) -> None:
        super().__init__()
        self._labels = [term_label(term) for term in terms]
        self._places = [where.label for where in Where]

    def __missing__(self, key: int) -> Reason:
        term, where = divmod(key >> _POINT_BITS, 1 << _WHERE_BITS)
        points = (key & ((1 << _POINT_BITS) - 1)) / POINT
        reason = self[key] = Reason(self._labels[term], self._places[where], points)
        return reason


def _expanded(starts: NDArray[np.integer], rows: NDArray[np.integer]) -> tuple[Ints, Ints]:
    """For every cell of the given rows of a sparse matrix: which of `rows`, and its position."""
    counts = (starts[1:] - starts[:-1])[rows]
    which = np.repeat(np.arange(len(rows)), counts)
    before = np.cumsum(counts) - counts
    return which, np.arange(len(which)) + np.repeat(starts[rows] - before, counts)
