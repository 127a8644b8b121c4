"""The fake Discord in a process of its own, with somebody who keeps asking the bot things.

`python -m tests.fakes.discord_process '{"guilds": 20, "channels": 500}'` prints where it is, as
JSON; at each line of its standard input it begins to ask; when that ends it prints its report.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.fakes.discord import DiscordServer, Person

_STOP_SECONDS = 20.0
_ASK_EVERY_SECONDS = 0.2
_POST = "POST /channels/{channel_id}/messages"


@dataclass(slots=True)
class Report:
    """What the fake saw, in seconds on its own clock."""

    posted_at: list[float] = field(default_factory=list)
    answered_in: list[float] = field(default_factory=list)  # first answers to people
    failed: int = 0  # questions without an answer within 3 seconds
    earned_429: int = 0
    throttled: list[str] = field(default_factory=list)  # routes, each behind its second
    violations: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Elsewhere:
    """The fake in its process; the report is filled in at the end."""

    process: asyncio.subprocess.Process
    api_url: str
    token: str
    places: list[tuple[str, str]]  # guild and channel
    report: Report = field(default_factory=Report)

    def ask(self) -> None:
        """Let somebody begin to ask the bot things."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"ask\n")

    async def end(self) -> Report:
        """End it; what it saw."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        async with asyncio.timeout(_STOP_SECONDS):
            self.report = Report(**json.loads(await self.process.stdout.readline()))
        return self.report


@asynccontextmanager
async def discord_process(**options: Any) -> AsyncIterator[Elsewhere]:
    """A fake with so many guilds of so many channels, and what `DiscordServer` takes."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        json.dumps(options),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**26,
    )
    assert process.stdout is not None
    try:
        yield Elsewhere(process, **json.loads(await process.stdout.readline()))
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _serve(*, guilds: int, channels: int, **options: Any) -> None:
    async with DiscordServer(**options) as server:
        names = tuple(f"papers-{number}" for number in range(channels))
        homes = [server.add_guild(f"guild {n}", channels=names) for n in range(guilds)]
        places = [(str(home.id), str(place)) for home in homes for place in home.channels]
        _say({"api_url": server.api_url, "token": server.token, "places": places})
        report = Report()
        lines = asyncio.to_thread(sys.stdin.readline)
        if await lines:
            person = server.user("admin", guild=homes[0], channel=names[0])
            asking = asyncio.create_task(_ask(person, report))
            await asyncio.to_thread(sys.stdin.read)
            asking.cancel()
            with suppress(asyncio.CancelledError):
                await asking
        report.posted_at = [each.at for each in server.calls(_POST) if each.status == 200]
        report.earned_429 = server.earned_429
        report.throttled = [f"{c.at:.1f} {c.route}" for c in server.calls() if c.status == 429]
        report.violations = [str(each) for each in server.violations]
        _say(asdict(report))


async def _ask(person: Person, report: Report) -> None:
    """Ask one thing after the other, as somebody would who is never tired of it."""
    for words in itertools.cycle(("list", "status", "help", "why 2601.13824", "settings")):
        verb, _, paper = words.partition(" ")
        options = {"paper": paper} if paper else {}
        asked = await person.command(f"arxiv {verb}", options, wait=False)
        if asked.failed:
            report.failed += 1
        else:
            report.answered_in.append(asked.milliseconds / 1000)
        await asyncio.sleep(_ASK_EVERY_SECONDS)


def _say(what: object) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_serve(**json.loads(sys.argv[1])))
