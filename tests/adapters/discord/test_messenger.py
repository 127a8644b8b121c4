"""Delivery to Discord through the real discord.py HTTP client, against a Discord of our own."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from discord.http import HTTPClient

from adapters.discord.messenger import DiscordMessenger
from adapters.discord.payload import write_payload
from adapters.discord.render import DiscordRenderer
from bot.domain.interests import Interests
from bot.domain.outbox import REFUSALS, MessageRef, OutboxMessage
from bot.domain.subscriptions import Destination, Subscription
from bot.errors import PermanentError, TransientError
from tests.fakes.digests import DIGEST
from tests.fakes.discord import DiscordServer
from tests.fakes.discord.shapes import REQUIRE_TAG
from tests.fakes.discord_client import point_at

VOICE = 2  # a channel's type: it can be written in, and knows no threads
POST = "POST /channels/{channel_id}/messages"
START = "POST /channels/{channel_id}/messages/{message_id}/threads"
PARENT = write_payload(content="**arXiv** · 1 paper", post_name="arXiv · Wed · 1 paper")
PAPER = write_payload(
    embeds=[{"title": "1. KV Caches", "url": "https://arxiv.org/abs/2601.13824", "color": 1}],
    thread_name="arXiv · Wed · 1 paper",
)
OTHER_PAPER = write_payload(
    embeds=[{"title": "2. Strings", "url": "https://arxiv.org/abs/hep-th/9901001", "color": 1}],
    thread_name="arXiv · Wed · 1 paper",
)


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as server:
        point_at(server)
        yield server
        assert [str(each) for each in server.violations] == []
        assert server.earned_429 == 0


@pytest.fixture
async def http(server: DiscordServer) -> AsyncIterator[HTTPClient]:
    http = HTTPClient(asyncio.get_running_loop(), max_ratelimit_timeout=30)
    await http.static_login(server.token)
    yield http
    await http.close()


@pytest.fixture
def messenger(http: HTTPClient) -> DiscordMessenger:
    return DiscordMessenger(http)


def message(
    server: DiscordServer,
    payload: str = PARENT,
    *,
    key: str = "digest/1/day/0",
    channel: str = "papers",
    parent: MessageRef | None = None,
    position: int = 0,
) -> OutboxMessage:
    channel_id = str(server.channel(channel).id)
    return OutboxMessage(
        key=key,
        destination=Destination("discord", str(server.guild.id), channel_id),
        payload=payload,
        position=position,
        parent_key="digest/1/day/0" if parent else None,
        parent_ref=parent,
        created_at=datetime.now(UTC),
    )


def reply(
    server: DiscordServer, parent: MessageRef, position: int = 1, **more: Any
) -> OutboxMessage:
    key = f"digest/1/day/{position}"
    return message(server, PAPER, key=key, parent=parent, position=position, **more)


async def test_a_digest_stands_in_the_channel_and_its_papers_in_one_thread(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    parent = await messenger.send(message(server))
    refs = [await messenger.send(reply(server, parent, position)) for position in (1, 2, 3)]

    [posted] = server.messages("papers")
    [thread] = server.threads("papers")
    assert str(posted.id) == parent.message_id
    assert (thread.name, len(thread.messages)) == ("arXiv · Wed · 1 paper", 3)
    assert {ref.thread_id for ref in refs} == {str(thread.id)}
    assert len(server.calls(START)) == 1


async def test_a_whole_digest_as_rendered_arrives_in_order(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    wish = message(server)
    subscription = Subscription(1, wish.destination, Interests(("cs.LG",)), datetime.now(UTC))
    parent = None
    for position, payload in enumerate(DiscordRenderer().digest(DIGEST, subscription)):
        key = f"digest/1/day/{position}"
        sent = await messenger.send(
            message(server, payload, key=key, parent=parent, position=position)
        )
        parent = parent or sent

    [thread] = server.threads("papers")
    titles = [each.embeds[0]["title"] for each in thread.messages]
    assert titles == ["1. Sharing KV Caches between Models", "2. Strings & Things"]


async def test_the_same_message_sent_twice_stands_there_once(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    refs = [await messenger.send(message(server)) for _ in range(2)]

    assert refs[0] == refs[1]
    assert len(server.messages("papers")) == 1


async def test_an_answer_lost_after_the_work_was_done_doubles_nothing(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    server.fail_next(POST, cut="after")

    with pytest.raises(TransientError) as lost:
        await messenger.send(message(server))
    assert lost.value.may_have_acted
    found = await messenger.find_sent(message(server))

    [posted] = server.messages("papers")
    assert found is not None
    assert found.message_id == str(posted.id)


async def test_a_stumble_of_discord_is_ridden_out_and_doubles_nothing(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    server.fail_next(POST, status=500, is_done=True)

    await messenger.send(message(server))

    assert len(server.messages("papers")) == 1
    assert len(server.calls(POST)) == 2


@pytest.mark.slow
async def test_discord_py_repeats_little_of_what_the_outbox_repeats(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    server.fail_next(POST, status=502, times=9)

    with pytest.raises(TransientError):
        await messenger.send(message(server))

    assert len(server.calls(POST)) == 2


async def test_a_message_posted_before_a_crash_is_found_in_the_channel(
    server: DiscordServer, http: HTTPClient, messenger: DiscordMessenger
) -> None:
    parent = await messenger.send(message(server))
    paper = await messenger.send(reply(server, parent))
    restarted = DiscordMessenger(http)

    assert await restarted.find_sent(message(server)) == parent
    assert await restarted.find_sent(reply(server, parent)) == paper
    other = replace(reply(server, parent, 2), payload=OTHER_PAPER)
    assert await restarted.find_sent(other) is None


async def test_a_paper_whose_thread_was_never_started_was_not_posted(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    parent = await messenger.send(message(server))

    assert await messenger.find_sent(reply(server, parent)) is None


async def test_yesterdays_message_with_the_same_words_is_not_todays(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    await messenger.send(message(server, key="digest/1/yesterday/0"))
    later = datetime.now(UTC) + timedelta(hours=12)

    today = replace(message(server, key="digest/1/today/0"), created_at=later)

    assert await messenger.find_sent(today) is None


async def test_what_other_people_write_is_never_taken_for_ours(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    server.user("member").post(json.loads(PARENT)["content"])

    assert await messenger.find_sent(message(server)) is None


async def test_a_message_is_found_behind_hundreds_of_others(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    sent = await messenger.send(message(server))
    talker = server.user("member")
    for number in range(250):
        talker.post(f"talk {number}")

    assert await messenger.find_sent(message(server)) == sent


async def test_a_forum_gets_a_post_for_each_digest(
    server: DiscordServer, http: HTTPClient, messenger: DiscordMessenger
) -> None:
    parent = await messenger.send(message(server, channel="digests"))
    await messenger.send(reply(server, parent, channel="digests"))
    await messenger.send(message(server, channel="digests", key="digest/1/next/0"))

    first, _ = server.threads("digests")
    assert first.name == "arXiv · Wed · 1 paper"
    assert len(first.messages) == 2
    assert len(server.calls(POST)) == 2  # the one that told it is a forum, and the paper
    restarted = DiscordMessenger(http)
    assert await restarted.find_sent(message(server, channel="digests")) is not None


async def test_a_forums_post_is_never_made_twice_by_repeating(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    posts = "POST /channels/{channel_id}/threads"
    server.fail_next(posts, status=500, is_done=True)

    with pytest.raises(TransientError):
        await messenger.send(message(server, channel="digests"))
    found = await messenger.find_sent(message(server, channel="digests"))

    assert len(server.calls(posts)) == 1
    assert found is not None
    assert found.thread_id == str(server.threads("digests")[0].id)


async def test_a_forum_that_wants_a_tag_gets_the_fitting_one(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    forum = server.channel("digests")
    forum.flags |= REQUIRE_TAG
    forum.tags = [
        {"id": "11", "name": "Staff", "moderated": True},
        {"id": "12", "name": "Talk", "moderated": False},
        {"id": "13", "name": "New papers", "moderated": False},
    ]

    await messenger.send(message(server, channel="digests"))

    assert server.threads("digests")[0].applied_tags == ["13"]


async def test_a_thread_somebody_deleted_is_started_again(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    parent = await messenger.send(message(server))
    await messenger.send(reply(server, parent))
    [thread] = server.threads("papers")
    server.delete_channel(thread)
    [posted] = server.messages("papers")
    posted.thread = None

    await messenger.send(reply(server, parent, 2))

    [thread] = server.threads("papers")
    assert len(thread.messages) == 1


async def test_a_digest_somebody_deleted_is_given_up_and_its_channel_is_not(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    parent = await messenger.send(message(server))
    server.delete_message(server.messages("papers")[0])

    with pytest.raises(PermanentError) as deleted:
        await messenger.send(reply(server, parent))

    assert deleted.value.code == "unknown_message"
    assert deleted.value.code not in REFUSALS
    assert server.messages("papers") == []


async def test_where_there_are_no_threads_the_papers_follow_in_the_channel(
    server: DiscordServer, http: HTTPClient, messenger: DiscordMessenger
) -> None:
    server.channel("general").type = VOICE
    parent = await messenger.send(message(server, channel="general"))

    await messenger.send(reply(server, parent, 1, channel="general"))
    await messenger.send(replace(reply(server, parent, 2, channel="general"), payload=OTHER_PAPER))

    assert len(server.messages("general")) == 3
    assert len(server.calls(START)) == 1
    restarted = DiscordMessenger(http)
    assert await restarted.find_sent(reply(server, parent, 1, channel="general")) is not None


async def test_in_direct_messages_no_thread_is_even_tried(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    person = server.user("member")
    channel = server.world.direct_channel(person.user)
    place = Destination("discord", "@me", str(channel.id))
    parent = await messenger.send(replace(message(server), destination=place))

    await messenger.send(replace(reply(server, parent), destination=place))

    assert len(channel.messages) == 2
    assert server.calls(START) == []


async def test_a_thread_started_before_a_crash_is_used(
    server: DiscordServer, http: HTTPClient, messenger: DiscordMessenger
) -> None:
    parent = await messenger.send(message(server))
    server.fail_next(START, status=500, is_done=True)

    await DiscordMessenger(http).send(reply(server, parent))

    [thread] = server.threads("papers")
    assert len(thread.messages) == 1


@pytest.mark.parametrize(
    ("code", "ours"),
    [
        (10003, "channel_not_found"),
        (10004, "guild_not_found"),
        (50001, "missing_access"),
        (50013, "missing_permissions"),
        (160005, "thread_locked"),
    ],
)
async def test_a_refusal_is_final_and_no_further_call_follows(
    server: DiscordServer, messenger: DiscordMessenger, code: int, ours: str
) -> None:
    server.fail_next(POST, code=code)

    with pytest.raises(PermanentError) as refused:
        await messenger.send(message(server))

    assert refused.value.code == ours
    assert ours in REFUSALS
    assert str(refused.value).endswith(".")
    assert [call.route for call in server.calls()] == ["GET /users/@me", POST]


async def test_a_channel_that_lets_us_start_no_thread_gets_no_paper_outside_of_one(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    parent = await messenger.send(message(server))
    server.take_permission("papers", "create_public_threads")

    with pytest.raises(PermanentError) as refused:
        await messenger.send(reply(server, parent))

    assert refused.value.code == "missing_permissions"
    assert len(server.calls(POST)) == 1


async def test_a_locked_thread_refuses_with_its_own_name(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    parent = await messenger.send(message(server))
    await messenger.send(reply(server, parent))
    server.lock_thread(server.threads("papers")[0])

    with pytest.raises(PermanentError) as refused:
        await messenger.send(reply(server, parent, 2))

    assert refused.value.code == "thread_locked"


async def test_an_unknown_refusal_of_one_message_does_not_condemn_its_channel(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    server.fail_next(POST, status=400, code=987654)

    with pytest.raises(PermanentError) as refused:
        await messenger.send(message(server))

    assert refused.value.code not in REFUSALS
    assert "987654" in str(refused.value)


async def test_an_unknown_403_condemns_the_channel(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    server.fail_next(POST, status=403, code=987654)

    with pytest.raises(PermanentError) as refused:
        await messenger.send(message(server))

    assert refused.value.code == "forbidden"


async def test_a_refused_token_is_no_channels_fault(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    server.fail_next(POST, status=401)

    with pytest.raises(TransientError) as refused:
        await messenger.send(message(server))

    assert refused.value.platform_wide
    assert not refused.value.may_have_acted


async def test_a_limit_is_waited_out_by_discord_py(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    server.fail_next(POST, status=429, retry_after=0.05)

    await messenger.send(message(server))

    assert len(server.messages("papers")) == 1


async def test_a_limit_longer_than_a_call_may_take_is_told_to_the_outbox(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    server.fail_next(POST, status=429, retry_after=90)

    with pytest.raises(TransientError) as limited:
        await messenger.send(message(server))

    assert limited.value.retry_after == pytest.approx(90)
    assert not limited.value.may_have_acted


async def test_giving_up_in_a_global_pause_leaves_discord_py_able_to_call(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    server.fail_next(POST, status=429, retry_after=0.4, is_global=True)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await messenger.send(message(server))
    async with asyncio.timeout(5):
        await messenger.send(message(server, key="digest/2/day/0"))

    assert len(server.messages("papers")) == 2


@pytest.mark.parametrize("code", [50035, 40005])
async def test_a_digest_whose_form_is_refused_comes_as_plain_text(
    server: DiscordServer, messenger: DiscordMessenger, code: int
) -> None:
    server.fail_next(POST, code=code)

    await messenger.send(message(server, PAPER))

    [posted] = server.messages("papers")
    assert posted.embeds == []
    assert "1. KV Caches" in posted.content
    assert "https://arxiv.org/abs/2601.13824" in posted.content
    assert len(server.calls(POST)) == 2


async def test_a_form_refused_twice_is_given_up_without_condemning_the_channel(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    server.fail_next(POST, code=50035, times=2)

    with pytest.raises(PermanentError) as refused:
        await messenger.send(message(server, PAPER))

    assert refused.value.code == "invalid_form"
    assert refused.value.code not in REFUSALS
    assert len(server.calls(POST)) == 2


async def test_before_the_login_nothing_is_sent_and_everything_waits(
    server: DiscordServer,
) -> None:
    http = HTTPClient(asyncio.get_running_loop())

    with pytest.raises(TransientError) as waiting:
        await DiscordMessenger(http).send(message(server))

    assert waiting.value.platform_wide
    assert not waiting.value.may_have_acted
    assert server.calls() == []


async def test_after_the_client_was_closed_everything_waits(
    server: DiscordServer, http: HTTPClient, messenger: DiscordMessenger
) -> None:
    await http.close()

    with pytest.raises(TransientError):
        await messenger.send(message(server))


async def test_a_person_is_told_alone_and_once(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    person = server.user("admin")
    place = message(server).destination

    for _ in range(2):
        await messenger.tell(
            str(person.user.id), "I may not post: `resume` @everyone.", destination=place
        )

    [told] = [each for each in server.world.channels.values() if each.recipient is person.user]
    [said] = told.messages
    assert said.content == f"<#{place.channel_id}>: I may not post: `resume` @\u2060everyone."


async def test_closed_direct_messages_are_a_refusal(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    person = server.user("admin")
    server.close_direct_messages(person)

    with pytest.raises(PermanentError) as refused:
        await messenger.tell(str(person.user.id), "Hello.", destination=message(server).destination)

    assert refused.value.code == "cannot_dm"


async def test_an_archived_thread_is_opened_again(
    server: DiscordServer, messenger: DiscordMessenger
) -> None:
    parent = await messenger.send(message(server))
    await messenger.send(reply(server, parent))
    [thread] = server.threads("papers")
    server.give_permission("papers", "manage_threads")
    thread.archived = True
    server.fail_next(POST, status=400, code=50083)

    await messenger.send(reply(server, parent, 2))

    assert not thread.archived
    assert len(thread.messages) == 2
