"""Papers and their announcements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from adapters.database.session import AnyRow, Session
from adapters.database.tables import announcements, paper_categories, papers
from bot.domain.papers import Announcement, AnnounceType, Paper

Version = tuple[str, int]  # an arXiv ID and a version: one paper as it stood

_IDS_AT_ONCE = 500  # bound parameters of one statement


class PaperTable:
    """A `PaperRepository`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add_announcements(
        self, given: Sequence[Announcement], *, seen_at: datetime
    ) -> tuple[Announcement, ...]:
        """Numbers are given and committed in one order: see the lock."""
        # Without it a higher number could be seen before a lower one, which would then be missed.
        await self._session.lock("announcements")
        first: dict[Version, Announcement] = {}
        for item in given:
            first.setdefault(_version(item.paper), item)
        ids = [version[0] for version in first]
        known = await _known_versions(self._session, announcements, ids)
        unseen = [item for version, item in first.items() if version not in known]
        await store_papers(self._session, [item.paper for item in given])
        if not unseen:
            return ()
        await self._session.write_many(
            sa.insert(announcements), [_announcement_row(item, seen_at) for item in unseen]
        )
        return await self._stored([item.paper.arxiv_id for item in unseen], unseen)

    async def announced(
        self,
        *,
        after: int = 0,
        since: date | None = None,
        categories: Sequence[str] | None = None,
    ) -> tuple[Announcement, ...]:
        """Read in portions: a catch-up may be many thousand papers."""
        query = _ANNOUNCED.where(announcements.c.sequence > after).order_by(
            announcements.c.sequence
        )
        if since is not None:
            query = query.where(announcements.c.announced_on >= since)
        if categories is not None:
            query = query.where(
                sa.exists().where(
                    paper_categories.c.arxiv_id == announcements.c.arxiv_id,
                    paper_categories.c.version == announcements.c.version,
                    paper_categories.c.category.in_(categories),
                )
            )
        found: list[Announcement] = []
        async for portion in self._session.stream(query):
            found.extend(map(_announcement, portion))
        return tuple(found)

    async def last_sequence(self) -> int:
        """The highest sequence given so far."""
        rows = await self._session.rows(sa.select(sa.func.max(announcements.c.sequence)))
        return rows[0][0] or 0

    async def get(self, arxiv_id: str) -> Paper | None:
        """The latest stored version of a paper."""
        query = (
            sa.select(papers)
            .where(papers.c.arxiv_id == arxiv_id)
            .order_by(papers.c.version.desc())
            .limit(1)
        )
        rows = await self._session.rows(query)
        return paper_of(rows[0]) if rows else None

    async def announcement_of(self, arxiv_id: str) -> Announcement | None:
        """The latest announcement of a paper."""
        query = (
            _ANNOUNCED.where(announcements.c.arxiv_id == arxiv_id)
            .order_by(announcements.c.sequence.desc())
            .limit(1)
        )
        rows = await self._session.rows(query)
        return _announcement(rows[0]) if rows else None

    async def put(self, paper: Paper) -> None:
        """Store a paper that was looked up."""
        await store_papers(self._session, [paper])

    async def announced_days(self, *, limit: int) -> tuple[tuple[date, int], ...]:
        """The latest announcement days, newest first."""
        query = (
            sa.select(announcements.c.announced_on, sa.func.count())
            .group_by(announcements.c.announced_on)
            .order_by(announcements.c.announced_on.desc())
            .limit(limit)
        )
        return tuple((row[0], row[1]) for row in await self._session.rows(query))

    async def latest_titles(self, *, limit: int) -> tuple[tuple[str, str], ...]:
        """The arXiv IDs and titles of the papers announced last."""
        query = (
            sa.select(papers.c.arxiv_id, papers.c.title)
            .join_from(announcements, papers, _IS_ANNOUNCED_VERSION)
            .order_by(announcements.c.sequence.desc())
            .limit(limit)
        )
        titles: dict[str, str] = {}
        for arxiv_id, title in await self._session.rows(query):
            titles.setdefault(arxiv_id, title)
        return tuple(titles.items())

    async def announced_among(self, arxiv_ids: Collection[str]) -> frozenset[str]:
        """Those of these papers that were announced before."""
        known = await _known_versions(self._session, announcements, sorted(arxiv_ids))
        return frozenset(arxiv_id for arxiv_id, _ in known)

    async def new_counts(self, *, since: date) -> dict[date, dict[str, int]]:
        """Papers announced as new, by day and primary category."""
        primary = papers.c.categories[0].as_string()
        query = (
            sa.select(announcements.c.announced_on, primary, sa.func.count())
            .join_from(
                announcements,
                papers,
                (announcements.c.arxiv_id == papers.c.arxiv_id)
                & (announcements.c.version == papers.c.version),
            )
            .where(
                announcements.c.announced_on >= since,
                announcements.c.announce_type == AnnounceType.NEW.value,
            )
            .group_by(announcements.c.announced_on, primary)
        )
        counts: dict[date, dict[str, int]] = {}
        for day, category, count in await self._session.rows(query):
            counts.setdefault(day, {})[category] = count
        return counts

    async def _stored(
        self, ids: Sequence[str], wanted: Collection[Announcement]
    ) -> tuple[Announcement, ...]:
        versions = {_version(item.paper) for item in wanted}
        found: list[Announcement] = []
        for start in range(0, len(ids), _IDS_AT_ONCE):
            query = _ANNOUNCED.where(
                announcements.c.arxiv_id.in_(ids[start : start + _IDS_AT_ONCE])
            )
            found.extend(map(_announcement, await self._session.rows(query)))
        return tuple(
            sorted(
                (item for item in found if _version(item.paper) in versions),
                key=lambda item: item.sequence,
            )
        )


