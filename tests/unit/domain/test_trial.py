"""What a dry run concludes from scores."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.domain.diversity import NO_VARIETY
from bot.domain.interests import Interests, parse_term
from bot.domain.matching import Scored, rank
from bot.domain.papers import Announcement, AnnounceType, Paper
from bot.domain.profile import Liked
from bot.domain.rarity import Rarity
from bot.domain.trial import Trial, shared_terms, try_out

DAY = date(2026, 1, 21)
INTERESTS = Interests(("cs.CL",), terms=(parse_term("cache"),), max_papers=4)


def a_day(*, in_title: int, in_abstract: int) -> tuple[Scored, ...]:
    """Papers with the word in the title, which earn more, and papers with it in the abstract."""
    papers = [
        Paper(
            arxiv_id=f"2601.{number:05}",
            version=1,
            title="Cache" if number < in_title else "Other",
            abstract="Nothing." if number < in_title else "A cache.",
            authors=(),
            categories=("cs.CL",),
        )
        for number in range(in_title + in_abstract)
    ]
    announcements = [
        Announcement(paper, AnnounceType.NEW, DAY, sequence)
        for sequence, paper in enumerate(papers, start=1)
    ]
    return rank(replace(INTERESTS, max_papers=50), announcements, rarity=Rarity()).chosen


def tried(interests: Interests, ranked: tuple[Scored, ...]) -> Trial:
    return try_out(interests, ranked, [(DAY, 40)], variety=NO_VARIETY)


def test_a_bar_that_lets_too_many_in_is_raised_to_what_fits() -> None:
    trial = tried(INTERESTS, a_day(in_title=4, in_abstract=16))

    assert trial.days[0].matched == 20
    assert trial.suggestion is not None
    assert trial.suggestion.a_day == 4


def test_what_is_suggested_brings_what_it_says() -> None:
    ranked = a_day(in_title=4, in_abstract=16)
    suggestion = tried(INTERESTS, ranked).suggestion
    assert suggestion is not None

    again = tried(replace(INTERESTS, min_score=suggestion.min_score), ranked)

    assert again.days[0].matched == suggestion.a_day
    assert again.suggestion is None


def test_where_no_paper_holds_the_terms_no_bar_helps() -> None:
    assert tried(INTERESTS, ()).suggestion is None


def test_as_many_as_people_read_need_no_other_bar() -> None:
    assert tried(INTERESTS, a_day(in_title=2, in_abstract=2)).suggestion is None


def test_papers_below_the_bar_come_nearest_first() -> None:
    trial = tried(replace(INTERESTS, min_score=50), a_day(in_title=1, in_abstract=3))

    assert trial.days[0].come == ()
    assert [each.announcement.paper.title for each in trial.below] == ["Cache", *["Other"] * 3]


def test_terms_of_several_liked_papers_are_suggested_pairs_first() -> None:
    liked = [
        Liked("prefill", 0.9, ("1", "2")),
        Liked("sparse attention", 0.8, ("1", "2")),
        Liked("cach", 0.7, ("1", "2")),
        Liked("only once", 0.6, ("1",)),
        Liked("survey", -0.5, ("1", "2")),
    ]

    assert shared_terms(INTERESTS, liked) == ("sparse attention", "prefill")
