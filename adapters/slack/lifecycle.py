"""Channels and workspaces that come and go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from adapters.slack.once import Once
from adapters.slack.payload import section, write_payload
from adapters.slack.people import People
from adapters.slack.places import PLATFORM, Place
from adapters.slack.voice import Voice
from adapters.slack.workspaces import Workspaces
from bot.domain.outbox import WORKSPACE_REFUSALS
from bot.domain.subscriptions import Destination
from bot.errors import PapercourierError
from bot.ports import Clock, UnitOfWorkFactory
from bot.services.refusals import RefusalService

log = logging.getLogger(__name__)

_FOREVER: Final = timedelta(days=3_650)  # a channel is greeted once
_ASK_AGAIN: Final = timedelta(seconds=10)  # whether a token works

# What ends a channel's digests: the code that is kept, and the sentence with the mend.
_ENDS: Final[Mapping[str, tuple[str, str]]] = {
    "archive": ("is_archived", "The channel is archived: unarchive it, and I go on."),
    "deleted": ("channel_not_found", "The channel was deleted: subscribe in another one."),
    "left": ("not_in_channel", "I was removed from the channel: invite me again, and I go on."),
}
_WORKSPACE_ENDS: Final[Mapping[str, tuple[str, str]]] = {
    "app_uninstalled": (
        "app_uninstalled",
        "Papercourier was removed from this workspace: install it again, and I go on.",
    ),
    "tokens_revoked": (
        "token_revoked",
        "Papercourier's access to this workspace was revoked: install it again, and I go on.",
    ),
}


class Lifecycle:
    """Tells the core what refuses us and what takes us back."""

    def __init__(
        self,
        *,
        refusals: RefusalService,
        open_unit: UnitOfWorkFactory,
        workspaces: Workspaces,
        people: People,
        voice: Voice,
        once: Once,
        clock: Clock,
        command: str,
    ) -> None:
        self._refusals = refusals
        self._open_unit = open_unit
        self._workspaces = workspaces
        self._people = people
        self._voice = voice
        self._once = once
        self._clock = clock
        self._command = command
        self._workspace_events = asyncio.Lock()  # they come in pairs, in any order
        self._asked_at: dict[str, datetime] = {}

    async def channel_event(self, team_id: str, event: Mapping[str, Any]) -> None:
        """`channel_archive`, `group_left`, `member_joined_channel` and their kin."""
        kind = str(event.get("type", ""))
        channel = event.get("channel")
        channel_id = str(channel.get("id", "") if isinstance(channel, Mapping) else channel)
        self._people.forget_channel(team_id, channel_id)
        destination = Destination(PLATFORM, team_id, channel_id)
        if kind in ("member_joined_channel", "member_left_channel"):
            identity = await self._workspaces.identity(team_id)
            if identity is None or event.get("user") != identity.bot_user_id:
                return
            if kind == "member_joined_channel":
                await self._joined(destination)
                return
        _, _, what = kind.rpartition("_")
        if what == "unarchive":
            await self._unarchived(destination)
        elif (end := _ENDS.get("left" if kind == "member_left_channel" else what)) is not None:
            code, reason = end
            await self._refusals.refuse(destination, code=code, reason=reason)

    async def workspace_event(self, team_id: str, event: Mapping[str, Any]) -> None:
        """`app_uninstalled`, and `tokens_revoked` where it is about the bot's token."""
        kind = str(event.get("type", ""))
        if kind == "tokens_revoked" and not (event.get("tokens") or {}).get("bot"):
            return
        async with self._workspace_events:
            await self._workspace_ended(team_id, kind)

    async def _workspace_ended(self, team_id: str, kind: str) -> None:
        # Who removes the app revokes its tokens, too: the removal is the reason that is kept.
        if kind == "tokens_revoked" and await self._is_refused(team_id):
            return
        # The event may be late, and we may be installed anew by now.
        if await self._is_gone(team_id):
            code, reason = _WORKSPACE_ENDS[kind]
            log.warning("slack.workspace_gone", extra={"workspace": team_id, "code": code})
            await self._refusals.refuse_workspace(PLATFORM, team_id, code=code, reason=reason)

    async def heard_from(self, team_id: str) -> None:
        """Somebody there speaks to us: what refused us with the whole workspace may be over."""
        if not await self._is_refused(team_id):
            return
        now = self._clock.now()
        asked_at = self._asked_at.get(team_id)
        if asked_at is None or now - asked_at >= _ASK_AGAIN:
            self._asked_at[team_id] = now
            if not await self._is_gone(team_id):
                await self.installed(team_id)

    async def installed(self, team_id: str) -> None:
        """Let a workspace's channels have what waited for them."""
        self._workspaces.forget(team_id)
        await self._refusals.accept_workspace(PLATFORM, team_id)

    async def _is_refused(self, team_id: str) -> bool:
        async with self._open_unit() as unit:
            return any(
                (destination.platform, destination.workspace_id) == (PLATFORM, team_id)
                and state.disabled_code in WORKSPACE_REFUSALS
                for destination, state in await unit.destinations.disabled()
            )

    async def _is_gone(self, team_id: str) -> bool:
        try:
            return await self._workspaces.is_gone(team_id)
        except PapercourierError as error:
            log.info("slack.token_not_checked", extra={"reason": str(error)})
            return True  # until Slack says otherwise, it is as the event says

    async def _unarchived(self, destination: Destination) -> None:
        try:
            channel = await self._people.channel(destination.workspace_id, destination.channel_id)
        except PapercourierError as error:
            log.info("slack.channel_not_seen", extra={"reason": str(error)})
            channel = {}
        if channel.get("is_member"):
            await self._refusals.accept(destination)
        else:
            code, reason = _ENDS["left"]
            await self._refusals.refuse(destination, code=code, reason=reason)

    async def _joined(self, destination: Destination) -> None:
        await self._refusals.accept(destination)
        if not await self._once.claim(f"hello:{destination}", now=self._clock.now(), keep=_FOREVER):
            return
        text = (
            f"Hello! `{self._command} subscribe` brings new arXiv papers here each day, chosen and "
            f"summarised; `{self._command} help` shows what else I can do."
        )
        place = Place(destination.workspace_id, destination.channel_id, user_id="")
        try:
            await self._voice.openly(place, [write_payload(text, [section(text)])])
        except PapercourierError as error:
            log.info("slack.hello_not_said", extra={"reason": str(error)})
