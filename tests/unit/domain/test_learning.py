"""What thumbs do to rankings, how far they go, and that it can be undone."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.interests import Interests, Term
from bot.domain.learning import MOST_IGNORED, MOST_OF_A_PERSON, MOST_VOTED, Memory
from bot.domain.matching import Obstacle, Ranking, Reader, explain, rank, rank_many
from bot.domain.papers import Announcement, AnnounceType, Paper
from bot.domain.profile import MOST_POINTS, MOST_TERMS, Profile
from bot.domain.rarity import Rarity
from bot.domain.thumbs import Vote

NOW = datetime(2026, 1, 21, 9, 0, tzinfo=UTC)
ANYTHING = Rarity()
CACHE = "sparse attention kernels evict entries during prefill and shorten decoding"
QUANTUM = "qubit entanglement circuits are simulated under hardware noise and crosstalk"
PROTEIN = "protein folding energies are sampled by annealed molecular dynamics"
SUBJECTS = (CACHE, QUANTUM, PROTEIN)


def paper(arxiv_id: str, subject: str, *, title: str = "A language model") -> Paper:
    return Paper(arxiv_id, 1, title, f"We find that {subject}.", ("Ada Example",), ("cs.CL",))


def liked(
    papers: Iterable[Paper], *, vote: Vote = Vote.UP, voter: str = "ada", at: datetime = NOW
) -> Memory:
    return voted(Memory.empty(), papers, vote=vote, voter=voter, at=at)


def voted(
    memory: Memory, papers: Iterable[Paper], *, vote: Vote, voter: str, at: datetime = NOW
) -> Memory:
    for each in papers:
        memory = memory.with_thumb(each, vote, voter=voter, at=at, rarity=ANYTHING)
    return memory


def several(subject: str, count: int, *, start: int = 0) -> list[Paper]:
    return [paper(f"25{SUBJECTS.index(subject)}.{start + at:05}", subject) for at in range(count)]


def announced(*papers: Paper) -> list[Announcement]:
    return [Announcement(each, AnnounceType.NEW, date(2026, 1, 21)) for each in papers]


def interests(*terms: str, min_score: float = 0.0, max_papers: int = 10) -> Interests:
    return Interests(
        ("cs.CL",), tuple(map(Term, terms)), min_score=min_score, max_papers=max_papers
    )


def ids(ranking: Ranking) -> list[str]:
    return [scored.announcement.paper.arxiv_id for scored in ranking.chosen]


def points_of(subject: str, profile: Profile) -> float:
    """What a profile makes of a paper about `subject`, beside a term's points it could lose."""
    (announcement,) = announced(paper("2601.1", subject, title="Anchor anchor anchor"))
    wanted = interests("anchor", "anchor anchor", "find", "dynamics")
    with_it = explain(wanted, announcement, rarity=ANYTHING, profile=profile)
    without = explain(wanted, announcement, rarity=ANYTHING)
    return with_it.scored.score - without.scored.score


# --- nothing without thumbs ----------------------------------------------------------------


@pytest.mark.parametrize(
    "memory", [Memory.empty(), liked(several(CACHE, 3), vote=Vote.IGNORED, voter="")]
)
def test_without_a_thumb_everything_is_as_if_nothing_could_be_learned(memory: Memory) -> None:
    batch = announced(paper("1", CACHE), paper("2", QUANTUM), paper("3", PROTEIN))
    wanted = interests("attention", "protein folding", "language")

    with_it = rank(wanted, batch, rarity=ANYTHING, profile=memory.profile())

    without = rank(wanted, batch, rarity=ANYTHING)
    assert with_it == without
    assert [each.reasons for each in with_it.chosen] == [each.reasons for each in without.chosen]


