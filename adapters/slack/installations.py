"""Who installed us: slack_sdk's store on our database, with every secret in it encrypted."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Final, TypeVar

import sqlalchemy as sa
from slack_sdk.oauth.installation_store.models.bot import Bot
from slack_sdk.oauth.installation_store.models.installation import Installation
from slack_sdk.oauth.installation_store.sqlalchemy import AsyncSQLAlchemyInstallationStore
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.slack.keys import Keys
from adapters.slack.vendor import vendor_log
from bot.errors import UserError

_Stored = TypeVar("_Stored", Bot, Installation)
_BOT_SECRETS: Final = ("bot_token", "bot_refresh_token")
_SECRETS: Final = (*_BOT_SECRETS, "user_token", "user_refresh_token", "incoming_webhook_url")


class EncryptedInstallationStore(AsyncSQLAlchemyInstallationStore):
    """Tokens stand in the tables as nobody without the key can read them."""

    def __init__(self, *, client_id: str, engine: AsyncEngine, keys: Keys) -> None:
        super().__init__(client_id=client_id, engine=engine, logger=vendor_log())
        self._keys = keys

    async def async_save(self, installation: Installation) -> None:
        """Keep an installation, in place of an earlier one of the workspace."""
        await super().async_save(_changed(installation, _SECRETS, self._keys.encrypt))

    async def async_save_bot(self, bot: Bot) -> None:
        """Keep the bot of an installation. `async_save` hands over one that is encrypted."""
        token = bot.bot_token
        if token and not _is_encrypted(token, self._keys):
            bot = _changed(bot, _BOT_SECRETS, self._keys.encrypt)
        await super().async_save_bot(bot)

    async def async_find_bot(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        is_enterprise_install: bool | None = False,
    ) -> Bot | None:
        """The workspace's bot. Raises UserError when no key of ours fits."""
        bot = await super().async_find_bot(
            enterprise_id=enterprise_id,
            team_id=team_id,
            is_enterprise_install=is_enterprise_install,
        )
        return bot and _changed(bot, _BOT_SECRETS, self._keys.decrypt)

    async def bot_of(self, team_id: str) -> Bot | None:
        """The bot of a workspace, whichever enterprise that belongs to."""
        query = (
            sa.select(self.bots.c.enterprise_id)
            .where(
                self.bots.c.client_id == self.client_id,
                self.bots.c.team_id == team_id,
                self.bots.c.bot_token.is_not(None),
            )
            .order_by(self.bots.c.installed_at.desc())
            .limit(1)
        )
        async with self.engine.connect() as connection:
            row = (await connection.execute(query)).first()
        if row is None:
            return None
        return await self.async_find_bot(enterprise_id=row.enterprise_id, team_id=team_id)

    async def forget(self, team_id: str) -> None:
        """Drop everything that a workspace gave us."""
        async with self.engine.begin() as connection:
            for table in (self.bots, self.installations):
                await connection.execute(
                    sa.delete(table).where(
                        table.c.client_id == self.client_id, table.c.team_id == team_id
                    )
                )

    async def encrypt_anew(self) -> int:
        """Bring what an older key encrypted to the newest; how many secrets that were.

        Raises UserError when no key of ours fits one of them.
        """
        changed = 0
        async with self.engine.begin() as connection:
            for table, columns in ((self.bots, _BOT_SECRETS), (self.installations, _SECRETS)):
                for row in (await connection.execute(sa.select(table))).mappings().all():
                    stale = {
                        name: self._keys.encrypt(self._keys.decrypt(row[name]))
                        for name in columns
                        if row[name] and not self._keys.is_newest(row[name])
                    }
                    if stale:
                        await connection.execute(
                            sa.update(table).where(table.c.id == row["id"]).values(**stale)
                        )
                    changed += len(stale)
        return changed


def _changed(thing: _Stored, names: tuple[str, ...], change: Callable[[str], str]) -> _Stored:
    """A copy with its secrets encrypted, or decrypted."""
    twin = copy(thing)
    for name in names:
        if secret := getattr(twin, name):
            setattr(twin, name, change(secret))
    return twin


def _is_encrypted(text: str, keys: Keys) -> bool:
    try:
        keys.decrypt(text)
    except UserError:
        return False
    return True
