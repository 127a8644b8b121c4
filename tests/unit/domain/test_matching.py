"""Ranking: who gets which papers, in which order, and why."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.interests import Formula, Interests, Term, TermKind, parse_filters, split_words
from bot.domain.matching import Obstacle, Ranking, Reader, explain, rank, rank_many, texts_of
from bot.domain.papers import Announcement, AnnounceType, Paper
from bot.domain.rarity import Rarity

DAY = date(2026, 1, 21)
ANYTHING = Rarity()


def announced(
    title: str,
    abstract: str = "We study it.",
    *,
    arxiv_id: str = "2601.00001",
    authors: tuple[str, ...] = ("Ada Example",),
    categories: tuple[str, ...] = ("cs.CL",),
    kind: AnnounceType = AnnounceType.NEW,
    sequence: int = 0,
    version: int = 1,
    day: date = DAY,
) -> Announcement:
    paper = Paper(arxiv_id, version, title, abstract, authors, categories)
    return Announcement(paper, kind, day, sequence)


def interests(filters: str) -> Interests:
    changes, left_over = parse_filters(split_words(filters))
    assert not left_over
    return changes.apply(Interests(("cs.CL",)))


def ids(ranking: Ranking) -> list[str]:
    return [scored.announcement.paper.arxiv_id for scored in ranking.chosen]


# --- what is considered --------------------------------------------------------------------


def test_cross_lists_and_revisions_come_only_to_those_who_asked_for_them() -> None:
    batch = [
        announced("kv cache", arxiv_id="1", kind=AnnounceType.NEW),
        announced("kv cache", arxiv_id="2", kind=AnnounceType.CROSS, categories=("cs.DC", "cs.CL")),
        announced("kv cache", arxiv_id="3", kind=AnnounceType.NEW, categories=("cs.DC", "cs.CL")),
        announced("kv cache", arxiv_id="4", kind=AnnounceType.REPLACE),
        announced("kv cache", arxiv_id="5", kind=AnnounceType.REPLACE_CROSS),
        announced("kv cache", arxiv_id="6", categories=("cs.DC",)),
    ]

    def considered(filters: str) -> set[str]:
        return set(ids(rank(interests(f"kw:cache {filters}"), batch, rarity=ANYTHING)))

    assert considered("") == {"1"}
    assert considered("cross:on") == {"1", "2", "3"}
    assert considered("revisions:on") == {"1", "4"}
    assert considered("cross:on revisions:on") == {"1", "2", "3", "4", "5"}
    assert considered("cs.CL cs.DC") == {"1", "3", "6"}


def test_the_announce_type_is_the_readers_own() -> None:
    batch = [announced("cache", kind=AnnounceType.NEW, categories=("cs.DC", "cs.CL"))]

    wide = rank(interests("cs.DC cs.CL kw:cache"), batch, rarity=ANYTHING)
    narrow = rank(interests("cs.CL kw:cache cross:on"), batch, rarity=ANYTHING)

    assert wide.chosen[0].announce_type is AnnounceType.NEW
    assert narrow.chosen[0].announce_type is AnnounceType.CROSS


def test_an_archive_covers_its_categories_and_a_category_its_other_code() -> None:
    batch = [
        announced("cache", arxiv_id="1", categories=("cs.CL",)),
        announced("cache", arxiv_id="2", categories=("math.NA", "cs.NA")),
        announced("cache", arxiv_id="3", categories=("physics.optics",)),
    ]

    assert ids(rank(interests("cs kw:cache"), batch, rarity=ANYTHING)) == ["1", "2"]
    assert ids(rank(interests("cs.NA kw:cache"), batch, rarity=ANYTHING)) == ["2"]


def test_posted_papers_and_older_announcements_are_not_considered() -> None:
    batch = [
        announced("cache", arxiv_id="1", sequence=1, day=date(2026, 1, 5)),
        announced("cache", arxiv_id="2", sequence=2),
        announced("cache", arxiv_id="3", sequence=3),
        announced("cache", arxiv_id="4", sequence=4),
    ]
    wanted = interests("kw:cache")
    readers = [
        Reader(wanted),
        Reader(wanted, posted=frozenset(("2", "9"))),
        Reader(wanted, after_sequence=2),
        Reader(wanted, since=date(2026, 1, 6)),
    ]

    rankings = list(rank_many(readers, batch, rarity=ANYTHING))

    assert [ids(ranking) for ranking in rankings] == [
        ["1", "2", "3", "4"],
        ["1", "3", "4"],
        ["3", "4"],
        ["2", "3", "4"],
    ]
    assert [ranking.considered for ranking in rankings] == [4, 3, 2, 3]


def test_a_paper_announced_twice_comes_once_in_its_latest_version() -> None:
    batch = [
        announced("cache", arxiv_id="1", sequence=1),
        announced("cache, revised", arxiv_id="1", sequence=2, version=2, kind=AnnounceType.REPLACE),
    ]

    with_revisions = rank(interests("kw:cache revisions:on"), batch, rarity=ANYTHING)
    without = rank(interests("kw:cache"), batch, rarity=ANYTHING)

    assert [scored.announcement.paper.version for scored in with_revisions.chosen] == [2]
    assert [scored.announcement.paper.version for scored in without.chosen] == [1]


# --- what is chosen ------------------------------------------------------------------------


def test_min_score_is_honoured() -> None:
    batch = [
        announced("kv cache", arxiv_id="1"),
        announced("Other", "A kv cache.", arxiv_id="2"),
        announced("Other", "Nothing here.", arxiv_id="3"),
    ]

    ranking = rank(interests('kw:"kv cache" min:2'), batch, rarity=ANYTHING)

    assert ids(ranking) == ["1"]
    assert (ranking.considered, ranking.matched) == (3, 1)


def test_where_nothing_reaches_min_score_the_best_that_missed_it_is_told() -> None:
    batch = [
        announced("Other", "A cache.", arxiv_id="1"),
        announced("Other", "A kv cache.", arxiv_id="2"),
        announced("Other", "Nothing here.", arxiv_id="3"),
    ]

    ranking = rank(interests('kw:"kv cache" min:2'), batch, rarity=ANYTHING)

    assert ids(ranking) == []
    assert ranking.best_below is not None
    assert ranking.best_below.announcement.paper.arxiv_id == "2"
    assert 1 <= ranking.best_below.score < 2


def test_texts_read_once_serve_any_number_of_rankings() -> None:
    batch = [announced("KV cache"), announced("Other", "A cache.", arxiv_id="2")]
    texts = texts_of(batch)
    wishes = [interests("kw:cache"), interests('kw:"kv cache"'), interests("kw:other")]

    first, second, third = (
        ids(*rank_many([Reader(each)], batch, rarity=ANYTHING, texts=texts)) for each in wishes
    )

    assert (len(first), len(second), third) == (2, 1, ["2"])
    assert [first, second, third] == [ids(rank(each, batch, rarity=ANYTHING)) for each in wishes]


def test_a_score_that_equals_min_score_is_enough() -> None:
    batch = [announced("Other", "A cache.")]
    wanted = replace(interests("kw:cache^1.37"), formula=Formula.SEED)

    assert rank(replace(wanted, min_score=1.37), batch, rarity=ANYTHING).matched == 1
    assert rank(replace(wanted, min_score=1.38), batch, rarity=ANYTHING).matched == 0


def test_stray_words_of_a_phrase_are_no_match_even_without_min_score() -> None:
    batch = [announced("Cache coherence")]

    ranking = rank(interests('kw:"kv cache"'), batch, rarity=ANYTHING)

    assert ranking.matched == 0
    assert ranking.best_below is not None
    assert ranking.best_below.reasons[0].where == "some words"


def test_no_more_than_max_papers_are_chosen_but_all_are_counted() -> None:
    batch = [announced("A title", "cache " * n, arxiv_id=f"{n}") for n in range(1, 8)]

    ranking = rank(interests("kw:cache top:3"), batch, rarity=ANYTHING)

    assert ids(ranking) == ["7", "6", "5"]
    assert ranking.matched == 7


def test_excluded_papers_are_counted_and_never_chosen() -> None:
    batch = [
        announced("A survey of caches", arxiv_id="1", authors=("Tri Dao",)),
        announced("Surveying caches", arxiv_id="2"),
    ]

    ranking = rank(interests("kw:cache -surveys @Dao"), batch, rarity=ANYTHING)

    assert ids(ranking) == ["2"]
    assert ranking.excluded == 1
    assert ranking.considered == 2


def test_equals_stand_by_the_order_of_categories_and_then_by_id() -> None:
    batch = [
        announced("cache", arxiv_id="2601.3", categories=("cs.LG",)),
        announced("cache", arxiv_id="2601.2", categories=("cs.CL",)),
        announced("cache", arxiv_id="2601.4", categories=("cs.LG",)),
        announced("cache", arxiv_id="2601.1", categories=("cs.CL",)),
    ]

    lg_first = rank(interests("cs.LG cs.CL kw:cache"), batch, rarity=ANYTHING)
    cl_first = rank(interests("cs.CL cs.LG kw:cache top:3"), batch, rarity=ANYTHING)

    assert ids(lg_first) == ["2601.3", "2601.4", "2601.1", "2601.2"]
    assert ids(cl_first) == ["2601.1", "2601.2", "2601.3"]


@pytest.mark.parametrize("formula", Formula)
def test_without_terms_everything_comes_in_announcement_order(formula: Formula) -> None:
    batch = [announced(f"Title {n}", arxiv_id=f"{9 - n}") for n in range(4)]
    wanted = replace(interests("min:5 top:3 -2"), formula=formula)

    ranking = rank(wanted, batch, rarity=ANYTHING)

    assert ids(ranking) == ["9", "8", "6"]
    assert (ranking.matched, ranking.excluded) == (3, 1)
    assert [scored.score for scored in ranking.chosen] == [0, 0, 0]


def test_a_followed_author_has_a_place_whatever_the_score() -> None:
    batch = [announced("A title", "cache " * n, arxiv_id=f"{n}") for n in range(1, 6)]
    batch.append(announced("Something else", arxiv_id="7", authors=("Ada Example", "Tri Dao")))

    ranking = rank(interests('kw:cache @"Tri Dao" min:2 top:2'), batch, rarity=ANYTHING)

    assert ids(ranking) == ["5", "7"]
    assert [(why.term, why.where, why.points) for why in ranking.chosen[1].reasons] == [
        ("Tri Dao", "author", 2.0)
    ]


def test_an_empty_batch_and_no_readers_give_empty_rankings() -> None:
    assert rank(interests("kw:cache"), [], rarity=ANYTHING) == Ranking(0, 0, (), None, 0)
    assert list(rank_many([], [announced("cache")], rarity=ANYTHING)) == []


# --- why -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "obstacle"),
    [
        ("cs.CL kw:cache", None),
        ("cs.LG kw:cache", Obstacle.ANNOUNCE_TYPE),
        ("cs.LG kw:cache cross:on", None),
        ("cs.CV kw:cache cross:on", Obstacle.CATEGORY),
        ("cs.CL kw:cache -drift*", Obstacle.EXCLUDED),
        ("cs.CL kw:quantum", Obstacle.NOTHING_FOUND),
        ("cs.CL kw:cache min:50", Obstacle.BELOW_MINIMUM),
        ('cs.CL kw:"cache coherence"', Obstacle.BELOW_MINIMUM),
        ("cs.CL kw:quantum @Example min:50", None),
        ("cs.CL min:50", None),
    ],
)
def test_an_explanation_names_the_first_obstacle(filters: str, obstacle: Obstacle | None) -> None:
    announcement = announced("A cache drifts", categories=("cs.CL", "cs.LG"))

    explanation = explain(interests(filters), announcement, rarity=ANYTHING)

    assert explanation.obstacle is obstacle
    assert (explanation.missing_points > 0) == (
        obstacle in (Obstacle.BELOW_MINIMUM, Obstacle.NOTHING_FOUND)
    )
    ranking = rank(interests(filters), [announcement], rarity=ANYTHING)
    assert bool(ranking.chosen) == (obstacle is None)


def test_an_explanation_names_what_excluded_and_how_much_is_missing() -> None:
    announcement = announced("A cache drifts")
    wanted = interests('kw:cache min:9 -drift* -survey -"a cache"')

    explanation = explain(wanted, announcement, rarity=ANYTHING)

    assert explanation.excluded_by == ("drift*", "a cache")
    assert explanation.missing_points == pytest.approx(9 - explanation.scored.score)
    assert [why.term for why in explanation.scored.reasons] == ["cache"]


def test_reasons_survive_pickling_without_the_readers_around_them() -> None:
    readers = [Reader(interests(f"kw:cache,word{n}")) for n in range(50)]
    ranking = next(iter(rank_many(readers, [announced("cache")], rarity=ANYTHING)))

    copied = pickle.loads(pickle.dumps(ranking))  # noqa: S301 - our own bytes

    assert copied == ranking
    assert copied.chosen[0].reasons == ranking.chosen[0].reasons
    assert len(pickle.dumps(ranking)) < 5_000


# --- properties ----------------------------------------------------------------------------

vocabulary = st.sampled_from(
    ["kv", "cache", "caches", "LLM", "sparse", "attention", "self-attention", "survey", "RL", "a"]
)
texts = st.lists(vocabulary, min_size=1, max_size=12).map(" ".join)
some_terms = st.builds(
    Term,
    st.lists(vocabulary, min_size=1, max_size=3).map(" ".join),
    st.sampled_from([1.0, 0.5, 2.0, 9.99, 0.1]),
    st.sampled_from(list(TermKind)),
)
some_papers = st.builds(
    announced,
    texts,
    texts,
    arxiv_id=st.sampled_from(["2601.1", "2601.2", "2601.3", "cs/0001001"]),
    authors=st.lists(st.sampled_from(["Tri Dao", "T. Dao", "Song Han"]), max_size=2).map(tuple),
    categories=st.sampled_from([("cs.CL",), ("cs.LG", "cs.CL"), ("cs.DC",)]),
    kind=st.sampled_from(list(AnnounceType)),
    sequence=st.integers(1, 9),
)
some_readers = st.builds(
    Reader,
    st.builds(
        Interests,
        categories=st.sampled_from([("cs.CL",), ("cs.LG", "cs.CL"), ("cs",)]),
        terms=st.lists(some_terms, max_size=4).map(tuple),
        excluded=st.lists(some_terms, max_size=1).map(tuple),
        authors=st.sampled_from([(), ("Tri Dao",), ("Han", "Dao")]),
        formula=st.sampled_from(list(Formula)),
        min_score=st.sampled_from([0.0, 0.5, 2.0]),
        max_papers=st.integers(1, 4),
        cross_lists=st.booleans(),
        revisions=st.booleans(),
    ),
    posted=st.sets(st.sampled_from(["2601.1", "2601.9"])).map(frozenset),
    after_sequence=st.integers(0, 5),
)


def shown(ranking: Ranking) -> object:
    return ranking, [scored.reasons for scored in ranking.chosen]


@given(st.lists(some_readers, max_size=6), st.lists(some_papers, max_size=8))
@settings(max_examples=60, deadline=None)
def test_many_are_ranked_as_each_would_be_alone(
    readers: Sequence[Reader], batch: Sequence[Announcement]
) -> None:
    together = list(rank_many(readers, batch, rarity=ANYTHING))
    alone = [next(iter(rank_many([reader], batch, rarity=ANYTHING))) for reader in readers]

    assert list(map(shown, together)) == list(map(shown, alone))


@pytest.mark.parametrize("formula", Formula)
def test_of_reasons_worth_the_same_the_readers_earlier_term_comes_first(formula: Formula) -> None:
    batch = [announced("Qubits and ligands")]
    terms = (Term("qubits"), Term("ligands"))
    reader = Reader(Interests(("cs.CL",), terms, formula=formula))
    another = Reader(Interests(("cs.CL",), terms[::-1], formula=formula))

    rankings = rank_many([another, reader], batch, rarity=ANYTHING)

    said = [[why.term for why in ranking.chosen[0].reasons] for ranking in rankings]
    assert said == [["ligands", "qubits"], ["qubits", "ligands"]]


@given(st.lists(some_readers, max_size=4), st.lists(some_papers, max_size=8))
@settings(max_examples=60, deadline=None)
def test_rankings_keep_their_promises(
    readers: Sequence[Reader], batch: Sequence[Announcement]
) -> None:
    for reader, ranking in zip(readers, rank_many(readers, batch, rarity=ANYTHING), strict=True):
        wanted = reader.interests
        assert len(ranking.chosen) == min(ranking.matched, wanted.max_papers)
        assert ranking.matched + ranking.excluded <= ranking.considered <= len(batch)
        assert not reader.posted & set(ids(ranking))
        assert len(set(ids(ranking))) == len(ids(ranking))
        scores = [scored.score for scored in ranking.chosen]
        assert scores == sorted(scores, reverse=True)
        for scored in ranking.chosen:
            assert sum(why.points for why in scored.reasons) == pytest.approx(scored.score)
            is_sure = any(why.where == "author" for why in scored.reasons) or reader.is_open
            assert is_sure or scored.score >= wanted.min_score
            explained = explain(wanted, scored.announcement, rarity=ANYTHING)
            assert (explained.obstacle, explained.scored) == (None, scored)
            assert explained.scored.reasons == scored.reasons
