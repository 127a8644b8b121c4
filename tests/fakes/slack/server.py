"""The fake Slack itself: one loopback server, its workspaces, and what a test asks of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self

import aiohttp
from aiohttp import web

from tests.fakes.slack import installing
from tests.fakes.slack.delivering import Delivery, Dispatch
from tests.fakes.slack.http_delivery import HttpDelivery, encoded, signed
from tests.fakes.slack.installing import Installed
from tests.fakes.slack.rates import Rates
from tests.fakes.slack.responding import Responding
from tests.fakes.slack.socket_mode import SocketMode
from tests.fakes.slack.state import Channel, Json, Kind, Message, View, Workspace
from tests.fakes.slack.user import SlackUser
from tests.fakes.slack.web_api import Fault, WebApi
from tests.fakes.slack.world import Call, World


@dataclass(slots=True)
class SlackServer:
    """Slack on loopback; use it as an async context manager.

    It has the workspace T1 "Lab": channels C1 #papers with the bot in it, C2 #random without,
    the private G1 without, and the users U1 (an admin) and U2. Further workspaces come with
    `install` or `add_workspace` and have C1T2, U1T2 and so on.
    """

    mode: Literal["socket", "http"] = "socket"
    ack_seconds: float = 3.0
    rate_limited: bool = True
    channel_burst: int = 3
    posts_per_minute: int = 600
    latency_seconds: float = 0.0  # before each answer of the Web API
    world: World = field(default_factory=World)
    socket: SocketMode = field(init=False)
    http: HttpDelivery = field(init=False)
    dispatch: Dispatch = field(init=False)
    _web_api: WebApi = field(init=False)
    _runner: web.AppRunner | None = None
    _session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        world = self.world
        world.rates = Rates(
            world.monotonic,
            is_on=self.rate_limited,
            channel_burst=self.channel_burst,
            posts_per_minute=self.posts_per_minute,
        )
        self._session = aiohttp.ClientSession()
        self.socket = SocketMode(world, self.ack_seconds)
        self.http = HttpDelivery(world, self._session, self.ack_seconds)
        self.dispatch = Dispatch(world, self.socket if self.mode == "socket" else self.http)
        self._web_api = WebApi(world, self.latency_seconds)
        world.emit, world.new_ticket = self.dispatch.emit, self.socket.new_ticket
        await self._listen()
        if "T1" not in world.workspaces:
            world.add_workspace("T1", "Lab")
        return self

    async def _listen(self) -> None:
        app = web.Application(client_max_size=32 * 2**20)
        responding = Responding(self.world)
        app.router.add_route("*", "/api/{method}", self._web_api.answer)
        app.router.add_get("/link/", self.socket.serve)
        app.router.add_post("/response/{id}", responding.respond)
        app.router.add_post("/services/{team}/{channel}/{secret}", responding.webhook)
        app.router.add_post("/upload/{id}", responding.upload)
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.2
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.world.url = f"http://{host}:{port}"

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.dispatch.close()
        await self.socket.drop()
        assert self._runner is not None
        assert self._session is not None
        await self._runner.cleanup()
        await self._session.close()

    # --- where it is, and what opens it ------------------------------------------------------

    @property
    def api_url(self) -> str:
        """For SLACK_API_URL and `AsyncWebClient(base_url=...)`."""
        return f"{self.world.url}/api"

    @property
    def app_token(self) -> str:
        """For Socket Mode."""
        return self.world.app_token

    @property
    def signing_secret(self) -> str:
        """What HTTP requests are signed with."""
        return self.world.signing_secret

    @property
    def client_id(self) -> str:
        """Of the OAuth client."""
        return self.world.client_id

    @property
    def client_secret(self) -> str:
        """Of the OAuth client."""
        return self.world.client_secret

    def bot_token(self, team: str = "T1") -> str:
        """The bot's present token for a workspace."""
        return self.workspace(team).token

    def webhook_url(self, channel: str) -> str:
        """An incoming webhook of a channel."""
        place = self.world.channel(channel)
        return f"{self.world.url}/services/{place.team}/{place.id}/fake"

    def deliver_to(self, base_url: str) -> None:
        """Where the bot takes HTTP requests; `/slack/events` is added."""
        self.http.base_url = base_url

    def request(self, kind: str, payload: Json, *, at: float | None = None) -> tuple[str, Json]:
        """Body and headers of a signed request of the time `at`; for tests that forge one.

        `kind` is "events_api", "slash_commands" or "interactive".
        """
        body, content_type = encoded(kind, payload)
        return body, {"Content-Type": content_type, **signed(body, self.signing_secret, at=at)}

    def use_manifest(self, manifest: Json) -> None:
        """Have only the scopes, events and domains that an app's manifest asks for."""
        features = manifest.get("features", {})
        self.world.scopes = frozenset(manifest["oauth_config"]["scopes"]["bot"])
        events = manifest["settings"].get("event_subscriptions", {}).get("bot_events", [])
        self.world.events = frozenset(events)
        self.world.unfurl_domains = tuple(features.get("unfurl_domains", ()))
        for workspace in self.world.workspaces.values():
            workspace.scopes = self.world.scopes

    # --- people and admins -------------------------------------------------------------------

    def user(self, user: str, team: str = "T1") -> SlackUser:
        """Somebody who uses Slack."""
        workspace = self.workspace(team)
        assert user in workspace.people, f"{user} is not in {team}"
        return SlackUser(self.world, self.dispatch, workspace, user)

    def add_workspace(self, team: str, name: str) -> Workspace:
        """Another workspace, with the bot installed."""
        return self.world.add_workspace(team, name)

    async def invite_bot(self, channel: str) -> None:
        """`/invite @Papercourier`."""
        place, workspace = self._place(channel)
        place.members.add(workspace.bot_user)
        await self._tell(
            workspace,
            type="member_joined_channel",
            user=workspace.bot_user,
            channel=channel,
            channel_type="G" if place.kind is Kind.PRIVATE else "C",
            team=workspace.id,
            inviter=min(workspace.people),
        )

    async def kick_bot(self, channel: str) -> None:
        """`/remove @Papercourier`."""
        place, workspace = self._place(channel)
        place.members.discard(workspace.bot_user)
        await self._tell(
            workspace,
            type=f"{place.kind.value}_left",
            channel=channel,
            actor_id=min(workspace.people),
        )

    async def archive(self, channel: str) -> None:
        """Archive a channel."""
        place, workspace = self._place(channel)
        place.is_archived = True
        await self._of_life(workspace, place, "archive", user=min(workspace.people))

    async def unarchive(self, channel: str) -> None:
        """Take a channel out of the archive."""
        place, workspace = self._place(channel)
        place.is_archived = False
        await self._of_life(workspace, place, "unarchive", user=min(workspace.people))

    async def delete_channel(self, channel: str) -> None:
        """Delete a channel with everything in it."""
        place, workspace = self._place(channel)
        place.is_deleted = True
        await self._of_life(workspace, place, "deleted")

    async def rename(self, channel: str, name: str) -> None:
        """Give a channel another name."""
        place, workspace = self._place(channel)
        place.name = name
        about = {"id": channel, "name": name, "created": 0}
        await self._tell(workspace, type=f"{place.kind.value}_rename", channel=about)

    async def uninstall(self, team: str = "T1") -> None:
        """Remove the app from a workspace."""
        workspace = self.workspace(team)
        workspace.token_error = "account_inactive"  # noqa: S105 - a word, no token
        for place in workspace.channels.values():
            place.members.discard(workspace.bot_user)
        await self._tell(workspace, type="app_uninstalled")
        await self._revoked(workspace)

    async def revoke_tokens(self, team: str = "T1") -> None:
        """Take the bot's token back."""
        workspace = self.workspace(team)
        workspace.token_error = "token_revoked"  # noqa: S105 - a word, no token
        await self._revoked(workspace)

    async def install(self, team: str, http_base_url: str, **answers: Any) -> Installed:
        """Install through the bot's pages; `answers` are those of `installing.install`."""
        return await installing.install(self.world, team, http_base_url, **answers)

    # --- what is there -----------------------------------------------------------------------

    def workspace(self, team: str = "T1") -> Workspace:
        """A workspace as it stands."""
        return self.world.workspaces[team]

    def channel(self, channel: str) -> Channel:
        """A channel as it stands."""
        return self.world.channel(channel)

    def messages(self, channel: str) -> list[Message]:
        """What is there for everybody, replies too, oldest first."""
        return self.world.channel(channel).live()

    def thread(self, parent: Message) -> list[Message]:
        """The replies to a message, oldest first."""
        return [each for each in parent.replies if not each.is_deleted]

    def direct_messages(self, user: str, team: str = "T1") -> list[Message]:
        """What was said between somebody and the bot."""
        return self.workspace(team).direct(user).live()

    def ephemeral(self, channel: str, user: str) -> list[Message]:
        """What somebody alone sees in a channel."""
        there = self.world.channel(channel).messages.values()
        return [each for each in there if each.only_for == user and not each.is_deleted]

    def home(self, user: str, team: str = "T1") -> View | None:
        """Somebody's Home tab."""
        return self.workspace(team).homes.get(user)

    @property
    def posted(self) -> list[Message]:
        """All messages of all channels in the order of their arrival, deleted ones too."""
        return self.world.posted

    def calls(self, method: str | None = None) -> list[Call]:
        """The calls of a Web API method, or all; also "response_url" and "webhook"."""
        return [each for each in self.world.calls if method in (None, each.method)]

    @property
    def throttled(self) -> int:
        """How many calls were answered with 429 because of their pace."""
        return sum(each.answer.get("error") == "ratelimited" for each in self.world.calls)

    @property
    def violations(self) -> list[str]:
        """What the bot sent against the rules; a good test ends with none."""
        return self.world.violations

    @property
    def deliveries(self) -> list[Delivery]:
        """What was sent to the bot, and how each attempt ended."""
        return self.dispatch.deliveries

    @property
    def connections(self) -> int:
        """Open websockets."""
        return len(self.socket.connections)

    async def until(self, condition: Callable[[], bool], *, what: str = "it came about") -> None:
        """Return when `condition` holds; it is looked at whenever anything happens here."""
        await self.world.until(condition, what=what)

    async def settled(self) -> None:
        """Return when no event is on its way to the bot any more."""
        await self.dispatch.settled()

    # --- what goes wrong ---------------------------------------------------------------------

    def fail_next(
        self,
        method: str,
        *,
        error: str | None = None,
        status: int | None = None,
        retry_after: float | None = None,
        cut: bool = False,
        times: int = 1,
        after: int = 0,
    ) -> None:
        """Let the next calls of a method ("*": any) go wrong, the first `after` of them not.

        With `cut` the call is done and its answer is lost; otherwise nothing is done.
        """
        if status is None:
            status = 429 if error == "ratelimited" else 200
        fault = Fault(error=error, status=status, retry_after=retry_after, cut=cut)
        self._web_api.faults.setdefault(method, []).extend([None] * after + [fault] * times)

    def refuse_posts(self, channel: str, code: str | None) -> None:
        """Answer messages to a channel with an error, say `restricted_action`; None ends it."""
        self.world.channel(channel).refusal = code

    def duplicate_next(self, times: int = 1) -> None:
        """Deliver the next envelopes (or requests) twice."""
        if self.mode == "socket":
            self.socket.doubles += times
        else:
            self.http.doubles += times

    async def redeliver(self, delivery: Delivery) -> None:
        """Send an event once more, as if its acknowledgement had been lost."""
        await self.dispatch.emit_payload(delivery.payload)

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask for new connections, as Slack does every hour or so; returns when they are there."""
        await self.socket.disconnect(reason)

    async def drop_connections(self) -> None:
        """Tear down every connection."""
        await self.socket.drop()

    # --- admin events ------------------------------------------------------------------------

    def _place(self, channel: str) -> tuple[Channel, Workspace]:
        place = self.world.channel(channel)
        return place, self.workspace(place.team)

    async def _of_life(
        self, workspace: Workspace, place: Channel, what: str, **more: object
    ) -> None:
        if place.kind is Kind.PUBLIC or workspace.bot_user in place.members:
            await self._tell(workspace, type=f"{place.kind.value}_{what}", channel=place.id, **more)

    async def _revoked(self, workspace: Workspace) -> None:
        tokens = {"oauth": [], "bot": [workspace.bot_user]}
        await self._tell(workspace, type="tokens_revoked", tokens=tokens)

    async def _tell(self, workspace: Workspace, **event: object) -> None:
        self.world.touch()
        task = self.dispatch.emit(workspace, event)
        if task is not None:
            await task
