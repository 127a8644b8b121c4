"""What people write to the bot on Slack, and what is made of it."""

import pytest

from adapters.slack.commands import FormWish, read_typed
from adapters.slack.mentions import read_sentence
from bot.domain.commands import (
    Ask,
    Command,
    Help,
    ListSubscriptions,
    Pause,
    Settings,
    Similar,
    Summarize,
    Why,
)
from bot.domain.papers import ArxivId
from bot.errors import UserError

PAPER = ArxivId("2601.13824")


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("<@U1BOT> list", ListSubscriptions()),
        ("<@U1BOT>", Help()),
        ("hey <@U1BOT>, could you please pause 2", Pause(2)),
        ("<@U1BOT|bot>: summarize 2601.13824", Summarize(PAPER)),
        ("summarise this: https://arxiv.org/abs/2601.13824", Summarize(PAPER)),
        ("<https://arxiv.org/pdf/2601.13824v2>", Summarize(ArxivId("2601.13824", 2))),
        ("<https://arxiv.org/abs/2601.13824|arxiv.org/abs/2601…>", Summarize(PAPER)),
        ("2601.13824?", Summarize(PAPER)),
        ("What is 2601.13824 about?", Summarize(PAPER)),
        ("can you tell me what arXiv:2601.13824 is about please", Summarize(PAPER)),
        ("TL;DR of 2601.13824", Summarize(PAPER)),
        ("similar 2601.13824", Similar(PAPER)),
        ("why 2601.13824", Why(PAPER)),
        (
            "which data does 2601.13824 train on?",
            Ask(PAPER, "which data does it train on?"),
        ),
        (
            "how large is the model in <https://arxiv.org/abs/2601.13824>?",
            Ask(PAPER, "how large is the model in it?"),
        ),
        ("2601.13824: how large is the model?", Ask(PAPER, "how large is the model?")),
    ],
)
def test_a_sentence_becomes_the_command_that_is_meant(text: str, command: Command) -> None:
    assert read_sentence(text) == command


@pytest.mark.parametrize(
    ("text", "helps"),
    [
        ("good morning everybody", "write `help`"),
        ("compare 2601.13824 and 2601.13825", "One paper at a time"),
        ("subscribe cs.XX", "cs.XX"),
        ("what is new?", "write `help`"),
        ("hello", "write `help`"),
        ("pauze", "did you mean `pause`"),
        ("sumarize 2601.13824", "did you mean `summarize`"),
        ("summarize arxiv:banana", "is not an arXiv ID"),
    ],
)
def test_what_cannot_be_meant_gets_a_sentence_that_helps(text: str, helps: str) -> None:
    with pytest.raises(UserError, match=helps):
        read_sentence(text)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("subscribe", FormWish("subscribe")),
        (" Settings ", FormWish("settings")),
        ("edit 2", FormWish("edit", 2)),
        ("edit #3", FormWish("edit", 3)),
        ("edit", FormWish("edit")),
        ("", Help()),
        ("what is 2601.13824 about?", Summarize(PAPER)),
        ("settings learning:off", None),
        ("edit 2 top:5", None),
    ],
)
def test_a_verb_that_says_nothing_more_asks_for_its_form(
    text: str, wish: FormWish | Command | None
) -> None:
    read = read_typed(text)

    if wish is None:
        assert not isinstance(read, FormWish)
    else:
        assert read == wish


@pytest.mark.parametrize(
    ("text", "helps"),
    [
        ("sumarize 2601.13824", "did you mean `summarize`"),
        ("ask 2601.13824", "Name a paper and a question"),
        ("what is new?", "“what” is not a command"),
        ("cs.CL", "for its papers type `subscribe cs.CL`"),
    ],
)
def test_what_is_typed_wrongly_after_the_slash_is_told_with_its_mend(text: str, helps: str) -> None:
    with pytest.raises(UserError, match=helps):
        read_typed(text)


def test_settings_with_words_are_no_wish_for_a_form() -> None:
    assert isinstance(read_typed("settings top:5"), Settings)