def test_a_neighbours_thumbs_change_nothing_for_a_reader_without_any() -> None:
    batch = announced(paper("1", CACHE), paper("2", QUANTUM))
    wanted = interests("model")
    learned = liked(several(QUANTUM, 3)).profile()

    alone = rank(wanted, batch, rarity=ANYTHING)
    beside = list(
        rank_many([Reader(wanted, profile=learned), Reader(wanted)], batch, rarity=ANYTHING)
    )

    assert ids(beside[0]) == ["2", "1"]
    assert beside[1] == alone
    assert beside[0] == rank(wanted, batch, rarity=ANYTHING, profile=learned)


# --- what they do --------------------------------------------------------------------------


def test_papers_like_those_liked_rise_and_say_so() -> None:
    batch = announced(paper("1", CACHE), paper("2", QUANTUM))
    profile = liked(several(QUANTUM, 3)).profile()

    before = rank(interests("language model"), batch, rarity=ANYTHING)
    after = rank(interests("language model"), batch, rarity=ANYTHING, profile=profile)

    assert ids(before) == ["1", "2"]
    assert ids(after)[0] == "2"
    (reason,) = [each for each in after.chosen[0].reasons if each.where == "liked"]
    assert reason.term.startswith("like 3 papers you liked: ")
    assert reason.points > 0


def test_the_telling_words_are_shown_as_the_paper_writes_them_and_pairs_before_words() -> None:
    profile = liked(
        [paper("1", "KV-cache matrices grow"), paper("2", "KV cache matrices")]
    ).profile()
    batch = announced(paper("3", "the matrix fills some kv caches"))

    ranking = rank(interests("model"), batch, rarity=ANYTHING, profile=profile)

    (reason,) = [each.term for each in ranking.chosen[0].reasons if each.where == "liked"]
    assert reason.startswith("like 2 papers you liked: kv caches, matrix")


def test_papers_unlike_those_liked_say_so_too() -> None:
    profile = liked(several(QUANTUM, 1)).profile()
    batch = announced(paper("1", CACHE, title="Model, model"), paper("2", QUANTUM))

    ranking = rank(interests("model"), batch, rarity=ANYTHING, profile=profile)

    (far,) = [each for each in ranking.chosen[1].reasons if each.where == "liked"]
    (near,) = [each for each in ranking.chosen[0].reasons if each.where == "liked"]
    assert far.term == "unlike the papers you liked"
    assert far.points < 0
    assert near.term.startswith("like a paper you liked: ")


def test_papers_like_those_disliked_sink_and_say_so() -> None:
    batch = announced(paper("1", CACHE), paper("2", QUANTUM))
    memory = voted(liked(several(PROTEIN, 3)), several(CACHE, 3), vote=Vote.DOWN, voter="ada")

    after = rank(interests("language", "model"), batch, rarity=ANYTHING, profile=memory.profile())

    assert ids(after) == ["2", "1"]
    against = [each for each in after.chosen[1].reasons if each.points < 0]
    assert any(each.term.startswith("like papers you disliked") for each in against)


def test_thumbs_down_alone_only_take_away() -> None:
    profile = liked(several(CACHE, 2), vote=Vote.DOWN).profile()

    assert points_of(CACHE, profile) < -0.5
    assert points_of(QUANTUM, profile) == pytest.approx(0, abs=0.3)


def test_papers_passed_over_count_a_little_against() -> None:
    shared = "agents browse pages"
    memory = liked([paper("1", f"{shared} and {CACHE}"), paper("2", f"{shared} while {CACHE}")])
    passed = [paper(str(at), f"{shared} and {QUANTUM}") for at in range(3, 9)]

    with_them = voted(memory, passed, vote=Vote.IGNORED, voter="").profile()

    mixed = f"{shared} and {QUANTUM}"
    assert points_of(mixed, with_them) < points_of(mixed, memory.profile())


def test_a_paper_without_any_term_comes_when_it_is_near_enough_to_those_liked() -> None:
    batch = announced(paper("1", CACHE), paper("2", QUANTUM))
    profile = liked(several(QUANTUM, 5)).profile()

    ranking = rank(interests("robot"), batch, rarity=ANYTHING, profile=profile)

    assert ids(ranking) == ["2"]


