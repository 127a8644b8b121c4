"""How common words are, in the store and in the shipped table."""

from __future__ import annotations

import pytest

from bot.domain.papers import Paper
from bot.domain.rarity import RAREST, Rarity


def paper(title: str, abstract: str = "") -> Paper:
    return Paper("2601.00001", 1, title, abstract, (), ("cs.CL",))


def test_an_empty_store_knows_what_is_common_on_arxiv() -> None:
    rarity = Rarity()

    assert rarity.frequency(["model"]) > 0.4
    assert 0.2 < rarity.frequency(["llm"]) < 0.4
    assert rarity.frequency(["large", "language", "model"]) > 0.1
    assert rarity.frequency(["xyzzy"]) == RAREST


def test_a_paper_counts_once_however_often_it_says_a_word() -> None:
    rarity = Rarity.of([paper("xyzzy xyzzy", "xyzzy"), paper("other")])

    assert rarity.counts["xyzzy"] == 1
    assert rarity.papers == 2


def test_a_full_store_outweighs_the_shipped_table() -> None:
    rarity = Rarity.of([paper("xyzzy plugh") for _ in range(5_700)] + [paper("other")] * 300)

    assert rarity.frequency(["xyzzy"]) > 0.9
    assert rarity.frequency(["xyzzy", "plugh"]) > 0.9
    assert rarity.frequency(["plugh", "xyzzy"]) == RAREST
    assert rarity.frequency(["model"]) < 0.05


def test_pairs_do_not_run_from_the_title_into_the_abstract() -> None:
    assert "kv cach" not in Rarity.of([paper("kv", "cache")]).counts


def test_a_longer_phrase_is_as_rare_as_its_rarest_pair() -> None:
    rarity = Rarity(1_000_000, {"a b": 300_000, "b c": 10_000, "a b c": 1})

    assert rarity.frequency(["a", "b", "c"]) == pytest.approx(0.01, rel=0.01)


def test_days_add_up_to_what_counting_them_together_gives() -> None:
    days = [[paper("kv cache"), paper("kv")], [paper("cache")], []]

    together = Rarity.of([each for day in days for each in day])

    assert Rarity.sum(map(Rarity.of, days)) == together


def test_words_too_rare_to_tell_apart_are_forgotten() -> None:
    once = [paper(f"once{n}") for n in range(5)]

    rarity = Rarity.of([*once, *[paper("usual")] * 10_000])

    assert set(rarity.counts) == {"usual"}
