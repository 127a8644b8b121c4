"""Delivery to Discord: channels, threads under digests, posts in forums, direct messages."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from discord.http import HTTPClient

from adapters.discord import errors, limits
from adapters.discord.calls import Calls
from adapters.discord.errors import discord_code
from adapters.discord.history import CLOCKS_APART, is_same, nonce_of, snowflake_at
from adapters.discord.markdown import our_text
from adapters.discord.payload import SUPPRESS_EMBEDS, Payload, plain_body, read_payload
from bot.domain.outbox import MessageRef, OutboxMessage
from bot.domain.subscriptions import Destination
from bot.domain.verbs import as_typed
from bot.errors import PermanentError

log = logging.getLogger(__name__)

_DIRECT_MESSAGES: Final = "@me"  # the workspace of direct messages
_ARCHIVE_MINUTES: Final = 4_320  # of silence, after which a digest's thread leaves the list
_PAGE: Final = 100  # messages of a channel's history in one call
_PAGES: Final = 10  # looked through for one message; in a channel livelier than that, we repeat
_FORM_REFUSED: Final = (errors.INVALID_FORM, errors.TOO_LARGE, errors.EMPTY_MESSAGE)
_FORUMS: Final = (15, 16)  # types of channels: forum, media

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Order:
    """A stored message, read."""

    message: OutboxMessage
    payload: Payload
    nonce: str

    @classmethod
    def of(cls, message: OutboxMessage) -> _Order:
        return cls(message, read_payload(message.payload), nonce_of(message.key))

    @property
    def channel_id(self) -> str:
        return self.message.destination.channel_id

    @property
    def body(self) -> dict[str, Any]:
        return {**self.payload.body, "nonce": self.nonce, "enforce_nonce": True}


class DiscordMessenger:
    """Posts what the renderer made.

    What kind of place a channel is shows when it is first written to, and is remembered: a forum
    gets each digest as a post, and where there are no threads the papers follow in the channel.
    """

    def __init__(self, http: HTTPClient, *, command: str = "") -> None:
        self._command = command  # what people type before a verb: "/arxiv"
        self.calls = Calls(http)
        self._forums: set[str] = set()
        self._without_threads: set[str] = set()
        self._own_id = ""

    # --- sending -----------------------------------------------------------------------------

    async def send(self, message: OutboxMessage) -> MessageRef:
        """Post `message`. Raises TransientError or PermanentError."""
        order = _Order.of(message)
        parent = message.parent_ref
        if parent is None:
            return await self._send_first(order)
        if parent.thread_id is not None:  # a forum's post
            return await self._post(order, parent.thread_id)
        if self._wants_thread(order):
            return await self._send_into_thread(order, parent)
        return await self._post(order, order.channel_id)

    async def _send_first(self, order: _Order) -> MessageRef:
        if order.channel_id in self._forums:
            return await self._send_as_forum_post(order)
        try:
            return await self._post(order, order.channel_id)
        except PermanentError as error:
            if discord_code(error) != errors.NO_TEXT_CHANNEL:
                raise
        self._forums.add(order.channel_id)
        return await self._send_as_forum_post(order)

    async def _send_into_thread(self, order: _Order, parent: MessageRef) -> MessageRef:
        """A thread has the ID of the message that it stands under."""
        thread_id = parent.message_id
        if order.message.position > 1:
            try:
                return await self._post(order, thread_id)
            except PermanentError as error:
                # Nobody has started it, or somebody deleted it.
                if discord_code(error) != errors.UNKNOWN_CHANNEL:
                    raise
        if await self._start_thread(order, parent):
            return await self._post(order, thread_id)
        return await self._post(order, order.channel_id)

    async def _start_thread(self, order: _Order, parent: MessageRef) -> bool:
        """Whether there is one now; False where the channel knows no threads."""
        try:
            await self.calls.request(
                "POST",
                "/channels/{channel_id}/messages/{message_id}/threads",
                channel_id=parent.channel_id,
                message_id=parent.message_id,
                json={
                    "name": order.payload.thread_name,
                    "auto_archive_duration": _ARCHIVE_MINUTES,
                },
            )
        except PermanentError as error:
            if discord_code(error) == errors.NO_THREADS_HERE:
                self._without_threads.add(order.channel_id)
                return False
            if discord_code(error) != errors.THREAD_EXISTS:
                raise
        return True

    async def _post(self, order: _Order, channel_id: str) -> MessageRef:
        body = order.body
        try:
            return await self._post_body(order, body, channel_id)
        except PermanentError as error:
            code = discord_code(error)
            if code == errors.THREAD_ARCHIVED:
                await self._open_again(channel_id)
            elif code in _FORM_REFUSED:
                body = self._plain(order, code)
            else:
                raise
        return await self._post_body(order, body, channel_id)

    async def _post_body(self, order: _Order, body: Json, channel_id: str) -> MessageRef:
        made = await self.calls.request(
            "POST", "/channels/{channel_id}/messages", channel_id=channel_id, json=body
        )
        return self._ref(order, channel_id, str(made["id"]))

    async def _open_again(self, thread_id: str) -> None:
        await self.calls.request(
            "PATCH", "/channels/{channel_id}", channel_id=thread_id, json={"archived": False}
        )

    def _plain(self, order: _Order, code: int) -> dict[str, Any]:
        """Better a plain digest than none."""
        log.warning("discord.form_refused", extra={"key": order.message.key, "code": code})
        return {**plain_body(order.payload.body), "nonce": order.nonce, "enforce_nonce": True}

    # --- forums ------------------------------------------------------------------------------

    async def _send_as_forum_post(self, order: _Order) -> MessageRef:
        message, tags = dict(order.payload.body), list[str]()
        for _ in range(2):  # what may be mended, each once
            try:
                return await self._make_post(order, message, tags)
            except PermanentError as error:
                refused = discord_code(error)
                if refused == errors.TAG_REQUIRED and not tags:
                    tags = await self._tags(order.channel_id)
                elif refused in _FORM_REFUSED and "embeds" in message:
                    message = plain_body(message)
                    log.warning(
                        "discord.form_refused", extra={"key": order.message.key, "code": refused}
                    )
                else:
                    raise
        return await self._make_post(order, message, tags)

    async def _make_post(self, order: _Order, message: Json, tags: Iterable[str]) -> MessageRef:
        name = order.payload.post_name or order.payload.thread_name or "arXiv"
        body: dict[str, Any] = {
            "name": name[: limits.THREAD_NAME],
            "auto_archive_duration": _ARCHIVE_MINUTES,
            "message": message,
        }
        if tags:
            body["applied_tags"] = list(tags)
        # A post knows no nonce: repeated after a 5xx it could stand there twice.
        made = await self.calls.request(
            "POST",
            "/channels/{channel_id}/threads",
            channel_id=order.channel_id,
            json=body,
            tries=1,
        )
        thread_id = str(made["id"])
        return MessageRef(order.channel_id, message_id=thread_id, thread_id=thread_id)

    async def _tags(self, channel_id: str) -> list[str]:
        """A tag for a forum that wants one: one that speaks of papers, or the first we may use."""
        channel = await self.calls.request("GET", "/channels/{channel_id}", channel_id=channel_id)
        free = [tag for tag in channel.get("available_tags", ()) if not tag.get("moderated")]
        fitting = [tag for tag in free if {"arxiv", "paper", "papers"} & _words(tag["name"])]
        return [str(tag["id"]) for tag in (fitting or free)[:1]]

    # --- looking up --------------------------------------------------------------------------

    async def find_sent(self, message: OutboxMessage) -> MessageRef | None:
        """The message, if it stands where it belongs; raises as `send` does."""
        order = _Order.of(message)
        parent = message.parent_ref
        if parent is not None:
            return await self._find_reply(order, parent)
        # A forum's history is empty: only its kind tells that its posts are to be looked at.
        channel = await self.calls.request(
            "GET", "/channels/{channel_id}", channel_id=order.channel_id
        )
        if channel["type"] not in _FORUMS:
            return await self._find_in(order, order.channel_id)
        self._forums.add(order.channel_id)
        return await self._find_forum_post(order)

    async def _find_reply(self, order: _Order, parent: MessageRef) -> MessageRef | None:
        if parent.thread_id is not None:
            return await self._find_in(order, parent.thread_id)
        if not self._wants_thread(order):
            return await self._find_in(order, order.channel_id)
        try:
            if found := await self._find_in(order, parent.message_id):
                return found
        except PermanentError as error:
            if discord_code(error) != errors.UNKNOWN_CHANNEL:
                raise
        # Where there are no threads it is in the channel; that nobody remembers after a crash.
        return await self._find_in(order, order.channel_id)

    async def _find_in(self, order: _Order, channel_id: str) -> MessageRef | None:
        """From the newest message back to when ours was written."""
        own_id = await self._our_id()
        oldest = self._oldest(order)
        page: dict[str, Any] = {"limit": _PAGE}
        for _ in range(_PAGES):
            messages = await self.calls.request(
                "GET", "/channels/{channel_id}/messages", channel_id=channel_id, params=page
            )
            for found in messages:
                if int(found["id"]) < oldest:
                    return None
                is_ours = str(found["author"]["id"]) == own_id
                if is_ours and is_same(found, order.payload.body, nonce=order.nonce):
                    return self._ref(order, channel_id, str(found["id"]))
            if len(messages) < _PAGE or not oldest:
                return None
            page["before"] = messages[-1]["id"]
        return None

    async def _find_forum_post(self, order: _Order) -> MessageRef | None:
        own_id = await self._our_id()
        listed = await self.calls.request(
            "GET",
            "/guilds/{guild_id}/threads/active",
            guild_id=order.message.destination.workspace_id,
        )
        oldest = self._oldest(order)
        for thread in listed["threads"]:
            is_ours = str(thread.get("owner_id")) == own_id
            is_here = str(thread.get("parent_id")) == order.channel_id
            thread_id = str(thread["id"])
            if not (is_ours and is_here and int(thread_id) >= oldest):
                continue
            first = await self.calls.request(
                "GET",
                "/channels/{channel_id}/messages/{message_id}",
                channel_id=thread_id,
                message_id=thread_id,
            )
            if is_same({**first, "nonce": None}, order.payload.body, nonce=order.nonce):
                return MessageRef(order.channel_id, message_id=thread_id, thread_id=thread_id)
        return None

    def _oldest(self, order: _Order) -> int:
        """The least ID that our message can have; 0 where nobody knows when it was written."""
        written_at = order.message.created_at
        return snowflake_at(written_at - CLOCKS_APART) if written_at else 0

    async def _our_id(self) -> str:
        if not self._own_id:
            self._own_id = str((await self.calls.request("GET", "/users/@me"))["id"])
        return self._own_id

    # --- telling -----------------------------------------------------------------------------

    async def tell(self, user_id: str, text: str, *, destination: Destination) -> None:
        """Write to a person alone. Raises PermanentError with "cannot_dm" where that is closed."""
        opened = await self.calls.request(
            "POST", "/users/@me/channels", json={"recipient_id": user_id}
        )
        typed = as_typed(text, prefix=self._command)
        where = f"<#{destination.channel_id}>: " if destination.channel_id.isdecimal() else ""
        room = limits.CONTENT - limits.length(where)
        content = next(limits.pack([our_text(typed, is_content=True)], room), "")
        await self.calls.request(
            "POST",
            "/channels/{channel_id}/messages",
            channel_id=str(opened["id"]),
            json={
                "content": where + content,
                "allowed_mentions": {"parse": []},
                "flags": SUPPRESS_EMBEDS,
                "nonce": nonce_of(f"tell/{user_id}/{destination}/{text}"),
                "enforce_nonce": True,
            },
        )

    # --- places ------------------------------------------------------------------------------

    def _wants_thread(self, order: _Order) -> bool:
        return (
            bool(order.payload.thread_name)
            and order.channel_id not in self._without_threads
            and order.message.destination.workspace_id != _DIRECT_MESSAGES
        )

    def _ref(self, order: _Order, channel_id: str, message_id: str) -> MessageRef:
        is_thread = channel_id != order.channel_id
        return MessageRef(channel_id, message_id, thread_id=channel_id if is_thread else None)


def _words(name: str) -> set[str]:
    return set(name.casefold().replace("-", " ").split())
