"""Typed options say the same as the grammar."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from discord import AutoShardedClient, Intents
from discord.app_commands import Choice, CommandTree

from adapters.discord.commands import context_menu, root_command
from adapters.discord.options import Kind, Source, command_of, options_of, wants_form
from bot.command_text import parse_command
from bot.domain.verbs import VERBS
from bot.errors import UserError

MOST_OF_A_COMMAND = 8_000


async def nothing(*_: Any) -> None:
    return None


async def no_choice(*_: Any) -> list[Choice[Any]]:
    return []


def described() -> list[dict[str, Any]]:
    """The commands as Discord gets them."""
    client = AutoShardedClient(intents=Intents.none())
    tree: CommandTree[Any] = CommandTree(client)
    tree.add_command(root_command("arxiv", called=nothing, suggest=no_choice))
    tree.add_command(context_menu(nothing))
    return [command.to_dict(tree) for command in tree.get_commands()]


def size_of(entry: dict[str, Any]) -> int:
    own = len(entry.get("name", "")) + len(entry.get("description", ""))
    choices = sum(len(each["name"]) + len(str(each["value"])) for each in entry.get("choices", ()))
    return own + choices + sum(map(size_of, entry.get("options", ())))


@pytest.mark.parametrize(
    ("verb", "given", "typed"),
    [
        (
            "subscribe",
            {
                "categories": "cs.CL, cs.LG",
                "keywords": 'speculative decoding, "kv cache", LLM^2',
                "exclude": "survey, a review",
                "authors": "Tri Dao, Ada Example",
                "min_score": 2.5,
                "max_papers": 5,
                "at": "9am",
                "on": "mon,thu",
                "timezone": "berlin",
                "thread": False,
            },
            (
                'subscribe cs.CL cs.LG kw:"speculative decoding","kv cache",LLM^2 -survey '
                '-"a review" @"Tri Dao" @"Ada Example" min:2.5 top:5 at:9 on:mon,thu '
                "tz:Europe/Berlin thread:off"
            ),
        ),
        (
            "subscribe",
            {"filters": 'cs.CL kw:"kv cache" top:3'},
            'subscribe cs.CL kw:"kv cache" top:3',
        ),
        ("edit", {"number": 2, "max_papers": 5}, "edit 2 top:5"),
        ("edit", {"number": 2, "about": "caches, kept small"}, 'edit 2 about:"caches, kept small"'),
        ("preview", {"days": 5}, "preview days:5"),
        ("pause", {}, "pause"),
        ("pause", {"number": 3}, "pause 3"),
        ("summarize", {"paper": " arXiv: 2601.13824 "}, "summarize 2601.13824"),
        ("ask", {"paper": "2601.13824", "question": "why  so?"}, "ask 2601.13824 why  so?"),
        ("search", {"query": 'au:Dao AND ti:"attention"'}, 'search au:Dao AND ti:"attention"'),
        ("feed", {"number": 2, "off": True}, "feed 2 off"),
        ("feed", {"number": 2, "off": False}, "feed 2"),
        ("help", {"command": "list"}, "help list"),
        ("help", {}, "help"),
    ],
)
def test_options_mean_what_the_typed_line_means(
    verb: str, given: dict[str, Any], typed: str
) -> None:
    assert command_of(verb, given) == parse_command(typed)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"categories": "cs.CLL"}, "did you mean cs.CL"),
        ({"at": "25:00"}, "is not a time of day"),
        ({"timezone": "Berln"}, "Europe/Berlin"),
        ({"at": "9:00", "filters": "at:10:00"}, "stands there twice"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence_with_its_mend(given: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        command_of("subscribe", given)


def test_a_role_is_notified_but_never_everybody() -> None:
    role = SimpleNamespace(id=123456789012345678, is_default=lambda: False)
    everybody = SimpleNamespace(id=1, is_default=lambda: True)

    command = command_of("edit", {"number": 1, "role": role})

    assert command == parse_command("edit 1 role:123456789012345678")
    with pytest.raises(UserError, match="Everybody"):
        command_of("edit", {"number": 1, "role": everybody})


def test_bare_commands_want_a_form_and_others_do_not() -> None:
    assert wants_form("subscribe", {})
    assert wants_form("edit", {"number": 2})
    assert not wants_form("edit", {"number": 2, "at": "9:00"})
    assert not wants_form("list", {})


def test_every_verb_has_a_subcommand_within_discords_limits() -> None:
    root, menu = described()

    subcommands = {each["name"]: each for each in root["options"]}
    assert set(subcommands) == {verb.name for verb in VERBS}
    assert len(subcommands) <= 25
    assert size_of(root) <= MOST_OF_A_COMMAND
    assert menu["name"] == "Summarise this paper"
    for each in subcommands.values():
        assert 1 <= len(each["description"]) <= 100
        assert len(each["options"]) <= 25
        assert all(1 <= len(option["description"]) <= 100 for option in each["options"])


def test_no_verb_falls_back_to_a_line_of_text() -> None:
    assert [
        verb.name for verb in VERBS if [o.name for o in options_of(verb.name)] == ["text"]
    ] == []


def test_numbers_and_papers_come_with_suggestions() -> None:
    sources = {option.source: option.kind for verb in VERBS for option in options_of(verb.name)}

    assert sources[Source.SUBSCRIPTIONS] is Kind.WHOLE
    assert {Source.CATEGORIES, Source.PAPERS, Source.ZONES, Source.DAYS} <= set(sources)
