"""Socket Mode: websockets, envelopes, acknowledgements within three seconds."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from tests.fakes.slack.delivering import Answer
from tests.fakes.slack.state import APP_ID, Json
from tests.fakes.slack.world import World

MOST_CONNECTIONS = 10
_TAKES_PAYLOAD = frozenset({"slash_commands", "interactive"})


@dataclass(slots=True)
class SocketMode:
    """A `Way`: each envelope goes to one of the connections, in turn."""

    world: World
    ack_seconds: float = 3.0
    doubles: int = 0  # so many of the next envelopes arrive twice
    connections: list[web.WebSocketResponse] = field(default_factory=list)
    hellos: int = 0
    _tickets: set[str] = field(default_factory=set)
    _leaving: set[int] = field(default_factory=set)  # told to go: nothing is sent there
    _waiting: dict[str, asyncio.Future[Json]] = field(default_factory=dict)
    _turn: int = 0

    def new_ticket(self) -> str:
        """The address of a websocket that may be opened once."""
        ticket = self.world.numbers.id("ticket-")
        self._tickets.add(ticket)
        address = self.world.url.replace("http://", "ws://")
        return f"{address}/link/?ticket={ticket}&app_id={APP_ID}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The HTTP route `/link/`."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=404)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(heartbeat=30)
        await socket.prepare(request)
        if len(self.connections) >= MOST_CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        await socket.send_json(
            {
                "type": "hello",
                "num_connections": len(self.connections) + 1,
                "debug_info": {"host": "applink-fake", "approximate_connection_time": 18060},
                "connection_info": {"app_id": APP_ID},
            }
        )
        self.hellos += 1
        self.connections.append(socket)
        self.world.touch()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._acknowledge(json.loads(message.data))
        finally:
            self.connections.remove(socket)
            self._leaving.discard(id(socket))
            self.world.touch()
        return socket

    async def send(self, kind: str, payload: Json, *, retry: int, reason: str) -> Answer:
        """Deliver once, and wait for the acknowledgement."""
        if not self.hellos:
            return Answer(0.0, error="never connected", wants_no_retry=True)
        began = self.world.monotonic()
        envelope: Json = {
            "envelope_id": self.world.numbers.id("env-"),
            "type": kind,
            "accepts_response_payload": kind in _TAKES_PAYLOAD,
            "payload": payload,
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": reason}
        acknowledged: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = acknowledged
        try:
            async with asyncio.timeout(self.ack_seconds):
                await self._send(envelope)
                body = await acknowledged
        except TimeoutError:
            return Answer(self.world.monotonic() - began, error="timeout")
        except ConnectionError:
            return Answer(self.world.monotonic() - began, error="connection")
        finally:
            del self._waiting[envelope["envelope_id"]]
        return Answer(self.world.monotonic() - began, payload=body)

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask every connection to come anew, and close the old ones when new ones are there."""
        old = list(self.connections)
        self._leaving |= set(map(id, old))
        wanted = self.hellos + len(old)
        for socket in old:
            await socket.send_json({"type": "disconnect", "reason": reason})
        await self.world.until(lambda: self.hellos >= wanted, what="the bot connected anew")
        for socket in old:
            await socket.close()

    async def drop(self) -> None:
        """Tear all connections down without a word."""
        for socket in list(self.connections):
            self._leaving.add(id(socket))
            await socket.close(code=1011)

    async def _send(self, envelope: Json) -> None:
        await self.world.until(lambda: bool(self._open()), what="the bot is connected")
        for _ in range(2 if self.doubles > 0 else 1):
            self._turn += 1
            ready = self._open()
            await ready[self._turn % len(ready)].send_json(envelope)
        self.doubles = max(0, self.doubles - 1)

    def _open(self) -> list[web.WebSocketResponse]:
        return [
            each for each in self.connections if not each.closed and id(each) not in self._leaving
        ]

    def _acknowledge(self, message: Json) -> None:
        waiting = self._waiting.get(message.get("envelope_id", ""))
        if waiting is not None and not waiting.done():
            waiting.set_result(message.get("payload") or {})
