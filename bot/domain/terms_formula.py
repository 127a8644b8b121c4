"""The formula `terms`: whole words and phrases, rare ones worth more, points on a fixed scale.

A term found once in an abstract earns its weight: 1.0 for one that stands in a paper of a hundred,
0.56 for one in three of ten, 1.22 for the rarest. A title counts as three abstracts' hits, and hits
saturate: once in the title earns twice the weight, and no number of hits more than four times.
All this is for a title of eleven words: under one of half as many everything earns a fifth more.
Six tenths of a phrase are for the phrase as it stands, four tenths for its words wherever they
are, each by its rarity. The figures are explained, and each is switched off in turn, in
docs/explanation/ranking.md.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from bot.domain.folding import fold, folded_words, pieces, raw_words
from bot.domain.paper_words import IN_TITLE, PaperWords
from bot.domain.papers import Paper
from bot.domain.patterns import Fields
from bot.domain.rarity import TYPICAL, Rarity, idf, weight
from bot.domain.sheet import COEFFICIENT, Findings, Sheet, Where
from bot.domain.term_keys import keys_of, numbered
from bot.domain.typed_terms import Term, TermKind

TITLE_HITS = 3  # a hit in the title counts like three in the abstract
SATURATION = 3.0  # hits at which half of the most that a term can earn is earned
USUAL_TITLE = 11  # words; a shorter title says more about each of them
TITLE_BOUNDS = (4, 25)  # words; what is shorter or longer counts like these
TITLE_POWER = 0.25
FOR_THE_WORDS = 0.4  # of a phrase's weight; the rest is for the phrase
_KEPT = 1 << 16  # phrases: some twenty megabytes
_COUNTED = 2  # words: of longer phrases no one counts in how many papers they are
_SHORTEST_HALF = 3  # letters of the parts in which a closed word is looked for


Columns = NDArray[np.int32]


class _Look(NamedTuple):
    """Something to look for: words in order, words and a prefix, or a regular expression.

    Looked up by the ten thousand, so it carries the keys of all that is looked up for it.
    """

    words: tuple[str, ...]  # folded
    prefix: str  # what the word after them begins with
    pattern: str
    text: str  # the words, as their rarity is counted
    key: int  # another for another look
    parts: tuple[str, ...]  # the words of a phrase, a prefix with * behind; none of a single one
    part_keys: bytes  # of the looks for each part alone
    spelling_keys: bytes  # of a single word's halves, for each cut; of a pair written as one word


def _look_of(words: tuple[str, ...] = (), prefix: str = "", pattern: str = "") -> _Look:
    parts = (*words, f"{prefix}*") if prefix else words
    parts = tuple(dict.fromkeys(parts)) if len(parts) > 1 else ()
    alone = (_key((), part[:-1]) if part.endswith("*") else _key((part,)) for part in parts)
    spelled = () if prefix else _spellings(words)
    return _Look(
        words,
        prefix,
        pattern,
        text=" ".join(words),
        key=_key(words, prefix, pattern),
        parts=parts,
        part_keys=array("q", alone).tobytes(),
        spelling_keys=keys_of(chain.from_iterable(spelled)).tobytes(),
    )


def _key(words: tuple[str, ...], prefix: str = "", pattern: str = "") -> int:
    return hash((words, prefix, pattern))


def _spellings(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Other ways to write these words: a pair as one word, or one word as two."""
    if len(words) == 2:  # noqa: PLR2004 - compounds of more are not closed
        return [(words[0] + words[1],)]
    if len(words) != 1:
        return []
    (word,) = words
    cuts = range(_SHORTEST_HALF, len(word) - _SHORTEST_HALF + 1)
    return [(word[:cut], word[cut:]) for cut in cuts]


