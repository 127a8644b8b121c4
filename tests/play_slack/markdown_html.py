"""The little of Markdown that a `markdown` block of Slack's draws, as HTML."""

from __future__ import annotations

import html
import re
from itertools import groupby

_STYLES = (
    (re.compile(r"\*\*(.+?)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"(?<!\w)[*_](?=\S)(.+?)(?<=\S)[*_](?!\w)"), r"<em>\1</em>"),
    (re.compile(r"~~(.+?)~~"), r"<s>\1</s>"),
    (
        re.compile(r"\[([^\]]+)\]\((https?://[^\s)]+)\)"),
        r'<a href="\2" target="_blank">\1</a>',
    ),
)
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+\.)\s+(.*)$")
_HEADING = re.compile(r"^(#{1,6})\s+(.*)$")
_RULE = re.compile(r"^\s*\|?[\s:|-]+\|?\s*$")


def markdown_html(text: str) -> str:
    """HTML of headings, lists, tables, code and paragraphs."""
    parts = re.split(r"```[^\n]*\n(.*?)\n?```", text, flags=re.DOTALL)
    shown = ""
    for number, part in enumerate(parts):
        shown += f"<pre>{html.escape(part)}</pre>" if number % 2 else _prose(part)
    return shown


def _prose(text: str) -> str:
    shown = ""
    for kind, lines in groupby(text.split("\n"), key=_kind):
        shown += _group(kind, list(lines))
    return shown


def _kind(line: str) -> str:
    if not line.strip():
        return "blank"
    if _HEADING.match(line):
        return "heading"
    if line.lstrip().startswith("|"):
        return "table"
    if line.startswith(">"):
        return "quote"
    return "list" if _ITEM.match(line) else "words"


def _group(kind: str, lines: list[str]) -> str:
    match kind:
        case "blank":
            return ""
        case "heading":
            return "".join(f"<h4>{_inline(line.lstrip('#').strip())}</h4>" for line in lines)
        case "list":
            words = (_ITEM.sub(r"\1", line) for line in lines)
            return f"<ul>{''.join(f'<li>{_inline(each)}</li>' for each in words)}</ul>"
        case "quote":
            quoted = "<br>".join(_inline(line.lstrip("> ")) for line in lines)
            return f"<blockquote>{quoted}</blockquote>"
        case "table":
            rows = (_row(line) for line in lines if not _RULE.match(line))
            return f"<table>{''.join(rows)}</table>"
    return f"<p>{'<br>'.join(map(_inline, lines))}</p>"


def _row(line: str) -> str:
    cells = line.strip().strip("|").split("|")
    return f"<tr>{''.join(f'<td>{_inline(cell.strip())}</td>' for cell in cells)}</tr>"


def _inline(text: str) -> str:
    code = re.split(r"`([^`]+)`", text)
    shown = ""
    for number, part in enumerate(code):
        piece = html.escape(part)
        if number % 2:
            shown += f"<code>{piece}</code>"
            continue
        for pattern, markup in _STYLES:
            piece = pattern.sub(markup, piece)
        shown += piece
    return shown
