"""Splitting what people type into words and lists, quotes and /regular expressions/ kept whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import Enum

from bot.errors import UserError

_QUOTES = frozenset('"“”„‟«»')  # phones turn straight quotes into typographic ones
_NEEDS_NO_QUOTES = re.compile(r'[^\s,"“”„‟«»^:=/@<–—−-][^\s,"“”„‟«»^]*')
DASHES = "-–—−"  # phones make a dash of a hyphen
NOTHING = "none"  # kw:none empties a list
_REGEX_MAY_FOLLOW = re.compile(r"-|[a-z_]+[:=]", re.IGNORECASE)
_REGEX_CLOSES = re.compile(r"(?:[^\\/]|\\.|/(?![\s,^]|$))*/", re.DOTALL)


class Mark(Enum):
    """How a typed character is meant."""

    PLAIN = 0
    QUOTE = 1
    QUOTED = 2  # within quotes: spaces, commas and ^ are only themselves
    REGEX = 3  # within /.../, slashes included


def split_words(text: str) -> tuple[str, ...]:
    """The words of a command, as a shell would part them but forgiving.

    Quotes, straight or typographic, may stand anywhere in a word and hold spaces together; they
    stay in it as straight quotes, for a comma inside them parts nothing (`unquoted` takes them
    off). A regular expression after `kw:`, `-` or a comma is held together too.
    Raises UserError when a quote is never closed.
    """
    return _parted(text, lambda char: char.isspace())


def split_list(text: str) -> tuple[str, ...]:
    """The parts of `a,"b, c",/d,e/`, at its commas; empty parts are left out."""
    parts = (part.strip() for part in _parted(text, lambda char: char == ","))
    return tuple(part for part in parts if part)


def unquoted(word: str) -> str:
    """`word` without its quotes."""
    return "".join(char for char, mark in marks(word) if mark is not Mark.QUOTE)


def quoted(text: str) -> str:
    """`text` in quotes, unless it can stand without."""
    stands_alone = _NEEDS_NO_QUOTES.fullmatch(text) and text.lower() != NOTHING
    return text if stands_alone else f'"{text}"'


def marks(text: str) -> Iterator[tuple[str, Mark]]:
    """Each character of `text` with its meaning; quotes come out straight.

    Raises UserError when a quote is never closed.
    """
    position, word_start, opened_at = 0, 0, -1
    while position < len(text):
        char = text[position]
        if char in _QUOTES:
            opened_at = -1 if opened_at >= 0 else position
            yield '"', Mark.QUOTE
        elif opened_at >= 0:
            yield char, Mark.QUOTED
        elif char == "/" and (end := _regex_end(text, word_start, position)):
            for inner in text[position:end]:
                yield inner, Mark.REGEX
            position = end
            continue
        else:
            yield char, Mark.PLAIN
            if char.isspace():
                word_start = position + 1
        position += 1
    if opened_at >= 0:
        shown = text[opened_at + 1 : opened_at + 21].strip()
        raise UserError(f'The quote before “{shown}” is never closed: add a " where it ends.')


def _parted(text: str, parts_at: Callable[[str], bool]) -> tuple[str, ...]:
    parts: list[list[str]] = [[]]
    for char, mark in marks(text):
        if mark is Mark.PLAIN and parts_at(char):
            parts.append([])
        else:
            parts[-1].append(char)
    return tuple("".join(part) for part in parts if part)


def _regex_end(text: str, word_start: int, slash: int) -> int:
    """Where the regular expression that opens at `slash` ends; 0 when none opens there."""
    before = text[word_start:slash]
    may_open = not before or before.endswith(",") or _REGEX_MAY_FOLLOW.fullmatch(before)
    if not may_open or text.startswith("//", slash):  # https:// opens nothing
        return 0
    closing = _REGEX_CLOSES.match(text, slash + 1)
    return closing.end() if closing else 0
