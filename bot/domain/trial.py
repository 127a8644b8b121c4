"""A dry run: what a filter would have brought on each of some announcement days.

One ranking without a least score holds every paper that could ever match; what another `min`
would have brought is then counted, not ranked again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from bot.domain.diversity import Variety
from bot.domain.folding import folded_words
from bot.domain.interests import Interests
from bot.domain.matching import Scored
from bot.domain.profile import Liked

SHOWN_BELOW = 5  # papers just below the bar
_FEWEST_SHARING = 2  # liked papers that hold a term
_TERMS_SUGGESTED = 3
_WANTED_A_DAY = 10  # what people read, where they ask for no fewer
_TOO_MANY = 1.25  # times the places of a digest: then a higher bar is suggested
_TOO_FEW = 0.5  # of the papers wanted: then a lower one is


@dataclass(frozen=True, slots=True)
class TrialDay:
    """What one announcement would have brought."""

    announced_on: date
    considered: int
    matched: int
    come: tuple[Scored, ...]  # best first


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Another least score, and how many papers a day it would have brought."""

    min_score: float
    a_day: float


@dataclass(frozen=True, slots=True)
class Trial:
    """A dry run over some days, oldest first."""

    days: tuple[TrialDay, ...]
    best: tuple[Scored, ...]  # of all days together, at most max_papers
    below: tuple[Scored, ...]  # nearest to the bar first
    suggestion: Suggestion | None
    shared_terms: tuple[str, ...] = ()  # what liked papers share and nobody asked for

    @property
    def a_day(self) -> float:
        """How many papers would have come, on average."""
        return sum(len(each.come) for each in self.days) / max(1, len(self.days))


def try_out(
    interests: Interests,
    ranked: Sequence[Scored],
    considered: Sequence[tuple[date, int]],
    *,
    variety: Variety,
) -> Trial:
    """The dry run of `interests`, from everything `ranked` without a least score, best first.

    `considered` has a row for each day looked at: how many papers were considered on it.
    """
    # Where nothing is asked for, nothing can be compared with a least score.
    is_open = not interests.terms and not interests.authors
    matched = [each for each in ranked if is_open or _passes(each, interests.min_score)]
    days = []
    for on, count in sorted(considered):
        of_day = [each for each in matched if each.announcement.announced_on == on]
        come = variety.choose(of_day, interests)
        days.append(TrialDay(on, count, len(of_day), come))
    coming = {each.announcement.sequence for trial_day in days for each in trial_day.come}
    best = [each for each in matched if each.announcement.sequence in coming]
    below = [] if is_open else [each for each in ranked if not _passes(each, interests.min_score)]
    return Trial(
        days=tuple(days),
        best=tuple(best[: interests.max_papers]),
        below=tuple(below[:SHOWN_BELOW]),
        suggestion=_suggest(interests, ranked, days=len(days)),
    )


def shared_terms(interests: Interests, liked: Iterable[Liked]) -> tuple[str, ...]:
    """Folded terms that several liked papers hold, none of which is among what is typed.

    Pairs of words first: a word alone is seldom a good filter.
    """
    typed = {word for term in interests.terms for word in folded_words(term.text)}
    found = [
        each.term
        for each in liked
        if each.points > 0
        and len(each.papers) >= _FEWEST_SHARING
        and not typed.issuperset(each.term.split())
    ]
    pairs = [term for term in found if " " in term]
    words = [term for term in found if " " not in term and not any(term in pair for pair in pairs)]
    return (*pairs, *words)[:_TERMS_SUGGESTED]


def _passes(scored: Scored, min_score: float) -> bool:
    """Whether it reaches the bar; a followed author's paper need not."""
    return scored.score >= min_score or any(each.where == "author" for each in scored.reasons)


def _suggest(interests: Interests, ranked: Sequence[Scored], *, days: int) -> Suggestion | None:
    """A least score for as many papers a day as people read; None where this one does that.

    It is a tenth of a point, so that people can type it.
    """
    if not days or not ranked or not interests.terms:
        return None
    wanted = min(_WANTED_A_DAY, interests.max_papers)
    matched = sum(_passes(each, interests.min_score) for each in ranked) / days
    if _TOO_FEW * wanted <= matched <= _TOO_MANY * interests.max_papers:
        return None
    scores = sorted((each.score for each in ranked), reverse=True)
    last = scores[min(len(scores), round(wanted * days)) - 1]
    # Of the tenths around it the one that brings nearest to what is wanted: scores are often equal.
    coming = {
        bar: sum(_passes(each, bar) for each in ranked) / days
        for bar in (math.floor(last * 10) / 10, math.ceil(last * 10) / 10)
    }
    bar = min(coming, key=lambda each: abs(coming[each] - wanted))
    is_nearer = abs(coming[bar] - wanted) < abs(matched - wanted)
    return Suggestion(bar, coming[bar]) if is_nearer else None
