"""What Discord's clients would make of a text: its active markup, and what it shows."""

from __future__ import annotations

import re

# docs.discord.com, "Reference: Message Formatting", and what the clients' Markdown knows.
_ACTIVE = re.compile(
    r"\]\((?P<target>[^()\s]*)\)"
    r"|<[@#/:at][^<>\s]*>|<id:\w+>"
    r"|@everyone|@here"
    r"|(?P<address><?[a-z][a-z0-9+.\-]*://[^\s<>]+>?)"
    r"|discord\.gg/\w+"
    r"|`+|\*{1,3}|_{1,3}|~~|\|\||\["
    r"|^(?:#{1,3}|-#|>>>|>) ",
    re.IGNORECASE | re.MULTILINE,
)
_ESCAPED = re.compile(r"\\[^0-9A-Za-z\s]")
_INERT = "\x00"  # where something stood that does nothing


def active_markup(text: str) -> list[str]:
    """Everything in `text` that would be more than letters, in order."""
    return [match[0] for match in _ACTIVE.finditer(_ESCAPED.sub(_INERT, text))]


def shown(text: str) -> str:
    """What people see of a text without active markup."""
    return _ESCAPED.sub(lambda escaped: escaped[0][1], text).replace("\u2060", "")
