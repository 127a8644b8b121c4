"""The formula `terms`: what counts as found, and how much it is worth."""

from __future__ import annotations

from datetime import date

import pytest

from bot.domain.interests import Interests, parse_filters, parse_term, split_words
from bot.domain.matching import Scored, explain, rank
from bot.domain.papers import Announcement, AnnounceType, Paper
from bot.domain.rarity import Rarity

KNOWN = Rarity(
    papers=100_000,
    counts={"rare": 100, "typical": 1_000, "common": 30_000, "two": 1_000, "two word": 1_000}
    | {"word": 10_000},
)
TITLE = "x of just as many parts as most papers' titles have"  # eleven


def scored(filters: str, title: str, abstract: str = "", rarity: Rarity = KNOWN) -> Scored:
    changes, _ = parse_filters(split_words(filters))
    paper = Paper("2601.00001", 1, title, abstract, (), ("cs.CL",))
    announcement = Announcement(paper, AnnounceType.NEW, date(2026, 1, 21))
    return explain(changes.apply(Interests(("cs.CL",))), announcement, rarity=rarity).scored


def is_found(filters: str, text: str) -> bool:
    """Whether a term stands in `text` as a whole, in the title and in the abstract alike."""
    in_title = any(why.where == "title" for why in scored(filters, text).reasons)
    in_abstract = any(why.where == "abstract" for why in scored(filters, "", text).reasons)
    assert in_title == in_abstract
    return in_title


@pytest.mark.parametrize(
    ("filters", "text"),
    [
        ("kw:RL", "RL for all"),
        ("kw:RL", "We use RL, not SFT."),
        ("kw:rl", "Deep-RL"),
        ("kw:MoE", "MoEs"),
        ("kw:MoE", "Sparse MOE layers"),
        ('kw:"kv cache"', "KV-cache"),
        ('kw:"kv cache"', "KV caches"),
        ('kw:"kv cache"', "the KV Cache's size"),
        ('kw:"kv cache"', "KVCache reuse"),
        ("kw:KV-caches", "a kv cache"),
        ("kw:quantiz*", "Quantization"),
        ("kw:quantiz*", "post-training quantized models"),
        ('kw:"kv cach*"', "KV caching"),
        ('kw:"state space"', "State-Space Models"),
        ("kw:pretraining", "pre-training"),
        ("kw:pre-training", "pretraining"),
        ("kw:pretrain*", "pre-trained"),
        ('kw:"multimodal agent"', "multi-modal agents"),
        ("kw:crosslingual", "cross-lingual"),
        ("kw:policy", "policies"),
        ("kw:matrix", "matrices"),
        ("kw:C++", "C++ programs"),
        ("kw:naïve", "naive"),
        ("kw:naive", "naïve"),
        ("kw:混合", "混合 experts"),
        (r"kw:/mixture[- ]of[- ]\w+/", "Mixture-of-Experts"),
        (r"kw:/^scaling/", "Scaling laws"),
    ],
)
def test_this_is_found(filters: str, text: str) -> None:
    assert is_found(filters, text)


@pytest.mark.parametrize(
    ("filters", "text"),
    [
        ("kw:RL", "world"),
        ("kw:RL", "early"),
        ("kw:RL", "underlying"),
        ("kw:MoE", "memoe"),
        ('kw:"kv cache"', "cache of kv"),
        ('kw:"kv cache"', "kv and cache"),
        ("kw:quantiz*", "quantum"),
        ("kw:C++", "C programs"),
        ("kw:plan", "plane"),
        ("kw:code", "codec"),
        (r"kw:/^scaling/", "On scaling laws"),
        (r"kw:/a.b/", "a\nb"),
    ],
)
def test_this_is_not_found(filters: str, text: str) -> None:
    assert not is_found(filters, text)


def test_a_phrase_does_not_run_from_the_title_into_the_abstract() -> None:
    assert scored('kw:"kv cache"', "All about kv", "cache it").reasons[0].where == "some words"


@pytest.mark.parametrize(
    ("term", "points"), [("typical", 1.0), ("rare", 1.22), ("common", 0.56), ("unheardof", 1.22)]
)
def test_a_term_found_once_in_the_abstract_earns_its_rarity(term: str, points: float) -> None:
    assert scored(f"kw:{term}", TITLE, f"A {term} thing.").score == pytest.approx(points, abs=0.01)


def test_hits_count_three_times_in_the_title_and_saturate_at_four_times_the_weight() -> None:
    once = scored("kw:typical", TITLE, "typical").score
    in_title = scored("kw:typical", TITLE.replace("x", "typical"), "x").score
    often = scored("kw:typical", TITLE.replace("x", "typical"), "typical " * 500).score

    assert (once, in_title) == (1.0, 2.0)
    assert 3.9 < often <= 4.0


def test_the_shorter_the_title_the_more_a_hit_earns_within_bounds() -> None:
    by_words = {
        words: scored("kw:typical", "x " * words, "typical").score
        for words in (1, 4, 8, 11, 16, 25, 80)
    }

    assert by_words == {1: 1.3, 4: 1.3, 8: 1.1, 11: 1.0, 16: 0.9, 25: 0.8, 80: 0.8}


def test_one_whole_term_is_a_match_under_the_longest_title() -> None:
    paper = Paper("2601.00001", 1, "x " * 80, "typical", (), ("cs.CL",))
    batch = [Announcement(paper, AnnounceType.NEW, date(2026, 1, 21))]
    interests = Interests(("cs.CL",), terms=(parse_term("typical"),))

    assert rank(interests, batch, rarity=KNOWN).matched == 1


def test_a_phrase_found_once_earns_as_much_as_a_word_as_rare() -> None:
    assert scored('kw:"two words"', TITLE, "Two words.").score == pytest.approx(1.0, abs=0.02)


def test_the_rarer_word_of_an_absent_phrase_earns_more() -> None:
    common = scored('kw:"two words"', TITLE, "Some words.").score
    rarer = scored('kw:"two words"', TITLE, "We two.").score
    both = scored('kw:"two words"', TITLE, "Words for two.").score

    assert 0 < common < rarer < both < 0.5


def test_weights_multiply() -> None:
    assert scored("kw:typical^2.5", TITLE, "typical").score == 2.5


def test_the_same_thing_said_twice_counts_once_with_its_greater_weight() -> None:
    assert scored("kw:typical,Typicals^2,TYPICAL", TITLE, "typical").score == 2.0


def test_a_score_does_not_depend_on_how_many_terms_are_listed() -> None:
    few = scored("kw:typical", TITLE, "typical")
    many = scored("kw:typical," + ",".join(f"w{n}x" for n in range(39)), TITLE, "typical")

    assert few.score == many.score


def test_a_prefix_is_as_common_as_all_its_words_together() -> None:
    rarity = Rarity(100_000, {"quantization": 500, "quantizer": 500, "quantum": 50_000})

    assert scored("kw:quantiz*", TITLE, "quantizers", rarity).score == pytest.approx(1.0, abs=0.02)


def test_reasons_say_which_terms_where_and_how_much() -> None:
    result = scored('kw:typical,rare,"two words",absent', "A typical title", "typical, rare, two")

    assert [(why.term, why.where) for why in result.reasons] == [
        ("typical", "title+abstract"),
        ("rare", "abstract"),
        ("two words", "some words"),
    ]
    assert sum(why.points for why in result.reasons) == pytest.approx(result.score)
