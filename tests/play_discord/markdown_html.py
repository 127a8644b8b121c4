"""Discord's Markdown as HTML, as its client draws it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping

_FIRST = re.compile(
    r"```(?:\w+\n)?\n?(?P<fence>.*?)\n?```|\\(?P<escaped>[^0-9A-Za-z\s])|(?P<tick>`+)(?P<code>.+?)(?P=tick)",
    re.DOTALL,
)
_LINK = re.compile(r"\[([^\[\]\n]+)\]\(<?(https?://[^\s<>()]*(?:\([^\s<>()]*\))?[^\s<>()]*)>?\)")
_ANGLES = re.compile(
    r"<(?P<kind>@!|@&|@|#|/(?=[^<>]*:\d+>)|t:)?(?P<rest>[^<>\s]+(?: [^<>:]*:\d+)?)>"
)
_BARE = re.compile(r"https?://[^\s<>\x00]+[^\s<>\x00.,:;\"')\]]")
_STYLES = (
    (re.compile(r"\|\|(.+?)\|\|", re.DOTALL), '<span class="spoiler">', "</span>"),
    (re.compile(r"\*\*\*(?=\S)(.+?)(?<=\S)\*\*\*", re.DOTALL), "<strong><em>", "</em></strong>"),
    (re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*", re.DOTALL), "<strong>", "</strong>"),
    (re.compile(r"__(?=\S)(.+?)(?<=\S)__", re.DOTALL), "<u>", "</u>"),
    (re.compile(r"\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*"), "<em>", "</em>"),
    (re.compile(r"(?<!\w)_(?=[^\s_])([^_\n]+?)(?<=[^\s_])_(?!\w)"), "<em>", "</em>"),
    (re.compile(r"~~(?=\S)(.+?)(?<=\S)~~", re.DOTALL), "<s>", "</s>"),
)
_LOUD = re.compile(r"@(?:everyone|here)\b")
_HEADING = re.compile(r"(#{1,3}|-#) +(.+)")
_ITEM = re.compile(r"( *)(?:[-*]|(\d+)\.) +(.*)")
_QUOTE = "&gt; "
_NO_NAMES: Mapping[str, str] = {}


class _Kept:
    """Finished HTML, taken out of the text while the rest is read."""

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def keep(self, markup: str) -> str:
        self._pieces.append(markup)
        return f"\x00{len(self._pieces) - 1}\x00"

    def restored(self, text: str) -> str:
        while "\x00" in text:
            text = re.sub("\x00(\\d+)\x00", lambda found: self._pieces[int(found[1])], text)
        return text


def markdown_html(
    text: str, names: Mapping[str, str] = _NO_NAMES, *, has_lines: bool = True
) -> str:
    """HTML of a message's text; nothing in it becomes markup of ours.

    `names` are those of users, roles and channels by ID. Titles have no headings or lists: they
    are drawn without `has_lines`.
    """
    kept = _Kept()
    rest = _FIRST.sub(lambda found: kept.keep(_first(found)), text.replace("\x00", ""))
    rest = _LINK.sub(lambda found: kept.keep(_link(found[2], _styled(found[1]))), rest)
    rest = _ANGLES.sub(lambda found: kept.keep(_angles(found, names)), rest)
    rest = _BARE.sub(lambda found: kept.keep(_link(found[0], html.escape(found[0]))), rest)
    rest = _LOUD.sub(lambda found: kept.keep(f'<span class="mention">{found[0]}</span>'), rest)
    styled = _styled(rest)
    return kept.restored("".join(_lines(styled)) if has_lines else styled)


def _first(found: re.Match[str]) -> str:
    if found["fence"] is not None:
        return f"<pre>{html.escape(found['fence'])}</pre>"
    if found["escaped"]:
        return html.escape(found["escaped"])
    return f"<code>{html.escape(found['code'].strip())}</code>"


def _link(url: str, label: str) -> str:
    return f'<a href="{html.escape(url)}" target="_blank" rel="noopener">{label}</a>'


def _angles(found: re.Match[str], names: Mapping[str, str]) -> str:
    kind, rest = found["kind"] or "", found["rest"]
    if not kind:
        is_link = rest.startswith(("https://", "http://"))
        return _link(rest, html.escape(rest)) if is_link else html.escape(found[0])
    sign = {"#": "#", "/": "/", "t:": ""}.get(kind, "@")
    shown = rest.rpartition(":")[0] if kind == "/" else names.get(rest, rest)
    return f'<span class="mention">{sign}{html.escape(shown)}</span>'


def _styled(text: str) -> str:
    escaped = html.escape(text, quote=False)
    for pattern, before, after in _STYLES:
        escaped = pattern.sub(rf"{before}\1{after}", escaped)
    return escaped


def _lines(text: str) -> Iterator[str]:
    """Headings, lists, quotes; other lines end as they were written."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        is_last = number == len(lines) - 1
        if heading := _HEADING.fullmatch(line):
            level = {"#": "h3", "##": "h4", "###": "h5", "-#": "small"}[heading[1]]
            yield f"<{level}>{heading[2]}</{level}>"
        elif item := _ITEM.fullmatch(line):
            mark = f"{item[2]}." if item[2] else "•"
            depth = len(item[1]) // 2
            yield f'<div class="item depth{min(depth, 3)}"><b>{mark}</b> {item[3]}</div>'
        elif line.startswith(_QUOTE):
            yield f"<blockquote>{line.removeprefix(_QUOTE)}</blockquote>"
        else:
            yield line if is_last else f"{line}<br>"
