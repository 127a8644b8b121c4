"""Thumbs in the terminal: three recorded days, and a ranking that moves as its reasons say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import app
from bot.command_text import parse_command
from bot.config import Settings, load_settings
from bot.domain.commands import Reply
from bot.domain.digest import DigestEntry
from tests.fakes.arxiv_server import ArxivServer
from tests.fakes.clock import FrozenClock
from tests.shared_data import ARXIV_DATA, needs_shared

COMBINED = "cs.AI+cs.CL+cs.DC+cs.LG.xml"
DAYS = ("2026-01-06", "2026-01-19", "2026-01-21")
SUBSCRIBE = 'subscribe cs.AI cs.CL cs.DC cs.LG kw:"kv cache","long context",attention min:1 top:6'
LATEST = "preview 1 top:30"  # the day's ranking, posted before or not
LIKES = ("2601.10729", "2601.01310", "2601.01298")  # serving with KV caches
DISLIKES = ("2601.10914",)  # attention in a climate model
LEARNED = "liked"  # where a learned reason was found


@pytest.fixture
async def arxiv() -> AsyncIterator[ArxivServer]:
    async with ArxivServer(recorded=ARXIV_DATA / "raw") as server:
        yield server


class Terminal:
    """Somebody at a terminal; each command is a process of its own on one database."""

    def __init__(self, arxiv: ArxivServer, home: Path) -> None:
        self._arxiv = arxiv
        self._clock = FrozenClock(datetime(2026, 1, 6, 6, 0, tzinfo=UTC))
        config = home / "config.json"
        config.write_text('{"arxiv": {"request_spacing_seconds": 0}}')
        self._settings: Settings = load_settings(
            config,
            {
                "PAPERCOURIER_HOME": str(home),
                "ARXIV_FEED_URL": arxiv.url,
                "ARXIV_API_URL": arxiv.url,
                "ARXIV_SITE_URL": arxiv.url,
            },
        )

    def come(self, day: str) -> None:
        self._clock.move_to(datetime.fromisoformat(f"{day}T06:00+00:00"))
        self._arxiv.serve_feed(ARXIV_DATA / "feeds" / day / COMBINED)

    async def ask(self, line: str) -> Reply:
        async with app.open_app(self._settings, clock=self._clock) as bot:
            return await bot.terminal.ask(parse_command(line))

    async def ranking(self) -> dict[str, DigestEntry]:
        """The latest day's papers by ID, best first."""
        digest = (await self.ask(LATEST)).digest
        assert digest is not None
        return {entry.paper.arxiv_id: entry for entry in digest.entries}


@pytest.fixture
async def terminal(arxiv: ArxivServer, tmp_path: Path) -> Terminal:
    """Subscribed, and three days posted."""
    terminal = Terminal(arxiv, tmp_path)
    terminal.come(DAYS[0])
    await terminal.ask(SUBSCRIBE)
    for day in DAYS:
        terminal.come(day)
        await terminal.ask("now")
    return terminal


async def vote(terminal: Terminal) -> None:
    for arxiv_id in LIKES:
        await terminal.ask(f"like {arxiv_id}")
    for arxiv_id in DISLIKES:
        await terminal.ask(f"dislike {arxiv_id}")


def learned_points(entry: DigestEntry) -> float:
    return sum(reason.points for reason in entry.reasons if reason.where == LEARNED)


@needs_shared
async def test_the_ranking_moves_by_what_the_reasons_say_and_back(terminal: Terminal) -> None:
    cold = await terminal.ranking()

    await vote(terminal)
    warm = await terminal.ranking()
    await terminal.ask("settings learning:off")
    off = await terminal.ranking()
    await terminal.ask("settings learning:on")
    on = await terminal.ranking()
    await terminal.ask("forget")
    reset = await terminal.ranking()

    assert all(learned_points(entry) == 0 for entry in cold.values())
    assert any(learned_points(entry) > 0.5 for entry in warm.values())
    assert list(warm) != list(cold)
    for arxiv_id in cold.keys() & warm.keys():
        moved = warm[arxiv_id].score - cold[arxiv_id].score
        assert moved == pytest.approx(learned_points(warm[arxiv_id]), abs=0.01)
    assert on == warm
    assert off == reset == cold


@needs_shared
async def test_why_and_settings_say_what_was_learned(terminal: Terminal) -> None:
    await vote(terminal)

    settings = (await terminal.ask("settings")).text
    not_shown = next(
        arxiv_id
        for arxiv_id, entry in (await terminal.ranking()).items()
        if entry.rank > 6 and learned_points(entry) > 0
    )
    why = (await terminal.ask(f"why {not_shown}")).text

    assert "Learned from 4 thumbs: likes " in settings
    assert "(liked)" in why
    assert "better papers took the 6 places" in why


@needs_shared
async def test_a_dry_run_counts_the_days_and_suggests(terminal: Terminal) -> None:
    await vote(terminal)

    text = (await terminal.ask("preview 1 days:3")).text

    assert "Dry run over the last 3 announcement days" in text
    assert "Just below the bar of 1:" in text
    assert "`edit 1 min:" in text
    assert "Papers liked here share “" in text


@needs_shared
async def test_before_any_thumb_learning_on_and_off_rank_alike(terminal: Terminal) -> None:
    on = await terminal.ranking()

    await terminal.ask("edit 1 learning:off")

    assert await terminal.ranking() == on
