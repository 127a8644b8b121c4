"""The fake's world: who is there, what was said, and the events that tell of it."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.discord import permissions
from tests.fakes.discord.components import numbered
from tests.fakes.discord.permissions import Overwrite
from tests.fakes.discord.refusals import RefusedError
from tests.fakes.discord.shapes import (
    DIRECT,
    FORUM,
    HAS_THREAD,
    PUBLIC_THREAD,
    TEXT,
    Channel,
    Guild,
    Member,
    Message,
    Role,
    Upload,
    User,
    Webhook,
    iso,
)

_EPOCH_MS = 1_420_070_400_000
_PING = re.compile(r"@(everyone|here)|<@!?(\d+)>|<@&(\d+)>")
Emit = Callable[[str, dict[str, Any], Guild | None], None]


@dataclass(slots=True)
class World:
    """Everything that Discord would remember."""

    emit: Emit
    nonce_seconds: float = 300.0
    shows_history: bool = True
    posted: int = 0  # messages of the bot's that everybody sees
    skew_seconds: float = 0.0
    users: dict[int, User] = field(default_factory=dict)
    guilds: dict[int, Guild] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)  # of all guilds, threads, direct
    webhooks: dict[int, Webhook] = field(default_factory=dict)
    uploads: dict[int, Upload] = field(default_factory=dict)  # people's, by ID
    commands: dict[int | None, list[dict[str, Any]]] = field(default_factory=dict)  # by guild
    private: dict[int, Message] = field(default_factory=dict)  # ephemeral messages
    absent: set[int] = field(default_factory=set)  # guilds that the bot is not in
    nonces: dict[str | int, tuple[float, Message]] = field(default_factory=dict)
    _last_id: int = 0
    me: User = field(init=False)

    def __post_init__(self) -> None:
        self.me = self.add_user("Papercourier", bot=True)

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.skew_seconds

    def new_id(self, *, shard: tuple[int, int] | None = None) -> int:
        """A snowflake of now; for a guild perhaps one that falls to a shard (number, count)."""
        milliseconds = int(self.now() * 1000) - _EPOCH_MS
        wanted = max(milliseconds << 22, self._last_id + 1)
        if shard is not None:
            number, count = shard
            slot = (wanted >> 22) + 1
            wanted = slot + (number - slot) % count << 22
        self._last_id = wanted
        return wanted

    # --- who and where ---------------------------------------------------------------------

    def add_user(self, name: str, *, bot: bool = False) -> User:
        """A new user."""
        user = User(self.new_id(), name, bot=bot)
        self.users[user.id] = user
        return user

    def add_guild(self, name: str, owner: User, *, shard: tuple[int, int] | None = None) -> Guild:
        """A guild with @everyone, the owner and the bot."""
        guild = Guild(self.new_id(shard=shard), name, owner.id, created_at=self.now())
        guild.roles[guild.id] = Role(guild.id, "@everyone", permissions.EVERYBODY)
        self.guilds[guild.id] = guild
        for user in (owner, self.me):
            self.join(guild, user)
        return guild

    def join(self, guild: Guild, user: User) -> Member:
        """Make a user a member."""
        guild.members[user.id] = Member(user, joined_at=self.now())
        return guild.members[user.id]

    def add_channel(self, guild: Guild, name: str, kind: int = TEXT) -> Channel:
        """A new text channel or forum."""
        channel = Channel(self.new_id(), kind, name, guild, created_at=self.now())
        guild.channels[channel.id] = self.channels[channel.id] = channel
        return channel

    def direct_channel(self, user: User) -> Channel:
        """The bot's direct channel with a user, made when there is none."""
        for channel in self.channels.values():
            if channel.type == DIRECT and channel.recipient is user:
                return channel
        channel = Channel(self.new_id(), DIRECT, recipient=user, created_at=self.now())
        self.channels[channel.id] = channel
        return channel

    def channel(self, channel_id: int) -> Channel:
        """A channel that the bot may see. Raises RefusedError (10003, 50001)."""
        channel = self.channels.get(channel_id)
        if channel is None:
            raise RefusedError(10003)
        if channel.guild is not None and not self.allowed(channel, self.me):
            raise RefusedError(50001)
        return channel

    def guild(self, guild_id: int) -> Guild:
        """A guild that the bot is in. Raises RefusedError (10004)."""
        if guild_id not in self.guilds or guild_id in self.absent:
            raise RefusedError(10004)
        return self.guilds[guild_id]

    def allowed(self, channel: Channel, user: User) -> int:
        """What a user may do in a guild's channel or thread, as bits."""
        guild = channel.guild
        assert guild is not None
        member = guild.members.get(user.id)
        if member is None or (user is self.me and guild.id in self.absent):
            return 0
        if guild.owner_id == user.id:
            return permissions.ALL
        base = guild.roles[guild.id].permissions
        for role_id in member.role_ids:
            base |= guild.roles[role_id].permissions
        place = channel.parent or channel
        return permissions.in_channel(
            base,
            place.overwrites,
            guild_id=guild.id,
            role_ids=set(member.role_ids),
            user_id=user.id,
        )

    def require(self, channel: Channel, *names: str) -> None:
        """Raises RefusedError (50013) when the bot lacks a permission in a guild's channel."""
        if channel.guild is None:
            return
        wanted = permissions.bits(names)
        if self.allowed(channel, self.me) & wanted != wanted:
            raise RefusedError(50013)

    def own_overwrite(self, channel: Channel) -> Overwrite:
        """What the channel allows or denies to the bot."""
        return channel.overwrite(self.me.id, 1)

    # --- messages --------------------------------------------------------------------------

    def message(self, channel: Channel, message_id: int) -> Message:
        """A message of a channel. Raises RefusedError (10008)."""
        for message in reversed(channel.messages):
            if message.id == message_id:
                return message
        raise RefusedError(10008)

    def post(
        self,
        channel: Channel,
        author: User,
        body: Mapping[str, Any],
        *,
        message_id: int | None = None,
        emit: bool = True,
        **more: Any,
    ) -> Message:
        """Keep a message as Discord does, and tell of it."""
        message = Message(message_id or self.new_id(), channel, author, self.now(), **more)
        apply_body(message, body)
        message.flags = message.flags | (body.get("flags") or 0)
        message.nonce = body.get("nonce")
        if reference := body.get("message_reference"):
            wanted = int(reference["message_id"])
            message.replies_to = next((m for m in channel.messages if m.id == wanted), None)
        message.pings = pings_of(message.content, body.get("allowed_mentions"))
        if message.ephemeral:
            self.private[message.id] = message
            return message
        if channel.archived:
            channel.archived = False
            self.tell_of_channel("THREAD_UPDATE", channel)
        channel.messages.append(message)
        self.posted += author is self.me
        if emit:
            self.tell_of_message("MESSAGE_CREATE", message)
        return message

    def edit(self, message: Message, body: Mapping[str, Any]) -> None:
        """Change a message and tell of it."""
        apply_body(message, body)
        message.edited_at = self.now()
        if not message.ephemeral:
            self.tell_of_message("MESSAGE_UPDATE", message)

    def delete(self, message: Message) -> None:
        """Take a message away and tell of it."""
        message.deleted = True
        if self.private.pop(message.id, None) is not None:
            return
        message.channel.messages.remove(message)
        guild = message.channel.guild
        data = {"id": str(message.id), "channel_id": str(message.channel.id)}
        if guild is not None:
            data["guild_id"] = str(guild.id)
        self.emit("MESSAGE_DELETE", data, guild)

    def earlier_with(self, nonce: str | int) -> Message | None:
        """The bot's message with this nonce in the past minutes. Raises RefusedError (10008)."""
        posted_at, message = self.nonces.get(nonce, (float("-inf"), None))
        if message is None or posted_at + self.nonce_seconds <= self.now():
            return None
        if message.deleted:
            raise RefusedError(10008)
        return message

    def start_thread(
        self, parent: Channel, name: str, *, minutes: int = 1440, message: Message | None = None
    ) -> Channel:
        """A public thread, on a message if given (its ID is then the message's)."""
        assert parent.guild is not None
        thread = Channel(
            message.id if message else self.new_id(),
            PUBLIC_THREAD,
            name,
            parent.guild,
            parent,
            auto_archive_minutes=minutes,
            owner_id=self.me.id,
            created_at=self.now(),
        )
        parent.guild.threads[thread.id] = self.channels[thread.id] = thread
        if message is not None:
            message.thread = thread
            message.flags |= HAS_THREAD
        data = {**thread.json(), "newly_created": True, "member": self._own_thread_member(thread)}
        self.emit("THREAD_CREATE", data, parent.guild)
        return thread

    def _own_thread_member(self, thread: Channel) -> dict[str, Any]:
        return {
            "id": str(thread.id),
            "user_id": str(self.me.id),
            "join_timestamp": iso(self.now()),
            "flags": 1,
        }

    def react(self, message: Message, user: User, emoji: str, *, added: bool) -> None:
        """Add or take back a reaction and tell of it."""
        who = message.reactions.setdefault(emoji, [])
        if (user.id in who) == added:
            return
        if added:
            who.append(user.id)
        else:
            who.remove(user.id)
        if not who:
            del message.reactions[emoji]
        guild = message.channel.guild
        data: dict[str, Any] = {
            "user_id": str(user.id),
            "channel_id": str(message.channel.id),
            "message_id": str(message.id),
            "emoji": {"id": None, "name": emoji},
            "burst": False,
            "type": 0,
        }
        if guild is not None:
            data["guild_id"] = str(guild.id)
            if added:
                data["member"] = guild.members[user.id].json()
        if added:
            data["message_author_id"] = str(message.author.id)
        self.emit(f"MESSAGE_REACTION_{'ADD' if added else 'REMOVE'}", data, guild)

    def add_webhook(self, channel: Channel, name: str, *, owned: bool) -> Webhook:
        """A webhook made by the bot itself (owned) or by a person."""
        webhook = Webhook(self.new_id(), secrets.token_urlsafe(51), channel, name)
        webhook.application_id = self.me.id if owned else None
        self.webhooks[webhook.id] = webhook
        return webhook

    # --- events ----------------------------------------------------------------------------

    def tell_of_channel(self, event: str, channel: Channel) -> None:
        """CHANNEL_UPDATE, THREAD_UPDATE and their like."""
        self.emit(event, channel.json(), channel.guild)

    def tell_of_message(self, event: str, message: Message) -> None:
        """MESSAGE_CREATE or MESSAGE_UPDATE."""
        data = message.json(with_nonce=event == "MESSAGE_CREATE")
        guild = message.channel.guild
        data["channel_type"] = message.channel.type
        if guild is not None:
            data["guild_id"] = str(guild.id)
            member = guild.members.get(message.author.id)
            if member is not None:
                data["member"] = {k: v for k, v in member.json().items() if k != "user"}
        self.emit(event, data, guild)

    def seen_by_bot(self, message: Message) -> dict[str, Any]:
        """A message as the bot reads it without the message-content intent."""
        data = message.json()
        return data if self.may_read(data) else without_content(data)

    def may_read(self, data: Mapping[str, Any]) -> bool:
        """Whether the bot sees a message's content without the intent for it."""
        is_own = data["author"]["id"] == str(self.me.id)
        is_direct = "guild_id" not in data and self._is_direct(int(data["channel_id"]))
        is_for_me = f"<@{self.me.id}>" in data["content"]
        return is_own or is_direct or is_for_me

    def _is_direct(self, channel_id: int) -> bool:
        channel = self.channels.get(channel_id)
        return channel is not None and channel.type == DIRECT

    def is_forum(self, channel: Channel) -> bool:
        """Whether a channel takes posts with a title only."""
        return channel.type == FORUM


