"""The formula `seed` gives what the seed gave, paper by paper."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from adapters.arxiv.feed_xml import parse_feed
from bot.domain.interests import Formula, Interests, Term, TermKind
from bot.domain.matching import explain, rank
from bot.domain.papers import Announcement, AnnounceType, Paper, merge
from bot.domain.rarity import Rarity
from tests.shared_data import ARXIV_DATA, needs_shared

DAYS = ("2025-12-02", "2025-12-09", "2026-01-06", "2026-01-19", "2026-01-21")


def configured(day: str) -> Interests:
    config: dict[str, Any] = json.loads((ARXIV_DATA / "gold" / f"{day}.json").read_text())["config"]
    return Interests(
        categories=tuple(config["categories"]),
        terms=tuple(map(Term, config["keywords"])),
        excluded=tuple(map(Term, config["exclude_keywords"])),
        formula=Formula.SEED,
        min_score=config["min_score"],
        max_papers=100_000,
    )


def announcements(day: str, feed: str) -> tuple[Announcement, ...]:
    return parse_feed((ARXIV_DATA / "feeds" / day / f"{feed}.xml").read_bytes()).announcements


def ranked(interests: Interests, batch: tuple[Announcement, ...]) -> list[tuple[str, float]]:
    ranking = rank(interests, batch, rarity=Rarity())
    return [(each.announcement.paper.arxiv_id, each.score) for each in ranking.chosen]


def recorded(day: str) -> list[tuple[str, float]]:
    rows = json.loads((ARXIV_DATA / "ranking" / f"{day}.json").read_text())
    return [(row["id"], row["score"]) for row in rows]


@needs_shared
@pytest.mark.parametrize("day", DAYS)
def test_every_qualifying_paper_of_a_recorded_day_has_its_rank_and_score(day: str) -> None:
    batch = announcements(day, "cs.AI+cs.CL+cs.DC+cs.LG")

    assert ranked(configured(day), batch) == recorded(day)


@needs_shared
def test_four_feeds_merged_rank_like_the_combined_one() -> None:
    interests = configured("2026-01-21")
    batch = merge(
        tuple(each for code in interests.categories for each in announcements("2026-01-21", code))
    )

    assert ranked(interests, batch) == recorded("2026-01-21")


def score(title: str, abstract: str, *terms: Term) -> float:
    paper = Paper("2601.00001", 1, title, abstract, (), ("cs.CL",))
    announcement = Announcement(paper, AnnounceType.NEW, date(2026, 1, 21))
    interests = Interests(("cs.CL",), terms, formula=Formula.SEED)
    return explain(interests, announcement, rarity=Rarity()).scored.score


def test_substrings_count_one_and_in_the_title_half_more() -> None:
    assert score("The world", "x", Term("RL")) == 1.5
    assert score("x", "Underlying", Term("RL")) == 1.0
    assert score("x", "y", Term("RL")) == 0.0


def test_a_keyword_may_run_from_the_title_into_the_abstract() -> None:
    assert score("All about kv", "cache it", Term("kv cache")) == 1.0


def test_the_whole_abstract_counts() -> None:
    assert score("x", "First paragraph.\n\nSecond with RL.", Term("RL")) == 1.0


def test_a_keyword_listed_twice_counts_twice() -> None:
    assert score("RL", "x", Term("RL"), Term("rl"), Term("RL")) == 4.5


def test_weights_prefixes_and_patterns_keep_their_meaning() -> None:
    assert score("x", "quantized RL", Term("RL", weight=2.0)) == 2.0
    assert score("Quantized", "x", Term("quantiz", kind=TermKind.PREFIX)) == 1.5
    assert score("RLHF", "x", Term(r"\brl\w+", kind=TermKind.REGEX)) == 1.5
