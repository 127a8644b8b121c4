"""Whole journeys on Discord: real discord.py, the recorded day 2026-01-21, a fake Discord."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.arxiv_server import ArxivServer
from tests.fakes.bot_on_discord import bot_on_discord, prepare_home
from tests.fakes.discord import DiscordServer
from tests.fakes.discord.shapes import Message
from tests.shared_data import ARXIV_DATA, needs_shared

DAY = ARXIV_DATA / "feeds" / "2026-01-21" / "cs.AI+cs.CL+cs.DC+cs.LG.xml"
MENU = "Summarise this paper"

pytestmark = needs_shared


@pytest.fixture
async def arxiv() -> AsyncIterator[ArxivServer]:
    async with ArxivServer() as server:
        server.serve_feed(DAY)
        yield server


@pytest.fixture
async def discord() -> AsyncIterator[DiscordServer]:
    """Without limits by route: waiting for them is tested elsewhere."""
    async with DiscordServer(limits={}) as server:
        yield server
        assert server.violations == []


@pytest.fixture
def home(tmp_path: Path, migrated_sqlite: Path) -> Path:
    prepare_home(tmp_path / "home", migrated_sqlite)
    return tmp_path / "home"


def custom_id(message: Message, verb: str) -> str:
    [found] = [
        each["custom_id"]
        for each in message.buttons
        if each.get("custom_id", "").startswith(f"pc:{verb}:")
    ]
    return str(found)


def paper_of(message: Message) -> str:
    return custom_id(message, "summarize").removeprefix("pc:summarize:").partition("v")[0]


async def test_from_the_invitation_to_the_last_digest(
    discord: DiscordServer, arxiv: ArxivServer, home: Path
) -> None:
    async with bot_on_discord(discord, arxiv, home) as bot:
        admin, member = discord.user("admin"), discord.user("member")

        # Subscribe with what is offered while typing, and see what stands there.
        offered = await admin.autocomplete("arxiv subscribe", "categories", "cs.CL mach")
        zones = await admin.autocomplete("arxiv subscribe", "timezone", "berl")
        subscribed = await admin.command(
            "arxiv subscribe",
            {
                "categories": offered[0]["value"],
                "keywords": "LLM^2, reasoning",
                "max_papers": 3,
                "timezone": zones[0]["value"],
            },
        )
        listed = await member.command("arxiv list")

        assert [each["value"] for each in offered][:2] == ["cs.CL cs.LG", "cs.CL stat.ML"]
        assert [each["value"] for each in zones] == ["Europe/Berlin"]
        assert subscribed.text.startswith("Subscribed: #1 cs.CL, cs.LG · LLM (×2), reasoning")
        assert not subscribed.ephemeral
        assert "(Europe/Berlin)" in listed.text
        assert listed.ephemeral

        # Preview, then the day's digest with its thread.
        previewed = await member.command("arxiv preview")
        await bot.make_due()
        assert await bot.plan() == 1
        await bot.deliver()

        papers = discord.messages("papers")
        [thread] = discord.threads("papers")
        parent, *in_thread = papers[-1], *thread.messages
        assert "nothing is posted" in previewed.text
        assert previewed.ephemeral
        assert "21 Jan 2026" in parent.text
        assert len(in_thread) == 3
        assert [paper_of(each) in previewed.text for each in in_thread] == [True] * 3

        # The same summary by button, by command and from the message's menu.
        first = in_thread[0]
        paper = paper_of(first)
        by_button = await member.click(first, custom_id(first, "summarize"))
        by_command = await member.command("arxiv summarize", {"paper": paper})
        by_menu = await member.context_menu(MENU, first)
        pasted = member.post(f"Have you seen https://arxiv.org/abs/{paper} yet?")
        of_pasted = await member.context_menu(MENU, pasted)

        assert paper in by_button.text
        assert by_button.text == by_command.text == by_menu.text == of_pasted.text
        assert by_button.ephemeral

        # Ask, and why; suggestions for papers by words of their titles.
        asked = await member.command(
            "arxiv ask", {"paper": paper, "question": "Which data did they use?"}
        )
        why = await member.command("arxiv why", {"paper": paper})
        similar = await member.click(first, custom_id(first, "similar"))
        suggested = await member.autocomplete("arxiv why", "paper", paper)

        assert "Question: Which data did they use?" in asked.text
        assert "LLM" in why.text or "reasoning" in why.text
        assert similar.text.startswith("Like “")
        assert [each["value"] for each in suggested] == [paper]

        # Thumbs by button.
        liked = await member.click(first, custom_id(first, "like"))

        assert liked.text.startswith("Noted for #1 (cs.CL, cs.LG): more like")
        assert liked.ephemeral

        # Pause, resume, edit by form, end.
        paused = await admin.command("arxiv pause")
        resumed = await admin.command("arxiv resume", {"number": 1})
        form = await admin.command("arxiv edit", {"number": 1})
        assert form.modal is not None
        edited = await admin.submit(
            form.modal, {"keywords": "diffusion", "more": "top:5 at:18:30 on:mon"}
        )
        ended = await admin.command("arxiv unsubscribe")
        nothing = await member.command("arxiv list")

        assert paused.text.startswith("Paused #1")
        assert resumed.text.startswith("Resumed #1")
        assert "diffusion" in edited.text
        assert "Mondays at 18:30" in edited.text
        assert ended.text == "Unsubscribed from cs.CL, cs.LG."
        assert nothing.text.startswith("This channel has no subscription yet: `/arxiv subscribe")
        assert discord.earned_429 == 0
        assert max(each.milliseconds for each in discord.asked()) < 3000
