"""A small app of the real slack-bolt, with which the fake Slack is tried out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store import FileInstallationStore
from slack_sdk.oauth.state_store import FileOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack import SlackServer


def client_of(slack: SlackServer, *, token: str | None = None, team: str = "T1") -> AsyncWebClient:
    """The real client with a workspace's token, without retries of its own."""
    return AsyncWebClient(
        token=slack.bot_token(team) if token is None else token,
        base_url=slack.api_url,
        retry_handlers=[],
    )


def single_app(slack: SlackServer) -> AsyncApp:
    """An app for one workspace."""
    return AsyncApp(
        client=client_of(slack), signing_secret=slack.signing_secret, logger=_quiet_logger()
    )


def installable_app(slack: SlackServer, folder: str) -> AsyncApp:
    """An app that any workspace may install; it keeps its tokens in files."""
    return AsyncApp(
        client=AsyncWebClient(base_url=slack.api_url, retry_handlers=[]),
        signing_secret=slack.signing_secret,
        logger=_quiet_logger(),
        oauth_settings=AsyncOAuthSettings(
            client_id=slack.client_id,
            client_secret=slack.client_secret,
            scopes=["chat:write", "commands", "app_mentions:read"],
            installation_store=FileInstallationStore(base_dir=folder, client_id=slack.client_id),
            state_store=FileOAuthStateStore(expiration_seconds=60, base_dir=folder),
        ),
    )


@asynccontextmanager
async def by_socket(slack: SlackServer, app: AsyncApp) -> AsyncIterator[None]:
    """The app connected in Socket Mode."""
    handler = AsyncSocketModeHandler(app, slack.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await slack.until(lambda: slack.connections == 1, what="the app is connected")
    try:
        yield
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


@asynccontextmanager
async def by_http(slack: SlackServer, app: AsyncApp) -> AsyncIterator[str]:
    """The app behind an address of its own, to which Slack delivers; gives the address."""
    runner = web.AppRunner(app.web_app(path="/slack/events"), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    address = f"http://{host}:{port}"
    slack.deliver_to(address)
    try:
        yield address
    finally:
        await runner.cleanup()


class Gate:
    """Lets a listener wait until the test says so."""

    def __init__(self) -> None:
        self._open = asyncio.Event()

    async def wait(self) -> None:
        """Wait for `open`."""
        await self._open.wait()

    def open(self) -> None:
        """Let everybody through."""
        self._open.set()


def plain(text: str) -> dict[str, Any]:
    """A text object."""
    return {"type": "plain_text", "text": text}


def button(action_id: str, value: str) -> dict[str, Any]:
    """A block with one button."""
    return {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": action_id, "value": value, "text": plain("Press")}
        ],
    }


def form(callback_id: str, *, private_metadata: str = "") -> dict[str, Any]:
    """A modal with one field, `words` in the block `b`."""
    return {
        "type": "modal",
        "callback_id": callback_id,
        "private_metadata": private_metadata,
        "title": plain("Subscribe"),
        "submit": plain("Save"),
        "blocks": [
            {
                "type": "input",
                "block_id": "b",
                "label": plain("Words"),
                "element": {"type": "plain_text_input", "action_id": "words"},
            }
        ],
    }


def _quiet_logger() -> logging.Logger:
    logger = logging.getLogger("tests.fakes.bolt_app")
    logger.setLevel(logging.CRITICAL)
    return logger
