"""What people do on Discord besides commands: reactions, mentions, direct messages, forms."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.domain.papers import Announcement, AnnounceType, Paper
from bot.domain.thumbs import Vote
from bot.errors import UserError
from tests.fakes import arxiv_faults
from tests.fakes.arxiv_server import ArxivServer
from tests.fakes.arxiv_xml import rss
from tests.fakes.bot_on_discord import BotOnDiscord, bot_on_discord, prepare_home, until
from tests.fakes.digests import HOSTILE_TEXTS
from tests.fakes.discord import DiscordServer
from tests.fakes.discord.shapes import Channel, Message
from tests.fakes.discord_markup import active_markup

TODAY = date(2026, 1, 21)
SHOWN = Paper(
    arxiv_id="2601.13824",
    version=1,
    title="A study of LLM reasoning",
    abstract="We study reasoning. It works well. We use the data of others.",
    authors=("Ada Example",),
    categories=("cs.CL",),
    submitted_at=datetime(2026, 1, 20, 12, tzinfo=UTC),
)
OTHER = Paper(
    arxiv_id="2601.13000",
    version=1,
    title="A study of diffusion",
    abstract="We study diffusion. It does not work.",
    authors=("Ben Example",),
    categories=("cs.LG",),
    submitted_at=datetime(2026, 1, 20, 12, tzinfo=UTC),
)


@pytest.fixture
async def arxiv() -> AsyncIterator[ArxivServer]:
    async with ArxivServer(papers=[SHOWN, OTHER]) as server:
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


async def digest(discord: DiscordServer, bot: BotOnDiscord) -> Message:
    """The message that shows the only paper of #papers' digest."""
    await discord.user("admin").command("arxiv subscribe", {"categories": "cs.CL", "min_score": 0})
    await bot.make_due()
    assert await bot.plan() == 1
    await bot.deliver()
    [thread] = discord.threads("papers")
    [message] = thread.messages
    return message


async def votes(bot: BotOnDiscord) -> list[Vote]:
    async with bot.app.database.unit_of_work() as unit:
        [subscription] = await unit.subscriptions.all()
        return [each.vote for each in await unit.thumbs.of(subscription.id, limit=10)]


async def voted(bot: BotOnDiscord, *wanted: Vote) -> None:
    for _ in range(1500):
        if await votes(bot) == list(wanted):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(await votes(bot))


async def answer_in(channel: Channel, *, after: Message) -> Message:
    """The reply to a message."""
    await until(lambda: channel.messages[-1].id > after.id, what="a reply")
    return channel.messages[-1]


# --- thumbs ----------------------------------------------------------------------------------


async def test_reactions_are_thumbs_and_taking_them_away_takes_them_back(
    discord: DiscordServer, bot: BotOnDiscord
) -> None:
    shown = await digest(discord, bot)
    member, admin = discord.user("member"), discord.user("admin")

    member.react(shown, "👍🏽")
    await voted(bot, Vote.UP)
    member.react(shown, "👎")
    await voted(bot, Vote.DOWN)
    # The thumb that is left is what they think.
    member.unreact(shown, "👎")
    await voted(bot, Vote.UP)
    member.unreact(shown, "👍🏽")
    await voted(bot)

    admin.react(shown, "🎉")
    admin.react(shown, "👍")
    await voted(bot, Vote.UP)


async def test_thumbs_by_button_answer_the_person_alone(
    discord: DiscordServer, bot: BotOnDiscord
) -> None:
    shown = await digest(discord, bot)

    up = await discord.user("member").click(shown, "pc:like:2601.13824v1")
    down = await discord.user("member").click(shown, "pc:dislike:2601.13824v1")

    assert up.ephemeral
    assert "more like “A study of LLM reasoning”" in up.text
    assert "fewer like" in down.text
    assert await votes(bot) == [Vote.DOWN]


async def test_reactions_to_other_peoples_messages_are_not_looked_at(
    discord: DiscordServer, bot: BotOnDiscord
) -> None:
    shown = await digest(discord, bot)
    member = discord.user("member")
    theirs = member.post("I like https://arxiv.org/abs/2601.13824")

    member.react(theirs, "👍")
    member.react(shown, "👎")
    await voted(bot, Vote.DOWN)

    looked_at = discord.calls("GET /channels/{channel_id}/messages/{message_id}")
    assert {each.params["message_id"] for each in looked_at} == {str(shown.id)}


# --- words -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("bot")
async def test_mentions_speak_the_same_grammar_and_freer_forms(
    discord: DiscordServer,
) -> None:
    admin, papers = discord.user("admin"), discord.channel("papers")
    us = f"<@{discord.world.me.id}>"

    said = {}
    for text in (
        f"{us} subscribe cs.CL kw:LLM",
        f"{us} list",
        f"{us} can you summarise https://arxiv.org/abs/2601.13824 please",
        f"{us} 2601.13824 which data did they use?",
        f"{us} subscrbe cs.LG",
    ):
        asked = admin.post(text)
        said[text.partition(" ")[2]] = (await answer_in(papers, after=asked)).text

    subscribed, listed, summary, answer, mistake = said.values()
    assert subscribed.startswith("Subscribed: #1 cs.CL")
    assert listed.startswith("#1 cs.CL")
    assert "A study of LLM reasoning" in summary
    assert "Question: which data did they use?" in answer
    assert "did you mean `/arxiv subscribe`" in mistake
    assert all(each.pings == () for each in papers.messages if each.author.bot)


