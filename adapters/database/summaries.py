"""Summaries, one per paper version, language, prompt and model."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from adapters.database.codec import summary_from_json, summary_to_json
from adapters.database.session import Session
from adapters.database.tables import summaries
from bot.domain.papers import Paper
from bot.domain.summary import Summary


class SummaryTable:
    """A `SummaryRepository`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def find(self, paper: Paper, *, language: str, prompt: str, model: str) -> Summary | None:
        """The stored summary, if there is one."""
        rows = await self._session.rows(
            sa.select(summaries.c.document).where(
                summaries.c.arxiv_id == paper.arxiv_id,
                summaries.c.version == paper.version,
                summaries.c.language == language,
                summaries.c.prompt == prompt,
                summaries.c.model == model,
            )
        )
        if not rows:
            return None
        return summary_from_json(
            rows[0].document,
            arxiv_id=paper.arxiv_id,
            version=paper.version,
            language=language,
            prompt=prompt,
            model=model,
        )

    async def put(self, summary: Summary, *, created_at: datetime) -> None:
        """The first one stays when two were written at once."""
        await self._session.write(
            self._session.insert(summaries)
            .values(
                arxiv_id=summary.arxiv_id,
                version=summary.version,
                language=summary.language,
                prompt=summary.prompt,
                model=summary.model,
                document=summary_to_json(summary),
                created_at=created_at,
            )
            .on_conflict_do_nothing()
        )
