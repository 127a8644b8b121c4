"""Tables as a model writes them, made legible where nothing draws them."""

from __future__ import annotations

import re
from typing import Final

from bot.domain.text import collapse

_ROW: Final = re.compile(r"^\s*\|.*\|\s*$")
_RULE: Final = re.compile(r"^[\s|:\-]+$")
_WIDEST: Final = 60  # characters; a phone breaks longer lines, and then nothing is aligned
_LONGEST: Final = 1_500  # characters; what is longer could not stay in one block


def is_row(line: str) -> bool:
    """Whether a line is a row of a Markdown table."""
    return _ROW.match(line) is not None


def cells_of(rows: list[str]) -> list[list[str]]:
    """The cells of each row but the rules, as many in each; empty where there is no row."""
    cells = [
        [collapse(cell.replace("**", "")) for cell in row.strip()[1:-1].split("|")]
        for row in rows
        if not _RULE.match(row)
    ]
    columns = max(map(len, cells), default=0)
    return [row + [""] * (columns - len(row)) for row in cells]


def aligned(cells: list[list[str]]) -> str:
    """The table in columns; "" where that would be too wide, too long, or it is one row."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    width = sum(widths) + 2 * (len(widths) - 1)
    if len(cells) <= 1 or width > _WIDEST or width * len(cells) > _LONGEST:
        return ""
    return "\n".join(
        "  ".join(cell.ljust(wide) for cell, wide in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )


def named(cells: list[list[str]]) -> list[str]:
    """A line for each row, each cell with the name of its column."""
    [names, *rows] = cells
    return [_named(names, row) for row in rows or cells]


def _named(names: list[str], row: list[str]) -> str:
    return " · ".join(
        f"{name}: {cell}" if name and name != cell else cell
        for name, cell in zip(names, row, strict=True)
        if cell
    )
