"""Slack, wired: what hears people, what answers them, and what delivery sends through.

slack_bolt is loaded with this module: import it only where Slack is wanted.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import ClientSession, ClientTimeout, web
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.slack.answering import Answering
from adapters.slack.conversing import Conversing
from adapters.slack.form_desk import FormDesk
from adapters.slack.hearing import Heard, HttpDoor, socket_mode
from adapters.slack.homes import Homes
from adapters.slack.install import Installing
from adapters.slack.installations import EncryptedInstallationStore
from adapters.slack.keys import Keys
from adapters.slack.lifecycle import Lifecycle
from adapters.slack.listeners import Listeners
from adapters.slack.messenger import SlackMessenger
from adapters.slack.once import Once, SeenStore
from adapters.slack.people import People
from adapters.slack.posted import PostedPapers
from adapters.slack.render import SlackRenderer
from adapters.slack.vendor import TIMEOUT_SECONDS, vendor_log, web_client
from adapters.slack.voice import Voice
from adapters.slack.workspaces import ManyWorkspaces, OneWorkspace, Workspaces
from bot.errors import PermanentError, TransientError, UserError
from bot.ports import Clock, UnitOfWorkFactory
from bot.services.background_work import Work
from bot.services.delivery import DeliveryService
from bot.services.desk import Desk
from bot.services.refusals import RefusalService

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SlackTokens:
    """What Slack gave whoever runs us; `check_tokens` says which go together."""

    api_url: str
    bot_token: str | None = field(default=None, repr=False)
    app_token: str | None = field(default=None, repr=False)
    signing_secret: str | None = field(default=None, repr=False)
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Core:
    """What of the bot Slack talks to."""

    desk: Desk
    delivery: DeliveryService
    refusals: RefusalService
    open_unit: UnitOfWorkFactory


def check_tokens(tokens: SlackTokens) -> None:
    """Return when Slack can work with these. Raises UserError that names what is missing."""
    if bool(tokens.client_id) != bool(tokens.client_secret):
        missing = "SLACK_CLIENT_SECRET" if tokens.client_id else "SLACK_CLIENT_ID"
        raise UserError(f"{missing} is missing: both stand under Basic Information of your app.")
    if tokens.bot_token and tokens.client_id:
        raise UserError(
            "SLACK_BOT_TOKEN is for one workspace and SLACK_CLIENT_ID for many: unset one of them."
        )
    if not tokens.bot_token and not tokens.client_id:
        raise UserError(
            "SLACK_BOT_TOKEN is missing: install the app in your workspace and copy the token "
            "(xoxb-…) from OAuth & Permissions, or set SLACK_CLIENT_ID and SLACK_CLIENT_SECRET "
            "for many workspaces."
        )
    if not tokens.app_token and not tokens.signing_secret:
        raise UserError(
            "Slack cannot reach the bot: set SLACK_APP_TOKEN (xapp-…) for Socket Mode, or "
            "SLACK_SIGNING_SECRET for HTTP."
        )
    for name, value, start in (
        ("SLACK_BOT_TOKEN", tokens.bot_token, "xoxb-"),
        ("SLACK_APP_TOKEN", tokens.app_token, "xapp-"),
    ):
        if value and not value.startswith(start):
            raise UserError(f"{name} is not such a token: it begins with {start}.")


class Slack:
    """Slack as a platform; made by `open_slack_client`."""

    def __init__(
        self,
        tokens: SlackTokens,
        *,
        session: ClientSession,
        engine: AsyncEngine,
        seen: SeenStore,
        keys: Keys,
        clock: Clock,
        command_name: str,
        language: str,
        public_url: str | None,
    ) -> None:
        self._tokens = tokens
        self._session = session
        self._engine = engine
        self._keys = keys
        self._clock = clock
        self._command = f"/{command_name}"
        self._language = language
        self._public_url = public_url
        self._once = Once(seen)
        self._one: OneWorkspace | None = None
        self._store: EncryptedInstallationStore | None = None
        self._workspaces: Workspaces
        if tokens.client_id:
            self._store = EncryptedInstallationStore(
                client_id=tokens.client_id, engine=engine, keys=keys
            )
            self._workspaces = ManyWorkspaces(
                self._store,
                client_for=lambda token: web_client(tokens.api_url, session, token=token),
                clock=clock,
            )
        else:
            self._one = OneWorkspace(web_client(tokens.api_url, session, token=tokens.bot_token))
            self._workspaces = self._one
        self.renderer = SlackRenderer(command=self._command)
        self.messenger = SlackMessenger(self._workspaces.client, command=self._command)

    async def prepare(self) -> None:
        """Find out who we are. Raises UserError for tokens that Slack refuses."""
        if self._store is not None:
            if changed := await self._store.encrypt_anew():
                log.info("slack.tokens_encrypted_anew", extra={"secrets": changed})
            return
        assert self._one is not None  # noqa: S101 - there is a store or a token
        try:
            await self._one.own_identity()
        except PermanentError as error:
            raise UserError(
                "Slack refuses SLACK_BOT_TOKEN: install the app in your workspace, copy the token "
                "from OAuth & Permissions, and set it anew."
            ) from error
        except TransientError as error:
            log.warning("slack.not_reached", extra={"reason": str(error)})

    @asynccontextmanager
    async def listening(self, core: Core) -> AsyncIterator[tuple[list[web.RouteDef], Heard]]:
        """Answer people while it is open: the routes for HTTP, and whether Slack reaches us."""
        work = Work()
        app = self._bolt_app()
        lifecycle = self._register(app, core, work)
        try:
            if self._one is not None:
                work.start(self._back_at_start(lifecycle), name="slack start")
            routes = self._install_routes(lifecycle)
            if self._tokens.app_token:
                client = web_client(self._tokens.api_url, self._session, token=None)
                async with socket_mode(app, client, token=self._tokens.app_token) as heard:
                    yield routes, heard
            else:
                door = HttpDoor(
                    app, signing_secret=self._tokens.signing_secret or "", clock=self._clock
                )
                yield [*routes, *door.routes()], self._heard_by_http
        finally:
            await work.close()

    def _register(self, app: AsyncApp, core: Core, work: Work) -> Lifecycle:
        voice = Voice(self._workspaces, session=self._session)
        people = People(self._workspaces, clock=self._clock)
        homes = Homes(
            open_unit=core.open_unit,
            people=people,
            workspaces=self._workspaces,
            command=self._command,
        )
        answering = Answering(
            desk=core.desk,
            delivery=core.delivery,
            open_unit=core.open_unit,
            renderer=self.renderer,
            voice=voice,
            people=people,
            language=self._language,
            after_change=homes.changed,
        )
        lifecycle = Lifecycle(
            refusals=core.refusals,
            open_unit=core.open_unit,
            workspaces=self._workspaces,
            people=people,
            voice=voice,
            once=self._once,
            clock=self._clock,
            command=self._command,
        )
        Listeners(
            answering=answering,
            conversing=Conversing(
                desk=core.desk,
                open_unit=core.open_unit,
                answering=answering,
                voice=voice,
                workspaces=self._workspaces,
                posted=PostedPapers(self._workspaces),
                once=self._once,
                clock=self._clock,
                command=self._command,
            ),
            forms=FormDesk(
                desk=core.desk,
                answering=answering,
                people=people,
                workspaces=self._workspaces,
                keys=self._keys,
                clock=self._clock,
            ),
            homes=homes,
            lifecycle=lifecycle,
            once=self._once,
            work=work,
        ).register(app)
        return lifecycle

    def _bolt_app(self) -> AsyncApp:
        # bolt looks at the names of a function's arguments, and would give a method its `self`.
        async def authorize(team_id: str | None) -> AuthorizeResult | None:
            return await self._authorize(team_id)

        return AsyncApp(
            name="papercourier",
            # It would warn that it does not use the token it finds in the environment.
            logger=vendor_log("slack_bolt", logging.ERROR),
            client=web_client(self._tokens.api_url, self._session, token=None),
            authorize=authorize,  # type: ignore[arg-type]  # None is how bolt takes a refusal
            # `HttpDoor` does that before, without writing into the log what was sent.
            request_verification_enabled=False,
            signing_secret=self._tokens.signing_secret or "",
            user_facing_authorize_error_message=(
                "Papercourier is not installed in this workspace: ask an admin to install it."
            ),
        )

    async def _authorize(self, team_id: str | None) -> AuthorizeResult | None:
        """Who we are where a request comes from; None for workspaces that are not ours."""
        identity = await self._workspaces.identity(team_id or "")
        if identity is None:
            log.warning("slack.unknown_workspace", extra={"workspace": team_id})
            return None
        return AuthorizeResult(
            enterprise_id=None,
            team_id=identity.team_id,
            bot_id=identity.bot_id,
            bot_user_id=identity.bot_user_id,
            bot_token=identity.token,
        )

    def _install_routes(self, lifecycle: Lifecycle) -> list[web.RouteDef]:
        if self._store is None:
            return []
        return Installing(
            client=web_client(self._tokens.api_url, self._session, token=None),
            client_id=self._tokens.client_id or "",
            client_secret=self._tokens.client_secret or "",
            store=self._store,
            engine=self._engine,
            public_url=self._public_url,
            command=self._command,
            installed=lifecycle.installed,
        ).routes()

    async def _back_at_start(self, lifecycle: Lifecycle) -> None:
        """A new token may have been the mend for what refused us before."""
        assert self._one is not None  # noqa: S101 - asked for one workspace only
        try:
            identity = await self._one.own_identity()
        except (PermanentError, TransientError) as error:
            log.warning("slack.not_reached", extra={"reason": str(error)})
        else:
            await lifecycle.heard_from(identity.team_id)

    async def _heard_by_http(self) -> None:
        if self._one is not None:
            await self._one.own_identity()


@asynccontextmanager
async def open_slack_client(
    tokens: SlackTokens,
    *,
    engine: AsyncEngine,
    seen: SeenStore,
    keys: Keys,
    clock: Clock,
    command_name: str,
    language: str,
    public_url: str | None,
) -> AsyncIterator[Slack]:
    """Slack, ready to send. Raises UserError for tokens that cannot work."""
    check_tokens(tokens)
    timeout = ClientTimeout(total=TIMEOUT_SECONDS)
    async with ClientSession(timeout=timeout) as session:
        slack = Slack(
            tokens,
            session=session,
            engine=engine,
            seen=seen,
            keys=keys,
            clock=clock,
            command_name=command_name,
            language=language,
            public_url=public_url,
        )
        await slack.prepare()
        yield slack
