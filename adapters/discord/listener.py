"""Everything that happens on Discord, and who sees to it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from typing import Any, Final

import discord

from adapters.discord.actions import Press
from adapters.discord.answering import Answering
from adapters.discord.buttons import command_of_press
from adapters.discord.forms import FilterForm, Form, command_of_form, fields_of, filled_with
from adapters.discord.gateway import Connection
from adapters.discord.mentions import command_of_text, paper_replied_to, text_for_us
from adapters.discord.options import DOCUMENT, command_of, wants_form
from adapters.discord.papers import papers_linked_in
from adapters.discord.places import place_of_interaction
from adapters.discord.reactions import Reactions
from adapters.discord.standing import Standing
from bot.domain.commands import Command, Import, Summarize
from bot.domain.subscriptions import Subscription
from bot.errors import PapercourierError, TransientError, UserError
from bot.ports import UnitOfWorkFactory
from bot.services.background_work import Work

log = logging.getLogger(__name__)

_MOST_BYTES: Final = 1_000_000  # of a file to import
_FORM_SECONDS: Final = 1.5  # to read what a form is filled with; Discord waits three for the form


class Listener:
    """Turns what people do into commands, and what happens to us into what we may do."""

    def __init__(
        self,
        *,
        answering: Answering,
        connection: Connection,
        reactions: Reactions,
        standing: Standing,
        open_unit: UnitOfWorkFactory,
        work: Work,
        news: Work,
    ) -> None:
        self._answering = answering
        self._connection = connection
        self._reactions = reactions
        self._standing = standing
        self._open_unit = open_unit
        self._work = work  # for people: bounded, for each asks something of a model or arXiv
        self._ready_shards: set[int] = set()
        self._news = news  # of what happens to us: none of it may be missed

    # --- what people do --------------------------------------------------------------------

    async def called(
        self, interaction: discord.Interaction[Any], verb: str, given: Mapping[str, Any]
    ) -> None:
        """Somebody used the slash command."""
        try:
            if wants_form(verb, given):
                await self._open_form(interaction, verb, given.get("number"))
            elif DOCUMENT in given:
                file = given[DOCUMENT]
                command = Import("")
                await self._answering.interaction(
                    interaction, command, prepare=lambda: _imported(file)
                )
            else:
                await self._answering.interaction(interaction, command_of(verb, given))
        except PapercourierError as error:
            await self._answering.refuse(interaction, error)

    async def pressed(self, interaction: discord.Interaction[Any], press: Press) -> None:
        """Somebody pressed a button of ours."""
        await self._answering.interaction(interaction, command_of_press(press))

    async def chosen(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        """Somebody asked for the summary of whatever a message links to."""
        papers = papers_linked_in(message)
        if not papers:
            error = UserError("This message has no link to an arXiv paper.")
            await self._answering.refuse(interaction, error)
            return
        await self._answering.interaction(interaction, Summarize(papers[0]))

    async def sent_form(self, interaction: discord.Interaction[Any]) -> None:
        """Somebody sent a form; one that is not ours is left alone."""
        data: Mapping[str, Any] = interaction.data or {}
        form = Form.read(str(data.get("custom_id", "")))
        if form is None:
            return
        try:
            command = command_of_form(form, fields_of(data.get("components", ())))
        except UserError as error:
            await self._answering.refuse(interaction, error)
        else:
            await self._answering.interaction(interaction, command)

    async def wrote(self, message: discord.Message, our_id: int) -> None:
        """Somebody wrote a message that we can see."""
        if message.author.bot or (text := text_for_us(message, our_id)) is None:
            return
        command: Command | UserError
        try:
            command = command_of_text(text, paper_replied_to(message))
        except UserError as error:
            command = error
        self._start(self._answering.message(message, command), f"message {message.id}")

    async def reacted(self, payload: discord.RawReactionActionEvent) -> None:
        """Somebody added or took away a reaction."""
        if self._reactions.concerns_us(payload):
            self._start(self._reactions.changed(payload), f"reaction on {payload.message_id}")

    # --- what happens to us ----------------------------------------------------------------

    def hears(self, shard_id: int) -> bool:
        """Whether a shard knows its servers, so that what is told of one is news."""
        return shard_id in self._ready_shards

    async def shard_heard(self, shard_id: int) -> None:
        """A shard's session has begun."""
        self._connection.shard_heard(shard_id)

    async def shard_ready(self, shard_id: int) -> None:
        """A shard knows its servers; what happened to us before that nobody tells."""
        self._ready_shards.add(shard_id)
        log.info("discord.shard_ready", extra={"shard": shard_id})
        self._note(self._standing.shard_ready(shard_id), f"looking at shard {shard_id}")

    async def shard_resumed(self, shard_id: int) -> None:
        """A shard goes on with its session: what happened meanwhile is told by and by."""
        self._connection.shard_heard(shard_id)
        self._ready_shards.add(shard_id)
        log.info("discord.shard_resumed", extra={"shard": shard_id})

    async def shard_lost(self, shard_id: int) -> None:
        """A shard's connection broke."""
        self._connection.shard_lost(shard_id)
        self._ready_shards.discard(shard_id)
        log.warning("discord.shard_lost", extra={"shard": shard_id})

    async def guild_joined(self, guild_id: int) -> None:
        """A server has invited us."""
        self._note(self._standing.guild_joined(guild_id), f"joining {guild_id}")

    async def guild_left(self, guild_id: int) -> None:
        """A server has thrown us out."""
        self._note(self._standing.guild_left(guild_id), f"leaving {guild_id}")

    async def guild_changed(self, guild_id: int) -> None:
        """Channels, roles or our part in them changed, or an outage is over."""
        self._note(self._standing.guild_changed(guild_id), f"looking at {guild_id}")

    async def thread_opened(self, guild_id: int, channel_id: int) -> None:
        """A thread is open, perhaps again."""
        self._note(self._standing.thread_opened(guild_id, channel_id), f"thread in {channel_id}")

    # --- forms -----------------------------------------------------------------------------

    async def _open_form(
        self, interaction: discord.Interaction[Any], verb: str, number: int | None
    ) -> None:
        form, filled = Form(verb), dict[str, str]()
        if verb == "edit":
            subscription = await self._subscription(interaction, number)
            form = Form(verb, subscription.number)
            filled = filled_with(subscription)
        await interaction.response.send_modal(FilterForm(form, filled))

    async def _subscription(
        self, interaction: discord.Interaction[Any], number: int | None
    ) -> Subscription:
        destination = place_of_interaction(interaction).destination
        try:
            async with asyncio.timeout(_FORM_SECONDS), self._open_unit() as unit:
                here = await unit.subscriptions.of_destination(destination)
        except TimeoutError as error:
            raise TransientError("I am very busy just now: try again in a minute.") from error
        wanted = [each for each in here if number in (None, each.number)]
        if not here:
            raise UserError("This channel has no subscription yet: `/arxiv subscribe` starts one.")
        if not wanted:
            raise UserError(f"There is no subscription {number} here: `/arxiv list` shows them.")
        if len(wanted) > 1:
            raise UserError("Say which subscription to edit: fill in `number`.")
        return wanted[0]

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        try:
            self._work.start(work, name=f"discord {name}")
        except TransientError as error:
            log.warning("discord.dropped", extra={"what": name, "reason": str(error)})

    def _note(self, news: Coroutine[Any, Any, None], name: str) -> None:
        self._news.start(news, name=f"discord {name}")


async def _imported(file: discord.Attachment) -> Command:
    """The command to import what is in a file. Raises UserError, TransientError."""
    if file.size > _MOST_BYTES:
        raise UserError("This file is too large to be an export of Papercourier.")
    try:
        content = await file.read()
    except discord.HTTPException as error:
        raise TransientError("Discord did not hand me the file: send it once more.") from error
    try:
        return command_of("import", {DOCUMENT: content.decode("utf-8-sig")})
    except UnicodeDecodeError as error:
        raise UserError("This file is no text: attach the file that export gave you.") from error
