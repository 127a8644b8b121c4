"""JSON as people write it: what is wrong with it, where, and how it is mended."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from bot.errors import UserError

_LARGEST_CHARACTERS = 1_000_000  # a configuration has a few thousand
_MENDS = tuple(  # what stands before the fault, what stands there, the mend; first fit wins
    (re.compile(before), re.compile(there), mend)
    for before, there, mend in (
        (r"^$", r"$", "the file is empty: write { } for all defaults"),
        (r"", r"$", "the file ends too early: a bracket or brace is not closed"),
        (r":$", r"[,}\]]", "a value is missing after the colon"),
        (r",$", r"[}\]]", "remove the comma before this bracket or brace"),
        (r"", r",\s*[}\]]", "remove this comma: nothing comes after it"),
        (r"", r'"', "a comma is missing before this"),
        (r"", r"//|/\*|#", "JSON has no comments: remove this one"),
        (r"", r"'", 'use double quotes (") instead of single ones'),
        (r"", r"[“”„‘’«»]", 'replace the typographic quotes by straight ones (")'),
        (r"", r"(?:True|False|None)\b", "write true, false and null in small letters"),
        (r"", r"[^\W\d]", 'put texts and names into double quotes (")'),
        (r"", r"[\d.+-]", "write numbers like 2.5, without plus sign or leading zeros"),
    )
)
_INSIDE_TEXTS = {
    "Unterminated string": "this text is never closed: add the missing double quote",
    "Invalid control": "a text holds a line break or a tab: write \\n or \\t instead",
    "Invalid \\": "a text holds a stray backslash: write it twice (\\\\)",
    "Extra data": "nothing may follow the end of the settings: remove the rest",
}


class JsonObject(dict[str, Any]):
    """A JSON object that remembers which of its keys stood there twice."""

    repeated: tuple[str, ...] = ()


def parse_json(text: str, *, name: str) -> Any:
    """The JSON value in `text`; its objects are `JsonObject`. `name` is the file's.

    Raises UserError with line and column, and the mend where the fault is a common one.
    """
    if len(text) > _LARGEST_CHARACTERS:
        raise UserError(f"{name} is longer than a million characters: is it the right file?")
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        where = f"{name}, line {error.lineno}, column {error.colno}"
        raise UserError(f"{where}: {_diagnosis(text, error)}.") from error
    except _UnknownConstantError as error:
        raise UserError(f"{name}: {error} is no JSON number: write an ordinary one.") from error
    except RecursionError as error:
        raise UserError(f"{name} is nested too deeply: settings need three levels.") from error
    except ValueError as error:  # an integer beyond Python's limit of digits
        raise UserError(f"{name} holds a number that is too long: shorten it.") from error


class _UnknownConstantError(ValueError):
    """NaN or an infinity."""


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    found = JsonObject(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        found.repeated = tuple(key for key in found if keys.count(key) > 1)
    return found


def _no_constant(name: str) -> NoReturn:
    raise _UnknownConstantError(name)


def _diagnosis(text: str, error: json.JSONDecodeError) -> str:
    """What is wrong, and the mend; mostly our own words, since Python's differ by version."""
    rest, before = text[error.pos :].lstrip(), text[: error.pos].rstrip()
    for message, mend in _INSIDE_TEXTS.items():
        if error.msg.startswith(message):
            return mend
    for stands_before, stands_there, mend in _MENDS:
        if stands_before.search(before) and stands_there.match(rest):
            return mend
    return f"“{rest[0]}” cannot stand here: is a comma, colon or bracket missing before it?"
