"""What people type, as arXiv's API wants it."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.arxiv.search_query import search_query, window_query
from bot.errors import UserError


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("testing", "all:testing"),
        ("speculative decoding", "all:speculative AND all:decoding"),
        ('"speculative decoding" llama', 'all:"speculative decoding" AND all:llama'),
        ("GPT-4", 'all:"GPT-4"'),
        ("what is attention?", "all:what AND all:is AND all:attention"),
        ("transformers (survey)", "all:transformers AND all:survey"),
        ("Poincaré", "all:Poincaré"),
        ("title:foo", 'all:"title foo"'),
        ('an "unclosed phrase', "all:an AND all:unclosed AND all:phrase"),
        ("au:del_maestro AND ti:checkerboard", "au:del_maestro AND ti:checkerboard"),
        ('au:"Tri Dao" attention', 'au:"Tri Dao" AND all:attention'),
        ("(ti:moe OR abs:moe) cat:cs.CL", "( ti:moe OR abs:moe ) AND cat:cs.CL"),
        ("llama ANDNOT survey", "all:llama ANDNOT all:survey"),
        (
            "moe submittedDate:[202601010000 TO 202601312359]",
            "all:moe AND submittedDate:[202601010000 TO 202601312359]",
        ),
    ],
)
def test_words_are_all_wanted_and_arxivs_own_syntax_stays(typed: str, sent: str) -> None:
    assert search_query(typed) == sent


@pytest.mark.parametrize("typed", ["", "  ", "?!", '""', "( )", "AND"])
def test_a_query_without_anything_to_look_for_names_the_mend(typed: str) -> None:
    with pytest.raises(UserError, match="Say what to search for: words"):
        search_query(typed)


def test_a_query_that_is_too_long_is_refused() -> None:
    with pytest.raises(UserError, match="1,000 at most"):
        search_query("word " * 300)


@settings(max_examples=100)
@given(st.text(max_size=80))
def test_plain_text_of_any_kind_becomes_terms_or_is_refused(typed: str) -> None:
    try:
        sent = search_query(typed.replace(":", " "))
    except UserError:
        assert set(re.findall(r"[a-zA-Z0-9]+", typed)) <= {"AND", "OR", "ANDNOT"}
        return

    assert re.search(r'(^| )all:("[^"]+"|\w+)', sent)
    assert sent.count('"') % 2 == 0


@settings(max_examples=100)
@given(st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), min_size=1, max_size=6))
def test_each_plain_word_is_asked_for_once_in_order(words: list[str]) -> None:
    assert re.findall(r"all:(\w+)", search_query(" ".join(words))) == words


def test_a_window_has_both_its_ends_in_whole_minutes_of_utc() -> None:
    start = datetime(2026, 1, 20, 0, 0, tzinfo=UTC)
    end = datetime(2026, 1, 21, 0, 0, tzinfo=UTC)

    sent = window_query(["cs.AI", "cs.CL"], start, end)

    assert sent == ("(cat:cs.AI OR cat:cs.CL) AND submittedDate:[202601200000 TO 202601202359]")
