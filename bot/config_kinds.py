"""The kinds of values a setting can have: how each is read, described and written back."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from bot.config_values import (
    LONGEST_TEXT,
    Kind,
    Refused,
    Secret,
    looks_secret,
    shown,
    suggestion,
    text_of,
    with_mend,
    wrong_type,
)
from bot.domain.categories import check_category
from bot.domain.interests import Term, parse_term
from bot.domain.languages import parse_language
from bot.domain.schedule_text import format_weekdays, parse_at, parse_timezone, parse_weekdays
from bot.errors import UserError

T_co = TypeVar("T_co", covariant=True)
E = TypeVar("E", bound=StrEnum)

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SLACK_COMMAND = re.compile(r"[a-z][a-z0-9_-]{0,30}", re.ASCII)


# --- numbers and switches --------------------------------------------------------------------


def yes_no() -> Kind[bool]:
    """True or false."""

    def read(value: object) -> bool:
        if isinstance(value, bool):
            return value
        quoted = isinstance(value, str) and value.strip().lower() in ("true", "false")
        raise with_mend(wrong_type("true or false", value), "remove the quotes" if quoted else "")

    return Kind("true or false", read, {"type": "boolean"}, write=bool, from_text=_switch_of)


def whole(low: int, high: int) -> Kind[int]:
    """A whole number within bounds, both included."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise _no_number("a whole number", value)
        _check_bounds(value, low, high)
        return value

    schema = {"type": "integer", "minimum": low, "maximum": high}
    return Kind(f"whole number, {low} to {high}", read, schema, write=int, from_text=_number_of)


def number(low: float, high: float) -> Kind[float]:
    """A finite number within bounds, both included."""

    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _no_number("a number", value)
        if isinstance(value, float) and not math.isfinite(value):
            raise Refused(("", "is no finite number"))
        _check_bounds(value, low, high)
        return float(value)

    schema = {"type": "number", "minimum": low, "maximum": high}
    return Kind(f"number, {low:g} to {high:g}", read, schema, write=float, from_text=_number_of)


def whole_numbers(low: int, high: int) -> Kind[tuple[int, ...]]:
    """Whole numbers within bounds, each once; in a variable with commas between."""
    kind = many(whole(low, high), at_least=1, distinct=True)
    name = f"whole numbers, {low} to {high}, with commas between"
    return replace(
        kind, name=name, from_text=lambda text: [_number_of(part) for part in text.split(",")]
    )


def _check_bounds(value: float, low: float, high: float) -> None:
    if value < low:
        raise Refused(("", f"{shown(value)} is less than {low:g}"))
    if value > high:
        raise Refused(("", f"{shown(value)} is more than {high:g}"))


def _no_number(wanted: str, value: object) -> Refused:
    quoted = isinstance(value, str) and not isinstance(_number_of(value), str)
    return with_mend(wrong_type(wanted, value), "remove the quotes" if quoted else "")


def _number_of(text: str) -> int | float | str:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def _switch_of(text: str) -> bool | str:
    return {"true": True, "false": False}.get(text.lower(), text)


# --- texts with a form ------------------------------------------------------------------------


def text() -> Kind[str]:
    """Any text that is not empty."""
    return Kind("text", text_of, {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT})


def choice(members: type[E]) -> Kind[E]:
    """One of an enumeration's words."""
    words = [member.value for member in members]
    listed = " or ".join(f"“{word}”" for word in words)

    def read(value: object) -> E:
        word = text_of(value, wanted=listed)
        try:
            return members(word)
        except ValueError:
            raise Refused(("", f"{shown(word)} is not {listed}")) from None

    return Kind(listed, read, {"enum": words})


def shaped(name: str, pattern: re.Pattern[str], example: str) -> Kind[str]:
    """A text that `pattern` matches whole; `example` shows one that does."""

    def read(value: object) -> str:
        found = text_of(value, wanted=name)
        if pattern.fullmatch(found) is None:
            raise Refused(("", f"{shown(found)} is no {name}: write it like {example}"))
        return found

    return Kind(name, read, {"type": "string", "pattern": f"^{pattern.pattern}$"})


def language() -> Kind[str]:
    """A language by its BCP 47 tag, or by its name."""
    return Kind("language tag", _of_domain(parse_language), {"type": "string", "minLength": 2})


def command_name() -> Kind[str]:
    """A slash command without its slash; what Slack and Discord both take."""
    return shaped("command name (small letters, no slash)", _SLACK_COMMAND, "arxiv")


def variable_name() -> Kind[str]:
    """The name of an environment variable; what is refused is never shown: it may be the key."""
    wanted = "the name of an environment variable"

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise wrong_type(wanted, value)
        if _VARIABLE.fullmatch(value) is None or looks_secret(value):
            raise Refused(("", f"must be {wanted} (like OPENAI_API_KEY), never the key itself"))
        return value

    return Kind(wanted, read, {"type": "string", "pattern": f"^{_VARIABLE.pattern}$"})


def file_name() -> Kind[Path]:
    """A file, relative to the configuration's folder."""

    def read(value: object) -> Path:
        return Path(text_of(value, wanted="a file name"))

    return Kind("file name", read, {"type": "string", "minLength": 1})


