"""What the fake Slack promises to callers of the Web API, asked by the real client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.fakes.bolt_app import button, client_of, form, plain
from tests.fakes.slack import SlackServer

METADATA = {"event_type": "papercourier_message", "event_payload": {"key": "k/1"}}


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer() as server:
        yield server


@pytest.fixture
def client(slack: SlackServer) -> AsyncWebClient:
    return client_of(slack)


async def code_of(call: Any) -> str:
    """The error Slack answers with."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


async def test_a_message_is_there_for_everybody_once_it_was_answered(
    slack: SlackServer, client: AsyncWebClient
) -> None:
    answer = await client.chat_postMessage(channel="C1", text="Good morning")

    [message] = slack.messages("C1")
    assert (message.text, message.ts) == ("Good morning", answer["ts"])


async def test_metadata_comes_back_only_when_it_is_asked_for(client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="C1", text="Hello", metadata=METADATA)

    bare = await client.conversations_history(channel="C1")
    whole = await client.conversations_history(channel="C1", include_all_metadata=True)

    assert "metadata" not in bare["messages"][0]
    assert whole["messages"][0]["metadata"] == METADATA


async def test_replies_stand_in_their_thread_and_not_in_the_channel(
    client: AsyncWebClient,
) -> None:
    head = await client.chat_postMessage(channel="C1", text="Head")
    await client.chat_postMessage(channel="C1", text="Reply", thread_ts=head["ts"])

    history = await client.conversations_history(channel="C1")
    replies = await client.conversations_replies(channel="C1", ts=head["ts"])

    assert [each["text"] for each in history["messages"]] == ["Head"]
    assert [each["text"] for each in replies["messages"]] == ["Head", "Reply"]


async def test_history_comes_newest_first_and_page_by_page(
    slack: SlackServer, client: AsyncWebClient
) -> None:
    slack.world.rates.is_on = False
    for number in range(5):
        await client.chat_postMessage(channel="C1", text=f"{number}")

    pages = [
        [each["text"] for each in page["messages"]]
        async for page in await client.conversations_history(channel="C1", limit=2)
    ]

    assert pages == [["4", "3"], ["2", "1"], ["0"]]


@pytest.mark.parametrize(
    ("channel", "code"),
    [
        ("C2", "not_in_channel"),
        ("G1", "channel_not_found"),
        ("C9", "channel_not_found"),
        ("C1T2", "channel_not_found"),
    ],
)
async def test_a_channel_the_bot_is_not_in_takes_nothing(
    slack: SlackServer, client: AsyncWebClient, channel: str, code: str
) -> None:
    slack.add_workspace("T2", "Other")

    assert await code_of(client.chat_postMessage(channel=channel, text="x")) == code


async def test_an_invited_bot_may_post_until_the_channel_is_archived_or_deleted(
    slack: SlackServer, client: AsyncWebClient
) -> None:
    await slack.invite_bot("G1")
    await client.chat_postMessage(channel="G1", text="Here I am")

    await slack.archive("G1")
    archived = await code_of(client.chat_postMessage(channel="G1", text="x"))
    await slack.unarchive("G1")
    await slack.delete_channel("G1")
    deleted = await code_of(client.chat_postMessage(channel="G1", text="x"))

    assert (archived, deleted) == ("is_archived", "channel_not_found")


async def test_tokens_are_told_apart(slack: SlackServer, client: AsyncWebClient) -> None:
    strange = await code_of(client_of(slack, token=slack.bot_token() + "0").auth_test())
    app = await code_of(client_of(slack, token=slack.app_token).auth_test())
    await slack.revoke_tokens("T1")
    revoked = await code_of(client.auth_test())
    await slack.uninstall("T1")
    gone = await code_of(client.auth_test())

    assert (strange, app) == ("invalid_auth", "not_allowed_token_type")
    assert (revoked, gone) == ("token_revoked", "account_inactive")


async def test_a_method_needs_its_scope_and_says_which(
    slack: SlackServer, client: AsyncWebClient
) -> None:
    slack.workspace().scopes = frozenset({"chat:write"})

    with pytest.raises(SlackApiError) as caught:
        await client.conversations_history(channel="C1")

    answer = caught.value.response
    assert (answer["error"], answer["needed"]) == ("missing_scope", "channels:history")
    assert answer["provided"] == "chat:write"


