"""`/arxiv` as Discord knows it: one command, a subcommand for each verb, typed options."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import discord
from discord import app_commands

from adapters.discord.options import Kind, Option, Source, options_of
from bot.domain.text import shorten
from bot.domain.verbs import VERBS, Verb

MENU_NAME: Final = "Summarise this paper"
_MOST_DESCRIPTION: Final = 100  # characters
_MOST_CHOICES: Final = 25

Called = Callable[[discord.Interaction[Any], str, Mapping[str, Any]], Awaitable[None]]
Suggest = Callable[
    [discord.Interaction[Any], Source, str], Awaitable[list[app_commands.Choice[Any]]]
]
Chosen = Callable[[discord.Interaction[Any], discord.Message], Awaitable[None]]

_ANNOTATIONS: Final[Mapping[Kind, Any]] = {
    Kind.TEXT: str,
    Kind.WHOLE: int,
    Kind.NUMBER: float,
    Kind.SWITCH: bool,
    Kind.FILE: discord.Attachment,
    Kind.ROLE: discord.Role,
}


def root_command(name: str, *, called: Called, suggest: Suggest) -> app_commands.Group:
    """`/name` with every verb. `called` gets the verb and the options that were filled in."""
    group = app_commands.Group(name=name, description="Each day's arXiv papers that matter")
    for verb in VERBS:
        group.add_command(_subcommand(verb, called, suggest))
    return group


def context_menu(chosen: Chosen) -> app_commands.ContextMenu:
    """The entry in the menu of every message."""

    async def summarise(interaction: discord.Interaction[Any], message: discord.Message) -> None:
        await chosen(interaction, message)

    return app_commands.ContextMenu(name=MENU_NAME, callback=summarise)


def _subcommand(
    verb: Verb, called: Called, suggest: Suggest
) -> app_commands.Command[Any, ..., None]:
    options = options_of(verb.name)

    async def callback(interaction: discord.Interaction[Any], **given: Any) -> None:
        said = {name: value for name, value in given.items() if value is not None}
        await called(interaction, verb.name, said)

    # discord.py reads the options off the signature; ours come from the table.
    callback.__signature__ = _signature(options)  # type: ignore[attr-defined]
    described = app_commands.describe(**{each.name: each.about for each in options})(callback)
    if with_choices := [each for each in options if each.choices]:
        app_commands.choices(**{each.name: _choices(each) for each in with_choices})(described)
    if with_source := [each for each in options if each.source]:
        app_commands.autocomplete(
            **{each.name: _suggesting(each.source, suggest) for each in with_source if each.source}
        )(described)
    purpose = verb.purpose.rstrip(".")
    return app_commands.Command(
        name=verb.name,
        description=shorten(purpose[0].upper() + purpose[1:], _MOST_DESCRIPTION),
        callback=described,
    )


def _signature(options: tuple[Option, ...]) -> inspect.Signature:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter("interaction", kind, annotation=discord.Interaction)]
    for each in sorted(options, key=lambda option: not option.is_required):
        default = inspect.Parameter.empty if each.is_required else None
        parameters.append(
            inspect.Parameter(each.name, kind, annotation=_annotation(each), default=default)
        )
    return inspect.Signature(parameters)


def _annotation(option: Option) -> Any:
    if option.most is None:
        return _ANNOTATIONS[option.kind]
    if option.kind is Kind.NUMBER:
        return app_commands.Range[float, float(option.least or 0), float(option.most)]
    # Of a text, these are its lengths.
    kind = str if option.kind is Kind.TEXT else int
    return app_commands.Range[kind, int(option.least or 0), int(option.most)]


def _choices(option: Option) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=each, value=each) for each in option.choices[:_MOST_CHOICES]]


def _suggesting(source: Source, suggest: Suggest) -> Any:
    async def complete(
        interaction: discord.Interaction[Any], current: Any
    ) -> list[app_commands.Choice[Any]]:
        found = await suggest(interaction, source, str(current))
        return found[:_MOST_CHOICES]

    return complete
