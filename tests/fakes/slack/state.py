"""What the fake Slack knows: workspaces, their channels, people, messages and views."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from typing import Any

Json = dict[str, Any]

APP_ID = "A0PAPERCOURIER"
DEFAULT_SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:join",
        "channels:read",
        "chat:write",
        "commands",
        "files:write",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
        "im:write",
        "links:read",
        "links:write",
        "mpim:history",
        "mpim:read",
        "reactions:read",
        "team:read",
        "users:read",
    }
)
DEFAULT_EVENTS = frozenset(
    {
        "app_home_opened",
        "app_mention",
        "app_uninstalled",
        "channel_archive",
        "channel_deleted",
        "channel_left",
        "channel_rename",
        "channel_unarchive",
        "group_archive",
        "group_deleted",
        "group_left",
        "group_rename",
        "group_unarchive",
        "link_shared",
        "member_joined_channel",
        "member_left_channel",
        "message.im",
        "reaction_added",
        "reaction_removed",
        "tokens_revoked",
    }
)


class Refusal(Exception):  # noqa: N818 - the word of the field: an API method refuses
    """A Web API call answered with `ok: false`."""

    def __init__(self, code: str, *details: str, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details
        self.extra = extra


class Kind(Enum):
    """What sort of conversation a channel is; scopes and events are named after it."""

    PUBLIC = "channel"
    PRIVATE = "group"
    DIRECT = "im"

    @property
    def scope(self) -> str:
        """The first part of its scopes: `channels:read` and so on."""
        return {"channel": "channels", "group": "groups", "im": "im"}[self.value]


@dataclass(slots=True)
class Message:
    """A message as the workspace has it."""

    team: str
    channel: str
    ts: str
    user: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    thread_ts: str | None = None  # the parent's; None for one that stands in the channel
    bot_id: str | None = None
    only_for: str | None = None  # whoever sees it when it is ephemeral
    reactions: dict[str, list[str]] = field(default_factory=dict)  # users by name of the emoji
    unfurls: Json = field(default_factory=dict)  # by link, given by chat.unfurl
    arguments: Json = field(default_factory=dict)  # as they came with the call
    edited_ts: str | None = None
    is_deleted: bool = False
    at: float = 0.0  # seconds of a monotonic clock
    replies: list[Message] = field(default_factory=list)

    @property
    def key(self) -> str | None:
        """Papercourier's key in its metadata."""
        payload = (self.metadata or {}).get("event_payload", {})
        key = payload.get("key")
        return key if isinstance(key, str) else None

    def shown(self) -> str:
        """All its words, one text of a block below the other; the fallback without blocks."""
        return "\n".join(texts_of(self.blocks)) or self.text

    def elements(self) -> Iterator[tuple[Json, Json]]:
        """Everything one can click or choose, with the block it is in."""
        yield from elements_of(self.blocks)

    def as_json(self, *, with_metadata: bool = False) -> Json:
        """As the Web API and events show it."""
        shown: Json = {
            "type": "message",
            "user": self.user,
            "ts": self.ts,
            "text": self.text,
            "team": self.team,
        }
        if self.bot_id:
            shown |= {"bot_id": self.bot_id, "app_id": APP_ID}
        if self.blocks:
            shown["blocks"] = self.blocks
        if self.attachments:
            shown["attachments"] = self.attachments
        if self.thread_ts or self.replies:
            shown["thread_ts"] = self.thread_ts or self.ts
        if self.replies:
            shown |= {"reply_count": len(self.replies), "latest_reply": self.replies[-1].ts}
        if self.edited_ts:
            shown["edited"] = {"user": self.user, "ts": self.edited_ts}
        if self.reactions:
            shown["reactions"] = [
                {"name": name, "users": users, "count": len(users)}
                for name, users in self.reactions.items()
            ]
        if with_metadata and self.metadata is not None:
            shown["metadata"] = self.metadata
        return shown


