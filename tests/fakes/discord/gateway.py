"""Discord's gateway: sessions, heartbeats, events numbered and kept for RESUME, zlib-stream."""

from __future__ import annotations

import asyncio
import json
import secrets
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.discord.shapes import Guild
from tests.fakes.discord.state import World, without_content

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, RESUME, RECONNECT = 0, 1, 2, 3, 6, 7
REQUEST_MEMBERS, INVALID_SESSION, HELLO, ACK = 8, 9, 10, 11
MESSAGE_CONTENT = 1 << 15
_PRIVILEGED = 1 << 1 | 1 << 8 | MESSAGE_CONTENT
_ALL_INTENTS = (1 << 26) - 1
_KEPT_EVENTS = 2_000
_ACK_SECONDS = 0.01
_FRAMES_A_MINUTE = 120
# Which intent an event needs: in a guild, and in direct messages.
_INTENTS = {
    "MESSAGE_CREATE": (1 << 9, 1 << 12),
    "MESSAGE_UPDATE": (1 << 9, 1 << 12),
    "MESSAGE_DELETE": (1 << 9, 1 << 12),
    "MESSAGE_REACTION_ADD": (1 << 10, 1 << 13),
    "MESSAGE_REACTION_REMOVE": (1 << 10, 1 << 13),
    "INTERACTION_CREATE": (0, 0),
}
_GUILDS = 1 << 0


@dataclass(slots=True, eq=False)
class Session:
    """What a client identified as, and the events it may have missed."""

    id: str
    intents: int
    shard: tuple[int, int]
    sequence: int = 0
    kept: list[tuple[int, str]] = field(default_factory=list)
    line: Line | None = None  # its connection, while there is one


@dataclass(slots=True, eq=False)
class Line:
    """One connection, compressed if its client asked for it."""

    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    zlib: Any = None
    _outgoing: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)

    def send(self, op: int, data: Any = None) -> None:
        """Queue a frame that is no event."""
        self.send_text(json.dumps({"op": op, "d": data, "s": None, "t": None}))

    def send_text(self, text: str) -> None:
        """Queue a frame."""
        self._outgoing.put_nowait(text)

    def end(self) -> None:
        """Write nothing more after what is queued."""
        self._outgoing.put_nowait(None)

    async def write(self) -> None:
        """Send what is queued, in order, until the end."""
        while (text := await self._outgoing.get()) is not None:
            try:
                if self.zlib is None:
                    await self.socket.send_str(text)
                else:
                    packed = self.zlib.compress(text.encode())
                    packed += self.zlib.flush(zlib.Z_SYNC_FLUSH)
                    await self.socket.send_bytes(packed)
            except ConnectionError:
                return