@pytest.mark.filterwarnings("ignore:The top-level `text` argument")
@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"text": ""}, "no_text"),
        ({"text": "", "blocks": [section("words")]}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"blocks": [section("x" * 3_001)]}, "invalid_blocks"),
        ({"blocks": [section("")]}, "invalid_blocks"),
        ({"blocks": [section("x")] * 51}, "invalid_blocks"),
        ({"blocks": [section("x" * 2_900)] * 5}, "msg_blocks_too_long"),
        ({"blocks": [{"type": "header", "text": plain("x" * 151)}]}, "invalid_blocks"),
        ({"blocks": [{"type": "context", "elements": [plain("x")] * 11}]}, "invalid_blocks"),
        ({"blocks": [{"type": "markdown", "text": "x" * 12_001}]}, "invalid_blocks"),
        ({"blocks": [{"type": "carrousel"}]}, "invalid_blocks"),
        ({"blocks": [button("a", "x" * 2_001)]}, "invalid_blocks"),
        ({"blocks": [{**section("x"), "block_id": "b"}] * 2}, "invalid_blocks"),
        (
            {"blocks": [{"type": "section", "fields": [plain("x")] * 11}]},
            "invalid_blocks",
        ),
        (
            {"blocks": [{"type": "section", "fields": [plain("x" * 2_001)]}]},
            "invalid_blocks",
        ),
        (
            {"blocks": [{"type": "actions", "elements": button("a", "1")["elements"] * 2}]},
            "invalid_blocks",
        ),
        ({"metadata": {"event_type": "a.b", "event_payload": {}}}, "invalid_metadata_schema"),
        ({"metadata": {"event_type": "a"}}, "invalid_metadata_format"),
        (
            {"metadata": {"event_type": "a", "event_payload": {"key": "x" * 9_000}}},
            "metadata_too_large",
        ),
    ],
)
async def test_what_slack_does_not_take_is_answered_with_its_code_and_remembered(
    slack: SlackServer, client: AsyncWebClient, message: dict[str, Any], code: str
) -> None:
    answered = await code_of(client.chat_postMessage(channel="C1", **{"text": "words", **message}))

    assert answered == code
    assert [each.split(" ")[1] for each in slack.violations] == [code]
    assert slack.messages("C1") == []


async def test_what_the_model_libraries_refuse_is_refused(
    slack: SlackServer, client: AsyncWebClient
) -> None:
    date = {"type": "datepicker", "action_id": "d", "initial_date": "tomorrow"}
    blocks = [{"type": "actions", "elements": [date]}]

    answered = await code_of(client.chat_postMessage(channel="C1", text="x", blocks=blocks))

    assert answered == "invalid_blocks"
    assert "slack_sdk" in slack.violations[0]


async def test_a_channel_takes_a_small_burst_and_then_one_message_a_second(
    slack: SlackServer, client: AsyncWebClient
) -> None:
    for _ in range(slack.channel_burst):
        await client.chat_postMessage(channel="C1", text="x")

    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C1", text="x")

    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "1"
    assert caught.value.response["error"] == "ratelimited"
    assert slack.throttled == 1


async def test_methods_have_their_tiers(client: AsyncWebClient) -> None:
    for _ in range(50):
        await client.conversations_info(channel="C1")

    assert await code_of(client.conversations_info(channel="C1")) == "ratelimited"


async def test_faults_come_when_asked_for_and_then_no_more(
    slack: SlackServer, client: AsyncWebClient
) -> None:
    slack.fail_next("chat.postMessage", error="ratelimited", retry_after=7)
    slack.fail_next("chat.postMessage", error="fatal_error")
    slack.fail_next("chat.postMessage", status=503)

    with pytest.raises(SlackApiError) as limited:
        await client.chat_postMessage(channel="C1", text="1")
    fatal = await code_of(client.chat_postMessage(channel="C1", text="2"))
    with pytest.raises(SlackApiError) as down:
        await client.chat_postMessage(channel="C1", text="3")
    await client.chat_postMessage(channel="C1", text="4")

    assert limited.value.response.headers["Retry-After"] == "7"
    assert fatal == "fatal_error"
    assert down.value.response.status_code == 503
    assert [message.text for message in slack.messages("C1")] == ["4"]


