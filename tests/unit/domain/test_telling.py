"""Which words tell what a paper is about, and how much."""

from __future__ import annotations

import math

import pytest

from bot.domain.paper_words import read_words
from bot.domain.papers import Paper
from bot.domain.rarity import Rarity
from bot.domain.telling import UNIT, Telling, telling_terms

ANYTHING = Rarity()


def paper(title: str, abstract: str) -> Paper:
    return Paper("2601.00001", 1, title, abstract, (), ("cs.CL",))


def shares(one: Paper, *, rarity: Rarity = ANYTHING) -> dict[str, int]:
    return dict(zip(*telling_terms(one, rarity, limit=1000), strict=True))


def test_a_paper_has_the_length_of_one_whatever_the_length_of_its_text() -> None:
    short = shares(paper("Sparse attention", "Kernels evict entries."))
    long = shares(paper("Sparse attention", "Kernels evict entries of caches. " * 30))

    for each in (short, long):
        assert math.hypot(*each.values()) == pytest.approx(UNIT, rel=0.01)


def test_words_and_pairs_tell_but_not_what_everybody_writes() -> None:
    found = shares(paper("On the KV-caches of 7 models", "We show that a qubit decoheres."))

    assert {"kv", "cach", "kv cach", "qubit", "qubit decohere"} <= found.keys()
    assert found.keys().isdisjoint({"the", "of", "we", "7", "a", "that a", "of 7"})


def test_a_word_in_the_title_tells_more_than_one_in_the_abstract() -> None:
    found = shares(paper("Qubits", "Ligands."))

    assert found["qubit"] > found["ligand"]


def test_a_word_where_the_abstract_begins_tells_more_than_one_at_its_end() -> None:
    found = shares(paper("", "Qubits. " + "We do so and so. " * 20 + "Ligands."))

    assert found["qubit"] > found["ligand"]


def test_an_abstract_begins_anew_with_each_paper() -> None:
    papers = [paper("", "So it is. " * 40), paper("Noise", "Qubits.")]

    together = Telling.of(read_words(papers), ANYTHING)

    columns = together.shares[[1]].indices
    names = [together.terms[at] for at in columns]
    found = dict(zip(names, together.shares[[1]].data, strict=True))
    assert found == shares(papers[1])


def test_a_rare_word_tells_more_than_one_of_every_tenth_paper() -> None:
    rarity = Rarity(papers=10_000, counts={"retrieval": 1_000, "qubit": 10})

    found = shares(paper("", "Retrieval of qubits"), rarity=rarity)

    assert found["qubit"] > 2 * found["retrieval"]


def test_the_most_telling_are_kept_first() -> None:
    terms, kept = telling_terms(
        paper("Qubits", "Qubits and ligands and models."), ANYTHING, limit=2
    )

    assert terms[0] == "qubit"
    assert list(kept) == sorted(kept, reverse=True)
    assert len(terms) == 2


def test_a_paper_is_the_same_alone_and_among_others() -> None:
    papers = [paper("Qubits decohere", "Noise."), paper("", ""), paper("Ligands", "bind qubits.")]

    together = Telling.of(read_words(papers), ANYTHING)

    for row, each in enumerate(papers):
        columns = together.shares[[row]].indices
        found = dict(
            zip([together.terms[at] for at in columns], together.shares[[row]].data, strict=True)
        )
        assert found == shares(each)


def test_many_shares_at_once_are_those_of_one_at_a_time() -> None:
    rarity = Rarity(papers=1_000, counts={"kv cach": 20, "model": 600})
    keys = [("kv", "cach"), ("model",), ("the",), ("qubit",)]

    shares_of_all = rarity.shares([" ".join(key) for key in keys])

    assert shares_of_all.tolist() == pytest.approx([rarity.frequency(key) for key in keys])
