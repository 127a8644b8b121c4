"""Why profiles earn what they do: the telling terms, and the liked papers that hold them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import islice, pairwise
from operator import or_
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
_CELLS_AT_ONCE = 4096

Ints = NDArray[np.int64]
Why = tuple[Reason, ...]


class _Cell(NamedTuple):
    """One reader's profile and one paper."""

    reader: int
    column: int
    terms: Ints  # of the profile, in the paper
    places: Ints  # of each in the profile, from 1
    earned: Ints  # by each, in thousandths x UNIT


class LikedReasons:
    """Reasons of (reader, paper) cells, from profiles."""

    def __init__(self, liking: Liking, papers: Sequence[Paper], least: Points) -> None:
        self._liking, self._papers, self._least = liking, papers, least
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
        rows = liking.shares[columns]
        earned = liking.weights[readers].multiply(rows).tocsr()
        places = liking.places[readers].multiply(rows > 0).tocsr()
        whole = limited(
            np.asarray(earned.sum(axis=1), np.int32), liking.start[readers], liking.most[readers]
        )
        from_terms = [round(POINT * sum(reason.points for reason in why)) for why in found]
        points = np.array(from_terms, np.int32)
        learned = beside_terms(whole, points, self._least[readers]).tolist()
        bounds = pairwise(earned.indptr.tolist())
        cells = zip(found, learned, bounds, readers.tolist(), columns.tolist(), strict=True)
        for why, points, (start, end), reader, column in cells:
            if not points:
                yield why
                continue
            at = slice(start, end)
            cell = _Cell(reader, column, earned.indices[at], places.data[at], earned.data[at])
            yield tuple(sorted((*why, *self._reasons(cell, points)), key=_by_points))

    def _reasons(self, cell: _Cell, points: int) -> Iterator[Reason]:
        """What speaks for the paper and what against it, together `points`."""
        against = -int(-cell.earned[cell.earned < 0].sum() // UNIT)
        if -against >= _WORTH_SAYING and points > against:
            yield Reason(self._against(cell), LIKED, against / POINT)
            points -= against
        if points > 0:
            yield Reason(self._in_favour(cell), LIKED, points / POINT)
        elif points < 0:
            is_said = -against >= _WORTH_SAYING
            said = self._against(cell) if is_said else "unlike the papers you liked"
            yield Reason(said, LIKED, points / POINT)

    def _in_favour(self, cell: _Cell) -> str:
        best = self._telling(cell, cell.earned)
        holders = self._liking.profiles[cell.reader].holders
        bits = reduce(or_, (holders[place - 1] for place in cell.places[best].tolist()), 0)
        near = bits.bit_count()
        papers = f"{near} papers you liked" if near > 1 else "a paper you liked"
        return f"like {papers}: {self._shown(cell, best)}" if best else "like papers you liked"

    def _against(self, cell: _Cell) -> str:
        best = self._telling(cell, -cell.earned)
        return f"like papers you disliked or passed over: {self._shown(cell, best)}"

    def _telling(self, cell: _Cell, earned: Ints) -> list[int]:
        """Which of the cell's terms earn most, without words of pairs that are shown as well."""
        terms = self._liking.terms
        least = _LEAST_SHARE * earned[earned > 0].sum()
        order = np.argsort(-earned, kind="stable")
        telling = [at for at in order[: 4 * _TERMS_SHOWN].tolist() if earned[at] > least]
        return list(
            islice(_without_parts(telling, [terms[cell.terms[at]] for at in telling]), _TERMS_SHOWN)
        )

    def _shown(self, cell: _Cell, best: Sequence[int]) -> str:
        if cell.column not in self._spellings:
            self._spellings[cell.column] = _spellings(self._papers[cell.column])
        spellings = self._spellings[cell.column]
        terms = (self._liking.terms[cell.terms[at]].split(" ") for at in best)
        return ", ".join(" ".join(spellings.get(word, word) for word in term) for term in terms)


def _by_points(reason: Reason) -> float:
    return -reason.points


def _spellings(paper: Paper) -> dict[str, str]:
    """Folded word -> as the paper writes it first, in lower case."""
    spellings: dict[str, str] = {}
    for word in raw_words(f"{paper.title} {paper.abstract}"):
        for folded, piece in zip(fold(word), pieces(word), strict=True):
            spellings.setdefault(folded, piece)
    return spellings


def _without_parts(places: Sequence[int], terms: Sequence[str]) -> Iterator[int]:
    """The places of terms that bring a word which no earlier one has."""
    shown: set[str] = set()
    for place, term in zip(places, terms, strict=True):
        words = term.split(" ")
        if not shown.issuperset(words):
            shown.update(words)
            yield place
