"""What terms earn in papers: the formulas write it, the ranking reads it.

A term is worth a coefficient for each thing it looks for: a phrase looks for itself and for its
words. What is found earns by how often and where. Both are whole numbers (hundredths and tenths),
so that a sum is the same in whatever order and company it is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array, csr_array

COEFFICIENT = 100  # what 1.0 is among coefficients
EARNED = 10  # what 1.0 is among what findings earn; 5.2 is the most
LEAST_EARNED = 8  # by a term that stands anywhere as a whole
POINT = COEFFICIENT * EARNED  # what one point is among scores


class Where(IntEnum):
    """Where a term was found."""

    SOME_WORDS = 0  # words of it, but not the phrase
    TITLE = 1
    ABSTRACT = 2
    BOTH = 3

    @property
    def label(self) -> str:
        """The word that a `Reason` carries."""
        return ("some words", "title", "abstract", "title+abstract")[self]


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found of some things in some papers."""

    earned: csr_array  # (things x papers), int32, tenths
    where: csr_array  # the same cells, of `Where`

    @classmethod
    def of(
        cls,
        cells: tuple[NDArray[np.int32], NDArray[np.int32]],
        earned: NDArray[np.float64],
        where: ArrayLike,
        *,
        shape: tuple[int, int],
    ) -> Findings:
        """From (thing, paper) cells, each at most once, and what each earns."""
        tenths = np.rint(earned * EARNED).astype(np.int32)
        places = np.asarray(where, dtype=np.int32)
        return cls(
            coo_array((tenths, cells), shape=shape).tocsr(),
            coo_array((places, cells), shape=shape).tocsr(),
        )


@dataclass(frozen=True, slots=True)
class Sheet:
    """What some terms are worth, and what was found of them."""

    coefficients: csr_array  # (terms x things), int32, hundredths; a term's own thing first
    findings: Findings
    identity: Sequence[int]  # terms that look for the same share a number
