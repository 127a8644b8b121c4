"""Foreign text as Slack's mrkdwn that shows exactly it, and the little markup of our own.

Only & < > can be escaped in mrkdwn, and they are. What else would be drawn as markup is written
with signs that look alike, since Slack knows no backslash. What papers and models wrote mentions
nobody and links nowhere but to arXiv. Every text is sent as `verbatim`, so that Slack looks for no
addresses or names by itself; that addresses are broken up besides is for the fallback text, which
cannot be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from adapters.slack.tables import aligned, cells_of, is_row, named
from bot.domain.inert import visible
from bot.domain.text import collapse, readable, shorten

LINE: Final = 2_800  # characters of a line of mrkdwn: below a section's 3,000
_WORD_JOINER: Final = "\u2060"  # shows nothing, and ends what Slack would make of a word
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ESCAPED: Final = str.maketrans({**_ENTITIES, "*": "∗", "`": "ˋ"})
_ALIKE: Final = {"_": "ˍ", "~": "∼"}
# Within a word neither is markup: snake_case stays as it is.
_EDGE: Final = re.compile(r"(?<![A-Za-z0-9])[_~]|[_~](?![A-Za-z0-9])")
_EMOJI: Final = re.compile(r":(?=[a-z0-9_+'\-]{1,60}:)")
_MENTION: Final = re.compile(r"@(?=\w)")
_ADDRESS: Final = re.compile(
    r"(?P<arxiv>https?://(?:(?:www|export|info)\.)?arxiv\.org(?:/(?:[\w/\-?=%#+]|\.(?=\w))*)?"
    r"(?![@:\w\-]|\.\w))"
    r"|(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]{1,20}:)(?=//)"
    r"|(?P<mail>\b(?:mailto|tel|javascript|data|sms):)(?=\S)"
    r"|(?P<www>\bwww)(?=\.)",
    re.IGNORECASE | re.ASCII,
)
_LIST_ITEM: Final = re.compile(r"^(?P<indent>\s{0,8})(?:[-*•+]|(?P<number>\d{1,3})[.)])\s+")
_ITEM: Final = re.compile(r"(?: {4})?(?:[•◦]|\d{1,3}\.) ")  # as `_model_line` writes it
_HEADING: Final = re.compile(r"^\s{0,3}#{1,6}\s+(?P<text>.+?)\s*#*$")
_FENCE: Final = re.compile(r"^\s*(?:```|~~~)")
_RULE: Final = re.compile(r"^\s*([-*_])(?:\s*\1){2,}\s*$")
_INLINE: Final = re.compile(
    r"(?<!\w)(?:\*\*(?P<bold>[^\s*](?:[^*\n]{0,400}[^\s*])?)\*\*|`(?P<code>[^`\n]{1,200})`)(?!\w)"
)
_COMMAND: Final = re.compile(r"`([^`\n]{1,400})`")
_RAW_LATEX: Final = re.compile(r"\\[A-Za-z]+|\$[^$\n]{1,200}\$|\\\(")


def entities(text: str) -> str:
    """`text` with & < > escaped and nothing else done to it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape(text: str, *, with_links: bool = True) -> str:
    """`text` as one line that shows exactly it: no markup, mention or line of its own.

    arXiv's addresses become links; `with_links` False is for a link's own label.
    """
    line = collapse(visible(collapse(text)))
    return _line_start(_inline(line, with_links=with_links))


def _inline(line: str, *, with_links: bool = True) -> str:
    """A part of a line, escaped; spaces at its ends stay."""
    parts, last = [], 0
    for address in _ADDRESS.finditer(line):
        parts.append(_escaped(line[last : address.start()]))
        if address["arxiv"]:
            plain = entities(address[0])
            parts.append(link(plain, address[0]) if with_links else plain)
        else:
            parts.append(f"{_escaped(address[0])}{_WORD_JOINER}")
        last = address.end()
    parts.append(_escaped(line[last:]))
    return "".join(parts)


def _escaped(text: str) -> str:
    text = _EDGE.sub(lambda sign: _ALIKE[sign[0]], text)
    text = _MENTION.sub(f"@{_WORD_JOINER}", _EMOJI.sub(f":{_WORD_JOINER}", text))
    return text.translate(_ESCAPED)


def _line_start(line: str) -> str:
    """A line that begins with ">" would be drawn as a quotation."""
    return f"{_WORD_JOINER}{line}" if line.startswith("&gt;") else line


