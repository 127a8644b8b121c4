"""The connection to Discord: logged in, heard, and found again after every loss.

discord.py resumes sessions by itself; what it gives up on is begun anew here.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Final

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import INTERNAL_API_VERSION, Route

from bot.errors import TransientError, UserError
from bot.ports import Clock

log = logging.getLogger(__name__)

OFFICIAL_URL: Final = "https://discord.com/api"
_FIRST_WAIT_SECONDS: Final = 1.0
_LONGEST_WAIT_SECONDS: Final = 300.0
_IDENTIFY_SECONDS: Final = 5.0  # between two new sessions that share a turn
_AUTHENTICATION_FAILED: Final = 4004
_REFUSED: Final = (
    "Discord does not accept DISCORD_TOKEN: copy the bot's token from the Developer Portal "
    "(“Bot”, “Reset Token”) and set it again."
)
_NOT_YET: Final = "Discord's gateway is not connected yet."
_NO_ANSWER: Final = "Discord does not answer: it is tried again."


def point_at(api_url: str) -> None:
    """Have discord.py call `api_url` instead of Discord: for proxies and tests.

    This and the gateway's address in `Connection` are the only attributes of discord.py's classes
    that we set, besides its warnings about voice; they are the same for every client of a process.
    """
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    Route.BASE = f"{api_url.rstrip('/')}/v{INTERNAL_API_VERSION}"


class IdentifyTurns:
    """When a shard may begin a new session: one every five seconds, and fewer waits than that.

    discord.py waits five seconds before each but the first; what counts is the time since the
    last one.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = asyncio.Lock()
        self._last_at: float | None = None

    async def wait(self) -> None:
        """Return when it is time."""
        async with self._lock:
            loop = asyncio.get_running_loop()
            if self._last_at is not None:
                await self._clock.sleep(max(0.0, self._last_at + _IDENTIFY_SECONDS - loop.time()))
            self._last_at = loop.time()


class Connection:
    """Keeps one client logged in and connected."""

    def __init__(
        self,
        client: discord.AutoShardedClient,
        token: str,
        *,
        api_url: str,
        clock: Clock,
        logged_in: Callable[[], None],
    ) -> None:
        self._client = client
        self._token = token
        self._api_url = api_url
        self._clock = clock
        self._logged_in = logged_in  # called after each login, before the gateway is heard
        self._shard_count = client.shard_count  # None where Discord says how many
        self._session = AsyncExitStack()
        self._first_answer = asyncio.Event()
        self._refusal: UserError | None = None
        self._may_listen = asyncio.Event()
        self._trouble = _NOT_YET
        self._heard: set[int] = set()  # shards that are connected
        self._was_heard = False  # since the last login

    async def first_answer(self, *, within: float) -> None:
        """Wait for what Discord says to our token, so many seconds at most.

        Raises UserError where it is refused; no answer is no error, for there may be one later.
        """
        try:
            async with asyncio.timeout(within):
                await self._first_answer.wait()
        except TimeoutError:
            log.warning("discord.slow", extra={"seconds": within})
        if self._refusal is not None:
            raise self._refusal

    def listen(self) -> None:
        """Connect to the gateway too: there is somebody to answer now."""
        self._may_listen.set()

    async def check(self) -> None:
        """Return while all shards are heard. Raises TransientError when one is not."""
        wanted = self._client.shard_ids or range(self._client.shard_count or 1)
        if not self._heard.issuperset(wanted):
            raise TransientError(self._trouble)

    def shard_heard(self, shard_id: int) -> None:
        """A shard is ready, or has resumed."""
        self._heard.add(shard_id)
        self._was_heard = True

    def shard_lost(self, shard_id: int) -> None:
        """A shard's connection is gone; discord.py looks for it."""
        self._trouble = f"Discord's gateway is not connected (shard {shard_id}): it is tried again."
        self._heard.discard(shard_id)

    async def run(self) -> None:
        """Log in and, once `listen` was called, stay connected until cancelled."""
        failures = 0
        while True:
            try:
                await self._log_in()
                self._was_heard = False
                await self._may_listen.wait()
                self._logged_in()
                await self._client.connect()
                self._trouble = _NO_ANSWER
            except discord.LoginFailure:
                self._trouble = _REFUSED
                self._refusal = UserError(_REFUSED)
            except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
                self._trouble = _sentence(error)
            finally:
                self._heard.clear()
                await self._close()
                self._first_answer.set()
            # New sessions are rationed by the day: what never comes up is tried ever more rarely.
            failures = 1 if self._was_heard else failures + 1
            wait = _wait_seconds(failures)
            log.error(
                "discord.not_connected",
                extra={"reason": self._trouble, "seconds": round(wait, 1)},
            )
            await self._clock.sleep(wait)

    async def _log_in(self) -> None:
        # Only as a context does a client that was closed get what it needs to start again.
        await self._session.enter_async_context(self._client)
        await self._client.login(self._token)
        if self._api_url.rstrip("/") != OFFICIAL_URL:
            # discord.py asks where the gateway is only when it also asks how many shards to use.
            _, url, _ = await self._client.http.get_bot_gateway()
            DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url)
        self._first_answer.set()

    async def _close(self) -> None:
        """End the session and all calls; what calls now is told that we are not logged in."""
        await self._session.aclose()
        self._client.clear()
        self._client.shard_count = self._shard_count
        self._client.http.token = None
        self._client.http.connector = discord.utils.MISSING  # it was closed with its session


def _wait_seconds(failures: int) -> float:
    backoff = min(_FIRST_WAIT_SECONDS * 2.0 ** min(failures - 1, 10), _LONGEST_WAIT_SECONDS)
    return backoff * (1 + random.random() / 5)  # noqa: S311 - spreads load, guards nothing


def _sentence(error: Exception) -> str:
    if isinstance(error, discord.ConnectionClosed) and error.code == _AUTHENTICATION_FAILED:
        return _REFUSED
    if isinstance(error, discord.PrivilegedIntentsRequired):
        return "Discord wants a privileged intent that Papercourier does not ask for."
    return _NO_ANSWER
