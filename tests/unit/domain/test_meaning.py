"""What sentences earn: the same scale whatever the model, and reasons that add up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.domain.interests import Formula, InterestChanges, Interests, parse_filters, split_words
from bot.domain.learning import Memory
from bot.domain.matching import Obstacle, Reader, explain, rank, rank_many
from bot.domain.meaning import MOST_POINTS, Meaning, points_of, wanted_sentences
from bot.domain.papers import Announcement, AnnounceType, Paper
from bot.domain.rarity import Rarity
from bot.domain.thumbs import Vote

ANYTHING = Rarity()
DAY = date(2026, 1, 21)
Vectors = NDArray[np.float32]


def unit_vectors(*rows: Sequence[float]) -> Vectors:
    vectors = np.array(rows, dtype=np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def with_similarity(
    *similarities: float,
) -> Vectors:
    """Papers whose cosine with the sentence (1, 0) is just that."""
    return unit_vectors(*[(each, (1 - each**2) ** 0.5) for each in similarities])


SENTENCE = unit_vectors((1.0, 0.0))
# A mean of 0.2 and a standard deviation of 0.1.
USUAL = with_similarity(*[0.1, 0.3] * 50)


@pytest.mark.parametrize(
    ("similarity", "points"),
    [(-0.5, 0), (0.1, 0), (0.2, 0), (0.3, 0), (0.4, 1000), (0.5, 2000), (0.6, 3000), (0.99, 3000)],
)
def test_a_paper_earns_by_how_many_deviations_it_is_nearer_than_usual(
    similarity: float, points: int
) -> None:
    earned = points_of(SENTENCE, with_similarity(similarity), USUAL)

    assert earned[0, 0] == pytest.approx(points, abs=1)
    assert earned.dtype == np.int32


def test_a_model_that_finds_everything_alike_earns_the_same() -> None:
    narrow = with_similarity(*[0.81, 0.83] * 50)

    earned = points_of(SENTENCE, with_similarity(0.82, 0.84, 0.90), narrow)

    assert earned[0].tolist() == pytest.approx([0, 1000, 3000], abs=20)


def test_the_most_points_are_a_setting() -> None:
    earned = points_of(SENTENCE, with_similarity(0.4, 0.9), USUAL, most_points=6.0)

    assert earned[0].tolist() == pytest.approx([2000, 6000], abs=2)


@pytest.mark.parametrize("compared", [USUAL[:19], USUAL[:0], np.repeat(USUAL[:1], 50, axis=0)])
def test_too_few_papers_or_all_alike_are_no_measure(
    compared: Vectors,
) -> None:
    assert not points_of(SENTENCE, with_similarity(0.9), compared).any()


def test_a_sentence_earns_the_same_alone_and_in_company() -> None:
    draw = np.random.default_rng(1)
    sentences = unit_vectors(*draw.normal(size=(40, 64)))
    papers = unit_vectors(*draw.normal(size=(300, 64)))

    together = points_of(sentences, papers, papers)

    assert together.any()
    for row in range(len(sentences)):
        alone = points_of(sentences[row : row + 1], papers[:7], papers)
        assert alone[0].tolist() == together[row, :7].tolist()


# --- in the ranking -------------------------------------------------------------------------


def announced(arxiv_id: str, title: str, abstract: str = "Nothing else.") -> Announcement:
    paper = Paper(arxiv_id, 1, title, abstract, ("Ada Example",), ("cs.CL",))
    return Announcement(paper, AnnounceType.NEW, DAY)


BATCH = (
    announced("1", "A kv cache"),
    announced("2", "Serving long contexts at low cost"),
    announced("3", "Fish of the Baltic", "A survey."),
)


def interests(typed: str) -> Interests:
    changes, _ = parse_filters(split_words(typed))
    return changes.apply(Interests(("cs.CL",)))


def meaning(**points: int) -> Meaning:
    """`_2=1500`: the paper "2" earns 1.5."""
    columns = {f"{name[1:]}v1": place for place, name in enumerate(points)}
    earned = np.array(list(points.values()), dtype=np.int32)
    return Meaning(
        ("making long-context inference cheap",),
        columns,
        earned,
        np.zeros(len(earned), dtype=np.intp),
    )


ABOUT = "making long-context inference cheap"


def test_a_paper_that_no_term_finds_matches_by_its_meaning() -> None:
    wanted = interests(f'kw:"kv cache" about:"{ABOUT}" min:1.5')
    near = meaning(_1=100, _2=1500, _3=1400)

    [ranking] = rank_many([Reader(wanted, meaning=near)], BATCH, rarity=ANYTHING)

    found = {each.announcement.paper.arxiv_id: each for each in ranking.chosen}
    assert found.keys() == {"1", "2"}
    assert [(each.term, each.where, each.points) for each in found["2"].reasons] == [
        (f"“{ABOUT}”", "meaning", 1.5)
    ]
    assert [each.where for each in found["1"].reasons] == ["title", "meaning"]
    for each in ranking.chosen:
        assert each.score == pytest.approx(sum(reason.points for reason in each.reasons))


def test_a_sentence_alone_decides_and_nothing_else_comes() -> None:
    wanted = interests(f'about:"{ABOUT}" min:1')

    [ranking] = rank_many([Reader(wanted, meaning=meaning(_2=1500))], BATCH, rarity=ANYTHING)

    assert [each.announcement.paper.arxiv_id for each in ranking.chosen] == ["2"]
    assert ranking.considered == 3


def test_without_points_a_sentence_is_as_if_it_were_not_there() -> None:
    for typed in ('kw:"kv cache" min:1', "top:2"):
        with_it, without = interests(f'{typed} about:"{ABOUT}"'), interests(typed)

        assert rank(with_it, BATCH, rarity=ANYTHING) == rank(without, BATCH, rarity=ANYTHING)


def test_an_excluded_term_keeps_out_what_is_near() -> None:
    wanted = interests(f'about:"{ABOUT}" -survey')

    [ranking] = rank_many([Reader(wanted, meaning=meaning(_3=3000))], BATCH, rarity=ANYTHING)

    assert ranking.chosen == ()
    assert ranking.excluded == 1


def test_readers_beside_one_with_a_sentence_rank_as_before() -> None:
    plain = interests("kw:cache,serving")
    readers = [
        Reader(plain),
        Reader(interests(f'about:"{ABOUT}"'), meaning=meaning(_2=1500)),
        Reader(plain, after_sequence=0),
    ]

    first, _, last = rank_many(readers, BATCH, rarity=ANYTHING)

    assert first == last == rank(plain, BATCH, rarity=ANYTHING)


def test_of_several_sentences_the_nearest_says_why() -> None:
    two = Meaning(
        ("one", "the other " * 20),
        {"2v1": 0},
        np.array([1500], dtype=np.int32),
        np.array([1]),
    )

    [ranking] = rank_many([Reader(interests("kw:x"), meaning=two)], BATCH, rarity=ANYTHING)

    [reason] = ranking.chosen[0].reasons
    assert reason.term.startswith("“the other")
    assert len(reason.term) <= 52


def test_what_thumbs_say_is_added_and_the_reasons_still_add_up() -> None:
    liked = BATCH[1].paper
    memory = Memory.empty().with_thumb(
        liked, Vote.UP, voter="ada", at=datetime(2026, 1, 20, tzinfo=UTC), rarity=ANYTHING
    )
    wanted = interests(f'about:"{ABOUT}"')
    near = meaning(_1=700, _2=1500)
    reader = Reader(wanted, meaning=near, profile=memory.profile())

    [ranking] = rank_many([reader], BATCH, rarity=ANYTHING)
    explanation = explain(wanted, BATCH[1], rarity=ANYTHING, meaning=near, profile=reader.profile)

    assert {each.where for each in ranking.chosen[0].reasons} == {"liked", "meaning"}
    assert explanation.scored.score == ranking.chosen[0].score
    for each in ranking.chosen:
        assert each.score == pytest.approx(sum(reason.points for reason in each.reasons))


def test_an_explanation_has_the_points_of_the_ranking() -> None:
    wanted = interests(f'kw:serving about:"{ABOUT}" min:9')

    explanation = explain(wanted, BATCH[1], rarity=ANYTHING, meaning=meaning(_2=1500))
    far = explain(interests(f'about:"{ABOUT}"'), BATCH[0], rarity=ANYTHING, meaning=meaning(_2=1))

    assert {each.where: each.points for each in explanation.scored.reasons}["meaning"] == 1.5
    assert explanation.obstacle is Obstacle.BELOW_MINIMUM
    assert explanation.missing_points == pytest.approx(9 - explanation.scored.score)
    assert far.obstacle is Obstacle.NOTHING_FOUND


def test_the_formula_seed_knows_no_sentences() -> None:
    said = InterestChanges(about=("one",))

    assert wanted_sentences(said.apply(Interests(("cs.CL",)))) == ("one",)
    assert wanted_sentences(said.apply(Interests(("cs.CL",), formula=Formula.SEED))) == ()


def test_no_paper_earns_more_than_the_most() -> None:
    assert points_of(SENTENCE, with_similarity(1.0), USUAL)[0, 0] == MOST_POINTS * 1000
