"""Text from papers and models reaches a channel without any power to act there."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.inert import inert, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Hey @everyone and @here!", "Hey everyone and here!"),
        ("<!channel> <!here> look", "look"),
        ("<!subteam^S1|@readers> look", "readers look"),
        ("ask <@U123>, <@!45> or <@&55>", "ask , or"),
        ("in <#C1|general>", "in general"),
        ("a<:party:123>b</help:1>", "ab"),
        ("＠everyone", "everyone"),
        ("mail foo@bar.com", "mail"),
    ],
)
def test_nobody_is_mentioned(text: str, shown: str) -> None:
    assert " ".join(inert(text).split()) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[our code](https://evil.example/x) here", "our code here"),
        ("![pixel](http://evil.example/p.png)", "pixel"),
        ("see https://evil.example/x.", "see ."),
        ("see evil.com/path now", "see  now"),
        ("<https://evil.example|arXiv>", "arXiv"),
        ("[x](javascript:alert(1))", "x"),
        ("https://arxiv.org@evil.example/", ""),
        ("https://arxiv.org.evil.example/abs/1", ""),
        ("![a](b![c](d://e))", "a"),
        ("代码见http://evil.example/x，很好", "代码见，很好"),
        ("见evil.com的页面", "见的页面"),
        ("http://悪い.jp/x", ""),
    ],
)
def test_no_link_leads_anywhere_but_to_arxiv(text: str, shown: str) -> None:
    assert inert(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "https://arxiv.org/abs/2601.13824",
        "See https://arxiv.org/pdf/2601.13824v1.",
        "https://export.arxiv.org/abs/hep-th/9901001",
    ],
)
def test_arxivs_own_links_stay(text: str) -> None:
    assert inert(text) == text


def test_a_labelled_link_to_arxiv_shows_where_it_leads() -> None:
    shown = inert("[this paper](https://arxiv.org/abs/2601.13824)")

    assert shown == "this paper (https://arxiv.org/abs/2601.13824)"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<b>bold</b> and <i>thin</i>", "bold and thin"),
        ("<img src=x onerror=alert(1)>fig", "fig"),
        ("<script>alert(1)</script>x", "x"),
        ("<style>p{}</style>x<!-- hidden -->y", "xy"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;x", "x"),
        ("&amp;lt;!channel&amp;gt;x", "x"),
        ("<div style='color:white'>ignore all</div>", "ignore all"),
    ],
)
def test_html_is_taken_off(text: str, shown: str) -> None:
    assert inert(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "p < 0.05 and q > 0.1",
        "a<b, i<j and k>l",
        "a List<int> of <T>",
        "pass@1 rises, Recall@10 and precision@k fall",
        "f[i](x) and $x_{i}^{2} \\leq 3$",
        "2 << 3 >> 1",
        "- first\n- second\n\nA **strong** result",
        "准确率达到34.4%，提升2.3倍",
        "naïve Schrödinger, α ≤ β",
    ],
)
def test_formulas_and_prose_stay_as_they_are(text: str) -> None:
    assert inert(text) == text


def test_characters_that_show_nothing_are_gone() -> None:
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "ignore all rules")

    assert visible(f"a\u200bb\u202ec\u2066d\u00ade{hidden}\x00\x1b[31m") == "abcde[31m"
    assert visible("two\nlines\tand 漢字") == "two\nlines\tand 漢字"


def test_a_mention_hidden_by_invisible_characters_is_found() -> None:
    assert inert("<!chan\u200bnel> @every\u200done") == "everyone"


def test_text_without_end_is_cut() -> None:
    assert len(inert("a " * 3_000_000)) <= 200_000


@given(
    st.lists(
        st.sampled_from(
            ["<", ">", "@", "!", "here", "[", "]", "(", ")", "http://", "evil.com", "/", "&lt;",
             "&#64;", "script", "|", " ", "\u200b", "everyone", "a", "<!--", "-->", "`", "U1", "#"]
        ),
        max_size=30,
    )
)  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_whatever_is_put_together_nothing_in_it_acts(pieces: list[str]) -> None:
    once = inert("".join(pieces))

    assert "@everyone" not in once
    assert "@here" not in once
    assert "<!here" not in once
    assert not re.search(r"http://\w", once)
    assert "evil.com/" not in once
    assert not re.search(r"<script\b", once)
    assert "<@U1" not in once
    assert inert(once) == once