async def store_papers(session: Session, given: Sequence[Paper]) -> None:
    """Store papers by version; what a feed does not tell does not erase what a look-up told.

    Of one version given twice the later stays.
    """
    ordered = _by_version(given)
    insert = session.insert(papers)
    news = {
        column.name: (
            sa.func.coalesce(insert.excluded[column.name], column)
            if column.nullable
            else insert.excluded[column.name]
        )
        for column in papers.c
        if not column.primary_key
    }
    await session.write_many(
        insert.on_conflict_do_update(index_elements=["arxiv_id", "version"], set_=news),
        [_paper_row(paper) for paper in ordered],
    )
    await session.write_many(
        sa.delete(paper_categories).where(
            paper_categories.c.arxiv_id == sa.bindparam("an_id"),
            paper_categories.c.version == sa.bindparam("a_version"),
        ),
        [{"an_id": paper.arxiv_id, "a_version": paper.version} for paper in ordered],
    )
    await _store_categories(session, ordered)


async def store_missing_papers(session: Session, given: Sequence[Paper]) -> None:
    """Store those of which nothing is known yet, and leave the others alone."""
    ordered = _by_version(given)
    known = await _known_versions(session, papers, [paper.arxiv_id for paper in ordered])
    missing = [paper for paper in ordered if _version(paper) not in known]
    await session.write_many(
        session.insert(papers).on_conflict_do_nothing(), [_paper_row(paper) for paper in missing]
    )
    await _store_categories(session, missing)


def _by_version(given: Sequence[Paper]) -> list[Paper]:
    """In one order everywhere: two writers on PostgreSQL then never wait for each other."""
    by_version = {_version(paper): paper for paper in given}
    return [by_version[version] for version in sorted(by_version)]


async def _store_categories(session: Session, given: Sequence[Paper]) -> None:
    await session.write_many(
        session.insert(paper_categories).on_conflict_do_nothing(),
        [
            {"category": category, "arxiv_id": paper.arxiv_id, "version": paper.version}
            for paper in given
            for category in paper.categories
        ],
    )


async def _known_versions(session: Session, table: sa.Table, ids: Sequence[str]) -> set[Version]:
    known: set[Version] = set()
    for start in range(0, len(ids), _IDS_AT_ONCE):
        query = sa.select(table.c.arxiv_id, table.c.version).where(
            table.c.arxiv_id.in_(ids[start : start + _IDS_AT_ONCE])
        )
        known.update((row[0], row[1]) for row in await session.rows(query))
    return known


def paper_of(row: AnyRow) -> Paper:
    """The paper in a row that holds the columns of `papers`."""
    return Paper(
        arxiv_id=row.arxiv_id,
        version=row.version,
        title=row.title,
        abstract=row.abstract,
        authors=tuple(row.authors),
        categories=tuple(row.categories),
        submitted_at=row.submitted_at,
        doi=row.doi,
        journal_ref=row.journal_ref,
        comment=row.comment,
        license_url=row.license_url,
    )


def _paper_row(paper: Paper) -> dict[str, Any]:
    return {
        "arxiv_id": paper.arxiv_id,
        "version": paper.version,
        "title": paper.title,
        "abstract": paper.abstract,
        "authors": paper.authors,
        "categories": paper.categories,
        "submitted_at": paper.submitted_at,
        "doi": paper.doi,
        "journal_ref": paper.journal_ref,
        "comment": paper.comment,
        "license_url": paper.license_url,
    }


_IS_ANNOUNCED_VERSION = (announcements.c.arxiv_id == papers.c.arxiv_id) & (
    announcements.c.version == papers.c.version
)
_ANNOUNCED = sa.select(
    papers,
    announcements.c.announce_type,
    announcements.c.announced_on,
    announcements.c.sequence,
).join_from(announcements, papers, _IS_ANNOUNCED_VERSION)


def _announcement(row: AnyRow) -> Announcement:
    return Announcement(
        paper=paper_of(row),
        announce_type=AnnounceType(row.announce_type),
        announced_on=row.announced_on,
        sequence=row.sequence,
    )


def _announcement_row(item: Announcement, seen_at: datetime) -> dict[str, Any]:
    return {
        "arxiv_id": item.paper.arxiv_id,
        "version": item.paper.version,
        "announce_type": item.announce_type.value,
        "announced_on": item.announced_on,
        "seen_at": seen_at,
    }


def _version(paper: Paper) -> Version:
    return (paper.arxiv_id, paper.version)
