"""What a channel's thumbs say about the next papers: examples remembered, a profile made of them.

A subscription's `Memory` holds the papers that people voted on and those they passed over, each
as its most telling words. `Memory.profile` sums it up in the few hundred words that ranking needs
(`bot/domain/profile.py`). Both are plain data. Why the figures are what they are, and what each
brings, is in docs/explanation/learning.md.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter
from typing import Any, Self

from bot.domain.papers import Paper
from bot.domain.profile import Profile, Weighed, profile_of
from bot.domain.rarity import Rarity
from bot.domain.telling import telling_terms
from bot.domain.term_keys import keys_of
from bot.domain.thumbs import Vote

MOST_VOTED = 40  # papers remembered with thumbs; a profile has a bit for each
MOST_IGNORED = 30  # papers remembered that were passed over
TERMS_OF_VOTED = 160  # remembered of a paper: nearly all that tell
TERMS_OF_IGNORED = 60
HALF_LIFE_DAYS = 365.0  # a thumb this much older than the latest one counts half
MOST_OF_A_PERSON = 10.0  # fresh thumbs: more of one person weigh no more than so many together
ALWAYS_OF_A_PERSON = 5.0  # up to here one person may outweigh all others together
_NOBODY = ""


@dataclass(frozen=True, slots=True)
class Ballot:
    """One person's vote on one paper."""

    voter: str  # a hash; "" for `Vote.IGNORED`
    vote: Vote
    at: datetime  # UTC


