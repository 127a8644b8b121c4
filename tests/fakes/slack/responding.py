"""Addresses Slack hands out: response_url, incoming webhooks, uploads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.fakes.slack import limits
from tests.fakes.slack.state import Json, Message, Refusal, Workspace
from tests.fakes.slack.world import Call, Interaction, ResponseUrl, World


@dataclass(slots=True)
class Responding:
    """The routes `/response/{id}`, `/services/{team}/{channel}/{secret}` and `/upload/{id}`."""

    world: World

    async def respond(self, request: web.Request) -> web.Response:
        """One use of a response_url."""
        name = request.match_info["id"]
        call = Call("response_url", await request.json(), None, self.world.monotonic())
        self.world.calls.append(call)
        url = self.world.response_urls.get(name)
        if url is None:
            return _refused(call, "invalid_url", 404)
        if self.world.monotonic() > url.until:
            return _refused(call, "expired_url", 404)
        if url.uses_left <= 0:
            return _refused(call, "used_url", 404)
        call.team = url.interaction.team
        try:
            self._use(url, call.arguments)
        except Refusal as refusal:
            self.world.violations.append(f"response_url: {refusal} {' '.join(refusal.details)}")
            return _refused(call, refusal.code, 500 if refusal.code == "no_text" else 400)
        url.uses_left -= 1
        self.world.touch()
        return web.json_response({"ok": True})

    def _use(self, url: ResponseUrl, given: Json) -> None:
        original = url.interaction.message
        if given.get("delete_original") in (True, "true"):
            if original is not None:
                original.is_deleted = True
            return
        limits.check_message(given)
        if given.get("replace_original") in (True, "true") and original is not None:
            original.text, original.blocks = given.get("text", ""), given.get("blocks") or []
            original.edited_ts = self.world.numbers.ts()
            return
        url.interaction.responses.append(show(self.world, url.interaction, given))

    async def webhook(self, request: web.Request) -> web.Response:
        """An incoming webhook: text answers, as the real one gives them."""
        team, name = request.match_info["team"], request.match_info["channel"]
        given = await _json(request)
        call = Call("webhook", given or {}, team, self.world.monotonic())
        self.world.calls.append(call)
        workspace = self.world.workspaces.get(team)
        is_known = request.match_info["secret"] == "fake"  # noqa: S105 - of a fake
        if not is_known or workspace is None:
            return _said(call, "no_service", 404)
        if given is None:
            return _said(call, "invalid_payload", 400)
        try:
            self._post(workspace, name, given)
        except Refusal as refusal:
            return self._refused_webhook(call, refusal)
        return web.Response(text="ok")

    def _post(self, workspace: Workspace, name: str, given: Json) -> None:
        channel = workspace.channels.get(name)
        if not workspace.is_installed or channel is None or channel.is_deleted:
            raise Refusal("channel_not_found", status=404)
        if channel.is_archived:
            raise Refusal("channel_is_archived", status=410)
        if wait := self.world.rates.channel_wait(workspace.id, name):
            raise Refusal("rate_limited", status=429, retry_after=wait)
        limits.check_message(given)
        self.world.post(
            channel,
            user=workspace.bot_user,
            bot_id=workspace.bot_id,
            text=given.get("text", ""),
            blocks=given.get("blocks") or [],
            arguments=given,
        )

    def _refused_webhook(self, call: Call, refusal: Refusal) -> web.Response:
        status = refusal.extra.get("status")
        if status is None:
            self.world.violations.append(f"webhook: {refusal} {' '.join(refusal.details)}")
        answer = _said(call, refusal.code, status or 400)
        if "retry_after" in refusal.extra:
            answer.headers["Retry-After"] = str(refusal.extra["retry_after"])
        return answer

    async def upload(self, request: web.Request) -> web.Response:
        """The content of a file."""
        upload = self.world.uploads.get(request.match_info["id"])
        if upload is None:
            return web.Response(status=404, text="not found")
        content = await request.read()
        if len(content) != upload.length:
            return web.Response(status=400, text="length does not fit")
        upload.content = content
        return web.Response(text=f"OK - {len(content)}")


def show(world: World, interaction: Interaction, given: Json) -> Message:
    """A message that an interaction was answered with: to its user alone unless it says."""
    workspace = world.workspaces[interaction.team]
    home = interaction.channel or workspace.direct(interaction.user).id
    is_open = given.get("response_type") == "in_channel"
    return world.post(
        workspace.channels[home],
        user=workspace.bot_user,
        bot_id=workspace.bot_id,
        text=given.get("text", ""),
        blocks=[{"block_id": world.numbers.id("b"), **each} for each in given.get("blocks") or []],
        metadata=given.get("metadata"),
        thread_ts=given.get("thread_ts"),
        only_for=None if is_open else interaction.user,
        arguments=given,
    )


async def _json(request: web.Request) -> Json | None:
    try:
        given: Any = await request.json()
    except ValueError:
        return None
    return given if isinstance(given, dict) else None


def _refused(call: Call, code: str, status: int) -> web.Response:
    call.error = code
    return web.json_response({"ok": False, "error": code}, status=status)


def _said(call: Call, code: str, status: int) -> web.Response:
    call.error = code
    return web.Response(status=status, text=code)
