"""The formula `seed`: a keyword is a lower-cased substring of title and abstract.

+1.0 when it is in `title + " " + abstract`, a further +0.5 when it is in the title, times the
term's weight. A keyword listed twice counts twice.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array, csr_array

from bot.domain.papers import Paper
from bot.domain.patterns import compile_pattern, count_hits
from bot.domain.sheet import COEFFICIENT, Findings, Sheet, Where
from bot.domain.typed_terms import Term, TermKind

_ANYWHERE = 1.0
_IN_TITLE = 0.5


def score_substrings(terms: Sequence[Term], papers: Sequence[Paper]) -> Sheet:
    """What every term earns in every paper."""
    titles, texts = _lowered(papers)
    cells: list[tuple[int, int]] = []
    earned: list[float] = []
    where: list[Where] = []
    for row, term in enumerate(terms):
        for column in _papers_with(term, texts):
            in_title = _holds(term, titles[column])
            cells.append((row, column))
            earned.append(_ANYWHERE + _IN_TITLE * in_title)
            where.append(_where(term, papers[column], in_title=in_title))
    rows, columns = np.array(cells, dtype=np.int32).reshape(-1, 2).T
    weights = np.rint([COEFFICIENT * term.weight for term in terms]).astype(np.int32)
    each = np.arange(len(terms), dtype=np.int32)
    return Sheet(
        coefficients=csr_array(
            (weights, each, np.arange(len(terms) + 1, dtype=np.int32)), shape=(len(terms),) * 2
        ),
        findings=Findings.of(
            (rows, columns), np.array(earned), where, shape=(len(terms), len(papers))
        ),
        identity=range(len(terms)),
    )


def found_substrings(terms: Sequence[Term], papers: Sequence[Paper]) -> csr_array:
    """Whether each term is in each paper: positive where it is."""
    _, texts = _lowered(papers)
    cells = [
        (row, column) for row, term in enumerate(terms) for column in _papers_with(term, texts)
    ]
    rows, columns = np.array(cells, dtype=np.int64).reshape(-1, 2).T
    ones = np.ones(len(cells), dtype=np.int64)
    return coo_array((ones, (rows, columns)), shape=(len(terms), len(papers))).tocsr()


def _lowered(papers: Sequence[Paper]) -> tuple[list[str], list[str]]:
    titles = [paper.title.lower() for paper in papers]
    return titles, [f"{paper.title} {paper.abstract}".lower() for paper in papers]


def _papers_with(term: Term, texts: Sequence[str]) -> list[int]:
    if term.kind is TermKind.REGEX:
        pattern = compile_pattern(term.text)
        return [at for at, text in enumerate(texts) if count_hits(pattern, text)]
    keyword = term.text.lower()
    return [at for at, text in enumerate(texts) if keyword in text]


def _holds(term: Term, text: str) -> bool:
    if term.kind is TermKind.REGEX:
        return count_hits(compile_pattern(term.text), text) > 0
    return term.text.lower() in text


def _where(term: Term, paper: Paper, *, in_title: bool) -> Where:
    if not in_title:
        return Where.ABSTRACT
    return Where.BOTH if _holds(term, paper.abstract.lower()) else Where.TITLE