@dataclass(frozen=True, slots=True)
class Example:
    """A paper that was voted on or passed over."""

    arxiv_id: str
    terms: tuple[str, ...]  # from `telling_terms`
    shares: array[int]
    ballots: tuple[Ballot, ...]
    keys: array[int] = field(init=False, repr=False, compare=False)  # of the terms

    def __post_init__(self) -> None:
        """Hash the terms once, not whenever a thumb is given."""
        object.__setattr__(self, "keys", keys_of(self.terms))

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process hashes them for itself."""
        return type(self), (self.arxiv_id, self.terms, self.shares, self.ballots)

    @property
    def at(self) -> datetime:
        """When it was last spoken of."""
        first, *others = self.ballots
        return max(first.at, *(ballot.at for ballot in others)) if others else first.at

    @property
    def is_ignored(self) -> bool:
        """Whether nobody voted on it."""
        return self.ballots[0].vote is Vote.IGNORED  # where somebody voted, no such is kept


@dataclass(frozen=True, slots=True)
class Memory:
    """A subscription's examples, latest first."""

    examples: tuple[Example, ...] = ()

    @classmethod
    def empty(cls) -> Self:
        """Of a subscription that got no thumb yet."""
        return cls()

    def with_thumb(
        self, paper: Paper, vote: Vote, *, voter: str, at: datetime, rarity: Rarity
    ) -> Memory:
        """With one more vote, in place of this voter's earlier one on the paper.

        A person's vote also takes the place of nobody's (`Vote.IGNORED`, voter ""), and nobody's
        is not kept where somebody voted.
        """
        known = next((each for each in self.examples if each.arxiv_id == paper.arxiv_id), None)
        if known and vote is Vote.IGNORED and not known.is_ignored:
            return self
        kept = [each for each in known.ballots if _stays(each, voter)] if known else []
        ballots = (*kept, Ballot(voter, vote, at))
        if known and kept:
            example = replace(known, ballots=ballots)
        else:
            limit = TERMS_OF_IGNORED if vote is Vote.IGNORED else TERMS_OF_VOTED
            terms, shares = telling_terms(paper, rarity, limit=limit)
            example = Example(paper.arxiv_id, terms, shares, ballots)
        others = (each for each in self.examples if each is not known)
        return Memory(_latest((example, *others)))

    def without_thumb(self, arxiv_id: str, *, voter: str) -> Memory:
        """Without this voter's vote on the paper; the same if there was none."""
        examples = []
        for each in self.examples:
            if each.arxiv_id != arxiv_id:
                examples.append(each)
            elif kept := tuple(ballot for ballot in each.ballots if ballot.voter != voter):
                examples.append(replace(each, ballots=kept))
        return Memory(_latest(examples))

    def profile(self) -> Profile:
        """What to rank by; an empty one where nobody voted."""
        return profile_of(_weighed(self.examples))

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold."""
        return {
            "examples": [
                {
                    "id": each.arxiv_id,
                    "terms": list(each.terms),
                    "shares": list(each.shares),
                    "ballots": [
                        [ballot.voter, ballot.vote.value, ballot.at.isoformat()]
                        for ballot in each.ballots
                    ],
                }
                for each in self.examples
            ]
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Memory:
        """What `to_dict` made."""
        return cls(
            tuple(
                Example(
                    each["id"],
                    tuple(each["terms"]),
                    array("i", each["shares"]),
                    tuple(
                        Ballot(voter, Vote(vote), datetime.fromisoformat(at))
                        for voter, vote, at in each["ballots"]
                    ),
                )
                for each in data["examples"]
            )
        )


def _stays(ballot: Ballot, voter: str) -> bool:
    return ballot.voter not in (voter, _NOBODY)


def _latest(examples: Iterable[Example]) -> tuple[Example, ...]:
    """As many as are remembered, latest first; of one moment, by arXiv ID.

    Where there are too many votes, whoever gave most loses their oldest: nobody can flood out
    what the others said.
    """
    ordered = sorted(examples, key=attrgetter("arxiv_id"))
    ordered.sort(key=attrgetter("at"), reverse=True)
    voted = [each for each in ordered if not each.is_ignored]
    ignored = [each for each in ordered if each.is_ignored][:MOST_IGNORED]
    while len(voted) > MOST_VOTED:
        given = Counter(ballot.voter for each in voted for ballot in each.ballots)
        most = max(given, key=lambda voter: (given[voter], voter))
        voted = _without_oldest(voted, most)
    return tuple(sorted((*voted, *ignored), key=attrgetter("at"), reverse=True))


def _without_oldest(examples: Sequence[Example], voter: str) -> list[Example]:
    """`examples` without the oldest vote of `voter`."""
    theirs = [
        (ballot.at, -place)
        for place, each in enumerate(examples)
        for ballot in each.ballots
        if ballot.voter == voter
    ]
    oldest = -min(theirs)[1]
    example = examples[oldest]
    kept = tuple(ballot for ballot in example.ballots if ballot.voter != voter)
    fewer = [replace(example, ballots=kept)] if kept else []
    return [*examples[:oldest], *fewer, *examples[oldest + 1 :]]


def _weighed(examples: Sequence[Example]) -> list[Weighed]:
    """Each example with the weight of all its votes: for, against, or passed over."""
    if not examples:
        return []
    newest = max(each.at for each in examples)
    fresh = [[_freshness(ballot.at, newest) for ballot in each.ballots] for each in examples]
    shares = _shares_of_voters(examples, fresh)
    weighed = []
    for each, freshness in zip(examples, fresh, strict=True):
        votes, ignored = 0.0, 0.0
        if each.is_ignored:
            ignored = freshness[0]
        else:
            votes = math.fsum(
                _sign(ballot.vote) * how_fresh * shares[ballot.voter]
                for ballot, how_fresh in zip(each.ballots, freshness, strict=True)
            )
        weighed.append(Weighed(each.arxiv_id, each.terms, each.keys, each.shares, votes, ignored))
    return weighed


def _shares_of_voters(
    examples: Sequence[Example], fresh: Sequence[Sequence[float]]
) -> dict[str, float]:
    """What a vote of each person is worth, 1.0 at most; `fresh` has each ballot's freshness.

    No person's votes together weigh more than `MOST_OF_A_PERSON`, nor more than
    `ALWAYS_OF_A_PERSON` where all others together gave fewer.
    """
    given: dict[str, float] = {}
    for each, freshness in zip(examples, fresh, strict=True):
        if not each.is_ignored:
            for ballot, how_fresh in zip(each.ballots, freshness, strict=True):
                given[ballot.voter] = given.get(ballot.voter, 0.0) + how_fresh
    capped = {voter: min(total, MOST_OF_A_PERSON) for voter, total in given.items()}
    everybody = math.fsum(capped.values())
    return {voter: _worth(total, capped[voter], everybody) for voter, total in given.items()}


def _worth(total: float, capped: float, everybody: float) -> float:
    """One vote of a person who gave `total`."""
    others = everybody - capped
    is_alone = others <= 0
    return (capped if is_alone else min(capped, max(ALWAYS_OF_A_PERSON, others))) / total


def _sign(vote: Vote) -> int:
    return 1 if vote is Vote.UP else -1


def _freshness(at: datetime, newest: datetime) -> float:
    """1.0 for the latest, halved with every half-life before it."""
    return float(0.5 ** ((newest - at).total_seconds() / 86_400 / HALF_LIFE_DAYS))
