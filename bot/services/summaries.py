"""Get a paper's summary or have it written: once, however many ask."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict

from bot.domain.papers import Paper
from bot.domain.summary import Summary, SummarySource
from bot.errors import PermanentError, TransientError
from bot.ports import Clock, FullText, FullTextSource, Summarizer, UnitOfWorkFactory

log = logging.getLogger(__name__)

_Key = tuple[str, int, str]
_EXTRACTS_KEPT = 4_096  # a few days' papers, about a kilobyte each


class SummaryService:
    """Summaries shared by every subscription, command, feed and page.

    A model's summary is stored and never asked for twice. An extract costs nothing, so it is
    made again after a restart rather than stored.
    """

    def __init__(
        self,
        *,
        summarizer: Summarizer | None,
        extractor: Summarizer,
        full_texts: FullTextSource,
        open_unit: UnitOfWorkFactory,
        clock: Clock,
    ) -> None:
        self._summarizer = summarizer
        self._extractor = extractor
        self._full_texts = full_texts
        self._open_unit = open_unit
        self._clock = clock
        self._under_way: dict[_Key, asyncio.Task[Summary]] = {}
        self._extracts: OrderedDict[tuple[str, int], Summary] = OrderedDict()

    async def get_or_write(self, paper: Paper, *, language: str) -> Summary:
        """The model's summary, or the extract where no model is set up.

        Raises TransientError or PermanentError when the model fails.
        """
        if self._summarizer is None:
            return await self.extract(paper)
        if stored := await self._stored(self._summarizer, paper, language):
            return stored
        return await self._write_once(self._summarizer, paper, language)

    async def for_digest(self, paper: Paper, *, language: str) -> Summary:
        """The model's summary, or the extract when the model cannot be had: never an error."""
        try:
            return await self.get_or_write(paper, language=language)
        except (TransientError, PermanentError) as error:
            log.warning("summary.failed", extra={"paper": paper.versioned_id, "reason": str(error)})
            return await self.extract(paper)

    async def extract(self, paper: Paper) -> Summary:
        """The abstract's telling sentences."""
        key = (paper.arxiv_id, paper.version)
        if key not in self._extracts:
            abstract = FullText(SummarySource.ABSTRACT, paper.abstract)
            self._extracts[key] = await self._extractor.summarize(paper, abstract, language="en")
            if len(self._extracts) > _EXTRACTS_KEPT:
                self._extracts.popitem(last=False)
        return self._extracts[key]

    async def _stored(self, model: Summarizer, paper: Paper, language: str) -> Summary | None:
        async with self._open_unit() as unit:
            return await unit.summaries.find(
                paper, language=language, prompt=model.prompt, model=model.model
            )

    async def _write_once(self, model: Summarizer, paper: Paper, language: str) -> Summary:
        """One call for everybody who waits for the same summary."""
        key = (paper.arxiv_id, paper.version, language)
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.create_task(self._write(model, paper, language))
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        # Whoever asked may go away; the others still wait for the same call.
        return await asyncio.shield(task)

    async def _write(self, model: Summarizer, paper: Paper, language: str) -> Summary:
        text = await self._full_texts.read(paper)
        summary = await model.summarize(paper, text, language=language)
        async with self._open_unit() as unit:
            await unit.summaries.put(summary, created_at=self._clock.now())
            await unit.commit()
        return summary
