"""What refuses the bot, in both modes: people are told, and nothing is lost or doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.digests import HOSTILE_TEXTS
from tests.fakes.slack import SlackServer
from tests.fakes.slack_bot import SlackBot, recorded_day, slack_bot, until
from tests.fakes.slack_texts import living, texts
from tests.fakes.world import FakeFeed, paper
from tests.shared_data import ARXIV_DATA, needs_shared

pytestmark = [
    needs_shared,
    # slack_sdk gives oauth.v2.access its secret in a way that aiohttp will drop some day.
    pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning"),
]
HOSTILE = (
    *HOSTILE_TEXTS,
    "<!channel> <!here> <@U1> <#C1|papers> &lt;!channel&gt; &amp;lt;",
    "a | b `code` ```fence``` *bold* _it_ ~gone~ :warning:",
    "x" * 5_000,
    "\u202eעברית العربية\u202c 🧪👍🏽",
    r"$\frac{\alpha}{\beta}$ \textbf{raw} \_ <https://evil.example|arxiv.org>",
)


_MENDS = {
    "not_in_channel": "/invite @Papercourier",
    "channel_not_found": "/invite @Papercourier",
    "is_archived": "unarchive it",
    "restricted_action": "ask an admin",
}


@pytest.fixture(params=["socket", "http"])
async def slack(request: pytest.FixtureRequest) -> AsyncIterator[SlackServer]:
    async with SlackServer(mode=request.param, rate_limited=False) as server:
        yield server
        assert server.violations == []


@pytest.fixture
async def bot(slack: SlackServer, tmp_path: Path) -> AsyncIterator[SlackBot]:
    async with slack_bot(slack, tmp_path, feed=recorded_day(ARXIV_DATA)) as running:
        yield running


async def _subscribed(
    slack: SlackServer, channel: str, *, user: str = "U1", team: str = "T1"
) -> None:
    asked = "subscribe cs.CL kw:LLM^2 top:4 min:1 tz:UTC"
    await slack.user(user, team=team).slash(asked, channel=channel)
    await slack.until(
        lambda: any("Subscribed" in each.shown() for each in slack.messages(channel)),
        what="subscribed is said",
    )


async def _refused_with(bot: SlackBot, code: str | None, channel: str, team: str = "T1") -> None:
    async def is_so() -> bool:
        return await bot.refusal(channel, team) == code

    await until(is_so, what=f"{channel} stands at {code}")


async def test_a_private_channel_it_is_removed_from_has_its_digest_after_the_next_invitation(
    slack: SlackServer, bot: SlackBot
) -> None:
    await slack.invite_bot("G1")
    await _subscribed(slack, "G1")

    await slack.kick_bot("G1")
    await _refused_with(bot, "not_in_channel", "G1")
    await slack.until(lambda: bool(slack.direct_messages("U1")), what="its creator is told")
    before = len(slack.calls("chat.postMessage"))
    assert await bot.daily_digests() == 0
    assert len(slack.calls("chat.postMessage")) == before
    await slack.invite_bot("G1")
    await _refused_with(bot, None, "G1")

    assert "invite me again" in slack.direct_messages("U1")[0].shown()
    assert await bot.deliver() == 5


async def test_a_refusal_met_while_posting_is_told_with_its_mend_and_ends_by_resume(
    slack: SlackServer, bot: SlackBot
) -> None:
    await _subscribed(slack, "C1")
    await bot.plan_digests()

    for number, (code, mend) in enumerate(_MENDS.items(), start=1):
        slack.refuse_posts("C1", code)
        assert await bot.deliver() == 0
        await _refused_with(bot, code, "C1")
        told = await _direct_message(slack, number)
        status = await (await slack.user("U1").slash("status")).answer()
        slack.refuse_posts("C1", None)
        await slack.user("U1").slash("resume")
        await _refused_with(bot, None, "C1")

        assert mend in told
        assert "`/arxiv resume`" in told
        assert mend in status.shown()

    assert await bot.deliver() == 5
    assert len(slack.direct_messages("U1")) == len(_MENDS)


async def _direct_message(slack: SlackServer, number: int) -> str:
    await slack.until(
        lambda: len(slack.direct_messages("U1")) >= number, what="its creator is told"
    )
    return slack.direct_messages("U1")[number - 1].shown()


async def test_a_token_revoked_in_mid_digest_leaves_the_rest_for_the_next_installation(
    slack: SlackServer, tmp_path: Path
) -> None:
    channel = "C2T2"
    async with slack_bot(slack, tmp_path, many=True, feed=recorded_day(ARXIV_DATA)) as bot:
        await slack.install("T2", bot.web.url)
        await slack.invite_bot(channel)
        await _subscribed(slack, channel, user="U1T2", team="T2")
        await bot.plan_digests()
        slack.fail_next("chat.postMessage", error="token_revoked", after=2)

        assert await bot.deliver() == 2
        slack.workspace("T2").token_error = "token_revoked"  # noqa: S105 - a word, no token
        parent = next(each for each in slack.messages(channel) if each.replies)
        await _refused_with(bot, "token_revoked", channel, "T2")
        calls = len(slack.calls())
        assert await bot.deliver() == 0
        assert len(slack.calls()) == calls  # nothing is asked of a workspace that refused

        await slack.install("T2", bot.web.url)
        await slack.invite_bot(channel)
        await _refused_with(bot, None, channel, "T2")
        assert await bot.deliver() == 3

        assert len(slack.thread(parent)) == 4
        assert set(Counter(each.key for each in slack.posted if each.key).values()) == {1}


@pytest.mark.parametrize("threads", ["on", "off"])
async def test_titles_that_mean_harm_stand_in_digests_and_do_nothing(
    slack: SlackServer, tmp_path: Path, threads: str
) -> None:
    feed = FakeFeed()
    feed.papers = [
        paper(f"2601.{number:05}", f"LLM {title}", abstract=f"LLM {title}")
        for number, title in enumerate(HOSTILE, start=1)
    ]
    async with slack_bot(slack, tmp_path, feed=feed) as bot:
        await slack.user("U1").slash(f"subscribe cs.CL kw:LLM min:0 top:50 tz:UTC thread:{threads}")
        await slack.until(lambda: bool(slack.messages("C1")), what="subscribed is said")

        assert await bot.daily_digests() > 1

    posted = [each for each in slack.messages("C1") if each.key]
    shown = [text for each in posted for text in (each.text, *texts(each.blocks))]
    assert [living(text) for text in shown if living(text)] == []
    papers = {one for each in posted for one in (each.metadata or {})["event_payload"]["papers"]}
    assert len(papers) == len(HOSTILE)


async def test_a_delivery_that_is_doubled_or_tried_again_is_done_once(
    slack: SlackServer, bot: SlackBot
) -> None:
    ada = slack.user("U1")
    slack.duplicate_next()
    await _subscribed(slack, "C1")
    slack.duplicate_next()
    asked = await ada.mention("list")
    await slack.until(lambda: bool(slack.thread(asked)), what="the mention is answered")
    await slack.redeliver(slack.deliveries[-1])
    later = await ada.mention("status")
    await slack.until(lambda: bool(slack.thread(later)), what="all before it is done with")

    assert len(slack.thread(asked)) == 1
    assert len(await bot.subscriptions()) == 1
    assert sum("Subscribed" in each.shown() for each in slack.messages("C1")) == 1
