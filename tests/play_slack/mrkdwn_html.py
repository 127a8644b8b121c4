"""Slack's mrkdwn as HTML, as its client draws it."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

_FENCE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_ANGLES = re.compile(r"<([^<>]+)>")
_STYLES = (
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), "strong"),
    (re.compile(r"(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])"), "em"),
    (re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])"), "s"),
)
_EMOJI = re.compile(r":([a-z0-9_+-]+):")
EMOJI: Mapping[str, str] = {
    "+1": "👍",
    "-1": "👎",
    "thumbsup": "👍",
    "thumbsdown": "👎",
    "bar_chart": "📊",
    "books": "📚",
    "bulb": "💡",
    "calendar": "📅",
    "eyes": "👀",
    "gear": "⚙️",
    "heart": "❤️",
    "hourglass_flowing_sand": "⏳",
    "mag": "🔍",
    "newspaper": "📰",
    "page_facing_up": "📄",
    "sparkles": "✨",
    "star": "⭐",
    "tada": "🎉",
    "warning": "⚠️",
    "white_check_mark": "✅",
    "x": "❌",
    "zzz": "💤",
}
_SCHEMES = ("http://", "https://", "mailto:")


def mrkdwn_html(text: str, names: Mapping[str, str] | None = None) -> str:
    """HTML of a text of Slack's, with `&`, `<` and `>` escaped as Slack wants them.

    `names` are those of users and channels by ID. Nothing in `text` becomes markup of ours.
    """
    kept: list[str] = []

    def keep(markup: str) -> str:
        kept.append(markup)
        return f"\x00{len(kept) - 1}\x00"

    def fence(found: re.Match[str]) -> str:
        return keep(f"<pre>{_plain(found[1])}</pre>")

    def code(found: re.Match[str]) -> str:
        return keep(f"<code>{_plain(found[1])}</code>")

    def angles(found: re.Match[str]) -> str:
        return keep(_reference(found[1], names or {}))

    text = text.replace("\x00", "")
    text = _ANGLES.sub(angles, _CODE.sub(code, _FENCE.sub(fence, text)))
    text = _lines(_plain(text))
    for pattern, tag in _STYLES:
        text = pattern.sub(rf"<{tag}>\1</{tag}>", text)
    text = _EMOJI.sub(lambda found: EMOJI.get(found[1], found[0]), text)
    # From the last to the first: what was kept may hold what was kept before it.
    for number in range(len(kept) - 1, -1, -1):
        text = text.replace(f"\x00{number}\x00", kept[number])
    return text


def plain_html(text: str) -> str:
    """HTML of a plain text; only names of emoji are drawn."""
    shown = html.escape(text).replace("\n", "<br>")
    return _EMOJI.sub(lambda found: EMOJI.get(found[1], found[0]), shown)


def _plain(text: str) -> str:
    """Slack's three entities read, and everything made safe for HTML again."""
    return html.escape(
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"), quote=True
    )


def _lines(text: str) -> str:
    shown = ""
    for line in text.split("\n"):
        if line.startswith("&gt;"):
            shown += f"<blockquote>{line.removeprefix('&gt;').strip()}</blockquote>"
        else:
            shown += f"{line}<br>"
    return shown.removesuffix("<br>").replace("</blockquote><blockquote>", "<br>")


def _reference(inner: str, names: Mapping[str, str]) -> str:
    target, _, label = inner.partition("|")
    if target.startswith(("@", "#")):
        sign, name = target[0], label or names.get(target[1:], target[1:])
        return f'<span class="mention">{sign}{_plain(name)}</span>'
    if target.startswith("!date^"):
        return _plain(label)
    if target.startswith("!"):
        # Whoever sees this in a picture has found a paper that wakes a channel.
        return f'<span class="mention loud">@{_plain(target[1:])}</span>'
    if target.startswith(_SCHEMES):
        return f'<a href="{_plain(target)}" target="_blank">{_plain(label or target)}</a>'
    return _plain(f"<{inner}>")
