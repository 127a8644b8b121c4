"""A block of readers against all papers at once: who may get what, and what is best for whom."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from bot.domain.eligibility import Batch, Mask
from bot.domain.interests import Interests
from bot.domain.liking import beside_terms
from bot.domain.profile import Profile
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
    profile: Profile | None = None  # what thumbs said; None where they do not count

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
    """The scores of some readers for every announcement that one of them may get.

    `rows` are the readers' rows in `scores`.
    """

    def __init__(
        self, batch: Batch, scores: Scores, readers: Sequence[Reader], rows: NDArray[np.int64]
    ) -> None:
        self.batch, self.readers, self.rows = batch, readers, rows
        eligible = np.stack([self._eligible(reader) for reader in readers])
        self.considered = np.count_nonzero(eligible, axis=1)
        self._columns = np.flatnonzero(eligible.any(axis=0))  # all others are no one's
        eligible = eligible[:, self._columns]
        self.excluded = np.zeros(len(readers), dtype=np.int64)
        unwanted = scores.unwanted[rows]
        if unwanted.nnz:
            barred = (unwanted @ scores.present[:, self._columns]).toarray() > 0
            self.excluded = np.count_nonzero(eligible & barred, axis=1)
            eligible &= ~barred
        self.followed = {
            (row, column): authors
            for row, reader in enumerate(readers)
            if reader.interests.authors
            for column, authors in batch.followed(reader.interests.authors).items()
        }
        self._points = scores.product.points(rows, self._columns)
        if scores.liking:
            learned = scores.liking.points(rows, self._columns)
            self._points += beside_terms(learned, self._points, scores.least[rows, None])
        self._promise_places()
        np.multiply(self._points, eligible, out=self._points)
        asked = [_bar(reader.interests.min_score) for reader in readers]
        self._bars = np.maximum(np.array(asked, dtype=np.int32), scores.least[rows])
        self.matched = np.count_nonzero(self._points >= self._bars[:, None], axis=1)

    def best(self) -> Cells:
        """What each reader gets: at most `max_papers`, those that have a place for sure first."""
        most = np.array([reader.interests.max_papers for reader in self.readers])
        place = self._points.shape[1] - int(most.max(initial=0))
        least = self._bars
        if place > 0:
            least = np.maximum(least, np.partition(self._points, place, axis=1)[:, place])
        return self._sorted(self._points >= least[:, None], most)

    def best_below(self) -> Cells:
        """For each reader the best that missed only min_score, if there is one."""
        below = np.where(self._points < self._bars[:, None], self._points, 0)
        most = np.maximum(below.max(axis=1, initial=0), 1)
        return self._sorted(below == most[:, None], np.ones(len(self.readers), dtype=np.int64))

    def _promise_places(self) -> None:
        """Raise what needs no score above all scores: followed authors, readers without terms."""
        for row, column in self.followed:
            local = np.searchsorted(self._columns, column)
            if local < len(self._columns) and self._columns[local] == column:
                self._points[row, local] += int(AUTHOR_POINTS * POINT) + _GUARANTEE
        self._points[[row for row, reader in enumerate(self.readers) if reader.is_open]] += (
            _GUARANTEE
        )

    def _eligible(self, reader: Reader) -> Mask:
        eligible = self.batch.eligible(
            reader.interests, after_sequence=reader.after_sequence, since=reader.since
        )
        if posted := self.batch.posted(reader.posted):
            eligible = eligible.copy()
            eligible[posted] = False
        return eligible

    def _sorted(self, wanted: Mask, most: NDArray[np.int64]) -> Cells:
        """The wanted cells, at most `most` of each row."""
        rows, local = np.divmod(np.flatnonzero(wanted), max(1, wanted.shape[1]))
        columns = self._columns[local]
        earned = self._points[rows, local].astype(np.int64)
        ties = self._ties(rows, columns)
        order = np.lexsort((ties, -earned, rows))
        rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
        order = order[rank < most[rows]]
        rows, columns, ties, earned = rows[order], columns[order], ties[order], earned[order]
        if self.followed:  # the guarantee gave a place, not a rank
            earned = np.where(earned >= _GUARANTEE, earned - _GUARANTEE, earned)
            order = np.lexsort((ties, -earned, rows))
            return Cells(rows[order], columns[order], earned[order])
        return Cells(rows, columns, np.where(earned >= _GUARANTEE, earned - _GUARANTEE, earned))

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
