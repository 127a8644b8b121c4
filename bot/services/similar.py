"""Find stored papers like one."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.domain import calendar
from bot.domain.digest import DigestEntry, Reason
from bot.domain.papers import Announcement, ArxivId, Paper
from bot.domain.similarity import Likeness, PaperVectors
from bot.ports import Clock, PaperSource, UnitOfWorkFactory

DAYS_COMPARED = 42  # about 30,000 papers when all of computer science is watched
_SHOWN = 8
_PERCENT = 100


class SimilarService:
    """Compares words with all papers of the last weeks; counted once for each announcement."""

    def __init__(
        self, *, catalogue: PaperSource, open_unit: UnitOfWorkFactory, clock: Clock
    ) -> None:
        self._catalogue = catalogue
        self._open_unit = open_unit
        self._clock = clock
        self._counting = asyncio.Lock()
        self._counted_at = -1
        self._announced: dict[str, Announcement] = {}
        self._vectors = PaperVectors.of(())

    async def similar(
        self, arxiv_id: ArxivId, *, limit: int = _SHOWN
    ) -> tuple[Paper, tuple[DigestEntry, ...], int]:
        """The paper, those most like it, and with how many it was compared.

        Scores and points are percent of likeness. A paper that is not stored is looked up at
        arXiv: raises UserError (no such paper), TransientError, PermanentError.
        """
        async with self._open_unit() as unit:
            stored = await unit.papers.get(arxiv_id.value)
        if stored is None or arxiv_id.version not in (None, stored.version):
            stored = await self._catalogue.get(arxiv_id)
        vectors, announced = await self._current()
        found = await asyncio.to_thread(vectors.nearest, stored, limit=limit)
        entries = tuple(
            _entry(place, likeness, announced[likeness.paper.arxiv_id])
            for place, likeness in enumerate(found, start=1)
        )
        return stored, entries, len(vectors.papers)

    async def _current(self) -> tuple[PaperVectors, dict[str, Announcement]]:
        """The vectors as of the last stored announcement; of many who ask at once one counts."""
        async with self._counting:
            async with self._open_unit() as unit:
                last = await unit.papers.last_sequence()
                if last != self._counted_at:
                    since = calendar.eastern_day(self._clock.now()) - timedelta(days=DAYS_COMPARED)
                    announcements = await unit.papers.announced(since=since)
            if last != self._counted_at:
                # Of a paper announced twice the later version stays.
                self._announced = {each.paper.arxiv_id: each for each in announcements}
                papers = [each.paper for each in self._announced.values()]
                self._vectors = await asyncio.to_thread(PaperVectors.of, papers)
                self._counted_at = last
            return self._vectors, self._announced


def _entry(place: int, found: Likeness, announced: Announcement) -> DigestEntry:
    return DigestEntry(
        rank=place,
        paper=found.paper,
        announce_type=announced.announce_type,
        score=found.likeness * _PERCENT,
        reasons=tuple(Reason(term.term, "shared", term.share * _PERCENT) for term in found.shared),
    )
