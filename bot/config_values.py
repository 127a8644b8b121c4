"""Values of settings: how one is refused, quoted in a message, and kept secret."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)

LONGEST_TEXT = 500
_SHOWN_CHARACTERS = 40
# Beginnings of Slack's and OpenAI-style keys, and the shape of a Discord bot token.
_SECRET = re.compile(
    r"\b(?:xox[a-z]-|xapp-|sk-)[A-Za-z0-9-]{8,}"
    r"|\b[A-Za-z0-9_-]{23,28}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}"
)


class Refused(Exception):  # noqa: N818 - it never leaves the configuration rooms
    """A value that cannot be taken: where (below the setting, "" for itself) and why."""

    def __init__(self, *faults: tuple[str, str]) -> None:
        super().__init__(faults)
        self.faults = faults


class Secret:
    """A text that shows itself only when asked to."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself; for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True, slots=True)
class Kind(Generic[T_co]):
    """One kind of value."""

    name: str  # for the table: "whole number, 1 to 50"
    read: Callable[[Any], T_co]  # from a JSON value; raises Refused
    schema: Mapping[str, Any] = field(default_factory=dict)  # JSON Schema, draft 2020-12
    write: Callable[[Any], Any] = str  # back to a JSON value
    from_text: Callable[[str], Any] = str  # an environment variable's text to a JSON value
    is_secret: bool = False


def shown(value: object) -> str:
    """`value` as it may be quoted in a message: short, on one line, no secrets."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if not isinstance(value, str):
        try:
            return _cut(json.dumps(value))
        except ValueError:  # an integer beyond Python's digit limit
            return "a number too long to show"
    if looks_secret(value):
        return "“***”"
    return f"“{_cut(' '.join(value.encode('utf-8', 'replace').decode().split()))}”"


def looks_secret(text: str) -> bool:
    """Whether `text` holds what looks like a token or an API key."""
    return _SECRET.search(text) is not None


def suggestion(word: str, known: Iterable[str]) -> str:
    """A question for the nearest of `known`, or nothing when none is near."""
    by_fold = {name.casefold(): name for name in known}
    near = get_close_matches(word.casefold()[:100], list(by_fold), n=1, cutoff=0.7)
    return f": did you mean “{by_fold[near[0]]}”?" if near else ""


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"


def _found(value: object) -> str:
    """What stands there, with its JSON type."""
    match value:
        case None:
            return "null"
        case bool():
            return f"{shown(value)} (yes or no)"
        case int() | float():
            return f"the number {shown(value)}"
        case str():
            return f"the text {shown(value)}"
        case _:
            return shown(value)


def wrong_type(wanted: str, value: object) -> Refused:
    """The refusal of a value of another type."""
    mend = ": leave the key out for its default" if value is None else ""
    return Refused(("", f"must be {wanted}, found {_found(value)}{mend}"))


def text_of(value: object, *, wanted: str = "text") -> str:
    """`value` as a text of printable characters, stripped; raises Refused."""
    if not isinstance(value, str):
        raise wrong_type(wanted, value)
    if not value.strip():
        raise Refused(("", "is empty: write something or leave the key out"))
    if len(value) > LONGEST_TEXT:
        raise Refused(("", f"is longer than {LONGEST_TEXT} characters"))
    if any(character < " " or "\ud800" <= character <= "\udfff" for character in value):
        raise Refused(("", f"{shown(value)} holds characters that cannot be printed"))
    if looks_secret(value):
        raise Refused(("", "looks like a secret: secrets belong in environment variables"))
    return value.strip()


def with_mend(refused: Refused, mend: str) -> Refused:
    """`refused` with the mend after each fault; unchanged where there is none."""
    if not mend:
        return refused
    return Refused(*((where, f"{why}: {mend}") for where, why in refused.faults))
