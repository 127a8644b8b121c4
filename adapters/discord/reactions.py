"""Thumbs by reaction: 👍 and 👎 on a message of ours that shows one paper."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final
from weakref import WeakValueDictionary

import discord

from adapters.discord.answering import Answering
from adapters.discord.papers import paper_of_buttons
from adapters.discord.places import destination_of, home_id
from bot.domain.commands import Actor, Thumb
from bot.domain.thumbs import Vote

log = logging.getLogger(__name__)

_VOTES: Final = {"👍": Vote.UP, "👎": Vote.DOWN}
_SKIN_TONES: Final = dict.fromkeys(range(0x1F3FB, 0x1F400))


def vote_of(emoji: str) -> Vote | None:
    """The vote of a thumb in any skin tone; None for anything else."""
    return _VOTES.get(emoji.translate(_SKIN_TONES))


class Reactions:
    """Turns reactions into thumbs, those of one message in the order in which they came."""

    def __init__(self, client: discord.Client, answering: Answering, *, language: str) -> None:
        self._client = client
        self._answering = answering
        self._language = language
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    def concerns_us(self, payload: discord.RawReactionActionEvent) -> bool:
        """Whether this may be a thumb on one of our messages: most reactions are not."""
        ours = self._client.user.id if self._client.user else None
        is_known_stranger = payload.message_author_id not in (None, ours)
        return (
            vote_of(payload.emoji.name) is not None
            and payload.user_id != ours
            and not is_known_stranger
        )

    async def changed(self, payload: discord.RawReactionActionEvent) -> None:
        """Note what a reaction, added or taken away, says of a paper."""
        turn = self._turns.setdefault(payload.message_id, asyncio.Lock())
        async with turn:
            try:
                await self._change(payload)
            except discord.HTTPException as error:
                # Deleted meanwhile, or out of sight: nobody waits for an answer.
                log.info("discord.reaction_not_read", extra={"status": error.status})

    async def _change(self, payload: discord.RawReactionActionEvent) -> None:
        channel: Any = self._client.get_channel(payload.channel_id)
        if channel is None:
            channel = await self._client.fetch_channel(payload.channel_id)
        if not _is_readable(channel):
            return
        message = await channel.fetch_message(payload.message_id)
        papers = paper_of_buttons(message)
        if self._client.user is None or message.author.id != self._client.user.id:
            return
        if len(papers) != 1:
            return
        vote = vote_of(payload.emoji.name)
        if payload.event_type == "REACTION_REMOVE":
            vote = await self._other_vote(message, vote, payload.user_id)
        actor = Actor(
            user_id=str(payload.user_id),
            destination=destination_of(payload.guild_id, home_id(channel, payload.channel_id)),
            may_manage=False,
            language=self._language,
        )
        await self._answering.quietly(actor, Thumb(papers[0], vote))

    async def _other_vote(
        self, message: discord.Message, taken_back: Vote | None, user_id: int
    ) -> Vote | None:
        """The thumb that somebody still has on a message, having taken the other one away."""
        before_them = discord.Object(user_id - 1)
        for reaction in message.reactions:
            vote = vote_of(str(reaction.emoji))
            if vote is None or vote is taken_back:
                continue
            async for user in reaction.users(limit=1, after=before_them):
                if user.id == user_id:
                    return vote
        return None


def _is_readable(channel: Any) -> bool:
    """Whether Discord lets us look at old messages there: what it refuses it counts."""
    guild = getattr(channel, "guild", None)
    if guild is None:
        return True
    permissions = channel.permissions_for(guild.me)
    return bool(permissions.view_channel and permissions.read_message_history)
