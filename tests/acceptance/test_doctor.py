"""`papercourier doctor`: each fault in turn is named, with its mend; the exit code tells."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web

from adapters.database.engine import open_database
from bot.domain.subscriptions import Destination
from tests.contract.samples import a_subscription
from tests.fakes.arxiv_faults import Fault, body, garbage, reset, status
from tests.fakes.arxiv_server import ArxivServer
from tests.fakes.command_line import Ended, papercourier
from tests.fakes.discord import DiscordServer
from tests.fakes.model_server import API_KEY, MODEL, ModelServer, refusal
from tests.fakes.slack import SlackServer


@pytest.fixture
async def arxiv() -> AsyncIterator[ArxivServer]:
    async with ArxivServer() as server:
        yield server


@pytest.fixture
async def model() -> AsyncIterator[ModelServer]:
    async with ModelServer() as server:
        yield server


class Installation:
    """A home with everything set up; `await here.doctor()` examines it."""

    def __init__(self, home: Path, arxiv: ArxivServer, model: ModelServer) -> None:
        self.home = home
        self.environ = {
            "ARXIV_FEED_URL": arxiv.url,
            "ARXIV_API_URL": arxiv.url,
            "ARXIV_SITE_URL": arxiv.url,
            "OPENAI_BASE_URL": model.base_url,
            "OPENAI_API_KEY": API_KEY,
        }
        self.configure()

    def configure(self, **settings: object) -> None:
        basis = {
            "categories": ["cs.CL"],
            "ai_summary": {"model": MODEL},
            "arxiv": {"contact": "papers@example.org", "request_spacing_seconds": 0},
        }
        (self.home / "config.json").write_text(json.dumps({**basis, **settings}))

    async def doctor(self, *words: str) -> Ended:
        return await asyncio.to_thread(
            papercourier,
            "doctor",
            "--config",
            str(self.home / "config.json"),
            *words,
            home=self.home,
            **self.environ,
        )

    async def subscribed(self, channel: Destination) -> None:
        """Remember a subscription of this channel."""
        url = f"sqlite:///{self.home}/papercourier.db"
        async with await open_database(url) as database, database.unit_of_work() as unit:
            await unit.subscriptions.add(a_subscription(destination=channel))
            await unit.commit()


@pytest.fixture
def here(tmp_path: Path, arxiv: ArxivServer, model: ModelServer) -> Installation:
    return Installation(tmp_path, arxiv, model)


async def test_a_sound_installation_gets_a_line_for_each_part_and_exit_code_0(
    here: Installation, model: ModelServer
) -> None:
    await asyncio.to_thread(papercourier, "migrate", home=here.home, **here.environ)

    ended = await here.doctor()

    assert ended.returncode == 0, ended.stdout
    lines = ended.stdout.splitlines()
    assert [line.split(":")[0] for line in lines if line.startswith("✓")] == [
        "✓ configuration",
        "✓ database",
        "✓ disk",
        "✓ arXiv",
        "✓ clock",
        "✓ model",
    ]
    assert [call.body["max_tokens"] for call in model.calls] == [1]


async def test_as_json_it_tells_the_same(here: Installation) -> None:
    ended = await here.doctor("--json")

    said = json.loads(ended.stdout)
    assert said["well"] is True
    assert {"topic": "clock", "verdict": "ok", "sentence": "agrees with arXiv's."} in said[
        "findings"
    ]


async def test_nothing_is_made_or_upgraded(here: Installation) -> None:
    await here.doctor()

    assert sorted(each.name for each in here.home.iterdir()) == ["config.json"]


def late(seconds: float) -> Fault:
    """An answer whose server lives in another time."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = await body(b"<rss version='2.0'><channel/></rss>")(request)
        moment = datetime.now(UTC) + timedelta(seconds=seconds)
        response.headers["Date"] = format_datetime(moment, usegmt=True)
        return response

    return answer


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (status(403), "✗ arXiv: "),
        (status(429, retry_after=60), "✗ arXiv: "),
        (status(503), "✗ arXiv: "),
        (reset(), "✗ arXiv: "),
        (garbage(), "✗ arXiv: "),
        (late(-600), "✗ clock: this machine's clock is 6"),
        (late(86_400), "behind arXiv's, so digests come at the wrong time: let NTP set it."),
    ],
)
async def test_trouble_with_arxiv_is_named(
    here: Installation, arxiv: ArxivServer, fault: Fault, said: str
) -> None:
    arxiv.fail("/rss", fault)

    ended = await here.doctor()

    assert ended.returncode == 1
    assert said in ended.stdout
    assert "✓ model" in ended.stdout  # the others were looked at all the same


