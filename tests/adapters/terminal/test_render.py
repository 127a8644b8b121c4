"""What the terminal shows."""

import json

import pytest
from rich.text import Text

from adapters.terminal.render import TerminalRenderer, digest_payload
from bot.domain.commands import Reply
from bot.domain.inert import visible
from tests.fakes.digests import DIGEST, EMPTY_DIGEST, HOSTILE_TEXTS, digest_titled

CATEGORIES = ("cs.LG", "cs.CL")


def shown(payload: str) -> str:
    return Text.from_markup(json.loads(payload)["markup"]).plain


def test_a_digest_shows_each_paper_with_its_score_reasons_and_summary() -> None:
    text = shown(digest_payload(DIGEST, CATEGORIES))

    assert text.splitlines()[:8] == [
        "arXiv digest · Wed 21 Jan 2026",
        "2 papers of 40 that matched, 725 announced in cs.LG, cs.CL",
        "",
        " 1. Sharing KV Caches between Models  3.2",
        "    Ana García-Sánchez, Wei Li",
        "    cs.LG, cs.CL · new · 2601.13824v1 · https://arxiv.org/abs/2601.13824",
        "    why kv cache +2.0 (title+abstract) · memory +1.2 (abstract)",
        "    Contributions",
    ]
    assert "small-model · read: PDF" in text


def test_an_empty_digest_shows_its_reason() -> None:
    text = shown(digest_payload(EMPTY_DIGEST, CATEGORIES))

    assert EMPTY_DIGEST.silence_reason in text


@pytest.mark.parametrize("title", HOSTILE_TEXTS)
def test_a_title_is_shown_as_it_is_and_never_as_markup(title: str) -> None:
    [one_line] = {" ".join(visible(title).split())}

    text = shown(digest_payload(digest_titled(title), CATEGORIES))

    assert one_line in " ".join(text.split())


def test_commands_in_a_reply_stand_out_and_lose_their_backticks() -> None:
    [payload] = TerminalRenderer().reply(Reply("Type `list`, then `help`."))

    assert shown(payload) == "Type list, then help."
    assert "[bold cyan]list[/bold cyan]" in json.loads(payload)["markup"]


def test_a_lone_backtick_stays() -> None:
    [payload] = TerminalRenderer().reply(Reply("a ` b"))

    assert shown(payload) == "a ` b"
