"""Slack joins the service: its tokens, our database, the desk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from adapters.database.engine import Database
from adapters.slack.app import Core, Slack, SlackTokens, check_tokens, open_slack_client
from adapters.slack.keys import open_keys
from adapters.slack.places import PLATFORM
from adapters.web.health import Check
from adapters.web.server import WebServer
from bot.app.core import App, Platform
from bot.config import Settings
from bot.config_values import Secret
from bot.ports import Clock, Telemetry


class SlackChat:
    """A `Chat`."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack

    @property
    def platforms(self) -> Mapping[str, Platform]:
        """Slack, as delivery sees it."""
        messenger = self._slack.messenger
        return {PLATFORM: Platform(self._slack.renderer, messenger, teller=messenger)}

    @asynccontextmanager
    async def listening(self, bot: App, web: WebServer) -> AsyncIterator[Check]:
        """Answer people through the desk while it is open."""
        core = Core(
            desk=bot.desk,
            delivery=bot.delivery,
            refusals=bot.refusals,
            open_unit=bot.database.unit_of_work,
        )
        async with self._slack.listening(core) as (routes, heard):
            web.add_routes(routes)
            yield heard


@asynccontextmanager
async def open_slack(
    settings: Settings, *, database: Database, clock: Clock, telemetry: Telemetry
) -> AsyncIterator[SlackChat]:
    """Slack, ready to send. Raises UserError for a configuration that cannot work."""
    del telemetry
    tokens = slack_tokens(settings)
    check_tokens(tokens)
    async with open_slack_client(
        tokens,
        engine=database.engine,
        seen=database.seen,
        keys=open_keys(_revealed(settings.slack.encryption_key), home=settings.home),
        clock=clock,
        command_name=settings.command_name,
        language=settings.language,
        public_url=settings.web.public_url,
    ) as client:
        yield SlackChat(client)


def slack_tokens(settings: Settings) -> SlackTokens:
    """What the environment gave us of Slack's, whether it is enough or not."""
    slack = settings.slack
    return SlackTokens(
        api_url=slack.api_url,
        bot_token=_revealed(slack.bot_token),
        app_token=_revealed(slack.app_token),
        signing_secret=_revealed(slack.signing_secret),
        client_id=slack.client_id,
        client_secret=_revealed(slack.client_secret),
    )


def _revealed(secret: Secret | None) -> str | None:
    return secret.reveal() if secret is not None else None
