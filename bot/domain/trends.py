"""What the announcements of some weeks show: papers a day, terms that rise and fall."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from bot.domain.common_words import COMMON_WORDS
from bot.domain.folding import fold, raw_words
from bot.domain.papers import Announcement, Paper

TERMS_KEPT = 800  # of one day; what fewer papers hold says nothing about weeks
_LEAST_PAPERS = 2  # of a day that hold a term, or it is not counted
_SHORTEST = 3  # letters of a word

# Words of every abstract: a pair with one of them is a turn of phrase, not a topic.
_PHRASE_WORDS = (
    "the and for with that this from our are can which while into these such has have than more "
    "their its also both not been but using use used based via through between across under "
    "over each all only other most many show shows demonstrate propose proposed proposes "
    "introduce introduces present presents paper work works method methods approach approaches "
    "existing recent novel new results result experiments experimental extensive state art "
    "performance achieves achieve achieving outperforms significantly significant improve "
    "improves improving improvement improvements compared comparable different various several "
    "wide range key first second two three four trade off end real world open source code "
    "available datasets dataset benchmark benchmarks task tasks problem problems challenge "
    "challenges address remains remain however often further well known best including provide "
    "provides enable enables enabling effective effectively efficient efficiency high low "
    "higher lower large small scale better strong baseline baselines up out against without "
    "within where when how what whether they them one single multiple diverse set sets findings "
    "reveal suggest evaluate evaluation evaluations framework frameworks model models requires "
    "require limited lack due leading leads lead addresses despite although specifically "
    "particular particularly general overall previous prior study studies analysis investigate "
    "develop developed systematic systematically comprehensive empirical empirically "
    "theoretical number cost costs reduce reduces reducing rely allows thus highlight promising "
    "potential important critical complex simple robust robustness quality average accuracy "
    "score scores percent respectively being same then about time some even beyond towards "
    "toward along yet still way ways make makes making aware level driven free cross non pre "
    "post multi co self sub inter per long short term terms https http github com huggingface "
    "www poorly widely during highly increasingly recently commonly adopted success et al we"
)
_PHRASES = frozenset(fold(word)[0] for word in _PHRASE_WORDS.split())
_ACRONYM = re.compile(r"\b(?=(?:[a-z]*[A-Z]){2})[A-Za-z]{3,12}s?\b")  # MoE, GRPO, LoRA
_TOPICAL = 0.15  # one word of a pair is rarer than that: in no more of the papers

RECENT_DAYS = 5  # announcement days: about a week
LEAST_DAYS = 4  # before that nothing can be said to rise
_LEAST_HITS = 8  # papers with a term, over all days
_CERTAIN = 1.96  # standard errors between the shares before and lately
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class DayCounts:
    """What one day's announcement held of the categories looked at."""

    day: date
    papers: int  # new ones
    by_category: Mapping[str, int] = field(default_factory=dict)  # by primary category
    terms: Mapping[str, int] = field(default_factory=dict)  # papers that hold a word or pair


@dataclass(frozen=True, slots=True)
class TermTrend:
    """How a term's share of the papers moved."""

    term: str
    before: float  # of 100 papers, in the days before the recent ones
    lately: float  # of 100 papers, in the recent days
    daily: tuple[float, ...]  # of 100 papers, oldest day first
    certainty: float  # standard errors between the two; negative where it falls


@dataclass(frozen=True, slots=True)
class Trends:
    """Some weeks at one look; `rising` and `falling` most certain first."""

    days: tuple[DayCounts, ...]  # oldest first
    recent_days: int = 0  # how many of them count as lately; 0 where there are too few
    rising: tuple[TermTrend, ...] = ()
    falling: tuple[TermTrend, ...] = ()


def count_day(
    day: date, announcements: Iterable[Announcement], categories: tuple[str, ...]
) -> DayCounts:
    """Count the new papers of `day` whose primary category is among `categories`."""
    papers = [
        one.paper
        for one in announcements
        if not one.announce_type.is_revision and one.paper.primary_category in categories
    ]
    hits: Counter[str] = Counter()
    written: dict[str, Counter[str]] = {}
    for paper in papers:
        found = _terms_of(paper)
        hits.update(found.keys())
        for key, form in found.items():
            written.setdefault(key, Counter())[form] += 1
    # Alphabetical among equals, so that a second count gives the same document.
    kept = sorted(
        (key for key, count in hits.items() if count >= _LEAST_PAPERS),
        key=lambda key: (-hits[key], key),
    )[:TERMS_KEPT]
    by_category = Counter(paper.primary_category for paper in papers)
    return DayCounts(
        day,
        len(papers),
        {each: by_category[each] for each in categories if by_category[each]},
        {_usual(written[key]): hits[key] for key in kept},
    )


