"""What is written as JSON is read back, also what an older or newer version wrote."""

from __future__ import annotations

import json
from datetime import time
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adapters.database.codec import (
    changes_from_json,
    changes_to_json,
    interests_from_json,
    interests_to_json,
    reasons_from_json,
    reasons_to_json,
    schedule_from_json,
    schedule_to_json,
    summary_from_json,
    summary_to_json,
)
from bot.domain.commands import SubscriptionChanges
from bot.domain.digest import Reason
from bot.domain.interests import Formula, InterestChanges, Interests, Term, TermKind
from bot.domain.subscriptions import Schedule
from bot.domain.summary import Summary

figures = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(max_size=20)
several_texts = st.lists(texts, max_size=4).map(tuple)
terms = st.lists(st.builds(Term, texts, figures, st.sampled_from(TermKind)), max_size=4).map(tuple)
times = st.times()
weekdays = st.frozensets(st.integers(0, 6))
interests = st.builds(
    Interests,
    categories=several_texts,
    terms=terms,
    excluded=terms,
    authors=several_texts,
    formula=st.sampled_from(Formula),
    min_score=figures,
    max_papers=st.integers(0, 1000),
    days_back=st.integers(0, 1000),
    cross_lists=st.booleans(),
    revisions=st.booleans(),
    about=several_texts,
)
changes = st.builds(
    SubscriptionChanges,
    interests=st.builds(
        InterestChanges,
        categories=st.none() | several_texts,
        terms=st.none() | terms,
        excluded=st.none() | terms,
        authors=st.none() | several_texts,
        formula=st.none() | st.sampled_from(Formula),
        min_score=st.none() | figures,
        max_papers=st.none() | st.integers(),
        days_back=st.none() | st.integers(),
        cross_lists=st.none() | st.booleans(),
        revisions=st.none() | st.booleans(),
        about=st.none() | several_texts,
    ),
    at=st.none() | times,
    weekdays=st.none() | weekdays,
    timezone=st.none() | texts,
    language=st.none() | texts,
    threads=st.none() | st.booleans(),
    announce_empty=st.none() | st.booleans(),
)


def through_text(document: Any) -> Any:
    return json.loads(json.dumps(document))


@settings(max_examples=60)
@given(interests)
def test_interests_come_back(given_ones: Interests) -> None:
    assert interests_from_json(through_text(interests_to_json(given_ones))) == given_ones


@settings(max_examples=60)
@given(changes)
def test_changes_come_back_and_what_was_unsaid_stays_unsaid(said: SubscriptionChanges) -> None:
    assert changes_from_json(through_text(changes_to_json(said))) == said


@settings(max_examples=60)
@given(st.builds(Schedule, at=times, weekdays=weekdays, timezone=texts))
def test_a_schedule_comes_back(schedule: Schedule) -> None:
    assert schedule_from_json(through_text(schedule_to_json(schedule))) == schedule


@settings(max_examples=60)
@given(st.lists(st.builds(Reason, texts, texts, figures), max_size=4).map(tuple))
def test_reasons_come_back(reasons: tuple[Reason, ...]) -> None:
    assert reasons_from_json(through_text(reasons_to_json(reasons))) == reasons


@settings(max_examples=60)
@given(st.from_type(Summary))
def test_a_summary_comes_back_under_its_key(summary: Summary) -> None:
    read = summary_from_json(
        through_text(summary_to_json(summary)),
        arxiv_id=summary.arxiv_id,
        version=summary.version,
        language=summary.language,
        prompt=summary.prompt,
        model=summary.model,
    )

    assert read == summary


@settings(max_examples=40)
@given(interests, st.dictionaries(st.text(min_size=1, max_size=8), st.integers()))
def test_fields_of_a_newer_version_are_ignored(given_ones: Interests, more: dict[str, int]) -> None:
    document = interests_to_json(given_ones)
    assume(document.keys().isdisjoint(more))

    assert interests_from_json(document | more) == given_ones


def test_fields_that_an_older_version_did_not_write_have_the_domains_defaults() -> None:
    assert interests_from_json({"v": 1, "categories": ["cs.CL"]}) == Interests(("cs.CL",))
    assert schedule_from_json({"v": 1}) == Schedule()
    assert schedule_from_json({"at": "07:30"}) == Schedule(at=time(7, 30))
    assert changes_from_json({}) == SubscriptionChanges()
    assert reasons_from_json({}) == ()


def test_every_form_says_its_version() -> None:
    documents = [
        interests_to_json(Interests(())),
        schedule_to_json(Schedule()),
        changes_to_json(SubscriptionChanges()),
        reasons_to_json(()),
    ]

    assert [document["v"] for document in documents] == [1, 1, 1, 1]
