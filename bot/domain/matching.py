"""What ranks high: every reader's interests against every paper, in one pass over the papers.

What each reader wants becomes one sparse matrix, what was found in each paper another
(`bot/domain/sheet.py`, written by the formulas); their product is every score at once. All numbers
in it are whole, so a score is the same whoever is ranked beside it, and its reasons add up to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from bot.domain.blocks import AUTHOR_POINTS, Block, Cells, Reader
from bot.domain.digest import Reason
from bot.domain.eligibility import KINDS, Batch
from bot.domain.interests import Interests, term_label
from bot.domain.meaning import Meaning
from bot.domain.papers import Announcement, AnnounceType
from bot.domain.profile import Profile
from bot.domain.rarity import Rarity
from bot.domain.reasons import Evidence, ReasonBook
from bot.domain.scoring import Texts, compile_scores
from bot.domain.sheet import POINT

__all__ = [
    "AUTHOR_POINTS",
    "Explanation",
    "Obstacle",
    "Ranking",
    "Reader",
    "Scored",
    "Texts",
    "explain",
    "rank",
    "rank_many",
    "texts_of",
]

_CELLS_AT_ONCE = 1 << 20  # readers x papers held as one dense block
_MOST_CHOSEN = 2 / 3  # of all papers: choosing more takes longer than adding up all of them
_FEWEST_TOGETHER = 64  # readers in a block, if there are so many: each has its fixed costs


@dataclass(slots=True, unsafe_hash=True)  # freezing it would take four times as long to make one
class Scored:
    """One announcement as one reader sees it."""

    announcement: Announcement
    announce_type: AnnounceType  # in the reader's categories, see Announcement.type_for
    score: float  # points, see docs/explanation/ranking.md; the reasons add up to it
    evidence: Evidence = field(repr=False, compare=False)
    place: int = field(repr=False, compare=False)  # in the evidence

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why it has its score, most points first; worked out when they are asked for."""
        return self.evidence.reasons[self.place]


@dataclass(frozen=True, slots=True)
class Ranking:
    """One reader's choice of one batch of announcements."""

    considered: int  # in the reader's categories, of the kinds asked for, not posted before
    matched: int  # of those, how many earned a place, were there room for all
    chosen: tuple[Scored, ...]  # best first, at most max_papers
    best_below: Scored | None  # where nothing was chosen, the best that missed only min_score
    excluded: int  # considered, but kept out by an excluded term


class Obstacle(StrEnum):
    """What keeps a paper out of a digest."""

    CATEGORY = "category"  # in none of the reader's categories
    ANNOUNCE_TYPE = "announce_type"  # a cross-list or revision, and those are off
    EXCLUDED = "excluded"  # by a term
    NOTHING_FOUND = "nothing_found"  # no term and no followed author
    BELOW_MINIMUM = "below_minimum"


@dataclass(frozen=True, slots=True)
class Explanation:
    """How one paper stands with one reader."""

    scored: Scored
    obstacle: Obstacle | None  # the first that stops it; None when it qualifies
    excluded_by: tuple[str, ...]  # excluded terms that stand in it
    missing_points: float  # to min_score, or to one whole term where that is more; 0.0 if enough
    followed: tuple[str, ...]  # its authors whom the reader follows


def rank(
    interests: Interests,
    announcements: Sequence[Announcement],
    *,
    rarity: Rarity,
    posted: frozenset[str] = frozenset(),
    profile: Profile | None = None,
) -> Ranking:
    """`announcements` for one reader; see `rank_many`."""
    reader = Reader(interests, posted, profile=profile)
    return next(iter(rank_many([reader], announcements, rarity=rarity)))


