"""Calls of Discord's HTTP API through discord.py's client, with our errors."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import discord
from discord.http import HTTPClient, Route

from adapters.discord.errors import OnlySomeTries, discord_errors
from bot.errors import TransientError

_TRIES: Final = 2  # of one call within discord.py: a second one after a 429 or a stumble


class Calls:
    """Every call we make of our own accord goes through here, whoever makes it.

    discord.py waits for what Discord's headers say of each route; how many calls go out over
    all routes is held by its client's `Ceiling`.
    """

    def __init__(self, http: HTTPClient) -> None:
        self._http = http
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

    def _ended(self, call: asyncio.Task[Any]) -> None:
        self._running.discard(call)
        if not call.cancelled():
            call.exception()  # of a call nobody waits for any more