async def test_a_question_in_reply_to_a_paper_is_about_that_paper(
    discord: DiscordServer, bot: BotOnDiscord
) -> None:
    shown = await digest(discord, bot)
    us = f"<@{discord.world.me.id}>"

    asked = discord.world.post(
        shown.channel,
        discord.user("member").user,
        {
            "content": f"{us} which data did they use?",
            "message_reference": {"message_id": str(shown.id)},
        },
    )
    answer = await answer_in(shown.channel, after=asked)

    assert "A study of LLM reasoning" in answer.text
    assert "Question: which data did they use?" in answer.text


@pytest.mark.usefixtures("bot")
async def test_talk_that_is_not_for_us_is_left_alone(
    discord: DiscordServer,
) -> None:
    member, papers = discord.user("member"), discord.channel("papers")

    member.post("list")
    member.post(f"<@{member.id}> help")
    last = member.post(f"<@{discord.world.me.id}> status")
    await answer_in(papers, after=last)

    assert len([each for each in papers.messages if each.author.bot]) == 1


# --- direct messages, other people's servers -------------------------------------------------


async def test_somebody_may_have_digests_in_direct_messages(
    discord: DiscordServer, bot: BotOnDiscord
) -> None:
    member = discord.user("member")

    subscribed = await member.direct_command("arxiv subscribe", {"filters": "cs.CL min:0"})
    listed = await member.direct_command("arxiv list")
    await bot.make_due()
    await bot.plan()
    await bot.deliver()

    texts = [each.text for each in member.direct_messages()]
    assert subscribed.text.startswith("Subscribed: #1 cs.CL")
    assert not listed.ephemeral
    assert any("A study of LLM reasoning" in text for text in texts)


@pytest.mark.usefixtures("bot")
async def test_whoever_installed_us_for_themselves_may_read_but_not_subscribe_elsewhere(
    discord: DiscordServer,
) -> None:
    discord.kick_bot()
    member = discord.user("admin")

    summary = await member.command("arxiv summarize", {"paper": "2601.13824"})
    refused = await member.command("arxiv subscribe", {"categories": "cs.CL"})

    assert "A study of LLM reasoning" in summary.text
    assert refused.text.startswith("I am not a member here")
    assert refused.messages[-1].ephemeral


async def test_a_forum_subscribed_in_one_of_its_posts_gets_each_digest_as_a_post(
    discord: DiscordServer, bot: BotOnDiscord
) -> None:
    forum = discord.channel("digests")
    talk = discord.world.start_thread(forum, "What shall we read?")

    subscribed = await discord.user("admin").command(
        "arxiv subscribe", {"categories": "cs.CL", "min_score": 0}, channel=talk
    )
    await bot.make_due()
    assert await bot.plan() == 1
    await bot.deliver()

    [post] = [each for each in discord.threads(forum) if each is not talk]
    head, paper = post.messages
    assert subscribed.text.startswith("Subscribed")
    assert post.name == "arXiv · Wed 21 Jan 2026 · 1 paper"
    assert "A study of LLM reasoning" in head.text
    assert next(each["custom_id"] for each in paper.buttons) == "pc:summarize:2601.13824v1"


# --- rights ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("bot")
async def test_members_may_ask_but_only_managers_change(
    discord: DiscordServer,
) -> None:
    member = discord.user("member")

    refused = await member.command("arxiv subscribe", {"categories": "cs.CL"})
    listed = await member.command("arxiv list")

    assert refused.text.startswith("Only people who manage this channel")
    assert refused.messages[-1].ephemeral
    assert discord.messages("papers") == []
    assert listed.text.startswith("This channel has no subscription yet")


@pytest.mark.usefixtures("bot")
async def test_what_posting_lacks_is_named_before_anything_is_stored(
    discord: DiscordServer,
) -> None:
    elsewhere = discord.user("admin", channel="random")

    refused = await elsewhere.command("arxiv subscribe", {"categories": "cs.CL"})
    listed = await elsewhere.command("arxiv list")

    assert "“Send Messages”" in refused.text
    assert listed.text.startswith("This channel has no subscription yet")


# --- forms, files, mistakes ------------------------------------------------------------------


