"""Channels, messages, reactions and threads over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.fakes.discord.calls import Call, Routes
from tests.fakes.discord.limits import bad_length, check_message, missing
from tests.fakes.discord.refusals import RefusedError, invalid_form
from tests.fakes.discord.shapes import DIRECT, FORUM, REQUIRE_TAG, Channel, Message
from tests.fakes.discord.state import World

_DURATIONS = (60, 1440, 4320, 10080)


@dataclass(frozen=True, slots=True)
class ChannelRoutes:
    """The bot's side of channels."""

    world: World

    def table(self) -> Routes:
        """What answers which route."""
        message = "/channels/{channel_id}/messages/{message_id}"
        return {
            "GET /channels/{channel_id}": self.get_channel,
            "PATCH /channels/{channel_id}": self.edit_channel,
            "GET /channels/{channel_id}/messages": self.history,
            "POST /channels/{channel_id}/messages": self.create_message,
            f"GET {message}": self.get_message,
            f"PATCH {message}": self.edit_message,
            f"DELETE {message}": self.delete_message,
            f"PUT {message}/reactions/{{emoji_name}}/@me": self.react,
            f"DELETE {message}/reactions/{{emoji_name}}/@me": self.unreact,
            f"GET {message}/reactions/{{emoji_name}}": self.who_reacted,
            f"POST {message}/threads": self.thread_on_message,
            "POST /channels/{channel_id}/threads": self.thread,
            "PUT /channels/{channel_id}/thread-members/@me": self.join_thread,
            "POST /channels/{channel_id}/typing": self.typing,
            "POST /channels/{channel_id}/webhooks": self.create_webhook,
            "GET /channels/{channel_id}/webhooks": self.webhooks,
        }

    def _channel(self, call: Call) -> Channel:
        return self.world.channel(call.number("channel_id"))

    def _message(self, call: Call) -> Message:
        channel = self._channel(call)
        self.world.require(channel, "read_message_history")
        return self.world.message(channel, call.number("message_id"))

    def get_channel(self, call: Call) -> Any:
        return self._channel(call).json()

    def edit_channel(self, call: Call) -> Any:
        channel = self._channel(call)
        self.world.require(channel, "manage_threads" if channel.is_thread else "manage_channels")
        channel.name = call.json.get("name", channel.name)
        channel.archived = call.json.get("archived", channel.archived)
        channel.locked = call.json.get("locked", channel.locked)
        event = "THREAD_UPDATE" if channel.is_thread else "CHANNEL_UPDATE"
        self.world.tell_of_channel(event, channel)
        return channel.json()

    def history(self, call: Call) -> Any:
        channel = self._channel(call)
        limit = int(call.query.get("limit", "50"))
        found = channel.messages
        if not (self.world.shows_history and self._may_look_back(channel)):
            return []
        if "before" in call.query:
            found = [each for each in found if each.id < int(call.query["before"])]
        if "after" in call.query:
            found = [each for each in found if each.id > int(call.query["after"])][:limit]
        return [self.world.seen_by_bot(each) for each in reversed(found[-limit:])]

    def _may_look_back(self, channel: Channel) -> bool:
        try:
            self.world.require(channel, "read_message_history")
        except RefusedError:
            return False
        return True

    def get_message(self, call: Call) -> Any:
        return self.world.seen_by_bot(self._message(call))

    def create_message(self, call: Call) -> Any:
        channel, body = self._channel(call), call.json or {}
        self._check_may_post(channel, body, call)
        check_message({**body, "attachments": call.files})
        nonce = body.get("nonce")
        if nonce is None or not body.get("enforce_nonce"):
            return self.world.post(channel, self.world.me, body).json(with_nonce=True)
        if (earlier := self.world.earlier_with(nonce)) is not None:
            return earlier.json(with_nonce=True)
        message = self.world.post(channel, self.world.me, body)
        self.world.nonces[nonce] = (self.world.now(), message)
        return message.json(with_nonce=True)

    def _check_may_post(self, channel: Channel, body: Mapping[str, Any], call: Call) -> None:
        if channel.type == FORUM:
            raise RefusedError(50008)
        if channel.type == DIRECT:
            assert channel.recipient is not None
            if channel.recipient.direct_messages_closed:
                raise RefusedError(50007)
        self.world.require(
            channel, "send_messages_in_threads" if channel.is_thread else "send_messages"
        )
        if channel.locked:
            raise RefusedError(160005)
        if body.get("embeds"):
            self.world.require(channel, "embed_links")
        if call.files:
            self.world.require(channel, "attach_files")

    def edit_message(self, call: Call) -> Any:
        message = self._message(call)
        if message.author is not self.world.me:
            raise RefusedError(50005)
        if message.channel.archived:
            raise RefusedError(50083, status=400)
        check_message(call.json, is_edit=True)
        self.world.edit(message, call.json)
        return message.json()

    def delete_message(self, call: Call) -> Any:
        message = self._message(call)
        if message.author is not self.world.me:
            self.world.require(message.channel, "manage_messages")
        self.world.delete(message)

    def react(self, call: Call) -> Any:
        message = self._message(call)
        self.world.require(message.channel, "add_reactions", "read_message_history")
        self.world.react(message, self.world.me, call.params["emoji_name"], added=True)

    def unreact(self, call: Call) -> Any:
        message = self._message(call)
        self.world.react(message, self.world.me, call.params["emoji_name"], added=False)

    def who_reacted(self, call: Call) -> Any:
        who = self._message(call).reactions.get(call.params["emoji_name"], [])
        return [self.world.users[each].json() for each in who]

    def thread_on_message(self, call: Call) -> Any:
        channel = self._channel(call)
        if channel.is_thread or channel.type != 0:
            raise RefusedError(50024)
        self.world.require(channel, "create_public_threads", "read_message_history")
        message = self.world.message(channel, call.number("message_id"))
        self._check_thread(call.json)
        if message.thread is not None:
            raise RefusedError(160004)
        minutes = call.json.get("auto_archive_duration") or 1440
        thread = self.world.start_thread(
            channel, call.json["name"].strip(), minutes=minutes, message=message
        )
        return {**thread.json(), "member": self.world._own_thread_member(thread)}

    def thread(self, call: Call) -> Any:
        channel, body = self._channel(call), call.json
        self._check_thread(body)
        minutes = body.get("auto_archive_duration") or 1440
        if channel.type != FORUM:
            self.world.require(channel, "create_public_threads")
            return self.world.start_thread(channel, body["name"], minutes=minutes).json()
        self.world.require(channel, "send_messages")
        if "message" not in body:
            raise invalid_form([missing(("message",))])
        check_message(body["message"])
        if body["message"].get("embeds"):
            self.world.require(channel, "embed_links")
        tags = [str(each) for each in body.get("applied_tags") or ()]
        if channel.flags & REQUIRE_TAG and not tags:
            raise RefusedError(40067)
        thread = self.world.start_thread(channel, body["name"].strip(), minutes=minutes)
        thread.applied_tags = tags
        first = self.world.post(thread, self.world.me, body["message"], message_id=thread.id)
        return {**thread.json(), "message": first.json()}

    def _check_thread(self, body: Mapping[str, Any]) -> None:
        faults = []
        if not 1 <= len((body.get("name") or "").strip()) <= 100:
            faults.append(bad_length(("name",), 1, 100))
        if (body.get("auto_archive_duration") or 1440) not in _DURATIONS:
            sentence = f"Value must be one of {_DURATIONS}."
            faults.append((("auto_archive_duration",), "BASE_TYPE_CHOICES", sentence))
        if faults:
            raise invalid_form(faults)

    def join_thread(self, call: Call) -> Any:
        self._channel(call)

    def typing(self, call: Call) -> Any:
        self.world.require(self._channel(call), "send_messages")

    def create_webhook(self, call: Call) -> Any:
        channel = self._channel(call)
        self.world.require(channel, "manage_webhooks")
        return self.world.add_webhook(channel, call.json["name"], owned=True).json()

    def webhooks(self, call: Call) -> Any:
        channel = self._channel(call)
        self.world.require(channel, "manage_webhooks")
        return [each.json() for each in self.world.webhooks.values() if each.channel is channel]
