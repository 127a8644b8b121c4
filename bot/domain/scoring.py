"""Many readers' terms as one sparse matrix, and what those terms earn in each paper."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack, vstack

from bot.domain.interests import Formula, Interests, Term
from bot.domain.liking import Liking
from bot.domain.meaning import Meaning, Meanings
from bot.domain.paper_words import PaperWords, no_words, read_words
from bot.domain.papers import Paper
from bot.domain.product import Product, columns_of
from bot.domain.profile import Profile
from bot.domain.rarity import Rarity
from bot.domain.seed_formula import found_substrings, score_substrings
from bot.domain.sheet import LEAST_EARNED, Findings, Sheet
from bot.domain.term_keys import numbered
from bot.domain.terms_formula import found, score_terms

_NO_KEYS = array("q")


@dataclass(frozen=True, slots=True)
class Scores:
    """Readers x terms x things looked for x papers."""

    wanted: csr_array  # (readers x terms), int32: how often a reader's term counts
    terms: tuple[Term, ...]
    coefficients: csr_array  # (terms x things), see `Sheet`
    findings: Findings  # (things x papers)
    least: NDArray[np.int32]  # (readers) points of the weakest term where it stands as a whole
    unwanted: csr_array  # (readers x excluded terms), int32
    unwanted_terms: tuple[Term, ...]
    present: csr_array  # (excluded terms x papers), int64: positive where one stands
    product: Product
    papers: tuple[Paper, ...]
    liking: Liking | None  # None where no reader has a profile
    meanings: Meanings | None  # None where no reader has a sentence

    def among(self, papers: NDArray[np.int64]) -> Scores:
        """The same, its products for some of the papers only."""
        return replace(
            self,
            product=self.product.among(papers),
            present=columns_of(self.present, papers),
            liking=self.liking and self.liking.among(papers),
            meanings=self.meanings and self.meanings.among(papers),
        )


def compile_scores(
    readers: Sequence[Interests],
    texts: Texts,
    *,
    rarity: Rarity,
    profiles: Sequence[Profile | None] = (),
    meanings: Sequence[Meaning | None] = (),
    order: NDArray[np.int64] | None = None,
) -> Scores:
    """All that the scores of `readers` for the papers of `texts` are made of.

    `profiles` and `meanings` have one for each reader, or are empty. The rows of the result are the
    readers in `order`, else as they are given.
    """
    rows = np.arange(len(readers)) if order is None else order
    sides = [_side(formula, readers, texts, rarity) for formula in Formula]
    sheets = [side.sheet for side in sides]
    wanted = hstack([side.wanted for side in sides], format="csr")[rows]
    coefficients = _diagonal([sheet.coefficients for sheet in sheets])
    earned = vstack([sheet.findings.earned for sheet in sheets], format="csr")
    return Scores(
        wanted=wanted,
        terms=tuple(term for side in sides for term in side.terms),
        coefficients=coefficients,
        least=_least(wanted, coefficients),
        product=Product.of(wanted @ coefficients, earned),
        findings=Findings(
            earned=earned,
            where=vstack([sheet.findings.where for sheet in sheets], format="csr"),
        ),
        unwanted=hstack([side.unwanted for side in sides], format="csr")[rows],
        unwanted_terms=tuple(term for side in sides for term in side.unwanted_terms),
        present=vstack([side.present for side in sides], format="csr"),
        papers=texts.papers,
        liking=(
            Liking.of([profiles[row] for row in rows.tolist()], texts.words, rarity)
            if any(profiles)
            else None
        ),
        meanings=(
            Meanings.of([meanings[row] for row in rows.tolist()], texts.papers)
            if any(meanings)
            else None
        ),
    )


def _least(wanted: csr_array, coefficients: csr_array) -> NDArray[np.int32]:
    """For each reader the fewest points that its weakest term earns as a whole; 1 without terms."""
    least = np.zeros(wanted.shape[0], dtype=np.int32)
    if wanted.nnz:
        whole = np.add.reduceat(coefficients.data, coefficients.indptr[:-1])
        has_terms = np.diff(wanted.indptr) > 0
        starts = wanted.indptr[:-1][has_terms]
        least[has_terms] = np.minimum.reduceat(whole[wanted.indices], starts)
    return np.maximum(least * LEAST_EARNED, 1)


@dataclass(frozen=True, slots=True)
class _Side:
    """One formula's share; readers of the other one have empty rows."""

    wanted: csr_array
    terms: list[Term]
    sheet: Sheet
    unwanted: csr_array
    unwanted_terms: list[Term]
    present: csr_array


