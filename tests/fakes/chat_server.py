"""A chat platform on loopback: limits with 429, look-up by key, faults on demand.

    POST /channels/C1/messages   {"text": ..., "metadata": {"key": ...}, "thread": ID or null}
    GET  /channels/C1/messages?key=...

It remembers every message it accepted, and which calls it could not answer although it had.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.fakes.arxiv_faults import Fault


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message as the platform has it."""

    id: str
    channel: str
    key: str
    text: str
    thread: str | None
    at: float  # loop time of its arrival


@dataclass(frozen=True, slots=True)
class Mishap:
    """A fault that answers a post, and whether the message is there nevertheless."""

    fault: Fault
    is_recorded: bool


@dataclass(slots=True)
class ChatServer:
    """The platform; use it as an async context manager."""

    channel_seconds: float = 0.0  # least time between two messages of a channel
    per_second: int | None = None  # calls of any kind
    can_look_up: bool = True
    latency_seconds: float = 0.0  # at most, before an answer
    mishaps: Iterator[Mishap | None] | None = None  # one for each post
    seed: int = 0
    refusals: dict[str, str] = field(default_factory=dict)  # by channel: the error's code
    accepted: list[Accepted] = field(default_factory=list)
    cut: Counter[str] = field(default_factory=Counter)  # keys accepted, the caller gone
    throttled: int = 0
    look_ups: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)  # set with every message
    _channels: dict[str, list[Accepted]] = field(default_factory=dict)
    _calls: deque[float] = field(default_factory=deque)
    _ids: Iterator[int] = field(default_factory=lambda: count(1))
    _random: random.Random = field(default_factory=random.Random)
    _runner: web.AppRunner | None = None
    url: str = ""

    async def __aenter__(self) -> Self:
        self._random.seed(self.seed)
        app = web.Application()
        app.router.add_post("/channels/{channel}/messages", self._post)
        app.router.add_get("/channels/{channel}/messages", self._find)
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.2
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def keys(self) -> Counter[str]:
        """How often each message is there."""
        return Counter(each.key for each in self.accepted)

    def of_channel(self, channel: str) -> list[Accepted]:
        """What a channel shows, oldest first."""
        return self._channels.get(channel, [])

    async def _post(self, request: web.Request) -> web.StreamResponse:
        channel = request.match_info["channel"]
        asked = await request.json()
        if (refusal := self._refusal(channel, asked)) is not None:
            return refusal
        mishap = next(self.mishaps, None) if self.mishaps is not None else None
        if mishap is not None and not mishap.is_recorded:
            return await mishap.fault(request)
        message = self._accept(channel, asked)
        try:
            if mishap is not None:
                return await mishap.fault(request)
            await asyncio.sleep(self._random.uniform(0, self.latency_seconds))
        except asyncio.CancelledError:
            self.cut[message.key] += 1
            raise
        return web.json_response({"id": message.id})

    def _refusal(self, channel: str, asked: Any) -> web.Response | None:
        now = asyncio.get_running_loop().time()
        if (wait := self._global_wait(now)) > 0:
            return self._throttle(wait, everywhere=True)
        if channel in self.refusals:
            return web.json_response({"error": self.refusals[channel]}, status=403)
        if not (asked.get("text") and asked.get("metadata", {}).get("key")):
            return web.json_response({"error": "invalid_payload"}, status=400)
        thread = asked.get("thread")
        earlier = self.of_channel(channel)
        if thread is not None and thread not in {each.id for each in earlier}:
            return web.json_response({"error": "thread_not_found"}, status=400)
        if earlier and now < (free_at := earlier[-1].at + self.channel_seconds):
            return self._throttle(free_at - now, everywhere=False)
        return None

    def _global_wait(self, now: float) -> float:
        """Seconds to wait: so many calls in any second, no matter how they are spread."""
        if self.per_second is None:
            return 0.0
        while self._calls and self._calls[0] <= now - 1:
            self._calls.popleft()
        if len(self._calls) >= self.per_second:
            return self._calls[0] + 1 - now
        self._calls.append(now)
        return 0.0

    def _throttle(self, wait: float, *, everywhere: bool) -> web.Response:
        self.throttled += 1
        return web.json_response(
            {"error": "ratelimited", "global": everywhere},
            status=429,
            headers={"Retry-After": f"{wait:.3f}"},
        )

    def _accept(self, channel: str, asked: Any) -> Accepted:
        message = Accepted(
            id=f"m{next(self._ids)}",
            channel=channel,
            key=asked["metadata"]["key"],
            text=asked["text"],
            thread=asked.get("thread"),
            at=asyncio.get_running_loop().time(),
        )
        self.accepted.append(message)
        self._channels.setdefault(channel, []).append(message)
        self.arrived.set()
        return message

    async def _find(self, request: web.Request) -> web.Response:
        if (wait := self._global_wait(asyncio.get_running_loop().time())) > 0:
            return self._throttle(wait, everywhere=True)
        if not self.can_look_up:
            return web.json_response({"error": "no_history"}, status=501)
        self.look_ups += 1
        key = request.query["key"]
        found = [each for each in self.of_channel(request.match_info["channel"]) if each.key == key]
        return web.json_response({"messages": [{"id": each.id} for each in found]})
