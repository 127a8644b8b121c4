"""The Web API over HTTP: arguments, tokens, rates, faults on request, then the method."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.slack import app_methods, chat_methods, conversation_methods, view_methods
from tests.fakes.slack.context import Context
from tests.fakes.slack.state import Json, Refusal, Workspace
from tests.fakes.slack.world import Call, World

METHODS = {
    **app_methods.METHODS,
    **chat_methods.METHODS,
    **conversation_methods.METHODS,
    **view_methods.METHODS,
}
# Codes that tell of a fault in what was sent, not of the state of a channel or a token.
_OUR_FAULTS = frozenset(
    {
        "cannot_parse_attachment",
        "invalid_arguments",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_limit",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "metadata_too_large",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "unknown_method",
        "view_too_large",
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """How one call goes wrong."""

    error: str | None = None
    status: int = 200
    retry_after: float | None = None
    cut: bool = False  # it is done, and the connection ends before the answer


@dataclass(slots=True)
class WebApi:
    """Answers calls; `faults` come first, those of "*" for any method; None lets a call pass."""

    world: World
    latency_seconds: float = 0.0
    faults: dict[str, list[Fault | None]] = field(default_factory=dict)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The HTTP route `/api/{method}`."""
        method = request.match_info["method"]
        call = Call(method, await _arguments(request), None, self.world.monotonic())
        self.world.calls.append(call)
        fault = self._fault(method)
        try:
            if fault is not None and not fault.cut:
                return self._broken(call, fault)
            return await self._answered(call, request, fault)
        except asyncio.CancelledError:
            call.error = call.error or "cut"
            raise
        finally:
            self.world.touch()

    async def _answered(
        self, call: Call, request: web.Request, fault: Fault | None
    ) -> web.StreamResponse:
        workspace: Workspace | None = None
        status, headers = 200, {}
        try:
            workspace = self._workspace(_token(call.arguments, request), call.method)
            call.team = workspace.id if workspace else None
            if wait := self.world.rates.wait(call.team or "", call.method):
                raise Refusal("ratelimited", retry_after=wait)  # noqa: TRY301 - one way out
            call.answer = {"ok": True, **self._done(call, workspace, request)}
        except Refusal as refusal:
            call.error = refusal.code
            extra = dict(refusal.extra)
            if (wait := extra.pop("retry_after", None)) is not None:
                status, headers = 429, {"Retry-After": str(wait)}
            call.answer = {"ok": False, "error": refusal.code, **extra}
            if details := [each for each in refusal.details if each]:
                call.answer["response_metadata"] = {"messages": details}
            if refusal.code in _OUR_FAULTS:
                said = " ".join(refusal.details)
                self.world.violations.append(f"{call.method}: {refusal.code} {said}".strip())
        if workspace is not None:
            headers["x-oauth-scopes"] = ",".join(sorted(workspace.scopes))
        if fault is not None:
            call.error = "cut"
            return _cut(request)
        if self.latency_seconds:
            await asyncio.sleep(self.latency_seconds)
        return web.json_response(call.answer, status=status, headers=headers)

    def _done(self, call: Call, workspace: Workspace | None, request: web.Request) -> Json:
        if call.method == "apps.connections.open":
            return app_methods.open_connection(self.world, _token(call.arguments, request))
        if call.method == "oauth.v2.access":
            return app_methods.exchange_code(self.world, call.arguments, _basic(request))
        assert workspace is not None
        method = METHODS.get(call.method)
        if method is None:
            raise Refusal("unknown_method")
        return method(Context(self.world, workspace, call.arguments))

    def _workspace(self, token: str | None, method: str) -> Workspace | None:
        if method in ("apps.connections.open", "oauth.v2.access"):
            return None
        if token is None:
            raise Refusal("not_authed")
        if token == self.world.app_token:
            raise Refusal("not_allowed_token_type")
        for workspace in self.world.workspaces.values():
            if workspace.token == token:
                if workspace.token_error:
                    raise Refusal(workspace.token_error)
                if not workspace.is_installed:
                    raise Refusal("invalid_auth")
                return workspace
        raise Refusal("invalid_auth")

    def _fault(self, method: str) -> Fault | None:
        for name in (method, "*"):
            if self.faults.get(name):
                return self.faults[name].pop(0)
        return None

    def _broken(self, call: Call, fault: Fault) -> web.Response:
        call.error = fault.error or f"HTTP {fault.status}"
        headers = {}
        if fault.retry_after is not None:
            headers["Retry-After"] = f"{fault.retry_after:g}"
        if fault.status >= 500:
            return web.Response(status=fault.status, text="upstream error", headers=headers)
        answer = {"ok": False, "error": fault.error or "fatal_error"}
        return web.json_response(answer, status=fault.status, headers=headers)


def _cut(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def _arguments(request: web.Request) -> Json:
    arguments: Json = dict(request.query)
    kind = request.content_type
    if kind == "application/json":
        given = await request.json()
        if isinstance(given, dict):
            arguments |= given
    elif kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        arguments |= dict(await request.post())
    return {name: _value(name, value) for name, value in arguments.items() if value is not None}


_JSON_ARGUMENTS = frozenset({"attachments", "blocks", "files", "metadata", "unfurls", "view"})


def _value(name: str, value: Any) -> Any:
    """Forms carry their structured arguments as JSON; what is none stays as it is."""
    if name in _JSON_ARGUMENTS and isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _token(arguments: Json, request: web.Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Bearer":
        return token
    return str(arguments["token"]) if "token" in arguments else None


def _basic(request: web.Request) -> tuple[str, str] | None:
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Basic":
        return None
    try:
        name, _, password = base64.b64decode(rest).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name, password
