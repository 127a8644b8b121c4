"""What people type, as a query of arXiv's API. Pure.

Source of the syntax: info.arxiv.org/help/api/user-manual, "Details of query construction".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.errors import UserError

MAX_QUERY_CHARACTERS = 1000

_FIELD = r"(?:ti|au|abs|co|jr|cat|rn|id|all|submittedDate|lastUpdatedDate):"
_TOKEN = re.compile(rf'{_FIELD}(?:"[^"]*"|\[[^\]]*\]|[^\s()]+)|"[^"]*"|[()]|[^\s()]+')
_IS_FIELD = re.compile(_FIELD)
_OPERATORS = ("AND", "OR", "ANDNOT")
_BRACKETS = ("(", ")")
_NO_WORD = re.compile(r"[^\w.+\-']+")  # arXiv's search takes the rest for syntax


def search_query(text: str) -> str:
    """`text` as the API wants it.

    Plain words and "quoted phrases" must all occur, anywhere in the paper's record; `au:`, `ti:`,
    `cat:` and the like, AND, OR, ANDNOT and brackets are arXiv's own and stay.
    Raises UserError when nothing is left to look for, or the query is too long.
    """
    if len(text) > MAX_QUERY_CHARACTERS:
        raise UserError(
            f"That query has {len(text):,} characters: use {MAX_QUERY_CHARACTERS:,} at most."
        )
    tokens = _TOKEN.findall(text)
    speaks_arxiv = any(_IS_FIELD.match(token) or token in _OPERATORS for token in tokens)
    parts: list[str] = []
    for token in tokens:
        part = _term(token, speaks_arxiv=speaks_arxiv)
        if part and parts and _needs_and(parts[-1], part):
            parts.append("AND")
        if part:
            parts.append(part)
    if not any(_is_operand(part) for part in parts):
        raise UserError('Say what to search for: words, a "phrase", or au:name and cat:cs.CL.')
    return " ".join(parts)


def window_query(categories: Sequence[str], start: datetime, end: datetime) -> str:
    """Papers of any of `categories` submitted from `start` to `end`.

    The API counts whole minutes and takes both ends in, so the window may be a minute wider.
    """
    wanted = " OR ".join(f"cat:{category}" for category in categories)
    last = end.astimezone(UTC) - timedelta(microseconds=1)
    return f"({wanted}) AND submittedDate:[{_minute(start)} TO {_minute(last)}]"


def _term(token: str, *, speaks_arxiv: bool) -> str:
    """One token in arXiv's syntax; empty when nothing in it can be searched for."""
    if speaks_arxiv and (token in _OPERATORS or token in _BRACKETS or _IS_FIELD.match(token)):
        return token
    words = _NO_WORD.sub(" ", token).split()
    words = [word for word in words if any(c.isalnum() for c in word)]
    if not words:
        return ""
    is_plain = len(words) == 1 and words[0].isalnum()
    return f"all:{words[0]}" if is_plain else f'all:"{" ".join(words)}"'


def _is_operand(part: str) -> bool:
    return part not in _OPERATORS and part not in _BRACKETS


def _needs_and(before: str, after: str) -> bool:
    """Whether two parts stand side by side without an operator."""
    ends_operand = _is_operand(before) or before == _BRACKETS[1]
    begins_operand = _is_operand(after) or after == _BRACKETS[0]
    return ends_operand and begins_operand


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%d%H%M}"
