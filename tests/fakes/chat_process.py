"""The chat server in a process of its own, so that its clock does not feel our load.

`python -m tests.fakes.chat_process '{"per_second": 50}'` prints its address, and its `Report`
when its standard input ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.fakes.chat_server import ChatServer

_STOP_SECONDS = 10.0


@dataclass(slots=True)
class Report:
    """What the server saw; empty until it has ended."""

    url: str
    arrived_at: tuple[float, ...] = ()  # seconds on the server's clock
    keys: tuple[str, ...] = ()
    throttled: int = 0


@asynccontextmanager
async def chat_process(**options: Any) -> AsyncIterator[Report]:
    """A `ChatServer` with these options, elsewhere; the report is filled in at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        json.dumps(options),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**26,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    report = Report((await process.stdout.readline()).decode().strip())
    try:
        yield report
        process.stdin.close()
        async with asyncio.timeout(_STOP_SECONDS):
            seen = json.loads(await process.stdout.readline())
        report.arrived_at = tuple(seen["arrived_at"])
        report.keys = tuple(seen["keys"])
        report.throttled = seen["throttled"]
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _serve(options: dict[str, Any]) -> None:
    async with ChatServer(**options) as server:
        _say(server.url)
        await asyncio.to_thread(sys.stdin.read)
        _say(
            json.dumps(
                {
                    "arrived_at": [each.at for each in server.accepted],
                    "keys": [each.key for each in server.accepted],
                    "throttled": server.throttled,
                }
            )
        )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_serve(json.loads(sys.argv[1])))
