"""What Discord is made of: users, guilds, channels, messages; plain data with their JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.fakes.discord.permissions import Overwrite

TEXT, DIRECT, FORUM, PUBLIC_THREAD = 0, 1, 15, 11
EPHEMERAL = 1 << 6
LOADING = 1 << 7
SUPPRESS_EMBEDS = 1 << 2
HAS_THREAD = 1 << 5
COMPONENTS_V2 = 1 << 15
REQUIRE_TAG = 1 << 4  # of a forum channel


def iso(moment: float) -> str:
    """Seconds since 1970 as Discord writes a time."""
    return datetime.fromtimestamp(moment, UTC).isoformat()


@dataclass(slots=True, eq=False)
class User:
    """A person, the bot, or a webhook's face."""

    id: int
    name: str
    bot: bool = False
    direct_messages_closed: bool = False

    def json(self) -> dict[str, Any]:
        """A user object."""
        return {
            "id": str(self.id),
            "username": self.name,
            "discriminator": "0" if not self.bot else "4242",
            "global_name": None if self.bot else self.name.title(),
            "avatar": None,
            "avatar_decoration_data": None,
            "bot": self.bot,
            "public_flags": 0,
            "flags": 0,
        }


@dataclass(slots=True, eq=False)
class Role:
    """A role of a guild; @everyone has the guild's ID."""

    id: int
    name: str
    permissions: int
    mentionable: bool = False

    def json(self) -> dict[str, Any]:
        """A role object."""
        return {
            "id": str(self.id),
            "name": self.name,
            "permissions": str(self.permissions),
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "position": 0 if self.name == "@everyone" else 1,
            "managed": False,
            "mentionable": self.mentionable,
            "flags": 0,
            "icon": None,
            "unicode_emoji": None,
        }


@dataclass(slots=True, eq=False)
class Member:
    """A user in a guild."""

    user: User
    role_ids: list[int] = field(default_factory=list)
    joined_at: float = 0.0

    def json(self, *, permissions: int | None = None) -> dict[str, Any]:
        """A member object; interactions add what the member may do."""
        body: dict[str, Any] = {
            "user": self.user.json(),
            "nick": None,
            "avatar": None,
            "banner": None,
            "roles": [str(each) for each in self.role_ids],
            "joined_at": iso(self.joined_at),
            "premium_since": None,
            "deaf": False,
            "mute": False,
            "pending": False,
            "flags": 0,
            "communication_disabled_until": None,
        }
        if permissions is not None:
            body["permissions"] = str(permissions)
        return body


@dataclass(slots=True, eq=False)
class Channel:
    """A text channel, forum, thread or direct channel."""

    id: int
    type: int
    name: str = ""
    guild: Guild | None = None
    parent: Channel | None = None
    overwrites: list[Overwrite] = field(default_factory=list)
    recipient: User | None = None
    flags: int = 0
    tags: list[dict[str, Any]] = field(default_factory=list)
    applied_tags: list[str] = field(default_factory=list)
    archived: bool = False
    locked: bool = False
    auto_archive_minutes: int = 1440
    owner_id: int = 0
    created_at: float = 0.0
    messages: list[Message] = field(default_factory=list)

    @property
    def is_thread(self) -> bool:
        """Whether it is a thread or a forum's post."""
        return self.type == PUBLIC_THREAD

    def overwrite(self, target: int, kind: int) -> Overwrite:
        """The overwrite of a role (0) or member (1), made when there is none."""
        for each in self.overwrites:
            if each.id == target:
                return each
        self.overwrites.append(Overwrite(target, kind))
        return self.overwrites[-1]

    def json(self) -> dict[str, Any]:
        """A channel object."""
        last = str(self.messages[-1].id) if self.messages else None
        body: dict[str, Any] = {"id": str(self.id), "type": self.type, "last_message_id": last}
        if self.type == DIRECT:
            assert self.recipient is not None
            return {**body, "recipients": [self.recipient.json()], "flags": 0}
        assert self.guild is not None
        body |= {
            "guild_id": str(self.guild.id),
            "name": self.name,
            "flags": self.flags,
            "rate_limit_per_user": 0,
            "parent_id": str(self.parent.id) if self.parent else None,
        }
        return {**body, **(self._of_thread() if self.is_thread else self._of_guild_channel())}

    def _of_thread(self) -> dict[str, Any]:
        return {
            "owner_id": str(self.owner_id),
            "message_count": len(self.messages),
            "total_message_sent": len(self.messages),
            "member_count": 1,
            "applied_tags": self.applied_tags,
            "thread_metadata": {
                "archived": self.archived,
                "auto_archive_duration": self.auto_archive_minutes,
                "archive_timestamp": iso(self.created_at),
                "locked": self.locked,
                "create_timestamp": iso(self.created_at),
            },
        }

    def _of_guild_channel(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "topic": None,
            "position": 0,
            "nsfw": False,
            "permission_overwrites": [
                {"id": str(o.id), "type": o.type, "allow": str(o.allow), "deny": str(o.deny)}
                for o in self.overwrites
            ],
        }
        if self.type == FORUM:
            body |= {"available_tags": self.tags, "default_forum_layout": 0}
            body |= {"default_sort_order": None, "default_reaction_emoji": None}
        return body


