"""Summaries, one per paper version, language, prompt and model."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from adapters.database.codec import summary_from_json, summary_to_json
from adapters.database.session import AnyRow, Session
from adapters.database.tables import summaries, summary_turns
from bot.domain.papers import Paper
from bot.domain.summary import Summary, SummaryKey
from bot.ports import SummaryFailure, SummaryTurn


class SummaryTable:
    """A `SummaryRepository`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def find(self, paper: Paper, *, language: str, prompt: str, model: str) -> Summary | None:
        """The stored summary, if there is one."""
        return await self._find(SummaryKey(paper.arxiv_id, paper.version, language, prompt, model))

    async def _find(self, key: SummaryKey) -> Summary | None:
        rows = await self._session.rows(
            sa.select(summaries.c.document).where(*_is_of(summaries, key))
        )
        return summary_from_json(rows[0].document, **_columns(key)) if rows else None

    async def put(self, summary: Summary, *, created_at: datetime) -> None:
        """The first one stays when two were written at once."""
        await self._session.write(
            self._session.insert(summaries)
            .values(
                **_columns(summary.key),
                document=summary_to_json(summary),
                created_at=created_at,
            )
            .on_conflict_do_nothing()
        )
        await self._session.write(
            sa.delete(summary_turns).where(*_is_of(summary_turns, summary.key))
        )

    async def take_turn(
        self, key: SummaryKey, *, holder: str, now: datetime, lease_seconds: float
    ) -> SummaryTurn:
        """Whoever changes the row first has the turn; looked at only once the row is locked."""
        await self._session.write(
            self._session.insert(summary_turns)
            .values(**_columns(key), failures=0, reason="")
            .on_conflict_do_nothing()
        )
        query = sa.select(summary_turns).where(*_is_of(summary_turns, key))
        rows = await self._session.rows(self._session.locked(query))
        if summary := await self._find(key):
            await self._session.write(sa.delete(summary_turns).where(*_is_of(summary_turns, key)))
            return SummaryTurn(summary=summary)
        if not rows:  # whoever had the turn ended it in this very moment
            return SummaryTurn()
        row = rows[0]
        if row.holder is not None and row.lease_until > now:
            return SummaryTurn()
        failure = _failure(row)
        if failure is not None and failure.retry_at > now:
            return SummaryTurn(failure=failure)
        await self._write_turn(
            key, holder=holder, lease_until=now + timedelta(seconds=lease_seconds)
        )
        return SummaryTurn(is_ours=True, failure=failure)

    async def keep_turn(
        self, key: SummaryKey, *, holder: str, now: datetime, lease_seconds: float
    ) -> None:
        """Extend the lease."""
        await self._write_turn(
            key,
            summary_turns.c.holder == holder,
            lease_until=now + timedelta(seconds=lease_seconds),
        )

    async def end_turn(self, key: SummaryKey, *, holder: str) -> None:
        """Give the turn back."""
        await self._write_turn(key, summary_turns.c.holder == holder, holder=None, lease_until=None)

    async def fail(self, key: SummaryKey, *, holder: str, failure: SummaryFailure) -> None:
        """Remember a failure."""
        await self._write_turn(
            key,
            summary_turns.c.holder == holder,
            holder=None,
            lease_until=None,
            failures=failure.failures,
            failed_at=failure.failed_at,
            retry_at=failure.retry_at,
            reason=failure.reason,
        )

    async def _write_turn(
        self, key: SummaryKey, *conditions: sa.ColumnElement[bool], **values: object
    ) -> None:
        await self._session.write(
            sa.update(summary_turns)
            .where(*_is_of(summary_turns, key), *conditions)
            .values(**values)
        )


def _is_of(table: sa.Table, key: SummaryKey) -> tuple[sa.ColumnElement[bool], ...]:
    return tuple(table.c[name] == value for name, value in _columns(key).items())


def _columns(key: SummaryKey) -> dict[str, Any]:
    return asdict(key)


def _failure(row: AnyRow) -> SummaryFailure | None:
    if row.retry_at is None:
        return None
    return SummaryFailure(
        reason=row.reason,
        failures=row.failures,
        failed_at=row.failed_at,
        retry_at=row.retry_at,
    )
