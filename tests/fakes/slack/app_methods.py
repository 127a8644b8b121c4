"""auth.*, apps.*, oauth.* and files.*: the app itself, and what it hands over."""

from __future__ import annotations

from collections.abc import Callable

from tests.fakes.slack.context import Context
from tests.fakes.slack.state import APP_ID, Json, Refusal
from tests.fakes.slack.world import Upload, World


def _test(call: Context) -> Json:
    workspace = call.workspace
    return {
        "url": f"https://{workspace.domain}.slack.com/",
        "team": workspace.name,
        "user": "papercourier",
        "team_id": workspace.id,
        "user_id": workspace.bot_user,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
    }


def _revoke(call: Context) -> Json:
    if not call.flag("test"):
        call.workspace.token_error = "token_revoked"  # noqa: S105 - a word, no token
    return {"revoked": not call.flag("test")}


def _upload_url(call: Context) -> Json:
    call.may("files:write")
    length = call.number("length", default=0, most=1_000_000_000)
    name = call.world.numbers.id("F")
    call.world.uploads[name] = Upload(call.workspace.id, call.need("filename"), length)
    return {"upload_url": f"{call.world.url}/upload/{name}", "file_id": name}


def _complete(call: Context) -> Json:
    call.may("files:write")
    files = call.arguments.get("files")
    if not isinstance(files, list) or not files:
        raise Refusal("invalid_arguments", "[ERROR] files")
    uploads = [call.world.uploads.get(str(each.get("id"))) for each in files]
    for upload in uploads:
        if upload is None or upload.team != call.workspace.id or upload.content is None:
            raise Refusal("file_not_found")
        upload.is_complete = True
    shown = [
        {"id": each["id"], "name": upload.name, "title": each.get("title", upload.name)}
        for each, upload in zip(files, uploads, strict=True)
        if upload is not None
    ]
    if call.arguments.get("channel_id"):
        there = {**call.arguments, "channel": call.arguments["channel_id"]}
        channel = Context(call.world, call.workspace, there).channel_to_post()
        call.world.post(
            channel,
            user=call.workspace.bot_user,
            bot_id=call.workspace.bot_id,
            text=call.arguments.get("initial_comment") or "",
            thread_ts=call.arguments.get("thread_ts"),
            attachments=[{"file": each} for each in shown],
            arguments=call.arguments,
        )
    return {"files": shown}


METHODS: dict[str, Callable[[Context], Json]] = {
    "auth.revoke": _revoke,
    "auth.test": _test,
    "files.completeUploadExternal": _complete,
    "files.getUploadURLExternal": _upload_url,
}


def open_connection(world: World, token: str | None) -> Json:
    """apps.connections.open, the one method for an app's token. Raises Refusal."""
    if token != world.app_token:
        is_other = token is not None and token.startswith("xoxb-")
        raise Refusal("not_allowed_token_type" if is_other else "invalid_auth")
    return {"url": world.new_ticket()}


def exchange_code(world: World, arguments: Json, secret: tuple[str, str] | None) -> Json:
    """oauth.v2.access: a code for a token; `secret` are the client's ID and secret.

    Raises Refusal.
    """
    client, password = secret or (arguments.get("client_id"), arguments.get("client_secret"))
    if client != world.client_id:
        raise Refusal("invalid_client_id")
    if password != world.client_secret:
        raise Refusal("bad_client_secret")
    code = str(arguments.get("code"))
    if code in world.used_codes:
        raise Refusal("code_already_used")
    if code not in world.codes:
        raise Refusal("invalid_code")
    team, redirect = world.codes[code]
    if arguments.get("redirect_uri", redirect) != redirect:
        raise Refusal("bad_redirect_uri")
    world.used_codes.add(code)
    workspace = world.workspaces[team]
    workspace.is_installed, workspace.token_error = True, None
    workspace.token = f"xoxb-{team}-{world.numbers.id('')}"
    workspace.scopes = world.scopes
    world.touch()
    return {
        "access_token": workspace.token,
        "token_type": "bot",
        "scope": ",".join(sorted(workspace.scopes)),
        "bot_user_id": workspace.bot_user,
        "app_id": APP_ID,
        "team": {"id": workspace.id, "name": workspace.name},
        "enterprise": None,
        "is_enterprise_install": False,
        "authed_user": {"id": min(workspace.people)},
    }
