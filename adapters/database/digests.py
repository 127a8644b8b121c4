"""Digests and the papers they posted; an entry keeps its paper's ID and joins it when read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.database.codec import reasons_from_json, reasons_to_json, summary_from_json
from adapters.database.papers import paper_of, store_missing_papers
from adapters.database.session import AnyRow, Session
from adapters.database.tables import (
    digest_entries,
    digests,
    papers,
    posted_papers,
    subscriptions,
    summaries,
)
from bot.domain.digest import Digest, DigestEntry, Silence
from bot.domain.papers import AnnounceType
from bot.domain.summary import Summary
from bot.ports import DigestRecord

_AT_ONCE = 500  # bound parameters of one statement
_PAIRS_AT_ONCE = 2000  # rows of two small columns, decoded in some milliseconds
_FEW = 50  # so many subscriptions are asked for by name rather than sorted out afterwards


class DigestTable:
    """A `DigestRepository`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, subscription_id: int, digest: Digest, *, created_at: datetime) -> bool:
        """Store one digest."""
        (stored,) = await self.add_many([DigestRecord(subscription_id, digest, created_at)])
        return stored

    async def add_many(self, records: Sequence[DigestRecord]) -> tuple[bool, ...]:
        """Looks first and writes then: the subscriptions are locked in between."""
        await self._session.begin_write()
        ids = sorted({record.subscription_id for record in records})
        live = await self._lock_live(ids)
        slots = await self._taken_slots(ids)
        had = await self.posted_ids(ids, among=_paper_ids(records))
        posted = {subscription_id: set(papers) for subscription_id, papers in had.items()}
        accepted: list[DigestRecord] = []
        answers: list[bool] = []
        for record in records:
            key = (record.subscription_id, record.digest.slot)
            its_papers = [entry.paper.arxiv_id for entry in record.digest.entries]
            had_before = posted[record.subscription_id]
            is_free = (
                record.subscription_id in live
                and key not in slots
                and had_before.isdisjoint(its_papers)
            )
            if is_free:
                slots.add(key)
                had_before.update(its_papers)
                accepted.append(record)
            answers.append(is_free)
        await self._insert(accepted)
        return tuple(answers)

    async def posted_ids(
        self, subscription_ids: Sequence[int], *, among: Collection[str] | None = None
    ) -> dict[int, frozenset[str]]:
        """By paper when `among` says which, else by subscription."""
        found: dict[int, set[str]] = {each: set() for each in subscription_ids}
        query = sa.select(posted_papers.c.subscription_id, posted_papers.c.arxiv_id)
        if among is None:
            column, wanted = posted_papers.c.subscription_id, list[Any](found)
        else:
            column, wanted = posted_papers.c.arxiv_id, sorted(set(among))
            if found:
                # A popular paper has thousands of subscribers; a batch of them lies together.
                its = posted_papers.c.subscription_id
                query = query.where(its.between(min(found), max(found)))
            if len(found) <= _FEW:
                query = query.where(posted_papers.c.subscription_id.in_(found))
        for some in _portions(wanted):
            async for portion in self._session.stream(
                query.where(column.in_(some)), rows_at_once=_PAIRS_AT_ONCE
            ):
                for subscription_id, arxiv_id in portion:
                    if subscription_id in found:
                        found[subscription_id].add(arxiv_id)
        return {each: frozenset(had) for each, had in found.items()}

    async def latest(self, subscription_id: int, *, limit: int = 1) -> tuple[DigestRecord, ...]:
        """The newest digests, newest first."""
        return await self._records(
            sa.select(digests)
            .where(digests.c.subscription_id == subscription_id)
            .order_by(digests.c.created_at.desc(), digests.c.id.desc())
            .limit(limit)
        )

    async def entry_of(
        self, subscription_id: int, arxiv_id: str
    ) -> tuple[DigestRecord, DigestEntry] | None:
        """How a paper stood in the digest that brought it."""
        posting = sa.select(posted_papers.c.digest_id).where(
            posted_papers.c.subscription_id == subscription_id,
            posted_papers.c.arxiv_id == arxiv_id,
        )
        for record in await self._records(
            sa.select(digests).where(digests.c.id.in_(posting.scalar_subquery()))
        ):
            for entry in record.digest.entries:
                if entry.paper.arxiv_id == arxiv_id:
                    return record, entry
        return None

    async def _lock_live(self, ids: Sequence[int]) -> set[int]:
        live: set[int] = set()
        for some in _portions(ids):
            query = (
                sa.select(subscriptions.c.id)
                .where(subscriptions.c.id.in_(some), subscriptions.c.number.is_not(None))
                .order_by(subscriptions.c.id)
            )
            live.update(row.id for row in await self._session.rows(self._session.locked(query)))
        return live

    async def _taken_slots(self, ids: Sequence[int]) -> set[tuple[int, str]]:
        taken: set[tuple[int, str]] = set()
        for some in _portions(ids):
            query = sa.select(digests.c.subscription_id, digests.c.slot).where(
                digests.c.subscription_id.in_(some)
            )
            async for portion in self._session.stream(query, rows_at_once=_PAIRS_AT_ONCE):
                taken.update((row[0], row[1]) for row in portion)
        return taken

    async def _insert(self, records: Sequence[DigestRecord]) -> None:
        if not records:
            return
        await store_missing_papers(
            self._session,
            [entry.paper for record in records for entry in record.digest.entries],
        )
        ids = await self._insert_digests(records)
        numbered = [(ids[record.subscription_id, record.digest.slot], record) for record in records]
        await self._session.write_many(
            sa.insert(digest_entries),
            (
                _entry_row(digest_id, entry)
                for digest_id, record in numbered
                for entry in record.digest.entries
            ),
        )
        await self._session.write_many(
            sa.insert(posted_papers),
            (
                {
                    "arxiv_id": entry.paper.arxiv_id,
                    "subscription_id": record.subscription_id,
                    "digest_id": digest_id,
                }
                for digest_id, record in numbered
                for entry in record.digest.entries
            ),
        )

    async def _insert_digests(self, records: Sequence[DigestRecord]) -> dict[tuple[int, str], int]:
        statement = sa.insert(digests).returning(
            digests.c.id, digests.c.subscription_id, digests.c.slot
        )
        ids: dict[tuple[int, str], int] = {}
        for some in _portions(records):
            result = await self._session.write(statement, [_digest_row(record) for record in some])
            ids.update({(row.subscription_id, row.slot): row.id for row in result.all()})
        return ids

    async def _records(self, query: sa.Select[Any]) -> tuple[DigestRecord, ...]:
        rows = await self._session.rows(query)
        entries: dict[int, list[DigestEntry]] = {row.id: [] for row in rows}
        for some in _portions(list(entries)):
            async for portion in self._session.stream(
                _ENTRIES.where(digest_entries.c.digest_id.in_(some))
            ):
                for row in portion:
                    entries[row.digest_id].append(_entry(row))
        return tuple(_record(row, entries[row.id]) for row in rows)