def _terms_of(paper: Paper) -> dict[str, str]:
    """The topics one paper names, folded, each as it is written there: pairs and acronyms."""
    found: dict[str, str] = {}
    for text in (paper.title, paper.abstract):
        words = raw_words(text)
        folded = [" ".join(fold(word)) for word in words]
        for (one, two), (first, second) in zip(pairwise(words), pairwise(folded), strict=True):
            if _is_topic(first, second):
                found.setdefault(f"{first} {second}", f"{one} {two}")
        for acronym in _ACRONYM.findall(text):
            found.setdefault(_key(acronym), acronym)
    return found


def _is_topic(first: str, second: str) -> bool:
    pair = (first, second)
    return (
        first != second
        and not any(len(word) < _SHORTEST or word in _PHRASES for word in pair)
        and all(word.replace(" ", "").isalpha() for word in pair)
        and min(COMMON_WORDS.get(word, 0.0) for word in pair) < _TOPICAL
    )


def _usual(forms: Counter[str]) -> str:
    return min(forms, key=lambda form: (-forms[form], form))


def trends_of(days: Iterable[DayCounts]) -> Trends:
    """What moved between the last week and the days before it, as far as chance cannot explain it.

    The two shares are compared as two proportions, with the pooled standard error.
    """
    ordered = tuple(sorted((each for each in days if each.papers), key=lambda each: each.day))
    if len(ordered) < LEAST_DAYS:
        return Trends(ordered)
    recent = min(RECENT_DAYS, len(ordered) // 2)
    counts = [_folded(each) for each in ordered]
    shown = {_key(term): term for each in ordered for term in each.terms}  # as written last
    terms = sorted(key for key in shown if sum(each[key] for each in counts) >= _LEAST_HITS)
    papers = [each.papers for each in ordered]
    moved = [
        _moved(shown[key], [each[key] for each in counts], papers, recent=recent) for key in terms
    ]
    certain = [each for each in moved if abs(each.certainty) >= _CERTAIN]
    rising = sorted((each for each in certain if each.certainty > 0), key=_by_certainty)
    falling = sorted((each for each in certain if each.certainty < 0), key=_by_certainty)
    return Trends(ordered, recent, _distinct(rising), _distinct(falling))


def _folded(day: DayCounts) -> Counter[str]:
    """A day's terms, those together that only a plural tells apart."""
    counts: Counter[str] = Counter()
    for term, count in day.terms.items():
        counts[_key(term)] += count
    return counts


def _key(term: str) -> str:
    return " ".join(part for word in term.lower().split() for part in fold(word))


def _moved(term: str, hits: Sequence[int], papers: Sequence[int], *, recent: int) -> TermTrend:
    papers_before, papers_lately = sum(papers[:-recent]), sum(papers[-recent:])
    hits_before, hits_lately = sum(hits[:-recent]), sum(hits[-recent:])
    pooled = (hits_before + hits_lately) / (papers_before + papers_lately)
    error = math.sqrt(pooled * (1 - pooled) * (1 / papers_before + 1 / papers_lately))
    difference = hits_lately / papers_lately - hits_before / papers_before
    return TermTrend(
        term,
        before=100 * hits_before / papers_before,
        lately=100 * hits_lately / papers_lately,
        daily=tuple(100 * count / total for count, total in zip(hits, papers, strict=True)),
        certainty=difference / error if error else 0.0,
    )


def _by_certainty(trend: TermTrend) -> tuple[float, str]:
    return (-abs(trend.certainty), trend.term)


def _distinct(trends: Sequence[TermTrend]) -> tuple[TermTrend, ...]:
    """Without what shares a word with something more certain: "kv", "cache" beside "kv cache"."""
    chosen: list[TermTrend] = []
    taken: set[str] = set()
    for each in trends:
        words = set(_key(each.term).split())
        if taken.isdisjoint(words):
            chosen.append(each)
            taken |= words
        if len(chosen) == _SHOWN:
            break
    return tuple(chosen)
