"""What a subscription is interested in, and the filter grammar in which people say it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import StrEnum


class Formula(StrEnum):
    """The two ways to score a paper; `bot/domain/matching.py` has both."""

    SEED = "seed"
    TERMS = "terms"


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

    def apply(self, base: Interests) -> Interests:
        """`base` with every filter that was given in place of its own."""
        given = {
            field.name: value
            for field in fields(self)
            if (value := getattr(self, field.name)) is not None
        }
        return replace(base, **given)
