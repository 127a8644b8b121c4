"""A summary's text cut into what a page shows: paragraphs, lists, and figures nobody found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.inert import visible
from bot.domain.summary import Summary

_OPEN, _CLOSE = "\ue000", "\ue001"  # private characters, which no text shows
_PIECES = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}")
_ITEM = re.compile(r"^\s{0,3}[-*•]\s+")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text; `is_doubtful` where it is a figure that the paper does not hold."""

    text: str
    is_doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or a list of items."""

    lines: tuple[tuple[Piece, ...], ...]
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class ShownSection:
    """A headed part of a summary."""

    heading: str
    blocks: tuple[Block, ...]


def shown_sections(summary: Summary) -> tuple[ShownSection, ...]:
    """The summary, section by section."""
    return tuple(
        ShownSection(visible(section.heading), tuple(_blocks(_marked(summary, number))))
        for number, section in enumerate(summary.sections)
    )


def _marked(summary: Summary, number: int) -> str:
    text = summary.sections[number].text.replace(_OPEN, " ").replace(_CLOSE, " ")
    for figure in reversed([each for each in summary.unverified if each.section == number]):
        found = f"{_OPEN}{text[figure.start : figure.end]}{_CLOSE}"
        text = text[: figure.start] + found + text[figure.end :]
    return text


def _blocks(text: str) -> Iterator[Block]:
    items: list[tuple[Piece, ...]] = []
    for line in filter(str.strip, text.splitlines()):
        item = _ITEM.match(line)
        if item is not None:
            items.append(_pieces(line[item.end() :]))
            continue
        if items:
            yield Block(tuple(items), is_list=True)
            items = []
        yield Block((_pieces(line),))
    if items:
        yield Block(tuple(items), is_list=True)


def _pieces(line: str) -> tuple[Piece, ...]:
    # Splitting by the mark leaves text and figures by turns.
    parts = _PIECES.split(line.strip())
    pieces = (Piece(visible(part), place % 2 == 1) for place, part in enumerate(parts))
    return tuple(piece for piece in pieces if piece.text)
