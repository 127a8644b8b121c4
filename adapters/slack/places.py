"""Where somebody said or clicked something, and how they can be answered there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bot.domain.subscriptions import Destination

PLATFORM: Final = "slack"


@dataclass(frozen=True, slots=True)
class Place:
    """A person in a channel of a workspace."""

    team_id: str
    channel_id: str
    user_id: str
    channel_name: str = ""  # as far as Slack said it
    thread_ts: str | None = None  # the thread that answers for all go to
    seen_ts: str | None = None  # the thread that the person is looking at
    response_url: str | None = field(default=None, repr=False)  # whoever knows it can answer
    is_home: bool = False  # asked in App Home, where no message can stand

    @property
    def destination(self) -> Destination:
        """The channel, as the desk knows it."""
        return Destination(PLATFORM, self.team_id, self.channel_id)

    @property
    def is_direct(self) -> bool:
        """Whether it is a conversation with one person."""
        return self.channel_id.startswith("D")


def place_of_command(body: Mapping[str, Any]) -> Place:
    """Where a slash command was typed."""
    return Place(
        team_id=str(body.get("team_id", "")),
        channel_id=str(body.get("channel_id", "")),
        user_id=str(body.get("user_id", "")),
        channel_name=str(body.get("channel_name", "")),
        response_url=body.get("response_url"),
    )


def place_of_click(body: Mapping[str, Any]) -> Place:
    """Where a button stands; in App Home that is no channel."""
    container = body.get("container") or {}
    channel = body.get("channel") or {}
    return Place(
        team_id=team_of(body),
        channel_id=str(channel.get("id") or container.get("channel_id") or ""),
        user_id=str((body.get("user") or {}).get("id", "")),
        channel_name=str(channel.get("name", "")),
        thread_ts=container.get("thread_ts") or container.get("message_ts"),
        seen_ts=container.get("thread_ts"),
        response_url=body.get("response_url"),
        is_home=container.get("type") == "view",
    )


def place_of_message(event: Mapping[str, Any], *, team_id: str) -> Place:
    """Where somebody wrote to us; in a channel the answer goes to the message's thread."""
    channel_id = str(event.get("channel", ""))
    seen_ts = thread_ts = event.get("thread_ts")
    if thread_ts is None and not channel_id.startswith("D"):
        thread_ts = event.get("ts")
    return Place(
        team_id=team_id,
        channel_id=channel_id,
        user_id=str(event.get("user", "")),
        thread_ts=thread_ts,
        seen_ts=seen_ts,
    )


def team_of(body: Mapping[str, Any]) -> str:
    """The workspace that a payload comes from."""
    team = body.get("team")
    return str((team or {}).get("id") or body.get("team_id") or "")
