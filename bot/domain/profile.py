"""A profile: the few hundred words that tell a subscription's liked papers from the others.

A weight is what a word earns in points where a paper is all about it. Liked papers count for a
word, disliked ones and those passed over against it, and what several liked papers share counts
more than what one says often. The sum is scaled so that a paper as near as the liked ones are to
each other earns `FULL_POINTS`, less while there are few thumbs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from bot.domain.telling import UNIT

MOST_TERMS = 300
FULL_POINTS = 3.0  # earned by a paper as near to the liked ones as they are to each other
MOST_POINTS = 4.5  # for the nearest, and as many against the farthest
HALF_STRENGTH = 1.0  # thumbs with which half of the points can be earned
DISLIKED = 0.5  # weight of all disliked papers beside all liked ones
IGNORED = 0.3  # the same for papers passed over
WEIGHT = 1000  # what one point is among weights
NEARNESS_OF_ONE = 0.15  # what stands for the nearness of liked papers where there is only one
LEAST_NEARNESS = 0.05
TINY = 1e-12  # instead of a length of nothing

Floats = NDArray[np.float64]


class Weighed(NamedTuple):
    """One paper, its telling terms, and what its votes weigh together."""

    arxiv_id: str
    terms: tuple[str, ...]
    shares: tuple[int, ...]  # of each, see `telling_terms`
    vote: float  # positive where it was liked
    ignored: float  # positive where it was passed over


@dataclass(frozen=True, slots=True)
class Liked:
    """One term of a profile, for people."""

    term: str  # folded, see folding.py
    points: float  # where a paper is all about it; negative for disliked ones
    papers: tuple[str, ...]  # arXiv IDs of the liked papers that hold it, latest first


@dataclass(frozen=True, slots=True)
class Profile:
    """What ranking needs of a subscription's thumbs; plain data."""

    terms: tuple[str, ...] = ()  # at most MOST_TERMS, most weight first
    weights: tuple[int, ...] = ()  # thousandths of a point
    holders: tuple[int, ...] = ()  # for each term a bit for each of `liked` that holds it
    liked: tuple[str, ...] = ()  # arXiv IDs, latest first
    most: int = 0  # thousandths of a point that a paper earns or loses at most

    @classmethod
    def empty(cls) -> Self:
        """Of nobody's thumbs: it changes nothing."""
        return cls()

    def __bool__(self) -> bool:
        return bool(self.terms)

    def inspect(self, *, limit: int = 20) -> tuple[Liked, ...]:
        """The terms that weigh most, for and against."""
        rows = zip(self.terms, self.weights, self.holders, strict=True)
        return tuple(
            Liked(term, weight / WEIGHT, self._papers(bits))
            for term, weight, bits in islice(rows, limit)
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold."""
        return {
            "terms": list(self.terms),
            "weights": list(self.weights),
            "holders": list(self.holders),
            "liked": list(self.liked),
            "most": self.most,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """What `to_dict` made."""
        return cls(
            terms=tuple(data["terms"]),
            weights=tuple(data["weights"]),
            holders=tuple(data["holders"]),
            liked=tuple(data["liked"]),
            most=data["most"],
        )

    def _papers(self, bits: int) -> tuple[str, ...]:
        return tuple(each for place, each in enumerate(self.liked) if bits >> place & 1)


def profile_of(papers: Sequence[Weighed]) -> Profile:
    """The profile that all these papers' votes make, latest first; empty where nobody voted."""
    thumbs = math.fsum(abs(paper.vote) for paper in papers)
    if not thumbs:
        return Profile()
    cells = _Cells(papers)
    against = DISLIKED * _unit(cells.sum(-cells.votes)) + IGNORED * _unit(cells.sum(cells.ignored))
    difference = cells.wanted - against
    most = thumbs / (thumbs + HALF_STRENGTH)
    worth = difference * (FULL_POINTS * most / cells.nearness(against))
    best = np.argsort(-np.abs(worth), kind="stable")[:MOST_TERMS]  # of equals the latest
    return Profile(
        terms=tuple(cells.terms[place] for place in best.tolist()),
        weights=tuple(np.rint(WEIGHT * worth[best]).astype(int).tolist()),
        holders=tuple(cells.holders()[best].tolist()),
        liked=tuple(paper.arxiv_id for paper in papers if paper.vote > 0),
        most=round(WEIGHT * MOST_POINTS * most),
    )


class _Cells:
    """The (paper, term) pairs of some papers as arrays."""

    def __init__(self, papers: Sequence[Weighed]) -> None:
        numbers: dict[str, int] = {}
        flat = chain.from_iterable(paper.terms for paper in papers)
        self.term = np.array([numbers.setdefault(each, len(numbers)) for each in flat], np.int64)
        self.terms = list(numbers)
        self.paper = np.repeat(np.arange(len(papers)), [len(paper.terms) for paper in papers])
        flat_shares = chain.from_iterable(paper.shares for paper in papers)
        self.share = np.fromiter(flat_shares, np.float64, len(self.term)) / UNIT
        self.votes = np.array([paper.vote for paper in papers])
        self.ignored = np.array([paper.ignored for paper in papers])
        self.liked = np.maximum(self.votes, 0.0)
        # What several liked papers share counts more than what one of them says.
        self.total = self.sum(self.votes)
        self.holding = np.bincount(self.term, self.liked[self.paper], len(self.terms))
        self.wanted = _unit(self.total * self.holding)

    def sum(self, weights: Floats) -> Floats:
        """For each term its shares in all papers with a positive weight."""
        weighed = np.maximum(weights, 0.0)[self.paper] * self.share
        return np.asarray(np.bincount(self.term, weighed, len(self.terms)), np.float64)

    def nearness(self, against: Floats) -> float:
        """How near, on average, each liked paper is to what the others say."""
        if np.count_nonzero(self.liked) <= 1:
            return NEARNESS_OF_ONE
        own = self.liked[self.paper]
        rest = (self.total[self.term] - own * self.share) * (self.holding[self.term] - own)
        all_squares = (self.total * self.holding) ** 2
        papers = len(self.votes)
        change = np.bincount(self.paper, rest**2 - all_squares[self.term], papers)
        length = np.sqrt(np.maximum(all_squares.sum() + change, TINY))
        near = np.bincount(self.paper, rest * self.share, papers) / length
        near -= np.bincount(self.paper, against[self.term] * self.share, papers)
        return max(float(near @ self.liked / self.liked.sum()), LEAST_NEARNESS)

    def holders(self) -> NDArray[np.int64]:
        """For each term a bit for each liked paper that holds it."""
        place = np.cumsum(self.liked > 0) - 1
        is_liked = self.liked[self.paper] > 0
        bits = np.zeros(len(self.terms), np.int64)
        np.add.at(bits, self.term[is_liked], np.int64(1) << place[self.paper[is_liked]])
        return bits


def _unit(shares: Floats) -> Floats:
    length = float(np.linalg.norm(shares))
    return shares / length if length else shares
