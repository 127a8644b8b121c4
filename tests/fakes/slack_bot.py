"""The bot as it runs on Slack, in this process, against the fake Slack and the fake arXiv.

The core's clock stands still on the recorded day; Slack's side has the real one, for signatures.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.fernet import Fernet

from adapters.arxiv.feed_files import FeedFiles
from adapters.database.engine import Database, open_database
from adapters.scheduling.system_clock import SystemClock
from adapters.web.health import Check
from adapters.web.metrics import PrometheusTelemetry
from adapters.web.server import WebServer
from bot.app.core import App, open_app
from bot.app.slack import open_slack
from bot.config import Settings, load_settings
from bot.domain.subscriptions import Destination, Subscription
from bot.errors import TransientError
from bot.ports import NO_TELEMETRY, FeedSource
from tests.fakes.arxiv_server import ArxivServer
from tests.fakes.clock import FrozenClock
from tests.fakes.slack import SlackServer

WEDNESDAY = datetime(2026, 1, 21, 8, 0, tzinfo=UTC)
_PATIENCE_SECONDS = 60.0  # a busy machine is slow; a broken bot never gets there
_LOOK_SECONDS = 0.01
KEY = Fernet.generate_key().decode()


@dataclass(frozen=True, slots=True)
class SlackBot:
    """The bot, and what a test does in place of its schedule."""

    app: App
    web: WebServer
    check: Check
    clock: FrozenClock
    slack: SlackServer
    database: Database

    async def deliver(self) -> int:
        """Send what is due."""
        return await self.app.delivery.deliver_due(platforms=["slack"])

    async def daily_digests(self) -> int:
        """As the service does at the time of the digests: read the feed, plan, deliver."""
        await self.plan_digests()
        return await self.deliver()

    async def plan_digests(self) -> None:
        """Read the feed and put the next day's digests into the outbox."""
        async with self.database.unit_of_work() as unit:
            wanted = await unit.subscriptions.wanted_categories()
        await self.app.ingest.ingest(wanted)
        self.clock.advance(days=1)
        await self.app.planning.plan_due(self.clock.now(), patience=timedelta())

    async def subscriptions(self, channel: str = "C1", team: str = "T1") -> Sequence[Subscription]:
        """A channel's subscriptions as they are stored."""
        async with self.database.unit_of_work() as unit:
            return await unit.subscriptions.of_destination(Destination("slack", team, channel))

    async def refusal(self, channel: str = "C1", team: str = "T1") -> str | None:
        """The code a channel is disabled with; None while it takes messages."""
        async with self.database.unit_of_work() as unit:
            state = await unit.destinations.state(Destination("slack", team, channel))
        return state.disabled_code


def slack_environ(slack: SlackServer, *, many: bool = False) -> dict[str, str]:
    """The variables a self-hoster sets for the fake's mode; `many` is for OAuth."""
    environ = {"SLACK_API_URL": slack.api_url, "SLACK_ENCRYPTION_KEY": KEY}
    if slack.mode == "socket":
        environ["SLACK_APP_TOKEN"] = slack.app_token
    else:
        environ["SLACK_SIGNING_SECRET"] = slack.signing_secret
    if many:
        environ |= {
            "SLACK_CLIENT_ID": slack.client_id,
            "SLACK_CLIENT_SECRET": slack.client_secret,
        }
    else:
        environ["SLACK_BOT_TOKEN"] = slack.bot_token()
    return environ


def slack_settings(home: Path, environ: dict[str, str]) -> Settings:
    """Settings of an installation in `home`."""
    source = home / "config.json"
    if not source.exists():
        source.write_text('{"arxiv": {"request_spacing_seconds": 0}}')
    nowhere = "http://127.0.0.1:9"
    defaults = {
        "PAPERCOURIER_HOME": str(home),
        "WEB_PORT": "0",
        "ARXIV_FEED_URL": nowhere,
        "ARXIV_API_URL": nowhere,
        "ARXIV_SITE_URL": nowhere,
    }
    return load_settings(source, {**defaults, **environ})


@asynccontextmanager
async def slack_bot(
    slack: SlackServer,
    home: Path,
    *,
    feed: FeedSource | None = None,
    many: bool = False,
    **environ: str,
) -> AsyncIterator[SlackBot]:
    """The bot while it runs, heard by the fake Slack."""
    async with AsyncExitStack() as stack:
        arxiv = await stack.enter_async_context(ArxivServer())
        settings = slack_settings(
            home,
            {
                "ARXIV_FEED_URL": arxiv.url,
                "ARXIV_API_URL": arxiv.url,
                "ARXIV_SITE_URL": arxiv.url,
                **slack_environ(slack, many=many),
                **environ,
            },
        )
        clock = FrozenClock(WEDNESDAY)
        url = settings.database_url.reveal()
        database = await stack.enter_async_context(await open_database(url))
        chat = await stack.enter_async_context(
            open_slack(settings, database=database, clock=SystemClock(), telemetry=NO_TELEMETRY)
        )
        app = await stack.enter_async_context(
            open_app(settings, feed=feed, clock=clock, database=database, platforms=chat.platforms)
        )
        web = WebServer(
            host="127.0.0.1", port=0, telemetry=PrometheusTelemetry(), alive={}, ready={}
        )
        check = await stack.enter_async_context(chat.listening(app, web))
        await stack.enter_async_context(web)
        if slack.mode == "http":
            slack.deliver_to(web.url)
        else:
            await until(lambda: is_well(check), what="the bot is connected")
        yield SlackBot(app, web, check, clock, slack, database)


def recorded_day(folder: Path) -> FeedFiles:
    """The feed of the sample day, recorded from arXiv."""
    return FeedFiles([folder / "feeds" / "2026-01-21" / "cs.AI+cs.CL+cs.DC+cs.LG.xml"])


async def until(condition: Callable[[], Awaitable[bool]], *, what: str) -> None:
    """Return when `condition` holds, which the database knows rather than Slack."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not await condition():  # noqa: ASYNC110 - nothing tells of the database
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError as error:
        raise AssertionError(f"not in time: {what}") from error


async def is_well(check: Check) -> bool:
    """Whether a check finds nothing wrong."""
    try:
        await check()
    except TransientError:
        return False
    return True
