"""discord.py's client, as we use it: what it is told to hear, and where that goes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands

from adapters.discord.answering import unexpected
from adapters.discord.ceiling import Ceiling
from adapters.discord.gateway import IdentifyTurns
from adapters.discord.listener import Listener


def our_intents() -> discord.Intents:
    """What we hear: none of it is privileged.

    Of messages we see the content only where we are mentioned or written to directly.
    """
    intents = discord.Intents.none()
    intents.guilds = True  # channels, roles, threads, and ourselves in them
    intents.guild_messages = True  # mentions
    intents.dm_messages = True
    intents.guild_reactions = True  # thumbs
    intents.dm_reactions = True
    return intents


class DiscordClient(discord.AutoShardedClient):
    """One bot on Discord, on as many shards as it takes."""

    def __init__(
        self,
        *,
        turns: IdentifyTurns,
        ceiling: Ceiling,
        shard_ids: Sequence[int] | None = None,
        shard_count: int | None = None,
    ) -> None:
        shards: dict[str, Any] = {"shard_count": shard_count}
        if shard_ids is not None:
            shards["shard_ids"] = list(shard_ids)
        super().__init__(
            intents=our_intents(),
            **shards,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            http_trace=ceiling.trace(),
            max_ratelimit_timeout=30.0,  # waits longer than a call are the outbox's
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self._turns = turns
        self.listener: Listener | None = None  # until there is somebody to answer
        self.tree: app_commands.CommandTree[Any] = app_commands.CommandTree(
            self,
            allowed_contexts=app_commands.AppCommandContext(
                guild=True, dm_channel=True, private_channel=True
            ),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
        )

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait for this shard's turn to begin a session."""
        del shard_id, initial
        await self._turns.wait()

    # --- what people do --------------------------------------------------------------------

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Commands and buttons reach us through discord.py's tables; forms we know ourselves."""
        if self.listener and interaction.type is discord.InteractionType.modal_submit:
            await self.listener.sent_form(interaction)

    async def on_message(self, message: discord.Message) -> None:
        """Somebody wrote something, somewhere."""
        if self.listener and self.user:
            await self.listener.wrote(message, self.user.id)

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        """Somebody reacted to a message, however old."""
        if self.listener:
            await self.listener.reacted(payload)

    async def on_raw_reaction_remove(self, payload: discord.RawReactionActionEvent) -> None:
        """Somebody took a reaction away."""
        if self.listener:
            await self.listener.reacted(payload)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """A fault of ours while something happened: the log tells, everything else goes on."""
        del args, kwargs
        unexpected(sys.exception(), what=event_method)

    # --- what happens to us ----------------------------------------------------------------

    async def on_shard_connect(self, shard_id: int) -> None:
        """A new session: commands reach us from here on."""
        if self.listener:
            await self.listener.shard_heard(shard_id)

    async def on_shard_ready(self, shard_id: int) -> None:
        """All servers of a new session are known."""
        if self.listener:
            await self.listener.shard_ready(shard_id)

    async def on_shard_resumed(self, shard_id: int) -> None:
        """An old session goes on."""
        if self.listener:
            await self.listener.shard_resumed(shard_id)

    async def on_shard_disconnect(self, shard_id: int) -> None:
        """A connection broke."""
        if self.listener:
            await self.listener.shard_lost(shard_id)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """We were invited."""
        if self.listener:
            await self.listener.guild_joined(guild.id)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """We were thrown out; an outage of Discord's is told otherwise."""
        if self.listener:
            await self.listener.guild_left(guild.id)

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """An outage of Discord's is over, or a session begins: then all are looked at anyway."""
        if self.listener and self.listener.hears(guild.shard_id):
            await self._changed(guild)

    async def on_guild_channel_create(self, channel: discord.abc.GuildChannel) -> None:
        """A channel is new."""
        await self._changed(channel.guild)

    async def on_guild_channel_update(
        self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel
    ) -> None:
        """A channel, or who may do what there, was changed."""
        del before
        await self._changed(after.guild)

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """A channel is gone."""
        await self._changed(channel.guild)

    async def on_guild_role_update(self, before: discord.Role, after: discord.Role) -> None:
        """What a role may do was changed."""
        if before.permissions != after.permissions:
            await self._changed(after.guild)

    async def on_guild_role_delete(self, role: discord.Role) -> None:
        """A role is gone, perhaps one of ours."""
        await self._changed(role.guild)

    async def on_member_update(self, before: discord.Member, after: discord.Member) -> None:
        """Our own roles were changed; of others' Discord does not tell us."""
        del before
        if self.user and after.id == self.user.id:
            await self._changed(after.guild)

    async def on_raw_thread_update(self, payload: discord.RawThreadUpdateEvent) -> None:
        """A thread was locked, unlocked, archived or opened."""
        is_locked = payload.data["thread_metadata"].get("locked", False)
        if self.listener and not is_locked:
            await self.listener.thread_opened(payload.guild_id, payload.parent_id)

    async def _changed(self, guild: discord.Guild) -> None:
        if self.listener:
            await self.listener.guild_changed(guild.id)
