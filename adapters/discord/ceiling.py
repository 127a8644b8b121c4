"""Discord's ceiling over all of a bot's calls, held at the door: where a request goes out.

Discord counts calls as they arrive, which we do not see. A call arrives somewhere between its
start and the end of its answer; so it counts here from its start until one second after it was
answered, less most of the shortest time that any call takes. However unevenly a busy machine or
network hands calls on, no second of Discord's then holds more than the ceiling.
"""

from __future__ import annotations

import asyncio
from collections import deque
from types import SimpleNamespace
from typing import Any, Final

import aiohttp
from discord.http import Route

from bot.ports import Clock

CEILING_PER_SECOND: Final = 50.0
# Answers to interactions do not count, nor what goes to other addresses.
_EXEMPT: Final = ("/interactions/", "/webhooks/")
_WINDOW_SECONDS: Final = 1.0
_MARGIN_SECONDS: Final = 0.005
_SURE_PART: Final = 0.8  # the shortest call that we saw may not be the shortest possible
_MOST_SURE_SECONDS: Final = 0.25
_REMEMBERED: Final = 512  # calls: some ten seconds, in which one was held up by nothing
_ENOUGH: Final = 64  # calls, to tell the shortest by
_LOOK_SECONDS: Final = 0.05  # while every place is taken by a call under way


class Window:
    """How many calls may still be made in the present second; seconds on any steady clock."""

    def __init__(self, per_second: float) -> None:
        self._most = max(1, int(per_second))
        self._seconds = max(_WINDOW_SECONDS, _WINDOW_SECONDS / per_second) + _MARGIN_SECONDS
        self._under_way = 0
        self._ends: list[float] = []  # when each answered call stops counting
        self._took: deque[float] = deque(maxlen=_REMEMBERED)

    def wait_seconds(self, now: float) -> float | None:
        """Seconds until there is room: 0.0 where there is some, None where a call has to end."""
        self._ends = [each for each in self._ends if each > now]
        if self._under_way + len(self._ends) < self._most:
            return 0.0
        return min(self._ends) - now if self._ends else None

    def begin(self) -> None:
        """Count a call that starts now."""
        self._under_way += 1

    def end(self, *, began: float, now: float, is_answered: bool) -> None:
        """The call that began at `began` is over; unanswered, nobody knows when it arrives."""
        self._under_way -= 1
        off = 0.0
        if is_answered:
            self._took.append(now - began)
            if len(self._took) >= _ENOUGH:
                off = min(_SURE_PART * min(self._took), _MOST_SURE_SECONDS)
        self._ends.append(now - off + self._seconds)


class Ceiling:
    """Lets a client's requests out one by one; a client takes it as its `http_trace`.

    It sees what no caller of discord.py can: its repeated tries, and when a call that waited for
    its route really starts.
    """

    def __init__(self, per_second: float, *, clock: Clock) -> None:
        self._window = Window(min(per_second, CEILING_PER_SECOND))
        self._clock = clock
        self._turn = asyncio.Lock()

    def trace(self) -> aiohttp.TraceConfig:
        """The hooks, for one client."""
        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(self._starts)
        trace.on_request_end.append(self._answered)
        trace.on_request_exception.append(self._failed)
        return trace

    async def _starts(
        self, session: Any, call: SimpleNamespace, params: aiohttp.TraceRequestStartParams
    ) -> None:
        del session
        call.began = None
        if not _counts(str(params.url)):
            return
        async with self._turn:
            while (wait := self._window.wait_seconds(_now())) != 0:
                await self._clock.sleep(_LOOK_SECONDS if wait is None else wait)
            self._window.begin()
            call.began = _now()

    async def _answered(self, session: Any, call: SimpleNamespace, params: Any) -> None:
        del session, params
        self._over(call, is_answered=True)

    async def _failed(self, session: Any, call: SimpleNamespace, params: Any) -> None:
        del session, params
        self._over(call, is_answered=False)

    def _over(self, call: SimpleNamespace, *, is_answered: bool) -> None:
        if call.began is not None:
            self._window.end(began=call.began, now=_now(), is_answered=is_answered)
            call.began = None


def _counts(url: str) -> bool:
    path = url.removeprefix(Route.BASE)
    return path != url and not path.startswith(_EXEMPT)


def _now() -> float:
    return asyncio.get_running_loop().time()
