"""`make play-slack`: the bot in a Slack of its own, on the sample days, in a browser.

Nothing leaves this machine: Slack and arXiv are servers on loopback, and there is no model.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from adapters.arxiv.feed_files import read_feed_files
from adapters.arxiv.sample_day import sample_feed_paths
from tests.fakes.arxiv_server import ArxivServer
from tests.fakes.service_process import ServiceProcess
from tests.fakes.slack import SlackServer
from tests.play_slack.acting import Acting
from tests.play_slack.serving import served

_CONFIG = {"arxiv": {"request_spacing_seconds": 0}}
_TRY = """\
  in #papers:   /arxiv subscribe cs.LG cs.CL kw:"kv cache",quantiz*,LLM^0.5 min:1 top:5
                /arxiv now
  or just:      /arxiv subscribe          (a form)
                @Papercourier help
"""


class Days:
    """The sample days, one after the other."""

    def __init__(self, arxiv: ArxivServer) -> None:
        self._arxiv = arxiv
        self._paths = sample_feed_paths()
        self._day = 0
        arxiv.serve_feed(self._paths[0])

    def next(self) -> str:
        """Let the feed carry the next day; what happened, as one sentence."""
        if self._day + 1 >= len(self._paths):
            return "There are no more sample days."
        self._day += 1
        self._arxiv.serve_feed(self._paths[self._day])
        return "arXiv has announced the next day: `/arxiv now` reads it."


async def play(*, port: int) -> None:
    """Serve until interrupted."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    papers = [each.paper for each in read_feed_files(sample_feed_paths()).announcements]
    async with AsyncExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="papercourier-play-")))
        (home / "config.json").write_text(json.dumps(_CONFIG), encoding="utf-8")
        arxiv = await stack.enter_async_context(ArxivServer(papers=papers))
        slack = await stack.enter_async_context(SlackServer())
        service = await stack.enter_async_context(
            ServiceProcess(home=home, **environment(slack, arxiv))
        )
        await slack.until(lambda: slack.connections > 0, what="the bot is connected")
        acting = Acting(slack, Days(arxiv).next)
        address = await stack.enter_async_context(served(acting, port=port))
        _say(f"Papercourier is in a Slack of its own: {address}\n\n{_TRY}\nCtrl+C ends it.")
        ended = asyncio.create_task(service.process.wait())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            _say(f"The bot has ended by itself:\n{service.log()}")
        stopped.cancel()
        _say(_violations(slack))


def environment(slack: SlackServer, arxiv: ArxivServer) -> dict[str, str]:
    """What the bot is told of its Slack and its arXiv."""
    return {
        "SLACK_API_URL": slack.api_url,
        "SLACK_BOT_TOKEN": slack.bot_token(),
        "SLACK_APP_TOKEN": slack.app_token,
        "ARXIV_FEED_URL": arxiv.url,
        "ARXIV_API_URL": arxiv.url,
        "ARXIV_SITE_URL": arxiv.url,
    }


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