def score_terms(
    terms: Sequence[Term], papers: Sequence[Paper], words: PaperWords, rarity: Rarity
) -> Sheet:
    """What every term earns in every paper; `words` are those of `papers`."""
    looks = [_look(term) for term in terms]
    things, columns, starts = _things(looks)
    frequency = _frequencies(things, rarity)
    row = np.repeat(np.arange(len(terms)), np.diff(starts))
    is_whole = np.zeros(len(columns), dtype=bool)
    is_whole[starts[:-1]] = True
    is_phrase = np.diff(starts) > 1
    telling = np.where(is_whole, 0.0, idf(frequency[columns]))
    together = np.bincount(row, weights=telling, minlength=len(terms))
    for_word = FOR_THE_WORDS * telling / np.where(is_phrase, together, 1.0)[row]
    share = np.where(is_whole, np.where(is_phrase, 1 - FOR_THE_WORDS, 1.0)[row], for_word)
    typed = np.array([term.weight for term in terms])
    worth = share * (weight(frequency[columns[starts[:-1]]]) * typed)[row]
    return Sheet(
        coefficients=csr_array(
            (np.rint(worth * COEFFICIENT).astype(np.int32), columns, starts),
            shape=(len(terms), len(things)),
        ),
        findings=_findings(_hits(things, papers, words), _focus(words)),
        identity=columns[starts[:-1]].tolist(),
    )


def found(terms: Sequence[Term], papers: Sequence[Paper], words: PaperWords) -> csr_array:
    """How often each term stands in each paper as a whole: positive where it does."""
    return _hits([_look(term) for term in terms], papers, words)


def _focus(words: PaperWords) -> NDArray[np.float64]:
    """For each paper how much a hit in it tells: from 1.29 under a short title to 0.81."""
    in_titles = np.bincount(words.owner[words.credit == IN_TITLE], minlength=words.papers)
    counted = np.clip(in_titles - 1, *TITLE_BOUNDS)  # each title ends with a 0
    focus: NDArray[np.float64] = (USUAL_TITLE / counted) ** TITLE_POWER
    return focus


def _findings(hits: csr_array, focus: NDArray[np.float64]) -> Findings:
    """What hits earn, saturating, and where they are; `focus` as `_focus` gives it."""
    cells = hits.tocoo()
    in_title, in_abstract = cells.data // IN_TITLE, cells.data % IN_TITLE
    total = TITLE_HITS * in_title + in_abstract
    saturated = total * (SATURATION + 1) / (total + SATURATION)
    both = np.where(in_abstract > 0, Where.BOTH, Where.TITLE)
    where = np.where(in_title > 0, both, Where.ABSTRACT)
    rows, columns = (axis.astype(np.int32) for axis in cells.coords)
    return Findings.of((rows, columns), saturated * focus[columns], where, shape=hits.shape)


# --- what is looked for --------------------------------------------------------------------


def _look(term: Term) -> _Look:
    if term.kind is TermKind.PHRASE:
        return _look_for(term.text)
    if term.kind is TermKind.REGEX:
        return _look_of(pattern=term.text)
    if typed := raw_words(term.text):
        *before, last = (piece for word in typed for piece in pieces(word))
        return _look_of(tuple(chain.from_iterable(map(fold, before))), last)
    return _look_for(term.text)


@lru_cache(maxsize=_KEPT)
def _look_for(phrase: str) -> _Look:
    """Kept from digest to digest, for what people look for seldom changes."""
    return _look_of(tuple(folded_words(phrase)))


@lru_cache(maxsize=_KEPT)
def _look_for_part(part: str) -> _Look:
    return _look_of(prefix=part[:-1]) if part.endswith("*") else _look_of((part,))


def _things(looks: Sequence[_Look]) -> tuple[list[_Look], Columns, Columns]:
    """All that is looked for, numbered, and which of it each look is after: itself first."""
    counts = np.fromiter([len(look.parts) for look in looks], dtype=np.int32, count=len(looks))
    starts = np.concatenate(([0], np.cumsum(1 + counts, dtype=np.int32)), dtype=np.int32)
    is_own = np.zeros(starts[-1], dtype=bool)
    is_own[starts[:-1]] = True
    own = array("q", [look.key for look in looks]).tobytes()
    keys = b"".join((own, *(look.part_keys for look in looks)))
    numbers, first = numbered(np.frombuffer(keys, dtype=np.uint64))
    columns = np.empty(len(is_own), dtype=np.int32)
    columns[is_own], columns[~is_own] = numbers[: len(looks)], numbers[len(looks) :]
    parts = list(chain.from_iterable([look.parts for look in looks]))
    things = [
        looks[at] if at < len(looks) else _look_for_part(parts[at - len(looks)])
        for at in first.tolist()
    ]
    return things, columns, starts


