"""How soon a slash command is acknowledged while ten thousand digests are planned and sent.

One process is the bot: the real slack-bolt in Socket Mode, the desk, planning and delivery with
Slack's renderer and messenger, for 500 workspaces of 20 channels each. Slack itself is this
process, with its limits on: who types there measures what a user of Slack would feel.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import sys
import tempfile
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from slack_sdk.oauth.installation_store.models.installation import Installation

from adapters.database.engine import Database, open_database
from adapters.scheduling.system_clock import SetClock
from adapters.slack.app import Core, Slack, SlackTokens, open_slack_client
from adapters.slack.installations import EncryptedInstallationStore
from adapters.slack.keys import Keys, open_keys
from bot.app import App, Platform, open_app
from bot.services.delivery import DeliveryService
from bot.services.sending import DeliveryRules
from tests.benchmarks import bench_planning
from tests.crash.scene import settings_of
from tests.fakes.slack import Channel, SlackServer

Row = tuple[str, str, str, bool | None]

ACK_SECONDS = 0.5  # 99 of 100
LONGEST_ACK_SECONDS = 3.0  # every one
PER_SECOND = 50.0  # messages, over all workspaces
WORKSPACES = 500
_TYPE_EVERY_SECONDS = 0.2
_LONGEST_SECONDS = 1_200.0
_WHAT = f"Acknowledge /arxiv while {bench_planning.SUBSCRIPTIONS:,} digests are planned and sent"


@dataclass(slots=True)
class Seen:
    """What the users and Slack saw."""

    acks: list[float] = field(default_factory=list)  # seconds
    unacknowledged: int = 0
    unanswered: int = 0
    planned: int = 0
    posted: int = 0
    doubled: int = 0
    throttled: int = 0
    violations: int = 0

    def p99(self) -> float:
        """99 of 100 were acknowledged in so many seconds."""
        ordered = sorted(self.acks)
        return ordered[math.ceil(len(ordered) * 0.99) - 1] if ordered else math.inf


def measure() -> list[Row]:
    """The rows of the table."""
    if not bench_planning.FEED.is_file():
        return [(_WHAT, "skipped: recorded data is not here", f"{ACK_SECONDS} s", None)]
    with tempfile.TemporaryDirectory(prefix="papercourier-bench-") as folder:
        bench_planning.in_fresh_process("prepare", str(Path(folder) / "papercourier.db"))
        seen = asyncio.run(_type_while_it_works(Path(folder)))
    slowest = max(seen.acks, default=math.inf)
    return [
        (
            f"{_WHAT}, p99",
            f"{1000 * seen.p99():.0f} ms over {len(seen.acks)} commands",
            f"{1000 * ACK_SECONDS:.0f} ms",
            seen.p99() < ACK_SECONDS,
        ),
        (
            "  slowest, and those that Slack gave up",
            f"{1000 * slowest:.0f} ms, {seen.unacknowledged}",
            f"{LONGEST_ACK_SECONDS:.0f} s, 0",
            slowest < LONGEST_ACK_SECONDS and not seen.unacknowledged,
        ),
        ("  commands without an answer", str(seen.unanswered), "0", not seen.unanswered),
        (
            "  planned, and sent meanwhile",
            f"{seen.planned:,} digests, {seen.posted:,} messages, {seen.doubled} twice",
            f"{bench_planning.SUBSCRIPTIONS:,} digests, 0 twice",
            seen.planned == bench_planning.SUBSCRIPTIONS and seen.posted > 0 and not seen.doubled,
        ),
        (
            "  429s we earned, messages Slack would not take",
            f"{seen.throttled}, {seen.violations}",
            "0, 0",
            not seen.throttled and not seen.violations,
        ),
    ]


# --- in the process that is Slack ----------------------------------------------------------


async def _type_while_it_works(folder: Path) -> Seen:
    async with SlackServer() as slack:
        _settle(slack)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.benchmarks.bench_slack",
            str(folder),
            slack.api_url,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                return await _watched(slack, process)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def _watched(slack: SlackServer, process: asyncio.subprocess.Process) -> Seen:
    assert process.stdin is not None
    assert process.stdout is not None
    assert await process.stdout.readline() == b"begin\n", "the bot did not start"
    await slack.until(lambda: slack.connections > 0, what="the bot is connected")
    seen, planned = Seen(), asyncio.create_task(process.stdout.readline())
    dice = random.Random(1)  # noqa: S311 - repeatable, guards nothing
    while not planned.done():
        await _type(slack, dice.randrange(bench_planning.SUBSCRIPTIONS), seen)
        await asyncio.wait({planned}, timeout=_TYPE_EVERY_SECONDS)
    seen.planned = json.loads(planned.result())["planned"]
    process.stdin.close()
    await process.wait()
    keys = Counter(each.key for each in slack.posted if each.key)
    seen.posted, seen.doubled = len(keys), sum(keys.values()) - len(keys)
    seen.throttled, seen.violations = slack.throttled, len(slack.violations)
    return seen


async def _type(slack: SlackServer, number: int, seen: Seen) -> None:
    place = bench_planning.destination_of(number)
    team = place.workspace_id
    user = "U1" if team == "T1" else f"U1{team}"
    asked = await slack.user(user, team=team).slash("list", channel=place.channel_id)
    if asked.ack_seconds is None:
        seen.unacknowledged += 1
        return
    seen.acks.append(asked.ack_seconds)
    try:
        await asked.answer()
    except AssertionError:
        seen.unanswered += 1


def _settle(slack: SlackServer) -> None:
    """The channels that the subscriptions are for, one bot in all of them."""
    for number in range(WORKSPACES):
        team = f"T{number}"
        workspace = slack.world.workspaces.get(team) or slack.add_workspace(team, f"Lab{number}")
        workspace.channels.clear()
    for number in range(bench_planning.SUBSCRIPTIONS):
        place = bench_planning.destination_of(number)
        workspace = slack.workspace(place.workspace_id)
        channel = Channel(place.channel_id, workspace.id, f"papers-{number}")
        channel.members.update(workspace.people)
        workspace.channels[channel.id] = channel


# --- in the process that is the bot --------------------------------------------------------


async def _be_the_bot(folder: Path, api_url: str) -> None:
    clock = SetClock(bench_planning.NOW)
    slack = SlackServer()  # never started: it only knows its tokens
    tokens = SlackTokens(
        api_url=api_url,
        app_token=slack.app_token,
        client_id=slack.client_id,
        client_secret=slack.client_secret,
    )
    keys = open_keys(None, home=folder)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(
            await open_database(f"sqlite:///{folder / 'papercourier.db'}")
        )
        await _install_everywhere(database, keys, client_id=slack.client_id)
        chat = await stack.enter_async_context(
            open_slack_client(
                tokens,
                engine=database.engine,
                seen=database.seen,
                keys=keys,
                clock=clock,
                command_name="arxiv",
                language="en",
                public_url=None,
            )
        )
        bot = await stack.enter_async_context(
            open_app(
                settings_of(folder),
                clock=clock,
                database=database,
                platforms={"slack": Platform(chat.renderer, chat.messenger)},
            )
        )
        await _work(bot, database, chat, clock)


async def _work(bot: App, database: Database, chat: Slack, clock: SetClock) -> None:
    delivery = DeliveryService(
        open_unit=database.unit_of_work,
        messengers={"slack": chat.messenger},
        clock=clock,
        rules=DeliveryRules(per_platform_per_second=PER_SECOND, concurrent_sends=16),
    )
    core = Core(
        desk=bot.desk, delivery=delivery, refusals=bot.refusals, open_unit=database.unit_of_work
    )
    stop = asyncio.Event()
    async with chat.listening(core), asyncio.TaskGroup() as group:
        _say("begin")
        group.create_task(delivery.drain("slack", stop))
        planning = bench_planning.planning_service(database, chat.renderer)
        planned = await planning.plan_due(bench_planning.NOW, patience=timedelta(hours=4))
        _say(json.dumps({"planned": planned}))
        # Whoever typed a moment ago is still to be acknowledged.
        await asyncio.to_thread(sys.stdin.read)
        stop.set()


async def _install_everywhere(database: Database, keys: Keys, *, client_id: str) -> None:
    store = EncryptedInstallationStore(client_id=client_id, engine=database.engine, keys=keys)
    for number in range(WORKSPACES):
        team = f"T{number}"
        await store.async_save(
            Installation(
                user_id=f"U1{team}",
                team_id=team,
                app_id="A1",
                bot_token=f"xoxb-{team}-1",
                bot_id=f"B{team}",
                bot_user_id=f"U{team}BOT",
            )
        )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_be_the_bot(Path(sys.argv[1]), sys.argv[2]))
