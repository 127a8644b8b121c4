"""Every command on Slack, typed in a channel, by websocket and by signed HTTP."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.slack import SlackServer, SlackUser
from tests.fakes.slack.state import Message
from tests.fakes.slack_bot import SlackBot, recorded_day, slack_bot, until
from tests.shared_data import ARXIV_DATA, needs_shared

pytestmark = [
    needs_shared,
    # slack_sdk gives oauth.v2.access its secret in a way that aiohttp will drop some day.
    pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning"),
]


@pytest.fixture(params=["socket", "http"])
async def slack(request: pytest.FixtureRequest) -> AsyncIterator[SlackServer]:
    async with SlackServer(mode=request.param, rate_limited=False) as server:
        yield server
        assert server.violations == []
        assert _loud(server) == []


def _loud(slack: SlackServer) -> list[str]:
    """Messages of ours without words for notifications, or that let Slack add previews."""
    posts = [each for each in slack.calls("chat.postMessage") if each.answer.get("ok")]
    return [
        str(each.arguments)
        for each in posts
        if not each.arguments.get("text")
        or str(each.arguments.get("unfurl_links")).lower() != "false"
        or str(each.arguments.get("unfurl_media")).lower() != "false"
    ]


async def _told(user: SlackUser, text: str, *, channel: str) -> str:
    """What a command says to the person alone."""
    answer = await (await user.slash(text, channel=channel)).answer()
    assert answer.only_for == user.id
    return answer.shown()


async def _shared(slack: SlackServer, user: SlackUser, text: str, *, channel: str) -> str:
    """What a command says in the channel."""
    before = len(slack.messages(channel))
    asked = await user.slash(text, channel=channel)
    await slack.until(lambda: len(slack.messages(channel)) > before, what=f"{text} is answered")
    assert asked.error is None
    return slack.messages(channel)[before].shown()


async def test_a_workspace_installs_types_every_command_and_uninstalls(
    slack: SlackServer, tmp_path: Path
) -> None:
    channel = "C2T2"
    async with slack_bot(slack, tmp_path, many=True, feed=recorded_day(ARXIV_DATA)) as bot:
        page = await slack.install("T2", bot.web.url)
        assert page.status == 200
        grace = slack.user("U1T2", team="T2")
        await slack.invite_bot(channel)
        await slack.until(lambda: bool(slack.messages(channel)), what="hello is said")

        await _subscriptions(slack, bot, grace, channel)
        await _single_papers(slack, grace, channel)
        await _whole_channel(slack, bot, grace, channel)

        await slack.uninstall("T2")

        async def is_gone() -> bool:
            return await bot.refusal(channel, "T2") == "app_uninstalled"

        await until(is_gone, what="it is disabled")


async def _subscriptions(slack: SlackServer, bot: SlackBot, grace: SlackUser, channel: str) -> None:
    said = await _shared(
        slack, grace, "subscribe cs.CL kw:LLM^2,reasoning top:3 min:1 tz:UTC", channel=channel
    )
    assert said.startswith("Subscribed: #1 cs.CL")
    assert "cs.CL" in await _told(grace, "list", channel=channel)
    assert "nothing is posted" in await _told(grace, "preview", channel=channel)
    assert "No digest yet" in await _told(grace, "status", channel=channel)
    posted = await bot.daily_digests()
    parent = next(each for each in slack.messages(channel) if each.replies)
    assert "Wed 21 Jan 2026" in parent.shown()
    assert len(slack.thread(parent)) == posted - 1 == 3
    assert "has not been seen yet" in await _told(grace, "now", channel=channel)
    assert "Paused #1" in await _shared(slack, grace, "pause 1", channel=channel)
    assert "Resumed #1" in await _shared(slack, grace, "resume 1", channel=channel)
    assert "at most 5" in await _shared(slack, grace, "edit 1 top:5", channel=channel)


async def _single_papers(slack: SlackServer, grace: SlackUser, channel: str) -> None:
    paper = _of(next(each for each in slack.messages(channel) if each.thread_ts))
    assert paper in await _told(grace, f"summarize {paper}", channel=channel)
    link = f"summarize https://arxiv.org/abs/{paper}"
    assert paper in await _told(grace, link, channel=channel)
    asked = await _told(grace, f"ask {paper} which data is used?", channel=channel)
    assert "Question: which data is used?" in asked
    similar = await _told(grace, f"similar {paper}", channel=channel)
    assert "Like “" in similar or "None of the" in similar
    assert "LLM" in await _told(grace, f"why {paper}", channel=channel)
    assert "more like" in await _told(grace, f"like {paper}", channel=channel)
    assert "fewer like" in await _told(grace, f"dislike {paper}", channel=channel)
    assert "taken back" in await _told(grace, f"unlike {paper}", channel=channel)
    assert "Forgotten" in await _shared(slack, grace, "forget", channel=channel)
    found = await _told(grace, "search zzzzqqqq", channel=channel)
    assert "arXiv has nothing for “zzzzqqqq”" in found


async def _whole_channel(slack: SlackServer, bot: SlackBot, grace: SlackUser, channel: str) -> None:
    said = await _shared(slack, grace, "settings top:7 lang:de", channel=channel)
    assert "at most 7" in said
    assert "web.public_url" in await _told(grace, "feed", channel=channel)
    helped = await _told(grace, "help", channel=channel)
    assert "/arxiv subscribe" in helped
    assert "papercourier " not in helped
    exported = await _told(grace, "export", channel=channel)
    document = re.sub(r"^[^{]*", "", exported)
    assert "Unsubscribed" in await _shared(slack, grace, "unsubscribe", channel=channel)
    assert list(await bot.subscriptions(channel, "T2")) == []
    said = await _shared(slack, grace, f"import {document}", channel=channel)
    assert said.startswith("Imported 1")
    [stored] = await bot.subscriptions(channel, "T2")
    assert [term.text for term in stored.interests.terms] == ["LLM", "reasoning"]


def _of(message: Message) -> str:
    [paper] = (message.metadata or {})["event_payload"]["papers"]
    return str(paper)


async def test_buttons_of_a_paper_do_what_they_say(slack: SlackServer, tmp_path: Path) -> None:
    async with slack_bot(slack, tmp_path, feed=recorded_day(ARXIV_DATA)) as bot:
        ada = slack.user("U1")
        await ada.slash("subscribe cs.CL kw:LLM^2 top:1 min:1 tz:UTC")
        await slack.until(lambda: bool(slack.messages("C1")), what="subscribed is said")
        await bot.daily_digests()
        parent = next(each for each in slack.messages("C1") if each.replies)
        [paper] = slack.thread(parent)

        similar = await (await ada.click(paper, "paper_similar")).answer()
        liked = await (await ada.click(paper, "paper_like")).answer()
        disliked = await (await ada.click(paper, "paper_dislike")).answer()
        await ada.click(paper, "paper_summarize")
        await slack.until(lambda: len(slack.thread(parent)) > 1, what="the summary is there")
        question = await ada.mention(f"ask {_of(paper)} which data is used?", thread_ts=parent.ts)
        await slack.until(lambda: len(slack.thread(parent)) > 3, what="the answer is there")

        assert {each.only_for for each in (similar, liked, disliked)} == {"U1"}
        assert "Like “" in similar.shown() or "None of the" in similar.shown()
        assert "more like" in liked.shown()
        assert "fewer like" in disliked.shown()
        assert slack.thread(parent)[-2] is question
        assert "Question: which data is used?" in slack.thread(parent)[-1].shown()


async def test_whatever_is_typed_is_acknowledged_and_answered(
    slack: SlackServer, tmp_path: Path
) -> None:
    async with slack_bot(slack, tmp_path):
        ada = slack.user("U1")
        for text in ("x" * 9_000, "subscribe kw:" + "a," * 4_000, "", "`", "<@U1>"):
            asked = await ada.slash(text)
            answer = await asked.answer()
            alone = len(slack.ephemeral("C1", "U1"))
            mention = await ada.mention(text)
            await slack.until(
                lambda mention=mention, alone=alone: (  # type: ignore[misc]  # of this turn
                    bool(slack.thread(mention)) or len(slack.ephemeral("C1", "U1")) > alone
                ),
                what="the mention is answered",
            )

            assert asked.error is None
            assert asked.acked == []  # nothing was said before it was read
            assert answer.only_for == "U1"
            assert len(answer.shown()) < 4_000
