"""Many readers' terms as one sparse matrix, and what those terms earn in each paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array, hstack, vstack

from bot.domain.interests import Formula, Interests, Term, TermKind
from bot.domain.paper_words import PaperWords, read_words
from bot.domain.papers import Paper
from bot.domain.rarity import Rarity
from bot.domain.seed_formula import found_substrings, score_substrings
from bot.domain.sheet import Sheet
from bot.domain.terms_formula import found, score_terms


@dataclass(frozen=True, slots=True)
class Scores:
    """Readers x terms, and terms x papers."""

    wanted: csr_array  # (readers x terms), float32: how often a reader's term counts
    terms: tuple[Term, ...]
    points: csr_array  # (terms x papers), float32, whole hundredths
    where: csr_array  # the same cells, of `Where`
    unwanted: csr_array  # (readers x excluded terms), float32
    unwanted_terms: tuple[Term, ...]
    present: csr_array  # (excluded terms x papers), float32: 1 where one stands


def compile_scores(
    readers: Sequence[Interests], papers: Sequence[Paper], *, rarity: Rarity
) -> Scores:
    """All that the scores of `readers` for `papers` are made of."""
    texts = _Texts(papers)
    wanted, unwanted, terms, unwanted_terms = [], [], [], []
    sheets: list[Sheet] = []
    present: list[csr_array] = []
    for formula in Formula:
        theirs = [each.terms if each.formula is formula else () for each in readers]
        matrix, listed = _listed(theirs)
        sheet = (
            score_terms(listed, papers, texts.words, rarity)
            if formula is Formula.TERMS and listed
            else score_substrings(listed, papers)
        )
        wanted.append(_each_once(matrix, listed, sheet) if formula is Formula.TERMS else matrix)
        terms += listed
        sheets.append(sheet)
        matrix, listed = _listed(
            [each.excluded if each.formula is formula else () for each in readers]
        )
        unwanted.append(matrix)
        unwanted_terms += listed
        present.append(
            found(listed, papers, texts.words)
            if formula is Formula.TERMS and listed
            else found_substrings(listed, papers)
        )
    return Scores(
        wanted=hstack(wanted, format="csr"),
        terms=tuple(terms),
        points=vstack([sheet.points for sheet in sheets], format="csr"),
        where=vstack([sheet.where for sheet in sheets], format="csr"),
        unwanted=hstack(unwanted, format="csr"),
        unwanted_terms=tuple(unwanted_terms),
        present=vstack(present, format="csr").astype(np.float32),
    )


class _Texts:
    """The papers' words, read when the first formula asks."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self._papers = papers

    @cached_property
    def words(self) -> PaperWords:
        return read_words(self._papers)


def _listed(lists: Sequence[Sequence[Term]]) -> tuple[csr_array, list[Term]]:
    """(lists x different terms) how often each stands in each list, and those terms."""
    # Keyed by strings: hashing a Term costs ten times as much, and there are many.
    plain: dict[tuple[str, float], int] = {}
    others: dict[tuple[str, float, str], int] = {}
    terms: list[Term] = []
    columns: list[int] = []
    for listed in lists:
        for term in listed:
            if term.kind is TermKind.PHRASE:
                column = plain.setdefault((term.text, term.weight), len(terms))
            else:
                key = (term.text, term.weight, term.kind.value)
                column = others.setdefault(key, len(terms))
            if column == len(terms):
                terms.append(term)
            columns.append(column)
    starts = np.concatenate(([0], np.cumsum([len(listed) for listed in lists], dtype=np.int64)))
    ones = np.ones(len(columns), dtype=np.float32)
    shape = (len(lists), len(terms))
    indices = np.asarray(columns, dtype=np.int32)
    return csr_array((ones, indices, starts.astype(np.int32)), shape=shape), terms


def _each_once(matrix: csr_array, terms: Sequence[Term], sheet: Sheet) -> csr_array:
    """`matrix` with one term for each thing a reader looks for: the one that weighs most."""
    if not terms:
        return matrix
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    things = rows * (int(sheet.identity.max()) + 1) + sheet.identity[matrix.indices]
    weights = np.array([term.weight for term in terms])[matrix.indices]
    order = np.lexsort((matrix.indices, -weights, things))
    is_first = np.concatenate(([True], np.diff(things[order]) > 0))[: len(order)]
    kept = np.sort(order[is_first])
    starts = np.concatenate(([0], np.cumsum(np.bincount(rows[kept], minlength=matrix.shape[0]))))
    return csr_array(
        (matrix.data[kept], matrix.indices[kept], starts.astype(np.int32)), shape=matrix.shape
    )
