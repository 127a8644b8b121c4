"""How soon people on Discord are answered while 10,000 digests go out at Discord's ceiling.

The real service in its process, the fake Discord in another: 50 calls in any second over all
routes, and 5 messages in 5 seconds to a channel. `python -m tests.benchmarks discord` prints it.
"""

from __future__ import annotations

import asyncio
import math
import tempfile
from dataclasses import replace
from pathlib import Path

from adapters.database.engine import open_database
from adapters.discord.render import DiscordRenderer
from adapters.scheduling.system_clock import SystemClock
from bot.domain.outbox import OutboxMessage
from bot.domain.subscriptions import Destination
from tests.crash.scene import subscription_of
from tests.fakes.digests import DIGEST, ENTRY
from tests.fakes.discord_process import Elsewhere, Report, discord_process
from tests.fakes.service_process import ServiceProcess

Row = tuple[str, str, str, bool | None]

GUILDS, CHANNELS = 20, 500
CEILING = 50
AT_LEAST = 0.95
MEASURED_SECONDS = 60.0  # of the 200 that they take
ANSWER_SECONDS = 0.5  # 99 of 100 answers
LONGEST_ANSWER_SECONDS = 3.0
LATENCY_SECONDS = 0.05
_WARM_UP_SECONDS = 3.0


def measure() -> list[Row]:
    """The rows of the table."""
    report = asyncio.run(_run())
    times, answers = report.posted_at, sorted(report.answered_in)
    per_second = (len(times) - 1) / (times[-1] - times[0])
    p99 = answers[math.ceil(len(answers) * 0.99) - 1]
    return [
        (
            f"First answer on Discord while {GUILDS * CHANNELS:,} digests go out, p99",
            f"{1000 * p99:.0f} ms over {len(answers)} commands",
            f"{1000 * ANSWER_SECONDS:.0f} ms",
            p99 < ANSWER_SECONDS,
        ),
        (
            "… the slowest, and those never answered",
            f"{1000 * answers[-1]:.0f} ms, {report.failed} never",
            f"{LONGEST_ANSWER_SECONDS:.0f} s, none",
            answers[-1] < LONGEST_ANSWER_SECONDS and not report.failed,
        ),
        (
            "… delivered meanwhile",
            f"{per_second:.1f} a second, {per_second / CEILING:.1%} of the ceiling",
            f"at least {AT_LEAST:.0%} of {CEILING}",
            per_second >= AT_LEAST * CEILING,
        ),
        ("… 429s of our own making", str(report.earned_429), "0", report.earned_429 == 0),
    ]


async def _run() -> Report:
    async with discord_process(
        guilds=GUILDS, channels=CHANNELS, per_second=CEILING, latency_seconds=LATENCY_SECONDS
    ) as discord:
        with tempfile.TemporaryDirectory(prefix="papercourier-bench-") as folder:
            home = Path(folder)
            (home / "config.json").write_text("{}", encoding="utf-8")
            await _fill(home, discord)
            async with ServiceProcess(
                home=home,
                DISCORD_API_URL=discord.api_url,
                DISCORD_TOKEN=discord.token,
                ARXIV_FEED_URL="http://127.0.0.1:9",
                ARXIV_API_URL="http://127.0.0.1:9",
                ARXIV_SITE_URL="http://127.0.0.1:9",
            ) as service:
                await service.until(
                    lambda: bool(service.events("discord.shard_ready")), what="it is heard"
                )
                await asyncio.sleep(_WARM_UP_SECONDS)
                discord.ask()
                await asyncio.sleep(MEASURED_SECONDS)
                report = await discord.end()
    assert not report.violations, report.violations[:3]
    return report


async def _fill(home: Path, discord: Elsewhere) -> None:
    """The outbox, as planning leaves it: a digest of one paper for every channel."""
    wish = replace(subscription_of(0, platform="discord"), threads=False)
    [payload] = DiscordRenderer().digest(replace(DIGEST, entries=(ENTRY,)), wish)
    messages = [
        OutboxMessage(f"bench/{number}", Destination("discord", guild, channel), payload)
        for number, (guild, channel) in enumerate(discord.places)
    ]
    url = f"sqlite:///{home}/papercourier.db"
    async with await open_database(url) as database, database.unit_of_work() as unit:
        await unit.outbox.add(messages, now=SystemClock().now())
        await unit.commit()
