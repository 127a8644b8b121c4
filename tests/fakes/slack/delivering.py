"""What Slack sends to the bot, on either way, and how often it tries."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.fakes.slack.state import APP_ID, Json, Kind, Workspace
from tests.fakes.slack.world import World

# Slack tries again at once, after a minute and after five; nobody's test waits so long.
RETRY_SECONDS = (0.0, 0.1, 0.3)
_NEEDS = {
    "app_mention": "app_mentions:read",
    "channel_archive": "channels:read",
    "channel_deleted": "channels:read",
    "channel_left": "channels:read",
    "channel_rename": "channels:read",
    "channel_unarchive": "channels:read",
    "group_archive": "groups:read",
    "group_deleted": "groups:read",
    "group_left": "groups:read",
    "group_rename": "groups:read",
    "group_unarchive": "groups:read",
    "link_shared": "links:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """How one delivery ended."""

    seconds: float
    payload: Json | None = None  # what came with the acknowledgement
    error: str | None = None  # "timeout", "connection", "http_500"; None: acknowledged
    wants_no_retry: bool = False


@dataclass(slots=True)
class Delivery:
    """One thing sent to the bot, and its attempts."""

    kind: str  # "slash_commands", "interactive", "events_api"
    payload: Json
    answers: list[Answer] = field(default_factory=list)

    @property
    def is_acknowledged(self) -> bool:
        """Whether any attempt was."""
        return any(answer.error is None for answer in self.answers)


class Way(Protocol):
    """Socket Mode or HTTP."""

    async def send(self, kind: str, payload: Json, *, retry: int, reason: str) -> Answer:
        """Deliver once, and wait for the acknowledgement."""
        ...


@dataclass(slots=True)
class Dispatch:
    """Sends things to the bot and keeps count."""

    world: World
    way: Way
    retry_seconds: tuple[float, ...] = RETRY_SECONDS
    deliveries: list[Delivery] = field(default_factory=list)
    repeats: int = 0  # so many of the next events come twice at once
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    async def ask(self, kind: str, payload: Json) -> Answer:
        """A command or an interaction: tried once."""
        delivery = Delivery(kind, payload)
        self.deliveries.append(delivery)
        answer = await self.way.send(kind, payload, retry=0, reason="")
        delivery.answers.append(answer)
        self.world.touch()
        return answer

    def emit(self, workspace: Workspace, event: Json) -> asyncio.Task[None] | None:
        """An event, if the app wants it and may have it; the task ends when Slack gives up."""
        name = _subscription(event)
        scope = _NEEDS.get(name)
        if name not in self.world.events or (scope and scope not in workspace.scopes):
            return None
        return self.emit_payload(event_payload(self.world, workspace, event))

    def emit_payload(self, payload: Json) -> asyncio.Task[None]:
        """A whole `event_callback`, also one that was sent before."""
        delivery = Delivery("events_api", payload)
        self.deliveries.append(delivery)
        task = self.start(self._insist(delivery))
        if self.repeats > 0:
            self.repeats -= 1
            self.start(self._insist(delivery))
        return task

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Work that `settled` waits for and the end of the server breaks off."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def settled(self) -> None:
        """Return when nothing is on its way to the bot any more."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        """Give everything up that is on its way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _insist(self, delivery: Delivery) -> None:
        reason = ""
        for number, seconds in enumerate((0.0, *self.retry_seconds)):
            if number:
                await asyncio.sleep(seconds)
            answer = await self.way.send(
                delivery.kind, delivery.payload, retry=number, reason=reason
            )
            delivery.answers.append(answer)
            self.world.touch()
            if answer.error is None or answer.wants_no_retry:
                return
            reason = answer.error


def _subscription(event: Json) -> str:
    """What the manifest calls an event."""
    if event["type"] != "message":
        return str(event["type"])
    kinds = {"im": "message.im", "channel": "message.channels", "group": "message.groups"}
    return kinds[event["channel_type"]]


def event_payload(world: World, workspace: Workspace, event: Json) -> Json:
    """The envelope that the Events API puts around an event."""
    return {
        "token": "verification-token",
        "team_id": workspace.id,
        "context_team_id": workspace.id,
        "context_enterprise_id": None,
        "api_app_id": APP_ID,
        "event": {"event_ts": world.numbers.ts(), **event},
        "type": "event_callback",
        "event_id": world.numbers.id("Ev"),
        "event_time": int(world.numbers.now()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": workspace.id,
                "user_id": workspace.bot_user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": world.numbers.id("4-"),
    }


def kind_word(kind: Kind) -> str:
    """`channel` or `group`, as events of a channel's life are named."""
    return kind.value
