"""How Slack reaches us: by a websocket we open, or by signed requests to our web server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.errors import slack_errors
from adapters.slack.manifest import EVENTS_PATH
from adapters.slack.signing import is_from_slack
from adapters.slack.vendor import is_direct, vendor_log
from bot.errors import PermanentError, TransientError, UserError
from bot.ports import Clock

log = logging.getLogger(__name__)

Heard = Callable[[], Awaitable[None]]  # returns while Slack reaches us, else raises why not

_PING_SECONDS: Final = 10.0


@asynccontextmanager
async def socket_mode(app: AsyncApp, client: AsyncWebClient, *, token: str) -> AsyncIterator[Heard]:
    """Keep a websocket open while it lasts. Raises UserError where the app's token is refused."""
    handler = AsyncSocketModeHandler(
        app, token, logger=vendor_log(), web_client=client, ping_interval=_PING_SECONDS
    )
    socket = handler.client
    if is_direct(client.base_url):
        socket.proxy = None
    connecting: asyncio.Task[None] | None = None
    try:
        try:
            with slack_errors():
                answer = await client.apps_connections_open(app_token=token)
            socket.wss_uri = answer["url"]
        except PermanentError as error:
            raise UserError(
                "Slack refuses SLACK_APP_TOKEN: make an app-level token (xapp-…) with the scope "
                "connections:write, and switch Socket Mode on."
            ) from error
        except TransientError as error:
            log.warning("slack.not_reached", extra={"reason": str(error)})
        # It goes on trying by itself: the bot starts although Slack is down.
        connecting = asyncio.create_task(_connect(handler), name="slack socket")

        async def heard() -> None:
            if not await socket.is_connected():
                raise TransientError("There is no connection to Slack: it is tried again.")

        yield heard
    finally:
        if connecting is not None:
            connecting.cancel()
            await asyncio.wait([connecting])
        await handler.close_async()  # type: ignore[no-untyped-call]  # bolt leaves it untyped


async def _connect(handler: AsyncSocketModeHandler) -> None:
    await handler.connect_async()  # type: ignore[no-untyped-call]  # bolt leaves it untyped


class HttpDoor:
    """The route that Slack's signed requests come to."""

    def __init__(self, app: AsyncApp, *, signing_secret: str, clock: Clock) -> None:
        self._app = app
        self._signing_secret = signing_secret
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """The one address for commands, interactions and events."""
        return [web.post(EVENTS_PATH, self._take)]

    async def _take(self, request: web.Request) -> web.Response:
        try:
            body = await request.text()
        except (UnicodeDecodeError, LookupError):
            return web.Response(status=400)
        if not is_from_slack(
            self._signing_secret,
            body=body,
            headers=request.headers,
            now=self._clock.now().timestamp(),
        ):
            # Forged, or replayed; what stands in it is nobody's business.
            log.warning("slack.request_refused", extra={"from": request.remote or ""})
            return web.Response(status=401, text="This request does not come from Slack.")
        answer = await self._app.async_dispatch(await to_bolt_request(request))
        return await to_aiohttp_response(answer)
