"""A block of readers against all papers at once: who may get what, and what is best for whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from bot.domain.eligibility import KINDS, Batch, Mask
from bot.domain.interests import Interests
from bot.domain.liking import beside_terms
from bot.domain.meaning import Meaning
from bot.domain.papers import AnnounceType
from bot.domain.profile import Profile
from bot.domain.scoring import Scores
from bot.domain.sheet import POINT

AUTHOR_POINTS = 2.0  # a followed author is worth a typical term in the title
_TIE_BITS = 24  # for the place of an announcement among equals
_GUARANTEE = np.int32(1 << 30)  # above every score, and an int32 holds it with one added

Columns = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose interests are ranked, and what they need not see again."""

    interests: Interests
    posted: frozenset[str] = frozenset()  # arXiv IDs
    after_sequence: int = 0  # announcements up to this one were considered before
    since: date | None = None  # the first day of announcements wanted
    profile: Profile | None = None  # what thumbs said; None where they do not count
    meaning: Meaning | None = None  # what its sentences earn; None where they do not count

    @property
    def is_open(self) -> bool:
        """Whether nothing but the categories decides."""
        wanted = self.interests.terms or self.interests.authors or self.meaning
        return not wanted


@dataclass(frozen=True, slots=True)
class Cells:
    """Some (reader, announcement) pairs, by reader and then best first."""

    rows: NDArray[np.int64]  # within the block
    columns: NDArray[np.int64]
    points: NDArray[np.int64]  # thousandths


class Block:
    """The scores of some readers for every announcement that one of them may get.

    `scores` are of these announcements, `columns`, alone; the readers' rows in it begin at `start`.
    """

    def __init__(
        self,
        batch: Batch,
        scores: Scores,
        readers: Sequence[Reader],
        *,
        start: int,
        columns: Columns,
        eligible: Mask,
    ) -> None:
        self.batch, self.readers, self.start = batch, readers, start
        self._columns = columns  # all others are no one's
        rows = slice(start, start + len(readers))
        interests = [reader.interests for reader in readers]
        ways = [(reader.interests.categories, reader.is_open) for reader in readers]
        numbers = {way: number for number, way in enumerate(dict.fromkeys(ways))}
        self._ways = tuple(numbers)  # to break ties: by categories, or not at all
        self._way = np.array([numbers[way] for way in ways])
        self._most = np.array([each.max_papers for each in interests])
        asked = np.array([each.min_score for each in interests])
        for row, reader in enumerate(readers):
            if reader.posted and (posted := batch.posted(reader.posted)):
                eligible[row, np.isin(columns, posted)] = False
        self.considered = _count(eligible)
        self.excluded = np.zeros(len(readers), dtype=np.int64)
        unwanted = scores.unwanted[rows]
        if unwanted.nnz:
            barred = (unwanted @ scores.present).toarray() > 0
            self.excluded = _count(eligible & barred)
            eligible &= ~barred
        self.followed = {
            (row, column): authors
            for row, reader in enumerate(readers)
            if reader.interests.authors
            for column, authors in batch.followed(reader.interests.authors).items()
        }
        least = scores.least[rows]
        self._points = scores.product.points(rows)
        if scores.meanings:
            self._points += scores.meanings.points[rows].toarray()
        if scores.liking:
            learned = scores.liking.points(rows)
            self._points += beside_terms(learned, self._points, least[:, None])
        self._promise_places()
        if not eligible.all():
            self._points *= eligible
        self._bars = np.maximum(_bars(asked), least)
        self.matched = _count(self._points >= self._bars[:, None])

    def kinds(self, cells: Cells) -> list[AnnounceType]:
        """The announce type of each cell, as its reader sees it."""
        of_way = np.stack([self.batch.kinds(categories) for categories, _ in self._ways])
        kinds = of_way[self._way[cells.rows], cells.columns]
        return list(map(KINDS.__getitem__, kinds.tolist()))

    def best(self) -> Cells:
        """What each reader gets: at most `max_papers`, those that have a place for sure first."""
        place = self._points.shape[1] - int(self._most.max(initial=0))
        least = self._bars
        if place > 0:
            least = np.maximum(least, np.partition(self._points, place, axis=1)[:, place])
        return self._sorted(self._points >= least[:, None], self._most)

    def best_below(self, best: Cells) -> Cells:
        """The best that missed only min_score, if there is one, of readers who get nothing."""
        nothing = np.flatnonzero(np.bincount(best.rows, minlength=len(self.readers)) == 0)
        points = self._points[nothing]
        below = np.where(points < self._bars[nothing, None], points, 0)
        wanted = np.zeros(self._points.shape, dtype=bool)
        wanted[nothing] = below == np.maximum(below.max(axis=1, initial=0), 1)[:, None]
        return self._sorted(wanted, np.ones(len(self.readers), dtype=np.int64))

    def _promise_places(self) -> None:
        """Raise what needs no score above all scores: followed authors, readers without terms."""
        for row, column in self.followed:
            local = np.searchsorted(self._columns, column)
            if local < len(self._columns) and self._columns[local] == column:
                self._points[row, local] += int(AUTHOR_POINTS * POINT) + _GUARANTEE
        is_open = np.array([is_open for _, is_open in self._ways])[self._way]
        self._points[is_open] += _GUARANTEE

    def _sorted(self, wanted: Mask, most: NDArray[np.int64]) -> Cells:
        """The wanted cells, at most `most` of each row."""
        rows, local = np.divmod(np.flatnonzero(wanted), max(1, wanted.shape[1]))
        columns = self._columns[local]
        earned = self._points[rows, local].astype(np.int64)
        ties = self._ties(rows, columns)
        order = np.lexsort((_best_first(earned, ties), rows))
        rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
        order = order[rank < most[rows]]
        rows, columns, ties, earned = rows[order], columns[order], ties[order], earned[order]
        earned = np.where(earned >= _GUARANTEE, earned - _GUARANTEE, earned)
        if self.followed:  # the guarantee gave a place, not a rank
            order = np.lexsort((_best_first(earned, ties), rows))
            return Cells(rows[order], columns[order], earned[order])
        return Cells(rows, columns, earned)

    def _ties(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.int64]:
        """The place of each cell's announcement among those that earned the same."""
        orders = np.stack(
            [self.batch.tie_order(None if is_open else those) for those, is_open in self._ways]
        )
        ties: NDArray[np.int64] = orders[self._way[rows], columns]
        return ties


def _best_first(earned: NDArray[np.int64], ties: NDArray[np.int64]) -> NDArray[np.int64]:
    """Small for those that come first: most points, and then their place among equals."""
    return ties - (earned << _TIE_BITS)


def _count(cells: Mask) -> NDArray[np.int64]:
    """How many of each row; counting bits takes a tenth of the time of adding up bytes."""
    bits = np.bitwise_count(np.packbits(cells, axis=1))
    return np.asarray(bits.sum(axis=1, dtype=np.int64))


def _bars(min_scores: NDArray[np.float64]) -> NDArray[np.int32]:
    """The fewest thousandths that reach each `min_score`."""
    return np.ceil(np.round(min_scores * POINT, 6)).astype(np.int32)
