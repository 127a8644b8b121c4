"""Why profiles earn what they do: the telling terms, and the liked papers that hold them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from operator import or_

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from bot.domain.digest import Reason
from bot.domain.folding import fold, pieces, raw_words
from bot.domain.liking import Liking, Points, beside_terms, limited
from bot.domain.papers import Paper
from bot.domain.sheet import POINT
from bot.domain.telling import UNIT

LIKED = "liked"  # where such a reason was found
_TERMS_SHOWN = 3
_LEAST_SHARE = 0.05  # of what speaks for a paper, or against it; less is no reason
_WORTH_SAYING = POINT // 10  # points against a paper that stand as a reason of their own
_PAIRS_SAY = 3  # times as much to people as a word that earns the same
_CELLS_AT_ONCE = 4096

Ints = NDArray[np.int64]
Why = tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class _Cell:
    """One reader's profile and one paper; the terms that count, most first, and their points."""

    reader: int
    column: int
    in_favour: list[str]
    against: list[str]
    lost: int  # thousandths, by all that counts against it


class LikedReasons:
    """Reasons of (reader, paper) cells, from profiles."""

    def __init__(self, liking: Liking, papers: Sequence[Paper], least: Points) -> None:
        self._liking, self._papers, self._least = liking, papers, least
        self._is_pair = np.array([" " in term for term in liking.terms], dtype=bool)
        self._spellings: dict[int, dict[str, str]] = {}  # by paper

    def beside(self, found: Sequence[Why], readers: Ints, columns: Ints) -> list[Why]:
        """The terms' reasons `found` in these cells and what profiles add, most points first."""
        both: list[Why] = []
        for start in range(0, len(found), _CELLS_AT_ONCE):
            part = slice(start, start + _CELLS_AT_ONCE)
            both += self._beside(found[part], readers[part], columns[part])
        return both

    def _beside(self, found: Sequence[Why], readers: Ints, columns: Ints) -> Iterator[Why]:
        liking = self._liking
        earned = liking.weights[readers].multiply(liking.shares[columns]).tocsr()
        whole = limited(
            np.asarray(earned.sum(axis=1), np.int32), liking.start[readers], liking.most[readers]
        )
        from_terms = [round(POINT * sum(reason.points for reason in why)) for why in found]
        points = np.array(from_terms, np.int32)
        learned = beside_terms(whole, points, self._least[readers]).tolist()
        in_favour, _ = self._telling(earned)
        against, lost = self._telling(-earned)
        cells = map(_Cell, readers.tolist(), columns.tolist(), in_favour, against, lost)
        for why, counted, cell in zip(found, learned, cells, strict=True):
            reasons = self._reasons(cell, counted) if counted else ()
            yield tuple(sorted((*why, *reasons), key=_by_points)) if counted else why

    def _telling(self, earned: csr_array) -> tuple[list[list[str]], list[int]]:
        """For each cell the terms that earn most, and the thousandths of all that earn."""
        rows = np.repeat(np.arange(earned.shape[0]), np.diff(earned.indptr))
        earns = earned.data > 0
        total = np.bincount(rows[earns], earned.data[earns], earned.shape[0])
        kept = np.flatnonzero(earned.data > _LEAST_SHARE * total[rows])
        said = earned.data[kept] * np.where(self._is_pair[earned.indices[kept]], _PAIRS_SAY, 1)
        kept = kept[np.lexsort((earned.indices[kept], -said, rows[kept]))]
        starts = np.searchsorted(rows[kept], np.arange(earned.shape[0] + 1)).tolist()
        terms = list(map(self._liking.terms.__getitem__, earned.indices[kept].tolist()))
        telling = [_without_parts(terms[start:end]) for start, end in pairwise(starts)]
        return telling, (total.astype(np.int64) // UNIT).tolist()

    def _reasons(self, cell: _Cell, points: int) -> Iterator[Reason]:
        """What speaks for the paper and what against it, together `points`."""
        is_said = cell.lost >= _WORTH_SAYING
        if is_said and points > -cell.lost:
            yield Reason(self._against(cell), LIKED, -cell.lost / POINT)
            points += cell.lost
        if points > 0:
            yield Reason(self._in_favour(cell), LIKED, points / POINT)
        elif points < 0:
            said = self._against(cell) if is_said else "unlike the papers you liked"
            yield Reason(said, LIKED, points / POINT)

    def _in_favour(self, cell: _Cell) -> str:
        profile = self._liking.profiles[cell.reader]
        held = (profile.holders[profile.terms.index(term)] for term in cell.in_favour)
        near = reduce(or_, held, 0).bit_count()
        papers = f"{near} papers you liked" if near > 1 else "a paper you liked"
        return f"like {papers}: {self._shown(cell, cell.in_favour)}"

    def _against(self, cell: _Cell) -> str:
        return f"like papers you disliked or passed over: {self._shown(cell, cell.against)}"

    def _shown(self, cell: _Cell, terms: Sequence[str]) -> str:
        if cell.column not in self._spellings:
            self._spellings[cell.column] = _spellings(self._papers[cell.column])
        spellings = self._spellings[cell.column]
        return ", ".join(
            " ".join(spellings.get(word, word) for word in term.split(" ")) for term in terms
        )


def _by_points(reason: Reason) -> float:
    return -reason.points


def _spellings(paper: Paper) -> dict[str, str]:
    """Folded word -> as the paper writes it first, in lower case."""
    spellings: dict[str, str] = {}
    for word in raw_words(f"{paper.title} {paper.abstract}"):
        for folded, piece in zip(fold(word), pieces(word), strict=True):
            spellings.setdefault(folded, piece)
    return spellings


def _without_parts(terms: Sequence[str]) -> list[str]:
    """The first terms that each bring a word which none before has."""
    shown: set[str] = set()
    kept: list[str] = []
    for term in terms:
        words = term.split(" ")
        if not shown.issuperset(words):
            shown.update(words)
            kept.append(term)
            if len(kept) == _TERMS_SHOWN:
                break
    return kept
