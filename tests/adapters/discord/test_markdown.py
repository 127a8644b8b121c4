"""Foreign text on Discord: shown as it is, and doing nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.limits import length
from adapters.discord.markdown import escape, model_text, our_text, paper_text
from bot.domain.inert import visible
from bot.domain.text import collapse
from tests.fakes.digests import HOSTILE_TEXTS
from tests.fakes.discord_markup import active_markup, shown

NASTY = (
    *HOSTILE_TEXTS,
    "<@1> <@!1> <@&2> <#3> </arxiv list:4> <:smile:5> <a:smile:6> <t:1700000000:R> <id:guide>",
    "@everyone @here @\u200beveryone",
    "||spoiler|| `code` ``two`` ```fence```",
    "> quote",
    ">>> quote",
    "-# small print",
    "### heading",
    "https://arxiv.org@evil.example/x https://arxiv.org.evil.example/y",
    "discord.gg/abc steam://run/1",
    "[arXiv](<https://evil.example>)",
    "\\[a\\](https://evil.example)",
    "\\",
    "\\\\*x*",
    r"$\alpha_{i}^2$ \textbf{bold} ``quoted''",
    "🧪🔬 עברית العربية 한국어",
)
_PIECES = st.sampled_from(
    (
        *("\\", "`", "*", "_", "~~", "||", "[", "]", "(", ")", "<", ">", "@everyone", "@", "#"),
        *("# ", "-# ", "https://", "http://evil.example", "://", "arxiv.org", "\n", " ", "a", "1."),
        "<@1>",
    )
)


@pytest.mark.parametrize("text", NASTY)
def test_hostile_text_does_nothing_and_shows_what_was_written(text: str) -> None:
    written = escape(text)

    assert active_markup(written) == []
    assert shown(written) == collapse(visible(collapse(text)))


@given(st.lists(_PIECES, max_size=12).map("".join))
def test_no_mixture_of_markup_comes_alive(text: str) -> None:
    written = escape(text)

    assert [each for each in active_markup(written) if "//arxiv.org" not in each.lower()] == []
    assert shown(written) == collapse(visible(collapse(text)))


@pytest.mark.parametrize("limit", [30, 256])
@pytest.mark.parametrize("text", ["_" * 5_000, "a " * 2_500, "🧪" * 5_000, *NASTY])
def test_escapes_count_and_no_escape_is_cut_in_two(text: str, limit: int) -> None:
    written = paper_text(text, limit)

    assert length(written) <= limit
    assert active_markup(written) == []
    assert not written.endswith("\\") or written.endswith("\\\\")


def test_arxivs_own_links_stay_links() -> None:
    text = "See https://arxiv.org/abs/2601.13824, and (https://arxiv.org/pdf/2601.13824v1)."

    assert escape(text) == text


def test_names_that_look_like_hosts_stay_readable() -> None:
    assert escape("Booking.com and cs.AI, scored by pass@k") == (
        "Booking.com and cs.AI, scored by pass@\u2060k"
    )


def test_a_models_lists_stay_lists_and_its_other_markup_is_shown() -> None:
    written = model_text("Two things:\n\n* **one**\n* two\n\n1. first\n# heading")

    assert written == ("Two things:\n\n- \\*\\*one\\*\\*\n- two\n\n1. first\n\\# heading")


def test_a_small_table_becomes_columns() -> None:
    written = model_text("Results:\n| Model | Score |\n|---|---:|\n| ours | 81.2 |\n| a | 7 |")

    assert written == "Results:\n```\nModel  Score\nours   81.2\na      7\n```"


def test_a_wide_table_becomes_a_list_with_its_columns_names() -> None:
    wide = "a rather long cell of a table that no phone shows in one line"

    written = model_text(
        f"| Model | What it does |\n|---|---|\n| ours | {wide} |\n| *x* | {wide} |"
    )

    assert written == (
        f"- Model: ours · What it does: {wide}\n- Model: \\*x\\* · What it does: {wide}"
    )


def test_nothing_in_a_table_ends_its_code_block() -> None:
    written = model_text("| a |\n| ```@everyone``` |")

    assert written.count("```") == 2


def test_raw_latex_becomes_readable_and_money_stays_money() -> None:
    assert model_text(r"With $\lambda \to \infty$ it costs \$5.") == "With λ→∞ it costs $5."


def test_commands_stand_out_in_our_sentences_and_titles_in_them_do_nothing() -> None:
    written = our_text("Type `list`: “*A* @everyone” matched.\n# 1 comes next.")

    assert written == "Type `list`: “\\*A\\* @\u2060everyone” matched.\n\\# 1 comes next."


def test_an_address_in_content_brings_no_preview_card() -> None:
    text = "2601.13824v1 · https://arxiv.org/abs/2601.13824"

    assert our_text(text, is_content=True) == "2601.13824v1 · <https://arxiv.org/abs/2601.13824>"
