"""What people type after the slash: a command, or the wish for a form."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.slack.mentions import names_paper, read_sentence
from bot.command_text import parse_command
from bot.domain.chat_text import undo_chat
from bot.domain.commands import Command
from bot.domain.verbs import find_verb
from bot.errors import UserError

_MOST_DIGITS = 6


@dataclass(frozen=True, slots=True)
class FormWish:
    """Somebody wants to fill in rather than to type."""

    kind: str  # "subscribe", "edit", "settings"
    number: int | None = None  # of the subscription to edit; None for the only one


def read_typed(text: str) -> Command | FormWish:
    """The command that was typed, or the form for it where nothing follows the verb.

    A sentence about a paper is understood as well. Raises UserError as `parse_command` does.
    """
    if (wish := form_wish(text)) is not None:
        return wish
    try:
        return parse_command(text)
    except UserError:
        if find_verb(text.split(maxsplit=1)[0]) is None and names_paper(text):
            return read_sentence(text)
        raise


def form_wish(text: str) -> FormWish | None:
    """The form that a bare `subscribe`, `settings`, `edit` or `edit 2` asks for."""
    verb, *rest = undo_chat(text).split() or [""]
    known = find_verb(verb)
    if known is None:
        return None
    if known.name in ("subscribe", "settings") and not rest:
        return FormWish(known.name)
    if known.name != "edit" or len(rest) > 1:
        return None
    number = rest[0].removeprefix("#") if rest else ""
    if rest and not (number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS):
        return None
    return FormWish("edit", int(number) if number else None)
