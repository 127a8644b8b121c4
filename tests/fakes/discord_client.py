"""The real discord.py client, without any of our code, at the fake Discord."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.fakes.discord import DiscordServer
from tests.fakes.simulated_time import until

_PATIENCE_SECONDS = 30.0
INTENTS = discord.Intents(
    guilds=True, guild_messages=True, guild_reactions=True, dm_messages=True, dm_reactions=True
)


class PlainClient(discord.AutoShardedClient):
    """discord.py as it comes, with a command tree, and a record of what it was told."""

    def __init__(self, **options: Any) -> None:
        super().__init__(guild_ready_timeout=0.05, **options)
        self.tree: app_commands.CommandTree[PlainClient] = app_commands.CommandTree(self)
        self.heard: list[str] = []  # contents of messages
        self.is_up = asyncio.Event()
        self.something = asyncio.Event()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait for nobody: the fake says itself how often one may identify."""

    async def on_ready(self) -> None:
        self.is_up.set()

    async def on_message(self, message: discord.Message) -> None:
        if message.author != self.user:
            self.heard.append(message.content)
            self.something.set()


def point_at(server: DiscordServer) -> None:
    """Send every client of this process to a fake."""
    Route.BASE = f"{server.api_url}/v10"
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(server.gateway_url)


@asynccontextmanager
async def connected(
    server: DiscordServer,
    prepare: Callable[[PlainClient], Awaitable[None] | None] = lambda _: None,
    *,
    intents: discord.Intents = INTENTS,
    **options: Any,
) -> AsyncIterator[PlainClient]:
    """A client that is ready; `prepare` adds commands, which are registered before that."""
    point_at(server)
    client = PlainClient(intents=intents, **options)
    prepare(client)
    async with client:
        await client.login(server.token)
        if client.tree.get_commands(type=None):
            await client.tree.sync()
        running = asyncio.create_task(client.connect())
        ready = asyncio.create_task(client.is_up.wait())
        try:
            await asyncio.wait(
                (running, ready),
                timeout=_PATIENCE_SECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if running.done():
                await running  # raises what ended it
            yield client
        finally:
            ready.cancel()
            await client.close()
            await asyncio.wait((running,))


async def soon(condition: Callable[[], bool]) -> None:
    """Wait until something is so; TimeoutError after 30 s."""
    await until(condition, seconds=_PATIENCE_SECONDS, every_seconds=0.005)


@asynccontextmanager
async def raw_http(server: DiscordServer) -> AsyncIterator[Callable[..., Awaitable[Answer]]]:
    """Requests without any library: `await call("GET", "/users/@me")`."""
    headers = {"Authorization": f"Bot {server.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def call(method: str, path: str, body: Any = None, **more: Any) -> Answer:
            url = f"{server.api_url}/v10{path}"
            async with session.request(method, url, json=body, **more) as response:
                is_json = response.headers.get("Content-Type") == "application/json"
                return Answer(
                    response.status,
                    await response.json() if is_json else None,
                    dict(response.headers),
                )

        yield call


class Answer:
    """What came back."""

    def __init__(self, status: int, body: Any, headers: dict[str, str]) -> None:
        self.status, self.body, self.headers = status, body, headers

    @property
    def code(self) -> int:
        """Discord's code of the error."""
        return int(self.body["code"])

    def faults(self) -> set[str]:
        """Discord's names of what is wrong in the body, each behind its place."""
        return set(_leaves(self.body["errors"], ""))


def _leaves(tree: dict[str, Any], path: str) -> list[str]:
    found = [f"{path}:{each['code']}" for each in tree.get("_errors", ())]
    for key, inner in tree.items():
        if key != "_errors":
            found += _leaves(inner, f"{path}.{key}" if path else key)
    return found
