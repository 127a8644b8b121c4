"""Variety within a digest: near-duplicates and one group's burst of papers give way to others.

Two papers are near-duplicates when more than half of their pairs of words are the same; they are
of one group when half of the authors of the smaller list, and two at least, stand in the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType

import numpy as np
from scipy.sparse import coo_array

from bot.domain.authors import name_parts
from bot.domain.interests import Interests
from bot.domain.matching import Scored
from bot.domain.paper_words import read_words
from bot.domain.papers import Paper

SPARE = 10  # papers ranked beyond the places of a digest, who may take the place of one left out
MOST_OF_A_GROUP = 2  # papers in one digest, while others wait
SAME_PAIRS = 0.5  # of all pairs of words that either of two papers has
SAME_AUTHORS = 0.5  # of the smaller list
_COMMON = 20  # papers that hold a pair; what more hold tells nothing, and there would be many

_NONE: frozenset[str] = frozenset()

Related = Mapping[str, frozenset[str]]  # arXiv ID -> the arXiv IDs of others


@dataclass(frozen=True, slots=True)
class Variety:
    """Which of some papers are too alike for one digest."""

    twins: Related  # near-duplicates of each paper that has some
    groups: Related  # papers by much the same people

    @classmethod
    def of(cls, papers: Sequence[Paper]) -> Variety:
        """Compare some papers, each with each; a thousand take a fifth of a second."""
        different = list({paper.arxiv_id: paper for paper in papers}.values())
        return cls(_related(different, _twins(different)), _related(different, _group(different)))

    def choose(self, ranked: Sequence[Scored], interests: Interests) -> tuple[Scored, ...]:
        """At most `max_papers` of `ranked` (best first), in their order.

        A near-duplicate of a better paper, the third paper of a group and those after it get what
        places are left over. A followed author's paper always has its place.
        """
        ids = [scored.announcement.paper.arxiv_id for scored in ranked]
        sure = _followed(ranked, interests)
        kept: dict[str, int] = {}
        waiting: list[int] = []
        for place, arxiv_id in enumerate(ids):
            if place not in sure and self._is_too_alike(arxiv_id, kept):
                waiting.append(place)
                continue
            kept[arxiv_id] = place
        others = [place for place in (*kept.values(), *waiting) if place not in sure]
        places = [*sorted(sure), *others][: interests.max_papers]
        return tuple(ranked[place] for place in sorted(places))

    def _is_too_alike(self, arxiv_id: str, kept: Mapping[str, int]) -> bool:
        twins = self.twins.get(arxiv_id, _NONE)
        group = self.groups.get(arxiv_id, _NONE)
        return not twins.isdisjoint(kept) or len(group & kept.keys()) >= MOST_OF_A_GROUP

    def in_favour_of(self, arxiv_id: str, shown: Sequence[str]) -> str | None:
        """Why a paper stayed away from a digest that has `shown`: None when it is not for this."""
        if same := sorted(self.twins.get(arxiv_id, _NONE).intersection(shown)):
            return f"it was left out in favour of a near-duplicate, {same[0]}"
        group = sorted(self.groups.get(arxiv_id, _NONE).intersection(shown))
        if len(group) >= MOST_OF_A_GROUP:
            return f"it left its place to others after {', '.join(group)} of the same authors"
        return None


NO_VARIETY = Variety(MappingProxyType({}), MappingProxyType({}))  # nothing is too alike


def _followed(ranked: Sequence[Scored], interests: Interests) -> set[int]:
    """The places of followed authors' papers; only where there are some are reasons looked at."""
    if not interests.authors:
        return set()
    return {
        place
        for place, scored in enumerate(ranked)
        if any(reason.where == "author" for reason in scored.reasons)
    }


def _related(
    papers: Sequence[Paper], pairs: Sequence[tuple[int, int]]
) -> dict[str, frozenset[str]]:
    related: dict[str, set[str]] = {}
    for one, other in pairs:
        first, second = papers[one].arxiv_id, papers[other].arxiv_id
        related.setdefault(first, set()).add(second)
        related.setdefault(second, set()).add(first)
    return {arxiv_id: frozenset(others) for arxiv_id, others in related.items()}


def _twins(papers: Sequence[Paper]) -> list[tuple[int, int]]:
    """Pairs of near-duplicates, by the share of word pairs that both have."""
    words = read_words(papers)
    first, second = words.stream[:-1].astype(np.int64), words.stream[1:].astype(np.int64)
    inside = (first > 0) & (second > 0)
    base = len(words.numbers) + 1
    keys = np.unique(
        words.owner[:-1][inside].astype(np.int64) * base**2 + first[inside] * base + second[inside]
    )
    owner, pair = np.divmod(keys, base**2)
    total = np.bincount(owner, minlength=len(papers))
    _, column, holders = np.unique(pair, return_inverse=True, return_counts=True)
    telling = (holders[column] > 1) & (holders[column] <= _COMMON)
    ones = np.ones(int(telling.sum()), dtype=np.int32)
    holds = coo_array(
        (ones, (owner[telling], column[telling])), shape=(len(papers), len(holders))
    ).tocsr()
    # Pairs that many hold are no proof: they count as shared only in what either has in all.
    common = np.bincount(owner[holders[column] > _COMMON], minlength=len(papers))
    total = np.maximum(total - common, 1)
    shared = (holds @ holds.T).tocoo()
    either = total[shared.coords[0]] + total[shared.coords[1]] - shared.data
    alike = (shared.coords[0] < shared.coords[1]) & (shared.data > SAME_PAIRS * either)
    rows, columns = shared.coords[0][alike].tolist(), shared.coords[1][alike].tolist()
    return list(zip(rows, columns, strict=True))


def _group(papers: Sequence[Paper]) -> list[tuple[int, int]]:
    """Pairs of papers by much the same people."""
    people = [frozenset(map(name_parts, paper.authors)) - {()} for paper in papers]
    by_person: dict[tuple[str, ...], list[int]] = {}
    for at, names in enumerate(people):
        for name in names:
            by_person.setdefault(name, []).append(at)
    pairs = {
        pair
        for where in by_person.values()
        if 1 < len(where) <= _COMMON
        for pair in combinations(where, 2)
    }
    return [
        (one, other)
        for one, other in sorted(pairs)
        if len(people[one] & people[other]) >= _quorum(min(len(people[one]), len(people[other])))
    ]


def _quorum(people: int) -> float:
    """How many of the smaller list make a group: one shared name of several may be a namesake."""
    return max(min(2, people), SAME_AUTHORS * people)
