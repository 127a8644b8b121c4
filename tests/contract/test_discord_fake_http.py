"""The fake Discord's HTTP side: buckets, permissions, nonces, limits, threads, faults."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import discord
import pytest

from tests.fakes.discord import Channel, DiscordServer
from tests.fakes.discord.contract import contract
from tests.fakes.discord_client import Answer, connected, raw_http

Call = Callable[..., Awaitable[Answer]]
needs_contract = pytest.mark.skipif(
    contract() is None, reason="Discord's OpenAPI file is not here: ../shared/contracts is missing"
)


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer(is_strict=False) as server:  # many of these requests are wrong
        yield server


@pytest.fixture
async def call(server: DiscordServer) -> AsyncIterator[Call]:
    async with raw_http(server) as call:
        yield call


def _messages(channel: Channel) -> str:
    return f"/channels/{channel.id}/messages"


# --- rate limits -------------------------------------------------------------------------------


async def test_discord_py_waits_for_a_bucket_whose_headers_it_read() -> None:
    async with (
        DiscordServer(limits={"POST /channels/{channel_id}/messages": (2, 0.2)}) as server,
        connected(server) as client,
    ):
        papers = client.get_channel(server.channel("papers").id)
        assert isinstance(papers, discord.TextChannel)
        for number in range(5):
            await papers.send(str(number))

        assert [each.content for each in server.messages("papers")] == list("01234")
        assert server.earned_429 == 0


async def test_a_request_beyond_its_bucket_is_answered_429_and_told_how_long_to_wait(
    server: DiscordServer, call: Call
) -> None:
    path = _messages(server.channel("papers"))
    answers = [await call("POST", path, {"content": "x"}) for _ in range(6)]

    assert [each.status for each in answers] == [200] * 5 + [429]
    assert [each.headers["X-RateLimit-Remaining"] for each in answers[:5]] == list("43210")
    assert answers[0].headers["X-RateLimit-Bucket"] == answers[5].headers["X-RateLimit-Bucket"]
    assert 0 < answers[5].body["retry_after"] <= 5
    assert int(answers[5].headers["Retry-After"]) >= 1
    assert answers[5].body["global"] is False
    assert server.earned_429 == 1
    assert len(server.messages("papers")) == 5


async def test_each_channel_has_a_bucket_of_its_own(server: DiscordServer, call: Call) -> None:
    for place in ("papers", "general"):
        for _ in range(5):
            path = _messages(server.channel(place))
            assert (await call("POST", path, {"content": "x"})).status == 200


async def test_beyond_the_ceiling_over_all_routes_a_429_says_that_it_is_global() -> None:
    async with DiscordServer(per_second=3) as server, raw_http(server) as call:
        answers = [await call("GET", "/users/@me") for _ in range(4)]

    assert [each.status for each in answers] == [200, 200, 200, 429]
    assert answers[3].body["global"] is True
    assert answers[3].headers["X-RateLimit-Global"] == "true"


async def test_discord_py_waits_out_a_global_429_and_comes_again() -> None:
    async with DiscordServer() as server, connected(server) as client:
        server.fail_next("GET /users/{user_id}", status=429, retry_after=0.05, is_global=True)

        user = await client.fetch_user(server.user("member").id)

        assert user.name == "member"
        assert [each.status for each in server.calls("GET /users/{user_id}")] == [429, 200]
        assert server.earned_429 == 0


async def test_answers_to_interactions_do_not_count_against_the_ceiling() -> None:
    async with DiscordServer(per_second=1) as server, raw_http(server) as call:
        url = server.create_webhook("papers").removeprefix(server.api_url)
        answers = [await call("POST", url, {"content": "x"}) for _ in range(3)]

    assert [each.status for each in answers] == [204] * 3


# --- permissions and places --------------------------------------------------------------------


async def test_discord_py_is_refused_where_the_bot_may_not_write(server: DiscordServer) -> None:
    async with connected(server) as client:
        place = client.get_partial_messageable(server.channel("random").id)
        with pytest.raises(discord.Forbidden) as refused:
            await place.send("x")

    assert refused.value.code == 50013


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda server: server.take_permission("papers", "send_messages"), 50013),
        (lambda server: server.take_permission("papers", "embed_links"), 50013),
        (lambda server: server.take_permission("papers", "view_channel"), 50001),
        (lambda server: server.kick_bot(), 50001),
        (lambda server: server.delete_channel("papers"), 10003),
    ],
)
async def test_a_place_that_refuses_says_why(
    server: DiscordServer, call: Call, spoil: Callable[[DiscordServer], None], code: int
) -> None:
    papers = server.channel("papers")
    spoil(server)

    answer = await call("POST", _messages(papers), {"embeds": [{"title": "x"}]})

    assert answer.code == code
    assert answer.status == (404 if code == 10003 else 403)
    assert papers.messages == []


async def test_a_permission_given_back_lets_messages_through(
    server: DiscordServer, call: Call
) -> None:
    papers = server.channel("papers")
    server.take_permission("papers", "send_messages", "view_channel")
    server.give_permission("papers", "send_messages", "view_channel")

    assert (await call("POST", _messages(papers), {"content": "x"})).status == 200


async def test_a_wrong_token_is_401(server: DiscordServer) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{server.api_url}/v10/users/@me", headers={"Authorization": "Bot x"}) as got,
    ):
        assert got.status == 401


async def test_closed_direct_messages_are_50007(server: DiscordServer, call: Call) -> None:
    member = server.user("member")
    opened = await call("POST", "/users/@me/channels", {"recipient_id": str(member.id)})
    path = f"/channels/{opened.body['id']}/messages"
    assert (await call("POST", path, {"content": "x"})).status == 200

    server.close_direct_messages(member)

    assert (await call("POST", path, {"content": "x"})).code == 50007
    assert [each.content for each in member.direct_messages()] == ["x"]


# --- nonces and history ------------------------------------------------------------------------


async def test_an_enforced_nonce_gives_the_earlier_message(
    server: DiscordServer, call: Call
) -> None:
    path = _messages(server.channel("papers"))
    body = {"content": "once", "nonce": "n1", "enforce_nonce": True}

    first, again = await call("POST", path, body), await call("POST", path, body)

    assert first.body["id"] == again.body["id"]
    assert first.body["nonce"] == "n1"
    assert len(server.messages("papers")) == 1


async def test_a_nonce_is_forgotten_after_some_minutes_and_never_in_the_history(
    server: DiscordServer, call: Call
) -> None:
    path = _messages(server.channel("papers"))
    body = {"content": "once", "nonce": "n1", "enforce_nonce": True}
    await call("POST", path, body)

    history = (await call("GET", path)).body
    server.advance(301)
    await call("POST", path, body)

    assert "nonce" not in history[0]
    assert len(server.messages("papers")) == 2


async def test_a_nonce_of_a_deleted_message_is_an_unknown_message(
    server: DiscordServer, call: Call
) -> None:
    path = _messages(server.channel("papers"))
    body = {"content": "once", "nonce": "n1", "enforce_nonce": True}
    await call("POST", path, body)
    server.delete_message(server.messages("papers")[0])

    assert (await call("POST", path, body)).code == 10008


async def test_the_history_is_newest_first_and_goes_back_from_where_it_is_told(
    server: DiscordServer, call: Call
) -> None:
    member = server.user("member")
    ids = [str(member.post(str(number)).id) for number in range(5)]
    path = _messages(server.channel("papers"))

    newest = await call("GET", f"{path}?limit=2")
    older = await call("GET", f"{path}?limit=2&before={ids[3]}")

    assert [each["id"] for each in newest.body] == [ids[4], ids[3]]
    assert [each["id"] for each in older.body] == [ids[2], ids[1]]
    assert newest.body[0]["content"] == ""


async def test_without_the_right_to_look_back_the_history_is_empty(
    server: DiscordServer, call: Call
) -> None:
    server.user("member").post("x")
    server.take_permission("papers", "read_message_history")

    assert (await call("GET", _messages(server.channel("papers")))).body == []


async def test_messages_come_back_trimmed_and_with_numbered_components(
    server: DiscordServer, call: Call
) -> None:
    path = _messages(server.channel("papers"))
    button = {"type": 2, "style": 2, "label": "Why", "custom_id": "pc:why:1"}
    body = {
        "content": " a ",
        "embeds": [{"title": " t "}],
        "components": [{"type": 1, "components": [button]}],
    }
    await call("POST", path, body)

    [kept] = (await call("GET", path)).body

    assert (kept["content"], kept["embeds"][0]["title"]) == ("a", "t")
    assert kept["components"][0]["components"][0] == {**button, "id": 2}


# --- limits ------------------------------------------------------------------------------------


def _buttons(count: int) -> list[dict[str, Any]]:
    return [{"type": 2, "style": 2, "label": "b", "custom_id": str(n)} for n in range(count)]


def _row(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"components": [{"type": 1, "components": list(parts)}]}


LIMITS: list[tuple[dict[str, Any], str]] = [
    ({"content": "x" * 2001}, "content:BASE_TYPE_MAX_LENGTH"),
    ({"content": "x", "nonce": "x" * 26}, "nonce:BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"title": "x"}] * 11}, "embeds:BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"title": "x" * 257}]}, "embeds.0.title:BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"description": "x" * 4097}]}, "embeds.0.description:BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"description": "x" * 3001}] * 2}, "embeds:MAX_EMBED_SIZE_EXCEEDED"),
    ({"embeds": [{"footer": {"text": "x" * 2049}}]}, "embeds.0.footer.text:BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"author": {"name": "x" * 257}}]}, "embeds.0.author.name:BASE_TYPE_MAX_LENGTH"),
    (
        {"embeds": [{"fields": [{"name": "n", "value": "v"}] * 26}]},
        "embeds.0.fields:BASE_TYPE_MAX_LENGTH",
    ),
    (
        {"embeds": [{"fields": [{"name": "n", "value": "x" * 1025}]}]},
        "embeds.0.fields.0.value:BASE_TYPE_MAX_LENGTH",
    ),
    (
        {"embeds": [{"fields": [{"name": " ", "value": "v"}]}]},
        "embeds.0.fields.0.name:BASE_TYPE_REQUIRED",
    ),
    (
        {"embeds": [{"title": "x", "url": "javascript:alert(1)"}]},
        "embeds.0.url:URL_TYPE_INVALID_SCHEME",
    ),
    (_row(*_buttons(6)), "components.0.components:BASE_TYPE_BAD_LENGTH"),
    (
        {"components": [{"type": 1, "components": _buttons(1)}] * 6},
        "components:BASE_TYPE_MAX_LENGTH",
    ),
    (
        _row(*_buttons(1), *_buttons(1)),
        "components.0.components.1.custom_id:COMPONENT_CUSTOM_ID_DUPLICATED",
    ),
    (
        _row({"type": 2, "style": 2, "label": "b", "custom_id": "x" * 101}),
        "components.0.components.0.custom_id:BASE_TYPE_BAD_LENGTH",
    ),
    (
        _row({"type": 2, "style": 2, "label": "b" * 81, "custom_id": "x"}),
        "components.0.components.0.label:BASE_TYPE_MAX_LENGTH",
    ),
    (
        _row({"type": 2, "style": 5, "label": "b", "url": "ftp://x"}),
        "components.0.components.0.url:URL_TYPE_INVALID_SCHEME",
    ),
    (
        _row(
            {
                "type": 3,
                "custom_id": "s",
                "options": [{"label": str(n), "value": str(n)} for n in range(26)],
            }
        ),
        "components.0.components.0.options:BASE_TYPE_BAD_LENGTH",
    ),
    (
        {
            "content": "x",
            "allowed_mentions": {"parse": ["users"], "users": ["1"]},
        },
        "allowed_mentions:MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
    ),
    (
        {"content": "x", "flags": 1 << 15, "components": [{"type": 10, "content": "y"}]},
        "content:MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
    ),
]


@pytest.mark.parametrize(("body", "fault"), LIMITS, ids=[fault for _, fault in LIMITS])
async def test_a_message_over_a_limit_is_refused_with_its_place(
    server: DiscordServer, call: Call, body: dict[str, Any], fault: str
) -> None:
    answer = await call("POST", _messages(server.channel("papers")), body)

    assert (answer.status, answer.code) == (400, 50035)
    assert fault in answer.faults()
    assert server.messages("papers") == []


@pytest.mark.parametrize("body", [{}, {"content": "  "}, {"embeds": [{}]}])
async def test_an_empty_message_is_50006(
    server: DiscordServer, call: Call, body: dict[str, Any]
) -> None:
    assert (await call("POST", _messages(server.channel("papers")), body)).code == 50006


async def test_a_message_at_every_limit_is_taken(server: DiscordServer, call: Call) -> None:
    fields = [{"name": "n", "value": "v"}] * 25
    body = {
        "content": "x" * 2000,
        "nonce": "x" * 25,
        "embeds": [{"title": "x" * 256, "description": "x" * 4096, "fields": fields}],
        "components": [{"type": 1, "components": _buttons(5)}],
    }

    assert (await call("POST", _messages(server.channel("papers")), body)).status == 200
    assert server.violations == []


async def test_who_is_pinged_depends_on_the_allowed_mentions(
    server: DiscordServer, call: Call
) -> None:
    role = server.role("readers").id
    text = f"@everyone <@{server.user('member').id}> <@&{role}>"
    path = _messages(server.channel("papers"))

    await call("POST", path, {"content": text})
    await call("POST", path, {"content": text, "allowed_mentions": {"parse": []}})
    allowed = {"parse": [], "roles": [str(role)]}
    await call("POST", path, {"content": text, "allowed_mentions": allowed})

    loud, silent, opted_in = server.messages("papers")
    assert len(loud.pings) == 3
    assert silent.pings == ()
    assert opted_in.pings == (str(role),)


# --- threads, forums, webhooks -----------------------------------------------------------------


async def test_discord_py_starts_a_thread_and_writes_in_it_until_it_is_locked(
    server: DiscordServer,
) -> None:
    async with connected(server) as client:
        papers = client.get_channel(server.channel("papers").id)
        assert isinstance(papers, discord.TextChannel)
        parent = await papers.send("digest")
        thread = await parent.create_thread(name="Papers of 21 January")
        await thread.send("first")
        with pytest.raises(discord.HTTPException) as twice:
            await parent.create_thread(name="again")
        [kept] = server.threads("papers")
        server.lock_thread(kept)
        with pytest.raises(discord.Forbidden) as locked:
            await thread.send("second")

    assert kept.id == parent.id
    assert [each.content for each in kept.messages] == ["first"]
    assert (twice.value.code, locked.value.code) == (160004, 160005)


async def test_a_thread_needs_its_permissions(server: DiscordServer, call: Call) -> None:
    papers = server.channel("papers")
    parent = await call("POST", _messages(papers), {"content": "x"})
    path = f"{_messages(papers)}/{parent.body['id']}/threads"
    server.take_permission("papers", "create_public_threads")
    refused = await call("POST", path, {"name": "t"})
    server.give_permission("papers", "create_public_threads")
    assert (await call("POST", path, {"name": "t"})).status == 200
    server.take_permission("papers", "send_messages_in_threads")

    in_thread = await call("POST", f"/channels/{parent.body['id']}/messages", {"content": "x"})

    assert (refused.code, in_thread.code) == (50013, 50013)


async def test_a_forum_takes_posts_with_a_title_and_no_plain_messages(
    server: DiscordServer, call: Call
) -> None:
    forum = server.channel("digests")
    plain = await call("POST", _messages(forum), {"content": "x"})
    body = {"name": "21 January", "message": {"content": "digest"}}
    posted = await call("POST", f"/channels/{forum.id}/threads", body)
    long = {"name": "x" * 101, "message": {"content": "digest"}}
    refused = await call("POST", f"/channels/{forum.id}/threads", long)

    assert plain.code == 50008
    assert posted.body["id"] == posted.body["message"]["id"]
    assert [each.name for each in server.threads("digests")] == ["21 January"]
    assert refused.faults() == {"name:BASE_TYPE_BAD_LENGTH"}


async def test_a_webhook_posts_without_a_token_until_it_is_deleted(
    server: DiscordServer, call: Call
) -> None:
    url = server.create_webhook("papers")
    path = url.removeprefix(server.api_url)
    posted = await call("POST", f"{path}?wait=true", {"content": "x"})
    wrong = await call("POST", path[:-3] + "abc", {"content": "x"})
    server.delete_webhook(url)
    gone = await call("POST", path, {"content": "x"})

    assert posted.body["webhook_id"] in url
    assert (wrong.code, gone.code) == (50027, 10015)
    assert [each.content for each in server.messages("papers")] == ["x"]


async def test_a_persons_webhook_shows_links_and_refuses_live_buttons(
    server: DiscordServer, call: Call
) -> None:
    path = server.create_webhook("papers").removeprefix(server.api_url)
    link = _row({"type": 2, "style": 5, "label": "PDF", "url": "https://arxiv.org/pdf/1"})
    body = {"content": "x", **link}

    await call("POST", path, body)
    await call("POST", f"{path}?with_components=true", body)
    live = await call("POST", path, {"content": "x", **_row(*_buttons(1))})

    bare, linked = server.messages("papers")
    assert (len(bare.buttons), len(linked.buttons)) == (0, 1)
    assert live.code == 50035


# --- mishaps and the OpenAPI file ----------------------------------------------------------------


async def test_a_request_cut_before_is_not_done_and_one_cut_after_is(
    server: DiscordServer, call: Call
) -> None:
    route, path = "POST /channels/{channel_id}/messages", _messages(server.channel("papers"))
    server.fail_next(route, cut="before")
    server.fail_next(route, cut="after")

    for text in ("before", "after"):
        with pytest.raises(aiohttp.ClientError):
            await call("POST", path, {"content": text})

    assert [each.content for each in server.messages("papers")] == ["after"]


@pytest.mark.parametrize(("is_done", "count"), [(False, 0), (True, 1)])
async def test_an_error_may_come_although_the_work_was_done(
    server: DiscordServer, call: Call, is_done: bool, count: int
) -> None:
    server.fail_next("POST /channels*", status=503, is_done=is_done)

    answer = await call("POST", _messages(server.channel("papers")), {"content": "x"})

    assert answer.status == 503
    assert len(server.messages("papers")) == count


@needs_contract
@pytest.mark.parametrize(
    ("method", "path", "body", "complaint"),
    [
        ("POST", "/channels/{papers}/messages", {"content": 5}, "content"),
        ("POST", "/channels/{papers}/messages", {"thread_name": "ours"}, "unknown field"),
        ("POST", "/channels/{papers}/messages", {"embeds": [{"color": "red"}]}, "color"),
        ("GET", "/channels/{papers}/messages?limit=101", None, "query limit"),
        ("GET", "/channels/{papers}/messages?page=1", None, "query page"),
        ("GET", "/channels/papers", None, "path channel_id"),
        ("PUT", "/applications/1/commands", [{"description": "x"}], "name"),
        ("GET", "/channels/{papers}/nonsense", None, "no such operation"),
    ],
)
async def test_what_discords_file_does_not_allow_is_collected(
    server: DiscordServer, method: str, path: str, body: Any, complaint: str
) -> None:
    url = f"{server.api_url}/v10{path}".replace("{papers}", str(server.channel("papers").id))
    headers = {"Authorization": f"Bot {server.token}"}

    async with aiohttp.ClientSession(headers=headers) as session:
        await session.request(method, url, json=body)

    assert any(complaint in str(each) for each in server.violations)


@needs_contract
async def test_what_the_real_client_sends_is_within_discords_file(server: DiscordServer) -> None:
    async with connected(server) as client:
        papers = client.get_channel(server.channel("papers").id)
        assert isinstance(papers, discord.TextChannel)
        message = await papers.send("x", embed=discord.Embed(title="t"), nonce=7)
        await message.reply("r")
        await message.edit(content="y")
        await message.add_reaction("👍")
        await papers.send(file=discord.File(__file__))
        await (await client.fetch_user(server.user("member").id)).send("hi")
        await message.delete()
        assert [each async for each in papers.history(limit=5)]

    assert server.violations == []
