"""What may fill a digest, and what gives way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.domain.diversity import NO_VARIETY, Variety
from bot.domain.interests import Interests, parse_term
from bot.domain.matching import Scored, rank
from bot.domain.papers import Announcement, AnnounceType, Paper
from bot.domain.rarity import Rarity

DAY = date(2026, 1, 21)
INTERESTS = Interests(("cs.CL",), terms=(parse_term("cache"),), max_papers=3)
TOLD = (
    "We share one cache between many models and measure what it saves.",
    "A cache that forgets early keeps its answers and half the memory.",
    "Prefetching guesses which cache line a kernel wants before it asks.",
    "On phones the cache is small, so weights are streamed from flash.",
    "We prove a bound for every cache policy that looks one step ahead.",
)


def paper(number: int, *authors: str, abstract: str = "") -> Paper:
    return Paper(
        arxiv_id=f"2601.0000{number}",
        version=1,
        title=f"Cache study {'abcdefg'[number] * 3}",
        abstract=abstract or TOLD[number % len(TOLD)],
        authors=authors or (f"Author Nr {chr(97 + number)}",),
        categories=("cs.CL",),
    )


def ranked(*papers: Paper, interests: Interests = INTERESTS) -> tuple[Scored, ...]:
    """All of them, in whatever order they rank."""
    announcements = [Announcement(each, AnnounceType.NEW, DAY) for each in papers]
    return rank(replace(interests, max_papers=50), announcements, rarity=Rarity()).chosen


def ids(chosen: tuple[Scored, ...]) -> list[str]:
    return [each.announcement.paper.arxiv_id for each in chosen]


def test_without_anything_alike_the_best_come_as_they_are_ranked() -> None:
    papers = [paper(number) for number in range(5)]
    everything = ranked(*papers)

    chosen = Variety.of(papers).choose(everything, INTERESTS)

    assert chosen == everything[:3]


def test_a_near_duplicate_gives_its_place_to_another() -> None:
    first = paper(0)
    again = replace(paper(1), title=f"{first.title} again", abstract=first.abstract)
    others = [paper(2), paper(3)]
    variety = Variety.of([first, again, *others])

    chosen = variety.choose(ranked(first, again, *others), INTERESTS)

    assert len(chosen) == 3
    assert len({first.arxiv_id, again.arxiv_id}.intersection(ids(chosen))) == 1


def test_a_near_duplicate_comes_where_there_is_room() -> None:
    first = paper(0)
    again = replace(paper(1), abstract=first.abstract)
    everything = ranked(first, again)

    assert Variety.of([first, again]).choose(everything, INTERESTS) == everything


def test_a_groups_third_paper_gives_its_place_to_another() -> None:
    group = [paper(number, "Ada Li", "Bo Wu", "Cy Xu") for number in range(4)]
    other = paper(4)
    variety = Variety.of([*group, other])
    everything = ranked(*group, other)

    chosen = variety.choose(everything, INTERESTS)

    assert other.arxiv_id in ids(chosen)
    assert len(chosen) == 3


def test_a_group_has_the_places_that_nobody_else_wants() -> None:
    group = [paper(number, "Ada Li", "Bo Wu") for number in range(3)]
    everything = ranked(*group)

    assert Variety.of(group).choose(everything, INTERESTS) == everything


def test_one_name_in_common_among_several_is_no_group() -> None:
    namesakes = [paper(number, "Hao Wang", f"Other {chr(97 + number)}") for number in range(4)]

    assert Variety.of(namesakes) == NO_VARIETY


def test_a_followed_authors_papers_always_have_their_place() -> None:
    group = [paper(number, "Ada Li", "Bo Wu") for number in range(3)]
    others = [paper(3), paper(4)]
    interests = replace(INTERESTS, authors=("Ada Li",))
    everything = ranked(*group, *others, interests=interests)

    chosen = Variety.of([*group, *others]).choose(everything, interests)

    assert set(ids(chosen)) == {each.arxiv_id for each in group}


def test_what_was_left_out_is_told_with_what_it_gave_way_to() -> None:
    first = paper(0, "Ada Li", "Bo Wu")
    twin = replace(paper(1, "Someone Else"), title=first.title, abstract=first.abstract)
    second = paper(2, "Ada Li", "Bo Wu")
    third = paper(3, "Ada Li", "Bo Wu", "Cy Xu")
    variety = Variety.of([first, twin, second, third])

    assert variety.in_favour_of(twin.arxiv_id, [first.arxiv_id]) == (
        "it was left out in favour of a near-duplicate, 2601.00000"
    )
    assert variety.in_favour_of(third.arxiv_id, [first.arxiv_id, second.arxiv_id]) == (
        "it left its place to others after 2601.00000, 2601.00002 of the same authors"
    )
    assert variety.in_favour_of(third.arxiv_id, [first.arxiv_id]) is None
