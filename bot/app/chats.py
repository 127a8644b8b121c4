"""The chat platforms people talk to us on, opened where their tokens are set."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Protocol

from adapters.database.engine import Database
from adapters.web.health import Check
from adapters.web.server import WebServer
from bot.app.core import App, Platform
from bot.config import Settings
from bot.ports import Clock, Telemetry


class Chat(Protocol):
    """One chat platform: it can send before there is a desk, and listens once there is one."""

    @property
    def platforms(self) -> Mapping[str, Platform]:
        """What it brings to delivery, by the name that stands in `Destination.platform`."""
        ...

    def listening(self, bot: App, web: WebServer) -> AbstractAsyncContextManager[Check]:
        """Answer people through `bot.desk` while it is open; `web` may get routes.

        Gives the check that says whether the platform is heard.
        """
        ...


@asynccontextmanager
async def open_chats(
    settings: Settings, *, database: Database, clock: Clock, telemetry: Telemetry
) -> AsyncIterator[tuple[Chat, ...]]:
    """The platforms whose tokens are set, ready to send.

    A platform's library is imported only here and only when it is wanted: both together take
    longer to load than the rest of the bot to start.
    """
    async with AsyncExitStack() as stack:
        chats: list[Chat] = []
        if settings.discord.token is not None:
            from bot.app.discord import open_discord  # noqa: PLC0415 - loaded only when wanted

            chats.append(
                await stack.enter_async_context(
                    open_discord(settings, database=database, clock=clock, telemetry=telemetry)
                )
            )
        if is_slack_wanted(settings):
            from bot.app.slack import open_slack  # noqa: PLC0415 - likewise

            chats.append(
                await stack.enter_async_context(
                    open_slack(settings, database=database, clock=clock, telemetry=telemetry)
                )
            )
        yield tuple(chats)


def is_slack_wanted(settings: Settings) -> bool:
    """Whether anything is set that only Slack has a use for."""
    slack = settings.slack
    named = (slack.bot_token, slack.app_token, slack.signing_secret, slack.client_secret)
    return slack.client_id is not None or any(each is not None for each in named)
