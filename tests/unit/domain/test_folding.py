"""Words as they are compared."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.folding import folded_words, singular


@pytest.mark.parametrize(
    "alike",
    [
        "cache caches Cache CACHES cache's",
        "box boxes",
        "search searches",
        "class classes",
        "policy policies",
        "movie movies",
        "LLM LLMs",
        "matrix matrices",
        "analysis analyses",
        "bias biases",
        "process processes",
        "naive naïve",
    ],
)
def test_these_spellings_fold_to_one_word(alike: str) -> None:
    assert len(set(folded_words(alike))) == 1


@pytest.mark.parametrize(
    "different", ["plan plane", "code codec", "os o", "us u", "this thi", "GAN gain"]
)
def test_these_words_stay_apart(different: str) -> None:
    one, other = different.split()
    assert folded_words(one) != folded_words(other)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Text-to-SQL (v2)", ["text", "to", "sql", "v2"]),
        ("C++, F#; 3.5", ["c++", "f#", "3", "5"]),
        ("multimodal pretraining multiple", ["multi", "modal", "pre", "training", "multiple"]),
        ("a_b 'quoted' don't", ["a", "b", "quoted", "don", "t"]),
        ("...", []),
        ("Foo℠ ﬁne", ["foosm", "fine"]),
    ],
)
def test_text_becomes_these_words(text: str, words: list[str]) -> None:
    assert folded_words(text) == words


@given(st.text(alphabet="abcehisuxy", max_size=10))
@settings(max_examples=100)
def test_a_plural_in_s_folds_like_its_singular_unless_the_singular_ends_in_s(word: str) -> None:
    if len(word) > 2 and not word.endswith(("s", "u", "i", "y", "x", "ch", "sh")):
        assert singular(word + "s") == singular(word)
