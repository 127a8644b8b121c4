"""Readers x terms x things x papers: every score at once, in whole numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

_MOST_COMMON = 384  # things kept as a dense block: these few hold most of all findings
_COMMON = 1 / 50  # of the papers hold what is kept so
_EXACT = 1 << 24  # whole numbers up to here are exact in float32


@dataclass(frozen=True, slots=True)
class Product:
    """What many readers want and what was found, multiplied block by block."""

    wanted: csr_array  # (readers x terms)
    coefficients: csr_array  # (terms x things)
    rare: csr_array  # (things x papers), the common things left empty
    common: NDArray[np.int64]  # their numbers
    common_earned: NDArray[np.float64]  # (common things x papers)

    @classmethod
    def of(cls, wanted: csr_array, coefficients: csr_array, earned: csr_array) -> Product:
        """`earned` is (things x papers), int32."""
        holding = np.diff(earned.indptr)
        by_number = np.argsort(-holding, kind="stable")[:_MOST_COMMON]
        common = np.sort(by_number[holding[by_number] > _COMMON * earned.shape[1]])
        is_rare = np.ones(earned.shape[0], dtype=bool)
        is_rare[common] = False
        kept = np.repeat(is_rare, holding)
        starts = np.concatenate(([0], np.cumsum(np.where(is_rare, holding, 0))))
        rare = (earned.data[kept], earned.indices[kept], starts.astype(earned.indptr.dtype))
        return cls(
            wanted=wanted,
            coefficients=coefficients,
            rare=csr_array(rare, shape=earned.shape),
            common=common,
            common_earned=earned[common].toarray().astype(np.float64),
        )

    def points(self, rows: slice) -> NDArray[np.int32]:
        """(rows x papers) what these readers' terms earn, in thousandths of a point."""
        worth = self.wanted[rows] @ self.coefficients
        points: NDArray[np.int32] = (worth @ self.rare).toarray()
        most = int(np.max(worth.sum(axis=1), initial=0)) * int(self.common_earned.max(initial=0))
        exact = np.float32 if most < _EXACT else np.float64
        common = worth[:, self.common].toarray().astype(exact) @ self.common_earned.astype(exact)
        points += common.astype(np.int32)
        return points
