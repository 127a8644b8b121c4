"""Delivery through an incoming webhook, against a Slack on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import aiohttp
import pytest

from adapters.slack.render import SlackRenderer
from adapters.slack.webhook import SlackWebhookMessenger
from bot.domain.interests import Interests
from bot.domain.outbox import REFUSALS
from bot.domain.subscriptions import Destination, Subscription
from bot.errors import PermanentError, TransientError
from bot.services.digests import messages_of
from tests.fakes.digests import DIGEST
from tests.fakes.slack import SlackServer

SUBSCRIPTION = Subscription(
    number=1,
    destination=Destination("slack-webhook", "local", "webhook"),
    interests=Interests(("cs.LG", "cs.CL")),
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    id=7,
)
[MESSAGE] = messages_of(DIGEST, SUBSCRIPTION, SlackRenderer(for_webhook=True))


@dataclass(slots=True)
class Scene:
    """A Slack and the session to its webhooks."""

    slack: SlackServer
    session: aiohttp.ClientSession

    def messenger(self, url: str = "") -> SlackWebhookMessenger:
        url = url or self.slack.webhook_url("C1")
        return SlackWebhookMessenger(url, session=lambda: self.session)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with SlackServer() as slack, aiohttp.ClientSession() as session:
        yield Scene(slack, session)


async def test_a_digest_stands_in_the_webhooks_channel_without_thread_or_button(
    scene: Scene,
) -> None:
    await scene.messenger().send(MESSAGE)

    [posted] = scene.slack.messages("C1")
    assert "Sharing KV Caches" in posted.text
    assert "actions" not in [block["type"] for block in posted.blocks]
    assert scene.slack.violations == []
    assert await scene.messenger().find_sent(MESSAGE) is None


async def test_a_webhook_that_is_gone_refuses_and_names_no_address(scene: Scene) -> None:
    url = scene.slack.webhook_url("C1").replace("/fake", "/forgotten")

    with pytest.raises(PermanentError) as caught:
        await scene.messenger(url).send(MESSAGE)

    assert caught.value.code in REFUSALS
    assert "SLACK_WEBHOOK_URL" in str(caught.value)
    assert "forgotten" not in str(caught.value)


async def test_an_archived_channel_refuses(scene: Scene) -> None:
    await scene.slack.archive("C1")

    with pytest.raises(PermanentError) as caught:
        await scene.messenger().send(MESSAGE)

    assert caught.value.code == "channel_is_archived"
    assert caught.value.code in REFUSALS


async def test_too_many_messages_wait_as_long_as_slack_says(scene: Scene) -> None:
    async def send_many() -> None:
        for _ in range(20):
            await scene.messenger().send(MESSAGE)

    with pytest.raises(TransientError) as caught:
        await send_many()

    assert caught.value.retry_after is not None
    assert caught.value.retry_after >= 1
    assert not caught.value.may_have_acted


async def test_blocks_that_are_refused_come_as_text(scene: Scene) -> None:
    too_long = MESSAGE.payload.replace("Strings &amp; Things", "x" * 4_000)

    await scene.messenger().send(replace(MESSAGE, payload=too_long))

    [posted] = scene.slack.messages("C1")
    assert posted.blocks == []
    assert "Sharing KV Caches" in posted.text


async def test_nobody_listening_names_no_address(scene: Scene) -> None:
    with pytest.raises(TransientError) as caught:
        await scene.messenger("http://127.0.0.1:9/services/hidden").send(MESSAGE)

    assert "hidden" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert not caught.value.may_have_acted
