"""Why a paper has its score: the terms of one reader that earn something in it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from bot.domain.digest import Reason
from bot.domain.interests import term_label
from bot.domain.scoring import Scores
from bot.domain.sheet import POINT, Where


class ReasonBook:
    """Reasons of (reader, paper) cells; what many readers share is made once."""

    def __init__(self, scores: Scores) -> None:
        self._scores = scores
        points = scores.points
        # The same cells, each holding its own position + 1: many can be looked up at once.
        positions = np.arange(1, points.nnz + 1, dtype=np.int64)
        self._positions = csr_array((positions, points.indices, points.indptr), shape=points.shape)
        self._made: dict[int, Reason] = {}

    def of(
        self, readers: NDArray[np.int64], columns: NDArray[np.int64]
    ) -> list[tuple[Reason, ...]]:
        """The reasons of each (reader, paper) cell, most points first; authors are not here."""
        wanted = self._scores.wanted
        counts = np.diff(wanted.indptr)[readers]
        cell = np.repeat(np.arange(len(readers)), counts)
        offset = np.arange(len(cell)) - np.repeat(np.cumsum(counts) - counts, counts)
        terms = wanted.indices[np.repeat(wanted.indptr[readers], counts) + offset]
        found = self._look_up(terms, columns[cell])
        is_there = found > 0
        cell, terms, found = cell[is_there], terms[is_there], found[is_there] - 1
        order = np.lexsort((terms, -self._scores.points.data[found], cell))
        made = [
            self._made.get(position) or self._make(term, position)
            for term, position in zip(terms[order].tolist(), found[order].tolist(), strict=True)
        ]
        bounds = np.searchsorted(cell, np.arange(len(readers) + 1)).tolist()
        return [tuple(made[start:end]) for start, end in pairwise(bounds)]

    def _look_up(self, terms: NDArray[np.int32], columns: NDArray[np.int64]) -> NDArray[np.int64]:
        """Position + 1 of each (term, paper) cell, 0 where it is empty."""
        if not len(terms):
            return np.empty(0, dtype=np.int64)
        found = self._positions[terms, columns]
        return np.asarray(found.toarray() if hasattr(found, "toarray") else found).ravel()

    def _make(self, term: int, position: int) -> Reason:
        scores = self._scores
        reason = Reason(
            term=term_label(scores.terms[term]),
            where=Where(int(scores.where.data[position])).label,
            points=float(scores.points.data[position]) / POINT,
        )
        self._made[position] = reason
        return reason