async def test_a_cut_call_was_done_although_its_answer_is_lost(
    slack: SlackServer, client: AsyncWebClient
) -> None:
    slack.fail_next("chat.postMessage", cut=True)

    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel="C1", text="It is there")

    assert [message.text for message in slack.messages("C1")] == ["It is there"]


async def test_only_own_messages_can_be_changed_and_deleted(
    slack: SlackServer, client: AsyncWebClient
) -> None:
    own = await client.chat_postMessage(channel="C1", text="old")
    theirs = slack.world.post(slack.channel("C1"), user="U1", text="mine")

    await client.chat_update(channel="C1", ts=own["ts"], text="new")
    refused = await code_of(client.chat_update(channel="C1", ts=theirs.ts, text="new"))
    await client.chat_delete(channel="C1", ts=own["ts"])
    gone = await code_of(client.chat_update(channel="C1", ts=own["ts"], text="newer"))

    assert (refused, gone) == ("cant_update_message", "message_not_found")
    assert [message.text for message in slack.messages("C1")] == ["mine"]


async def test_an_ephemeral_message_is_seen_by_one_person(
    slack: SlackServer, client: AsyncWebClient
) -> None:
    await client.chat_postEphemeral(channel="C1", user="U1", text="psst")

    assert [message.text for message in slack.ephemeral("C1", "U1")] == ["psst"]
    assert slack.ephemeral("C1", "U2") == slack.messages("C1") == []


async def test_direct_messages_are_opened_and_written_to(
    slack: SlackServer, client: AsyncWebClient
) -> None:
    opened = await client.conversations_open(users="U2")
    await client.chat_postMessage(channel=opened["channel"]["id"], text="psst")

    assert [message.text for message in slack.direct_messages("U2")] == ["psst"]


async def test_lists_have_what_the_bot_may_see(client: AsyncWebClient) -> None:
    everything = await client.conversations_list(types="public_channel,private_channel")
    own = await client.users_conversations(types="public_channel,private_channel")

    assert [each["id"] for each in everything["channels"]] == ["C1", "C2"]
    assert [each["id"] for each in own["channels"]] == ["C1"]


async def test_a_home_tab_is_published_and_replaced(
    slack: SlackServer, client: AsyncWebClient
) -> None:
    for text in ("one", "two"):
        await client.views_publish(user_id="U1", view={"type": "home", "blocks": [section(text)]})

    home = slack.home("U1")
    assert home is not None
    assert home.shown() == "two"


@pytest.mark.parametrize(
    "broken",
    [
        {"title": plain("x" * 25)},
        {"private_metadata": "x" * 3_001},
        {"submit": None},
        {"blocks": []},
    ],
)
async def test_a_modal_keeps_to_the_limits(client: AsyncWebClient, broken: dict[str, Any]) -> None:
    view = {**form("subscribe"), **broken}
    view = {name: value for name, value in view.items() if value is not None}

    answered = await code_of(client.views_open(trigger_id="none", view=view))

    assert answered == "invalid_arguments"


async def test_files_are_uploaded_in_three_steps(
    slack: SlackServer, client: AsyncWebClient
) -> None:
    await client.files_upload_v2(
        channel="C1", filename="subscriptions.json", content="{}", initial_comment="Here"
    )

    [upload] = slack.world.uploads.values()
    assert (upload.content, upload.is_complete) == (b"{}", True)
    assert [message.text for message in slack.messages("C1")] == ["Here"]


async def test_incoming_webhooks_post_and_say_what_is_wrong(slack: SlackServer) -> None:
    webhook = AsyncWebhookClient(slack.webhook_url("C2"))

    posted = await webhook.send(text="From a cron job")
    await slack.archive("C2")
    refused = await webhook.send(text="x")

    assert (posted.status_code, posted.body) == (200, "ok")
    assert (refused.status_code, refused.body) == (410, "channel_is_archived")
    assert [message.text for message in slack.messages("C2")] == ["From a cron job"]
