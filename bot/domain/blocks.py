"""A block of readers against all papers at once: who may get what, and what is best for whom."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from bot.domain.eligibility import Batch
from bot.domain.interests import Interests
from bot.domain.scoring import Scores
from bot.domain.sheet import POINT

AUTHOR_POINTS = 2.0  # a followed author is worth a typical term in the title
_GUARANTEE = np.int32(1 << 30)  # above every score, and an int32 holds it with one added


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose interests are ranked, and what they need not see again."""

    interests: Interests
    posted: frozenset[str] = frozenset()  # arXiv IDs
    after_sequence: int = 0  # announcements up to this one were considered before
    since: date | None = None  # the first day of announcements wanted

    @property
    def is_open(self) -> bool:
        """Whether nothing but the categories decides."""
        return not self.interests.terms and not self.interests.authors


@dataclass(frozen=True, slots=True)
class Cells:
    """Some (reader, announcement) pairs, by reader and then best first."""

    rows: NDArray[np.int64]  # within the block
    columns: NDArray[np.int64]
    points: NDArray[np.int64]  # thousandths


class Block:
    """The scores of some readers, row by row, for every announcement of a batch.

    `start` is the row of `scores` that the first of `readers` has.
    """

    def __init__(self, batch: Batch, scores: Scores, readers: Sequence[Reader], start: int) -> None:
        self.batch, self.readers, self.start = batch, readers, start
        rows = slice(start, start + len(readers))
        eligible = np.stack([self._eligible(reader) for reader in readers])
        hits = (scores.unwanted[rows] @ scores.present).toarray() > 0
        barred = eligible & hits
        self.considered = eligible.sum(axis=1)
        self.excluded = barred.sum(axis=1)
        self.followed = {
            (row, column): authors
            for row, reader in enumerate(readers)
            if reader.interests.authors
            for column, authors in batch.followed(reader.interests.authors).items()
        }
        worth = scores.wanted[rows] @ scores.coefficients
        self._points = (worth @ scores.findings.earned).toarray()
        for cell in self.followed:
            self._points[cell] += int(AUTHOR_POINTS * POINT) + _GUARANTEE
        self._points[[row for row, reader in enumerate(readers) if reader.is_open]] = _GUARANTEE
        self._points[~eligible | barred] = 0
        asked = [_bar(reader.interests.min_score) for reader in readers]
        bars = np.maximum(np.array(asked, dtype=np.int32), scores.least[rows])
        self._is_matched = self._points >= bars[:, None]
        self.matched = self._is_matched.sum(axis=1)

    def best(self) -> Cells:
        """What each reader gets: at most `max_papers`, those that have a place for sure first."""
        most = np.array([reader.interests.max_papers for reader in self.readers])
        return self._top(np.where(self._is_matched, self._points, 0), most)

    def best_below(self) -> Cells:
        """For each reader the best that missed only min_score, if there is one."""
        below = np.where(self._is_matched, 0, self._points)
        return self._top(below, np.ones(len(self.readers), dtype=np.int64))

    def _eligible(self, reader: Reader) -> NDArray[np.bool_]:
        eligible = self.batch.eligible(
            reader.interests, after_sequence=reader.after_sequence, since=reader.since
        )
        if posted := self.batch.posted(reader.posted):
            eligible = eligible.copy()
            eligible[posted] = False
        return eligible

    def _top(self, points: NDArray[np.int32], most: NDArray[np.int64]) -> Cells:
        """The best cells of each row that have points, `most` at most."""
        place = points.shape[1] - int(most.max(initial=0))
        least = (
            np.partition(points, place, axis=1)[:, place] if place > 0 else np.zeros(len(points))
        )
        rows, columns = np.nonzero((points >= least[:, None]) & (points > 0))
        earned = points[rows, columns]
        ties = self._ties(rows, columns)
        order = np.lexsort((ties, -earned, rows))
        rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
        order = order[rank < most[rows]]
        rows, columns, ties, earned = rows[order], columns[order], ties[order], earned[order]
        earned = np.where(earned >= _GUARANTEE, earned - _GUARANTEE, earned)
        order = np.lexsort((ties, -earned, rows))
        return Cells(rows[order], columns[order], earned[order].astype(np.int64))

    def _ties(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.int64]:
        """The place of each cell's announcement among those that earned the same."""
        numbers: dict[tuple[str, ...] | None, int] = {}
        groups = [
            numbers.setdefault(
                None if reader.is_open else reader.interests.categories, len(numbers)
            )
            for reader in self.readers
        ]
        orders = np.stack([self.batch.tie_order(categories) for categories in numbers])
        ties: NDArray[np.int64] = orders[np.array(groups)[rows], columns]
        return ties


def _bar(min_score: float) -> int:
    """The fewest thousandths that reach `min_score`."""
    return math.ceil(round(min_score * POINT, 6))
