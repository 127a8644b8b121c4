"""The crash test on the fake Discord, with the real messenger through the real discord.py.

One safety net at a time: where there is a history to look at, nonces are forgotten at once;
where there is none, nonces alone have to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import discord

from adapters.discord.gateway import point_at
from adapters.discord.history import nonce_of
from adapters.discord.messenger import DiscordMessenger
from adapters.discord.render import DiscordRenderer
from bot.app import Platform
from tests.crash.scene import DIGESTS_AT, announcement_days, channel_id
from tests.crash.stage import There
from tests.fakes.discord import Channel, DiscordServer, Message
from tests.fakes.simulated_time import until

TOKEN = "MTIz.crash.test"  # noqa: S105 - the fake's
_LONGEST_PLAY_DAYS = 40
_MESSAGES_A_DIGEST = 2  # a head, and its thread with one paper


class DiscordStage:
    """The fake Discord as the crash test counts on it."""

    def __init__(self, server: DiscordServer, *, keys: Sequence[str], can_look_up: bool) -> None:
        self._server = server
        self._keys = {nonce_of(key): key for key in keys}
        self.url = server.api_url
        self.can_look_up = can_look_up

    def count(self) -> int:
        """How many messages have arrived."""
        return self._server.world.posted

    def keys(self) -> Counter[str]:
        """How often each message is there; one that nobody planned stands there by its nonce."""
        channels = self._server.world.channels.values()
        return Counter(self._key(each) for channel in channels for each in channel.messages)

    def of_channel(self, channel: str) -> Sequence[There]:
        """What a channel ("C7") and its threads show."""
        place = self._server.world.channels[
            int(channel_id("discord", int(channel.removeprefix("C"))))
        ]
        threads = self._server.threads(place)
        messages = [each for here in (place, *threads) for each in here.messages]
        return [There(self._key(each), _paper_of(each)) for each in messages]

    async def reach(self, wanted: int) -> None:
        """Return when so many messages have arrived."""
        await until(lambda: self.count() >= wanted, every_seconds=0.002)

    def _key(self, message: Message) -> str:
        nonce = str(message.nonce)
        return self._keys.get(nonce, nonce)


def _paper_of(message: Message) -> str | None:
    """The paper that its buttons are about."""
    for button in message.buttons:
        if custom_id := button.get("custom_id"):
            return str(custom_id).rpartition(":")[2].rpartition("v")[0]
    return None


def planned_keys(channels: int) -> list[str]:
    """The key of every message that a play can bring."""
    return [
        f"digest/{subscription}/{day}T{DIGESTS_AT:%H:%M}/{position}"
        for subscription in range(1, channels + 1)
        for day in announcement_days(_LONGEST_PLAY_DAYS)
        for position in range(_MESSAGES_A_DIGEST)
    ]


@asynccontextmanager
async def discord_stage(
    *, channels: int, can_look_up: bool, seed: int
) -> AsyncIterator[DiscordStage]:
    """The server; its ceilings are off, for a process that is killed forgets its pace."""
    del seed  # nothing in it is random
    async with DiscordServer(
        per_second=None,
        limits=None,
        nonce_seconds=0.0 if can_look_up else 3600.0,
        latency_seconds=0.01,
        token=TOKEN,
    ) as server:
        server.world.shows_history = can_look_up
        for number in range(channels):
            channel = Channel(
                int(channel_id("discord", number)), 0, f"papers-{number}", server.guild
            )
            server.guild.channels[channel.id] = server.world.channels[channel.id] = channel
        yield DiscordStage(server, keys=planned_keys(channels), can_look_up=can_look_up)
        assert not server.violations, server.violations[:3]


@asynccontextmanager
async def discord_platform(url: str) -> AsyncIterator[Platform]:
    """What is killed: our messenger on discord.py's client, logged in, without its gateway."""
    point_at(url)
    async with discord.Client(intents=discord.Intents.none()) as client:
        await client.login(TOKEN)
        yield Platform(DiscordRenderer(), DiscordMessenger(client.http))
