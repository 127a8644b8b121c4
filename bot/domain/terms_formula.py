"""The formula `terms`: whole words and phrases, rare ones worth more, points on a fixed scale.

A term found once in an abstract earns its weight: 1.0 for one that stands in a paper of a hundred,
0.56 for one in three of ten, 1.22 for the rarest. A title counts as three abstracts' hits, and hits
saturate: once in the title earns twice the weight, and no number of hits more than four times.
A phrase that is absent earns half of the share of its words' rarity that is there, if that is a
third at least. The figures are explained, and each is switched off in turn, in
docs/explanation/ranking.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from bot.domain.folding import fold, pieces, raw_words
from bot.domain.paper_words import IN_TITLE, PaperWords
from bot.domain.papers import Paper
from bot.domain.patterns import compile_pattern, count_hits
from bot.domain.rarity import TYPICAL, Rarity, idf, weight
from bot.domain.sheet import Sheet, Where, sheet_of
from bot.domain.typed_terms import Term, TermKind

TITLE_HITS = 3  # a hit in the title counts like three in the abstract
SATURATION = 3.0  # hits at which half of the most that a term can earn is earned
PARTIAL = 0.5  # of an absent phrase's weight, when all its words are there
LEAST_SHARE = 1 / 3  # of the words' rarity; less is chance
_SHARE_UNITS = 1000  # shares are kept as whole thousandths in the low bits of a cell
_SHARE_BITS = 10
_SHORTEST_HALF = 3  # letters of the parts in which a closed word is looked for


@dataclass(frozen=True, slots=True)
class _Look:
    """What a term looks for."""

    words: tuple[str, ...] = ()  # folded, in order
    prefix: str = ""  # what the word after them begins with
    pattern: str = ""  # a regular expression instead of words

    @property
    def parts(self) -> tuple[str, ...]:
        """The words, the prefix among them with a * behind."""
        return (*self.words, self.prefix + "*") if self.prefix else self.words


def score_terms(
    terms: Sequence[Term], papers: Sequence[Paper], words: PaperWords, rarity: Rarity
) -> Sheet:
    """What every term earns in every paper; `words` are those of `papers`."""
    numbers: dict[_Look, int] = {}
    identity = [numbers.setdefault(_look(term), len(numbers)) for term in terms]
    looks = list(numbers)
    hits = _hits(looks, papers, words)
    shares = _shares(looks, words, rarity)
    # One cell: hits above, the share of an absent phrase's words below.
    cells = (hits * (1 << _SHARE_BITS) + shares).tocsr()
    per_term = coo_array(cells[np.asarray(identity, dtype=np.int32)])
    weights = _weights(looks, rarity)[identity] * np.array([term.weight for term in terms])
    rows, columns = (axis.astype(np.int64) for axis in per_term.coords)
    earned, where = _earned(per_term.data)
    return sheet_of(
        rows, columns, earned * weights[rows], where, shape=per_term.shape, identity=identity
    )


def found(terms: Sequence[Term], papers: Sequence[Paper], words: PaperWords) -> csr_array:
    """Whether each term stands in each paper as a whole: (terms x papers), int8."""
    hits = _hits([_look(term) for term in terms], papers, words)
    return (hits > 0).astype(np.int8).tocsr()


def _earned(cells: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Points before the term's weight, and where they were found."""
    hits, share = cells >> _SHARE_BITS, (cells & ((1 << _SHARE_BITS) - 1)) / _SHARE_UNITS
    in_title, in_abstract = hits // IN_TITLE, hits % IN_TITLE
    total = TITLE_HITS * in_title + in_abstract
    saturated = total * (SATURATION + 1) / (total + SATURATION)
    partly = np.where(share >= LEAST_SHARE, PARTIAL * share, 0.0)
    place = np.where(
        in_title > 0, np.where(in_abstract > 0, Where.BOTH, Where.TITLE), Where.ABSTRACT
    )
    where = np.where(hits > 0, place, Where.WORDS).astype(np.int8)
    return np.where(hits > 0, saturated, partly), where


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


def _shares(looks: Sequence[_Look], words: PaperWords, rarity: Rarity) -> csr_array:
    """How much of each phrase's rarity its single words bring to each paper, in thousandths."""
    parts: dict[str, int] = {}
    rows: list[int] = []
    columns: list[int] = []
    units: list[int] = []
    idf_of: dict[str, float] = {}
    keys = rarity.keys() if any(look.prefix and look.words for look in looks) else []
    for row, look in enumerate(looks):
        if len(look.parts) < 2:  # noqa: PLR2004 - a phrase has words
            continue
        telling = {}
        for part in dict.fromkeys(look.parts):
            if part not in idf_of:
                idf_of[part] = idf(_frequency(_part(part), rarity, keys))
            telling[part] = idf_of[part]
        total = sum(telling.values())
        for part, rareness in telling.items():
            rows.append(row)
            columns.append(parts.setdefault(part, len(parts)))
            units.append(round(_SHARE_UNITS * rareness / total))
    present = (_hits([_part(part) for part in parts], (), words) > 0).astype(np.int64)
    shape = (len(looks), len(parts))
    telling_parts = coo_array((units, (rows, columns)), shape=shape, dtype=np.int64).tocsr()
    shares: csr_array = (telling_parts @ present).tocsr()
    return shares


def _part(part: str) -> _Look:
    return _Look(prefix=part[:-1]) if part.endswith("*") else _Look((part,))


# --- how much it weighs --------------------------------------------------------------------


def _weights(looks: Sequence[_Look], rarity: Rarity) -> NDArray[np.float64]:
    keys = rarity.keys() if any(look.prefix for look in looks) else []
    return np.array([weight(_frequency(look, rarity, keys)) for look in looks])


def _frequency(look: _Look, rarity: Rarity, keys: Sequence[str]) -> float:
    if look.pattern:
        return TYPICAL
    if look.prefix:
        return rarity.frequency_of_prefix(look.words, look.prefix, keys)
    return rarity.frequency(look.words) if look.words else 1.0