@pytest.mark.usefixtures("bot")
async def test_bare_commands_open_forms(discord: DiscordServer) -> None:
    admin = discord.user("admin")

    form = await admin.command("arxiv subscribe")
    assert form.modal is not None
    subscribed = await admin.submit(
        form.modal, {"categories": "cs.CL", "exclude": "survey, a review", "more": "top:3 at:18:00"}
    )
    settings = await admin.command("arxiv settings")
    assert settings.modal is not None
    shown = await admin.submit(settings.modal)
    unclear = await admin.submit(form.modal, {"categories": "cs.CLL"})

    assert "without survey, a review · score at least 1 · at most 3" in subscribed.text
    assert not subscribed.ephemeral
    assert shown.text.startswith("New subscriptions in this channel start from")
    assert shown.ephemeral
    assert "no arXiv category: did you mean cs.CL?" in unclear.text
    assert unclear.ephemeral


@pytest.mark.usefixtures("bot")
async def test_subscriptions_are_handed_over_as_a_file(
    discord: DiscordServer,
) -> None:
    admin = discord.user("admin")
    await admin.command("arxiv subscribe", {"categories": "cs.CL", "keywords": "LLM"})

    exported = await admin.command("arxiv export")
    [sent] = [each for each in discord.calls() if each.files]
    [(name, content)] = sent.contents.items()
    general = discord.user("admin", channel="general")
    imported = await general.command("arxiv import", {"file": discord.upload(name, content)})
    pasted = await general.command("arxiv import", {"json": content.decode()})
    broken = await general.command("arxiv import", {"file": discord.upload("cat.jpg", b"\xff\xd8")})

    assert exported.ephemeral
    assert imported.text.startswith("Imported 1 subscriptions.")
    assert "#1 cs.CL · LLM" in imported.text
    assert pasted.text.startswith("Imported")
    assert "is no text" in broken.text
    assert broken.messages[-1].ephemeral


@pytest.mark.usefixtures("bot")
async def test_options_that_cannot_be_meant_are_answered_at_once_and_alone(
    discord: DiscordServer,
) -> None:
    admin = discord.user("admin")

    twice = await admin.command("arxiv subscribe", {"at": "9:00", "filters": "at:10:00"})
    number = await admin.command("arxiv pause", {"number": 7})
    paper = await admin.command("arxiv summarize", {"paper": "nonsense"})

    assert "`at:` stands there twice" in twice.text
    assert twice.ephemeral
    assert not twice.deferred
    assert number.messages[-1].ephemeral
    assert "is not an arXiv ID" in paper.text


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize(
    "text", [*HOSTILE_TEXTS, "||x|| **y** [z](https://evil.example)", "x" * 5_000]
)
async def test_what_is_wrong_is_said_within_a_message_and_does_nothing_of_its_own(
    discord: DiscordServer, text: str
) -> None:
    member = discord.user("member")

    answers = [
        await member.command("arxiv summarize", {"paper": text}),
        await member.command("arxiv search", {"query": text}),
        await member.command("arxiv preview", {"categories": "cs.CL", "filters": text}),
        await member.command("arxiv ask", {"paper": "2601.13824", "question": text[:1_000]}),
    ]

    for answer in answers:
        assert not answer.failed
        for message in answer.messages:
            assert message.ephemeral
            assert message.pings == ()
            said = re.sub(r"(?<!\\)`[^`]+`", "", message.content)  # nothing acts in code
            assert {each for each in active_markup(said) if "arxiv.org" not in each} == set()


@pytest.mark.usefixtures("bot")
async def test_an_answer_that_comes_too_late_is_a_message_in_the_channel(
    discord: DiscordServer, arxiv: ArxivServer
) -> None:
    member, patience = discord.user("member"), asyncio.Event()
    arxiv.fail("/api/query", arxiv_faults.silence(patience))
    asked = await member.command("arxiv summarize", {"paper": "2601.13000"}, wait=False)

    discord.advance(16 * 60)
    arxiv.fail_always("/api/query", None)
    patience.set()
    papers = discord.channel("papers")
    await until(lambda: len(papers.messages) >= 2, what="a message instead")

    notice, answer = papers.messages[-2:]
    assert asked.deferred
    assert notice.text.startswith(f"<@{member.id}>")
    assert notice.pings == (str(member.id),)
    assert "A study of diffusion" in answer.text


async def test_a_token_that_discord_refuses_ends_the_start_with_a_sentence(
    discord: DiscordServer, arxiv: ArxivServer, home: Path
) -> None:
    with pytest.raises(UserError, match="Discord does not accept DISCORD_TOKEN"):
        async with bot_on_discord(discord, arxiv, home, DISCORD_TOKEN="wrong.token.here"):  # noqa: S106
            pass


async def test_shards_that_cannot_be_are_refused(
    discord: DiscordServer, arxiv: ArxivServer, home: Path
) -> None:
    with pytest.raises(UserError, match="DISCORD_SHARD_COUNT how many"):
        async with bot_on_discord(discord, arxiv, home, DISCORD_SHARD_IDS="0"):
            pass
    with pytest.raises(UserError, match="go from 0 to 1"):
        async with bot_on_discord(
            discord, arxiv, home, DISCORD_SHARD_IDS="2", DISCORD_SHARD_COUNT="2"
        ):
            pass
