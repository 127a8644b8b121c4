"""The fake Discord: HTTP API v10 and gateway on loopback, people to use it, mishaps on demand."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.fakes.discord import buckets, permissions
from tests.fakes.discord.app_routes import AppRoutes
from tests.fakes.discord.buckets import RateLimits
from tests.fakes.discord.calls import Call
from tests.fakes.discord.channel_routes import ChannelRoutes
from tests.fakes.discord.contract import Violation
from tests.fakes.discord.faults import Cut, Mishap
from tests.fakes.discord.gateway import Gateway
from tests.fakes.discord.interaction_routes import InteractionRoutes
from tests.fakes.discord.interactions import ANSWER_SECONDS, Interaction, Interactions
from tests.fakes.discord.permissions import BITS
from tests.fakes.discord.person import Person
from tests.fakes.discord.rest import RestApi
from tests.fakes.discord.shapes import FORUM, TEXT, Channel, Guild, Message, Role, Upload, User
from tests.fakes.discord.state import World

Place = Channel | str


@dataclass(slots=True)
class DiscordServer:
    """Discord with one guild "Lab"; use it as an async context manager.

    "Lab" has #papers and #general, #random (where the bot may not post), a forum "digests", the
    role "readers", the people "admin" (manages channels) and "member".
    """

    per_second: int | None = buckets.GLOBAL_PER_SECOND
    limits: Mapping[str, tuple[int, float]] | None = field(  # None where nobody counts
        default_factory=lambda: buckets.LIMITS
    )
    answer_seconds: float = ANSWER_SECONDS
    heartbeat_seconds: float = 41.25
    identify_every_seconds: float = 0.0
    nonce_seconds: float = 300.0
    latency_seconds: float = 0.0
    shards: int = 1  # what /gateway/bot recommends
    allowed_privileged: int = 0  # intents granted in the developer portal
    is_strict: bool = True  # at its end there may be no request that Discord's file does not allow
    token: str = field(
        default_factory=lambda: f"MTIz.{secrets.token_urlsafe(4)}.{secrets.token_urlsafe(20)}"
    )
    world: World = field(init=False)
    gateway: Gateway = field(init=False)
    interactions: Interactions = field(init=False)
    rest: RestApi = field(init=False)
    guild: Guild = field(init=False)
    api_url: str = ""
    _runner: web.AppRunner | None = None

    def __post_init__(self) -> None:
        self.world = World(
            self._emit,
            nonce_seconds=self.nonce_seconds,
        )
        self.gateway = Gateway(
            self.world,
            self.token,
            heartbeat_seconds=self.heartbeat_seconds,
            allowed_privileged=self.allowed_privileged,
            identify_every_seconds=self.identify_every_seconds,
        )
        self.interactions = Interactions(self.world, self.answer_seconds)
        self.rest = RestApi(
            self.world,
            self.token,
            {
                **AppRoutes(self.world, lambda: self.gateway.url, lambda: self.shards).table(),
                **ChannelRoutes(self.world).table(),
                **InteractionRoutes(self.world, self.interactions).table(),
            },
            RateLimits(self.limits, self.per_second),
            latency_seconds=self.latency_seconds,
        )
        self.guild = self._furnish()

    def _emit(self, event: str, data: dict[str, Any], guild: Guild | None) -> None:
        self.gateway.emit(event, data, guild)

    def _furnish(self) -> Guild:
        guild = self.add_guild("Lab")
        random = self.world.add_channel(guild, "random")
        self.world.own_overwrite(random).deny = BITS["send_messages"]
        self.world.add_channel(guild, "general")
        self.world.add_channel(guild, "digests", FORUM)
        readers = Role(self.world.new_id(), "readers", 0, mentionable=True)
        guild.roles[readers.id] = readers
        return guild

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=2**25)
        app.router.add_get("/gateway/", self.gateway.connect)
        app.router.add_get("/gateway", self.gateway.connect)
        app.router.add_get("/attachments/{upload_id}/{name}", self._download)
        self.rest.add_to(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.api_url = f"http://{host}:{port}/api"
        self.gateway.url = f"ws://{host}:{port}/gateway"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._runner is not None
        await self.gateway.close()
        await self._runner.cleanup()
        if self.is_strict and error is None:
            assert not self.violations, [str(each) for each in self.violations[:3]]

    # --- looking ---------------------------------------------------------------------------

    @property
    def gateway_url(self) -> str:
        """Where the gateway listens."""
        return self.gateway.url

    @property
    def violations(self) -> list[Violation]:
        """Requests that Discord's OpenAPI file does not allow."""
        return self.rest.violations

    @property
    def earned_429(self) -> int:
        """Requests throttled because the client was too fast (not those ordered by fail_next)."""
        return self.rest.earned_429

    def calls(self, route: str = "") -> list[Call]:
        """Requests, oldest first; of one route ("POST /channels/{channel_id}/messages")."""
        return [each for each in self.rest.calls if not route or each.route == route]

    def channel(self, place: Place, *, guild: Guild | None = None) -> Channel:
        """A channel by name ("papers" or "#papers"). Raises LookupError."""
        if isinstance(place, Channel):
            return place
        home = guild or self.guild
        for each in home.channels.values():
            if each.name == place.removeprefix("#"):
                return each
        raise LookupError(f"{home.name} has no channel {place!r}")

    def messages(self, place: Place) -> list[Message]:
        """What a channel or thread shows to everybody, oldest first."""
        return self.channel(place).messages

    def threads(self, place: Place) -> list[Channel]:
        """The threads of a channel, or a forum's posts, oldest first."""
        channel = self.channel(place)
        assert channel.guild is not None
        return [each for each in channel.guild.threads.values() if each.parent is channel]

    def role(self, name: str, *, guild: Guild | None = None) -> Role:
        """A role by name. Raises LookupError."""
        for each in (guild or self.guild).roles.values():
            if each.name == name:
                return each
        raise LookupError(name)

    def user(self, name: str, *, guild: Guild | None = None, channel: Place = "papers") -> Person:
        """A person of a guild ("admin" or "member"); their commands are given in `channel`."""
        home = guild or self.guild
        for member in home.members.values():
            if member.user.name == name:
                return self._person(member.user, home, self.channel(channel, guild=home))
        raise LookupError(f"{home.name} has no {name!r}")

    def stranger(self, name: str) -> Person:
        """A person who shares no guild with the bot and installed it for themselves."""
        user = self.world.add_user(name)
        return self._person(user, None, self.world.direct_channel(user))

    def _person(self, user: User, guild: Guild | None, home: Channel) -> Person:
        return Person(user, guild, home, self.world, self.interactions)

    @property
    def commands(self) -> list[dict[str, object]]:
        """The commands registered for all guilds."""
        return self.world.commands.get(None, [])

    def asked(self) -> list[Interaction]:
        """Every interaction, oldest first."""
        return list(self.interactions.by_token.values())

    # --- what admins do --------------------------------------------------------------------

    def add_guild(
        self,
        name: str,
        *,
        channels: tuple[str, ...] = ("papers",),
        shard: tuple[int, int] | None = None,
    ) -> Guild:
        """Another guild with an "admin", a "member" and the bot; perhaps on a shard (n, count)."""
        owner = self.world.add_user("owner")
        guild = self.world.add_guild(name, owner, shard=shard)
        admins = Role(self.world.new_id(), "admins", permissions.bits(["manage_channels"]))
        guild.roles[admins.id] = admins
        self.world.join(guild, self.world.add_user("admin")).role_ids.append(admins.id)
        self.world.join(guild, self.world.add_user("member"))
        for each in channels:
            self.world.add_channel(guild, each)
        self._tell_joined(guild)
        return guild

    def add_channel(self, name: str, *, guild: Guild | None = None, forum: bool = False) -> Channel:
        """Another channel."""
        channel = self.world.add_channel(guild or self.guild, name, FORUM if forum else TEXT)
        self.world.tell_of_channel("CHANNEL_CREATE", channel)
        return channel

    def take_permission(self, place: Place, *names: str) -> None:
        """Deny permissions to the bot in a channel ("send_messages", "view_channel", ...)."""
        channel = self.channel(place)
        overwrite = self.world.own_overwrite(channel)
        overwrite.deny |= permissions.bits(names)
        overwrite.allow &= ~permissions.bits(names)
        self.world.tell_of_channel("CHANNEL_UPDATE", channel)

    def give_permission(self, place: Place, *names: str) -> None:
        """Allow permissions to the bot in a channel."""
        channel = self.channel(place)
        overwrite = self.world.own_overwrite(channel)
        overwrite.deny &= ~permissions.bits(names)
        overwrite.allow |= permissions.bits(names)
        self.world.tell_of_channel("CHANNEL_UPDATE", channel)

    def delete_channel(self, place: Place) -> None:
        """Delete a channel or thread, with what is in it."""
        channel = self.channel(place)
        guild = channel.guild
        assert guild is not None
        del self.world.channels[channel.id]
        if channel.is_thread:
            del guild.threads[channel.id]
            self.world.tell_of_channel("THREAD_DELETE", channel)
            return
        del guild.channels[channel.id]
        for thread in [each for each in guild.threads.values() if each.parent is channel]:
            del guild.threads[thread.id]
            del self.world.channels[thread.id]
        self.world.tell_of_channel("CHANNEL_DELETE", channel)

    def delete_message(self, message: Message) -> None:
        """A moderator deletes a message."""
        self.world.delete(message)

    def lock_thread(self, thread: Channel) -> None:
        """Lock and archive a thread."""
        thread.locked = thread.archived = True
        self.world.tell_of_channel("THREAD_UPDATE", thread)

    def unlock_thread(self, thread: Channel) -> None:
        """Open a thread again."""
        thread.locked = thread.archived = False
        self.world.tell_of_channel("THREAD_UPDATE", thread)

    def kick_bot(self, guild: Guild | None = None) -> None:
        """Throw the bot out of a guild."""
        home = guild or self.guild
        self.world.absent.add(home.id)
        self.world.emit("GUILD_DELETE", {"id": str(home.id)}, home)

    def invite_bot(self, guild: Guild | None = None) -> None:
        """Let the bot in again; overwrites of channels are as they were."""
        home = guild or self.guild
        self.world.absent.discard(home.id)
        self._tell_joined(home)

    def _tell_joined(self, guild: Guild) -> None:
        # A guild that comes back says "unavailable: false"; one that is new says nothing of it.
        data = guild.gateway_json(self.world.me)
        del data["unavailable"]
        self.world.emit("GUILD_CREATE", data, guild)

    def outage(self, guild: Guild | None = None) -> None:
        """A guild is unavailable for a while: nobody was thrown out."""
        home = guild or self.guild
        self.world.emit("GUILD_DELETE", {"id": str(home.id), "unavailable": True}, home)

    def end_outage(self, guild: Guild | None = None) -> None:
        """The guild is there again."""
        home = guild or self.guild
        self.world.emit("GUILD_CREATE", home.gateway_json(self.world.me), home)

    def upload(self, name: str, content: bytes) -> Upload:
        """A file for an option of a command."""
        new_id = self.world.new_id()
        url = f"{self.api_url.removesuffix('/api')}/attachments/{new_id}/{name}"
        self.world.uploads[new_id] = Upload(new_id, name, content, url)
        return self.world.uploads[new_id]

    async def _download(self, request: web.Request) -> web.Response:
        upload = self.world.uploads.get(int(request.match_info["upload_id"]))
        return web.Response(body=upload.content) if upload else web.Response(status=404)

    def close_direct_messages(self, person: Person) -> None:
        """A person takes no direct messages any more."""
        person.user.direct_messages_closed = True

    def create_webhook(self, place: Place, name: str = "Papers") -> str:
        """A person makes an incoming webhook; its URL."""
        webhook = self.world.add_webhook(self.channel(place), name, owned=False)
        return f"{self.api_url}/webhooks/{webhook.id}/{webhook.token}"

    def delete_webhook(self, url: str) -> None:
        """A person deletes a webhook."""
        del self.world.webhooks[int(url.split("/")[-2])]

    def advance(self, seconds: float) -> None:
        """Let time pass for tokens, nonces and the three seconds."""
        self.world.skew_seconds += seconds
        for each in self.interactions.by_token.values():
            each.changed.set()

    # --- mishaps ---------------------------------------------------------------------------

    def fail_next(
        self,
        route: str,
        *,
        status: int = 0,
        code: int = 0,
        retry_after: float = 0.0,
        is_global: bool = False,
        cut: Cut = "",
        is_done: bool = False,
        times: int = 1,
    ) -> None:
        """Let the next requests of a route fail; "POST /channels*" means all that begin so.

        `cut` ends the connection "before" or "after" the work was done; `is_done` does the work
        and answers with the error all the same.
        """
        self.rest.mishaps.waiting.append(
            Mishap(route, status, code, retry_after, is_global, cut, is_done, times)
        )
