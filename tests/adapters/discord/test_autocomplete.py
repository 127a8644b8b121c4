"""Suggestions while somebody types."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapters.discord.autocomplete import (
    MOST,
    category_pairs,
    paper_pairs,
    subscription_pairs,
    zone_pairs,
)
from adapters.discord.limits import length
from bot.domain.interests import Interests
from bot.domain.subscriptions import Destination, Subscription, SubscriptionState
from tests.fakes.digests import HOSTILE_TEXTS

FIRST = Subscription(
    number=1,
    destination=Destination("discord", "1", "2"),
    interests=Interests(("cs.CL", "stat.ML")),
    created_at=datetime(2026, 1, 21, tzinfo=UTC),
)
SECOND = replace(FIRST, number=2, interests=Interests(("cs.RO",)), state=SubscriptionState.PAUSED)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("cs.c", "cs.CC"),
        ("cs.CL mach", "cs.CL cs.LG"),
        ("cs.CL,stat.m", "cs.CL stat.ME"),
        ("machine lea", "cs.LG"),
    ],
)
def test_categories_by_code_and_name_also_behind_others(typed: str, first: str) -> None:
    assert category_pairs(typed)[0][1] == first


def test_a_category_that_is_there_already_is_not_offered_again() -> None:
    assert "cs.CL cs.CL" not in [value for _, value in category_pairs("cs.CL cs.C")]


def test_every_choice_keeps_to_discords_hundred_characters() -> None:
    many = " ".join(["cond-mat.mes-hall"] * 6)

    pairs = [*category_pairs(f"{many} cs"), *paper_pairs([("2601.00001", "word " * 99)], "word")]

    assert all(len(name) <= 100 and len(str(value)) <= 100 for name, value in pairs)


@pytest.mark.parametrize("title", [*HOSTILE_TEXTS, "🧪" * 400, "\u202eabc\u2066 \x00 \n## x"])
def test_a_hostile_title_is_one_short_line_that_turns_nothing_around(title: str) -> None:
    [(name, value)] = paper_pairs([("2601.00001", title)], "2601")

    assert value == "2601.00001"
    assert name.startswith("2601.00001: ")
    assert length(name) <= 100
    assert not {each for each in name if unicodedata.category(each) in ("Cc", "Cf")} - {"\u200d"}


def test_time_zones_by_city_and_the_usual_ones_where_nothing_is_typed() -> None:
    assert zone_pairs("berl")[0][1] == "Europe/Berlin"
    assert zone_pairs("new y")[0][1] == "America/New_York"
    assert zone_pairs("")[0][1] == "UTC"
    assert len(zone_pairs("a")) == MOST


def test_subscriptions_by_number_and_category_with_their_state() -> None:
    assert subscription_pairs([FIRST, SECOND], "") == [
        ("#1 cs.CL, stat.ML", 1),
        ("#2 cs.RO (paused)", 2),
    ]
    assert subscription_pairs([FIRST, SECOND], "#2") == [("#2 cs.RO (paused)", 2)]
    assert subscription_pairs([FIRST, SECOND], "stat") == [("#1 cs.CL, stat.ML", 1)]


def test_papers_by_words_of_their_titles_and_by_id() -> None:
    titles = [("2601.00001", "Sparse Attention at Scale"), ("2601.00002", "Dense Retrieval")]

    assert paper_pairs(titles, "scale att") == [
        ("2601.00001: Sparse Attention at Scale", "2601.00001")
    ]
    assert [value for _, value in paper_pairs(titles, "2601.00002")] == ["2601.00002"]
    assert len(paper_pairs([(str(n), "same") for n in range(99)], "same")) == MOST
