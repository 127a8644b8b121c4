"""A subscription's feed at a secret address, for readers of feeds."""

from __future__ import annotations

import secrets

from bot.domain.feed_links import SECRET_BYTES, feed_token, is_same_token, subscription_id_in
from bot.domain.subscriptions import Subscription
from bot.errors import UserError
from bot.ports import UnitOfWork, UnitOfWorkFactory


class FeedLinkService:
    """Gives links out, ends them, and knows whose a link is.

    `public_url` is where people reach our pages; None where nobody said.
    """

    def __init__(self, *, open_unit: UnitOfWorkFactory, public_url: str | None) -> None:
        self._open_unit = open_unit
        self._public_url = public_url

    async def link(self, subscription: Subscription) -> str:
        """The address of its feed; the same one until it is ended. Raises UserError."""
        if self._public_url is None:
            raise UserError(
                "I do not know the address of my own pages: whoever runs me has to set "
                "web.public_url in config.json."
            )
        async with self._open_unit() as unit:
            secret = await _secret(unit)
            serial = await unit.feed_links.open(subscription.id)
            await unit.commit()
        token = feed_token(secret, subscription.id, serial=serial)
        return f"{self._public_url.rstrip('/')}/feeds/{token}.xml"

    async def end(self, subscription: Subscription) -> bool:
        """Let its link open nothing any more; False where there was none."""
        async with self._open_unit() as unit:
            ended = await unit.feed_links.close(subscription.id)
            await unit.commit()
        return ended

    async def token_of(self, subscription: Subscription) -> str | None:
        """The token of its open link; None where nobody asked for one."""
        async with self._open_unit() as unit:
            serial = await unit.feed_links.serial(subscription.id)
            if serial is None:
                return None
            return feed_token(await _secret(unit), subscription.id, serial=serial)

    async def subscription_of(self, token: str) -> Subscription | None:
        """Whose feed `token` opens; None for whatever is not an open link."""
        subscription_id = subscription_id_in(token)
        if subscription_id is None:
            return None
        async with self._open_unit() as unit:
            serial = await unit.feed_links.serial(subscription_id)
            if serial is None:
                return None
            right = feed_token(await _secret(unit), subscription_id, serial=serial)
            if not is_same_token(token, right):
                return None
            return await unit.subscriptions.get(subscription_id)


async def _secret(unit: UnitOfWork) -> bytes:
    return await unit.feed_links.secret(secrets.token_bytes(SECRET_BYTES))
