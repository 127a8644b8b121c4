"""Who we are in each workspace, known without waiting."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from cryptography.fernet import Fernet
from slack_sdk.oauth.installation_store.models.bot import Bot
from slack_sdk.oauth.installation_store.models.installation import Installation

from adapters.database.engine import open_database
from adapters.slack.installations import EncryptedInstallationStore
from adapters.slack.keys import open_keys
from adapters.slack.vendor import web_client
from adapters.slack.workspaces import ManyWorkspaces
from tests.fakes.clock import FrozenClock

NOW = datetime(2026, 1, 21, 9, tzinfo=UTC)


class BusyStore(EncryptedInstallationStore):
    """A store whose database can be made to answer later."""

    free: asyncio.Event
    reads: int = 0

    async def bot_of(self, team_id: str) -> Bot | None:
        """The bot, when the database has time."""
        self.reads += 1
        await self.free.wait()
        return await super().bot_of(team_id)

    async def install(self, token: str) -> None:
        """Install the bot in T1, as another process may."""
        await self.async_save(
            Installation(
                user_id="U1",
                team_id="T1",
                app_id="A1",
                bot_token=token,
                bot_id="B1",
                bot_user_id="UBOT",
            )
        )


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[BusyStore]:
    async with await open_database(f"sqlite:///{tmp_path}/papercourier.db") as database:
        store = BusyStore(
            client_id="1.2",
            engine=database.engine,
            keys=open_keys(Fernet.generate_key().decode(), home=tmp_path),
        )
        store.free = asyncio.Event()
        store.free.set()
        await store.install("xoxb-first")
        yield store


async def test_who_waits_for_an_acknowledgement_waits_for_no_database_twice(
    store: BusyStore,
) -> None:
    clock = FrozenClock(NOW)
    async with aiohttp.ClientSession() as session:
        workspaces = ManyWorkspaces(
            store,
            client_for=lambda token: web_client("http://127.0.0.1:9", session, token=token),
            clock=clock,
        )
        await workspaces.identity("T1")
        await store.install("xoxb-second")
        clock.advance(seconds=3_600)
        store.free.clear()

        at_once = [await workspaces.identity("T1") for _ in range(3)]
        asking = asyncio.create_task(workspaces.client("T1"))
        store.free.set()
        client = await asking
        later = await workspaces.identity("T1")

        assert [each and each.bot_user_id for each in at_once] == ["UBOT"] * 3
        assert store.reads == 3  # once at first, once for the three, once for the client
        assert client.token == "xoxb-second"  # noqa: S105 - a fake
        assert later is not None
        assert later.token == "xoxb-second"  # noqa: S105 - a fake