def _side(formula: Formula, readers: Sequence[Interests], texts: Texts, rarity: Rarity) -> _Side:
    theirs = [each if each.formula is formula else None for each in readers]
    wanted, terms = _listed(
        [each.terms if each else () for each in theirs],
        [each.keys if each else _NO_KEYS for each in theirs],
    )
    excluded = [each.excluded if each else () for each in theirs]
    unwanted, unwanted_terms = _listed(
        excluded, [array("q", [term.key for term in each]) for each in excluded]
    )
    if formula is Formula.SEED:
        sheet = score_substrings(terms, texts.papers)
        present = found_substrings(unwanted_terms, texts.papers)
    else:
        papers = texts.papers
        words = texts.words if terms or unwanted_terms else no_words(papers=len(papers))
        sheet = score_terms(terms, papers, words, rarity)
        present = found(unwanted_terms, papers, words)
        wanted = _each_once(wanted, terms, sheet)
    return _Side(wanted, terms, sheet, unwanted, unwanted_terms, present)


def _diagonal(blocks: Sequence[csr_array]) -> csr_array:
    """The blocks along the diagonal, the cells of a row in the order they have."""
    before = np.cumsum([0] + [block.shape[1] for block in blocks])
    starts = np.cumsum([0] + [block.nnz for block in blocks])
    cells = zip(blocks, before, strict=False)
    rows = [block.indptr[1:] + start for block, start in zip(blocks, starts, strict=False)]
    return csr_array(
        (
            np.concatenate([block.data for block in blocks]),
            np.concatenate([block.indices + offset for block, offset in cells]),
            np.concatenate([np.zeros(1, dtype=np.int64), *rows]),
        ),
        shape=(sum(block.shape[0] for block in blocks), int(before[-1])),
    )


class Texts:
    """Some papers, and their words: read when somebody first looks for words, and once."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self.papers = tuple(papers)

    @cached_property
    def words(self) -> PaperWords:
        """The folded words of all papers."""
        return read_words(self.papers)


def _listed(
    lists: Sequence[Sequence[Term]], keys: Sequence[array[int]]
) -> tuple[csr_array, list[Term]]:
    """(lists x different terms) how often each stands in each list, and those terms.

    `keys` are those of each list's terms.
    """
    columns, first = numbered(np.frombuffer(b"".join(keys), dtype=np.uint64))
    starts = np.concatenate(([0], np.cumsum([len(listed) for listed in lists], dtype=np.int64)))
    rows = np.searchsorted(starts, first, side="right") - 1
    places = zip(rows.tolist(), (first - starts[rows]).tolist(), strict=True)
    terms = [lists[row][place] for row, place in places]
    ones = np.ones(len(columns), dtype=np.int32)
    shape = (len(lists), len(terms))
    return csr_array((ones, columns, starts.astype(np.int32)), shape=shape), terms


def _each_once(matrix: csr_array, terms: Sequence[Term], sheet: Sheet) -> csr_array:
    """`matrix` with one term for each thing a reader looks for: the one that weighs most."""
    if not terms:
        return matrix
    identity = np.array(sheet.identity, dtype=np.int64)
    order = np.lexsort((np.array([-term.weight for term in terms]), identity))
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    in_order = np.argsort(rows * len(terms) + rank[matrix.indices])
    sought = identity[matrix.indices]
    is_first = (np.diff(rows[in_order], prepend=-1) | np.diff(sought[in_order], prepend=-1)) != 0
    is_kept = np.zeros(len(in_order), dtype=bool)
    is_kept[in_order[is_first]] = True
    kept = np.flatnonzero(is_kept)
    starts = np.concatenate(([0], np.cumsum(np.bincount(rows[kept], minlength=matrix.shape[0]))))
    return csr_array(
        (matrix.data[kept], matrix.indices[kept], starts.astype(np.int32)), shape=matrix.shape
    )
