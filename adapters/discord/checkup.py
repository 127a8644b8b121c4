"""Whether Discord takes our token and lets us post in the channels that have subscriptions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import discord

from adapters.discord.errors import discord_errors
from adapters.discord.gateway import point_at
from adapters.discord.places import DIRECT_MESSAGES
from adapters.discord.rights import invite_url, missing_rights
from bot.domain.checkup import Finding, fault, note, well
from bot.domain.subscriptions import Destination
from bot.errors import PermanentError

_TOPIC: Final = "Discord"
_FEW_SESSIONS: Final = 20  # of a thousand a day: something starts the bot again and again
_MOST_GUILDS: Final = 40


class DiscordCheckup:
    """An `Examination` over HTTP alone: it opens no session at the gateway."""

    def __init__(self, token: str, *, api_url: str, channels: Sequence[Destination]) -> None:
        self._token = token
        self._api_url = api_url
        self._channels = sorted(set(channels))

    async def __call__(self) -> Sequence[Finding]:
        """Raises TransientError where Discord does not answer, or refuses the token."""
        point_at(self._api_url)
        async with discord.Client(intents=discord.Intents(guilds=True)) as client:
            with discord_errors():
                await client.login(self._token)
            return [*await self._account(client), *await self._guilds(client)]

    async def _account(self, client: discord.Client) -> list[Finding]:
        with discord_errors():
            application = await client.application_info()
            gateway = await client.http.request(discord.http.Route("GET", "/gateway/bot"))
        findings = [
            well(
                _TOPIC,
                f"signed in as {client.user}; no privileged intent is needed. Invite it with "
                f"{invite_url(application.id)}",
            )
        ]
        left = gateway.get("session_start_limit", {}).get("remaining")
        if left is not None and left < _FEW_SESSIONS:
            findings.append(
                note(
                    _TOPIC,
                    f"only {left} more connections are allowed today: something starts the bot "
                    "again and again.",
                )
            )
        return findings

    async def _guilds(self, client: discord.Client) -> list[Finding]:
        by_guild: dict[str, list[Destination]] = {}
        for channel in self._channels:
            if channel.workspace_id != DIRECT_MESSAGES:
                by_guild.setdefault(channel.workspace_id, []).append(channel)
        findings = []
        for guild_id, channels in list(by_guild.items())[:_MOST_GUILDS]:
            findings += await _guild(client, int(guild_id), channels)
        if len(by_guild) > _MOST_GUILDS:
            findings.append(
                note(_TOPIC, f"{len(by_guild) - _MOST_GUILDS} more servers were not looked at.")
            )
        return findings


async def _guild(
    client: discord.Client, guild_id: int, channels: Sequence[Destination]
) -> list[Finding]:
    """One server: whether we are in it, and what we may do in its channels."""
    assert client.user is not None  # noqa: S101 - logged in
    try:
        with discord_errors():
            guild = await client.fetch_guild(guild_id)
            ourselves = await guild.fetch_member(client.user.id)
            there = {each.id: each for each in await guild.fetch_channels()}
    except PermanentError:
        return [
            fault(_TOPIC, f"the bot is not in the server {guild_id} any more: invite it again.")
        ]
    return [
        _channel(guild.name, there.get(int(each.channel_id)), ourselves, each) for each in channels
    ]


def _channel(
    guild: str, channel: Any | None, ourselves: discord.Member, destination: Destination
) -> Finding:
    if channel is None:
        return fault(
            _TOPIC,
            f"{guild}: the channel {destination.channel_id} is gone or hidden: let the bot see it, "
            "or unsubscribe.",
        )
    missing = missing_rights(
        channel.permissions_for(ourselves), is_forum=isinstance(channel, discord.ForumChannel)
    )
    place = f"{guild}, #{channel.name}"
    if missing:
        return fault(
            _TOPIC,
            f"{place}: the bot lacks {', '.join(missing)}: give it under Edit Channel → "
            "Permissions.",
        )
    return well(_TOPIC, f"{place}: can post.")
