"""What goes wrong on Discord: rights and channels lost, connections broken, restarts, shards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.domain.papers import Announcement, AnnounceType, Paper
from tests.fakes.arxiv_server import ArxivServer
from tests.fakes.arxiv_xml import rss
from tests.fakes.bot_on_discord import BotOnDiscord, bot_on_discord, prepare_home, until
from tests.fakes.discord import DiscordServer
from tests.fakes.discord.shapes import Guild, Message

TODAY = date(2026, 1, 21)
SHOWN = Paper(
    arxiv_id="2601.13824",
    version=1,
    title="A study of LLM reasoning",
    abstract="We study reasoning. It works well.",
    authors=("Ada Example",),
    categories=("cs.CL",),
    submitted_at=datetime(2026, 1, 20, 12, tzinfo=UTC),
)


@pytest.fixture
async def arxiv() -> AsyncIterator[ArxivServer]:
    async with ArxivServer(papers=[SHOWN]) as server:
        server.serve_feed(rss([Announcement(SHOWN, AnnounceType.NEW, TODAY)], TODAY))
        yield server


@pytest.fixture
async def discord() -> AsyncIterator[DiscordServer]:
    async with DiscordServer(limits={}) as server:
        yield server
        assert server.violations == []


@pytest.fixture
def home(tmp_path: Path, migrated_sqlite: Path) -> Path:
    prepare_home(tmp_path / "home", migrated_sqlite)
    return tmp_path / "home"


@pytest.fixture
async def bot(
    discord: DiscordServer, arxiv: ArxivServer, home: Path
) -> AsyncIterator[BotOnDiscord]:
    async with bot_on_discord(discord, arxiv, home) as running:
        yield running


async def subscribe(discord: DiscordServer, guild: Guild | None = None) -> None:
    answered = await discord.user("admin", guild=guild).command(
        "arxiv subscribe", {"categories": "cs.CL", "min_score": 0}
    )
    assert answered.text.startswith("Subscribed")


def posts(discord: DiscordServer, guild: Guild | None = None) -> list[Message]:
    """Digests' first messages in #papers."""
    channel = discord.channel("papers", guild=guild)
    return [each for each in channel.messages if "21 Jan 2026" in each.text]


def told(discord: DiscordServer) -> list[str]:
    """What the subscription's creator was told alone."""
    return [each.text for each in discord.user("admin", channel="general").direct_messages()]


# --- what posting needs, taken away and given back -------------------------------------------


async def test_a_permission_taken_away_disables_the_channel_until_it_is_given_back(
    discord: DiscordServer, bot: BotOnDiscord
) -> None:
    await subscribe(discord)
    papers = discord.channel("papers")
    await bot.make_due()
    await bot.plan()

    discord.take_permission("papers", "send_messages")
    await bot.refused(papers.id, "missing_permissions")
    tried_before = len(discord.calls("POST /channels/{channel_id}/messages"))
    await bot.deliver()
    tried = len(discord.calls("POST /channels/{channel_id}/messages")) - tried_before
    discord.give_permission("papers", "send_messages")
    await bot.refused(papers.id, None)
    await bot.deliver()

    assert tried == 0
    assert len(posts(discord)) == 1
    await until(lambda: len(told(discord)) == 1, what="a word to the creator")
    assert "“Send Messages”" in told(discord)[0]


async def test_a_deleted_channel_is_disabled_with_its_reason(
    discord: DiscordServer, bot: BotOnDiscord
) -> None:
    await subscribe(discord)
    papers = discord.channel("papers")

    discord.delete_channel("papers")
    await bot.refused(papers.id, "channel_not_found")

    await until(lambda: len(told(discord)) == 1, what="a word to the creator")
    assert "does not exist any more" in told(discord)[0]


