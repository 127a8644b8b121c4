"""The HTTP side: tokens, rate limits, faults, validation, then the route itself."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.discord.buckets import RateLimits, Ruling
from tests.fakes.discord.calls import Call, Handler, Routes
from tests.fakes.discord.contract import Violation, contract
from tests.fakes.discord.faults import Mishap, Mishaps
from tests.fakes.discord.refusals import RefusedError
from tests.fakes.discord.state import World

_PREFIX = re.compile(r"^/api(/v10)?(?=/)")
_MAJOR = ("channel_id", "guild_id", "webhook_id", "webhook_token")
# Routes that show no token of the bot, and do not count against its ceiling.
_OPEN = re.compile(r"^\w+ (/webhooks/\{webhook_id\}/\{webhook_token\}|/interactions/|/gateway$)")
_BANNED_AFTER = 10_000  # answers of 401, 403 and 429 in ten minutes
_BAN_SECONDS = 600.0


@dataclass(slots=True)
class RestApi:
    """Takes every request to /api."""

    world: World
    token: str
    routes: Routes
    rates: RateLimits
    mishaps: Mishaps = field(default_factory=Mishaps)
    calls: list[Call] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    earned_429: int = 0
    latency_seconds: float = 0.0
    refused_at: list[float] = field(default_factory=list)  # answers of 401, 403 and 429

    def add_to(self, app: web.Application) -> None:
        """Bring the routes into an application, with and without the version."""
        for route, handler in self.routes.items():
            method, path = route.split(" ", 1)
            for prefix in ("/api/v10", "/api"):
                app.router.add_route(method, prefix + path, self._answering(route, handler))
        app.router.add_route("*", "/api/{rest:.*}", self._answering("", None))

    def _answering(self, route: str, handler: Handler | None) -> Any:
        async def answer(request: web.Request) -> web.StreamResponse:
            return await self._answer(request, route, handler)

        return answer

    async def _answer(
        self, request: web.Request, route: str, handler: Handler | None
    ) -> web.StreamResponse:
        path = _PREFIX.sub("", request.path)
        name = route or f"{request.method} {path}"
        call = Call(
            name,
            dict(request.match_info),
            dict(request.query),
            None,
            asyncio.get_running_loop().time(),
        )
        self.calls.append(call)
        await _read_body(request, call)
        response = await self._response(request, path, call, handler)
        call.status = response.status
        if response.status in (401, 403, 429):
            self.refused_at.append(call.at)
        return response

    async def _response(
        self, request: web.Request, path: str, call: Call, handler: Handler | None
    ) -> web.StreamResponse:
        if self._is_banned(call.at):
            return web.Response(text="error code: 1015", status=429)
        is_open = bool(_OPEN.match(call.route))
        if not is_open and request.headers.get("Authorization") != f"Bot {self.token}":
            return _json(401, {"message": "401: Unauthorized", "code": 0}, {})
        mishap = self.mishaps.next_of(call.route)
        if mishap is not None and not (mishap.is_done or mishap.cut == "after"):
            return _of_mishap(mishap, request)
        major = "+".join(call.params.get(each, "") for each in _MAJOR)
        ruling = self.rates.take(
            call.route, major, now=call.at, wall=self.world.now(), is_exempt=is_open
        )
        if ruling.wait > 0:
            self.earned_429 += 1
            call.wait = ruling.wait
            return _throttled(ruling)
        self._validate(request, path, call)
        response = _handled(call, handler, ruling.headers)
        if self.latency_seconds:
            await asyncio.sleep(self.latency_seconds)
        return response if mishap is None else _of_mishap(mishap, request)

    def _is_banned(self, now: float) -> bool:
        recent = self.refused_at[-_BANNED_AFTER:]
        return len(recent) == _BANNED_AFTER and now < recent[0] + _BAN_SECONDS

    def _validate(self, request: web.Request, path: str, call: Call) -> None:
        if (file := contract()) is None:
            return
        self.violations += file.violations(
            request.method, path, query=call.query, body=call.json, has_body=call.has_body
        )


async def _read_body(request: web.Request, call: Call) -> None:
    if request.content_type == "multipart/form-data":
        form = await request.post()
        call.files = [name for name in form if name.startswith("files[")]
        sent = [each for each in form.values() if isinstance(each, web.FileField)]
        call.contents = {each.filename: each.file.read() for each in sent}
        text = form.get("payload_json")
        call.json, call.has_body = json.loads(str(text)) if text else {}, True
        return
    text = await request.text()
    call.has_body = bool(text)
    call.json = json.loads(text) if text else None


def _handled(call: Call, handler: Handler | None, headers: Mapping[str, str]) -> web.Response:
    if handler is None:
        return _json(404, {"message": "404: Not Found", "code": 0}, headers)
    try:
        body = handler(call)
    except RefusedError as error:
        return _json(error.http_status, error.body(), headers)
    if body is None:
        return web.Response(status=204, headers=dict(headers))
    return _json(200, body, headers)


def _json(status: int, body: Any, headers: Mapping[str, str]) -> web.Response:
    # Discord says no charset, and the library takes nothing else for JSON.
    return web.Response(
        status=status,
        body=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Via": "1.1 google", **headers},
    )


def _throttled(ruling: Ruling) -> web.Response:
    scope = "global" if ruling.is_global else "user"
    body = {
        "message": "You are being rate limited.",
        "retry_after": round(ruling.wait, 3),
        "global": ruling.is_global,
        "code": 0,
    }
    headers = {
        **ruling.headers,
        "Retry-After": f"{max(1.0, ruling.wait):.0f}",
        "X-RateLimit-Scope": scope,
    }
    return _json(429, body, headers)


def _of_mishap(mishap: Mishap, request: web.Request) -> web.StreamResponse:
    if mishap.cut:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=499)
    if mishap.status == 429:
        return _throttled(Ruling(mishap.retry_after, mishap.is_global, {}))
    if mishap.code:
        error = RefusedError(mishap.code, status=mishap.status)
        return _json(error.http_status, error.body(), {})
    if mishap.status >= 500:
        return web.Response(text="upstream connect error", status=mishap.status)
    body = {"message": f"{mishap.status}: Refused", "code": 0}
    return _json(mishap.status, body, {})
