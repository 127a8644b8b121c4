"""The workspaces we are in: which token opens each, and who we are there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from slack_sdk.oauth.installation_store.models.installation import Installation
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError

from adapters.slack.errors import slack_errors
from adapters.slack.installations import EncryptedInstallationStore
from bot.errors import PapercourierError, PermanentError
from bot.ports import Clock

log = logging.getLogger(__name__)

_REMEMBERED: Final = timedelta(minutes=5)  # another process may have installed us anew

ClientMaker = Callable[[str], AsyncWebClient]  # a token's client


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are in a workspace."""

    team_id: str
    bot_user_id: str
    bot_id: str | None
    name: str  # what people invite: "papercourier"
    token: str = field(repr=False)


class Workspaces(Protocol):
    """Every workspace that this process speaks for."""

    async def identity(self, team_id: str) -> Identity | None:
        """Who we are there; None where we are not installed. Raises as Slack does."""
        ...

    async def client(self, team_id: str) -> AsyncWebClient:
        """A client for a workspace. Raises PermanentError("app_uninstalled")."""
        ...

    async def is_gone(self, team_id: str) -> bool:
        """Whether our token there works no more, asked anew; then it is forgotten."""
        ...

    def forget(self, team_id: str) -> None:
        """Look again the next time: it may be installed anew."""
        ...


def not_installed() -> PermanentError:
    """What is said of a workspace without us."""
    return PermanentError(
        "Papercourier is not installed in this Slack workspace any more: install it again, and "
        "everything comes back.",
        code="app_uninstalled",
    )


class OneWorkspace:
    """The workspace of SLACK_BOT_TOKEN."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._identity: Identity | None = None
        self._asking = asyncio.Lock()

    async def own_identity(self) -> Identity:
        """Who the token says we are; asked once. Raises as Slack does."""
        async with self._asking:
            if self._identity is None:
                self._identity = await _identity(self._client)
            return self._identity

    async def identity(self, team_id: str) -> Identity | None:
        """Who we are, in our own workspace only."""
        own = await self.own_identity()
        return own if own.team_id == team_id else None

    async def client(self, team_id: str) -> AsyncWebClient:
        """The one client, for its own workspace."""
        if await self.identity(team_id) is None:
            raise not_installed()
        return self._client

    async def is_gone(self, team_id: str) -> bool:
        """Ask Slack whether the token works."""
        del team_id  # there is only one
        try:
            await _identity(self._client)
        except PermanentError:
            return True
        return False

    def forget(self, team_id: str) -> None:
        """Nothing: the token stands in the environment."""


class ManyWorkspaces:
    """The workspaces that installed us by OAuth."""

    def __init__(
        self, store: EncryptedInstallationStore, *, client_for: ClientMaker, clock: Clock
    ) -> None:
        self._store = store
        self._client_for = client_for
        self._clock = clock
        self._known: dict[str, tuple[datetime, Identity | None]] = {}
        self._refreshing: dict[str, asyncio.Task[None]] = {}

    async def identity(self, team_id: str) -> Identity | None:
        """As it was installed last; its token may be an old one, which `client` never gives.

        Somebody waits for an acknowledgement: who we are in a workspace once known is told at
        once, and looked up for the next time.
        """
        known = self._known.get(team_id)
        if known is None or known[1] is None:
            return await self._current(team_id)
        if self._clock.now() >= known[0] and team_id not in self._refreshing:
            task = asyncio.create_task(self._refresh(team_id), name="slack identity")
            self._refreshing[team_id] = task
            task.add_done_callback(lambda _: self._refreshing.pop(team_id, None))
        return known[1]

    async def _refresh(self, team_id: str) -> None:
        try:
            await self._current(team_id)
        except (PapercourierError, SQLAlchemyError) as error:
            log.info("slack.identity_not_read", extra={"reason": str(error)})

    async def _current(self, team_id: str) -> Identity | None:
        """As it was installed last, at most `_REMEMBERED` ago."""
        if (known := self._known.get(team_id)) is not None:
            until, identity = known
            if self._clock.now() < until:
                return identity
        bot = await self._store.bot_of(team_id)
        identity = None
        if bot is not None and bot.bot_token:
            identity = Identity(
                team_id=team_id,
                bot_user_id=bot.bot_user_id,
                bot_id=bot.bot_id,
                name="Papercourier",
                token=bot.bot_token,
            )
        self._known[team_id] = (self._clock.now() + _REMEMBERED, identity)
        return identity

    async def client(self, team_id: str) -> AsyncWebClient:
        """A client with the workspace's own token."""
        identity = await self._current(team_id)
        if identity is None:
            raise not_installed()
        return self._client_for(identity.token)

    async def is_gone(self, team_id: str) -> bool:
        """Ask Slack whether the stored token works; one that does not is deleted.

        An event that comes late may speak of an installation that has been replaced.
        """
        self.forget(team_id)
        identity = await self._current(team_id)
        if identity is not None:
            try:
                await _identity(self._client_for(identity.token))
            except PermanentError:
                await self._store.forget(team_id)
                self.forget(team_id)
            else:
                return False
        return True

    async def installed(self, installation: Installation) -> None:
        """Take note of a workspace that has just installed us."""
        self.forget(installation.team_id or "")
        log.info("slack.installed", extra={"workspace": installation.team_id})

    def forget(self, team_id: str) -> None:
        """Read the store again the next time."""
        self._known.pop(team_id, None)


async def _identity(client: AsyncWebClient) -> Identity:
    with slack_errors():
        said = await client.auth_test()
    return Identity(
        team_id=str(said["team_id"]),
        bot_user_id=str(said["user_id"]),
        bot_id=said.get("bot_id"),
        name=_invited_as(said.get("user")),
        token=client.token or "",
    )


def _invited_as(name: str | None) -> str:
    """What follows the @ in `/invite`; our own name as it is written."""
    return name if name and name.casefold() != "papercourier" else "Papercourier"