def rank_many(
    readers: Sequence[Reader],
    announcements: Sequence[Announcement],
    *,
    rarity: Rarity,
    texts: Texts | None = None,
) -> Iterator[Ranking]:
    """One ranking per reader, in their order; the papers are read once for all of them.

    Whoever ranks the same announcements several times reads them once, by giving the `texts` of
    their papers.

    A paper is matched when it earns `min_score`, holds no excluded term, and earns as much as the
    reader's weakest term would alone: stray words of phrases are no match, whatever `min_score`.
    A followed author's paper is matched whatever its score, and has its place among `max_papers`
    before all others; within the digest it stands where its score puts it. A reader without
    terms and authors gets every considered paper in announcement order, for there is nothing
    that `min_score` could be compared with. Equals stand by primary category, in the order of
    the reader's `categories`, then by arXiv ID. What a reader's profile says is added to the
    terms' points; it can match a paper that no term finds, but alone `min_score` can unmatch one.
    What its sentences earn by meaning is added like another term's points.
    """
    batch = Batch(announcements)
    texts = texts or texts_of(batch.announcements)
    papers = texts.papers
    # Readers who may get the same announcements together: none looks at the others' papers.
    audiences = np.array(
        [
            batch.audience(each.interests, after_sequence=each.after_sequence, since=each.since)
            for each in readers
        ],
        dtype=np.int64,
    )
    order = np.argsort(audiences, kind="stable")
    audiences = audiences[order]
    together = [readers[row] for row in order.tolist()]
    scores = compile_scores(
        [reader.interests for reader in readers],
        texts,
        rarity=rarity,
        profiles=[reader.profile for reader in readers],
        meanings=[reader.meaning for reader in readers],
        order=order,
    )
    book = ReasonBook(scores)
    at_once = max(1, _CELLS_AT_ONCE // max(1, len(papers)))
    rankings: dict[int, Ranking] = {}
    every = np.arange(len(papers))
    columns, among = every, scores
    for start, end in _blocks(audiences, at_once):
        masks, of_reader = np.unique(audiences[start:end], return_inverse=True)
        wanted = np.stack([batch.masks[each] for each in masks.tolist()])
        some = np.flatnonzero(wanted.any(axis=0))
        if len(some) > _MOST_CHOSEN * len(papers):
            columns, among = every, scores
        elif not np.array_equal(some, columns):
            columns, among = some, scores.among(some)
        block = Block(
            batch,
            among,
            together[start:end],
            start=start,
            columns=columns,
            eligible=wanted[:, columns][of_reader],
        )
        rankings.update(zip(order[start:end].tolist(), _rankings(block, book), strict=True))
    return map(rankings.__getitem__, range(len(readers)))


def texts_of(announcements: Sequence[Announcement]) -> Texts:
    """Their papers, to be read once for all rankings of just these announcements."""
    return Texts([announcement.paper for announcement in announcements])


def _blocks(audiences: NDArray[np.int64], most: int) -> Iterator[tuple[int, int]]:
    """Where blocks of at most `most` readers begin and end: small audiences share one."""
    start = 0
    ends = np.flatnonzero(np.diff(audiences, append=-1)) + 1
    for end in ends.tolist():
        while end - start >= min(_FEWEST_TOGETHER, most):
            yield start, min(start + most, end)
            start = min(start + most, end)
    if start < len(audiences):
        yield start, len(audiences)


def _rankings(block: Block, book: ReasonBook) -> Iterator[Ranking]:
    """The rankings of a block's readers, in order."""
    cells = block.best()
    below = block.best_below(cells)
    chosen, missed = _scored(block, book, cells), _scored(block, book, below)
    best_below = dict(zip(below.rows.tolist(), missed, strict=True))
    ends = np.searchsorted(cells.rows, np.arange(len(block.readers)), side="right").tolist()
    counts = (block.considered.tolist(), block.matched.tolist(), block.excluded.tolist())
    begin = 0
    for row, (end, considered, matched, excluded) in enumerate(zip(ends, *counts, strict=True)):
        best = tuple(chosen[begin:end])
        yield Ranking(considered, matched, best, best_below.get(row), excluded)
        begin = end


def _scored(block: Block, book: ReasonBook, cells: Cells) -> list[Scored]:
    columns = cells.columns.tolist()
    announcements = block.batch.announcements
    cell_numbers = zip(cells.rows.tolist(), columns, strict=True) if block.followed else ()
    authors = {
        place: Reason(names[0], "author", AUTHOR_POINTS)
        for place, cell in enumerate(cell_numbers)
        if (names := block.followed.get(cell))
    }
    evidence = Evidence(book, block.start + cells.rows, cells.columns, authors)
    made = map(
        Scored,
        map(announcements.__getitem__, columns),
        block.kinds(cells),
        (cells.points / POINT).tolist(),
        repeat(evidence),
        range(len(columns)),
    )
    return list(made)


def explain(
    interests: Interests,
    announcement: Announcement,
    *,
    rarity: Rarity,
    profile: Profile | None = None,
    meaning: Meaning | None = None,
) -> Explanation:
    """Why `announcement` is or is not for this reader, whatever was posted before."""
    batch = Batch((announcement,))
    scores = compile_scores(
        [interests],
        texts_of((announcement,)),
        rarity=rarity,
        profiles=(profile,),
        meanings=(meaning,),
    )
    followed = tuple(batch.followed(interests.authors).get(0, ()))
    cell = np.zeros(1, dtype=np.int64)
    authors = {0: Reason(followed[0], "author", AUTHOR_POINTS)} if followed else {}
    evidence = Evidence(ReasonBook(scores), cell, cell, authors)
    score = round(sum(reason.points for reason in evidence.reasons[0]), 3)
    present = scores.unwanted.toarray()[0] * scores.present.toarray()[:, 0]
    excluded_by = tuple(
        term_label(scores.unwanted_terms[at]) for at in np.flatnonzero(present).tolist()
    )
    bar = max(interests.min_score, int(scores.least[0]) / POINT)
    is_sure = bool(followed) or Reader(interests, meaning=meaning).is_open
    return Explanation(
        scored=Scored(
            announcement,
            announce_type=KINDS[batch.kinds(interests.categories)[0]],
            score=score,
            evidence=evidence,
            place=0,
        ),
        obstacle=_obstacle(
            batch,
            interests,
            is_excluded=bool(excluded_by),
            is_sure=is_sure,
            score=score,
            bar=bar,
        ),
        excluded_by=excluded_by,
        missing_points=0.0 if is_sure else round(max(0.0, bar - score), 3),
        followed=followed,
    )


def _obstacle(
    batch: Batch,
    interests: Interests,
    *,
    is_excluded: bool,
    is_sure: bool,
    score: float,
    bar: float,
) -> Obstacle | None:
    if not batch.listed(interests.categories)[0]:
        return Obstacle.CATEGORY
    if not batch.eligible(interests, after_sequence=0, since=None)[0]:
        return Obstacle.ANNOUNCE_TYPE
    if is_excluded:
        return Obstacle.EXCLUDED
    if is_sure:
        return None
    if score == 0:
        return Obstacle.NOTHING_FOUND
    return Obstacle.BELOW_MINIMUM if score < bar else None
