"""What was taken in hand once, so that no process takes it again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

import sqlalchemy as sa

from adapters.database.session import Session
from adapters.database.tables import seen


class SeenTable:
    """Keys, each claimed by whoever comes first; each call is a transaction of its own."""

    def __init__(self, session: Callable[[], AbstractAsyncContextManager[Session]]) -> None:
        self._session = session

    async def claim(self, key: str, *, now: datetime, keep: timedelta) -> bool:
        """Whether `key` was not claimed before; it is remembered for `keep`."""
        async with self._session() as session:
            await session.write(sa.delete(seen).where(seen.c.keep_until < now))
            claim = session.insert(seen).values(key=key, keep_until=now + keep)
            # psycopg counts no rows here, so the row itself tells.
            written = await session.write(claim.on_conflict_do_nothing().returning(seen.c.key))
            is_claimed = written.first() is not None
            await session.commit()
        return is_claimed
