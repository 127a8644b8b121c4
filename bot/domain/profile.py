"""A profile: the few hundred words that tell a subscription's liked papers from the others.

Words of liked papers count for a paper, words of papers disliked or passed over against it. The
sum is scaled by how near the liked papers are to each other: a paper as near as they are earns
`NEAR_POINTS`, less what any paper of the field has of that, and less while there are few thumbs.
"""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from bot.domain.telling import UNIT
from bot.domain.term_keys import keys_of, numbered

MOST_TERMS = 300
NEAR_POINTS = 5.0  # between a paper that holds no word of it and one as near as the liked ones
USUAL = 0.3  # of these any paper of the field has: where points begin
MOST_POINTS = 6.0  # that a paper earns at most, with any number of thumbs
HALF_STRENGTH = 1.0  # thumbs with which half of all points are at stake
DISLIKED = 0.5  # weight of all disliked papers beside all liked ones
IGNORED = 0.3  # the same for papers passed over
USUAL_NEARNESS = 0.12  # of liked papers to each other, where there are few of them
SURE_OF_IT = 3.0  # papers that this guess is worth
LEAST_NEARNESS = 0.03
WEIGHT = 1000  # what one point is among weights
_TINY = 1e-12  # instead of a length of nothing

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Weighed(NamedTuple):
    """One paper, its telling terms, and what its votes weigh together."""

    arxiv_id: str
    terms: tuple[str, ...]
    keys: array[int]  # of the terms, see `keys_of`
    shares: array[int]  # of each, see `telling_terms`
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

    # Arrays, for there may be ten thousand profiles in memory, and terms are shared by them.
    terms: tuple[str, ...] = ()  # at most MOST_TERMS, most weight first
    weights: array[int] = field(default_factory=lambda: array("i"))  # thousandths of a point
    holders: array[int] = field(default_factory=lambda: array("q"))  # bits, see `papers`
    liked: tuple[str, ...] = ()  # arXiv IDs, latest first
    start: int = 0  # thousandths of a point for a paper with none of the terms, not above 0
    most: int = 0  # thousandths of a point that a paper earns at most
    keys: array[int] = field(init=False, repr=False, compare=False)  # of the terms

    def __post_init__(self) -> None:
        """Hash the terms once, not whenever papers are ranked."""
        object.__setattr__(self, "keys", keys_of(self.terms))

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process hashes them for itself."""
        return type(self), (
            self.terms,
            self.weights,
            self.holders,
            self.liked,
            self.start,
            self.most,
        )

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
            Liked(term, weight / WEIGHT, self.papers(bits))
            for term, weight, bits in islice(rows, limit)
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold."""
        return {
            "terms": list(self.terms),
            "weights": list(self.weights),
            "holders": list(self.holders),
            "liked": list(self.liked),
            "start": self.start,
            "most": self.most,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """What `to_dict` made."""
        return cls(
            terms=tuple(map(sys.intern, data["terms"])),
            weights=array("i", data["weights"]),
            holders=array("q", data["holders"]),
            liked=tuple(data["liked"]),
            start=data["start"],
            most=data["most"],
        )

    def papers(self, bits: int) -> tuple[str, ...]:
        """The liked papers that `holders` means, latest first: bit 0 is the latest."""
        return tuple(each for place, each in enumerate(self.liked) if bits >> place & 1)


def profile_of(papers: Sequence[Weighed]) -> Profile:
    """The profile that all these papers' votes make, latest first; empty where nobody voted."""
    thumbs = math.fsum(abs(paper.vote) for paper in papers)
    if not thumbs:
        return Profile()
    cells = _Cells(papers)
    against = DISLIKED * _unit(cells.sum(-cells.votes)) + IGNORED * _unit(cells.sum(cells.ignored))
    strength = thumbs / (thumbs + HALF_STRENGTH)
    scale = NEAR_POINTS * strength / cells.nearness(against)
    whole = np.rint(WEIGHT * scale * (cells.wanted - against)).astype(np.int32)
    best = np.argsort(-np.abs(whole), kind="stable")[:MOST_TERMS]  # of equals the latest
    best = best[whole[best] != 0]
    liked = tuple(paper.arxiv_id for paper in papers if paper.vote > 0)
    return Profile(
        terms=tuple(map(sys.intern, cells.terms(best))),
        weights=array("i", whole[best].tolist()),
        holders=array("q", cells.holders()[best].tolist()),
        liked=liked,
        start=-round(WEIGHT * USUAL * NEAR_POINTS * strength) if liked else 0,
        most=round(WEIGHT * MOST_POINTS * strength),
    )


class _Cells:
    """The (paper, term) pairs of some papers as arrays."""

    def __init__(self, papers: Sequence[Weighed]) -> None:
        self._papers = papers
        counts = [len(paper.terms) for paper in papers]
        self._starts = np.cumsum([0, *counts])
        keys = b"".join(paper.keys for paper in papers)
        # Looking at the letters of a few thousand terms would wait for memory.
        self.term, self._first = numbered(np.frombuffer(keys, dtype=np.uint64))
        self.paper = np.repeat(np.arange(len(papers)), counts)
        shares = b"".join(paper.shares for paper in papers)
        self.share = np.frombuffer(shares, dtype=np.int32) / UNIT
        self.votes = np.array([paper.vote for paper in papers])
        self.ignored = np.array([paper.ignored for paper in papers])
        self.liked = np.maximum(self.votes, 0.0)
        self.said = self.sum(self.votes)
        self.wanted = _unit(self.said)

    def terms(self, numbers: Ints) -> list[str]:
        """The terms of these numbers."""
        at = self._first[numbers]
        paper = self.paper[at]
        places = zip(paper.tolist(), (at - self._starts[paper]).tolist(), strict=True)
        return [self._papers[each].terms[place] for each, place in places]

    def sum(self, weights: Floats) -> Floats:
        """For each term its shares in all papers with a positive weight."""
        weighed = np.maximum(weights, 0.0)[self.paper] * self.share
        return np.asarray(np.bincount(self.term, weighed, len(self._first)), np.float64)

    def nearness(self, against: Floats) -> float:
        """How near, on average, each liked paper is to what the other ones say."""
        said = self.said[self.term]
        rest = said - self.liked[self.paper] * self.share
        papers = len(self.votes)
        change = np.bincount(self.paper, rest**2 - said**2, papers)
        length = np.sqrt(np.maximum(self.said @ self.said + change, _TINY))
        near = np.bincount(self.paper, rest * self.share, papers) / length
        near -= np.bincount(self.paper, against[self.term] * self.share, papers)
        alone = np.count_nonzero(self.liked) <= 1
        known = np.zeros(papers) if alone else np.minimum(self.liked, 1.0)
        guess = SURE_OF_IT * USUAL_NEARNESS
        mean = (float(near @ known) + guess) / (float(known.sum()) + SURE_OF_IT)
        return max(mean, LEAST_NEARNESS)

    def holders(self) -> NDArray[np.int64]:
        """For each term a bit for each liked paper that holds it."""
        place = np.cumsum(self.liked > 0) - 1
        is_liked = self.liked[self.paper] > 0
        bits = np.zeros(len(self._first), np.int64)
        np.add.at(bits, self.term[is_liked], np.int64(1) << place[self.paper[is_liked]])
        return bits


def _unit(shares: Floats) -> Floats:
    length = float(np.linalg.norm(shares))
    return shares / length if length else shares