@dataclass(slots=True)
class View:
    """A modal or a Home tab."""

    id: str
    team: str
    user: str
    payload: Json  # as the bot gave it
    hash: str
    root_id: str
    previous: View | None = None
    is_open: bool = True
    errors: dict[str, str] = field(default_factory=dict)  # by block, shown after a submission

    @property
    def callback_id(self) -> str:
        """What the bot calls it."""
        return str(self.payload.get("callback_id", ""))

    @property
    def blocks(self) -> list[Json]:
        """What stands in it."""
        blocks: list[Json] = self.payload["blocks"]
        return blocks

    def shown(self) -> str:
        """All its words, one text below the other."""
        title = self.payload.get("title", {}).get("text")
        return "\n".join([*([title] if title else []), *texts_of(self.blocks)])

    def elements(self) -> Iterator[tuple[Json, Json]]:
        """Everything one can click or fill in, with the block it is in."""
        yield from elements_of(self.blocks)

    def as_json(self) -> Json:
        """As the Web API and interactions show it."""
        return {
            "private_metadata": "",
            "callback_id": "",
            "close": None,
            "submit": None,
            "title": None,
            "clear_on_close": False,
            "notify_on_close": False,
            "external_id": "",
            "state": {"values": {}},
            **self.payload,
            "id": self.id,
            "team_id": self.team,
            "hash": self.hash,
            "app_id": APP_ID,
            "app_installed_team_id": self.team,
            "root_view_id": self.root_id,
            "previous_view_id": self.previous.id if self.previous else None,
        }


@dataclass(slots=True)
class Person:
    """Somebody in a workspace."""

    id: str
    name: str
    is_admin: bool = False
    is_bot: bool = False
    timezone: str = "Europe/Berlin"


@dataclass(slots=True)
class Channel:
    """A conversation with what was said in it, oldest first."""

    id: str
    team: str
    name: str
    kind: Kind = Kind.PUBLIC
    members: set[str] = field(default_factory=set)
    is_archived: bool = False
    is_deleted: bool = False
    refusal: str | None = None  # what whoever posts here is answered, say `restricted_action`
    messages: dict[str, Message] = field(default_factory=dict)  # by `ts`

    def live(self) -> list[Message]:
        """What is there for everybody."""
        return [
            each for each in self.messages.values() if not each.is_deleted and not each.only_for
        ]

    def find(self, ts: object) -> Message | None:
        """The message of that time, unless it is gone."""
        message = self.messages.get(str(ts))
        return message if message is not None and not message.is_deleted else None


@dataclass(slots=True)
class Workspace:
    """One team."""

    id: str
    name: str
    bot_user: str
    bot_id: str
    token: str
    scopes: frozenset[str]
    is_installed: bool = True
    token_error: str | None = None  # why its token is no good any more
    channels: dict[str, Channel] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    homes: dict[str, View] = field(default_factory=dict)  # by user

    @property
    def domain(self) -> str:
        """The first part of its address."""
        return self.name.lower()

    def direct(self, user: str) -> Channel:
        """Somebody's direct messages with the bot."""
        for channel in self.channels.values():
            if channel.kind is Kind.DIRECT and user in channel.members:
                return channel
        channel = Channel(f"D{self.id[1:]}{user}", self.id, user, Kind.DIRECT)
        channel.members.update({user, self.bot_user})
        self.channels[channel.id] = channel
        return channel


@dataclass(slots=True)
class Numbers:
    """IDs and times that never come twice."""

    now: Callable[[], float] = time.time
    _ids: Iterator[int] = field(default_factory=lambda: count(1))
    _last: int = 0  # microseconds

    def ts(self) -> str:
        """The name of the next message: seconds with six places, always growing."""
        self._last = max(self._last + 1, int(self.now() * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06}"

    def id(self, prefix: str) -> str:
        """The next ID."""
        return f"{prefix}{next(self._ids):08}"


def texts_of(blocks: list[Json]) -> Iterator[str]:
    """Every text of blocks, in reading order; buttons as `[Text]`."""
    for block in blocks:
        yield from _texts(block)


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for each in part:
            yield from _texts(each)
        return
    if not isinstance(part, dict):
        return
    if part.get("type") in ("button", "workflow_button"):
        yield f"[{part['text']['text']}]"
        return
    if isinstance(part.get("text"), str):
        yield part["text"]
        return
    for name in ("label", "title", "text", "fields", "elements", "accessory", "element", "rows"):
        yield from _texts(part.get(name))


def elements_of(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Interactive elements with their blocks."""
    for block in blocks:
        parts = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        for part in parts:
            if isinstance(part, dict) and "action_id" in part:
                yield part, block
