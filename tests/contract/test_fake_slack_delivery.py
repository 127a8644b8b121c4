"""What the fake Slack promises to apps: the real slack-bolt, in Socket Mode and over HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.fakes.bolt_app import (
    Gate,
    button,
    by_http,
    by_socket,
    client_of,
    form,
    installable_app,
    single_app,
)
from tests.fakes.slack import SlackServer


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer() as server:
        yield server


@pytest.fixture
async def impatient() -> AsyncIterator[SlackServer]:
    """It waits a tenth of a second for an acknowledgement instead of three."""
    async with SlackServer(ack_seconds=0.1) as server:
        yield server


def greeting_app(slack: SlackServer) -> AsyncApp:
    """Answers a command three times over, mentions in a thread, and a button."""
    app = single_app(slack)

    @app.command("/arxiv")
    async def command(ack: Any, respond: Any, command: Any, client: AsyncWebClient) -> None:
        await ack(f"you said {command['text']}")
        await respond("later", response_type="in_channel")
        await client.views_open(trigger_id=command["trigger_id"], view=form("subscribe"))

    @app.event("app_mention")
    async def mention(event: Any, say: Any) -> None:
        await say(text="Yes?", thread_ts=event["ts"], blocks=[button("go", "1"), button("go", "2")])

    @app.action("go")
    async def press(ack: Any, respond: Any, action: Any) -> None:
        await ack()
        await respond(f"pressed {action['value']}")

    @app.view("subscribe")
    async def submit(ack: Any, view: Any) -> None:
        words = view["state"]["values"]["b"]["words"]["value"]
        if words == "push":
            await ack(response_action="push", view=form("second"))
        elif words == "bad":
            await ack(response_action="errors", errors={"b": "No such words."})
        else:
            await ack()

    return app


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_a_command_is_acknowledged_answered_and_opens_a_form(mode: Any) -> None:
    async with SlackServer(mode=mode) as slack:
        app = greeting_app(slack)
        async with by_socket(slack, app) if mode == "socket" else by_http(slack, app):
            asked = await slack.user("U1").slash("hello")
            await asked.answer(2)
            view = await asked.view()

    assert asked.ack_seconds is not None
    assert asked.text == "you said hello\nlater"
    assert [each.text for each in slack.ephemeral("C1", "U1")] == ["you said hello"]
    assert [each.text for each in slack.messages("C1")] == ["later"]
    assert view.shown() == "Subscribe\nWords"
    assert slack.violations == []


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_mentions_and_buttons_reach_the_app(mode: Any) -> None:
    async with SlackServer(mode=mode) as slack:
        app = greeting_app(slack)
        async with by_socket(slack, app) if mode == "socket" else by_http(slack, app):
            user = slack.user("U2")
            mention = await user.mention("hello")
            await slack.until(lambda: bool(slack.thread(mention)))
            pressed = await user.click(slack.thread(mention)[0], "go", "2")
            answer = await pressed.answer()

    assert answer.text == "pressed 2"
    assert answer.only_for == "U2"


async def test_a_form_shows_errors_grows_and_closes(slack: SlackServer) -> None:
    async with by_socket(slack, greeting_app(slack)):
        user = slack.user("U1")
        view = await (await user.slash()).view()

        refused = await user.submit(view, {"words": "bad"})
        still_open = view.is_open
        pushed = await user.submit(view, {"words": "push"})
        await user.submit(view, {"b": "good"})

    assert refused.errors == {"b": "No such words."}
    assert still_open
    assert pushed.views[0].previous is view
    assert not view.is_open


async def test_an_app_that_does_not_acknowledge_shows_its_user_an_error(
    impatient: SlackServer,
) -> None:
    app, gate = single_app(impatient), Gate()

    @app.command("/arxiv")
    async def command(ack: Any) -> None:
        await gate.wait()
        await ack()

    async with by_socket(impatient, app):
        asked = await impatient.user("U1").slash("hello")
        gate.open()

    assert (asked.ack, asked.ack_seconds, asked.error) == (None, None, "operation_timeout")


async def test_a_trigger_opens_one_form_and_only_soon(slack: SlackServer) -> None:
    app = single_app(slack)

    @app.command("/arxiv")
    async def command(ack: Any) -> None:
        await ack()

    client = client_of(slack)
    async with by_socket(slack, app):
        asked = await slack.user("U1").slash()
        late = await slack.user("U1").slash()
    await client.views_open(trigger_id=asked.trigger_id, view=form("a"))
    slack.world.triggers[late.trigger_id].until = 0.0
    codes = []
    for trigger in (asked.trigger_id, late.trigger_id, "invented"):
        with pytest.raises(SlackApiError) as caught:
            await client.views_open(trigger_id=trigger, view=form("a"))
        codes.append(caught.value.response["error"])

    assert codes == ["exchanged_trigger_id", "expired_trigger_id", "invalid_trigger_id"]


async def test_a_response_url_is_good_for_five_answers(slack: SlackServer) -> None:
    app = single_app(slack)

    @app.command("/arxiv")
    async def command(ack: Any) -> None:
        await ack()

    async with by_socket(slack, app):
        asked = await slack.user("U1").slash()
    webhook = AsyncWebhookClient(asked.response_url)
    answers = [await webhook.send(text=f"{number}") for number in range(6)]

    assert [each.status_code for each in answers] == [200] * 5 + [404]
    assert "used_url" in answers[-1].body
    assert [each.text for each in asked.responses] == ["0", "1", "2", "3", "4"]


async def test_an_envelope_can_arrive_twice(slack: SlackServer) -> None:
    heard: list[str] = []
    app = single_app(slack)

    @app.event("app_mention")
    async def mention(event: Any) -> None:
        heard.append(event["ts"])
        slack.world.touch()

    async with by_socket(slack, app):
        slack.duplicate_next()
        message = await slack.user("U1").mention("hello")
        await slack.until(lambda: len(heard) == 2)

    assert heard == [message.ts, message.ts]


async def test_an_event_that_is_not_acknowledged_comes_again_with_its_id(
    impatient: SlackServer,
) -> None:
    heard: list[str] = []
    app, gate = single_app(impatient), Gate()

    @app.middleware
    async def slow(body: Any, next: Any) -> None:  # noqa: A002 - Bolt's name for it
        heard.append(body["event_id"])
        if len(heard) < 3:
            await gate.wait()
        await next()

    @app.event("app_mention")
    async def mention() -> None:
        pass

    async with by_socket(impatient, app):
        await impatient.user("U1").mention("hello")
        gate.open()

    [delivery] = impatient.deliveries
    assert [each.error for each in delivery.answers] == ["timeout", "timeout", None]
    assert len(heard) == 3
    assert len(set(heard)) == 1


async def test_http_retries_carry_their_number_and_reason() -> None:
    async with SlackServer(mode="http") as slack:
        seen: list[dict[str, Any]] = []
        app = single_app(slack)

        @app.middleware
        async def failing(req: Any, next: Any, resp: Any) -> Any:  # noqa: A002 - Bolt's name
            seen.append(req.headers)
            if len(seen) < 3:
                resp.status = 500
                return resp
            return await next()

        @app.event("app_mention")
        async def mention() -> None:
            pass

        async with by_http(slack, app):
            await slack.user("U1").mention("hello")

    assert [each.get("x-slack-retry-num") for each in seen] == [None, ["1"], ["2"]]
    assert seen[1]["x-slack-retry-reason"] == ["http_error"]


async def test_bolt_takes_our_signature_and_no_forged_old_or_missing_one() -> None:
    async with SlackServer(mode="http") as slack:
        app = greeting_app(slack)
        async with by_http(slack, app) as address, aiohttp.ClientSession() as http:
            payload = {"type": "url_verification", "challenge": "c", "token": "t"}
            body, good = slack.request("events_api", payload)
            _, old = slack.request("events_api", payload, at=time.time() - 600)
            forged = {**good, "X-Slack-Signature": "v0=" + "0" * 64}
            statuses = []
            for headers in (good, forged, old, {"Content-Type": "application/json"}):
                async with http.post(f"{address}/slack/events", data=body, headers=headers) as got:
                    statuses.append(got.status)

    assert statuses == [200, 401, 401, 401]


async def test_bolt_comes_back_when_asked_to_and_nothing_is_lost(slack: SlackServer) -> None:
    async with by_socket(slack, greeting_app(slack)):
        first = slack.socket.connections[0]
        await slack.disconnect()
        asked = await slack.user("U1").slash("hello")

        assert slack.connections == 1
        assert slack.socket.connections[0] is not first
        assert asked.ack is not None


async def test_a_command_typed_while_nobody_is_connected_fails(impatient: SlackServer) -> None:
    before = await impatient.user("U1").slash("hello")
    async with by_socket(impatient, greeting_app(impatient)):
        pass
    after = await impatient.user("U1").slash("hello")

    assert (before.error, after.error) == ("dispatch_failed", "operation_timeout")


async def test_what_happens_while_the_connection_is_down_is_told_when_it_is_back(
    slack: SlackServer,
) -> None:
    async with by_socket(slack, greeting_app(slack)):
        pass
    writing = asyncio.create_task(slack.user("U1").mention("hello"))
    await slack.until(lambda: bool(slack.deliveries))
    async with by_socket(slack, greeting_app(slack)):
        message = await writing
        await slack.until(lambda: bool(slack.thread(message)))

    assert slack.thread(message)[0].text == "Yes?"


async def test_connecting_needs_the_apps_own_token(slack: SlackServer) -> None:
    with pytest.raises(SlackApiError) as caught:
        await client_of(slack).apps_connections_open(app_token=slack.bot_token())

    assert caught.value.response["error"] == "not_allowed_token_type"


async def test_only_events_that_are_wanted_and_allowed_are_sent(slack: SlackServer) -> None:
    user = slack.user("U1")
    slack.world.events = frozenset({"app_mention", "reaction_added"})
    slack.workspace().scopes -= {"reactions:read"}

    async with by_socket(slack, greeting_app(slack)):
        message = await user.mention("hello")
        await user.react(message, "+1")
        await user.post("see https://arxiv.org/abs/2601.13824")
        await user.mention("not here", channel="C2")

    assert [each.payload["event"]["type"] for each in slack.deliveries] == ["app_mention"]


async def test_links_of_the_apps_domains_are_shared_as_they_were_typed(slack: SlackServer) -> None:
    await slack.user("U1").post("https://www.arxiv.org/abs/1 and https://example.org/x")

    [shared] = [each.payload["event"] for each in slack.deliveries]
    assert shared["links"] == [{"domain": "arxiv.org", "url": "https://www.arxiv.org/abs/1"}]


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated")  # slack_sdk uses it
async def test_a_workspace_is_installed_with_a_code_that_works_once(tmp_path: Path) -> None:
    async with SlackServer(mode="http") as slack:
        app = installable_app(slack, str(tmp_path))

        @app.command("/arxiv")
        async def command(ack: Any, client: AsyncWebClient) -> None:
            await ack((await client.auth_test())["team_id"])

        async with by_http(slack, app) as address:
            done = await slack.install("T2", address)
            asked = await slack.user("U1T2", team="T2").slash(channel="C1T2")
            with pytest.raises(SlackApiError) as caught:
                await AsyncWebClient(base_url=slack.api_url).oauth_v2_access(
                    client_id=slack.client_id, client_secret=slack.client_secret, code=done.code
                )

    assert done.status == 200
    assert done.scopes == ("chat:write", "commands", "app_mentions:read")
    assert asked.text == "T2"
    assert caught.value.response["error"] == "code_already_used"


@pytest.mark.parametrize(
    "answers", [{"state": "forged"}, {"keeps_cookies": False}, {"error": "access_denied"}]
)
async def test_an_installation_that_was_tampered_with_or_refused_gives_no_token(
    tmp_path: Path, answers: dict[str, Any]
) -> None:
    async with SlackServer(mode="http") as slack:
        async with by_http(slack, installable_app(slack, str(tmp_path))) as address:
            done = await slack.install("T2", address, **answers)

        assert "access_denied" in done.text or done.status == 400
        assert slack.calls("oauth.v2.access") == []


async def test_uninstalling_and_revoking_are_told(slack: SlackServer) -> None:
    told: list[str] = []
    app = single_app(slack)

    @app.middleware
    async def remember(body: Any, next: Any) -> None:  # noqa: A002 - Bolt's name for it
        told.append(body["event"]["type"])
        await next()

    for name in ("app_uninstalled", "tokens_revoked"):

        @app.event(name)
        async def listen() -> None:
            await asyncio.sleep(0)

    async with by_socket(slack, app):
        # Bolt asks auth.test once; afterwards it knows its workspace.
        slack.workspace().token_error = None
        await slack.revoke_tokens()
        await slack.uninstall()

    assert told == ["tokens_revoked", "app_uninstalled", "tokens_revoked"]
