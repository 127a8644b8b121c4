"""Whether Slack takes our tokens, grants what we ask for, and lets us post where we should."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

from aiohttp import ClientSession
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.app import SlackTokens, check_tokens
from adapters.slack.errors import slack_errors
from adapters.slack.installations import EncryptedInstallationStore
from adapters.slack.manifest import SCOPES
from adapters.slack.vendor import web_client
from adapters.slack.workspaces import ManyWorkspaces
from bot.domain.checkup import Finding, fault, note, well
from bot.domain.subscriptions import Destination
from bot.errors import PermanentError, TransientError
from bot.ports import Clock

_TOPIC: Final = "Slack"
_MOST_CHANNELS: Final = 40  # conversations.info may be called some fifty times a minute


class SlackCheckup:
    """An `Examination`; `store` knows the workspaces that installed us, where there are many."""

    def __init__(
        self,
        tokens: SlackTokens,
        *,
        channels: Sequence[Destination],
        public_url: str | None,
        clock: Clock,
        store: EncryptedInstallationStore | None = None,
    ) -> None:
        self._tokens = tokens
        self._channels = sorted(set(channels))
        self._public_url = public_url
        self._clock = clock
        self._store = store

    async def __call__(self) -> Sequence[Finding]:
        """Raises UserError for tokens that cannot work together."""
        check_tokens(self._tokens)
        async with ClientSession() as session:
            return [
                *await self._way_in(session),
                *[finding async for finding in self._workspaces(session)],
            ]

    async def _way_in(self, session: ClientSession) -> list[Finding]:
        """How Slack reaches us."""
        if not self._tokens.app_token:
            if self._public_url is None:
                return [
                    note(
                        _TOPIC,
                        "Slack reaches this bot over HTTP, but web.public_url does not say under "
                        "which address: set it, and check that it leads here.",
                    )
                ]
            return [well(_TOPIC, f"events are expected at {self._public_url}/slack/events.")]
        client = web_client(self._tokens.api_url, session, token=None)
        try:
            with slack_errors():
                await client.apps_connections_open(app_token=self._tokens.app_token)
        except PermanentError:
            return [
                fault(
                    _TOPIC,
                    "Socket Mode cannot be opened with SLACK_APP_TOKEN: make an app-level token "
                    "with the scope connections:write under Basic Information, and set it.",
                )
            ]
        except TransientError as error:
            return [fault(_TOPIC, str(error))]
        return [well(_TOPIC, "Socket Mode can be opened.")]

    async def _workspaces(self, session: ClientSession) -> AsyncIterator[Finding]:
        if self._tokens.bot_token:
            client = web_client(self._tokens.api_url, session, token=self._tokens.bot_token)
            for finding in await self._workspace(client, self._channels):
                yield finding
            return
        if self._store is None:
            return
        api_url = self._tokens.api_url
        workspaces = ManyWorkspaces(
            self._store,
            client_for=lambda token: web_client(api_url, session, token=token),
            clock=self._clock,
        )
        for team_id in sorted({each.workspace_id for each in self._channels}):
            here = [each for each in self._channels if each.workspace_id == team_id]
            for finding in await self._installed(workspaces, team_id, here):
                yield finding
        if not self._channels:
            yield note(_TOPIC, "no workspace has a subscription yet: /slack/install adds one.")

    async def _installed(
        self, workspaces: ManyWorkspaces, team_id: str, channels: Sequence[Destination]
    ) -> list[Finding]:
        try:
            client = await workspaces.client(team_id)
        except (PermanentError, TransientError) as error:
            return [fault(_TOPIC, f"workspace {team_id}: {error}")]
        return await self._workspace(client, channels)

    async def _workspace(
        self, client: AsyncWebClient, channels: Sequence[Destination]
    ) -> list[Finding]:
        """One workspace: the token, its scopes, its channels."""
        try:
            with slack_errors():
                said = await client.auth_test()
        except (PermanentError, TransientError) as error:
            return [fault(_TOPIC, str(error))]
        name = str(said.get("team") or said["team_id"])
        granted = {each.strip() for each in said.headers.get("x-oauth-scopes", "").split(",")}
        findings = [well(_TOPIC, f"{name}: signed in as @{said.get('user')}.")]
        if missing := sorted(set(SCOPES) - granted):
            findings.append(
                fault(
                    _TOPIC,
                    f"{name}: the scopes {', '.join(missing)} are missing: give the app the "
                    "manifest that `papercourier slack-manifest` prints, and install it again.",
                )
            )
        ours = [each for each in channels if each.workspace_id == said["team_id"]]
        findings += [await _channel(client, name, each) for each in ours[:_MOST_CHANNELS]]
        if len(ours) > _MOST_CHANNELS:
            findings.append(
                note(
                    _TOPIC,
                    f"{name}: {len(ours) - _MOST_CHANNELS} more channels were not looked at, to "
                    "spare Slack the calls.",
                )
            )
        return findings


async def _channel(client: AsyncWebClient, workspace: str, channel: Destination) -> Finding:
    try:
        with slack_errors():
            said = await client.conversations_info(channel=channel.channel_id)
    except (PermanentError, TransientError) as error:
        return fault(_TOPIC, f"{workspace}, channel {channel.channel_id}: {error}")
    found = said["channel"]
    place = f"{workspace}, #{found['name']}" if found.get("name") else f"{workspace}, a chat"
    if found.get("is_archived"):
        return fault(_TOPIC, f"{place} is archived: unarchive it, or unsubscribe.")
    if not (found.get("is_member") or found.get("is_im")):
        return fault(_TOPIC, f"{place}: the bot is not a member: type `/invite @Papercourier`.")
    return well(_TOPIC, f"{place}: can post.")
