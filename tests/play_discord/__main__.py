"""`make play-discord`: the bot in a Discord of its own, on the sample days, in a browser.

Nothing leaves this machine: Discord and arXiv are servers on loopback, and there is no model.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from tests.fakes.discord import DiscordServer
from tests.play_discord.acting import Acting
from tests.play_discord.serving import served
from tests.play_discord.staging import staged

_TRY = """\
  /arxiv subscribe   categories: cs.LG cs.CL   keywords: "kv cache",quantiz*,LLM^0.5
  /arxiv now         then open the thread under the digest, and press its buttons
  or write:          @Papercourier help
"""


async def play(*, port: int) -> None:
    """Serve until interrupted."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with staged() as stage:
        async with served(Acting(stage.discord, stage.days.next), port=port) as address:
            _say(f"Papercourier is in a Discord of its own: {address}\n\n{_TRY}\nCtrl+C ends it.")
            ended = asyncio.create_task(stage.service.process.wait())
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if ended.done() and not stopped.done():
                _say(f"The bot has ended by itself:\n{stage.service.log()}")
            stopped.cancel()
        _say(_violations(stage.discord))


def _violations(discord: DiscordServer) -> str:
    if not discord.violations:
        return "The bot kept to Discord's rules."
    return "\n".join(["The bot broke Discord's rules:", *map(str, discord.violations)])


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Read the options and play."""
    parser = argparse.ArgumentParser(prog="python -m tests.play_discord", description=__doc__)
    parser.add_argument("--port", type=int, default=8322)
    asyncio.run(play(port=parser.parse_args().port))


if __name__ == "__main__":
    main()
