"""Whose turn it is, agreed on by all processes of an installation."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

import sqlalchemy as sa

from adapters.database.session import Session
from adapters.database.tables import slots


class SlotTable:
    """A `SlotStore`; each call is a transaction of its own."""

    def __init__(self, session: Callable[[], AbstractAsyncContextManager[Session]]) -> None:
        self._session = session

    async def take(
        self,
        name: str,
        *,
        holder: str,
        now: datetime,
        spacing_seconds: float,
        lease_seconds: float,
    ) -> float:
        """Take the slot, or say how long to wait at most."""
        async with self._session() as session:
            await session.write(session.insert(slots).values(name=name).on_conflict_do_nothing())
            query = session.locked(sa.select(slots).where(slots.c.name == name))
            (row,) = await session.rows(query)
            spacing = timedelta(seconds=spacing_seconds)
            free_at = [moment + spacing for moment in (row.taken_at, row.released_at) if moment]
            if row.holder is not None:
                free_at.append(row.lease_until)
            wait = (max(free_at) - now).total_seconds() if free_at else 0.0
            if wait > 0:
                return wait
            await session.write(
                sa.update(slots)
                .where(slots.c.name == name)
                .values(
                    holder=holder,
                    taken_at=now,
                    lease_until=now + timedelta(seconds=lease_seconds),
                )
            )
            await session.commit()
            return 0.0

    async def release(self, name: str, *, holder: str, now: datetime) -> None:
        """Give the slot back."""
        async with self._session() as session:
            await session.write(
                sa.update(slots)
                .where(slots.c.name == name, slots.c.holder == holder)
                .values(holder=None, lease_until=None, released_at=now)
            )
            await session.commit()
