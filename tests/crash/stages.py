"""The platforms the crash test is played on: the server that counts, and what sends to it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.messenger import SlackMessenger
from adapters.slack.render import SlackRenderer
from adapters.slack.vendor import web_client
from bot.app import Platform
from tests.crash.discord_stage import discord_platform, discord_stage
from tests.crash.stage import Stage, There
from tests.fakes.chat_platform import ChatMessenger, ChatRenderer
from tests.fakes.chat_server import ChatServer
from tests.fakes.slack import Channel, Message, SlackServer

WORKSPACE = "W1"
_LATENCY_SECONDS = 0.01


class ChatStage:
    """The chat server, whose papers are texts."""

    def __init__(self, server: ChatServer) -> None:
        self._server = server
        self.url = server.url
        self.can_look_up = server.can_look_up

    def count(self) -> int:
        """How many messages have arrived."""
        return len(self._server.accepted)

    def keys(self) -> Counter[str]:
        """How often each message is there."""
        return self._server.keys()

    def of_channel(self, channel: str) -> Sequence[There]:
        """What a channel shows; replies are about the paper they name."""
        return [There(each.key, each.text) for each in self._server.of_channel(channel)]

    async def reach(self, wanted: int) -> None:
        """Return when so many messages have arrived."""
        while self.count() < wanted:
            self._server.arrived.clear()
            await self._server.arrived.wait()


class SlackStage:
    """The fake Slack, whose papers stand in the metadata of the replies."""

    def __init__(self, server: SlackServer, *, can_look_up: bool) -> None:
        self._server = server
        self.url = server.api_url
        self.can_look_up = can_look_up

    def count(self) -> int:
        """How many messages have arrived."""
        return len(self._server.posted)

    def keys(self) -> Counter[str]:
        """How often each message is there; one without a key would be there as ""."""
        return Counter(each.key or "" for each in self._server.posted)

    def of_channel(self, channel: str) -> Sequence[There]:
        """What a channel shows."""
        return [
            There(each.key or "", _paper_of(each) if each.thread_ts else None)
            for each in self._server.messages(channel)
        ]

    async def reach(self, wanted: int) -> None:
        """Return when so many messages have arrived."""
        while self.count() < wanted:
            await self._server.until(lambda: self.count() >= wanted, what="messages arrived")


def _paper_of(message: Message) -> str | None:
    papers = (message.metadata or {})["event_payload"]["papers"]
    return papers[0] if len(papers) == 1 else None


# --- the server, in the process that counts ------------------------------------------------


@asynccontextmanager
async def _chat_stage(*, channels: int, can_look_up: bool, seed: int) -> AsyncIterator[Stage]:
    del channels  # it takes messages for whatever channel
    async with ChatServer(
        can_look_up=can_look_up, latency_seconds=_LATENCY_SECONDS, seed=seed
    ) as server:
        yield ChatStage(server)


@asynccontextmanager
async def _slack_stage(*, channels: int, can_look_up: bool, seed: int) -> AsyncIterator[Stage]:
    """Slack; a bot without the scope for history cannot look up what is there."""
    del seed  # nothing in it is random
    async with SlackServer(rate_limited=False, latency_seconds=_LATENCY_SECONDS / 2) as server:
        workspace = server.add_workspace(WORKSPACE, "Crash")
        for number in range(channels):
            channel = Channel(f"C{number}", WORKSPACE, f"papers-{number}")
            channel.members.add(workspace.bot_user)
            workspace.channels[channel.id] = channel
        # Channels have their names but once over all workspaces.
        server.world.workspaces.pop("T1")
        if not can_look_up:
            workspace.scopes -= {"channels:history"}
        yield SlackStage(server, can_look_up=can_look_up)
        assert not server.violations, server.violations[:3]


# --- what sends, in the process that is killed ---------------------------------------------


@asynccontextmanager
async def _chat_platform(url: str) -> AsyncIterator[Platform]:
    async with ChatMessenger(url) as messenger:
        yield Platform(ChatRenderer(), messenger)


@asynccontextmanager
async def _slack_platform(url: str) -> AsyncIterator[Platform]:
    async with aiohttp.ClientSession() as session:
        client = web_client(url, session, token=f"xoxb-{WORKSPACE}-1")

        async def client_of(_: str) -> AsyncWebClient:
            return client

        yield Platform(SlackRenderer(), SlackMessenger(client_of))


class OpenStage(Protocol):
    """Starts a server."""

    def __call__(
        self, *, channels: int, can_look_up: bool, seed: int
    ) -> AbstractAsyncContextManager[Stage]: ...


STAGES: dict[str, OpenStage] = {
    "chat": _chat_stage,
    "discord": discord_stage,
    "slack": _slack_stage,
}
PLATFORMS: dict[str, Callable[[str], AbstractAsyncContextManager[Platform]]] = {
    "chat": _chat_platform,
    "discord": discord_platform,
    "slack": _slack_platform,
}


async def waited(stage: Stage, wanted: int, *, at_most_seconds: float) -> bool:
    """Whether so many messages arrived in time."""
    try:
        async with asyncio.timeout(at_most_seconds):
            await stage.reach(wanted)
    except TimeoutError:
        return False
    return True
