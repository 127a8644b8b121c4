"""What is remembered of meanings: one vector for each paper and each sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.domain.papers import Paper

Vector = NDArray[np.float32]  # (dimensions), of length 1; stored in half precision


class VectorRepository(Protocol):
    """Vectors by embedding model, each made once."""

    async def papers_known(self, papers: Sequence[Paper], *, model: str) -> frozenset[str]:
        """The versioned IDs of those of `papers` that have a vector."""
        ...

    async def of_papers(self, papers: Sequence[Paper], *, model: str) -> dict[str, Vector]:
        """By versioned ID; papers without a vector are left out."""
        ...

    async def of_latest(self, *, model: str, limit: int) -> tuple[Vector, ...]:
        """The vectors of the papers announced last."""
        ...

    async def put_papers(self, vectors: Sequence[tuple[Paper, Vector]], *, model: str) -> None:
        """Store vectors of stored papers; the first one stays."""
        ...

    async def of_sentences(self, sentences: Sequence[str], *, model: str) -> dict[str, Vector]:
        """By sentence; those without a vector are left out."""
        ...

    async def put_sentences(
        self, vectors: Mapping[str, Vector], *, model: str, created_at: datetime
    ) -> None:
        """Store vectors of sentences; the first one stays."""
        ...
