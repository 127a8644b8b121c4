"""A profile: the few hundred words that tell a subscription's liked papers from the others.

A weight is what a word earns in points where a paper is all about it. Liked papers count for a
word, disliked ones and those passed over against it, and what several liked papers share counts
more than what one says often. The sum is scaled so that a paper as near as the liked ones are to
each other earns `FULL_POINTS`, less while there are few thumbs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, Self

MOST_TERMS = 300
FULL_POINTS = 3.0  # earned by a paper as near to the liked ones as they are to each other
MOST_POINTS = 4.5  # for the nearest, and as many against the farthest
HALF_STRENGTH = 1.0  # thumbs with which half of the points can be earned
DISLIKED = 0.5  # weight of all disliked papers beside all liked ones
IGNORED = 0.3  # the same for papers passed over
WEIGHT = 1000  # what one point is among weights
_NEARNESS = 0.15  # of liked papers to each other where there is only one
_LEAST_NEARNESS = 0.05

Shares = dict[str, float]


class Weighed(NamedTuple):
    """One paper, its telling terms, and what its votes weigh together."""

    arxiv_id: str
    terms: tuple[tuple[str, int], ...]
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
    liked = [paper for paper in papers if paper.vote > 0]
    against = _against(papers)
    total, holding = _sums(liked)
    wanted = _unit({term: share * holding[term] for term, share in total.items()})
    difference = {
        term: wanted.get(term, 0.0) - against.get(term, 0.0) for term in {**wanted, **against}
    }
    most = thumbs / (thumbs + HALF_STRENGTH)
    scale = FULL_POINTS * most / _nearness(liked, total, holding, against)
    best = sorted(difference.items(), key=lambda item: (-abs(item[1]), item[0]))[:MOST_TERMS]
    whole = [(term, round(WEIGHT * scale * share)) for term, share in best]
    holders = _holders(liked)
    return Profile(
        terms=tuple(term for term, _ in whole),
        weights=tuple(weight for _, weight in whole),
        holders=tuple(holders.get(term, 0) for term, _ in whole),
        liked=tuple(paper.arxiv_id for paper in liked),
        most=round(WEIGHT * MOST_POINTS * most),
    )


def _against(papers: Iterable[Weighed]) -> Shares:
    """What disliked papers and those passed over are about."""
    disliked, ignored = Shares(), Shares()
    for paper in papers:
        for into, weight in ((disliked, -paper.vote), (ignored, paper.ignored)):
            if weight > 0:
                for term, share in paper.terms:
                    into[term] = into.get(term, 0.0) + weight * share
    disliked, ignored = _unit(disliked), _unit(ignored)
    return {
        term: DISLIKED * disliked.get(term, 0.0) + IGNORED * ignored.get(term, 0.0)
        for term in {**disliked, **ignored}
    }


def _sums(liked: Iterable[Weighed]) -> tuple[Shares, Shares]:
    """Of each term its shares in all liked papers, and how many hold it, votes counted."""
    total, holding = Shares(), Shares()
    for paper in liked:
        for term, share in paper.terms:
            total[term] = total.get(term, 0.0) + paper.vote * share
            holding[term] = holding.get(term, 0.0) + paper.vote
    return total, holding


def _nearness(liked: Sequence[Weighed], total: Shares, holding: Shares, against: Shares) -> float:
    """How near, on average, each liked paper is to what the other ones say."""
    if len(liked) <= 1:
        return _NEARNESS
    near = weights = 0.0
    squares = {term: (share * holding[term]) ** 2 for term, share in total.items()}
    all_squares = math.fsum(squares.values())
    for paper in liked:
        of_all = all_squares
        product = 0.0
        for term, share in paper.terms:
            rest = (total[term] - paper.vote * share) * (holding[term] - paper.vote)
            of_all += rest * rest - squares[term]
            product += rest * share
        length = math.sqrt(max(of_all, 0.0))
        against_it = math.fsum(share * against.get(term, 0.0) for term, share in paper.terms)
        near += paper.vote * ((product / length if length else 0.0) - against_it)
        weights += paper.vote
    return max(near / weights / WEIGHT, _LEAST_NEARNESS)


def _unit(shares: Shares) -> Shares:
    length = math.sqrt(math.fsum(share * share for share in shares.values()))
    return {term: share / length for term, share in shares.items()} if length else {}


def _holders(liked: Iterable[Weighed]) -> dict[str, int]:
    holders: dict[str, int] = {}
    for place, paper in enumerate(liked):
        for term, _ in paper.terms:
            holders[term] = holders.get(term, 0) | 1 << place
    return holders