def web_address() -> Kind[str]:
    """An http(s) address without credentials, query or trailing slash."""

    def read(value: object) -> str:
        address = text_of(value, wanted="a web address")
        try:
            parts = urlsplit(address)
            parts.port  # noqa: B018 - reading it is the check
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.hostname or " " in address:
            raise Refused(("", f"{shown(address)} is no web address: begin with https://"))
        if parts.username is not None or parts.password is not None:
            raise Refused(("", "must not hold a user name or password"))
        if parts.query or parts.fragment:
            raise Refused(("", f"{shown(address)} must end before its “?” or “#”"))
        return address.rstrip("/")

    return Kind("web address", read, {"type": "string", "pattern": "^https?://"})


def secret() -> Kind[Secret]:
    """A token, a key, or an address that may hold a password."""
    return Kind("secret", lambda value: Secret(str(value)), is_secret=True)


# --- times ------------------------------------------------------------------------------------


def clock_time() -> Kind[time]:
    """A time of day."""

    def read(value: object) -> time:
        typed = text_of(value, wanted="a time like “09:00”")
        return _typed(parse_at, typed, "time of day: write it like “09:00”")

    return Kind("time HH:MM", read, {"type": "string"}, write=lambda at: f"{at:%H:%M}")


def weekdays() -> Kind[frozenset[int]]:
    """Days of the week; Monday is 0."""
    wanted = "“weekdays”, “daily” or days like “mon,thu”"

    def read(value: object) -> frozenset[int]:
        if isinstance(value, list) and value:
            return frozenset().union(*_items(value, read_text))
        return read_text(value)

    def read_text(value: object) -> frozenset[int]:
        typed = text_of(value, wanted=wanted)
        return _typed(parse_weekdays, typed, f"choice of days: use {wanted}")

    texts = {"type": "string"}
    schema = {"anyOf": [texts, {"type": "array", "items": texts, "minItems": 1}]}
    return Kind(wanted, read, schema, write=format_weekdays)


def time_zone() -> Kind[str]:
    """An IANA time zone; its city alone will do."""

    def read(value: object) -> str:
        typed = text_of(value, wanted="a time zone")
        hint = suggestion(typed, available_timezones()) or ": use a name like Europe/Berlin"
        return _typed(parse_timezone, typed, f"time zone{hint}")

    return Kind("IANA time zone", read, {"type": "string", "minLength": 1})


def _typed(parse: Callable[[str], T_co], typed: str, otherwise: str) -> T_co:
    """What the chat's grammar reads, refused in the file's words."""
    try:
        return parse(typed)
    except UserError as error:
        raise Refused(("", f"{shown(typed)} is no {otherwise}")) from error


def day() -> Kind[date]:
    """A calendar day, YYYY-MM-DD."""

    def read(value: object) -> date:
        found = text_of(value, wanted="a day like “2026-12-25”")
        try:
            if _DAY.fullmatch(found) is None:  # fromisoformat reads week dates too
                raise ValueError(found)  # noqa: TRY301 - one sentence for both faults
            return date.fromisoformat(found)
        except ValueError:
            why = f"{shown(found)} is no day: write it like “2026-12-25”"
            raise Refused(("", why)) from None

    schema = {"type": "string", "format": "date"}
    return Kind("day YYYY-MM-DD", read, schema, write=date.isoformat)


# --- arXiv's and ours -------------------------------------------------------------------------


def category() -> Kind[str]:
    """One of arXiv's categories."""
    return Kind("arXiv category", _of_domain(check_category), {"type": "string"})


def term() -> Kind[Term]:
    """A keyword in the filter grammar; the seed's plain texts are terms too."""
    schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
    return Kind("keyword", _of_domain(parse_term), schema)


def _of_domain(parse: Callable[[str], T_co]) -> Callable[[object], T_co]:
    """A reader that lets the domain decide, in the domain's words."""

    def read(value: object) -> T_co:
        found = text_of(value)
        try:
            return parse(found)
        except UserError as error:
            raise Refused(("", str(error).removesuffix("."))) from error

    return read


def many(
    kind: Kind[T_co], *, at_least: int = 0, at_most: int = 500, distinct: bool = False
) -> Kind[tuple[T_co, ...]]:
    """A list of `kind`; every bad item is named."""

    def read(value: object) -> tuple[T_co, ...]:
        if not isinstance(value, list):
            mend = "put it in brackets: [ ]" if isinstance(value, str) else ""
            raise with_mend(wrong_type("a list", value), mend)
        if len(value) < at_least:
            raise Refused(("", "is an empty list: name at least one"))
        if len(value) > at_most:
            raise Refused(("", f"has {len(value)} items, more than {at_most}"))
        found = _items(value, kind.read)
        if distinct and len(set(found)) < len(found):
            raise Refused(*_repeats(value, found))
        return found

    schema = {
        "type": "array",
        "items": dict(kind.schema),
        "minItems": at_least,
        "maxItems": at_most,
        "uniqueItems": distinct,
    }
    return Kind(
        f"list of: {kind.name}",
        read,
        schema,
        write=lambda items: [kind.write(item) for item in items],
    )


def _items(values: list[object], read: Callable[[Any], T_co]) -> tuple[T_co, ...]:
    found: list[T_co] = []
    faults: list[tuple[str, str]] = []
    for index, value in enumerate(values):
        try:
            found.append(read(value))
        except Refused as refused:
            faults += [(f"[{index}]{where}", why) for where, why in refused.faults]
    if faults:
        raise Refused(*faults)
    return tuple(found)


def _repeats(values: list[object], found: tuple[object, ...]) -> list[tuple[str, str]]:
    return [
        (f"[{index}]", f"{shown(values[index])} stands there twice: remove one")
        for index, item in enumerate(found)
        if item in found[:index]
    ]
