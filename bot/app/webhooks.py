"""Incoming webhooks: channels to post to from a cron job or a CI workflow, without a bot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import aiohttp

from bot.config import Secret, Settings
from bot.ports import Messenger, Renderer

SLACK: Final = "slack-webhook"
DISCORD: Final = "discord-webhook"
WEBHOOKS: Final = (SLACK, DISCORD)

Webhook = tuple[Renderer, Messenger]

_CALL_SECONDS: Final = 25.0  # below what delivery gives a call


@asynccontextmanager
async def open_webhooks(settings: Settings) -> AsyncIterator[Mapping[str, Webhook]]:
    """The webhooks whose addresses are set, by the name that stands in `Destination.platform`.

    A platform's renderer is imported only when it is wanted.
    """
    slack, discord = settings.slack.webhook_url, settings.discord.webhook_url
    if slack is None and discord is None:
        yield {}
        return
    timeout = aiohttp.ClientTimeout(total=_CALL_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session:
        webhooks: dict[str, Webhook] = {}
        if slack is not None:
            webhooks[SLACK] = _slack(slack, session)
        if discord is not None:
            webhooks[DISCORD] = _discord(discord, session)
        yield webhooks


def _slack(url: Secret, session: aiohttp.ClientSession) -> Webhook:
    from adapters.slack.render import SlackRenderer  # noqa: PLC0415 - loaded only when wanted
    from adapters.slack.webhook import SlackWebhookMessenger  # noqa: PLC0415 - likewise

    messenger = SlackWebhookMessenger(url.reveal(), session=lambda: session)
    return SlackRenderer(for_webhook=True), messenger


def _discord(url: Secret, session: aiohttp.ClientSession) -> Webhook:
    from adapters.discord.render import DiscordRenderer  # noqa: PLC0415 - loaded only when wanted
    from adapters.discord.webhook import DiscordWebhookMessenger  # noqa: PLC0415 - likewise

    messenger = DiscordWebhookMessenger(url.reveal(), session=lambda: session)
    return DiscordRenderer(for_webhook=True), messenger