async def test_thrown_out_and_invited_again(discord: DiscordServer, bot: BotOnDiscord) -> None:
    await subscribe(discord)
    papers = discord.channel("papers")
    await bot.make_due()
    await bot.plan()

    discord.kick_bot()
    await bot.refused(papers.id, "guild_not_found")
    discord.invite_bot()
    await bot.refused(papers.id, None)
    await bot.deliver()

    assert len(posts(discord)) == 1


@pytest.mark.slow
async def test_what_happened_while_we_were_away_is_seen_at_the_next_start(
    discord: DiscordServer, arxiv: ArxivServer, home: Path
) -> None:
    async with bot_on_discord(discord, arxiv, home):
        await subscribe(discord)
    papers = discord.channel("papers")

    discord.kick_bot()
    async with bot_on_discord(discord, arxiv, home) as bot:
        await bot.refused(papers.id, "guild_not_found")
    discord.invite_bot()
    discord.take_permission("papers", "embed_links")
    async with bot_on_discord(discord, arxiv, home) as bot:
        await bot.refused(papers.id, "missing_permissions")
    discord.give_permission("papers", "embed_links")
    async with bot_on_discord(discord, arxiv, home) as bot:
        await bot.refused(papers.id, None)


async def test_an_outage_of_discords_disables_nothing(
    discord: DiscordServer, bot: BotOnDiscord
) -> None:
    await subscribe(discord)
    papers = discord.channel("papers")

    discord.outage()
    discord.end_outage()
    listed = await discord.user("admin").command("arxiv list")

    assert listed.text.startswith("#1 cs.CL")
    assert await bot.refusal(papers.id) is None


async def test_a_thread_locked_in_mid_digest_disables_the_channel_until_it_is_unlocked(
    discord: DiscordServer, arxiv: ArxivServer, bot: BotOnDiscord
) -> None:
    papers = [replace(SHOWN, arxiv_id=f"2601.1382{n}", title=f"Study {n}") for n in range(4)]
    arxiv.serve_feed(rss([Announcement(each, AnnounceType.NEW, TODAY) for each in papers], TODAY))
    await subscribe(discord)
    channel = discord.channel("papers")
    await bot.make_due()
    await bot.plan()

    discord.rest.latency_seconds = 0.1
    delivering = asyncio.create_task(bot.deliver())
    await until(
        lambda: any(each.messages for each in discord.threads("papers")), what="a first paper"
    )
    [thread] = discord.threads("papers")
    discord.lock_thread(thread)
    await delivering
    posted_before = len(thread.messages)
    await bot.refused(channel.id, "thread_locked")
    discord.rest.latency_seconds = 0.0
    discord.unlock_thread(thread)
    await bot.refused(channel.id, None)
    await bot.deliver()

    assert posted_before < len(papers)
    titles = [each.embeds[0]["title"] for each in thread.messages]
    assert sorted(title[-1] for title in titles) == ["0", "1", "2", "3"]


# --- connections -----------------------------------------------------------------------------


async def test_a_broken_connection_is_resumed_and_nothing_is_missed(
    discord: DiscordServer, bot: BotOnDiscord
) -> None:
    await subscribe(discord)
    papers = discord.channel("papers")

    discord.gateway.cut()
    discord.take_permission("papers", "send_messages")
    await bot.refused(papers.id, "missing_permissions")
    discord.gateway.ask_to_reconnect()
    discord.give_permission("papers", "send_messages")
    await bot.refused(papers.id, None)
    listed = await discord.user("member").command("arxiv list")

    assert listed.text.startswith("#1 cs.CL")
    assert discord.gateway.identified == 1
    assert discord.gateway.resumed == 2


@pytest.mark.slow
async def test_an_invalid_session_begins_a_new_one(
    discord: DiscordServer, bot: BotOnDiscord
) -> None:
    await subscribe(discord)
    papers = discord.channel("papers")

    discord.gateway.invalidate()
    discord.take_permission("papers", "send_messages")
    await until(lambda: discord.gateway.identified == 2, what="a new session")
    await bot.refused(papers.id, "missing_permissions")
    listed = await discord.user("member").command("arxiv list")

    assert listed.text.startswith("#1 cs.CL")


