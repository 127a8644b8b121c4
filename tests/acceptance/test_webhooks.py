"""Digests posted by a command, as from cron or a CI workflow, through incoming webhooks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.papers import Announcement, AnnounceType
from tests.fakes.arxiv_server import ArxivServer
from tests.fakes.arxiv_xml import rss
from tests.fakes.command_line import Ended, papercourier
from tests.fakes.digests import ENTRY
from tests.fakes.slack import SlackServer

TODAY = datetime.now(UTC).date()


@dataclass(slots=True)
class Scene:
    """A home, an arXiv with one paper today, and a Slack with a webhook."""

    home: Path
    arxiv: ArxivServer
    slack: SlackServer

    async def run(self, *words: str, **environ: str) -> Ended:
        addresses = {
            "ARXIV_FEED_URL": self.arxiv.url,
            "ARXIV_API_URL": self.arxiv.url,
            "ARXIV_SITE_URL": self.arxiv.url,
            "SLACK_WEBHOOK_URL": self.slack.webhook_url("C1"),
        }
        return await asyncio.to_thread(
            papercourier, *words, home=self.home, **(addresses | environ)
        )


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    (tmp_path / "config.json").write_text(json.dumps({"arxiv": {"request_spacing_seconds": 0}}))
    async with ArxivServer() as arxiv, SlackServer() as slack:
        arxiv.serve_feed(rss([Announcement(ENTRY.paper, AnnounceType.NEW, TODAY)], TODAY))
        yield Scene(tmp_path, arxiv, slack)


async def test_a_digest_goes_to_the_webhook_once(scene: Scene) -> None:
    subscribed = await scene.run("subscribe", "cs.LG", "kw:cache", "min:0", "--to", "slack-webhook")
    first = await scene.run("now", "--to", "slack-webhook")
    again = await scene.run("now", "--to", "slack-webhook")

    assert [each.returncode for each in (subscribed, first, again)] == [0, 0, 0], first.stderr
    [posted] = scene.slack.messages("C1")
    assert "Sharing KV Caches between Models" in posted.text
    assert "Posting 1 paper" in first.stdout
    assert scene.slack.violations == []


async def test_a_webhook_that_refuses_ends_the_command_with_its_mend_and_comes_back(
    scene: Scene,
) -> None:
    await scene.run("subscribe", "cs.LG", "kw:cache", "min:0", "--to", "slack-webhook")
    await scene.slack.archive("C1")

    refused = await scene.run("now", "--to", "slack-webhook")
    await scene.slack.unarchive("C1")
    resumed = await scene.run("resume", "--to", "slack-webhook")

    assert refused.returncode == 1
    assert "unarchive it" in refused.stderr
    assert "resume --to slack-webhook" in refused.stderr
    assert resumed.returncode == 0, resumed.stderr
    assert len(scene.slack.messages("C1")) == 1


async def test_a_webhook_without_an_address_is_named_with_its_variable(scene: Scene) -> None:
    ended = await scene.run("now", "--to", "discord-webhook")

    assert ended.returncode == 2
    assert "DISCORD_WEBHOOK_URL" in ended.stderr


async def test_a_digest_goes_to_one_place(scene: Scene) -> None:
    ended = await scene.run("now", "--to", "slack-webhook", "--to-file", "lab")

    assert ended.returncode == 2
    assert scene.slack.messages("C1") == []
