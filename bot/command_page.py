"""docs/reference/commands.md, made from the verbs and the command line themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from inspect import cleandoc

import click

from bot.cli import papercourier
from bot.domain.verbs import VERBS, Verb

_PAGE = """\
# Commands

This page is made from the code: `python -m bot.command_page`. `help` and `help subscribe` say the
same where you are.

## What you can say

In Slack after `/arxiv` or a mention of the bot, on Discord as options of `/arxiv`, in a terminal
after `papercourier`. Synonyms are understood in Slack and in mentions.

{verbs}

## What the operator's command line has besides

{commands}
"""


def command_page() -> str:
    """The page as Markdown."""
    return _PAGE.format(
        verbs="\n\n".join("\n\n".join(_verb(verb)) for verb in VERBS),
        commands="\n\n".join("\n\n".join(_command(*each)) for each in _commands(papercourier)),
    )


def _verb(verb: Verb) -> Iterator[str]:
    yield f"### {verb.name}"
    yield f"`{verb.usage}`: {verb.purpose}"
    if verb.details:
        yield "\n".join(f"- {detail}" for detail in verb.details)
    yield "\n".join(("```", *verb.examples, "```"))
    if verb.synonyms:
        yield f"Also: {', '.join(f'`{word}`' for word in verb.synonyms)}."


def _commands(group: click.Group, *before: str) -> Iterator[tuple[str, click.Command]]:
    """Every command that is no verb, by its name as typed."""
    verbs = {verb.name for verb in VERBS}
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from _commands(command, *before, name)
        elif name not in verbs:
            yield " ".join((*before, name)), command


def _command(name: str, command: click.Command) -> Iterator[str]:
    yield f"### papercourier {name}"
    with click.Context(command) as context:
        words = " ".join(command.collect_usage_pieces(context))
        yield f"`papercourier {name} {words}`"
        yield cleandoc(command.help or "")
        options = [
            record
            for each in command.get_params(context)
            if isinstance(each, click.Option)
            and "--help" not in each.opts
            and (record := each.get_help_record(context))
        ]
    if options:
        yield "\n".join(f"- `{option}`{f': {about}' if about else ''}" for option, about in options)


if __name__ == "__main__":
    sys.stdout.write(command_page())
