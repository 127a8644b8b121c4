"""Readers x terms x things x papers: every score at once, in whole numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

_COMMON = 1 / 12  # what more papers hold is quicker added up as whole rows than cell by cell


@dataclass(frozen=True, slots=True)
class Product:
    """What many readers want and what was found, multiplied block by block."""

    wanted: csr_array  # (readers x terms), int32
    coefficients: csr_array  # (terms x things), int32
    rare: csr_array  # (things x papers), int32; the common things' rows are empty
    common: NDArray[np.int64]  # their numbers
    rows: NDArray[np.int32]  # (common things x papers)

    @classmethod
    def of(cls, wanted: csr_array, coefficients: csr_array, earned: csr_array) -> Product:
        """`earned` is (things x papers), int32."""
        holding = np.diff(earned.indptr)
        is_common = holding > _COMMON * earned.shape[1]
        kept = np.repeat(~is_common, holding)
        starts = np.concatenate(([0], np.cumsum(np.where(is_common, 0, holding))))
        rare = (earned.data[kept], earned.indices[kept], starts.astype(earned.indptr.dtype))
        return cls(
            wanted=wanted,
            coefficients=coefficients,
            rare=csr_array(rare, shape=earned.shape),
            common=np.flatnonzero(is_common),
            rows=earned[is_common].toarray(),
        )

    def points(self, readers: NDArray[np.int64], papers: NDArray[np.int64]) -> NDArray[np.int32]:
        """(readers x papers) what their terms earn, in thousandths of a point."""
        worth = self.wanted[readers] @ self.coefficients
        points: NDArray[np.int32] = worth[:, self.common] @ self.rows[:, papers]
        points += (worth @ self.rare[:, papers]).toarray()
        return points