def test_a_reader_without_terms_gets_what_is_liked_before_the_rest() -> None:
    batch = announced(paper("1", CACHE), paper("2", QUANTUM), paper("3", PROTEIN))
    profile = liked(several(PROTEIN, 2)).profile()

    ranking = rank(interests(), batch, rarity=ANYTHING, profile=profile)

    assert ids(ranking) == ["3", "1", "2"]
    assert ranking.chosen[1].score == 0
    assert ranking.chosen[1].reasons == ()


def test_more_thumbs_count_more_and_the_first_ones_most() -> None:
    papers = [
        paper(str(at), " ".join((CACHE, *(f"other{at}x{place}" for place in range(40)))))
        for at in range(10)
    ]

    earned = [points_of(CACHE, liked(papers[:count]).profile()) for count in (0, 1, 2, 5, 10)]

    assert earned[0] == 0
    assert earned == sorted(earned)
    assert earned[2] > earned[4] / 3


def test_an_old_thumb_counts_less_than_a_new_one() -> None:
    memory = liked(several(CACHE, 2), at=NOW - timedelta(days=720))
    memory = voted(memory, several(QUANTUM, 2), vote=Vote.UP, voter="ada")

    assert points_of(QUANTUM, memory.profile()) > 2 * points_of(CACHE, memory.profile())


def test_points_stay_within_their_bounds() -> None:
    for_it = liked(several(CACHE, 40)).profile()
    against_it = liked(several(CACHE, 40), vote=Vote.DOWN).profile()

    assert 0 < points_of(CACHE, for_it) <= MOST_POINTS
    assert -MOST_POINTS <= points_of(CACHE, against_it) < 0


def test_thumbs_down_hide_what_the_terms_find_only_below_min_score() -> None:
    (announcement,) = announced(paper("1", CACHE))
    profile = liked(several(CACHE, 9), vote=Vote.DOWN).profile()

    sunk = explain(interests("model"), announcement, rarity=ANYTHING, profile=profile)
    hidden = explain(
        interests("model", min_score=1.0), announcement, rarity=ANYTHING, profile=profile
    )

    assert sunk.obstacle is None
    assert 0 < sunk.scored.score < 1
    assert {each.where for each in sunk.scored.reasons} == {"title", "liked"}
    assert hidden.obstacle is Obstacle.BELOW_MINIMUM
    assert hidden.missing_points == pytest.approx(1 - sunk.scored.score)


VOTES = st.lists(
    st.tuples(
        st.integers(0, 11), st.sampled_from(Vote), st.sampled_from("abc"), st.integers(0, 400)
    ),
    max_size=20,
)


def remembered(votes: Sequence[tuple[int, Vote, str, int]]) -> Memory:
    papers = [paper(f"25.{at:05}", f"{SUBJECTS[at % 3]} {at}th") for at in range(12)]
    memory = Memory.empty()
    for at, vote, voter, days in votes:
        memory = memory.with_thumb(
            papers[at],
            vote,
            voter="" if vote is Vote.IGNORED else voter,
            at=NOW - timedelta(days=days),
            rarity=ANYTHING,
        )
    return memory


@settings(max_examples=60, deadline=None)
@given(VOTES, st.sampled_from([0.0, 1.0, 3.0]))
def test_reasons_add_up_to_the_score_and_why_says_the_same(
    votes: Sequence[tuple[int, Vote, str, int]], least: float
) -> None:
    profile = remembered(votes).profile()
    batch = announced(*(paper(str(at), subject) for at, subject in enumerate(SUBJECTS)))
    wanted = interests("protein folding", "attention", "model", min_score=least)

    ranking = rank(wanted, batch, rarity=ANYTHING, profile=profile)

    for scored in ranking.chosen:
        assert scored.score >= least
        assert sum(each.points for each in scored.reasons) == pytest.approx(scored.score)
        told = explain(wanted, scored.announcement, rarity=ANYTHING, profile=profile)
        assert told.obstacle is None
        assert told.scored.score == pytest.approx(scored.score)
        assert told.scored.reasons == scored.reasons


