"""Delivery to Discord through an incoming webhook."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest

from adapters.discord.render import DiscordRenderer
from adapters.discord.webhook import DiscordWebhookMessenger
from bot.domain.interests import Interests
from bot.domain.outbox import REFUSALS, MessageRef, OutboxMessage
from bot.domain.subscriptions import Destination, Subscription
from bot.errors import PermanentError, TransientError
from tests.fakes.digests import DIGEST
from tests.fakes.discord import DiscordServer

EXECUTE = "POST /webhooks/{webhook_id}/{webhook_token}"
PLACE = Destination("discord-webhook", "local", "papers")
PARENT, *OTHERS = DiscordRenderer(for_webhook=True).digest(
    DIGEST, Subscription(1, PLACE, Interests(("cs.LG",)), datetime(2026, 1, 1, tzinfo=UTC))
)


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as server:
        yield server
        assert [str(each) for each in server.violations] == []


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def hook(
    server: DiscordServer, session: aiohttp.ClientSession, channel: str = "papers"
) -> DiscordWebhookMessenger:
    url = server.create_webhook(channel)
    return DiscordWebhookMessenger(url, session=lambda: session)


def message(
    payload: str = PARENT, *, key: str = "digest/1/day/0", parent: MessageRef | None = None
) -> OutboxMessage:
    return OutboxMessage(key, PLACE, payload, position=1 if parent else 0, parent_ref=parent)


async def test_a_digest_stands_in_the_channel_in_one_message(
    server: DiscordServer, session: aiohttp.ClientSession
) -> None:
    ref = await hook(server, session).send(message())

    [posted] = server.messages("papers")
    assert OTHERS == []
    assert ref.message_id == str(posted.id)
    assert posted.embeds[0]["title"] == "1. Sharing KV Caches between Models"
    assert posted.components == []


async def test_in_a_forum_a_digest_is_one_post_with_its_messages(
    server: DiscordServer, session: aiohttp.ClientSession
) -> None:
    messenger = hook(server, session, "digests")

    parent = await messenger.send(message())
    await messenger.send(message(key="digest/1/day/1", parent=parent))

    [post] = server.threads("digests")
    assert post.name == "arXiv · Wed 21 Jan 2026 · 2 papers"
    assert len(post.messages) == 2


async def test_it_knows_no_history_so_nothing_is_ever_found(
    server: DiscordServer, session: aiohttp.ClientSession
) -> None:
    messenger = hook(server, session)
    await messenger.send(message())

    assert await messenger.find_sent(message()) is None


async def test_a_deleted_webhook_is_a_refusal_that_does_not_tell_its_address(
    server: DiscordServer, session: aiohttp.ClientSession
) -> None:
    url = server.create_webhook("papers")
    server.delete_webhook(url)

    with pytest.raises(PermanentError) as refused:
        await DiscordWebhookMessenger(url, session=lambda: session).send(message())

    assert refused.value.code == "channel_not_found"
    assert refused.value.code in REFUSALS
    assert url not in repr(refused.value)


async def test_a_wrong_token_is_a_refusal(
    server: DiscordServer, session: aiohttp.ClientSession
) -> None:
    url = server.create_webhook("papers") + "x"

    with pytest.raises(PermanentError) as refused:
        await DiscordWebhookMessenger(url, session=lambda: session).send(message())

    assert refused.value.code == "token_revoked"


async def test_a_limit_is_told_with_discords_wish(
    server: DiscordServer, session: aiohttp.ClientSession
) -> None:
    messenger = hook(server, session)
    server.fail_next(EXECUTE, status=429, retry_after=2.5)

    with pytest.raises(TransientError) as limited:
        await messenger.send(message())

    assert limited.value.retry_after == pytest.approx(2.5)
    assert not limited.value.may_have_acted


@pytest.mark.parametrize("status", [500, 503])
async def test_a_stumble_may_have_posted(
    server: DiscordServer, session: aiohttp.ClientSession, status: int
) -> None:
    messenger = hook(server, session)
    server.fail_next(EXECUTE, status=status)

    with pytest.raises(TransientError) as stumbled:
        await messenger.send(message())

    assert stumbled.value.may_have_acted


async def test_a_cut_connection_tells_no_address(
    server: DiscordServer, session: aiohttp.ClientSession
) -> None:
    url = server.create_webhook("papers")
    server.fail_next(EXECUTE, cut="before")

    with pytest.raises(TransientError) as cut:
        await DiscordWebhookMessenger(url, session=lambda: session).send(message())

    assert cut.value.may_have_acted
    assert cut.value.__cause__ is None
    assert url not in repr(cut.value)


async def test_a_form_that_is_refused_comes_as_plain_text(
    server: DiscordServer, session: aiohttp.ClientSession
) -> None:
    messenger = hook(server, session, "digests")
    await messenger.send(message())
    server.fail_next(EXECUTE, code=50035)

    await messenger.send(message(key="digest/2/day/0"))

    _, post = server.threads("digests")
    assert "Sharing KV Caches between Models" in post.messages[0].content