def without_content(data: Mapping[str, Any]) -> dict[str, Any]:
    """A message whose content the bot has no intent for."""
    empty = {"content": "", "embeds": [], "components": [], "attachments": []}
    return {**data, **empty}


def apply_body(message: Message, body: Mapping[str, Any]) -> None:
    """Take over what a body says, trimmed and completed as Discord does."""
    if "content" in body:
        message.content = (body["content"] or "").strip()
    if "embeds" in body:
        message.embeds = [_kept_embed(each) for each in body["embeds"] or ()]
    if "components" in body:
        message.components = numbered(body["components"] or ())


def _kept_embed(embed: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {"type": "rich"}
    for key, value in embed.items():
        if key == "fields":
            kept[key] = [
                {
                    "name": each["name"].strip(),
                    "value": each["value"].strip(),
                    "inline": bool(each.get("inline", False)),
                }
                for each in value or ()
            ]
        elif isinstance(value, str) and key not in ("timestamp", "type"):
            if value.strip():
                kept[key] = value.strip()
        elif isinstance(value, dict):
            kept[key] = {k: v.strip() if isinstance(v, str) else v for k, v in value.items()}
        elif value is not None:
            kept[key] = value
    kept["content_scan_version"] = 0
    return kept


def pings_of(content: str, allowed: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Whom a message would ping: "everyone", "here", IDs of users and roles."""
    parse = {"everyone", "users", "roles"} if allowed is None else set(allowed.get("parse") or ())
    users = _listed(allowed, "users")
    roles = _listed(allowed, "roles")
    found = []
    for everybody, user, role in _PING.findall(content):
        if everybody and "everyone" in parse:
            found.append(everybody)
        if user and ("users" in parse or user in users):
            found.append(user)
        if role and ("roles" in parse or role in roles):
            found.append(role)
    return tuple(found)


def _listed(allowed: Mapping[str, Any] | None, kind: str) -> Iterable[str]:
    return {str(each) for each in (allowed or {}).get(kind) or ()}
