"""Keeping App Home as things are."""

from __future__ import annotations

import logging
from collections import OrderedDict
from typing import Final

from adapters.slack.errors import slack_errors
from adapters.slack.home import Shown, home_view
from adapters.slack.people import People
from adapters.slack.places import PLATFORM, Place
from adapters.slack.workspaces import Workspaces
from bot.domain.subscriptions import Subscription
from bot.errors import PapercourierError
from bot.ports import UnitOfWorkFactory

log = logging.getLogger(__name__)

_MOST_OPEN: Final = 500  # homes that are remembered as looked at
_MOST_REFRESHED: Final = 10  # of one workspace after one change
_MOST_LOOKED_UP: Final = 30  # channels that somebody is not in


class Homes:
    """Publishes App Home when somebody looks at it, and again when something has changed."""

    def __init__(
        self,
        *,
        open_unit: UnitOfWorkFactory,
        people: People,
        workspaces: Workspaces,
        command: str,
    ) -> None:
        self._open_unit = open_unit
        self._people = people
        self._workspaces = workspaces
        self._command = command
        self._lately: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def opened(self, team_id: str, user_id: str) -> None:
        """Show somebody their Home, and remember that they look at it."""
        self._lately[(team_id, user_id)] = None
        self._lately.move_to_end((team_id, user_id))
        if len(self._lately) > _MOST_OPEN:
            self._lately.popitem(last=False)
        await self._publish(team_id, user_id)

    async def changed(self, place: Place) -> None:
        """Show what has changed to whoever looked lately, first of all to whoever changed it."""
        others = [
            user
            for team, user in reversed(self._lately)
            if team == place.team_id and user != place.user_id
        ]
        if (place.team_id, place.user_id) in self._lately:
            others.insert(0, place.user_id)
        for user_id in others[:_MOST_REFRESHED]:
            await self._publish(place.team_id, user_id)

    async def _publish(self, team_id: str, user_id: str) -> None:
        try:
            rows = await self._rows(team_id, user_id)
            client = await self._workspaces.client(team_id)
            with slack_errors():
                await client.views_publish(
                    user_id=user_id, view=home_view(rows, command=self._command)
                )
        except PapercourierError as error:
            log.warning("slack.home_not_shown", extra={"reason": str(error)})

    async def _rows(self, team_id: str, user_id: str) -> list[Shown]:
        async with self._open_unit() as unit:
            subscriptions = await unit.subscriptions.of_workspace(PLATFORM, team_id)
            refusals = {
                destination: state.disabled_reason
                for destination, state in await unit.destinations.disabled()
                if destination.workspace_id == team_id
            }
        visible = await self._visible(team_id, user_id, subscriptions)
        return [
            Shown(each, refusals.get(each.destination, ""))
            for each in sorted(subscriptions, key=lambda each: (each.destination, each.number))
            if each.destination.channel_id in visible
        ]

    async def _visible(
        self, team_id: str, user_id: str, subscriptions: tuple[Subscription, ...]
    ) -> set[str]:
        """The channels of which somebody may know: their own, and public ones unless a guest."""
        channels = {each.destination.channel_id for each in subscriptions}
        direct = {
            each.destination.channel_id
            for each in subscriptions
            if each.destination.channel_id.startswith("D") and each.created_by == user_id
        }
        own = await self._people.channels_of(team_id, user_id)
        visible = direct | (channels & own)
        others = sorted(each for each in channels - visible if not each.startswith("D"))
        if others and not await self._is_guest(team_id, user_id):
            for channel_id in others[:_MOST_LOOKED_UP]:
                if await self._is_public(team_id, channel_id):
                    visible.add(channel_id)
        return visible

    async def _is_guest(self, team_id: str, user_id: str) -> bool:
        user = await self._people.user(Place(team_id, "", user_id))
        return bool(user.get("is_restricted") or user.get("is_ultra_restricted"))

    async def _is_public(self, team_id: str, channel_id: str) -> bool:
        try:
            channel = await self._people.channel(team_id, channel_id)
        except PapercourierError:  # deleted, or private and without us
            return False
        return channel.get("is_private") is False
