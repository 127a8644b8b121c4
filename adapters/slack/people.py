"""What Slack says of people and channels: who may manage a channel, and whether we are in it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from adapters.slack.errors import slack_errors
from adapters.slack.places import Place
from adapters.slack.workspaces import Workspaces
from bot.errors import PermanentError, UserError
from bot.ports import Clock

_KEPT_FOR: Final = timedelta(minutes=5)
_MOST_KEPT: Final = 5_000
_PAGE: Final = 999  # channels
_MOST_PAGES: Final = 20
_UNSEEN: Final = frozenset({"channel_not_found", "not_in_channel"})  # so Slack hides the private

Facts = Mapping[str, Any]


class People:
    """Asks Slack, and remembers its answers for minutes."""

    def __init__(self, workspaces: Workspaces, *, clock: Clock) -> None:
        self._workspaces = workspaces
        self._clock = clock
        self._facts: OrderedDict[tuple[str, str], tuple[datetime, Facts]] = OrderedDict()

    async def may_manage(self, place: Place) -> bool:
        """Whether somebody may change the channel's subscriptions, as far as Slack says.

        Admins and owners of the workspace and whoever made the channel may; in a direct message
        the person. Raises as Slack does.
        """
        if place.is_direct:
            return True
        user, channel = await asyncio.gather(self.user(place), self._channel_or_nothing(place))
        is_admin = any(user.get(name) for name in ("is_admin", "is_owner", "is_primary_owner"))
        return is_admin or channel.get("creator") == place.user_id

    async def check_membership(self, place: Place) -> None:
        """Return when digests can be posted there. Raises UserError with the mend."""
        if place.is_direct:
            if not await self._channel_or_nothing(place):
                raise UserError(
                    "I have no part in this conversation: write to me directly, or type this in "
                    "a channel."
                )
            return
        # Somebody may have invited us a moment ago.
        self.forget_channel(place.team_id, place.channel_id)
        channel = await self._channel_or_nothing(place)
        identity = await self._workspaces.identity(place.team_id)
        name = identity.name if identity else "Papercourier"
        if not channel.get("is_member"):
            known = channel.get("name") or place.channel_name
            here = f"#{known}" if known and known != "privategroup" else "this channel"
            raise UserError(f"I am not in {here} yet: type `/invite @{name}`.")
        if channel.get("is_archived"):
            raise UserError("This channel is archived: unarchive it first.")

    async def user(self, place: Place) -> Facts:
        """What `users.info` says of somebody. Raises as Slack does."""
        client = await self._workspaces.client(place.team_id)

        async def ask() -> Facts:
            with slack_errors():
                return _part(await client.users_info(user=place.user_id), "user")

        return await self._asked((place.team_id, place.user_id), ask)

    async def channel(self, team_id: str, channel_id: str) -> Facts:
        """What `conversations.info` says of a channel. Raises as Slack does."""
        client = await self._workspaces.client(team_id)

        async def ask() -> Facts:
            with slack_errors():
                return _part(await client.conversations_info(channel=channel_id), "channel")

        return await self._asked((team_id, channel_id), ask)

    async def channels_of(self, team_id: str, user_id: str) -> frozenset[str]:
        """The channels that somebody is in, of those we may see. Raises as Slack does.

        Never from memory: who has just left a private channel must not see it any more.
        """
        client = await self._workspaces.client(team_id)
        found: list[str] = []
        cursor = ""
        for _ in range(_MOST_PAGES):
            with slack_errors():
                page = await client.users_conversations(
                    user=user_id,
                    types="public_channel,private_channel",
                    limit=_PAGE,
                    cursor=cursor or None,
                )
            found += [str(each["id"]) for each in page.get("channels") or []]
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return frozenset(found)

    def forget_channel(self, team_id: str, channel_id: str) -> None:
        """Ask again about a channel of which something has changed."""
        self._facts.pop((team_id, channel_id), None)

    async def _channel_or_nothing(self, place: Place) -> Facts:
        try:
            return await self.channel(place.team_id, place.channel_id)
        except PermanentError as error:
            if error.code in _UNSEEN:
                return {}
            raise

    async def _asked(self, key: tuple[str, str], ask: Callable[[], Awaitable[Facts]]) -> Facts:
        if (known := self._facts.get(key)) is not None and self._clock.now() < known[0]:
            return known[1]
        facts = await ask()
        self._facts[key] = (self._clock.now() + _KEPT_FOR, facts)
        self._facts.move_to_end(key)
        if len(self._facts) > _MOST_KEPT:
            self._facts.popitem(last=False)
        return facts


def _part(answer: Any, name: str) -> Facts:
    facts: Facts = answer.get(name) or {}
    return facts
