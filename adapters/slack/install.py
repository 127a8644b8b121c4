"""Installing by OAuth: `/slack/install` leads to Slack, `/slack/oauth_redirect` comes back."""

from __future__ import annotations

import html
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.oauth.async_callback_options import (
    AsyncCallbackOptions,
    AsyncFailureArgs,
    AsyncSuccessArgs,
)
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.sqlalchemy_utils import normalize_datetime_for_db
from slack_sdk.oauth.state_store.sqlalchemy import AsyncSQLAlchemyOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.slack.installations import EncryptedInstallationStore
from adapters.slack.manifest import INSTALL_PATH, REDIRECT_PATH, SCOPES
from adapters.slack.vendor import vendor_log

log = logging.getLogger(__name__)

_STATE_LIVES_SECONDS: Final = 600
_REASONS: Final = {
    "access_denied": "Slack says that you did not agree. Nothing was installed.",
    "invalid_browser": "Begin and end in the same browser, with cookies on.",
    "invalid_state": "This link was used already, or it is older than ten minutes.",
}

Installed = Callable[[str], Awaitable[None]]  # a team's ID


class Installing:
    """The two pages. `installed` is told of each workspace that has just come, or come back."""

    def __init__(
        self,
        *,
        client: AsyncWebClient,
        client_id: str,
        client_secret: str,
        store: EncryptedInstallationStore,
        engine: AsyncEngine,
        public_url: str | None,
        command: str,
        installed: Installed,
    ) -> None:
        self._command = command
        self._installed = installed
        redirect = f"{public_url.rstrip('/')}{REDIRECT_PATH}" if public_url else None
        # Its warnings carry the codes of OAuth, so it says nothing; we do, in `_failed`.
        silent = vendor_log("slack_oauth", logging.CRITICAL)
        settings = AsyncOAuthSettings(
            client_id=client_id,
            client_secret=client_secret,
            scopes=sorted(SCOPES),
            user_scopes=[],
            redirect_uri=redirect,
            install_path=INSTALL_PATH,
            redirect_uri_path=REDIRECT_PATH,
            callback_options=AsyncCallbackOptions(success=self._succeeded, failure=self._failed),
            installation_store=store,
            installation_store_bot_only=True,
            state_store=_States(
                expiration_seconds=_STATE_LIVES_SECONDS, engine=engine, logger=silent
            ),
            state_expiration_seconds=_STATE_LIVES_SECONDS,
            logger=silent,
        )
        self._flow = AsyncOAuthFlow(client=client, settings=settings, logger=silent)

    def routes(self) -> list[web.RouteDef]:
        """The pages' addresses."""
        return [
            web.get(INSTALL_PATH, self._begin),
            web.get(REDIRECT_PATH, self._end),
        ]

    async def _begin(self, request: web.Request) -> web.Response:
        answer = await self._flow.handle_installation(await to_bolt_request(request))
        return await to_aiohttp_response(answer)

    async def _end(self, request: web.Request) -> web.Response:
        answer = await self._flow.handle_callback(await to_bolt_request(request))
        return await to_aiohttp_response(answer)

    async def _succeeded(self, args: AsyncSuccessArgs) -> BoltResponse:
        installation = args.installation
        await self._installed(installation.team_id or "")
        name = installation.team_name or "your workspace"
        return _page(
            f"Papercourier is in {name}",
            f"In Slack, invite it to a channel with /invite @Papercourier, then type "
            f"{self._command} subscribe there.",
        )

    async def _failed(self, args: AsyncFailureArgs) -> BoltResponse:
        log.warning("slack.install_failed", extra={"reason": args.reason})
        reason = _REASONS.get(args.reason, "Slack did not confirm it.")
        return _page(
            "Papercourier was not installed",
            f"{reason} Begin again at {INSTALL_PATH}.",
            status=args.suggested_status_code,
        )


class _States(AsyncSQLAlchemyOAuthStateStore):
    """slack_sdk's store, which would keep the states of installations nobody finished for ever."""

    async def async_issue(self, *args: Any, **kwargs: Any) -> str:
        """A new state; those that have expired go."""
        now = normalize_datetime_for_db(datetime.now(UTC))
        async with self.engine.begin() as connection:
            await connection.execute(
                sa.delete(self.oauth_states).where(self.oauth_states.c.expire_at < now)
            )
        return await super().async_issue(*args, **kwargs)


def _page(title: str, text: str, *, status: int = 200) -> BoltResponse:
    body = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(title)}</title>"
        '<body style="font:1.1em/1.5 system-ui;max-width:32em;margin:4em auto;padding:0 1em">'
        f"<h1>{html.escape(title)}</h1><p>{html.escape(text)}</p></body></html>"
    )
    return BoltResponse(
        status=status, body=body, headers={"Content-Type": "text/html; charset=utf-8"}
    )
