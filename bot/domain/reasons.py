"""Why a paper has its score: the terms of one reader that earn something in it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bot.domain.digest import Reason
from bot.domain.interests import Term, term_label
from bot.domain.scoring import Scores
from bot.domain.sheet import POINT, Where

_WHERE_BITS = 2
_POINT_BITS = 24  # in a reason's key, below the term's number and the place

Ints = NDArray[np.int64]


class ReasonBook:
    """Reasons of (reader, paper) cells; equal ones are made once and shared."""

    def __init__(self, scores: Scores) -> None:
        self._scores = scores
        earned, where = scores.findings.earned, scores.findings.where
        # One byte for each thing in each paper: looked up more often than all else together.
        self._found = np.zeros(earned.shape, dtype=np.uint8)
        rows = np.repeat(np.arange(earned.shape[0]), np.diff(earned.indptr))
        self._found[rows, earned.indices] = (earned.data << _WHERE_BITS) | where.data
        self._made = _Reasons(scores.terms)

    def of(self, readers: Ints, columns: Ints) -> list[tuple[Reason, ...]]:
        """The reasons of each (reader, paper) cell, most points first; authors are not here."""
        cell, position = _expanded(self._scores.wanted.indptr, readers)
        term = self._scores.wanted.indices[position].astype(np.int64)
        coefficients = self._scores.coefficients
        pair, slot = _expanded(coefficients.indptr, term)
        found = self._found[coefficients.indices[slot], columns[cell[pair]]]
        there = np.flatnonzero(found)
        pair, slot, byte = pair[there], slot[there], found[there].astype(np.int64)
        points = coefficients.data[slot] * (byte >> _WHERE_BITS)
        is_whole = slot == coefficients.indptr[term[pair]]
        where = np.where(is_whole, byte & ((1 << _WHERE_BITS) - 1), Where.SOME_WORDS)
        # A phrase's own finding comes before those of its words: the first says where.
        first = np.flatnonzero(np.diff(pair, prepend=-1))
        points = np.add.reduceat(points, first) if len(first) else points
        cell, term, where = cell[pair[first]], term[pair[first]], where[first]
        order = np.lexsort((term, -points, cell))
        cell, term, where, points = cell[order], term[order], where[order], points[order]
        keys = (term << _WHERE_BITS | where) << _POINT_BITS | points
        made = list(map(self._made.__getitem__, keys.tolist()))
        bounds = np.searchsorted(cell, np.arange(len(readers) + 1)).tolist()
        return [tuple(made[start:end]) for start, end in pairwise(bounds)]


class _Reasons(dict[int, Reason]):
    """Term, place and points in one number -> the reason that says so."""

    def __init__(self, terms: Sequence[Term]) -> None:
        super().__init__()
        self._terms = terms

    def __missing__(self, key: int) -> Reason:
        term, where = divmod(key >> _POINT_BITS, 1 << _WHERE_BITS)
        points = key & ((1 << _POINT_BITS) - 1)
        reason = Reason(term_label(self._terms[term]), Where(where).label, points / POINT)
        self[key] = reason
        return reason


def _expanded(starts: NDArray[np.int32], rows: NDArray[np.integer]) -> tuple[Ints, Ints]:
    """For every cell of the given rows of a sparse matrix: which of `rows`, and its position."""
    counts = (starts[1:] - starts[:-1])[rows]
    which = np.repeat(np.arange(len(rows)), counts)
    before = np.cumsum(counts) - counts
    return which, np.arange(len(which)) + np.repeat(starts[rows] - before, counts)
