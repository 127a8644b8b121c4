"""One call of a Web API method: who calls, with what, and which channel is meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.fakes.slack.state import Channel, Json, Kind, Refusal, Workspace
from tests.fakes.slack.world import World


@dataclass(frozen=True, slots=True)
class Context:
    """A call that has a good token."""

    world: World
    workspace: Workspace
    arguments: Json

    def need(self, name: str) -> str:
        """An argument that must be there. Raises Refusal."""
        value = self.arguments.get(name)
        if not isinstance(value, str | int | float) or value == "":
            raise Refusal("invalid_arguments", f"[ERROR] missing required field: {name}")
        return str(value)

    def flag(self, name: str) -> bool:
        """A yes or no."""
        return str(self.arguments.get(name, "")).lower() in ("1", "true")

    def number(self, name: str, *, default: int, most: int) -> int:
        """A whole number from 1 to `most`. Raises Refusal."""
        try:
            value = int(self.arguments.get(name, default))
        except (TypeError, ValueError) as error:
            raise Refusal("invalid_limit") from error
        if not 1 <= value <= most:
            raise Refusal("invalid_limit")
        return value

    def may(self, scope: str) -> None:
        """Refuse a token without the scope."""
        if scope not in self.workspace.scopes:
            provided = ",".join(sorted(self.workspace.scopes))
            raise Refusal("missing_scope", needed=scope, provided=provided)

    def channel(self, verb: str) -> Channel:
        """The channel meant, if the bot can see it and has its scope for `read` or `history`.

        Raises Refusal.
        """
        channel = self._known_channel(self.need("channel"))
        self.may(f"{channel.kind.scope}:{verb}")
        if channel.kind is not Kind.PUBLIC and not self.is_member(channel):
            raise Refusal("channel_not_found")
        return channel

    def channel_to_post(self) -> Channel:
        """The channel meant, if the bot may write there; a user's ID means direct messages.

        Raises Refusal.
        """
        self.may("chat:write")
        asked = self.need("channel")
        if asked in self.workspace.people:
            return self.workspace.direct(asked)
        channel = self._known_channel(asked)
        if not self.is_member(channel):
            if channel.kind is not Kind.PUBLIC:
                raise Refusal("channel_not_found")
            if "chat:write.public" not in self.workspace.scopes:
                raise Refusal("not_in_channel")
        if channel.is_archived:
            raise Refusal("is_archived")
        if channel.refusal:
            raise Refusal(channel.refusal)
        return channel

    def is_member(self, channel: Channel) -> bool:
        """Whether the bot is in the channel."""
        return self.workspace.bot_user in channel.members

    def person(self, name: str = "user") -> str:
        """A user that must exist. Raises Refusal."""
        user = self.need(name)
        if user not in self.workspace.people:
            raise Refusal("user_not_found")
        return user

    def page(self, items: list[Any], *, default: int, most: int) -> tuple[list[Any], Json]:
        """So many of `items` as `limit` and `cursor` say, and what tells of the next page."""
        limit = self.number("limit", default=default, most=most)
        cursor = str(self.arguments.get("cursor") or "0")
        if not cursor.isdecimal():
            raise Refusal("invalid_cursor")
        end = int(cursor) + limit
        following = str(end) if end < len(items) else ""
        return items[int(cursor) : end], {"response_metadata": {"next_cursor": following}}

    def _known_channel(self, asked: str) -> Channel:
        for channel in self.workspace.channels.values():
            if asked in (channel.id, f"#{channel.name}") and not channel.is_deleted:
                return channel
        raise Refusal("channel_not_found")
