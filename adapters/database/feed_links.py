"""Which subscriptions have a secret link to their feed."""

from __future__ import annotations

import sqlalchemy as sa

from adapters.database.session import Session
from adapters.database.tables import feed_links, salts

_FEEDS = "feeds"  # the name of the secret that links are made from


class FeedLinkTable:
    """A `FeedLinkRepository`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def secret(self, fresh: bytes) -> bytes:
        """The first one stays, also of two that are offered at once."""
        query = sa.select(salts.c.value).where(salts.c.name == _FEEDS)
        if rows := await self._session.rows(query):
            return bytes.fromhex(rows[0].value)
        await self._session.write(
            self._session.insert(salts)
            .values(name=_FEEDS, value=fresh.hex())
            .on_conflict_do_nothing()
        )
        (row,) = await self._session.rows(query)
        return bytes.fromhex(row.value)

    async def open(self, subscription_id: int) -> int:
        """A row stays after its link was ended: its number is never used again."""
        if (serial := await self.serial(subscription_id)) is not None:
            return serial
        insert = self._session.insert(feed_links)
        await self._session.write(
            insert.values(
                subscription_id=subscription_id, serial=1, is_open=True
            ).on_conflict_do_update(
                index_elements=["subscription_id"],
                set_={
                    "serial": sa.case(
                        (feed_links.c.is_open, feed_links.c.serial),
                        else_=feed_links.c.serial + 1,
                    ),
                    "is_open": True,
                },
            )
        )
        opened = await self.serial(subscription_id)
        return opened or 1

    async def close(self, subscription_id: int) -> bool:
        """End it."""
        if await self.serial(subscription_id) is None:
            return False
        await self._session.write(
            sa.update(feed_links)
            .where(feed_links.c.subscription_id == subscription_id)
            .values(is_open=False)
        )
        return True

    async def serial(self, subscription_id: int) -> int | None:
        """The number of the open link."""
        rows = await self._session.rows(
            sa.select(feed_links.c.serial).where(
                feed_links.c.subscription_id == subscription_id, feed_links.c.is_open
            )
        )
        return rows[0].serial if rows else None
