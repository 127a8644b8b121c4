"""The fake Discord's gateway keeps Discord's promises to the real discord.py client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest

from tests.fakes.discord import DiscordServer
from tests.fakes.discord_client import INTENTS, PlainClient, connected, point_at, soon


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as server:
        yield server


async def _closed_with(server: DiscordServer, **identify: Any) -> int:
    """The code that ends a connection which identifies so."""
    data = {"token": server.token, "intents": INTENTS.value, "properties": {}, **identify}
    async with aiohttp.ClientSession() as session, session.ws_connect(server.gateway_url) as socket:
        assert (await socket.receive_json())["op"] == 10
        await socket.send_json({"op": 2, "d": data})
        await socket.receive(timeout=10)
        return socket.close_code or 0


async def test_a_client_identifies_and_sees_its_guild_with_its_channels(
    server: DiscordServer,
) -> None:
    async with connected(server) as client:
        [guild] = client.guilds

        assert guild.name == "Lab"
        assert {each.name for each in guild.channels} == {"papers", "general", "random", "digests"}
        assert guild.me.id == server.world.me.id
    assert server.gateway.identified == 1


async def test_events_come_compressed_as_one_zlib_stream(server: DiscordServer) -> None:
    async with connected(server) as client:
        for number in range(20):
            server.user("member").post(f"<@{server.world.me.id}> {number}")
        await soon(lambda: len(client.heard) == 20)

    assert server.gateway.compressed == 1


async def test_a_client_keeps_beating_and_each_beat_is_answered() -> None:
    async with (
        DiscordServer(heartbeat_seconds=0.05) as server,
        connected(server) as client,
    ):
        await soon(lambda: server.gateway.heartbeats >= 4)

        assert 0 < client.latency < 5


async def test_a_client_that_does_not_beat_is_let_go() -> None:
    async with (
        DiscordServer(heartbeat_seconds=0.01) as server,
        aiohttp.ClientSession() as session,
        session.ws_connect(server.gateway_url) as socket,
    ):
        await socket.receive_json()

        await socket.receive(timeout=10)

        assert socket.close_code == 4009


async def test_a_cut_connection_is_resumed_and_brings_what_was_missed(
    server: DiscordServer,
) -> None:
    async with connected(server) as client:
        server.gateway.cut()
        server.user("member").post(f"<@{server.world.me.id}> missed")
        await soon(lambda: "missed" in str(client.heard))

        assert len(client.heard) == 1
        assert (server.gateway.identified, server.gateway.resumed) == (1, 1)


async def test_a_client_asked_to_reconnect_resumes(server: DiscordServer) -> None:
    async with connected(server):
        server.gateway.ask_to_reconnect()
        await soon(lambda: server.gateway.resumed == 1)

    assert server.gateway.identified == 1


async def test_an_invalid_session_makes_the_client_identify_anew(server: DiscordServer) -> None:
    async with connected(server) as client:
        server.gateway.invalidate()
        await soon(lambda: server.gateway.identified == 2)
        server.user("member").post(f"<@{server.world.me.id}> again")
        await soon(lambda: bool(client.heard))

    assert server.gateway.resumed == 0


async def test_a_session_that_was_forgotten_cannot_be_resumed(server: DiscordServer) -> None:
    async with connected(server):
        server.gateway.cut()
        server.gateway.forget_sessions()
        await soon(lambda: server.gateway.identified == 2)

    assert server.gateway.resumed == 0


async def test_whoever_identifies_too_often_is_told_that_the_session_is_invalid() -> None:
    async with (
        DiscordServer(identify_every_seconds=30) as server,
        connected(server),
        aiohttp.ClientSession() as session,
        session.ws_connect(server.gateway_url) as socket,
    ):
        await socket.receive_json()
        data = {"token": server.token, "intents": 1, "properties": {}}
        await socket.send_json({"op": 2, "d": data})

        answer = await socket.receive_json()

        assert (answer["op"], answer["d"]) == (9, False)


@pytest.mark.parametrize(
    ("identify", "code"),
    [
        ({"token": "wrong"}, 4004),
        ({"shard": [2, 2]}, 4010),
        ({"intents": None}, 4013),
        ({"intents": 1 << 15}, 4014),
    ],
)
async def test_who_identifies_wrongly_is_closed_with_discords_code(
    server: DiscordServer, identify: dict[str, Any], code: int
) -> None:
    assert await _closed_with(server, **identify) == code


async def test_whoever_says_too_much_is_closed(server: DiscordServer) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(server.gateway_url) as socket:
        for _ in range(121):
            await socket.send_json({"op": 1, "d": None})
        while not socket.closed:
            await socket.receive(timeout=10)

        assert socket.close_code == 4008


async def test_a_privileged_intent_that_was_not_granted_stops_the_client(
    server: DiscordServer,
) -> None:
    greedy = discord.Intents(guilds=True, message_content=True)

    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with connected(server, intents=greedy):
            pass


async def test_a_wrong_token_does_not_log_in(server: DiscordServer) -> None:
    point_at(server)
    async with PlainClient(intents=INTENTS) as client:
        with pytest.raises(discord.LoginFailure):
            await client.login("wrong")


async def test_without_the_intent_a_message_that_is_not_for_the_bot_comes_empty(
    server: DiscordServer,
) -> None:
    async with connected(server) as client:
        server.user("member").post("between us")
        server.user("member").post(f"hi <@{server.world.me.id}>")
        await soon(lambda: len(client.heard) == 2)

    assert client.heard == ["", f"hi <@{server.world.me.id}>"]


async def test_events_that_were_not_asked_for_do_not_come(server: DiscordServer) -> None:
    only_guilds = discord.Intents(guilds=True)

    async with connected(server, intents=only_guilds) as client:
        server.user("member").post(f"<@{server.world.me.id}> unheard")
        server.add_channel("later")
        here = client.guilds[0]
        later = server.channel("later").id
        await soon(lambda: here.get_channel(later) is not None)

        assert client.heard == []


async def test_each_shard_sees_its_own_guilds_only(server: DiscordServer) -> None:
    server.kick_bot()
    even = server.add_guild("even", shard=(0, 2))
    odd = server.add_guild("odd", shard=(1, 2))

    async with (
        connected(server, shard_count=2, shard_ids=[0]) as first,
        connected(server, shard_count=2, shard_ids=[1]) as second,
    ):
        server.user("member", guild=even).post(f"<@{server.world.me.id}> even")
        server.user("member", guild=odd).post(f"<@{server.world.me.id}> odd")
        await soon(lambda: bool(first.heard and second.heard))

        assert [each.name for each in first.guilds] == ["even"]
        assert [each.name for each in second.guilds] == ["odd"]
        assert (len(first.heard), len(second.heard)) == (1, 1)


async def test_being_thrown_out_and_invited_again_is_told(server: DiscordServer) -> None:
    async with connected(server) as client:
        told: list[str] = []

        async def on_guild_remove(guild: discord.Guild) -> None:
            told.append(f"left {guild.name}")

        async def on_guild_join(guild: discord.Guild) -> None:
            told.append(f"joined {guild.name}")

        client.event(on_guild_remove)
        client.event(on_guild_join)

        server.kick_bot()
        await soon(lambda: told == ["left Lab"])
        server.invite_bot()
        await soon(lambda: told == ["left Lab", "joined Lab"])


async def test_an_outage_is_not_being_thrown_out(server: DiscordServer) -> None:
    async with connected(server) as client:
        away, back = asyncio.Event(), asyncio.Event()

        async def on_guild_unavailable(guild: discord.Guild) -> None:
            assert guild.unavailable
            away.set()

        async def on_guild_available(guild: discord.Guild) -> None:
            assert guild.name == "Lab"
            back.set()

        client.event(on_guild_unavailable)
        client.event(on_guild_available)

        server.outage()
        await away.wait()
        server.end_outage()
        await back.wait()
