"""Where we may post: as Discord tells us of channels, permissions and servers.

What delivery would only find out by being refused is seen here at once: a channel that was
deleted, a permission that was taken away, a server that threw us out. And what is mended comes
back by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import discord

from adapters.discord.places import DIRECT_MESSAGES, PLATFORM, destination_of
from adapters.discord.rights import missing_rights, missing_sentence
from bot.domain.outbox import share_key
from bot.domain.subscriptions import Destination
from bot.ports import UnitOfWorkFactory
from bot.services.refusals import RefusalService

_GUILD_LOST: Final = "guild_not_found"
_GUILD_LOST_REASON: Final = "I am not in this Discord server any more: invite me again."
_CHANNEL_LOST: Final = "channel_not_found"
_CHANNEL_LOST_REASON: Final = (
    "This Discord channel does not exist any more: subscribe in another one."
)
_RIGHTS_LOST: Final = "missing_permissions"
_THREAD_LOCKED: Final = "thread_locked"  # by delivery, which finds that out


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a channel."""

    code: str = ""  # why nothing can be posted there; "" while something can
    reason: str = ""
    permissions: int = 0  # ours, there


class Standing:
    """Keeps what is known of channels that refuse us true to what Discord shows."""

    def __init__(
        self,
        client: discord.AutoShardedClient,
        *,
        refusals: RefusalService,
        open_unit: UnitOfWorkFactory,
    ) -> None:
        self._client = client
        self._refusals = refusals
        self._open_unit = open_unit
        self._seen: dict[Destination, Look] = {}
        self._to_look_at: dict[int, None] = {}  # guilds, in order
        self._is_looking = False

    async def guild_joined(self, guild_id: int) -> None:
        """We were invited, perhaps again."""
        await self._refusals.accept_workspace(PLATFORM, str(guild_id))
        await self.guild_changed(guild_id)

    async def guild_left(self, guild_id: int) -> None:
        """We were thrown out, or the server was deleted."""
        await self._refusals.refuse_workspace(
            PLATFORM, str(guild_id), code=_GUILD_LOST, reason=_GUILD_LOST_REASON
        )
        self._forget(guild_id)

    async def guild_changed(self, guild_id: int) -> None:
        """Look at a server's channels again: something there changed.

        Changes come in swarms, as when roles are put into another order, or thousands of servers
        at once, after an outage: one look at a time, and one for all changes before it.
        """
        self._to_look_at[guild_id] = None
        if self._is_looking:
            return
        self._is_looking = True
        try:
            while self._to_look_at:
                next_id = next(iter(self._to_look_at))
                del self._to_look_at[next_id]
                async with self._open_unit() as unit:
                    here = await unit.subscriptions.of_workspace(PLATFORM, str(next_id))
                await self._review({each.destination for each in here})
        finally:
            self._is_looking = False

    async def thread_opened(self, guild_id: int, channel_id: int) -> None:
        """A thread of a channel is not locked: messages for it may go."""
        destination = destination_of(guild_id, channel_id)
        async with self._open_unit() as unit:
            state = await unit.destinations.state(destination)
        if state.disabled_code == _THREAD_LOCKED:
            await self._refusals.accept(destination)

    async def shard_ready(self, shard_id: int) -> None:
        """Look at all servers of a shard: we begin to hear, and much may have happened before.

        Of other shards' servers nothing is known yet; theirs is not the silence of the lost.
        """
        count = self._client.shard_count or 1
        async with self._open_unit() as unit:
            every = await unit.subscriptions.all()
        ours = {
            each.destination
            for each in every
            if each.destination.platform == PLATFORM
            and each.destination.workspace_id != DIRECT_MESSAGES
            and share_key(each.destination.workspace_id) % count == shard_id
        }
        lost = {each.workspace_id for each in ours if self._client.get_guild(_number(each)) is None}
        for workspace_id in sorted(lost):
            await self.guild_left(int(workspace_id))
        back = {each.workspace_id for each in ours} - lost
        for workspace_id in sorted(back):
            await self._refusals.accept_workspace(PLATFORM, workspace_id)
        await self._review(each for each in ours if each.workspace_id in back)

    async def _review(self, destinations: Iterable[Destination]) -> None:
        for destination in sorted(destinations):
            look = self._look(destination)
            if look is None or self._seen.get(destination) == look:
                continue
            self._seen[destination] = look
            if look.code:
                await self._refusals.refuse(destination, code=look.code, reason=look.reason)
            else:
                # Something about it is new to us, so whatever it refused before is worth a try.
                await self._refusals.accept(destination)

    def _look(self, destination: Destination) -> Look | None:
        """None where nobody can tell just now."""
        guild = self._client.get_guild(_number(destination))
        if guild is None or guild.unavailable or guild.me is None:
            return None
        channel: Any = guild.get_channel(int(destination.channel_id))
        if channel is None:
            return Look(_CHANNEL_LOST, _CHANNEL_LOST_REASON)
        permissions = channel.permissions_for(guild.me)
        is_forum = isinstance(channel, discord.ForumChannel)
        if missing := missing_rights(permissions, is_forum=is_forum):
            return Look(_RIGHTS_LOST, missing_sentence(missing), permissions.value)
        return Look(permissions=permissions.value)

    def _forget(self, guild_id: int) -> None:
        workspace_id = str(guild_id)
        self._seen = {
            each: look for each, look in self._seen.items() if each.workspace_id != workspace_id
        }


def _number(destination: Destination) -> int:
    return int(destination.workspace_id)
