"""Two sparse matrices multiplied block by block: every score at once, in whole numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

_COMMON = 1 / 25  # what more papers hold is quicker added up as whole rows than cell by cell
_EXACT_IN_SINGLE = 1 << 24  # up to here float32 holds every whole number


@dataclass(frozen=True, slots=True)
class Product:
    """(readers x things) times (things x papers); every sum is a whole number."""

    wanted: csr_array  # (readers x things), int32
    wanted_common: csr_array  # (readers x common things), floats that hold every sum
    rare: csr_array  # (things x papers), int32; the common things' rows are empty
    by_paper: csr_array  # the same transposed: here papers are chosen in no time
    common: NDArray[np.floating[Any]]  # (common things x papers), such floats

    @classmethod
    def of(cls, wanted: csr_array, found: csr_array) -> Product:
        """`wanted` is (readers x things), `found` (things x papers); both int32."""
        holding = np.diff(found.indptr)
        is_common = holding > _COMMON * found.shape[1]
        kept = np.repeat(~is_common, holding)
        starts = np.concatenate(([0], np.cumsum(np.where(is_common, 0, holding))))
        cells = (found.data[kept], found.indices[kept], starts.astype(found.indptr.dtype))
        rare = csr_array(cells, shape=found.shape)
        numbers = np.flatnonzero(is_common)
        common = found[numbers]
        dtype = _exact(wanted, common)
        return cls(
            wanted=wanted,
            wanted_common=wanted[:, numbers].astype(dtype),
            rare=rare,
            by_paper=rare.T.tocsr(),
            common=common.astype(dtype).toarray(),
        )

    def among(self, papers: NDArray[np.int64]) -> Product:
        """The same for some of the papers, whose numbers rise."""
        by_paper = self.by_paper[papers]
        common = np.take(self.common, papers, axis=1)
        return replace(self, rare=by_paper.T.tocsr(), by_paper=by_paper, common=common)

    def points(self, readers: slice) -> NDArray[np.int32]:
        """(readers x papers) the sums."""
        common = self.wanted_common[readers] @ self.common
        points: NDArray[np.int32] = common.astype(np.int32)
        points += (self.wanted[readers] @ self.rare).toarray()
        return points


def columns_of(matrix: csr_array, columns: NDArray[np.int64]) -> csr_array:
    """`matrix[:, columns]` for columns that rise, in a fifth of the time."""
    place = np.full(matrix.shape[1], -1, dtype=np.int32)
    place[columns] = np.arange(len(columns), dtype=np.int32)
    places = place[matrix.indices]
    is_kept = places >= 0
    starts = np.concatenate(([0], np.cumsum(is_kept)))[matrix.indptr].astype(matrix.indptr.dtype)
    shape = (matrix.shape[0], len(columns))
    return csr_array((matrix.data[is_kept], places[is_kept], starts), shape=shape)


def _exact(wanted: csr_array, common: csr_array) -> type[np.floating[Any]]:
    """The floats in which no sum of products is rounded.

    They are added up in half the time of whole numbers, which not every processor can multiply
    several at once.
    """
    if not wanted.nnz or not common.nnz:
        return np.float32
    sums = np.add.reduceat(np.abs(wanted.data), wanted.indptr[:-1][np.diff(wanted.indptr) > 0])
    most = int(sums.max()) * int(np.abs(common.data).max())
    return np.float32 if most < _EXACT_IN_SINGLE else np.float64