async def test_a_stumbling_discord_gets_the_answer_after_all(
    discord: DiscordServer, bot: BotOnDiscord
) -> None:
    await subscribe(discord)

    discord.fail_next("PATCH /webhooks*", status=502)
    listed = await discord.user("member").command("arxiv list")

    assert listed.text.startswith("#1 cs.CL")
    assert await bot.is_ready()


async def test_the_bot_as_a_whole_keeps_under_the_ceiling_that_it_is_given(
    arxiv: ArxivServer, home: Path, migrated_sqlite: Path
) -> None:
    papers = [replace(SHOWN, arxiv_id=f"2601.1382{n}", title=f"Study {n}") for n in range(8)]
    arxiv.serve_feed(rss([Announcement(each, AnnounceType.NEW, TODAY) for each in papers], TODAY))
    prepare_home(home, migrated_sqlite, delivery={"discord_per_second": 6})

    async with (
        DiscordServer(limits={}, per_second=6) as discord,
        bot_on_discord(discord, arxiv, home) as bot,
    ):
        await subscribe(discord)
        await bot.make_due()
        await bot.plan()
        await bot.deliver()

        [thread] = discord.threads("papers")
        assert len(thread.messages) == len(papers)
        assert discord.earned_429 == 0


# --- restarts --------------------------------------------------------------------------------


async def test_buttons_and_forms_work_after_a_restart_and_commands_are_registered_once(
    discord: DiscordServer, arxiv: ArxivServer, home: Path
) -> None:
    async with bot_on_discord(discord, arxiv, home) as bot:
        await subscribe(discord)
        form = await discord.user("admin").command("arxiv edit")
        await bot.make_due()
        await bot.plan()
        await bot.deliver()
    [thread] = discord.threads("papers")
    [shown] = thread.messages

    async with bot_on_discord(discord, arxiv, home):
        summary = await discord.user("member").click(shown, "pc:summarize:2601.13824v1")
        assert form.modal is not None
        edited = await discord.user("admin").submit(form.modal, {"keywords": "diffusion"})

    assert "A study of LLM reasoning" in summary.text
    assert "diffusion" in edited.text
    assert len(discord.calls("PUT /applications/{application_id}/commands")) == 1


async def test_a_new_command_name_is_registered_anew(
    discord: DiscordServer, arxiv: ArxivServer, home: Path, migrated_sqlite: Path
) -> None:
    async with bot_on_discord(discord, arxiv, home):
        pass
    prepare_home(home, migrated_sqlite, command_name="papers")

    async with bot_on_discord(discord, arxiv, home):
        await until(lambda: discord.commands[0]["name"] == "papers", what="the new name")
        helped = await discord.user("member").command("papers help", {"command": "list"})

    assert helped.text.startswith("`/papers list`")


# --- shards ----------------------------------------------------------------------------------


async def test_two_processes_with_a_shard_each_share_one_database(
    discord: DiscordServer, arxiv: ArxivServer, home: Path
) -> None:
    guilds = [discord.add_guild(f"Shard {n}", shard=(n, 2)) for n in (0, 1)]
    stop = asyncio.Event()

    async with AsyncExitStack() as both:
        bots = [
            await both.enter_async_context(
                bot_on_discord(
                    discord, arxiv, home, DISCORD_SHARD_IDS=str(n), DISCORD_SHARD_COUNT="2"
                )
            )
            for n in (0, 1)
        ]
        for guild in guilds:
            await subscribe(discord, guild)
        await bots[0].make_due()
        await asyncio.gather(*(each.plan() for each in bots))
        lanes = [asyncio.create_task(each.app.delivery.drain("discord", stop)) for each in bots]
        await until(lambda: all(posts(discord, each) for each in guilds), what="two digests")
        stop.set()
        await asyncio.gather(*lanes)

        assert [len(posts(discord, each)) for each in guilds] == [1, 1]
        assert {each.shard for each in discord.gateway.connected} == {(0, 2), (1, 2)}
    for guild in guilds:
        assert len(posts(discord, guild)) == 1


