"""What a subscription is interested in, and the filter grammar in which people say it."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from enum import StrEnum
from operator import attrgetter
from typing import Any

from bot.domain.categories import check_category, is_category
from bot.domain.typed_terms import Term, TermKind, format_term, parse_term, term_label
from bot.domain.words import DASHES, NOTHING, quoted, split_list, split_words, unquoted
from bot.errors import UserError

__all__ = [
    "Formula",
    "InterestChanges",
    "Interests",
    "Term",
    "TermKind",
    "format_filters",
    "format_term",
    "parse_filters",
    "parse_term",
    "sentence",
    "split_words",
    "term_label",
]

MAX_TERMS = 200  # wanted ones, and as many excluded ones
MAX_PATTERNS = 20  # regular expressions among them: each is run over every paper
MAX_AUTHORS = 50
MAX_CATEGORIES = 40
MAX_SENTENCES = 3  # after about:; each is compared with every paper
LONGEST_SENTENCE = 300  # characters
_LONGEST_NAME = 100
_KEY = attrgetter("key")
_CATEGORY_SHAPE = re.compile(r"[A-Za-z][A-Za-z\-]*\.[A-Za-z][A-Za-z\-]+")
_KEY_AND_VALUE = re.compile(r"([A-Za-z][A-Za-z_\-]*)[:=](?!//)(.*)", re.DOTALL)


class Formula(StrEnum):
    """The two ways to score a paper; `bot/domain/matching.py` has both."""

    SEED = "seed"
    TERMS = "terms"


@dataclass(frozen=True, slots=True)
class Interests:
    """Everything that decides which papers a subscription gets."""

    categories: tuple[str, ...]  # their order breaks ties in the formula `seed`
    terms: tuple[Term, ...] = ()  # a term listed twice counts twice in the formula `seed`
    excluded: tuple[Term, ...] = ()
    authors: tuple[str, ...] = ()
    formula: Formula = Formula.TERMS
    min_score: float = 0.0
    max_papers: int = 10
    days_back: int = 7  # how far a catch-up may reach, in announcement days' dates
    cross_lists: bool = False
    revisions: bool = False
    about: tuple[str, ...] = ()  # sentences; papers near to one earn points by their meaning
    keys: array[int] = field(init=False, repr=False, compare=False)  # of the terms

    def __post_init__(self) -> None:
        """Gather the keys once: ranking has millions of terms to tell apart."""
        object.__setattr__(self, "keys", array("q", map(_KEY, self.terms)))

    def __reduce__(self) -> tuple[Any, ...]:
        """In another process the terms have other keys."""
        return type(self), tuple(getattr(self, each.name) for each in fields(self) if each.init)


@dataclass(frozen=True, slots=True)
class InterestChanges:
    """The filters somebody typed; None where they said nothing about one.

    A filter that is given replaces the default, it never adds to it.
    """

    categories: tuple[str, ...] | None = None
    terms: tuple[Term, ...] | None = None
    excluded: tuple[Term, ...] | None = None
    authors: tuple[str, ...] | None = None
    formula: Formula | None = None
    min_score: float | None = None
    max_papers: int | None = None
    days_back: int | None = None
    cross_lists: bool | None = None
    revisions: bool | None = None
    about: tuple[str, ...] | None = None

    def apply(self, base: Interests) -> Interests:
        """`base` with every filter that was given in place of its own."""
        given = {
            each.name: value
            for each in fields(self)
            if (value := getattr(self, each.name)) is not None
        }
        return replace(base, **given)


# --- reading -------------------------------------------------------------------------------

_ALIASES: Mapping[str, tuple[str, ...]] = {
    "kw": ("keyword", "keywords", "term", "terms", "word", "words", "key"),
    "not": ("exclude", "excluded", "exclude_keywords", "without", "minus"),
    "author": ("authors", "follow", "following", "by"),
    "cat": ("cats", "category", "categories"),
    "min": ("min_score", "minimum", "score", "threshold"),
    "top": ("max", "max_papers", "limit", "count"),
    "days": ("days_back", "day"),
    "formula": ("scoring",),
    "cross": ("cross_lists", "cross_list", "crosslists", "crosslist"),
    "revisions": ("revision", "replacements", "replacement", "updates"),
    "about": ("meaning", "sentence", "sentences"),
}
_KEYS = {name: key for key, names in _ALIASES.items() for name in (key, *names)}
_OTHERS_KEYS = (
    "at",
    "on",
    "tz",
    "lang",
    "thread",
    "threads",
    "empty",
    "learning",
    "unfurl",
)
_LIST_KEYS = ("kw", "not", "author", "cat", "about")


def parse_filters(words: Sequence[str]) -> tuple[InterestChanges, tuple[str, ...]]:
    """The filters among `words` (from `split_words`), and the words that are none, unquoted.

    Keys that others read (at:, on:, tz:, lang:, thread:, ...) and bare words that name no
    category are left over. Raises UserError for a filter that cannot be meant as it stands.
    """
    lists: dict[str, list[str]] = {}
    settings: dict[str, Any] = {}
    left_over: list[str] = []
    for word in _joined(words):
        if listed := _read_list(word):
            key, parts = listed
            lists.setdefault(key, []).extend(parts)
        elif setting := _read_setting(word):
            settings.update((setting,))
        else:
            left_over.append(unquoted(word))
    return replace(InterestChanges(), **_read_lists(lists), **settings), tuple(left_over)


def _joined(words: Sequence[str]) -> list[str]:
    """`words`, with lists put together again that somebody typed with spaces: `kw:a, b`."""
    joined: list[str] = []
    for word in words:
        opened = _key_and_value(joined[-1]) if joined else None
        is_open = opened and opened[0] in _LIST_KEYS and (opened[1] or ",").endswith(",")
        if is_open and not _key_and_value(word):
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def _key_and_value(word: str) -> tuple[str, str] | None:
    """`("kw", "a,b")` for `keywords=a,b`; a key that is not ours stays as it was typed."""
    match = _KEY_AND_VALUE.fullmatch(word)
    if not match:
        return None
    key = match[1].lower().replace("-", "_")
    return _KEYS.get(key, key), match[2]


def _read_list(word: str) -> tuple[str, Sequence[str]] | None:
    """The list a word adds to and what it adds, still quoted; None when it is no such word."""
    if word[:2] == "--" or (word[:1] in DASHES and len(word) > 1):
        if word[:2] == "--":
            raise UserError(f"“{word}”: filters have no dashes here, write them like days:7.")
        return "not", (word[1:],)
    if word[:1] == "@" and len(word) > 1:
        return "author", split_list(word[1:])
    if word.startswith("<@"):
        raise UserError('That mentions somebody here: to follow an author write author:"Tri Dao".')
    if pair := _key_and_value(word):
        key, value = pair
        if key not in _LIST_KEYS:
            return None
        parts = _sentences(value) if key == "about" else split_list(value)
        if not parts:
            raise UserError(f"Nothing follows “{word}”: write it like {_EXAMPLES[key]}.")
        return key, parts
    codes = [code for code in re.split(r"[,+]", word) if code]
    if codes and all(is_category(code) or _CATEGORY_SHAPE.fullmatch(code) for code in codes):
        return "cat", codes
    return None


def _read_setting(word: str) -> tuple[str, Any] | None:
    """The field of InterestChanges that `key:value` sets; None for words that are not ours."""
    if not (pair := _key_and_value(word)) or pair[0] in _OTHERS_KEYS:
        return None
    key, value = pair
    if key not in _SETTINGS:
        known = [*_KEYS, *_OTHERS_KEYS]
        near = get_close_matches(key, known, n=1)
        mend = f"did you mean {near[0]}:?" if near else f"the filters are {', '.join(_ALIASES)}."
        raise UserError(f"There is no filter “{key}:”; {mend}")
    name, read = _SETTINGS[key]
    return name, read(key, unquoted(value).strip())


def _read_lists(lists: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, parts in lists.items():
        name, read, most = _LISTS[key]
        wanted = [part for part in parts if part.lower() not in _EMPTIES.get(key, (NOTHING,))]
        if len(wanted) > most:
            raise UserError(f"{len(wanted)} are too many for {key}: keep to {most} at most.")
        found[name] = tuple(read(part) for part in wanted)
        patterns = sum(isinstance(it, Term) and it.kind is TermKind.REGEX for it in found[name])
        if patterns > MAX_PATTERNS:
            raise UserError(
                f"{patterns} regular expressions are too many: keep to {MAX_PATTERNS} at most."
            )
    for each_once in ("categories", "about"):
        if each_once in found:
            found[each_once] = tuple(dict.fromkeys(found[each_once]))
    return found


def _read_author(text: str) -> str:
    name = " ".join(unquoted(text).split())
    if not any(char.isalpha() for char in name) or len(name) > _LONGEST_NAME:
        raise UserError(f'“{name[:40]}” is no author\'s name: write it like @"Tri Dao".')
    return name


def _sentences(value: str) -> Sequence[str]:
    """`"one","another"`; what has no quotes is one sentence, whatever commas stand in it."""
    if unquoted(value) != value:
        return split_list(value)
    return (value.strip(),) if value.strip() else ()


def _read_sentence(text: str) -> str:
    words = " ".join(unquoted(text).split())
    if not any(char.isalpha() for char in words):
        raise UserError(f"“{words[:40]}” says nothing: write it like {_EXAMPLES['about']}.")
    if len(words) > LONGEST_SENTENCE:
        raise UserError(
            f"“{words[:40]}…” has {len(words)} characters: say it in {LONGEST_SENTENCE} at most."
        )
    return words


def _read_category(text: str) -> str:
    return check_category(unquoted(text))


def _number(low: float, high: float) -> Callable[[str, str], float]:
    def read(key: str, typed: str) -> float:
        try:
            value = round(float(typed.replace(",", ".")), 2)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise UserError(
                f"“{key}:{typed}” is out of bounds: write a number from {low:g} to {high:g}, "
                f"like {_EXAMPLES[key]}."
            )
        return value

    return read


def _whole_number(low: int, high: int) -> Callable[[str, str], int]:
    def read(key: str, typed: str) -> int:
        if not (typed.isdecimal() and len(typed) < 9 and low <= int(typed) <= high):  # noqa: PLR2004
            raise UserError(
                f"“{key}:{typed}” is out of bounds: write a whole number from {low} to {high}, "
                f"like {_EXAMPLES[key]}."
            )
        return int(typed)

    return read


def _read_switch(key: str, typed: str) -> bool:
    if typed.lower() in ("on", "yes", "true", "1"):
        return True
    if typed.lower() in ("off", "no", "false", "0"):
        return False
    raise UserError(f"“{key}:{typed}” is neither on nor off: write {key}:on or {key}:off.")


def _read_formula(key: str, typed: str) -> Formula:
    if typed.lower() not in list(Formula):
        names = " or ".join(f"{key}:{formula}" for formula in Formula)
        raise UserError(f"There is no formula “{typed}”: write {names}.")
    return Formula(typed.lower())


_EXAMPLES = {
    "kw": 'kw:"kv cache",LLM^2,quantiz*',
    "not": "not:survey",
    "author": 'author:"Tri Dao"',
    "cat": "cat:cs.CL,cs.LG",
    "about": 'about:"making long-context inference cheap"',
    "min": "min:2.5",
    "top": "top:10",
    "days": "days:7",
}
_LISTS: Mapping[str, tuple[str, Callable[[str], Any], int]] = {
    "kw": ("terms", parse_term, MAX_TERMS),
    "not": ("excluded", parse_term, MAX_TERMS),
    "author": ("authors", _read_author, MAX_AUTHORS),
    "cat": ("categories", _read_category, MAX_CATEGORIES),
    "about": ("about", _read_sentence, MAX_SENTENCES),
}
_EMPTIES: Mapping[str, tuple[str, ...]] = {"about": (NOTHING, "off", "no")}
_SETTINGS: Mapping[str, tuple[str, Callable[[str, str], Any]]] = {
    "min": ("min_score", _number(0, 100)),
    "top": ("max_papers", _whole_number(1, 50)),
    "days": ("days_back", _whole_number(1, 30)),
    "formula": ("formula", _read_formula),
    "cross": ("cross_lists", _read_switch),
    "revisions": ("revisions", _read_switch),
}


# --- writing -------------------------------------------------------------------------------


def format_filters(interests: Interests) -> str:
    """`interests` as a command's filters; `parse_filters` reads the same back.

    What stands at its default is left out.
    """
    default = Interests(interests.categories)
    parts = list(interests.categories)
    if interests.terms:
        parts.append("kw:" + ",".join(map(format_term, interests.terms)))
    parts += ["-" + format_term(term) for term in interests.excluded]
    parts += ["@" + quoted(name) for name in interests.authors]
    if interests.about:
        parts.append("about:" + ",".join(f'"{each}"' for each in interests.about))
    for key, (name, _) in _SETTINGS.items():
        if (value := getattr(interests, name)) != getattr(default, name):
            parts.append(f"{key}:{_setting_text(value)}")
    return " ".join(parts)


def _setting_text(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def sentence(interests: Interests) -> str:
    """`interests` for people: "cs.CL · LLM (×2), quantiz* · without survey · at most 10"."""
    parts = [", ".join(interests.categories)]
    if interests.terms:
        parts.append(", ".join(map(_shown, interests.terms)))
    if interests.excluded:
        parts.append("without " + ", ".join(map(_shown, interests.excluded)))
    if interests.authors:
        parts.append("following " + ", ".join(interests.authors))
    if interests.about:
        parts.append("about " + ", ".join(f"“{each}”" for each in interests.about))
    if interests.min_score:
        parts.append(f"score at least {interests.min_score:g}")
    parts.append(f"at most {interests.max_papers}")
    if interests.cross_lists:
        parts.append("with cross-lists")
    if interests.revisions:
        parts.append("with revisions")
    if interests.formula is Formula.SEED:
        parts.append("formula seed")
    return " · ".join(parts)


def _shown(term: Term) -> str:
    label = term_label(term)
    return label if term.weight == 1 else f"{label} (×{term.weight:g})"