# --- undoing -------------------------------------------------------------------------------


def test_a_thumb_taken_back_leaves_no_trace() -> None:
    before = liked(several(CACHE, 3))

    after = voted(before, several(QUANTUM, 1), vote=Vote.UP, voter="bob").without_thumb(
        several(QUANTUM, 1)[0].arxiv_id, voter="bob"
    )

    assert after == before
    assert after.profile() == before.profile()
    assert not liked(several(CACHE, 1)).without_thumb("250.00000", voter="ada").profile()


def test_a_thumb_turned_round_is_as_if_it_had_always_been_so() -> None:
    papers = several(CACHE, 3)

    turned = voted(liked(papers), papers, vote=Vote.DOWN, voter="ada")

    assert turned.profile() == liked(papers, vote=Vote.DOWN).profile()


def test_taking_back_a_thumb_that_never_was_changes_nothing() -> None:
    memory = liked(several(CACHE, 2))

    assert memory.without_thumb("250.00000", voter="bob") == memory
    assert memory.without_thumb("2601.99999", voter="ada") == memory


def test_passing_over_never_replaces_a_thumb_but_a_thumb_replaces_it() -> None:
    papers = several(CACHE, 2)
    passed = liked(papers, vote=Vote.IGNORED, voter="")

    assert voted(liked(papers), papers, vote=Vote.IGNORED, voter="") == liked(papers)
    assert voted(passed, papers, vote=Vote.UP, voter="ada") == liked(papers)


def test_two_people_who_disagree_on_a_paper_cancel_out() -> None:
    papers = several(CACHE, 1)

    memory = voted(liked(papers), papers, vote=Vote.DOWN, voter="bob")

    assert not memory.profile()


@settings(max_examples=40, deadline=None)
@given(VOTES, st.randoms(use_true_random=False))
def test_the_order_in_which_thumbs_came_in_does_not_matter(
    votes: Sequence[tuple[int, Vote, str, int]], random: Random
) -> None:
    # one vote of each person on each paper, for the later one would replace it
    once = {(at, voter): (at, vote, voter, days) for at, vote, voter, days in votes}
    thumbs = [each for each in once.values() if each[1] is not Vote.IGNORED]
    shuffled = random.sample(thumbs, len(thumbs))

    first, second = remembered(thumbs).profile(), remembered(shuffled).profile()

    assert dict(zip(first.terms, first.weights, strict=True)) == pytest.approx(
        dict(zip(second.terms, second.weights, strict=True)), abs=2
    )


# --- one person among others ---------------------------------------------------------------


def channel_of(people: int) -> Memory:
    """Each gives four thumbs up on one subject."""
    memory = Memory.empty()
    for person in range(people):
        papers = several(CACHE, 4, start=4 * person)
        memory = voted(memory, papers, vote=Vote.UP, voter=f"person {person}")
    return memory


def test_a_person_with_many_thumbs_moves_no_more_than_one_at_the_cap() -> None:
    at_cap = int(MOST_OF_A_PERSON)

    fair = voted(channel_of(6), several(QUANTUM, at_cap), vote=Vote.UP, voter="mallory")
    greedy = voted(channel_of(6), several(QUANTUM, 500), vote=Vote.UP, voter="mallory")

    for subject in SUBJECTS:
        assert points_of(subject, greedy.profile()) == pytest.approx(
            points_of(subject, fair.profile()), abs=0.15
        )


