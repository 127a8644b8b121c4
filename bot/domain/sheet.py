"""What each term earns in each paper: the formulas write it, the ranking reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csc_array, csr_array

POINT = 100  # points are kept in hundredths, as whole numbers: sums are exact in any order


class Where(IntEnum):
    """Where a term was found."""

    TITLE = 1
    ABSTRACT = 2
    BOTH = 3
    WORDS = 4  # not the phrase, but telling words of it

    @property
    def label(self) -> str:
        """The word that a `Reason` carries."""
        return ("title", "abstract", "title+abstract", "some words")[self - 1]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Points of some terms in some papers."""

    points: csr_array  # (terms x papers), float32, whole hundredths
    where: csr_array  # the same cells, int8, of `Where`
    identity: NDArray[np.int64]  # terms that look for the same thing share a number

    def by_paper(self) -> tuple[csc_array, csc_array]:
        """Points and `Where`, quick to read paper by paper."""
        return self.points.tocsc(), self.where.tocsc()


def sheet_of(
    rows: NDArray[np.int64],
    papers: NDArray[np.int64],
    points: NDArray[np.float64],
    where: NDArray[np.int8],
    *,
    shape: tuple[int, int],
    identity: Sequence[int],
) -> Sheet:
    """A sheet from its cells, each named at most once; what rounds to nothing is left out."""
    whole = np.rint(points * POINT).astype(np.float32)
    kept = whole > 0
    cells = (rows[kept], papers[kept])
    return Sheet(
        points=coo_array((whole[kept], cells), shape=shape).tocsr(),
        where=coo_array((where[kept], cells), shape=shape).tocsr(),
        identity=np.asarray(identity, dtype=np.int64),
    )
