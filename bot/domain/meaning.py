"""What a sentence of a reader's (`about:"..."`) earns in papers near to it in meaning.

An embedding model makes vectors of length 1 of sentences and papers; near in meaning is near in
angle. How near the nearest are differs from model to model and from sentence to sentence, so a
paper is held against all papers of the last weeks: its points say by how many standard deviations
it is nearer than they are on average.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from bot.domain.digest import Reason
from bot.domain.interests import Formula, Interests
from bot.domain.papers import Paper
from bot.domain.product import columns_of
from bot.domain.sheet import POINT
from bot.domain.text import shorten

MEANING = "meaning"  # where such a reason was found
MOST_POINTS = 3.0  # of the nearest papers, where no setting says otherwise
EARNS_FROM = 1.0  # standard deviations above the mean: a sixth of all papers are nearer
EARNS_MOST_AT = 4.0  # likewise: one paper in thousands
FEWEST_COMPARED = 20  # papers; the mean and spread of fewer say nothing
_LEAST_SPREAD = 1e-4  # of similarities; below it a model does not tell papers apart
_SHOWN = 50  # characters of a sentence among the reasons

Vectors = NDArray[np.float32]  # (texts x dimensions), each of length 1
Points = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Meaning:
    """What one reader's sentences earn in some papers."""

    sentences: tuple[str, ...]
    columns: Mapping[str, int]  # versioned ID -> place in `points`; other papers earn nothing
    points: Points  # thousandths, never below 0: the nearest sentence's
    nearest: NDArray[np.intp]  # which of the sentences that is


def text_of(paper: Paper) -> str:
    """What of a paper is made a vector."""
    return f"{paper.title}\n\n{paper.abstract}"


def wanted_sentences(interests: Interests) -> tuple[str, ...]:
    """The sentences that count: the formula `seed` knows none."""
    return () if interests.formula is Formula.SEED else interests.about


def points_of(
    sentences: Vectors, papers: Vectors, compared: Vectors, *, most_points: float = MOST_POINTS
) -> Points:
    """(sentences x papers) thousandths of a point.

    `compared` are the papers whose mean and spread are the measure. With fewer than
    `FEWEST_COMPARED`, or where all are equally near, nothing earns.
    """
    if len(compared) < FEWEST_COMPARED or not len(papers):
        return np.zeros((len(sentences), len(papers)), dtype=np.int32)
    # In double precision a sentence earns the same, to the thousandth, in whatever company.
    wide = sentences.astype(np.float64)
    usual = wide @ compared.T.astype(np.float64)
    mean = usual.mean(axis=1)[:, None]
    spread = usual.std(axis=1)[:, None]
    deviations = (wide @ papers.T.astype(np.float64) - mean) / np.maximum(spread, _LEAST_SPREAD)
    share = (deviations - EARNS_FROM) / (EARNS_MOST_AT - EARNS_FROM)
    earned = most_points * POINT * np.clip(share, 0.0, 1.0)
    return np.where(spread < _LEAST_SPREAD, 0, np.rint(earned)).astype(np.int32)


@dataclass(frozen=True, slots=True)
class Meanings:
    """Many readers' sentences and many papers."""

    points: csr_array  # (readers x papers), int32, thousandths
    nearest: Mapping[int, Meaning]  # by the reader's row; readers without sentences have none
    ids: tuple[str, ...]  # of the papers

    @classmethod
    def of(cls, readers: Sequence[Meaning | None], papers: Sequence[Paper]) -> Meanings | None:
        """None where no reader has a sentence."""
        nearest = {row: meaning for row, meaning in enumerate(readers) if meaning is not None}
        if not nearest:
            return None
        ids = tuple(paper.versioned_id for paper in papers)
        places: dict[int, NDArray[np.int64]] = {}  # readers share their columns
        found, columns, starts = [], [], [0]
        for row in range(len(readers)):
            if (meaning := nearest.get(row)) is not None:
                key = id(meaning.columns)
                if key not in places:
                    at = [meaning.columns.get(each, -1) for each in ids]
                    places[key] = np.array(at, dtype=np.int64)
                there = places[key]
                earned = np.where(there >= 0, meaning.points[there], 0)
                columns.append(np.flatnonzero(earned))
                found.append(earned[columns[-1]])
            starts.append(starts[-1] + (len(columns[-1]) if row in nearest else 0))
        cells = (np.concatenate(found), np.concatenate(columns).astype(np.int32), np.array(starts))
        return cls(csr_array(cells, shape=(len(readers), len(ids))), nearest, ids)

    def among(self, papers: NDArray[np.int64]) -> Meanings:
        """The same for some of the papers only, whose numbers rise."""
        ids = tuple(self.ids[each] for each in papers.tolist())
        return Meanings(columns_of(self.points, papers), self.nearest, ids)

    def beside(
        self, found: Sequence[tuple[Reason, ...]], readers: Sequence[int], columns: Sequence[int]
    ) -> list[tuple[Reason, ...]]:
        """The terms' reasons `found` in these cells and what meanings add, most points first."""
        cells = map(self._reason, readers, columns)
        return [
            tuple(sorted((*why, reason), key=_by_points)) if reason else why
            for why, reason in zip(found, cells, strict=True)
        ]

    def _reason(self, reader: int, column: int) -> Reason | None:
        if (meaning := self.nearest.get(reader)) is None:
            return None
        place = meaning.columns.get(self.ids[column], -1)
        if place < 0 or not (points := int(meaning.points[place])):
            return None
        said = meaning.sentences[int(meaning.nearest[place])]
        return Reason(f"“{shorten(said, _SHOWN)}”", MEANING, points / POINT)


def _by_points(reason: Reason) -> float:
    return -reason.points