@dataclass(slots=True)
class Gateway:
    """All sessions; `heard` tells of what clients send."""

    world: World
    token: str
    heartbeat_seconds: float = 41.25
    allowed_privileged: int = 0  # privileged intents granted in the developer portal
    identify_every_seconds: float = 0.0
    url: str = ""
    sessions: dict[str, Session] = field(default_factory=dict)
    identified: int = 0
    resumed: int = 0
    heartbeats: int = 0
    compressed: int = 0  # connections
    refusing: bool = False
    _lines: set[Line] = field(default_factory=set)
    _identified_at: float = float("-inf")

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Speak with one client until it goes."""
        if self.refusing:
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse(max_msg_size=4096, compress=False)
        await socket.prepare(request)
        packer = None
        if request.query.get("compress") == "zlib-stream":
            packer = zlib.compressobj()
            self.compressed += 1
        line = Line(socket, request.transport, packer)
        self._lines.add(line)
        writing = asyncio.create_task(line.write())
        line.send(
            HELLO, {"heartbeat_interval": int(self.heartbeat_seconds * 1000), "_trace": ["fake"]}
        )
        try:
            await self._listen(line)
        finally:
            self._lines.discard(line)
            for session in self.sessions.values():
                if session.line is line:
                    session.line = None
            line.end()
            await writing
        return socket

    async def _listen(self, line: Line) -> None:
        heard_at: deque[float] = deque(maxlen=_FRAMES_A_MINUTE)
        silence = self.heartbeat_seconds * 2 + 1
        while True:
            try:
                frame = await line.socket.receive(timeout=silence)
            except TimeoutError:
                await line.socket.close(code=4009, message=b"Session timed out.")
                return
            if frame.type is not WSMsgType.TEXT:
                return
            now = asyncio.get_running_loop().time()
            if len(heard_at) == _FRAMES_A_MINUTE and now < heard_at[0] + 60:
                await line.socket.close(code=4008, message=b"You are being rate limited.")
                return
            heard_at.append(now)
            said = json.loads(frame.data)
            if (code := self._hear(line, said)) is not None:
                await line.socket.close(code=code)
                return

    def _hear(self, line: Line, said: Mapping[str, Any]) -> int | None:
        """Answer a frame; the code to close with, if any."""
        op, data = said["op"], said.get("d")
        if op == HEARTBEAT:
            self.heartbeats += 1
            # Sooner than any network brings it, discord.py would take its answer for an old one's.
            asyncio.get_running_loop().call_later(_ACK_SECONDS, line.send, ACK)
            return None
        if op == IDENTIFY:
            return self._identify(line, data)
        if op == RESUME:
            return self._resume(line, data)
        if not any(each.line is line for each in self.sessions.values()):
            return 4003
        if op == REQUEST_MEMBERS:
            self._send_members(line, data)
            return None
        return None if op in (PRESENCE, 4) else 4001

    def _identify(self, line: Line, data: Any) -> int | None:
        if data["token"] != self.token:
            return 4004
        number, count = data.get("shard", (0, 1))
        if not 0 <= number < count:
            return 4010
        intents = data.get("intents")
        if not isinstance(intents, int) or intents & ~_ALL_INTENTS:
            return 4013
        if intents & _PRIVILEGED & ~self.allowed_privileged:
            return 4014
        now = asyncio.get_running_loop().time()
        if now < self._identified_at + self.identify_every_seconds:
            line.send(INVALID_SESSION, data=False)
            return None
        self._identified_at = now
        self.identified += 1
        session = Session(secrets.token_hex(16), intents, (number, count), line=line)
        self.sessions[session.id] = session
        self._welcome(session)
        return None

    def _welcome(self, session: Session) -> None:
        guilds = [each for each in self.world.guilds.values() if self._is_of(session, each)]
        me = {**self.world.me.json(), "verified": True, "mfa_enabled": True, "email": None}
        ready = {
            "v": 10,
            "user": me,
            "guilds": [{"id": str(each.id), "unavailable": True} for each in guilds],
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "shard": list(session.shard),
            "application": {"id": str(self.world.me.id), "flags": 0},
            "private_channels": [],
            "_trace": ["fake"],
        }
        self._tell(session, "READY", ready)
        for guild in guilds:
            self._tell(session, "GUILD_CREATE", guild.gateway_json(self.world.me))

    def _is_of(self, session: Session, guild: Guild) -> bool:
        number, count = session.shard
        return guild.id not in self.world.absent and (guild.id >> 22) % count == number

    def _resume(self, line: Line, data: Any) -> int | None:
        session = self.sessions.get(data["session_id"])
        if data["token"] != self.token:
            return 4004
        if session is None:
            line.send(INVALID_SESSION, data=False)
            return None
        if data["seq"] is None or data["seq"] > session.sequence:
            return 4007
        session.line = line
        self.resumed += 1
        for number, text in session.kept:
            if number > data["seq"]:
                line.send_text(text)
        self._tell(session, "RESUMED", {"_trace": ["fake"]})
        return None

    def _send_members(self, line: Line, data: Any) -> None:
        guild = self.world.guilds[int(data["guild_id"])]
        wanted = {int(each) for each in data.get("user_ids") or ()}
        found = [each for each in guild.members.values() if each.user.id in wanted]
        chunk = {
            "guild_id": str(guild.id),
            "members": [each.json() for each in found],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [str(each) for each in wanted - {m.user.id for m in found}],
            "nonce": data.get("nonce"),
        }
        for session in self.sessions.values():
            if session.line is line:
                self._tell(session, "GUILD_MEMBERS_CHUNK", chunk)

    # --- telling ---------------------------------------------------------------------------

    def emit(self, event: str, data: dict[str, Any], guild: Guild | None) -> None:
        """Tell every session that an event concerns."""
        for session in list(self.sessions.values()):
            if guild is None:
                number, _ = session.shard
                concerned = number == 0
            else:
                concerned = self._is_of(session, guild) or self._is_leaving(session, event, guild)
            if concerned and self._wants(session, event, data, guild):
                self._tell(session, event, self._as_seen(session, event, data))

    def _is_leaving(self, session: Session, event: str, guild: Guild) -> bool:
        number, count = session.shard
        is_outside = event in ("GUILD_DELETE", "INTERACTION_CREATE")
        return is_outside and (guild.id >> 22) % count == number

    def _wants(
        self, session: Session, event: str, data: Mapping[str, Any], guild: Guild | None
    ) -> bool:
        in_guild, in_direct = _INTENTS.get(event, (_GUILDS, 0))
        needed = in_direct if guild is None else in_guild
        if needed and not session.intents & needed:
            return False
        channel = self.world.channels.get(int(data.get("channel_id") or 0))
        is_hidden = (
            event.startswith("MESSAGE")
            and channel is not None
            and guild is not None
            and not self.world.allowed(channel, self.world.me)
        )
        return not is_hidden

    def _as_seen(self, session: Session, event: str, data: dict[str, Any]) -> dict[str, Any]:
        is_message = event in ("MESSAGE_CREATE", "MESSAGE_UPDATE")
        if not is_message or session.intents & MESSAGE_CONTENT or self.world.may_read(data):
            return data
        return without_content(data)

    def _tell(self, session: Session, event: str, data: Any) -> None:
        session.sequence += 1
        text = json.dumps({"op": DISPATCH, "t": event, "s": session.sequence, "d": data})
        session.kept.append((session.sequence, text))
        del session.kept[:-_KEPT_EVENTS]
        if session.line is not None:
            session.line.send_text(text)

    # --- mishaps ---------------------------------------------------------------------------

    @property
    def connected(self) -> list[Session]:
        """Sessions that have a connection."""
        return [each for each in self.sessions.values() if each.line is not None]

    def _each_line(self, act: Callable[[Line], None], shard: int | None) -> None:
        for session in self.connected:
            if shard is None or session.shard[0] == shard:
                assert session.line is not None
                act(session.line)

    def cut(self, *, shard: int | None = None) -> None:
        """Cut the connections without a word; clients may RESUME."""

        for session in self.connected:
            if shard is None or session.shard[0] == shard:
                line, session.line = session.line, None
                if line is not None and line.transport is not None:
                    line.transport.abort()

    def ask_to_reconnect(self, *, shard: int | None = None) -> None:
        """Send RECONNECT (op 7)."""
        self._each_line(lambda line: line.send(RECONNECT), shard)

    def invalidate(self, *, shard: int | None = None, resumable: bool = False) -> None:
        """Send INVALID_SESSION (op 9); unless resumable, the session is forgotten."""
        for session in self.connected:
            if shard is None or session.shard[0] == shard:
                assert session.line is not None
                session.line.send(INVALID_SESSION, resumable)
                if not resumable:
                    del self.sessions[session.id]

    def forget_sessions(self) -> None:
        """Forget those without a connection: their RESUME will be refused."""
        kept = {each.id: each for each in self.connected}
        self.sessions = kept

    async def close(self) -> None:
        """Close every connection."""
        for line in list(self._lines):
            await line.socket.close(code=1001)
