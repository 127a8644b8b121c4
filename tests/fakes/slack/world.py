"""Everything the parts of the fake Slack share while it runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.slack.rates import Rates
from tests.fakes.slack.state import (
    DEFAULT_EVENTS,
    DEFAULT_SCOPES,
    Channel,
    Json,
    Kind,
    Message,
    Numbers,
    Person,
    View,
    Workspace,
)

PATIENCE_SECONDS = 60.0  # a busy machine is slow; a broken bot never gets there
TRIGGER_SECONDS = 3.0
RESPONSE_URL_USES = 5
RESPONSE_URL_SECONDS = 30 * 60.0


@dataclass(slots=True)
class Call:
    """One call of a Web API method."""

    method: str
    arguments: Json
    team: str | None
    at: float  # seconds of a monotonic clock
    error: str | None = None  # what it was answered; "cut" when the answer never went out
    answer: Json = field(default_factory=dict)


@dataclass(slots=True)
class Interaction:
    """Something a user did that the bot has to acknowledge, and what came of it."""

    world: World
    team: str
    user: str
    channel: str | None
    trigger_id: str
    response_url: str
    message: Message | None = None  # whose button it was
    ack: Json | None = None  # what came with the acknowledgement; None without one
    ack_seconds: float | None = None
    error: str | None = None  # what the user is told when nobody acknowledged
    acked: list[Message] = field(default_factory=list)  # shown by the acknowledgement itself
    responses: list[Message] = field(default_factory=list)  # through response_url
    views: list[View] = field(default_factory=list)  # opened or pushed with its trigger
    errors: dict[str, str] = field(default_factory=dict)  # of a form that was not taken

    @property
    def shown(self) -> list[Message]:
        """All messages this got the user, in order."""
        return [*self.acked, *self.responses]

    @property
    def text(self) -> str:
        """All words of those messages."""
        return "\n".join(message.shown() for message in self.shown)

    async def answer(self, number: int = 1) -> Message:
        """Wait until so many messages came of it; the last of those.

        A word that it takes a while, as on a busy machine, is no answer: see `patience`.
        """

        def answers() -> list[Message]:
            return [each for each in self.shown if not _is_patience(each)]

        await self.world.until(lambda: len(answers()) >= number, what="an answer came")
        return answers()[number - 1]

    async def patience(self) -> Message:
        """Wait until the user is told that it takes a while."""
        await self.world.until(lambda: any(map(_is_patience, self.shown)), what="a word came")
        return next(filter(_is_patience, self.shown))

    async def view(self) -> View:
        """Wait for the form it opens."""
        await self.world.until(lambda: bool(self.views), what="a form was opened")
        return self.views[-1]


def _is_patience(message: Message) -> bool:
    return message.shown().startswith("I am working on it")


@dataclass(slots=True)
class Trigger:
    """A `trigger_id`."""

    interaction: Interaction
    until: float
    view: View | None = None  # the modal it comes from
    is_used: bool = False


@dataclass(slots=True)
class ResponseUrl:
    """A `response_url`."""

    interaction: Interaction
    until: float
    uses_left: int = RESPONSE_URL_USES


@dataclass(slots=True)
class Upload:
    """A file on its way."""

    team: str
    name: str
    length: int
    content: bytes | None = None
    is_complete: bool = False


@dataclass(slots=True)
class World:
    """All workspaces, and what was done to them."""

    numbers: Numbers = field(default_factory=Numbers)
    monotonic: Callable[[], float] = time.monotonic
    rates: Rates = field(default_factory=lambda: Rates(time.monotonic))
    workspaces: dict[str, Workspace] = field(default_factory=dict)
    events: frozenset[str] = DEFAULT_EVENTS
    scopes: frozenset[str] = DEFAULT_SCOPES  # what an installation asks for and gets
    unfurl_domains: tuple[str, ...] = ("arxiv.org",)
    calls: list[Call] = field(default_factory=list)
    posted: list[Message] = field(default_factory=list)  # everybody's, as they arrived
    violations: list[str] = field(default_factory=list)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    codes: dict[str, tuple[str, str]] = field(default_factory=dict)  # OAuth: team, redirect
    used_codes: set[str] = field(default_factory=set)
    url: str = ""  # of the server, without a path
    app_token: str = "xapp-1-A0PAPERCOURIER-fake"  # noqa: S105 - of a fake
    signing_secret: str = "8f742231b10e8888abcd99yyyzzz85a5"  # noqa: S105 - likewise
    client_id: str = "11111.22222"
    client_secret: str = "fake-client-secret"  # noqa: S105 - likewise
    emit: Callable[[Workspace, Json], asyncio.Task[None] | None] = lambda *_: None
    new_ticket: Callable[[], str] = str  # a websocket's address, for apps.connections.open
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def add_workspace(self, team: str, name: str) -> Workspace:
        """A workspace as in the description of `SlackServer`."""
        bot, bot_id = f"U{team}BOT", f"B{team}"
        workspace = Workspace(
            id=team,
            name=name,
            bot_user=bot,
            bot_id=bot_id,
            token=f"xoxb-{team}-1",
            scopes=self.scopes,
        )
        # T1 has C1, U1 and so on; those of T2 are C1T2, U1T2, as IDs are never shared.
        end = "" if team == "T1" else team
        people = (
            Person(f"U1{end}", "ada", is_admin=True),
            Person(f"U2{end}", "emmy"),
            Person(bot, "papercourier", is_bot=True),
        )
        workspace.people = {each.id: each for each in people}
        everybody = {f"U1{end}", f"U2{end}"}
        for channel in (
            Channel(f"C1{end}", team, "papers", members=everybody | {bot}),
            Channel(f"C2{end}", team, "random", members=set(everybody)),
            Channel(f"G1{end}", team, "reading-group", Kind.PRIVATE, set(everybody)),
        ):
            workspace.channels[channel.id] = channel
        self.workspaces[team] = workspace
        return workspace

    def channel(self, channel: str) -> Channel:
        """A channel of any workspace, in whatever state it is."""
        for workspace in self.workspaces.values():
            if channel in workspace.channels:
                return workspace.channels[channel]
        raise AssertionError(f"there is no channel {channel}")

    def post(self, channel: Channel, **what: Any) -> Message:
        """A new message in a channel; `what` are fields of `Message`."""
        message = Message(
            team=channel.team,
            channel=channel.id,
            ts=self.numbers.ts(),
            at=self.monotonic(),
            **what,
        )
        channel.messages[message.ts] = message
        self.posted.append(message)
        if message.thread_ts and not message.only_for:
            parent = channel.messages.get(message.thread_ts)
            if parent is not None:
                parent.replies.append(message)
        self.touch()
        return message

    def touch(self) -> None:
        """Let those look again who wait for something."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, condition: Callable[[], bool], *, what: str = "it came about") -> None:
        """Return when `condition` holds; it is looked at whenever anything happens."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not condition():
                    await self._changed.wait()
        except TimeoutError as error:
            raise AssertionError(f"not in time: {what}") from error
