"""Delivery to Slack, through the real client, against a Slack on loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.errors import RATELIMITED, refusal_sentence
from adapters.slack.messenger import SlackMessenger
from adapters.slack.payload import EVENT_TYPE
from adapters.slack.render import SlackRenderer
from bot.domain.interests import Interests
from bot.domain.outbox import REFUSALS, MessageRef, OutboxMessage
from bot.domain.subscriptions import Destination, Subscription
from bot.errors import PermanentError, TransientError
from bot.services.digests import messages_of
from tests.fakes.digests import DIGEST
from tests.fakes.slack import SlackServer

PAPERS = Destination("slack", "T1", "C1")
RANDOM = Destination("slack", "T1", "C2")
SUBSCRIPTION = Subscription(
    number=1,
    destination=PAPERS,
    interests=Interests(("cs.LG", "cs.CL")),
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    id=7,
)
PARENT, FIRST, SECOND = messages_of(DIGEST, SUBSCRIPTION, SlackRenderer())


@dataclass(slots=True)
class Scene:
    """A Slack and the messenger of its workspaces."""

    slack: SlackServer
    messenger: SlackMessenger

    def posted(self) -> list[Any]:
        return self.slack.messages("C1")


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with SlackServer(rate_limited=False) as slack:

        async def client_of(team_id: str) -> AsyncWebClient:
            return AsyncWebClient(
                token=slack.bot_token(team_id), base_url=f"{slack.api_url}/", retry_handlers=[]
            )

        yield Scene(slack, SlackMessenger(client_of))
        assert slack.violations == []


def message(key: str = "k1", **what: Any) -> OutboxMessage:
    return replace(replace(PARENT, key=key), **what)


def child_of(ref: MessageRef) -> OutboxMessage:
    return replace(FIRST, parent_ref=ref)


async def test_a_message_stands_in_its_channel_as_it_was_rendered(scene: Scene) -> None:
    ref = await scene.messenger.send(PARENT)

    [posted] = scene.posted()
    assert ref == MessageRef("C1", posted.ts)
    payload = json.loads(PARENT.payload)
    assert posted.text == payload["text"]
    assert [block["type"] for block in posted.blocks] == [
        block["type"] for block in payload["blocks"]
    ]
    [call] = scene.slack.calls("chat.postMessage")
    assert call.arguments["unfurl_links"] is call.arguments["unfurl_media"] is False


async def test_papers_stand_in_the_thread_of_their_digest(scene: Scene) -> None:
    parent = await scene.messenger.send(PARENT)

    ref = await scene.messenger.send(child_of(parent))

    posted = scene.posted()[-1]
    assert posted.thread_ts == parent.message_id
    assert ref == MessageRef("C1", posted.ts, parent.message_id)
    assert posted.metadata["event_payload"] == {"papers": ["2601.13824"], "key": FIRST.key}


async def test_without_threads_papers_stand_in_the_channel(scene: Scene) -> None:
    subscription = replace(SUBSCRIPTION, threads=False)
    renderer = SlackRenderer()
    long = replace(DIGEST, entries=DIGEST.entries * 12)
    first, second, *_ = messages_of(long, subscription, renderer)

    parent = await scene.messenger.send(first)
    await scene.messenger.send(replace(second, parent_ref=parent))

    assert [each.thread_ts for each in scene.posted()] == [None, None]


async def test_after_a_crash_a_message_is_found_where_it_was_posted(scene: Scene) -> None:
    parent = await scene.messenger.send(PARENT)
    child = await scene.messenger.send(child_of(parent))

    found = [await scene.messenger.find_sent(each) for each in (PARENT, child_of(parent))]

    assert found == [parent, child]


async def test_what_is_not_there_is_not_found(scene: Scene) -> None:
    parent = await scene.messenger.send(PARENT)

    assert await scene.messenger.find_sent(message("other")) is None
    assert await scene.messenger.find_sent(replace(child_of(parent), key="other")) is None


async def test_a_message_is_found_among_hundreds_by_other_people(scene: Scene) -> None:
    sent = await scene.messenger.send(PARENT)
    user = scene.slack.user("U1")
    for number in range(450):
        await user.post(f"talk {number}", channel="C1")

    assert await scene.messenger.find_sent(PARENT) == sent
    assert 2 < len(scene.slack.calls("conversations.history")) <= 10


async def test_the_look_up_begins_when_the_message_was_written(scene: Scene) -> None:
    written = datetime(2026, 1, 21, 9, 0, tzinfo=UTC)

    await scene.messenger.find_sent(replace(PARENT, created_at=written))

    [call] = scene.slack.calls("conversations.history")
    oldest = datetime.fromtimestamp(float(call.arguments["oldest"]), tz=UTC)
    assert timedelta(0) < written - oldest <= timedelta(minutes=10)


async def test_where_we_may_not_look_we_rather_post_again(scene: Scene) -> None:
    scene.slack.fail_next("conversations.history", error="missing_scope")

    assert await scene.messenger.find_sent(PARENT) is None


async def test_a_cut_connection_leaves_the_doubt_and_the_look_up_ends_it(scene: Scene) -> None:
    scene.slack.fail_next("chat.postMessage", cut=True)

    with pytest.raises(TransientError) as caught:
        await scene.messenger.send(PARENT)

    assert caught.value.may_have_acted
    assert await scene.messenger.find_sent(PARENT) is not None
    assert len(scene.posted()) == 1


async def test_slacks_wish_to_be_slower_is_the_workspaces(scene: Scene) -> None:
    scene.slack.fail_next("chat.postMessage", error="ratelimited", status=429, retry_after=17)

    with pytest.raises(TransientError) as caught:
        await scene.messenger.send(PARENT)

    error = caught.value
    assert (error.retry_after, error.workspace_wide, error.platform_wide) == (17, True, False)
    assert not error.may_have_acted
    assert error.code == RATELIMITED


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_slack_in_trouble_is_asked_again(scene: Scene, status: int) -> None:
    scene.slack.fail_next("chat.postMessage", status=status)

    with pytest.raises(TransientError) as caught:
        await scene.messenger.send(PARENT)

    assert caught.value.may_have_acted


@pytest.mark.parametrize(
    "code",
    [
        "not_in_channel",
        "channel_not_found",
        "is_archived",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "invalid_auth",
        "missing_scope",
        "restricted_action",
        "team_access_not_granted",
    ],
)
async def test_what_refuses_us_is_a_refusal_with_its_mend(scene: Scene, code: str) -> None:
    scene.slack.fail_next("chat.postMessage", error=code)

    with pytest.raises(PermanentError) as caught:
        await scene.messenger.send(PARENT)

    assert caught.value.code == code
    assert code in REFUSALS
    assert str(caught.value).startswith(refusal_sentence(code))
    assert code not in str(caught.value)


async def test_a_channel_we_were_never_invited_to_and_an_archived_one_refuse(scene: Scene) -> None:
    with pytest.raises(PermanentError) as not_in:
        await scene.messenger.send(message(destination=RANDOM))
    await scene.slack.archive("C1")
    with pytest.raises(PermanentError) as archived:
        await scene.messenger.send(PARENT)
    await scene.slack.uninstall("T1")
    with pytest.raises(PermanentError) as uninstalled:
        await scene.messenger.send(PARENT)

    codes = [each.value.code for each in (not_in, archived, uninstalled)]
    assert codes == ["not_in_channel", "is_archived", "account_inactive"]
    assert "/invite" in str(not_in.value)


@pytest.mark.parametrize("code", ["something_new", "fatal_error", "internal_error"])
async def test_what_slack_has_not_told_us_about_is_tried_again(scene: Scene, code: str) -> None:
    scene.slack.fail_next("chat.postMessage", error=code)

    with pytest.raises(TransientError) as caught:
        await scene.messenger.send(PARENT)

    assert code in str(caught.value)
    assert caught.value.may_have_acted is code.endswith("_error")


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_blocks_too_long", "msg_too_long"])
async def test_a_digest_whose_blocks_are_refused_comes_as_text(
    scene: Scene, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    scene.slack.fail_next("chat.postMessage", error=code)

    await scene.messenger.send(PARENT)

    [posted] = scene.posted()
    assert posted.blocks == []
    assert posted.text == json.loads(PARENT.payload)["text"]
    assert posted.metadata["event_payload"]["key"] == PARENT.key
    assert [record.message for record in caplog.records] == ["slack.sent_as_text"]


async def test_text_that_is_refused_too_is_one_messages_fault(scene: Scene) -> None:
    scene.slack.fail_next("chat.postMessage", error="invalid_blocks", times=2)

    with pytest.raises(PermanentError) as caught:
        await scene.messenger.send(PARENT)

    assert caught.value.code not in REFUSALS


async def test_a_long_text_sent_for_refused_blocks_keeps_whole_lines(scene: Scene) -> None:
    link = "<https://arxiv.org/abs/2601.00001|a title>"
    payload = json.loads(PARENT.payload) | {"text": "\n".join([link] * 90)}
    scene.slack.fail_next("chat.postMessage", error="msg_too_long")

    await scene.messenger.send(message(payload=json.dumps(payload)))

    lines = scene.posted()[0].text.splitlines()
    assert set(lines) == {link, "…"}
    assert len(lines) > 50


async def test_nobody_listening_is_nobodys_message_sent() -> None:
    async def client_of(team_id: str) -> AsyncWebClient:
        del team_id
        return AsyncWebClient(token="xoxb-1", base_url="http://127.0.0.1:9/", retry_handlers=[])  # noqa: S106 - of nothing

    with pytest.raises(TransientError) as caught:
        await SlackMessenger(client_of).send(PARENT)

    assert caught.value.platform_wide
    assert not caught.value.may_have_acted


async def test_somebody_is_told_about_a_channel_in_a_direct_message(scene: Scene) -> None:
    await scene.messenger.tell("U1", "I cannot post. `resume` tries again.", destination=PAPERS)

    [call] = scene.slack.calls("chat.postMessage")
    assert call.arguments["text"] == "<#C1>: I cannot post. `/arxiv resume` tries again."
    assert call.arguments["channel"].startswith("D")


async def test_a_message_of_ours_and_its_key_are_known_by_their_metadata(scene: Scene) -> None:
    await scene.messenger.send(PARENT)

    [posted] = scene.posted()
    assert posted.metadata["event_type"] == EVENT_TYPE
    assert posted.metadata["event_payload"]["key"] == PARENT.key
