"""Folded words, written as papers write them."""

from dataclasses import replace

from bot.domain.spelling import spellings
from tests.contract.samples import a_paper


def test_a_word_is_written_as_most_papers_write_it() -> None:
    papers = [
        replace(a_paper(), abstract=text) for text in ("Caches, caches and caches.", "One cache.")
    ]

    assert spellings(["cach", "one cach"], papers) == {"cach": "caches", "one cach": "one cache"}


def test_a_word_that_stands_nowhere_stays_as_it_is() -> None:
    assert spellings(["nowher"], []) == {"nowher": "nowher"}
