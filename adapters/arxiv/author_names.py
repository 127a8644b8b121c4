"""arXiv's one line of authors, split into names.

The line joins names with commas and may carry affiliations in brackets, which hold commas of
their own: "J. Doe (MIT, Cambridge), K. Roe (1 and 2), for the X Collaboration".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.domain.text import collapse, readable

_MARK = re.compile(r"[():;]|\s(?:and|&)\s")  # whatever a plain list of names has not
_SEPARATOR = re.compile(r"[(),:;]|\s(?:and|&)\s")
_COLLABORATION_PREFIX = re.compile(
    r"^(?:on behalf of|for|representing)\s+(?:the\s+)?"
    r"(?=.*\b(?:collaboration|team|group|consortium|project)\b)",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv)\.?", re.IGNORECASE)


def split_authors(line: str) -> tuple[str, ...]:
    """The names of a creator line in order, readable, without affiliations and empty names."""
    shown = readable(line)
    parts = _parts(shown) if _MARK.search(shown) else shown.split(",")
    names: list[str] = []
    for part in parts:
        name = _COLLABORATION_PREFIX.sub("", collapse(part)).strip(" ,;:")
        if not name.strip(".-*"):
            continue
        if names and _SUFFIX.fullmatch(name):
            names[-1] = f"{names[-1]}, {name}"  # "Sammy Davis, Jr."
        else:
            names.append(name)
    return tuple(names)


def _parts(line: str) -> Iterator[str]:
    """The text between separators, with everything in brackets left out.

    A bracket that is never closed takes nothing but itself out: names are not lost to a slip.
    """
    closers = _matching_brackets(line)
    piece: list[str] = []
    position = 0
    for mark in _SEPARATOR.finditer(line):
        if mark.start() < position:
            continue  # inside a bracket that was skipped
        piece.append(line[position : mark.start()])
        position = mark.end()
        if mark[0] == "(":
            position = closers.get(mark.start(), position)
        elif mark[0] != ")":
            yield "".join(piece)
            piece = []
    piece.append(line[position:])
    yield "".join(piece)


def _matching_brackets(line: str) -> dict[int, int]:
    """Position of each opening bracket -> position just behind the one that closes it."""
    closers: dict[int, int] = {}
    opened: list[int] = []
    for bracket in re.finditer(r"[()]", line):
        if bracket[0] == "(":
            opened.append(bracket.start())
        elif opened:
            closers[opened.pop()] = bracket.end()
    return closers
