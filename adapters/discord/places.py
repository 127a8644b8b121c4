"""Where on Discord somebody speaks, and who they are there, in the core's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import discord

from bot.domain.commands import Actor
from bot.domain.subscriptions import Destination

PLATFORM: Final = "discord"
DIRECT_MESSAGES: Final = "@me"  # where others have a guild, as in Discord's own addresses


@dataclass(frozen=True, slots=True)
class Place:
    """A channel somebody speaks in; a thread or a forum's post counts as its channel."""

    destination: Destination
    spoken_in: int  # the channel or thread itself
    is_ours: bool  # whether we are a member there: elsewhere we can answer, but not post
    is_direct: bool  # nobody but us and them
    is_forum: bool = False
    our_permissions: discord.Permissions | None = None  # there; None in direct messages


def destination_of(guild_id: int | None, channel_id: int) -> Destination:
    """A channel of a guild, or of direct messages where there is none."""
    workspace = DIRECT_MESSAGES if guild_id is None else str(guild_id)
    return Destination(PLATFORM, workspace, str(channel_id))


def home_id(channel: Any, channel_id: int) -> int:
    """The channel that a thread or a forum's post belongs to; a channel's own ID."""
    return getattr(channel, "parent_id", None) or channel_id if _is_thread(channel) else channel_id


def place_of_interaction(interaction: discord.Interaction[Any]) -> Place:
    """Where a command, a button or a form was used."""
    channel, channel_id = interaction.channel, interaction.channel_id or 0
    is_guild = interaction.guild_id is not None
    # A private channel is one of other people: there we answer whoever installed us for themselves.
    is_direct = not is_guild and not interaction.context.private_channel
    return Place(
        destination=destination_of(interaction.guild_id, home_id(channel, channel_id)),
        spoken_in=channel_id,
        is_ours=is_direct or (is_guild and interaction.is_guild_integration()),
        is_direct=is_direct,
        is_forum=_is_forum_post(channel),
        our_permissions=interaction.app_permissions if is_guild else None,
    )


def actor_of_interaction(
    interaction: discord.Interaction[Any], place: Place, *, language: str
) -> Actor:
    """Whoever used a command; Discord itself says what they may do in that channel."""
    return Actor(
        user_id=str(interaction.user.id),
        destination=place.destination,
        may_manage=place.is_direct or may_manage(interaction.permissions),
        language=language,
    )


def place_of_message(message: discord.Message) -> Place:
    """Where a message was written that the gateway told us of."""
    guild = message.guild
    channel: Any = message.channel
    return Place(
        destination=destination_of(guild.id if guild else None, home_id(channel, channel.id)),
        spoken_in=channel.id,
        is_ours=True,
        is_direct=guild is None,
        is_forum=_is_forum_post(channel),
        our_permissions=channel.permissions_for(guild.me) if guild else None,
    )


def actor_of_message(message: discord.Message, place: Place, *, language: str) -> Actor:
    """Whoever wrote a message; what they may do follows from their roles."""
    channel: Any = message.channel
    return Actor(
        user_id=str(message.author.id),
        destination=place.destination,
        may_manage=place.is_direct or may_manage(channel.permissions_for(message.author)),
        language=language,
    )


def may_manage(permissions: discord.Permissions) -> bool:
    """Whether these let somebody change a channel's subscriptions, where only managers may."""
    return permissions.administrator or permissions.manage_channels


def _is_thread(channel: Any) -> bool:
    return isinstance(channel, discord.Thread)


def _is_forum_post(channel: Any) -> bool:
    return _is_thread(channel) and isinstance(
        getattr(channel, "parent", None), discord.ForumChannel
    )
