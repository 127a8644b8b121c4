"""What people write to us, and which papers a text is about."""

from __future__ import annotations

import pytest

from adapters.discord.mentions import command_of_text
from adapters.discord.papers import papers_in
from adapters.discord.reactions import vote_of
from bot.command_text import parse_command
from bot.domain.papers import ArxivId
from bot.domain.thumbs import Vote
from bot.errors import UserError

PAPER = ArxivId("2601.13824")


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("list", "list"),
        ("2601.13824", "summarize 2601.13824"),
        ("can you summarise https://arxiv.org/abs/2601.13824v2 please?", "summarize 2601.13824v2"),
        ("2601.13824 which data did they use?", "ask 2601.13824 which data did they use?"),
        ("what is new in arXiv:2601.13824?", "ask 2601.13824 what is new in"),
        ("tl;dr of 2601.13824?", "summarize 2601.13824"),
    ],
)
def test_the_grammar_first_then_whatever_names_one_paper(text: str, typed: str) -> None:
    assert command_of_text(text) == parse_command(typed)


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("", "summarize 2601.13824"),
        ("summarise", "summarize 2601.13824"),
        ("similar", "similar 2601.13824"),
        ("👍", "like 2601.13824"),
        ("which data did they use?", "ask 2601.13824 which data did they use?"),
        ("list", "list"),
        ("search attention", "search attention"),
    ],
)
def test_in_reply_to_a_paper_its_name_need_not_be_said(text: str, typed: str) -> None:
    assert command_of_text(text, PAPER) == parse_command(typed)


@pytest.mark.parametrize("text", ["subscrbe cs.LG", "compare 2601.13824 with 2601.13825"])
def test_what_is_neither_gets_the_grammars_sentence(text: str) -> None:
    with pytest.raises(UserError, match="is not a command"):
        command_of_text(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://arxiv.org/abs/2601.13824v2.", ["2601.13824"]),
        (
            "(https://arxiv.org/pdf/2601.13824.pdf) and arXiv:hep-th/9901001!",
            ["2601.13824", "hep-th/9901001"],
        ),
        ("[paper](https://www.arxiv.org/abs/2601.13824)", ["2601.13824"]),
        ("<https://arxiv.org/abs/2601.13824> https://arxiv.org/html/2601.13824v1", ["2601.13824"]),
        ("https://doi.org/10.48550/arXiv.2601.13824", ["2601.13824"]),
        ("https://arxiv.org/list/cs.CL/new and https://evil.example/arxiv", []),
        ("https://arxiv.org/abs/" + "9" * 5000, []),
    ],
)
def test_links_to_papers_in_running_text(text: str, found: list[str]) -> None:
    assert [each.value for each in papers_in(text)] == found


@pytest.mark.parametrize(
    ("emoji", "vote"),
    [("👍", Vote.UP), ("👍🏿", Vote.UP), ("👎🏻", Vote.DOWN), ("🎉", None), ("thumbsup", None)],
)
def test_thumbs_in_every_skin_tone(emoji: str, vote: Vote | None) -> None:
    assert vote_of(emoji) is vote