async def test_one_of_two_processes_ended_the_others_servers_do_not_notice(
    discord: DiscordServer, arxiv: ArxivServer, home: Path
) -> None:
    zero, one = (discord.add_guild(f"Shard {n}", shard=(n, 2)) for n in (0, 1))
    async with bot_on_discord(
        discord, arxiv, home, DISCORD_SHARD_IDS="1", DISCORD_SHARD_COUNT="2"
    ) as second:
        async with bot_on_discord(
            discord, arxiv, home, DISCORD_SHARD_IDS="0", DISCORD_SHARD_COUNT="2"
        ):
            await subscribe(discord, zero)
            await subscribe(discord, one)

        # Its last process is gone: nobody hears shard 0, and its digests wait for whoever will.
        stop = asyncio.Event()
        await second.make_due()
        assert await second.plan() == 2
        lane = asyncio.create_task(second.app.delivery.drain("discord", stop))
        listed = await discord.user("member", guild=one).command("arxiv list")
        await until(lambda: bool(posts(discord, one)), what="the digest of shard 1")
        stop.set()
        await lane

        assert listed.text.startswith("#1 cs.CL")
        assert posts(discord, zero) == []


# --- starting, and starting over -------------------------------------------------------------


async def test_a_discord_that_stumbles_at_the_start_is_asked_again(
    discord: DiscordServer, arxiv: ArxivServer, home: Path
) -> None:
    discord.fail_next("GET /users/@me", status=503, times=2)

    async with bot_on_discord(discord, arxiv, home):
        listed = await discord.user("member").command("arxiv list")

    assert listed.text.startswith("This channel has no subscription yet")


@pytest.mark.slow
async def test_servers_of_a_shard_that_is_still_to_come_are_not_taken_for_lost(
    discord: DiscordServer, arxiv: ArxivServer, home: Path
) -> None:
    zero, one = (discord.add_guild(f"Shard {n}", shard=(n, 2)) for n in (0, 1))
    channels = [discord.channel("papers", guild=each) for each in (zero, one)]
    async with bot_on_discord(discord, arxiv, home):
        for guild in (zero, one):
            await subscribe(discord, guild)

    discord.shards = 2
    async with bot_on_discord(discord, arxiv, home) as bot:
        discord.take_permission(channels[1], "send_messages")
        await bot.refused(channels[1].id, "missing_permissions")

        admins = [discord.user("admin", guild=each) for each in (zero, one)]
        await until(lambda: bool(admins[1].direct_messages()), what="a word to the creator")
        assert await bot.refusal(channels[0].id) is None
        assert admins[0].direct_messages() == []
        [only] = admins[1].direct_messages()
        assert "“Send Messages”" in only.text


@pytest.mark.slow
async def test_a_gateway_that_refuses_us_for_a_while_hears_us_again(
    discord: DiscordServer, bot: BotOnDiscord
) -> None:
    await subscribe(discord)
    discord.gateway.token = "another"  # noqa: S105 - invented
    discord.gateway.cut()
    await until(lambda: not discord.gateway.connected, what="the end of the session")
    await until(lambda: len(discord.calls("GET /users/@me")) > 1, what="another login")
    assert not await bot.is_ready()

    discord.gateway.token = discord.token
    await until(lambda: bool(discord.gateway.connected), what="a new session")
    listed = await discord.user("member").command("arxiv list")
    await bot.make_due()
    await bot.plan()
    await bot.deliver()

    assert listed.text.startswith("#1 cs.CL")
    assert len(posts(discord)) == 1
