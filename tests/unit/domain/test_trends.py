"""What a few weeks of announcements show."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.papers import Announcement, AnnounceType, Paper
from bot.domain.trends import DayCounts, count_day, trends_of

DAY = date(2026, 1, 5)


def paper(number: int, title: str, *, category: str = "cs.CL", abstract: str = "") -> Announcement:
    return Announcement(
        Paper(
            arxiv_id=f"2601.{number:05}",
            version=1,
            title=title,
            abstract=abstract or "Nothing more is said.",
            authors=("Ada",),
            categories=(category,),
        ),
        AnnounceType.NEW,
        DAY,
    )


def days(*counts: tuple[int, int], term: str = "kv cache") -> list[DayCounts]:
    """One day for each (papers, papers with the term)."""
    return [
        DayCounts(DAY + timedelta(days=number), papers, {"cs.CL": papers}, {term: hits})
        for number, (papers, hits) in enumerate(counts)
    ]


def test_new_papers_are_counted_by_primary_category_and_others_are_not() -> None:
    replaced = Announcement(paper(3, "C").paper, AnnounceType.REPLACE, DAY)
    elsewhere = paper(4, "D", category="math.CO")

    counts = count_day(
        DAY,
        [paper(1, "A"), paper(2, "B", category="cs.LG"), replaced, elsewhere],
        ("cs.LG", "cs.CL", "cs.AI"),
    )

    assert counts.papers == 2
    assert counts.by_category == {"cs.LG": 1, "cs.CL": 1}


def test_topics_are_pairs_and_acronyms_whatever_their_number_or_hyphen() -> None:
    counts = count_day(
        DAY,
        [
            paper(1, "Speculative Decoding with GRPO"),
            paper(
                2, "On speculative-decoding", abstract="We use GRPO. Speculative decoding helps."
            ),
            paper(3, "Neural networks"),
            paper(4, "A neural network"),
            paper(5, "The proposed method achieves state-of-the-art results"),
            paper(6, "The proposed method achieves state-of-the-art results"),
        ],
        ("cs.CL",),
    )

    assert counts.terms["speculative decoding"] == 2  # papers, not mentions
    assert counts.terms["GRPO"] == 2
    assert counts.terms["neural network"] == 2
    assert not [term for term in counts.terms if "method" in term or "art" in term.split()]


def test_a_term_in_one_paper_only_is_no_topic() -> None:
    assert count_day(DAY, [paper(1, "Speculative decoding")], ("cs.CL",)).terms == {}


def test_what_rises_beyond_chance_is_told_with_its_shares() -> None:
    trends = trends_of(days((100, 2), (100, 1), (100, 3), (100, 14), (100, 16)))

    [rising] = trends.rising
    assert (rising.term, trends.recent_days) == ("kv cache", 2)
    assert (rising.before, rising.lately) == (2.0, 15.0)
    assert rising.daily == (2.0, 1.0, 3.0, 14.0, 16.0)
    assert trends.falling == ()


def test_what_falls_is_told_apart_from_what_rises() -> None:
    trends = trends_of(days((100, 15), (100, 14), (100, 2), (100, 1)))

    assert [each.term for each in trends.falling] == ["kv cache"]
    assert trends.falling[0].certainty < 0
    assert trends.rising == ()


def test_chance_is_not_a_trend_and_few_days_or_papers_tell_nothing() -> None:
    assert trends_of(days((100, 10), (100, 12), (100, 11), (100, 13))).rising == ()
    assert trends_of(days((100, 0), (100, 0), (100, 30))).rising == ()
    assert trends_of(days((10, 0), (10, 0), (10, 2), (10, 3))).rising == ()


def test_of_terms_that_share_a_word_the_most_certain_is_told() -> None:
    some = days((100, 1), (100, 1), (100, 20), (100, 20))
    more = [
        DayCounts(each.day, each.papers, each.by_category, {**each.terms, "cache line": hits})
        for each, hits in zip(some, (1, 1, 9, 9), strict=True)
    ]

    assert [each.term for each in trends_of(more).rising] == ["kv cache"]


def test_singular_and_plural_of_two_days_are_one_term() -> None:
    early = days((100, 1), (100, 1), term="neural network")
    late = days((100, 0), (100, 0), (100, 20), (100, 20), term="neural networks")[2:]

    [rising] = trends_of([*early, *late]).rising

    assert (rising.term, rising.before, rising.lately) == ("neural networks", 1.0, 20.0)


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), max_size=30))
def test_any_counts_give_trends(counts: list[tuple[int, int]]) -> None:
    trends = trends_of(days(*((papers, min(hits, papers)) for papers, hits in counts)))

    assert all(each.papers for each in trends.days)
    assert all(each.certainty > 0 for each in trends.rising)
    assert all(each.certainty < 0 for each in trends.falling)