@pytest.mark.parametrize(
    ("status_code", "message", "mend"),
    [
        (401, "Incorrect API key provided.", "OPENAI_API_KEY"),
        (404, "The model does not exist.", "model"),
        (429, "You exceeded your current quota.", ""),
        (500, "Internal error.", ""),
    ],
)
async def test_trouble_with_the_model_is_named_and_its_key_is_not(
    here: Installation, model: ModelServer, status_code: int, message: str, mend: str
) -> None:
    model.fail(refusal(status_code, message))

    ended = await here.doctor()

    [line] = [line for line in ended.stdout.splitlines() if line.startswith("✗")]
    assert ended.returncode == 1
    assert line.startswith("✗ model: ")
    assert mend in line
    assert API_KEY not in ended.stdout + ended.stderr


async def test_a_model_that_knows_only_the_newer_name_for_a_limit_answers(
    here: Installation, model: ModelServer
) -> None:
    model.unknown_parameters = frozenset({"max_tokens"})

    ended = await here.doctor()

    assert "✓ model" in ended.stdout


async def test_without_a_key_it_says_what_digests_carry_instead(here: Installation) -> None:
    del here.environ["OPENAI_API_KEY"]

    ended = await here.doctor()

    assert ended.returncode == 0
    assert "! model: none: digests carry the abstracts' own sentences. Set OPENAI_API_KEY." in (
        ended.stdout
    )


async def test_a_database_of_a_newer_version_is_left_alone_and_named(here: Installation) -> None:
    await asyncio.to_thread(papercourier, "migrate", home=here.home, **here.environ)
    connection = sqlite3.connect(here.home / "papercourier.db")
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    ended = await here.doctor()

    assert ended.returncode == 1
    assert "newer Papercourier (revision 9999): upgrade Papercourier" in ended.stdout


async def test_a_damaged_database_is_named(here: Installation) -> None:
    (here.home / "papercourier.db").write_bytes(b"this is no database at all" * 100)

    ended = await here.doctor()

    assert ended.returncode == 1
    assert "✗ database: " in ended.stdout


async def test_a_home_that_cannot_be_written_is_named(here: Installation) -> None:
    here.environ["PAPERCOURIER_HOME"] = "/proc/papercourier"  # not even root writes there

    ended = await here.doctor()

    assert ended.returncode == 1
    [line] = lines(ended, "folder")
    assert line.startswith("✗ folder: /proc cannot be written (")
    assert "name another folder in PAPERCOURIER_HOME" in line


async def test_a_configuration_that_cannot_be_read_ends_it_with_2(here: Installation) -> None:
    (here.home / "config.json").write_text('{"categories": [}')

    ended = await here.doctor()

    assert ended.returncode == 2
    assert "line 1" in ended.stderr


async def test_what_arxiv_would_rather_have_is_a_note(here: Installation) -> None:
    here.configure(arxiv={"request_spacing_seconds": 0})

    ended = await here.doctor()

    assert ended.returncode == 0
    assert "! arXiv: no contact is told to arXiv" in ended.stdout
    assert "! arXiv: arxiv.request_spacing_seconds is under 3" in ended.stdout


# --- Slack ---------------------------------------------------------------------------------


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer() as server:
        yield server


@pytest.fixture
def in_slack(here: Installation, slack: SlackServer) -> Installation:
    here.environ |= {
        "SLACK_API_URL": slack.api_url,
        "SLACK_BOT_TOKEN": slack.bot_token(),
        "SLACK_APP_TOKEN": slack.app_token,
    }
    return here


def lines(ended: Ended, topic: str) -> list[str]:
    return [line for line in ended.stdout.splitlines() if line[2:].startswith(f"{topic}:")]


async def test_slack_in_order_is_told_with_its_channels(in_slack: Installation) -> None:
    await in_slack.subscribed(Destination("slack", "T1", "C1"))

    ended = await in_slack.doctor()

    assert lines(ended, "Slack") == [
        "✓ Slack: Socket Mode can be opened.",
        "✓ Slack: Lab: signed in as @papercourier.",
        "✓ Slack: Lab, #papers: can post.",
    ]


