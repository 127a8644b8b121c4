"""The typed options of each verb, and the words of the grammar they stand for.

Discord asks for options where other platforms have a line of text. Both say the same: options
become words, the words go through the one grammar, and what is wrong is said in its sentences.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from bot.command_text import parse_words
from bot.domain.commands import Command, Help
from bot.domain.interests import Formula, split_words
from bot.domain.verbs import VERBS
from bot.errors import UserError


class Kind(StrEnum):
    """What Discord lets people enter."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    SWITCH = "switch"
    FILE = "file"
    ROLE = "role"


class Source(StrEnum):
    """Where suggestions come from while somebody types."""

    CATEGORIES = "categories"
    SUBSCRIPTIONS = "subscriptions"
    PAPERS = "papers"
    ZONES = "zones"
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a verb; `words` turns what was entered into words of the grammar."""

    name: str
    about: str  # at most 100 characters, and all of a command's texts 8,000 together
    kind: Kind = Kind.TEXT
    is_required: bool = False
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    source: Source | None = None
    words: Callable[[Any], Sequence[str]] = lambda value: (str(value),)


def _keyed(key: str) -> Callable[[Any], Sequence[str]]:
    return lambda value: (f"{key}:{value}",)


def _sentence(value: Any) -> Sequence[str]:
    """One sentence, commas and all; several are for `filters`."""
    return (f'about:"{str(value).replace(chr(34), "").strip()}"',)


def _off(value: Any) -> Sequence[str]:
    return ("off",) if value else ()


def _switched(key: str) -> Callable[[Any], Sequence[str]]:
    return lambda value: (f"{key}:{'on' if value else 'off'}",)


def _role(value: Any) -> Sequence[str]:
    """The role chosen, by its ID: `value` is Discord's."""
    if value.is_default():
        raise UserError("Everybody is no role I would notify: choose one that people took on.")
    return (f"role:{value.id}",)


def _separated(value: Any) -> Sequence[str]:
    return tuple(word for word in re.split(r"[\s,;+]+", str(value)) if word)


_NUMBER: Final = Option(
    "number",
    "Which subscription; may be left out where there is one",
    Kind.WHOLE,
    least=1,
    most=999_999,
    source=Source.SUBSCRIPTIONS,
)
_PAPER: Final = Option(
    "paper",
    "An arXiv ID or link; words of a recent title bring suggestions",
    source=Source.PAPERS,
    words=lambda value: ("".join(str(value).split()),),
)
_WHICH_PAPER: Final = replace(_PAPER, is_required=True)

_FILTERS: Final = (
    Option(
        "categories",
        "Like cs.CL cs.LG",
        source=Source.CATEGORIES,
        words=_separated,
    ),
    Option("keywords", "Like speculative decoding, LLM^2, quantiz*", words=_keyed("kw")),
    Option("about", "Say in a sentence what you are after", words=_sentence),
    Option("exclude", "Leave out papers with these words", words=_keyed("not")),
    Option("authors", "Follow these authors, with commas between", words=_keyed("author")),
    Option(
        "min_score",
        "The score a paper needs",
        Kind.NUMBER,
        least=0,
        most=1000,
        words=lambda value: (f"min:{value:g}",),
    ),
    Option(
        "max_papers", "Most papers in a digest", Kind.WHOLE, least=1, most=50, words=_keyed("top")
    ),
    Option("at", "Time of day, like 09:00", words=_keyed("at")),
    Option("on", "Days: weekdays, daily, mon,thu", source=Source.DAYS, words=_keyed("on")),
    Option("timezone", "Like Europe/Berlin", source=Source.ZONES, words=_keyed("tz")),
    Option("language", "Of summaries, like en or de", words=_keyed("lang")),
    Option("thread", "Put details into a thread", Kind.SWITCH, words=_switched("thread")),
    Option("cross_lists", "Also cross-listed papers", Kind.SWITCH, words=_switched("cross")),
    Option("revisions", "Also new versions", Kind.SWITCH, words=_switched("revisions")),
    Option(
        "days",
        "Days a catch-up reaches back",
        Kind.WHOLE,
        least=1,
        most=30,
        words=_keyed("days"),
    ),
    Option(
        "formula",
        "How papers are scored",
        choices=tuple(each.value for each in Formula),
        words=_keyed("formula"),
    ),
    Option("role", "Notify this role of each digest", Kind.ROLE, words=_role),
    Option("empty", "Say when a day brought nothing", Kind.SWITCH, words=_switched("empty")),
    Option("learning", "Let thumbs move the ranking", Kind.SWITCH, words=_switched("learning")),
    Option(
        "filters",
        'All of it as text: kw:"kv cache",LLM^2 -survey top:5',
        words=lambda value: split_words(str(value)),
    ),
)
_TRIED_FILTERS: Final = tuple(
    replace(each, about="Look at so many announcement days", most=14)
    if each.name == "days"
    else each
    for each in _FILTERS
)
DOCUMENT: Final = "file"  # of `import`: its content arrives as the word after the verb

# For a verb that has no row below.
_ANYTHING: Final = Option("text", "What follows it", words=lambda value: split_words(str(value)))
_OPTIONS: Final[Mapping[str, tuple[Option, ...]]] = MappingProxyType(
    {
        "subscribe": _FILTERS,
        "list": (),
        "edit": (_NUMBER, *_FILTERS),
        "unsubscribe": (_NUMBER,),
        "pause": (_NUMBER,),
        "resume": (_NUMBER,),
        "preview": (_NUMBER, *_TRIED_FILTERS),
        "now": (_NUMBER,),
        "summarize": (_WHICH_PAPER,),
        "ask": (
            _WHICH_PAPER,
            Option("question", "What you want to know of it", is_required=True, least=1, most=1000),
        ),
        "search": (
            Option("query", "Plain words, or like au:Dao AND ti:attention", is_required=True),
        ),
        "similar": (_WHICH_PAPER,),
        "why": (_WHICH_PAPER,),
        "like": (_WHICH_PAPER,),
        "dislike": (_WHICH_PAPER,),
        "unlike": (_WHICH_PAPER,),
        "forget": (_NUMBER,),
        "settings": _FILTERS,
        "status": (),
        "feed": (_NUMBER, Option("off", "End that address", Kind.SWITCH, words=_off)),
        "export": (),
        "import": (
            Option(DOCUMENT, "The file that export gave you", Kind.FILE),
            Option("json", "Or its content, pasted"),
        ),
        "help": (
            Option("command", "Say more about one", choices=tuple(each.name for each in VERBS)),
        ),
    }
)


def options_of(verb: str) -> tuple[Option, ...]:
    """The options of a verb."""
    return _OPTIONS.get(verb, (_ANYTHING,))


def command_of(verb: str, given: Mapping[str, Any]) -> Command:
    """The command that a verb with these options means; options left out are not in `given`.

    Raises UserError with a sentence that names the mend.
    """
    if verb == "help":  # its choice is a verb already
        return Help(given.get("command"))
    return parse_words((verb, *_words(verb, given)))


def _words(verb: str, given: Mapping[str, Any]) -> Iterator[str]:
    for option in options_of(verb):
        if option.name in given and str(given[option.name]).strip():
            yield from option.words(given[option.name])


FORMS: Final = ("subscribe", "edit", "settings")  # bare, these open a form


def wants_form(verb: str, given: Mapping[str, Any]) -> bool:
    """Whether so little was said that a form helps: `subscribe`, `settings`, `edit 2`."""
    return verb in FORMS and not set(given) - {_NUMBER.name}
