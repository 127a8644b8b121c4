"""Foreign text as Discord's Markdown that shows exactly it, and the little markup of our own.

What papers and models wrote is shown as it is and does nothing: it mentions nobody, links nowhere
but to arXiv and changes nothing about what stands around it. Models' texts went through
`bot.domain.inert` before they were stored; of a title that would take "Booking.com" away, so here
every text is made harmless by escapes instead. Discord undoes a backslash before any sign that
is neither letter, digit nor space.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from adapters.discord.limits import length
from bot.domain.inert import visible
from bot.domain.text import collapse, readable, shorten

_WORD_JOINER: Final = "\u2060"  # shows nothing, and ends what a client would make of a word
_MARKUP: Final = re.compile(r"[\\`*_~|\[\]<>]")
_LINE_START: Final = re.compile(r"^(\s*)(?:(#{1,6}|[-+=])(?=[\s#=+-]|$)|(\d{1,9})([.)])(?=\s|$))")
_MENTION: Final = re.compile(r"@(?=\w|[!&])")
_ADDRESS: Final = re.compile(
    r"(?P<arxiv>https?://(?:(?:www|export|info)\.)?arxiv\.org"
    r"(?:/(?:[\w/\-?=&%#+]|\.(?=\w))*+|(?![./?#@:\w\-]))(?![@:]))"
    r"|(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]{0,20}:)(?P<slashes>//)"
    r"|(?P<invite>discord(?:app)?)\.(?=gg\b|com\b|new\b)",
    re.IGNORECASE | re.ASCII,
)
_LIST_ITEM: Final = re.compile(r"^(?P<indent> {0,6})(?:[-*•+]|(?P<number>\d{1,3})[.)]) +")
_COMMAND: Final = re.compile(r"`([^`\n]{1,400})`")
_TABLE_ROW: Final = re.compile(r"^\s*\|.*\|\s*$")
_TABLE_RULE: Final = re.compile(r"^[\s|:\-]+$")
_WIDEST_TABLE: Final = 60  # characters; a desktop shows so many without breaking the lines
_LONGEST_TABLE: Final = 1_200  # characters; a longer one could not stay in one piece
_RAW_LATEX: Final = re.compile(r"\\[A-Za-z]+|\$[^$\n]{1,200}\$|\\\(")


def escape(text: str) -> str:
    """`text` as one line that shows exactly it: no markup, mention, link or line of its own."""
    line = _MENTION.sub(f"@{_WORD_JOINER}", collapse(visible(collapse(text))))
    if "://" not in line and "discord" not in line.lower():  # by far the most
        return _LINE_START.sub(_guarded, _escaped(line))
    parts: list[str] = []
    last = 0
    for address in _ADDRESS.finditer(line):
        parts.append(_escaped(line[last : address.start()]))
        if address["arxiv"]:
            parts.append(address["arxiv"])
        elif address["slashes"]:
            parts.append(f"{address['scheme']}{_WORD_JOINER}//")
        else:
            parts.append(f"{address['invite']}{_WORD_JOINER}.")
        last = address.end()
    parts.append(_escaped(line[last:]))
    return _LINE_START.sub(_guarded, "".join(parts))


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\g<0>", text)


def _guarded(start: re.Match[str]) -> str:
    """What would begin a heading, a list or small print, guarded; "1." at its point."""
    indent, sign, number, point = start.groups()
    return f"{indent}\\{sign}" if sign else f"{indent}{number}\\{point}"


@lru_cache(maxsize=8192)
def paper_text(text: str, limit: int) -> str:
    """One line a paper or a model wrote, harmless, in at most `limit` characters with escapes."""
    line = collapse(visible(text[: 8 * limit]))
    room = limit
    while length(written := escape(shorten(line, room))) > limit:
        room -= max(1, (length(written) - limit) // 2)
    return written


def plain_text(text: str, limit: int) -> str:
    """The same for places where Discord knows no markup, such as footers and thread names."""
    line = collapse(visible(text[: 8 * limit]))
    room = limit
    while length(written := shorten(line, room)) > limit:
        room -= max(1, (length(written) - limit) // 2)
    return written


def model_text(text: str) -> str:
    """Paragraphs a model wrote: its lists stay lists, its tables become legible, the rest is inert.

    Raw LaTeX becomes readable; any other markup shows as typed.
    """
    lines = [_readable_line(line) for line in visible(text).splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(_blocks(lines))).strip("\n")


def _readable_line(line: str) -> str:
    return readable(line) if _RAW_LATEX.search(line) else line


def _blocks(lines: list[str]) -> Iterator[str]:
    table: list[str] = []
    for line in [*lines, ""]:
        if _TABLE_ROW.match(line):
            table.append(line)
            continue
        if table:
            yield _table(table)
            table = []
        yield _line(line)


def _line(line: str) -> str:
    item = _LIST_ITEM.match(line)
    if item is None:
        return escape(line)
    mark = f"{item['number']}." if item["number"] else "-"
    indent = " " * (len(item["indent"]) // 2 * 2)
    return f"{indent}{mark} {escape(line[item.end() :])}"


def _table(lines: list[str]) -> str:
    """Columns under each other where a phone shows them, else a list with the columns' names."""
    rows = [
        [collapse(cell) for cell in line.strip().strip("|").split("|")]
        for line in lines
        if not _TABLE_RULE.match(line)
    ]
    if not rows:
        return ""
    columns = max(map(len, rows))
    rows = [row + [""] * (columns - len(row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    width = sum(widths) + 2 * (columns - 1)
    if width > _WIDEST_TABLE or width * len(rows) > _LONGEST_TABLE:
        return "\n".join(_named(rows[0], row) for row in rows[1:] or rows)
    drawn = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return code_block("\n".join(drawn))


def _named(names: list[str], row: list[str]) -> str:
    cells = [
        f"{escape(name)}: {escape(cell)}" if name and name != cell else escape(cell)
        for name, cell in zip(names, row, strict=True)
        if cell
    ]
    return f"- {' · '.join(cells)}"


def code_block(text: str) -> str:
    """`text` in letters of one width; nothing in it acts, and nothing in it ends the block."""
    return f"```\n{visible(text).replace('`', 'ˋ')}\n```"


def our_text(text: str, *, is_content: bool = False) -> str:
    """Sentences of ours: `commands` stand out, paragraphs stay, names and titles in it are inert.

    In a message's content an address would bring a preview card along, so `is_content` sets
    arXiv's between angle brackets.
    """
    lines = []
    for line in text.splitlines():
        parts: list[str] = []
        last = 0
        for command in _COMMAND.finditer(line):
            parts += (_spoken(line[last : command.start()], is_content=is_content), command[0])
            last = command.end()
        parts.append(_spoken(line[last:], is_content=is_content))
        lines.append(_LINE_START.sub(_guarded, "".join(parts)))
    return "\n".join(lines).strip("\n")


def _spoken(text: str, *, is_content: bool) -> str:
    """Between commands the spaces at either end count."""
    written = escape(text)
    if is_content:
        written = _ADDRESS.sub(lambda it: f"<{it[0]}>" if it["arxiv"] else it[0], written)
    before = " " if text[:1].isspace() else ""
    after = " " if text[-1:].isspace() and written else ""
    return f"{before}{written}{after}"


def link(label: str, address: str) -> str:
    """A link of ours; `label` is escaped already."""
    return f"[{label}]({address})"
