"""Foreign text as Slack's mrkdwn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.mrkdwn import LINE, code_block, escape, link, model_lines, our_lines, paper_text
from tests.fakes.slack_texts import living


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("p < 0.05 & q > 1", "p &lt; 0.05 &amp; q &gt; 1"),
        ("<!channel> <@U1>", "&lt;!channel&gt; &lt;@\u2060U1&gt;"),
        ("snake_case and ~5%", "snake_case and ∼5%"),
        ("*bold* `code`", "∗bold∗ ˋcodeˋ"),
        ("> a quotation", "\u2060&gt; a quotation"),
        (":warning: 10:30", ":\u2060warning: 10:30"),
        ("Booking.com and a | b", "Booking.com and a | b"),
        (
            "at https://arxiv.org/abs/2601.1 too",
            "at <https://arxiv.org/abs/2601.1|https://arxiv.org/abs/2601.1> too",
        ),
        (
            "(https://arxiv.org/pdf/2601.1v1.pdf).",
            "(<https://arxiv.org/pdf/2601.1v1.pdf|https://arxiv.org/pdf/2601.1v1.pdf>).",
        ),
        (
            "https://arxiv.org/abs/2601.1.",
            "<https://arxiv.org/abs/2601.1|https://arxiv.org/abs/2601.1>.",
        ),
        ("https://arxiv.org.evil.example", "https:\u2060//arxiv.org.evil.example"),
        ("two\nlines\u202e", "two lines"),
    ],
)
def test_a_text_shows_exactly_what_it_says(text: str, shown: str) -> None:
    assert escape(text) == shown


@given(st.text(max_size=300))
def test_no_text_acts(text: str) -> None:
    assert living(escape(text)) == []
    assert [living(line) for line in model_lines(text)] == [[] for _ in model_lines(text)]


@given(st.text(alphabet="<>&* ab", max_size=400), st.integers(min_value=20, max_value=200))
def test_a_cut_text_is_never_longer_than_asked_and_never_cut_within_an_escape(
    text: str, limit: int
) -> None:
    shown = paper_text(text, limit)

    assert len(shown) <= limit
    assert living(shown) == []


@given(st.text(alphabet="<>&*|\n- x", max_size=6_000))
def test_every_line_of_a_model_fits_into_a_section(text: str) -> None:
    assert all(len(line) <= LINE for line in model_lines(text))
    assert all(len(line) <= LINE for line in our_lines(text))


def test_a_links_address_cannot_end_it() -> None:
    assert link("x", "https://arxiv.org/a|b>c d&e") == ("<https://arxiv.org/a%7Cb%3Ec%20d&amp;e|x>")


def test_bold_words_code_lists_and_headings_of_a_model_stay() -> None:
    text = "## Results\n- **Speed** is `x<y`\n  - nested\n1. first\n\n\n\n---\nplain **not**bold"

    assert model_lines(text) == (
        "*Results*",
        "• *Speed* is `x&lt;y`",
        "    ◦ nested",
        "1. first",
        "",
        "plain ∗∗not∗∗bold",
    )


def test_a_table_stands_in_columns_and_a_wide_one_becomes_a_list() -> None:
    narrow = "| Model | F1 |\n|---|--:|\n| a `b` | 3<4 |"
    wide = f"| Model | Words |\n|---|---|\n| ours | {'many words ' * 10}|"

    assert model_lines(narrow) == ("```Model  F1\na ˋbˋ  3&lt;4```",)
    assert model_lines(wide) == (f"• Model: ours · Words: {('many words ' * 10).strip()}",)
    assert model_lines(f"see\n\n{narrow}")[:2] == ("see", model_lines(narrow)[0])
    assert model_lines("|---|---|") == ()
    assert model_lines("| alone |") == ("• alone",)


def test_a_list_stands_right_under_the_sentence_that_begins_it() -> None:
    text = "What is new:\n\n- one\n- two\n\nAfter it.\n\n1. first\n2. second"

    assert model_lines(text) == (
        "What is new:",
        "• one",
        "• two",
        "",
        "After it.",
        "1. first",
        "2. second",
    )


def test_raw_latex_becomes_readable() -> None:
    assert model_lines(r"a loss of $\lambda_1 \le 0.5$") == ("a loss of λ₁ ≤ 0.5",)


def test_nothing_ends_a_block_of_code() -> None:
    assert code_block("a ``` b <x>") == "```a ˋˋˋ b &lt;x&gt;```"


def test_commands_stand_out_in_sentences_of_ours_and_titles_do_not() -> None:
    assert our_lines("Type `/arxiv resume <n>` for “*A* study”.") == (
        "Type `/arxiv resume &lt;n&gt;` for “∗A∗ study”.",
    )
