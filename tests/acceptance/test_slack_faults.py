"""What must be refused on Slack, what comes twice, and channels that go and come back."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa

from adapters.database.engine import open_database
from bot.app.slack import open_slack
from bot.errors import UserError
from bot.ports import NO_TELEMETRY
from tests.fakes.clock import FrozenClock
from tests.fakes.slack import SlackServer
from tests.fakes.slack_bot import (
    KEY,
    SlackBot,
    is_well,
    recorded_day,
    slack_bot,
    slack_settings,
    until,
)
from tests.shared_data import ARXIV_DATA, needs_shared

pytestmark = [
    needs_shared,
    # slack_sdk gives oauth.v2.access its secret in a way that aiohttp will drop some day.
    pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning"),
]


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer(rate_limited=False) as server:
        yield server
        assert server.violations == []


@pytest.fixture
async def bot(slack: SlackServer, tmp_path: Path) -> AsyncIterator[SlackBot]:
    async with slack_bot(slack, tmp_path, feed=recorded_day(ARXIV_DATA)) as running:
        yield running


async def subscribed(slack: SlackServer, channel: str = "C1", user: str = "U1") -> None:
    await slack.user(user).slash("subscribe cs.CL kw:LLM^2 top:2 min:1 tz:UTC", channel=channel)
    await slack.until(lambda: bool(slack.messages(channel)), what="subscribed is said")


# --- who may, and who is who -----------------------------------------------------------------


async def test_a_forged_signature_and_a_replayed_time_are_refused_and_told_without_content(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        SlackServer(mode="http") as slack,
        slack_bot(slack, tmp_path) as bot,
        aiohttp.ClientSession() as http,
    ):
        payload = {
            "command": "/arxiv",
            "text": "subscribe cs.CL kw:verysecret",
            "team_id": "T1",
            "channel_id": "C1",
            "user_id": "U1",
            "trigger_id": "forged",
        }
        body, honest = slack.request("slash_commands", payload)
        _, old = slack.request("slash_commands", payload, at=time.time() - 600)
        forged = honest | {"X-Slack-Signature": "v0=" + "0" * 64}
        unsigned = {"Content-Type": honest["Content-Type"]}
        strange = honest | {"X-Slack-Request-Timestamp": "٣٤"}
        caplog.set_level(logging.DEBUG)

        answers = []
        for headers in (forged, old, unsigned, strange):
            async with http.post(f"{bot.web.url}/slack/events", data=body, headers=headers) as it:
                answers.append(it.status)
        await slack.settled()

        assert answers == [401, 401, 401, 401]
        assert list(await bot.subscriptions()) == []
        refused = [each for each in caplog.records if each.message == "slack.request_refused"]
        assert len(refused) == 4
        assert "verysecret" not in caplog.text
        assert slack.signing_secret not in caplog.text


async def test_another_workspaces_channel_is_none_of_its_own(
    slack: SlackServer, bot: SlackBot
) -> None:
    await subscribed(slack)
    slack.add_workspace("T2", "Elsewhere")
    stranger = slack.user("U1T2", team="T2")

    answered = await stranger.slash("unsubscribe 1", channel="C1T2")

    assert "not installed in this workspace" in (await answered.answer()).shown()
    assert len(await bot.subscriptions()) == 1


async def test_a_workspace_cannot_subscribe_a_channel_of_another(tmp_path: Path) -> None:
    async with (
        SlackServer(mode="http", rate_limited=False) as slack,
        slack_bot(slack, tmp_path, many=True) as bot,
        aiohttp.ClientSession() as http,
    ):
        for team in ("T1", "T2"):
            await slack.install(team, bot.web.url)
        payload = {
            "command": "/arxiv",
            "text": "subscribe cs.CL",
            "team_id": "T2",
            "channel_id": "C1",  # of T1
            "user_id": "U1T2",
            "trigger_id": "elsewhere",
        }
        body, headers = slack.request("slash_commands", payload)

        async with http.post(f"{bot.web.url}/slack/events", data=body, headers=headers) as answer:
            assert answer.status == 200

        await slack.until(
            lambda: (
                "I have no part" in _last_direct(slack, "U1T2", "T2")
                or "I am not in" in _last_direct(slack, "U1T2", "T2")
            ),
            what="the refusal is told",
        )
        assert list(await bot.subscriptions("C1", "T1")) == []
        assert list(await bot.subscriptions("C1", "T2")) == []


async def test_members_may_look_but_only_managers_change(slack: SlackServer, bot: SlackBot) -> None:
    await subscribed(slack)
    emmy = slack.user("U2")

    refused = await (await emmy.slash("pause")).answer()
    form = await emmy.slash("subscribe")
    told = await form.answer()
    listed = await (await emmy.slash("list")).answer()
    home = await (await emmy.slash("status")).answer()

    assert "Only people who manage this channel" in refused.shown()
    assert refused.only_for == "U2"
    assert "Only people who manage this channel" in told.shown()
    assert form.views == []
    assert "cs.CL" in listed.shown()
    assert home.only_for == "U2"
    assert [each.is_active for each in await bot.subscriptions()] == [True]


async def test_everybody_may_change_where_the_setting_says_so(
    slack: SlackServer, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(
        json.dumps({"manage_subscriptions": "members", "command_name": "papers"})
    )
    async with slack_bot(slack, tmp_path):
        emmy = slack.user("U2")

        await emmy.slash("subscribe cs.CL tz:UTC", command="/papers")

        await slack.until(lambda: bool(slack.messages("C1")), what="subscribed is said")
        unknown = await (await emmy.slash("pauze", command="/papers")).answer()
        assert "`/papers pause`" in unknown.shown()


@pytest.mark.usefixtures("bot")
async def test_a_form_with_another_state_is_refused(
    slack: SlackServer, caplog: pytest.LogCaptureFixture
) -> None:
    ada, emmy = slack.user("U1"), slack.user("U2")
    form = await (await ada.slash("subscribe")).view()
    signed = form.payload["private_metadata"]
    for forged in (signed.replace('"C1"', '"C2"'), "", "v0." + signed.partition(".")[2]):
        interaction = await ada.submit(form, {"categories": "cs.CL"}, private_metadata=forged)
        assert "open it again" in interaction.views[-1].shown()
        form = await (await ada.slash("subscribe")).view()
    theirs = await (await ada.slash("subscribe")).view()
    theirs.user = emmy.id

    stolen = await emmy.submit(theirs, {"categories": "cs.CL"})

    assert "open it again" in stolen.views[-1].shown()
    assert slack.messages("C1") == slack.messages("C2") == []
    assert sum(each.message == "slack.form_refused" for each in caplog.records) == 4


# --- twice -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("bot")
async def test_what_comes_twice_is_done_once(slack: SlackServer) -> None:
    ada = slack.user("U1")
    slack.duplicate_next()
    await ada.slash("subscribe cs.CL tz:UTC")
    await slack.until(lambda: bool(slack.messages("C1")), what="subscribed is said")
    slack.duplicate_next()
    asked = await ada.mention("list")
    await slack.until(lambda: bool(slack.thread(asked)), what="the mention is answered")

    await slack.redeliver(slack.deliveries[-1])
    later = await ada.mention("status")
    await slack.until(lambda: bool(slack.thread(later)), what="all before it is done with")

    assert len(slack.thread(asked)) == 1
    said = [each for each in slack.messages("C1") if each.user == "UT1BOT" and not each.thread_ts]
    assert len(said) == 1


async def test_an_event_answered_before_a_restart_is_not_answered_again(
    slack: SlackServer, tmp_path: Path
) -> None:
    async with slack_bot(slack, tmp_path):
        asked = await slack.user("U1").mention("help")
        await slack.until(lambda: bool(slack.thread(asked)), what="the mention is answered")
        before = len(slack.thread(asked))
        event = slack.deliveries[-1]

    async with slack_bot(slack, tmp_path):
        await slack.redeliver(event)
        later = await slack.user("U1").mention("list")
        await slack.until(lambda: bool(slack.thread(later)), what="all before it is done with")

    assert len(slack.thread(asked)) == before


async def test_buttons_of_old_messages_work_after_a_restart(
    slack: SlackServer, tmp_path: Path
) -> None:
    feed = recorded_day(ARXIV_DATA)
    async with slack_bot(slack, tmp_path, feed=feed) as bot:
        await subscribed(slack)
        await bot.daily_digests()
    paper = slack.thread(slack.messages("C1")[1])[0]

    async with slack_bot(slack, tmp_path, feed=feed):
        similar = await (await slack.user("U1").click(paper, "paper_similar")).answer()

    assert similar.only_for == "U1"
    assert "Like “" in similar.shown() or "None of the" in similar.shown()


# --- channels and workspaces that go and come back -------------------------------------------


async def test_where_the_bot_is_not_a_member_it_says_how_to_invite_it(
    slack: SlackServer, bot: SlackBot
) -> None:
    ada = slack.user("U1")
    public = await (await ada.slash("subscribe cs.CL", channel="C2")).answer()
    private = await (await ada.slash("subscribe cs.CL", channel="G1")).answer()

    await slack.invite_bot("C2")
    await slack.until(lambda: bool(slack.messages("C2")), what="hello is said")
    await ada.slash("subscribe cs.CL", channel="C2")
    await slack.until(lambda: len(slack.messages("C2")) == 2, what="subscribed is said")

    assert "I am not in #random yet: type `/invite @Papercourier`." in public.shown()
    assert "I am not in this channel yet" in private.shown()
    assert "Hello!" in slack.messages("C2")[0].shown()
    assert len(await bot.subscriptions("C2")) == 1


@pytest.mark.parametrize(
    ("goes", "comes_back", "code"),
    [
        ("kick_bot", "invite_bot", "not_in_channel"),
        ("archive", "unarchive", "is_archived"),
        ("delete_channel", None, "channel_not_found"),
    ],
)
async def test_a_channel_that_refuses_is_disabled_and_comes_back_when_the_cause_is_gone(
    slack: SlackServer, bot: SlackBot, goes: str, comes_back: str | None, code: str
) -> None:
    await subscribed(slack)

    await getattr(slack, goes)("C1")
    await until(lambda: _is(bot, code), what="the channel is disabled")
    await slack.until(lambda: bool(slack.direct_messages("U1")), what="its creator is told")
    assert "I cannot post your digests there any more." in slack.direct_messages("U1")[0].shown()
    assert await bot.daily_digests() == 0

    if comes_back is not None:
        await getattr(slack, comes_back)("C1")
        await until(lambda: _is(bot, None), what="the channel is back")
        assert await bot.deliver() > 0


async def test_a_token_revoked_in_mid_digest_disables_until_the_app_is_back(
    slack: SlackServer, bot: SlackBot
) -> None:
    await subscribed(slack)
    slack.fail_next("chat.postMessage", error="token_revoked", times=1)

    assert await bot.daily_digests() == 0
    assert await bot.refusal() == "token_revoked"
    await slack.user("U1").slash("list")

    # The token works again, as somebody's command shows.
    await until(lambda: _is(bot, None), what="the workspace is back")
    assert await bot.deliver() > 0


async def test_an_archived_channel_is_learned_of_by_posting_too(
    slack: SlackServer, bot: SlackBot
) -> None:
    await subscribed(slack)
    slack.channel("C1").is_archived = True

    assert await bot.daily_digests() == 0

    assert await bot.refusal() == "is_archived"
    assert "archived" in slack.direct_messages("U1")[0].shown()


# --- how it is set up ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN"),
        ({"SLACK_APP_TOKEN": "xapp-1"}, "SLACK_BOT_TOKEN is missing"),
        ({"SLACK_SIGNING_SECRET": "1"}, "SLACK_BOT_TOKEN is missing"),
        ({"SLACK_CLIENT_ID": "1"}, "SLACK_CLIENT_SECRET is missing"),
        (
            {
                "SLACK_BOT_TOKEN": "xoxb-1",
                "SLACK_CLIENT_ID": "1",
                "SLACK_CLIENT_SECRET": "2",
                "SLACK_SIGNING_SECRET": "3",
            },
            "unset one of them",
        ),
        ({"SLACK_BOT_TOKEN": "xapp-1", "SLACK_APP_TOKEN": "xoxb-1"}, "begins with xoxb-"),
        (
            {"SLACK_BOT_TOKEN": "xoxb-wrong", "SLACK_APP_TOKEN": "xapp-1"},
            "Slack refuses SLACK_BOT_TOKEN",
        ),
        (
            {
                "SLACK_BOT_TOKEN": "xoxb-1",
                "SLACK_APP_TOKEN": "xapp-1",
                "SLACK_ENCRYPTION_KEY": "short",
            },
            "no Fernet key",
        ),
    ],
)
async def test_a_configuration_that_cannot_work_names_its_mend_before_anything_starts(
    slack: SlackServer, tmp_path: Path, environ: dict[str, str], names: str
) -> None:
    settings = slack_settings(tmp_path, {"SLACK_API_URL": slack.api_url, **environ})
    async with await open_database(settings.database_url.reveal()) as database:
        with pytest.raises(UserError, match=names):
            async with open_slack(
                settings, database=database, clock=FrozenClock(), telemetry=NO_TELEMETRY
            ):
                pytest.fail("it was opened")


async def test_an_app_token_that_slack_refuses_is_named(slack: SlackServer, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="SLACK_APP_TOKEN"):
        async with slack_bot(slack, tmp_path, SLACK_APP_TOKEN="xapp-wrong"):  # noqa: S106 - a fake
            pytest.fail("it was opened")


async def test_readiness_follows_the_connection(slack: SlackServer, bot: SlackBot) -> None:
    await bot.check()

    await slack.disconnect()
    await until(lambda: is_well(bot.check), what="the next connection is there")
    assert (await slack.user("U1").slash("help")).error is None
    slack.fail_next("apps.connections.open", status=503, times=100)
    await slack.drop_connections()

    async def is_lost() -> bool:
        return not await is_well(bot.check)

    await until(is_lost, what="the connection is missed")


# --- many workspaces -------------------------------------------------------------------------


async def test_a_workspace_installs_subscribes_uninstalls_and_comes_back(tmp_path: Path) -> None:
    async with (
        SlackServer(mode="http", rate_limited=False) as slack,
        slack_bot(slack, tmp_path, many=True, feed=recorded_day(ARXIV_DATA)) as bot,
    ):
        page = await slack.install("T2", bot.web.url)
        token = slack.bot_token("T2")
        grace = slack.user("U1T2", team="T2")
        await slack.invite_bot("C2T2")
        await slack.until(lambda: bool(slack.messages("C2T2")), what="hello is said")
        await grace.slash("subscribe cs.CL kw:LLM min:1 tz:UTC", channel="C2T2")
        await slack.until(lambda: len(slack.messages("C2T2")) == 2, what="subscribed is said")

        assert page.status == 200
        assert "Papercourier is in TeamT2" in page.text
        stored = (tmp_path / "papercourier.db").read_bytes() + (
            tmp_path / "papercourier.db-wal"
        ).read_bytes()
        assert b"slack_bots" in stored
        assert token.encode() not in stored

        await slack.uninstall("T2")
        await until(lambda: _is(bot, "app_uninstalled", "C2T2", "T2"), what="it is disabled")
        assert await bot.daily_digests() == 0
        await slack.install("T2", bot.web.url)
        await slack.invite_bot("C2T2")
        await until(lambda: _is(bot, None, "C2T2", "T2"), what="it is back")
        assert await bot.deliver() > 0
        assert slack.violations == []


async def test_an_installation_is_refused_without_its_state_its_browser_or_its_consent(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        SlackServer(mode="http") as slack,
        slack_bot(slack, tmp_path, many=True) as bot,
    ):
        forged = await slack.install("T2", bot.web.url, state="forged")
        elsewhere = await slack.install("T2", bot.web.url, keeps_cookies=False)
        declined = await slack.install("T2", bot.web.url, error="access_denied")
        spent = await slack.install("T2", bot.web.url, code="made-up-code")

        assert await states(bot) == 3  # none but the last was used up
        await expire_states(bot)
        await slack.install("T2", bot.web.url)
        assert await states(bot) == 0
        answers = (forged, elsewhere, declined, spent)
        assert [each.status for each in answers] == [400, 400, 200, 401]
        for each in answers:
            assert "was not installed" in each.text
        assert "made-up-code" not in caplog.text
        assert slack.client_secret not in caplog.text


async def test_tokens_are_encrypted_anew_when_the_key_is_changed(tmp_path: Path) -> None:
    from cryptography.fernet import Fernet  # noqa: PLC0415 - for this test alone

    newer = Fernet.generate_key().decode()
    async with SlackServer(mode="http", rate_limited=False) as slack:
        async with slack_bot(slack, tmp_path, many=True) as bot:
            await slack.install("T2", bot.web.url)
        both = f"{newer},{KEY}"
        async with slack_bot(slack, tmp_path, many=True, SLACK_ENCRYPTION_KEY=both):
            pass

        async with slack_bot(slack, tmp_path, many=True, SLACK_ENCRYPTION_KEY=newer):
            answered = await slack.user("U1T2", team="T2").slash("help", channel="C1T2")
            assert "subscribe" in (await answered.answer()).shown()


async def _is(bot: SlackBot, code: str | None, channel: str = "C1", team: str = "T1") -> bool:
    return await bot.refusal(channel, team) == code


def _last_direct(slack: SlackServer, user: str, team: str) -> str:
    messages = slack.direct_messages(user, team)
    return messages[-1].shown() if messages else ""


async def states(bot: SlackBot) -> int:
    async with bot.database.engine.connect() as connection:
        counted = await connection.execute(sa.text("SELECT count(*) FROM slack_oauth_states"))
        return int(counted.scalar_one())


async def expire_states(bot: SlackBot) -> None:
    async with bot.database.engine.begin() as connection:
        await connection.execute(
            sa.text("UPDATE slack_oauth_states SET expire_at = '2020-01-01 00:00:00.000000'")
        )
