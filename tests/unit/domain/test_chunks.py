"""Texts cut into chunks, and keys numbered."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.chunks import chunks_of
from bot.domain.folding import raw_words
from bot.domain.term_keys import numbered

TEXTS = st.text(alphabet=st.one_of(st.characters(), st.sampled_from("ab'’s+#-_ .C")), max_size=40)


@given(st.lists(TEXTS, max_size=4))
@settings(max_examples=200)
def test_chunks_hold_the_words_of_all_texts_in_order(texts: list[str]) -> None:
    chunks = chunks_of(texts)

    words: list[list[str]] = [[]]
    for number in chunks.numbers.tolist():
        if chunk := chunks.different[number]:
            words[-1] += raw_words(chunk.decode())
        else:
            words.append([])
    assert words == [*map(raw_words, texts), []]


@given(st.lists(st.text(alphabet="ab", max_size=30), max_size=30))
@settings(max_examples=200)
def test_chunks_that_differ_in_one_letter_are_different_chunks(words: list[str]) -> None:
    typed = [word.encode() for word in words if word]

    chunks = chunks_of([" ".join(words)])

    assert [chunks.different[number] for number in chunks.numbers.tolist()] == [*typed, b""]
    assert len(set(chunks.different)) == len(chunks.different)


def test_no_text_has_no_chunk() -> None:
    assert chunks_of([]).different == []
    assert chunks_of([]).numbers.tolist() == []


@given(st.lists(st.integers(0, 40).map(lambda number: number * (1 << 58) % ((1 << 64) - 59))))
@settings(max_examples=100)
def test_keys_are_numbered_in_the_order_in_which_they_first_appear(keys: list[int]) -> None:
    numbers, first = numbered(np.array(keys, dtype=np.uint64))

    different = list(dict.fromkeys(keys))
    assert numbers.tolist() == [different.index(key) for key in keys]
    assert first.tolist() == [keys.index(key) for key in different]
