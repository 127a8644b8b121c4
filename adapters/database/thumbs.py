"""Thumbs and what was learned from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from adapters.database.session import AnyRow, Session
from adapters.database.tables import profiles, salts, thumbs
from bot.domain.learning import Memory
from bot.domain.profile import Profile
from bot.domain.thumbs import GivenThumb, Vote

_VOTERS = "voters"  # the name of the salt with which people are hashed
_IDS_AT_ONCE = 500  # bound parameters of one statement
_PROFILES_AT_ONCE = 50  # decoded without giving way to the event loop


class ThumbTable:
    """A `ThumbRepository`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def salt(self, fresh: bytes) -> bytes:
        """The first one stays, also of two that are offered at once."""
        query = sa.select(salts.c.value).where(salts.c.name == _VOTERS)
        if rows := await self._session.rows(query):
            return bytes.fromhex(rows[0].value)
        await self._session.write(
            self._session.insert(salts)
            .values(name=_VOTERS, value=fresh.hex())
            .on_conflict_do_nothing()
        )
        (row,) = await self._session.rows(query)
        return bytes.fromhex(row.value)

    async def put(self, given: Sequence[GivenThumb]) -> None:
        """Whoever reads a profile after this, to write it anew, is alone with it."""
        await self._lock(thumb.subscription_id for thumb in given)
        insert = self._session.insert(thumbs)
        await self._session.write_many(
            insert.on_conflict_do_update(
                index_elements=["subscription_id", "arxiv_id", "voter"],
                set_={"vote": insert.excluded.vote, "at": insert.excluded.at},
            ),
            [
                {
                    "subscription_id": thumb.subscription_id,
                    "arxiv_id": thumb.arxiv_id,
                    "voter": thumb.voter,
                    "vote": thumb.vote.value,
                    "at": thumb.at,
                }
                for thumb in given
            ],
        )

    async def take_back(
        self, subscription_ids: Sequence[int], *, arxiv_id: str, voter: str
    ) -> tuple[GivenThumb, ...]:
        """Forget this voter's thumbs on a paper."""
        await self._lock(subscription_ids)
        theirs = sa.and_(
            thumbs.c.subscription_id.in_(subscription_ids),
            thumbs.c.arxiv_id == arxiv_id,
            thumbs.c.voter == voter,
        )
        rows = await self._session.rows(
            sa.select(thumbs).where(theirs).order_by(thumbs.c.subscription_id)
        )
        await self._session.write(sa.delete(thumbs).where(theirs))
        return tuple(map(_thumb, rows))

    async def of(self, subscription_id: int, *, limit: int) -> tuple[GivenThumb, ...]:
        """Newest first."""
        rows = await self._session.rows(
            sa.select(thumbs)
            .where(thumbs.c.subscription_id == subscription_id)
            .order_by(thumbs.c.at.desc(), thumbs.c.arxiv_id, thumbs.c.voter)
            .limit(limit)
        )
        return tuple(map(_thumb, rows))

    async def forget(self, subscription_ids: Sequence[int]) -> None:
        """Drop thumbs and profiles."""
        await self._lock(subscription_ids)
        for table in (thumbs, profiles):
            await self._session.write(
                sa.delete(table).where(table.c.subscription_id.in_(subscription_ids))
            )

    async def memory(self, subscription_id: int) -> Memory:
        """The examples a subscription learned from."""
        rows = await self._session.rows(
            sa.select(profiles.c.memory).where(profiles.c.subscription_id == subscription_id)
        )
        return Memory.from_dict(rows[0].memory) if rows else Memory.empty()

    async def learn(self, subscription_id: int, memory: Memory, profile: Profile) -> None:
        """Keep examples and the profile made of them."""
        learned = {"memory": memory.to_dict(), "profile": profile.to_dict()}
        await self._session.write(
            self._session.insert(profiles)
            .values(subscription_id=subscription_id, **learned)
            .on_conflict_do_update(index_elements=["subscription_id"], set_=learned)
        )

    async def profiles(self, subscription_ids: Sequence[int]) -> dict[int, Profile]:
        """Read in small portions: each is some kilobytes to decode."""
        found: dict[int, Profile] = {}
        for start in range(0, len(subscription_ids), _IDS_AT_ONCE):
            query = sa.select(profiles.c.subscription_id, profiles.c.profile).where(
                profiles.c.subscription_id.in_(subscription_ids[start : start + _IDS_AT_ONCE])
            )
            async for portion in self._session.stream(query, rows_at_once=_PROFILES_AT_ONCE):
                for subscription_id, document in portion:
                    found[subscription_id] = Profile.from_dict(document)
        return found

    async def _lock(self, subscription_ids: Iterable[int]) -> None:
        for subscription_id in sorted(set(subscription_ids)):
            await self._session.lock(f"thumbs/{subscription_id}")


def _thumb(row: AnyRow) -> GivenThumb:
    return GivenThumb(
        subscription_id=row.subscription_id,
        arxiv_id=row.arxiv_id,
        voter=row.voter,
        vote=Vote(row.vote),
        at=row.at,
    )