async def test_channels_where_slack_would_refuse_are_named(
    in_slack: Installation, slack: SlackServer
) -> None:
    for channel in ("C1", "C2", "C404"):
        await in_slack.subscribed(Destination("slack", "T1", channel))
    await slack.archive("C1")

    ended = await in_slack.doctor()

    archived, uninvited, unknown = lines(ended, "Slack")[2:]
    assert ended.returncode == 1
    assert archived == "✗ Slack: Lab, #papers is archived: unarchive it, or unsubscribe."
    assert uninvited.endswith("the bot is not a member: type `/invite @Papercourier`.")
    assert unknown.startswith("✗ Slack: Lab, channel C404: Slack shows me no such channel")


async def test_missing_scopes_are_named(in_slack: Installation, slack: SlackServer) -> None:
    slack.workspace().scopes -= {"reactions:read", "chat:write"}

    ended = await in_slack.doctor()

    assert ended.returncode == 1
    assert "the scopes chat:write, reactions:read are missing" in ended.stdout


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SLACK_BOT_TOKEN", "xoxb-1-of-another-world", "Slack does not know Papercourier's token"),
        ("SLACK_BOT_TOKEN", "hello", "SLACK_BOT_TOKEN is not such a token: it begins with xoxb-"),
        ("SLACK_APP_TOKEN", "xapp-1-of-another-world", "Socket Mode cannot be opened"),
        ("SLACK_API_URL", "http://127.0.0.1:9/api/", "Slack"),
    ],
)
async def test_tokens_that_slack_does_not_take_are_named_but_not_shown(
    in_slack: Installation, variable: str, value: str, said: str
) -> None:
    in_slack.environ[variable] = value

    ended = await in_slack.doctor()

    assert ended.returncode == 1
    assert any(line.startswith("✗") and said in line for line in lines(ended, "Slack"))
    assert "another-world" not in ended.stdout + ended.stderr


# --- Discord -------------------------------------------------------------------------------


@pytest.fixture
async def discord() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as server:
        yield server


@pytest.fixture
def in_discord(here: Installation, discord: DiscordServer) -> Installation:
    here.environ |= {"DISCORD_API_URL": discord.api_url, "DISCORD_TOKEN": discord.token}
    return here


def place(discord: DiscordServer, name: str) -> Destination:
    return Destination("discord", str(discord.guild.id), str(discord.channel(name).id))


async def test_discord_in_order_is_told_with_its_channels_and_the_invite_link(
    in_discord: Installation, discord: DiscordServer
) -> None:
    await in_discord.subscribed(place(discord, "papers"))

    ended = await in_discord.doctor()

    account, channel = lines(ended, "Discord")
    assert account.startswith("✓ Discord: signed in as ")
    assert "https://discord.com/oauth2/authorize?client_id=" in account
    assert channel == "✓ Discord: Lab, #papers: can post."
    assert discord.violations == []


async def test_what_the_bot_may_not_do_in_a_channel_is_named(
    in_discord: Installation, discord: DiscordServer
) -> None:
    await in_discord.subscribed(place(discord, "papers"))
    discord.take_permission("papers", "embed_links", "send_messages_in_threads")

    ended = await in_discord.doctor()

    assert ended.returncode == 1
    assert "#papers: the bot lacks Embed Links, Send Messages in Threads: give it under" in (
        ended.stdout
    )


async def test_a_deleted_channel_and_a_server_without_the_bot_are_named(
    in_discord: Installation, discord: DiscordServer
) -> None:
    other = discord.add_guild("Elsewhere")
    await in_discord.subscribed(place(discord, "papers"))
    await in_discord.subscribed(Destination("discord", str(other.id), "1"))
    discord.delete_channel("papers")
    discord.kick_bot(other)

    ended = await in_discord.doctor()

    assert "is gone or hidden: let the bot see it, or unsubscribe." in ended.stdout
    assert f"the bot is not in the server {other.id} any more: invite it again." in ended.stdout


async def test_a_token_that_discord_does_not_take_is_named_but_not_shown(
    in_discord: Installation,
) -> None:
    in_discord.environ["DISCORD_TOKEN"] = "another-world"  # noqa: S105 - invented

    ended = await in_discord.doctor()

    assert ended.returncode == 1
    [line] = lines(ended, "Discord")
    assert line == (
        "✗ Discord: Discord does not take the bot's token: set DISCORD_TOKEN anew and start again."
    )
    assert "another-world" not in ended.stdout + ended.stderr


async def test_a_discord_that_cannot_be_reached_is_named(in_discord: Installation) -> None:
    in_discord.environ["DISCORD_API_URL"] = "http://127.0.0.1:9/api"

    ended = await in_discord.doctor()

    [line] = lines(ended, "Discord")
    assert line.startswith("✗ Discord: Discord cannot be reached")
