"""Calls of Discord's HTTP API through discord.py's client, at our pace and with our errors."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import discord
from discord.http import HTTPClient, Route

from adapters.discord.errors import OnlySomeTries, discord_errors
from bot.domain.rate_limits import CallPace
from bot.errors import TransientError
from bot.ports import Clock

CEILING_PER_SECOND: Final = 50.0  # over all a bot's calls but the answers to interactions
_TRIES: Final = 2  # of one call within discord.py: a second one after a 429 or a stumble


class Calls:
    """Every call we make of our own accord goes through here, whoever makes it.

    discord.py waits for what Discord's headers say of each route; that no more than 50 calls a
    second go out over all routes is up to us.
    """

    def __init__(
        self, http: HTTPClient, *, clock: Clock, per_second: float = CEILING_PER_SECOND
    ) -> None:
        self._http = http
        self._clock = clock
        self._pace = CallPace(min(per_second, CEILING_PER_SECOND))
        self._turn = asyncio.Lock()
        self._running: set[asyncio.Task[Any]] = set()

    @property
    def is_ready(self) -> bool:
        """Whether the client has logged in."""
        return self._http.token is not None

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        form: Sequence[Mapping[str, Any]] | None = None,
        tries: int = _TRIES,
        **places: str,
    ) -> Any:
        """One call; `places` fill in `path`. Raises TransientError or PermanentError.

        `form` stands in for `json` where a file goes along, as aiohttp's `add_field` takes it.

        With `tries` 1 discord.py repeats nothing, for what must not be done twice.
        """
        if not self.is_ready:
            raise TransientError(
                "I am not logged in to Discord yet.",
                retry_after=1.0,
                platform_wide=True,
                may_have_acted=False,
            )
        await self._wait_for_turn()
        body: dict[str, Any] = {} if json is None else {"json": json}
        if params is not None:
            body["params"] = params
        if form is not None:
            body["form"] = form
        guard = cast("discord.File", OnlySomeTries(tries))
        call = asyncio.ensure_future(
            self._http.request(Route(method, path, **places), files=[guard], **body)
        )
        self._running.add(call)
        call.add_done_callback(self._ended)
        # Broken off while it waits out a global limit, discord.py would let no call through
        # ever again; so whoever gives up waiting does not take the call with them.
        with discord_errors():
            return await asyncio.shield(call)

    async def _wait_for_turn(self) -> None:
        async with self._turn:
            while (wait := self._pace.wait_seconds(self._clock.now())) > 0:
                await self._clock.sleep(wait)
            self._pace = self._pace.called(self._clock.now())

    def _ended(self, call: asyncio.Task[Any]) -> None:
        self._running.discard(call)
        if not call.cancelled():
            call.exception()  # of a call nobody waits for any more
