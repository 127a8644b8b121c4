"""Vectors of papers and sentences, one for each embedding model, in half precision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import TypeVar

import numpy as np
import sqlalchemy as sa

from adapters.database.session import AnyRow, Session
from adapters.database.tables import announcements, paper_vectors, sentence_vectors
from bot.domain.papers import Paper
from bot.ports import Vector

_AT_ONCE = 500  # bound parameters of one statement
_STORED = np.dtype("<f2")
T = TypeVar("T")


class VectorTable:
    """A `VectorRepository`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def papers_known(self, papers: Sequence[Paper], *, model: str) -> frozenset[str]:
        """Only keys are read."""
        columns = (paper_vectors.c.arxiv_id, paper_vectors.c.version)
        return frozenset([_versioned(row) for row in await self._rows(columns, papers, model)])

    async def of_papers(self, papers: Sequence[Paper], *, model: str) -> dict[str, Vector]:
        """By versioned ID."""
        rows = await self._rows(tuple(paper_vectors.c), papers, model)
        return {_versioned(row): _read(row.vector) for row in rows}

    async def _rows(
        self, columns: Sequence[sa.Column[str]], papers: Sequence[Paper], model: str
    ) -> list[AnyRow]:
        wanted = {paper.versioned_id for paper in papers}
        found: list[AnyRow] = []
        for some in _portions(sorted({paper.arxiv_id for paper in papers})):
            query = sa.select(*columns).where(
                paper_vectors.c.arxiv_id.in_(some), paper_vectors.c.model == model
            )
            found += [row for row in await self._session.rows(query) if _versioned(row) in wanted]
        return found

    async def of_latest(self, *, model: str, limit: int) -> tuple[Vector, ...]:
        """The order of announcements decides which are the latest."""
        is_announced = (announcements.c.arxiv_id == paper_vectors.c.arxiv_id) & (
            announcements.c.version == paper_vectors.c.version
        )
        query = (
            sa.select(paper_vectors.c.vector)
            .join_from(announcements, paper_vectors, is_announced)
            .where(paper_vectors.c.model == model)
            .order_by(announcements.c.sequence.desc())
            .limit(limit)
        )
        return tuple([_read(row.vector) for row in await self._session.rows(query)])

    async def put_papers(self, vectors: Sequence[tuple[Paper, Vector]], *, model: str) -> None:
        """In one order everywhere: two writers on PostgreSQL then never wait for each other."""
        rows = [
            {
                "arxiv_id": paper.arxiv_id,
                "version": paper.version,
                "model": model,
                "vector": _written(vector),
            }
            for paper, vector in vectors
        ]
        rows.sort(key=lambda row: (row["arxiv_id"], row["version"]))
        await self._session.write_many(
            self._session.insert(paper_vectors).on_conflict_do_nothing(), rows
        )

    async def of_sentences(self, sentences: Sequence[str], *, model: str) -> dict[str, Vector]:
        """By sentence."""
        by_hash = {_hash(sentence): sentence for sentence in sentences}
        found: dict[str, Vector] = {}
        for some in _portions(sorted(by_hash)):
            query = sa.select(sentence_vectors).where(
                sentence_vectors.c.hash.in_(some), sentence_vectors.c.model == model
            )
            for row in await self._session.rows(query):
                found[by_hash[row.hash]] = _read(row.vector)
        return found

    async def put_sentences(
        self, vectors: Mapping[str, Vector], *, model: str, created_at: datetime
    ) -> None:
        """A sentence itself stands with its subscription only."""
        rows = [
            {
                "hash": _hash(sentence),
                "model": model,
                "vector": _written(vectors[sentence]),
                "created_at": created_at,
            }
            for sentence in sorted(vectors, key=_hash)
        ]
        await self._session.write_many(
            self._session.insert(sentence_vectors).on_conflict_do_nothing(), rows
        )


def _portions(keys: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(keys), _AT_ONCE):
        yield keys[start : start + _AT_ONCE]


def _versioned(row: AnyRow) -> str:
    return f"{row.arxiv_id}v{row.version}"


def _hash(sentence: str) -> str:
    return sha256(sentence.encode()).hexdigest()


def _written(vector: Vector) -> bytes:
    return vector.astype(_STORED).tobytes()


def _read(stored: bytes) -> Vector:
    return np.frombuffer(stored, dtype=_STORED).astype(np.float32)
