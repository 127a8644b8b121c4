"""One thing to look for in papers, and how people write it: LLM^2, "kv cache", quantiz*, /re/."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from bot.domain.patterns import compile_pattern
from bot.domain.words import DASHES, Mark, marks, quoted
from bot.errors import UserError

MAX_TERM_LENGTH = 100
WEIGHTS = (0.1, 10.0)
_SHORTEST_PREFIX = 2
_PAIR = re.compile(r"\\.", re.DOTALL)
_PAIR_OR_SLASH = re.compile(r"\\.|/", re.DOTALL)


class TermKind(StrEnum):
    """How a term is looked up."""

    PHRASE = "phrase"  # whole words, in order: kv cache
    PREFIX = "prefix"  # quantiz*: the last word may go on
    REGEX = "regex"  # /mixture[- ]of[- ]\w+/


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to look for in titles and abstracts."""

    text: str  # as typed, without ^weight, quotes, the final * or the slashes
    weight: float = 1.0
    kind: TermKind = TermKind.PHRASE
    key: int = field(init=False, repr=False, compare=False)  # equal terms have the same

    def __post_init__(self) -> None:
        """Hash it once, not whenever papers are ranked; most are phrases that weigh 1.0."""
        is_plain = self.weight == 1.0 and self.kind is TermKind.PHRASE
        key = hash(self.text if is_plain else (self.text, self.weight, self.kind.value))
        object.__setattr__(self, "key", key)

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process hashes it for itself."""
        return type(self), (self.text, self.weight, self.kind)


def parse_term(text: str) -> Term:
    r"""Read `LLM^2`, `"kv cache"`, `quantiz*` or `/mixture[- ]of[- ]\w+/^1.5`.

    Raises UserError, also for regular expressions RE2 cannot run.
    """
    body, weight = _split_weight(text.strip())
    if any(mark is Mark.REGEX for _, mark in body):
        pattern = "".join(char for char, _ in body)
        if not all(mark is Mark.REGEX for _, mark in body):
            raise UserError(
                f"“{text}” mixes a regular expression with words: part them by a comma."
            )
        pattern = _PAIR.sub(lambda pair: "/" if pair[0] == "\\/" else pair[0], pattern[1:-1])
        compile_pattern(_not_too_long(pattern))
        return Term(pattern, weight, TermKind.REGEX)
    if body and body[0][1] is Mark.PLAIN and body[0][0] in DASHES:
        raise UserError(f"“{text}” stands among keywords: exclude by a word of its own, -survey.")
    words = " ".join("".join(char for char, mark in body if mark is not Mark.QUOTE).split())
    if body and body[0] == ("/", Mark.PLAIN):
        raise UserError(
            f"“{text}” opens a regular expression but does not close it: end it with /."
        )
    return _words_term(_not_too_long(words), weight)


def _words_term(words: str, weight: float) -> Term:
    kind = TermKind.PREFIX if words.endswith("*") else TermKind.PHRASE
    words = words.rstrip("*").rstrip()
    if "*" in words:
        raise UserError(f"“{words}”: * may stand only at the end of a word or phrase: quantiz*.")
    last_word = re.split(r"[\W_]", words)[-1]
    if kind is TermKind.PREFIX and len(last_word) < _SHORTEST_PREFIX:
        raise UserError(
            f"“{words}*” would match too much: write at least two letters before the *."
        )
    if not any(char.isalnum() for char in words):
        raise UserError(f"“{words}” has no letter or digit to look for: write a word, like kw:LLM.")
    return Term(words, weight, kind)


def _split_weight(text: str) -> tuple[list[tuple[str, Mark]], float]:
    """What stands before the ^, with its marks, and the weight behind it."""
    marked = list(marks(text))
    carets = [at for at, marked_char in enumerate(marked) if marked_char == ("^", Mark.PLAIN)]
    if not carets:
        return marked, 1.0
    typed = "".join(char for char, _ in marked[carets[-1] + 1 :])
    try:
        weight = round(float(typed), 2)
    except ValueError:
        weight = math.nan
    low, high = WEIGHTS
    if weight < 0:
        term = "".join(char for char, _ in marked[: carets[-1]])
        raise UserError(f"A weight cannot be negative: to keep “{term}” out, write -{term}.")
    if not low <= weight <= high:
        raise UserError(
            f"“^{typed}” is no weight: write a number from {low:g} to {high:g}, like LLM^2."
        )
    return marked[: carets[-1]], weight


def _not_too_long(text: str) -> str:
    if len(text) > MAX_TERM_LENGTH:
        raise UserError(
            f"“{text[:30]}…” is longer than {MAX_TERM_LENGTH} characters: write a shorter term."
        )
    return text


def term_label(term: Term) -> str:
    """`term` as it is shown to people, without quotes and weight: kv cache, quantiz*, /re/."""
    if term.kind is TermKind.REGEX:
        return format_term(replace(term, weight=1.0))
    return term.text + ("*" if term.kind is TermKind.PREFIX else "")


def format_term(term: Term) -> str:
    """`term` as `parse_term` reads it."""
    weight = "" if term.weight == 1 else f"^{term.weight:g}"
    if term.kind is TermKind.REGEX:
        pattern = _PAIR_OR_SLASH.sub(lambda it: "\\/" if it[0] == "/" else it[0], term.text)
        return f"/{pattern}/{weight}"
    text = term.text + ("*" if term.kind is TermKind.PREFIX else "")
    return quoted(text) + weight
