"""Answers are read however a model wraps them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.llm.answers import read_answer, read_summary, readable_so_far
from adapters.llm.languages import wrong_language
from bot.domain.summary import SummarySection

TWO = (SummarySection("Contributions", "New."), SummarySection("Limits", "Slow."))
DOCUMENT = {
    "language": "en",
    "sections": [
        {"heading": "Contributions", "text": "New."},
        {"heading": "Limits", "text": "Slow."},
    ],
}
WHOLE = json.dumps(DOCUMENT)


@pytest.mark.parametrize(
    "raw",
    [
        WHOLE,
        f"```json\n{WHOLE}\n```",
        f"Here you are:\n{WHOLE}\nHope this helps!",
        f"<think>Hm, {{}}</think>{WHOLE}",
        f"no opening tag</think>\n{WHOLE}",
        WHOLE[:-2],
        json.dumps(DOCUMENT["sections"]),
        '{"Contributions": "New.", "Limits": ["Slow."]}'.replace('["Slow."]', '"Slow."'),
        "## Contributions\nNew.\n\n## 2. Limits\n\nSlow.",
        "Sure!\n\n**Contributions**\nNew.\n\n2. **Limits**:\nSlow.",
        "# Contributions #\n\nNew.\n# Limits\nSlow.",
    ],
)
def test_two_sections_are_read_from_any_wrapping(raw: str) -> None:
    assert read_summary(raw).sections == TWO


def test_lists_become_points() -> None:
    (section,) = read_summary('{"sections": [{"heading": "A", "text": ["one", "two"]}]}').sections

    assert section.text == "- one\n- two"


def test_text_without_any_form_is_one_section() -> None:
    assert read_summary("It is new and slow.").sections == (
        SummarySection("Summary", "It is new and slow."),
    )


@pytest.mark.parametrize("raw", ["", "  ", "{", '{"secti', "[]", "<think>so", '{"sections": []}'])
def test_where_nothing_is_said_there_is_nothing(raw: str) -> None:
    assert read_summary(raw).sections == ()


def test_headings_too_are_inert() -> None:
    (section,) = read_summary(
        '{"sections": [{"heading": "<!here> A @here", "text": "b"}]}'
    ).sections

    assert section.heading == "A here"


def test_an_answer_that_broke_off_keeps_its_words() -> None:
    answer = read_answer('{"language": "en", "answered": true, "answer": "It takes 3 d')

    assert (answer.text, answer.is_answered, answer.quotes) == ("It takes 3 d", True, ())


def test_an_answer_still_being_written_is_shown_without_its_json() -> None:
    half = WHOLE[: WHOLE.index("Slow") + 2]

    assert readable_so_far(half) == "Contributions\nNew.\n\nLimits\nSl"


@pytest.mark.parametrize(
    ("asked", "claimed", "text", "is_wrong"),
    [
        ("en", "en-GB", "It is new.", False),
        ("zh", "zh-Hans", "这是新的方法，叫做 Transformer。", False),
        ("zh", "Chinese", "这是新的。", False),
        ("de", "", "Es ist neu.", False),
        ("en", "fr", "C'est nouveau.", True),
        ("zh", "zh", "It is new and it is fast.", True),
        ("ja", "ja", "这是新的方法。", True),
        ("ru", "", "It is new.", True),
    ],
)
def test_a_wrong_language_is_noticed(asked: str, claimed: str, text: str, is_wrong: bool) -> None:
    assert bool(wrong_language(asked, claimed=claimed, text=text)) is is_wrong


@given(st.text(max_size=200) | st.recursive(st.none() | st.booleans() | st.text(max_size=9),
       lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
           st.sampled_from(["sections", "heading", "text", "answer", "quotes", "language"]),
           inner, max_size=4), max_leaves=8).map(json.dumps))  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_nothing_a_model_says_breaks_the_reading(raw: str) -> None:
    summary, answer = read_summary(raw), read_answer(raw)

    assert all(section.text and section.heading for section in summary.sections)
    assert "@here" not in answer.text
    assert "\u200b" not in readable_so_far(raw)