_ENTRIES = (
    sa.select(
        papers,
        digest_entries.c.digest_id,
        digest_entries.c.rank,
        digest_entries.c.announce_type,
        digest_entries.c.score,
        digest_entries.c.reasons,
        digest_entries.c.summary_language,
        digest_entries.c.summary_prompt,
        digest_entries.c.summary_model,
        summaries.c.document,
    )
    .join_from(
        digest_entries,
        papers,
        (digest_entries.c.arxiv_id == papers.c.arxiv_id)
        & (digest_entries.c.version == papers.c.version),
    )
    .outerjoin(
        summaries,
        (summaries.c.arxiv_id == digest_entries.c.arxiv_id)
        & (summaries.c.version == digest_entries.c.version)
        & (summaries.c.language == digest_entries.c.summary_language)
        & (summaries.c.prompt == digest_entries.c.summary_prompt)
        & (summaries.c.model == digest_entries.c.summary_model),
    )
    .order_by(digest_entries.c.digest_id, digest_entries.c.rank)
)


def _digest_row(record: DigestRecord) -> dict[str, Any]:
    digest = record.digest
    return {
        "subscription_id": record.subscription_id,
        "slot": digest.slot,
        "announced_on": digest.announced_on,
        "considered": digest.considered,
        "matched": digest.matched,
        "silence": None if digest.silence is None else digest.silence.value,
        "silence_reason": digest.silence_reason,
        "notices": list(digest.notices),
        "seen_through": digest.seen_through,
        "created_at": record.created_at,
    }


def _entry_row(digest_id: int, entry: DigestEntry) -> dict[str, Any]:
    summary = entry.summary
    return {
        "digest_id": digest_id,
        "rank": entry.rank,
        "arxiv_id": entry.paper.arxiv_id,
        "version": entry.paper.version,
        "announce_type": entry.announce_type.value,
        "score": entry.score,
        "reasons": reasons_to_json(entry.reasons),
        "summary_language": None if summary is None else summary.language,
        "summary_prompt": None if summary is None else summary.prompt,
        "summary_model": None if summary is None else summary.model,
    }


def _record(row: AnyRow, entries: Sequence[DigestEntry]) -> DigestRecord:
    return DigestRecord(
        subscription_id=row.subscription_id,
        digest=Digest(
            slot=row.slot,
            announced_on=row.announced_on,
            considered=row.considered,
            matched=row.matched,
            entries=tuple(entries),
            silence=None if row.silence is None else Silence(row.silence),
            silence_reason=row.silence_reason,
            notices=tuple(row.notices or ()),
            seen_through=row.seen_through,
        ),
        created_at=row.created_at,
    )


def _entry(row: AnyRow) -> DigestEntry:
    return DigestEntry(
        rank=row.rank,
        paper=paper_of(row),
        announce_type=AnnounceType(row.announce_type),
        score=row.score,
        reasons=reasons_from_json(row.reasons),
        summary=_summary(row),
    )


def _summary(row: AnyRow) -> Summary | None:
    if row.document is None:
        return None
    return summary_from_json(
        row.document,
        arxiv_id=row.arxiv_id,
        version=row.version,
        language=row.summary_language,
        prompt=row.summary_prompt,
        model=row.summary_model,
    )


def _paper_ids(records: Sequence[DigestRecord]) -> set[str]:
    return {entry.paper.arxiv_id for record in records for entry in record.digest.entries}


def _portions(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]
