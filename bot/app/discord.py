"""Discord, wired: the client that hears, the messenger that sends, the desk that answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from adapters.database.engine import Database
from adapters.discord.answering import Answering
from adapters.discord.autocomplete import Suggestions
from adapters.discord.buttons import paper_button
from adapters.discord.ceiling import Ceiling
from adapters.discord.client import DiscordClient
from adapters.discord.commands import context_menu, root_command
from adapters.discord.gateway import Connection, IdentifyTurns, point_at
from adapters.discord.listener import Listener
from adapters.discord.messenger import DiscordMessenger
from adapters.discord.places import PLATFORM
from adapters.discord.reactions import Reactions
from adapters.discord.render import DiscordRenderer
from adapters.discord.standing import Standing
from adapters.discord.sync import keep_commands_registered
from adapters.web.health import Check
from adapters.web.server import WebServer
from bot.app.core import App, Platform, discord_share
from bot.config import Settings
from bot.config_settings import DiscordSettings
from bot.errors import UserError
from bot.ports import Clock, Telemetry
from bot.services.background_work import Work

_LOGIN_SECONDS = 2.0  # of the three a start may take; Discord answers in half of one


class DiscordChat:
    """A `Chat`."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock,
        client: DiscordClient,
        connection: Connection,
        platform: Platform,
        messenger: DiscordMessenger,
        work: Work,
        news: Work,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._client = client
        self._connection = connection
        self._platform = platform
        self._messenger = messenger
        self._work = work
        self._news = news

    @property
    def platforms(self) -> Mapping[str, Platform]:
        """Discord's channels."""
        return {PLATFORM: self._platform}

    @asynccontextmanager
    async def listening(self, bot: App, web: WebServer) -> AsyncIterator[Check]:
        """Answer people through the desk."""
        del web
        listener = self._listener(bot)
        suggestions = Suggestions(open_unit=bot.database.unit_of_work, clock=self._clock)
        tree = self._client.tree
        tree.add_command(
            root_command(
                self._settings.command_name, called=listener.called, suggest=suggestions.suggest
            )
        )
        tree.add_command(context_menu(listener.chosen))
        self._client.add_dynamic_items(paper_button(listener.pressed))
        self._client.listener = listener
        self._connection.listen()
        try:
            yield self._connection.check
        finally:
            # Nothing new is heard from here on; what was begun may be answered.
            self._client.listener = None
            await self._work.close()
            await self._news.close()

    def _listener(self, bot: App) -> Listener:
        language = self._settings.language
        answering = Answering(
            desk=bot.desk,
            delivery=bot.delivery,
            renderer=self._platform.renderer,
            http=self._client.http,
            calls=self._messenger.calls,
            work=self._work,
            command=f"/{self._settings.command_name}",
            language=language,
        )
        return Listener(
            answering=answering,
            connection=self._connection,
            reactions=Reactions(self._client, answering, language=language),
            standing=Standing(
                self._client,
                refusals=bot.refusals,
                open_unit=bot.database.unit_of_work,
            ),
            open_unit=bot.database.unit_of_work,
            work=self._work,
            news=self._news,
        )


@asynccontextmanager
async def open_discord(
    settings: Settings, *, database: Database, clock: Clock, telemetry: Telemetry
) -> AsyncIterator[DiscordChat]:
    """Discord, ready to send; it is heard once there is a desk.

    Waits for Discord's answer to the token, but not for the gateway, and not for long. Raises
    UserError for a token that is refused, and for shards that cannot be.
    """
    del database, telemetry
    discord = settings.discord
    if discord.token is None:
        raise UserError("Set DISCORD_TOKEN to the bot's token.")
    check_shards(discord)
    point_at(discord.api_url)
    work, news = Work(most=200), Work(most=None)
    share = discord_share(settings)
    per_second = settings.delivery.discord_per_second * (share.part if share else 1)
    client = DiscordClient(
        turns=IdentifyTurns(clock),
        ceiling=Ceiling(per_second, clock=clock),
        shard_ids=discord.shard_ids,
        shard_count=discord.shard_count,
    )
    command = f"/{settings.command_name}"
    messenger = DiscordMessenger(
        client.http,
        command=command,
    )
    connection = Connection(
        client,
        discord.token.reveal(),
        api_url=discord.api_url,
        clock=clock,
        logged_in=partial(_register, client, news, clock, settings.home),
    )
    running = asyncio.create_task(connection.run(), name="discord connection")
    try:
        await connection.first_answer(within=_LOGIN_SECONDS)
        yield DiscordChat(
            settings,
            clock=clock,
            client=client,
            connection=connection,
            platform=Platform(DiscordRenderer(command=command), messenger, teller=messenger),
            messenger=messenger,
            work=work,
            news=news,
        )
    finally:
        running.cancel()
        await asyncio.wait([running])


def _register(client: DiscordClient, news: Work, clock: Clock, home: Path) -> None:
    news.start(keep_commands_registered(client.tree, home, clock=clock), name="discord commands")


def check_shards(settings: DiscordSettings) -> None:
    """Raises UserError where the shards named are not among those there are."""
    if settings.shard_ids is None:
        return
    if settings.shard_count is None:
        raise UserError(
            "DISCORD_SHARD_IDS says which shards are this process's: say in DISCORD_SHARD_COUNT "
            "how many there are."
        )
    if beyond := [each for each in settings.shard_ids if each >= settings.shard_count]:
        raise UserError(
            f"DISCORD_SHARD_IDS names shard {beyond[0]}, but with DISCORD_SHARD_COUNT="
            f"{settings.shard_count} they go from 0 to {settings.shard_count - 1}."
        )