def _other_spellings(
    looks: Sequence[_Look], words: PaperWords
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Sequences of words that count as a look beside its own, with that look's row.

    `quantiz*` as each word that begins so, `kv cache` as kvcache, `crosslingual` as cross-lingual.
    """
    counts = np.array([len(look.spelling_keys) // 8 for look in looks], dtype=np.int64)
    ends = np.cumsum(counts)
    is_known = words.find(b"".join([look.spelling_keys for look in looks])) > 0
    # A word's halves stand side by side, and before them is an even number of its own.
    place = np.arange(len(is_known)) - np.repeat(ends - counts, counts)
    row = np.repeat(np.arange(len(looks)), counts)
    is_pair = np.array([len(look.words) > 1 for look in looks], dtype=bool)[row]
    both = is_known & (is_pair | np.append(is_known[1:], False)) & (place % 2 == 0)
    for at in np.flatnonzero(both).tolist():
        yield int(row[at]), _spellings(looks[row[at]].words)[place[at] // 2]
    for at, look in enumerate(looks):
        if look.prefix:
            for last in words.beginning_with(look.prefix):
                yield at, (*look.words, last)


# --- how often it is found -----------------------------------------------------------------


def _hits(looks: Sequence[_Look], papers: Sequence[Paper], words: PaperWords) -> csr_array:
    """Hits of each look in each paper: those in the title x IN_TITLE + those in the abstract."""
    # A look's own words first, in the order of the looks; other spellings behind all of them.
    sequences = [() if look.prefix else look.words for look in looks]
    rows = list(range(len(looks)))
    for row, spelling in _other_spellings(looks, words):
        rows.append(row)
        sequences.append(spelling)
    counted = words.count(sequences, rows=np.array(rows, dtype=np.int32), height=len(looks))
    if any(look.pattern for look in looks):
        counted = (counted + _pattern_hits(looks, papers)).tocsr()
    return counted


def _pattern_hits(looks: Sequence[_Look], papers: Sequence[Paper]) -> csr_array:
    fields = Fields([text for paper in papers for text in (paper.title, paper.abstract)])
    rows = [row for row, look in enumerate(looks) if look.pattern]
    counted = np.zeros((len(rows), len(papers)), dtype=np.int64)
    for at, row in enumerate(rows):
        in_title, in_abstract = fields.count_hits(looks[row].pattern).reshape(-1, 2).T
        counted[at] = in_title * IN_TITLE + np.minimum(in_abstract, IN_TITLE - 1)
    found, columns = np.nonzero(counted)
    cells = (np.array(rows)[found], columns)
    return coo_array((counted[found, columns], cells), shape=(len(looks), len(papers))).tocsr()


# --- how common it is ----------------------------------------------------------------------


def _frequencies(looks: Sequence[_Look], rarity: Rarity) -> NDArray[np.float64]:
    """The share of papers that hold each look, from 0.001 to 1."""
    shares = rarity.shares([look.text for look in looks])
    keys = rarity.keys() if any(look.prefix for look in looks) else ()
    for at, look in enumerate(looks):
        if look.prefix or look.pattern or not 0 < len(look.words) <= _COUNTED:
            shares[at] = _frequency(look, rarity, keys)
    return shares


def _frequency(look: _Look, rarity: Rarity, keys: Sequence[str]) -> float:
    if look.pattern:
        return TYPICAL
    if look.prefix:
        return rarity.frequency_of_prefix(look.words, look.prefix, keys)
    return rarity.frequency(look.words) if look.words else 1.0
