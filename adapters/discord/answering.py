"""From whatever somebody did on Discord to the desk, and the reply back to them.

First Discord gets its acknowledgement, for which it waits three seconds; then the work begins.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Final

import discord
from discord.http import HTTPClient

from adapters.discord import limits
from adapters.discord.calls import Calls
from adapters.discord.errors import discord_errors
from adapters.discord.markdown import our_text
from adapters.discord.places import (
    Place,
    actor_of_interaction,
    actor_of_message,
    place_of_interaction,
    place_of_message,
)
from adapters.discord.rights import check_posting
from adapters.discord.voice import InteractionVoice, reply_to
from bot.domain import commands as ask
from bot.domain.commands import Actor, Audience, Command, Reply
from bot.domain.verbs import as_typed
from bot.errors import PapercourierError, TransientError, UserError
from bot.ports import Renderer
from bot.services.background_work import Work
from bot.services.delivery import DeliveryService
from bot.services.desk import Desk

log = logging.getLogger(__name__)

# Everybody sees what these change, so their answers are deferred in the open.
_SHARED: Final = (
    ask.Subscribe,
    ask.Unsubscribe,
    ask.Edit,
    ask.Pause,
    ask.Resume,
    ask.Forget,
    ask.Import,
)
# After these something is posted, now or some day.
_POSTING: Final = (ask.Subscribe, ask.Resume, ask.Import, ask.Now)
_NEEDS_US: Final = (*_SHARED, ask.Now, ask.Settings)

Prepare = Callable[[], Awaitable[Command]]


class Answering:
    """Answers interactions and messages through the desk."""

    def __init__(
        self,
        *,
        desk: Desk,
        delivery: DeliveryService,
        renderer: Renderer,
        http: HTTPClient,
        calls: Calls,
        work: Work,
        command: str,
        language: str,
    ) -> None:
        self._desk = desk
        self._delivery = delivery
        self._renderer = renderer
        self._http = http
        self._calls = calls
        self._work = work
        self._command = command  # what is typed before a verb: "/arxiv"
        self._language = language

    async def interaction(
        self,
        interaction: discord.Interaction[Any],
        command: Command,
        *,
        prepare: Prepare | None = None,
    ) -> None:
        """Acknowledge, then answer `command`; `prepare` finishes it where that takes a while."""
        place = place_of_interaction(interaction)
        is_private = not place.is_direct and not _is_shared(command)
        if self._work.is_full:
            await self.refuse(interaction, TransientError("Too much is asked of me: try later."))
            return
        await interaction.response.defer(ephemeral=is_private, thinking=True)
        voice = InteractionVoice(
            interaction, self._http, self._calls, is_private=is_private, can_post=place.is_ours
        )
        actor = actor_of_interaction(interaction, place, language=self._language)
        self._work.start(
            self._finish(voice, place, actor, command, prepare),
            name=f"discord interaction {interaction.id}",
        )

    async def message(self, message: discord.Message, command: Command | UserError) -> None:
        """Answer a message that mentions us, in reply to it, where we may write."""
        place = place_of_message(message)
        actor = actor_of_message(message, place, language=self._language)
        try:
            with discord_errors():
                reply = await self._reply_to(message, place, actor, command)
            await reply_to(message, self._calls, self._renderer.reply(reply), reply.attachment)
        except PapercourierError as error:
            log.info("discord.message_not_answered", extra={"reason": str(error)})

    async def _reply_to(
        self, message: discord.Message, place: Place, actor: Actor, command: Command | UserError
    ) -> Reply:
        if isinstance(command, UserError):
            return Reply(str(command), is_error=True)
        async with message.channel.typing():
            reply = await self._reply(place, actor, command, None)
        if reply.attachment and not _may_attach(place):
            return Reply("I may not attach files here: use `export` as a command.", is_error=True)
        return reply

    async def quietly(self, actor: Actor, command: Command) -> None:
        """Do what a reaction asks; whoever reacted sees the reaction, and that is answer enough."""
        try:
            await self._desk.answer(command, actor)
        except PapercourierError as error:
            log.info("discord.reaction_not_counted", extra={"reason": str(error)})

    async def refuse(self, interaction: discord.Interaction[Any], error: PapercourierError) -> None:
        """Say at once, and to them alone, what is wrong."""
        sentence = our_text(as_typed(str(error), prefix=self._command), is_content=True)
        await interaction.response.send_message(
            next(limits.pack([sentence], limits.CONTENT)),
            ephemeral=True,
            allowed_mentions=discord.AllowedMentions.none(),
        )

    async def _finish(
        self,
        voice: InteractionVoice,
        place: Place,
        actor: Actor,
        command: Command,
        prepare: Prepare | None,
    ) -> None:
        reply = await self._reply(place, actor, command, prepare)
        is_private = reply.audience is Audience.PERSON and not place.is_direct
        await voice.say(
            self._renderer.reply(reply), is_private=is_private, attachment=reply.attachment
        )

    async def _reply(
        self, place: Place, actor: Actor, command: Command, prepare: Prepare | None
    ) -> Reply:
        try:
            if prepare is not None:
                command = await prepare()
            _check_place(place, command)
            reply = await self._desk.answer(command, actor)
        except PapercourierError as error:
            return Reply(str(error), is_error=True)
        except Exception as error:  # noqa: BLE001 - whoever asked gets an answer whatever happens
            return unexpected(error, what=type(command).__name__)
        if isinstance(command, _POSTING):
            self._delivery.wake()
        return reply


def unexpected(error: BaseException | None, *, what: str) -> Reply:
    """What to say of an error that nobody foresaw; the log tells the rest under its reference."""
    reference = uuid.uuid4().hex[:8]
    log.error("discord.failed", extra={"reference": reference, "what": what}, exc_info=error)
    return Reply(
        f"Something went wrong that should not: tell whoever runs me the reference {reference}.",
        is_error=True,
    )


def _may_attach(place: Place) -> bool:
    return place.our_permissions is None or place.our_permissions.attach_files


def _is_shared(command: Command) -> bool:
    if isinstance(command, ask.Settings):
        return not command.changes.is_empty
    return isinstance(command, _SHARED)


def _check_place(place: Place, command: Command) -> None:
    """Raises UserError where digests could never arrive."""
    if isinstance(command, _NEEDS_US) and not place.is_ours:
        raise UserError(
            "I am not a member here, so I cannot post: have me invited to this server first, or "
            "write to me directly."
        )
    if isinstance(command, _POSTING) and place.our_permissions is not None:
        check_posting(place.our_permissions, is_forum=place.is_forum)