@pytest.mark.parametrize("subject", [CACHE, QUANTUM])
@pytest.mark.parametrize("vote", [Vote.UP, Vote.DOWN])
def test_a_malicious_person_cannot_turn_a_channels_ranking(vote: Vote, subject: str) -> None:
    batch = announced(paper("1", QUANTUM), paper("2", CACHE))
    memory = voted(
        channel_of(6),
        several(subject, 500, start=1000),
        vote=vote,
        voter="mallory",
        at=NOW + timedelta(days=1),
    )

    ranking = rank(interests("language model"), batch, rarity=ANYTHING, profile=memory.profile())

    assert ids(ranking)[0] == "2"


def test_a_flood_of_thumbs_makes_nobody_elses_forgotten() -> None:
    memory = voted(channel_of(6), several(QUANTUM, 200), vote=Vote.UP, voter="mallory")

    voters = {ballot.voter for example in memory.examples for ballot in example.ballots}
    of_others = [each for each in memory.examples if each.ballots[0].voter != "mallory"]
    assert len(voters) == 7
    assert len(of_others) == 24


def test_where_others_gave_few_thumbs_one_person_weighs_at_most_as_they_do() -> None:
    others = channel_of(2)

    memory = voted(others, several(QUANTUM, 100), vote=Vote.UP, voter="mallory")

    assert points_of(QUANTUM, memory.profile()) <= points_of(CACHE, memory.profile()) + 0.15


# --- size and form -------------------------------------------------------------------------


def test_memory_and_profile_are_bounded() -> None:
    memory = Memory.empty()
    for at in range(3 * MOST_VOTED):
        words = " ".join(f"word{at}x{place}" for place in range(100))
        memory = voted(memory, [paper(f"1.{at}", words)], vote=Vote.UP, voter=f"person {at}")
        memory = voted(memory, [paper(f"2.{at}", words)], vote=Vote.IGNORED, voter="")

    assert sum(not each.is_ignored for each in memory.examples) == MOST_VOTED
    assert sum(each.is_ignored for each in memory.examples) == MOST_IGNORED
    assert len(memory.profile().terms) == MOST_TERMS


def test_the_latest_are_remembered() -> None:
    memory = Memory.empty()
    for at in range(MOST_VOTED + 5):
        when = NOW + timedelta(minutes=at)
        memory = voted(memory, several(CACHE, 1, start=at), vote=Vote.UP, voter="ada", at=when)

    assert memory.examples[0].arxiv_id == f"250.{MOST_VOTED + 4:05}"
    assert memory.examples[-1].arxiv_id == "250.00005"


@settings(max_examples=25, deadline=None)
@given(VOTES)
def test_memory_and_profile_survive_json_and_pickle(
    votes: Sequence[tuple[int, Vote, str, int]],
) -> None:
    memory = remembered(votes)
    profile = memory.profile()

    assert Memory.from_dict(json.loads(json.dumps(memory.to_dict()))) == memory
    assert Profile.from_dict(json.loads(json.dumps(profile.to_dict()))) == profile
    assert pickle.loads(pickle.dumps((memory, profile))) == (memory, profile)  # noqa: S301 - our own


def test_a_profile_can_be_looked_into() -> None:
    memory = voted(liked(several(CACHE, 2)), several(QUANTUM, 1), vote=Vote.DOWN, voter="bob")

    rows = {each.term: each for each in memory.profile().inspect(limit=MOST_TERMS)}

    assert rows["prefill"].points > 0
    assert rows["prefill"].papers == ("250.00000", "250.00001")
    assert rows["qubit"].points < 0
    assert rows["qubit"].papers == ()


def test_a_paper_without_a_telling_word_teaches_nothing_and_harms_nothing() -> None:
    silent = Paper("1", 1, "The", "Of the.", (), ("cs.CL",))
    batch = announced(silent, paper("2", CACHE))

    profile = liked([silent]).profile()

    assert not profile
    assert rank(interests("model"), batch, rarity=ANYTHING, profile=profile).matched == 1
