"""Terms found by their hashes."""

from __future__ import annotations

import pickle
from array import array
from datetime import UTC, datetime

from bot.domain.interests import Interests, Term, TermKind
from bot.domain.learning import Ballot, Example
from bot.domain.profile import Profile
from bot.domain.term_keys import TermNumbers, keys_of
from bot.domain.thumbs import Vote

WORDS = [f"word {number}" for number in range(100_000)]


def test_every_term_is_found_at_its_place_and_no_other_is() -> None:
    known, others = WORDS[::2], WORDS[1::2]

    numbers = TermNumbers(known)

    assert numbers.find(keys_of(known).tobytes()).tolist() == list(range(len(known)))
    assert set(numbers.find(keys_of(others).tobytes()).tolist()) == {len(known)}


def test_where_no_term_is_known_none_is_found() -> None:
    assert TermNumbers(()).find(keys_of(["cache"]).tobytes()).tolist() == [0]
    assert TermNumbers(["cache"]).find(b"").tolist() == []


def test_terms_whose_hashes_begin_alike_are_told_apart() -> None:
    near = array("q", (7, 8, 9, 10))
    numbers = TermNumbers([_Hashed(each) for each in near])

    assert numbers.find(near.tobytes()).tolist() == [0, 1, 2, 3]
    assert numbers.find(array("q", (6, 11)).tobytes()).tolist() == [4, 4]


def test_a_profile_that_went_to_another_process_knows_its_terms_by_that_ones_hashes() -> None:
    profile = Profile(("kv cach",), array("i", (1200,)), array("q", (1,)), ("2512.00001",), -5, 9)

    copied = pickle.loads(pickle.dumps(profile))  # noqa: S301 - our own bytes

    assert copied == profile
    assert copied.keys == keys_of(copied.terms)


def test_an_example_takes_no_hashes_to_another_process() -> None:
    ballot = Ballot("ada", Vote.UP, datetime(2026, 1, 21, tzinfo=UTC))
    example = Example("2512.00001", ("kv cach",), array("i", (1000,)), (ballot,))

    pickled = pickle.dumps(example)

    assert example.keys == keys_of(["kv cach"])
    assert example.keys.tobytes() not in pickled
    assert pickle.loads(pickled) == example  # noqa: S301 - our own bytes


def test_interests_take_no_hashes_to_another_process() -> None:
    terms = (Term("kv cache"), Term("kv cache", 2.0), Term("quantiz", kind=TermKind.PREFIX))
    interests = Interests(("cs.CL",), terms, about=("long contexts",), revisions=True)

    pickled = pickle.dumps(interests)

    assert interests.keys.tolist() == [term.key for term in terms]
    assert len(set(interests.keys)) == len(terms)
    assert interests.keys.tobytes() not in pickled
    assert pickle.loads(pickled) == interests  # noqa: S301 - our own bytes


class _Hashed:
    """Something with this hash."""

    def __init__(self, key: int) -> None:
        self._key = key

    def __hash__(self) -> int:
        return self._key