@lru_cache(maxsize=8192)
def paper_text(text: str, limit: int, *, with_links: bool = True) -> str:
    """One line a paper or a model wrote, harmless, in at most `limit` characters with escapes."""
    line = collapse(visible(text[: 8 * limit]))
    room = limit
    while len(written := escape(shorten(line, room), with_links=with_links)) > limit:
        room -= max(1, (len(written) - limit) // 2)
    return written


def plain_text(text: str, limit: int) -> str:
    """The same for places where Slack knows no markup, such as headers."""
    return shorten(collapse(visible(text[: 8 * limit])), limit)


def link(label: str, address: str) -> str:
    """A link; `label` is escaped already."""
    return f"<{entities(quote(address, safe=_IN_ADDRESS))}|{label}>"


_IN_ADDRESS: Final = ":/?#[]@!$&'()*+,;=%~"


@lru_cache(maxsize=2048)
def model_lines(text: str) -> tuple[str, ...]:
    """Paragraphs a model wrote, as lines of at most `LINE` characters.

    Its bold words, code and lists stay, tables become legible, raw LaTeX readable; all the rest
    shows as typed. A table in letters of one width is one line with breaks in it.
    """
    text = visible(readable(text) if _RAW_LATEX.search(text) else text)
    lines: list[str] = []
    for line in _blocks(text.splitlines()):
        if lines and not lines[-1] and (line.startswith("```") or _ITEM.match(line)):
            lines.pop()  # a block of code keeps its distance by itself, and a list needs none
        if line or (lines and lines[-1]):
            lines.append(line)
    while lines and not lines[-1]:
        lines.pop()
    return tuple(lines)


def _blocks(lines: list[str]) -> Iterator[str]:
    table: list[str] = []
    for line in [*lines, ""]:
        if is_row(line):
            table.append(line)
            continue
        if table:
            yield from _table(cells_of(table))
            table = []
        if not _FENCE.match(line) and not _RULE.match(line):
            yield from _model_line(line)


def _table(cells: list[list[str]]) -> Iterator[str]:
    drawn = aligned(cells)
    if drawn and len(block := code_block(drawn)) <= LINE:
        yield block
        return
    for line in named(cells) if cells else ():
        yield from _fitting("• ", line)


def _model_line(line: str) -> Iterator[str]:
    if heading := _HEADING.match(line):
        yield f"*{paper_text(heading['text'].replace('**', ''), 300)}*"
        return
    item = _LIST_ITEM.match(line)
    if item is None:
        yield from _fitting("", collapse(line))
        return
    is_nested = len(item["indent"].expandtabs(4)) > 1
    sign = f"{item['number']}." if item["number"] else "◦" if is_nested else "•"
    yield from _fitting(f"{'    ' * is_nested}{sign} ", collapse(line[item.end() :]))


def _fitting(before: str, text: str) -> Iterator[str]:
    """`text` as one line, or as several where its escapes make it too long for a section."""
    written = _line_start(f"{before}{_formatted(text)}")
    if len(written) <= LINE:
        yield written
        return
    middle = text.rfind(" ", len(text) // 4, len(text) // 2)
    cut = middle if middle > 0 else len(text) // 2
    yield from _fitting(before, text[:cut])
    yield from _fitting("", text[cut:].lstrip())


def _formatted(text: str) -> str:
    parts, last = [], 0
    for found in _INLINE.finditer(text):
        parts.append(_inline(text[last : found.start()]))
        if found["bold"] is not None:
            parts.append(f"*{_inline(found['bold'])}*")
        else:
            parts.append(f"`{entities(found['code'])}`")
        last = found.end()
    parts.append(_inline(text[last:]))
    return "".join(parts)


def code_block(text: str) -> str:
    """`text` in letters of one width; nothing in it acts, and nothing in it ends the block."""
    inside = visible(text).replace("`", "ˋ")
    return f"```{entities(inside)}```"


def our_lines(text: str) -> tuple[str, ...]:
    """Sentences of ours: `commands` stand out; names and titles within are inert."""
    return tuple(part for line in text.strip("\n").splitlines() for part in _our_line(line))


def _our_line(line: str) -> Iterator[str]:
    parts: list[str] = []
    last = 0
    line = collapse(visible(line))
    for command in _COMMAND.finditer(line):
        parts += (_inline(line[last : command.start()]), f"`{entities(command[1])}`")
        last = command.end()
    parts.append(_inline(line[last:]))
    written = _line_start("".join(parts))
    if len(written) <= LINE:
        yield written
    else:
        yield from _fitting("", line)
