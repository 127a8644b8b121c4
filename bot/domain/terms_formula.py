"""The formula `terms`: whole words and phrases, rare ones worth more, points on a fixed scale.

A term found once in an abstract earns its weight: 1.0 for one that stands in a paper of a hundred,
0.56 for one in three of ten, 1.22 for the rarest. A title counts as three abstracts' hits, and hits
saturate: once in the title earns twice the weight, and no number of hits more than four times.
Six tenths of a phrase are for the phrase as it stands, four tenths for its words wherever they
are, each by its rarity. The figures are explained, and each is switched off in turn, in
docs/explanation/ranking.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array, csr_array

from bot.domain.folding import fold, pieces, raw_words
from bot.domain.paper_words import IN_TITLE, PaperWords
from bot.domain.papers import Paper
from bot.domain.patterns import compile_pattern, count_hits
from bot.domain.rarity import TYPICAL, Rarity, idf, weight
from bot.domain.sheet import COEFFICIENT, Findings, Sheet, Where
from bot.domain.typed_terms import Term, TermKind

TITLE_HITS = 3  # a hit in the title counts like three in the abstract
SATURATION = 3.0  # hits at which half of the most that a term can earn is earned
FOR_THE_WORDS = 0.4  # of a phrase's weight; the rest is for the phrase
_SHORTEST_HALF = 3  # letters of the parts in which a closed word is looked for


class _Look(NamedTuple):
    """Something to look for: words in order, words and a prefix, or a regular expression."""

    words: tuple[str, ...] = ()  # folded
    prefix: str = ""  # what the word after them begins with
    pattern: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """The words of a phrase, a prefix with * behind; none where there is only one."""
        parts = (*self.words, f"{self.prefix}*") if self.prefix else self.words
        return tuple(dict.fromkeys(parts)) if len(parts) > 1 else ()


def score_terms(
    terms: Sequence[Term], papers: Sequence[Paper], words: PaperWords, rarity: Rarity
) -> Sheet:
    """What every term earns in every paper; `words` are those of `papers`."""
    looks = [_look(term) for term in terms]
    shares = _Shares(rarity)
    things: dict[_Look, int] = {}
    starts, columns, worth = [0], [], []
    for look, term in zip(looks, terms, strict=True):
        for thing, share in shares.of(look):
            columns.append(things.setdefault(thing, len(things)))
            worth.append(share * term.weight)
        starts.append(len(columns))
    hundredths = np.rint(np.array(worth) * COEFFICIENT).astype(np.int32)
    identities: dict[_Look, int] = {}
    return Sheet(
        coefficients=csr_array(
            (hundredths, np.array(columns, np.int32), np.array(starts, np.int32)),
            shape=(len(terms), len(things)),
        ),
        findings=_findings(_hits(list(things), papers, words)),
        identity=[identities.setdefault(look, len(identities)) for look in looks],
    )


def found(terms: Sequence[Term], papers: Sequence[Paper], words: PaperWords) -> csr_array:
    """How often each term stands in each paper as a whole: positive where it does."""
    return _hits([_look(term) for term in terms], papers, words)


def _findings(hits: csr_array) -> Findings:
    """What hits earn, saturating, and where they are."""
    cells = hits.tocoo()
    in_title, in_abstract = cells.data // IN_TITLE, cells.data % IN_TITLE
    total = TITLE_HITS * in_title + in_abstract
    saturated = total * (SATURATION + 1) / (total + SATURATION)
    both = np.where(in_abstract > 0, Where.BOTH, Where.TITLE)
    where = np.where(in_title > 0, both, Where.ABSTRACT)
    rows, columns = (axis.astype(np.int64) for axis in cells.coords)
    return Findings.of((rows, columns), saturated, where, shape=hits.shape)


# --- what is looked for --------------------------------------------------------------------


def _look(term: Term) -> _Look:
    if term.kind is TermKind.REGEX:
        return _Look(pattern=term.text)
    typed = raw_words(term.text)
    if term.kind is TermKind.PREFIX and typed:
        *before, last = (piece for word in typed for piece in pieces(word))
        return _Look(tuple(part for word in before for part in fold(word)), last)
    return _Look(tuple(part for word in typed for part in fold(word)))


def _spellings(look: _Look, words: PaperWords) -> Iterator[tuple[str, ...]]:
    """The sequences of folded words that count as this term."""
    if look.prefix:
        for last in words.beginning_with(look.prefix):
            yield (*look.words, last)
    elif look.words:
        yield look.words
        yield from _closed_or_open(look.words, words.numbers)


def _closed_or_open(words: tuple[str, ...], known: Mapping[str, int]) -> Iterator[tuple[str, ...]]:
    """`kv cache` written as kvcache, and `crosslingual` written as cross-lingual."""
    if len(words) == 2:  # noqa: PLR2004 - compounds of more are not closed
        yield ("".join(words),)
    if len(words) == 1:
        for cut in range(_SHORTEST_HALF, len(words[0]) - _SHORTEST_HALF + 1):
            first, second = words[0][:cut], words[0][cut:]
            if first in known and second in known:
                yield first, second


# --- how often it is found -----------------------------------------------------------------


def _hits(looks: Sequence[_Look], papers: Sequence[Paper], words: PaperWords) -> csr_array:
    """Hits of each look in each paper: those in the title x IN_TITLE + those in the abstract."""
    sequences: dict[tuple[str, ...], int] = {}
    rows: list[int] = []
    columns: list[int] = []
    for row, look in enumerate(looks):
        for spelling in _spellings(look, words):
            rows.append(row)
            columns.append(sequences.setdefault(spelling, len(sequences)))
    ones = np.ones(len(rows), dtype=np.int64)
    shape = (len(looks), len(sequences))
    counted: csr_array = (
        coo_array((ones, (rows, columns)), shape=shape).tocsr() @ words.count(list(sequences))
    ).tocsr()
    if any(look.pattern for look in looks):
        counted = (counted + _pattern_hits(looks, papers)).tocsr()
    return counted


def _pattern_hits(looks: Sequence[_Look], papers: Sequence[Paper]) -> csr_array:
    cells: list[tuple[int, int, int]] = []
    for row, look in enumerate(looks):
        if not look.pattern:
            continue
        pattern = compile_pattern(look.pattern)
        for column, paper in enumerate(papers):
            in_title = count_hits(pattern, paper.title)
            in_abstract = min(count_hits(pattern, paper.abstract), IN_TITLE - 1)
            if in_title or in_abstract:
                cells.append((row, column, in_title * IN_TITLE + in_abstract))
    rows, columns, hits = np.array(cells, dtype=np.int64).reshape(-1, 3).T
    return coo_array((hits, (rows, columns)), shape=(len(looks), len(papers))).tocsr()


# --- how common it is ----------------------------------------------------------------------


class _Shares:
    """What terms of weight 1 are worth, for themselves and for their words."""

    def __init__(self, rarity: Rarity) -> None:
        self._rarity = rarity
        self._keys: list[str] | None = None
        self._words: dict[str, tuple[_Look, float]] = {}  # a part and its idf

    def of(self, look: _Look) -> list[tuple[_Look, float]]:
        """The term itself comes first, then its words."""
        whole = weight(self._frequency(look))
        parts = look.parts
        if not parts:
            return [(look, whole)]
        telling = [self._words.get(part) or self._telling(part) for part in parts]
        for_words = whole * FOR_THE_WORDS / sum([rareness for _, rareness in telling])
        return [
            (look, whole * (1 - FOR_THE_WORDS)),
            *[(part, for_words * rareness) for part, rareness in telling],
        ]

    def _telling(self, part: str) -> tuple[_Look, float]:
        look = _Look(prefix=part[:-1]) if part.endswith("*") else _Look((part,))
        telling = self._words[part] = (look, idf(self._frequency(look)))
        return telling

    def _frequency(self, look: _Look) -> float:
        if look.pattern:
            return TYPICAL
        if not look.prefix:
            return self._rarity.frequency(look.words) if look.words else 1.0
        if self._keys is None:
            self._keys = self._rarity.keys()
        return self._rarity.frequency_of_prefix(look.words, look.prefix, self._keys)
