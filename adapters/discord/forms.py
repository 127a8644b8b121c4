"""Forms for `subscribe`, `edit` and `settings` when they come with nothing to do.

A form carries all it needs in its custom_id, so one that was opened before a restart can be sent
after it. What is filled in becomes words of the grammar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord
from discord import ui

from adapters.discord.limits import length
from bot.command_text import parse_words
from bot.domain.categories import is_category
from bot.domain.commands import Command
from bot.domain.subscription_text import format_changes
from bot.domain.subscriptions import Subscription
from bot.domain.words import split_words
from bot.errors import UserError

MOST_CHARACTERS: Final = 4_000  # of one field
_CUSTOM_ID: Final = re.compile(
    r"pc:form:(?P<verb>subscribe|settings|edit)(?::(?P<number>\d{1,6}))?"
)
_NOTHING: Final = "none"  # kw:none empties a list


@dataclass(frozen=True, slots=True)
class Field:
    """One line, or a few, of a form."""

    name: str
    label: str  # at most 45 characters
    hint: str  # at most 100
    key: str = ""  # of the grammar; "" where words of several keys stand together
    is_long: bool = False


FIELDS: Final = (
    Field("categories", "Categories", "Like cs.CL stat.ML"),
    Field(
        "keywords", "Keywords", 'Like "speculative decoding", LLM^2, quantiz*', "kw", is_long=True
    ),
    Field("exclude", "Leave out", "Papers with these words, like survey", "not"),
    Field("authors", "Follow authors", 'Like "Tri Dao"', "author"),
    Field(
        "more", "Everything else", "Like at:09:00 on:weekdays tz:Europe/Berlin min:2 top:10 lang:de"
    ),
)
_TITLES: Final[Mapping[str, str]] = {
    "subscribe": "Subscribe this channel",
    "settings": "What new subscriptions start from",
    "edit": "Subscription",
}


@dataclass(frozen=True, slots=True)
class Form:
    """Which form was sent."""

    verb: str
    number: int | None = None  # of the subscription that is edited

    @property
    def custom_id(self) -> str:
        """What Discord gives back with the form."""
        return f"pc:form:{self.verb}" + ("" if self.number is None else f":{self.number}")

    @classmethod
    def read(cls, custom_id: str) -> Form | None:
        """The form with this custom_id; None for a foreign one."""
        match = _CUSTOM_ID.fullmatch(custom_id)
        if match is None or (match["verb"] == "edit") != (match["number"] is not None):
            return None
        return cls(match["verb"], int(match["number"]) if match["number"] else None)


class FilterForm(ui.Modal):
    """The form itself. Discord shows it, and whoever listens for its custom_id reads it."""

    def __init__(self, form: Form, filled: Mapping[str, str]) -> None:
        number = "" if form.number is None else f" {form.number}"
        super().__init__(title=_TITLES[form.verb] + number, custom_id=form.custom_id)
        for each in FIELDS:
            style = discord.TextStyle.paragraph if each.is_long else discord.TextStyle.short
            entry: ui.TextInput[Any] = ui.TextInput(
                custom_id=each.name,
                style=style,
                placeholder=each.hint,
                required=False,
                default=filled.get(each.name) or None,
                max_length=MOST_CHARACTERS,
            )
            self.add_item(ui.Label(text=each.label, component=entry))
        # discord.py would remember it until it is sent; nobody needs to.
        self.stop()


def filled_with(subscription: Subscription) -> dict[str, str]:
    """A subscription as the fields of its form. Raises UserError where one would not fit."""
    written: dict[str, list[str]] = {each.name: [] for each in FIELDS}
    _, *words = split_words(format_changes(subscription))
    for word in words:
        name, text = _field_of(word)
        written[name].append(text)
    joined = {
        each.name: (", " if each.key in ("not", "author") else " ").join(written[each.name])
        for each in FIELDS
    }
    if any(length(text) > MOST_CHARACTERS for text in joined.values()):
        raise UserError(
            f"Subscription {subscription.number} is too long for a form: change it with options, "
            f"as in `edit {subscription.number} top:5`."
        )
    return joined


def command_of_form(form: Form, filled: Mapping[str, str]) -> Command:
    """What a form that was sent means. Raises UserError."""
    words = list(_words(form, filled))
    if form.verb == "edit":
        words.insert(0, str(form.number))
    return parse_words((form.verb, *words))


def fields_of(components: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What was entered, by field, from the components of a form as Discord sends them."""
    entered: dict[str, str] = {}
    for component in components:
        if "component" in component:
            entered |= fields_of([component["component"]])
        elif "components" in component:
            entered |= fields_of(component["components"])
        elif isinstance(component.get("value"), str):
            entered[str(component.get("custom_id"))] = component["value"]
    return entered


def _words(form: Form, filled: Mapping[str, str]) -> Iterator[str]:
    for each in FIELDS:
        text = " ".join(filled.get(each.name, "").split())
        if each.key and text:
            yield f"{each.key}:{text}"
        elif each.key and form.verb == "edit":
            # It stood there filled in: whoever emptied it wants it empty.
            yield f"{each.key}:{_NOTHING}"
        elif text:
            yield from split_words(text)


def _field_of(word: str) -> tuple[str, str]:
    if is_category(word):
        return "categories", word
    if word.startswith("kw:"):
        return "keywords", word.removeprefix("kw:")
    if word.startswith("-"):
        return "exclude", word.removeprefix("-")
    if word.startswith("@"):
        return "authors", word.removeprefix("@")
    return "more", word