@dataclass(slots=True, eq=False)
class Guild:
    """A guild ("server")."""

    id: int
    name: str
    owner_id: int
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)  # without threads
    threads: dict[int, Channel] = field(default_factory=dict)
    created_at: float = 0.0

    def json(self) -> dict[str, Any]:
        """A guild object without what only the gateway tells."""
        return {
            "id": str(self.id),
            "name": self.name,
            "owner_id": str(self.owner_id),
            "icon": None,
            "splash": None,
            "discovery_splash": None,
            "banner": None,
            "description": None,
            "region": "deprecated",
            "afk_channel_id": None,
            "afk_timeout": 300,
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "roles": [each.json() for each in self.roles.values()],
            "emojis": [],
            "stickers": [],
            "features": [],
            "mfa_level": 0,
            "nsfw_level": 0,
            "application_id": None,
            "system_channel_id": None,
            "system_channel_flags": 0,
            "rules_channel_id": None,
            "public_updates_channel_id": None,
            "vanity_url_code": None,
            "premium_tier": 0,
            "premium_subscription_count": 0,
            "premium_progress_bar_enabled": False,
            "preferred_locale": "en-US",
            "max_members": 500_000,
        }

    def gateway_json(self, me: User) -> dict[str, Any]:
        """What GUILD_CREATE carries; without the members' intent only oneself."""
        return {
            **self.json(),
            "joined_at": iso(self.members[me.id].joined_at),
            "large": False,
            "unavailable": False,
            "member_count": len(self.members),
            "members": [self.members[me.id].json()],
            "channels": [each.json() for each in self.channels.values()],
            "threads": [each.json() for each in self.threads.values() if not each.archived],
            "presences": [],
            "voice_states": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }


@dataclass(slots=True, eq=False)
class Message:
    """A message as Discord keeps it: trimmed, with the numbers it gives to components."""

    id: int
    channel: Channel
    author: User
    created_at: float
    content: str = ""
    embeds: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    flags: int = 0
    nonce: str | int | None = None
    edited_at: float | None = None
    thread: Channel | None = None
    replies_to: Message | None = None
    reactions: dict[str, list[int]] = field(default_factory=dict)  # by emoji: who
    pings: tuple[str, ...] = ()  # "everyone", "here", and IDs of users and roles that were pinged
    webhook_id: int | None = None
    application_id: int | None = None
    interaction: dict[str, Any] | None = None  # its metadata, if it answers one
    seen_by: User | None = None  # the only one who sees it
    deleted: bool = False

    @property
    def ephemeral(self) -> bool:
        """Whether only one person sees it."""
        return bool(self.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        """Whether it is only "is thinking ..."."""
        return bool(self.flags & LOADING)

    @property
    def text(self) -> str:
        """All that one reads in it, a line each."""
        return "\n".join(part for part in self._parts() if part)

    def _parts(self) -> Iterator[str]:
        yield self.content
        for embed in self.embeds:
            yield embed.get("author", {}).get("name", "")
            yield embed.get("title", "")
            yield embed.get("description", "")
            for one in embed.get("fields", ()):
                yield one["name"]
                yield one["value"]
            yield embed.get("footer", {}).get("text", "")
        for component in walk(self.components):
            yield component.get("content", "") or component.get("label", "")

    @property
    def buttons(self) -> list[dict[str, Any]]:
        """Its buttons, in order."""
        return [each for each in walk(self.components) if each["type"] == 2]

    def json(self, *, with_nonce: bool = False) -> dict[str, Any]:
        """A message object."""
        body: dict[str, Any] = {
            "id": str(self.id),
            "channel_id": str(self.channel.id),
            "type": 20 if self.interaction else 0,
            "author": self.author.json(),
            "content": self.content,
            "timestamp": iso(self.created_at),
            "edited_timestamp": iso(self.edited_at) if self.edited_at else None,
            "tts": False,
            "mention_everyone": "everyone" in self.pings or "here" in self.pings,
            "mentions": [],
            "mention_roles": [],
            "attachments": self.attachments,
            "embeds": self.embeds,
            "components": self.components,
            "pinned": False,
            "flags": self.flags,
        }
        if self.reactions:
            body["reactions"] = [_reaction(emoji, who) for emoji, who in self.reactions.items()]
        if with_nonce and self.nonce is not None:
            body["nonce"] = self.nonce
        if self.webhook_id is not None:
            body["webhook_id"] = str(self.webhook_id)
        if self.application_id is not None:
            body["application_id"] = str(self.application_id)
        if self.interaction is not None:
            body["interaction_metadata"] = self.interaction
        if self.thread is not None:
            body["thread"] = self.thread.json()
        if self.replies_to is not None:
            referred = self.replies_to
            body["type"] = 19
            body["message_reference"] = {
                "type": 0,
                "channel_id": str(referred.channel.id),
                "message_id": str(referred.id),
            }
            body["referenced_message"] = None if referred.deleted else referred.json()
        return body


def walk(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every component, those inside others too."""
    for each in components:
        yield each
        yield from walk(each.get("components", []))
        for key in ("accessory", "component"):
            if key in each:
                yield from walk([each[key]])


def _reaction(emoji: str, who: list[int]) -> dict[str, Any]:
    return {
        "emoji": {"id": None, "name": emoji},
        "count": len(who),
        "count_details": {"burst": 0, "normal": len(who)},
        "burst_colors": [],
        "me_burst": False,
        "burst_me": False,
        "burst_count": 0,
        "me": False,
    }


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a person or the bot handed over."""

    id: int
    name: str
    content: bytes
    url: str = ""  # where it can be had

    def json(self) -> dict[str, Any]:
        """An attachment object."""
        return {
            "id": str(self.id),
            "filename": self.name,
            "size": len(self.content),
            "url": self.url,
            "proxy_url": self.url,
            "content_type": "application/json",
        }


@dataclass(slots=True, eq=False)
class Webhook:
    """An incoming webhook of a channel."""

    id: int
    token: str
    channel: Channel
    name: str
    application_id: int | None = None

    def json(self) -> dict[str, Any]:
        """A webhook object."""
        assert self.channel.guild is not None
        return {
            "id": str(self.id),
            "type": 1,
            "guild_id": str(self.channel.guild.id),
            "channel_id": str(self.channel.id),
            "name": self.name,
            "avatar": None,
            "token": self.token,
            "application_id": str(self.application_id) if self.application_id else None,
        }
