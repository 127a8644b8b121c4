"""`make play-slack`: the bot in a Slack of its own, on the sample days, in a browser.

Nothing leaves this machine: Slack and arXiv are servers on loopback, and there is no model.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from tests.fakes.slack import SlackServer
from tests.play_slack.acting import Acting
from tests.play_slack.serving import served
from tests.play_slack.staging import staged

_TRY = """\
  in #papers:   /arxiv subscribe cs.LG cs.CL kw:"kv cache",quantiz*,LLM^0.5 min:1 top:5
                /arxiv now
  or just:      /arxiv subscribe          (a form)
                @Papercourier help
"""


async def play(*, port: int) -> None:
    """Serve until interrupted."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with staged() as stage:
        async with served(Acting(stage.slack, stage.days.next), port=port) as address:
            _say(f"Papercourier is in a Slack of its own: {address}\n\n{_TRY}\nCtrl+C ends it.")
            ended = asyncio.create_task(stage.service.process.wait())
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if ended.done() and not stopped.done():
                _say(f"The bot has ended by itself:\n{stage.service.log()}")
            stopped.cancel()
        _say(_violations(stage.slack))


def _violations(slack: SlackServer) -> str:
    if not slack.violations:
        return "The bot kept to all of Slack's limits."
    return "\n".join(["The bot broke Slack's rules:", *slack.violations])


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Read the options and play."""
    parser = argparse.ArgumentParser(prog="python -m tests.play_slack", description=__doc__)
    parser.add_argument("--port", type=int, default=8321)
    asyncio.run(play(port=parser.parse_args().port))


if __name__ == "__main__":
    main()
