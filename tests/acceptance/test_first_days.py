"""The first days of a subscription: real HTTP, real database, the terminal."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot import app
from bot.command_text import parse_command
from bot.config import Settings, load_settings
from bot.errors import PermanentError, TransientError, UserError
from tests.fakes import arxiv_faults
from tests.fakes.arxiv_server import ArxivServer
from tests.fakes.clock import FrozenClock
from tests.shared_data import ARXIV_DATA, needs_shared

DAY = datetime(2026, 1, 21, 6, 0, tzinfo=UTC)
COMBINED = "cs.AI+cs.CL+cs.DC+cs.LG.xml"
SUBSCRIBE = 'subscribe cs.AI cs.CL cs.DC cs.LG kw:"kv cache","speculative decoding" min:2 top:5'


@pytest.fixture
async def arxiv() -> AsyncIterator[ArxivServer]:
    async with ArxivServer(recorded=ARXIV_DATA / "raw") as server:
        yield server


@pytest.fixture
def settings(arxiv: ArxivServer, tmp_path: Path) -> Settings:
    config = tmp_path / "config.json"
    config.write_text('{"arxiv": {"request_spacing_seconds": 0}}')
    return load_settings(
        config,
        {
            "PAPERCOURIER_HOME": str(tmp_path),
            "ARXIV_FEED_URL": arxiv.url,
            "ARXIV_API_URL": arxiv.url,
            "ARXIV_SITE_URL": arxiv.url,
        },
    )


async def ask(settings: Settings, clock: FrozenClock, *lines: str) -> None:
    """Each line as a command of its own process would be: nothing is kept but the database."""
    for line in lines:
        async with app.open_app(settings, clock=clock) as bot:
            await bot.terminal.ask(parse_command(line))


def shown_ids(text: str) -> list[str]:
    return re.findall(r" · (\d{4}\.\d{5})v\d+ · ", text)


@needs_shared
async def test_subscribe_now_now_and_the_next_day(
    arxiv: ArxivServer, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = FrozenClock(datetime(2026, 1, 19, 6, 0, tzinfo=UTC))
    arxiv.serve_feed(ARXIV_DATA / "feeds" / "2026-01-19" / COMBINED)

    await ask(settings, clock, SUBSCRIBE, "now")
    first = capsys.readouterr().out
    await ask(settings, clock, "now")
    second = capsys.readouterr().out
    clock.advance(days=2)
    arxiv.serve_feed(ARXIV_DATA / "feeds" / "2026-01-21" / COMBINED)
    await ask(settings, clock, "now")
    third = capsys.readouterr().out

    assert shown_ids(first)
    assert shown_ids(second) == []
    assert "Nothing new was announced" in second
    assert shown_ids(third)
    assert set(shown_ids(third)).isdisjoint(shown_ids(first))


@needs_shared
async def test_yesterdays_feed_under_todays_date_adds_nothing_and_is_called_stale(
    arxiv: ArxivServer, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = FrozenClock(DAY)
    feed = (ARXIV_DATA / "feeds" / "2026-01-21" / COMBINED).read_bytes()
    arxiv.serve_feed(feed)
    await ask(settings, clock, SUBSCRIBE, "now")
    capsys.readouterr()
    clock.advance(days=1)
    arxiv.serve_feed(feed.replace(b"Wed, 21 Jan 2026", b"Thu, 22 Jan 2026"))

    await ask(settings, clock, "now", "status")

    text = capsys.readouterr().out
    assert shown_ids(text) == []
    assert "stale" in text


@needs_shared
@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ("1605.08386", "Heat-bath random walks with Markov bases"),
        ("quant-ph/0201082v1", "Quantum Assembly Language"),
        ("https://arxiv.org/abs/1707.08567", "1707.08567"),
    ],
)
async def test_a_paper_is_summarised_by_its_id_or_link(
    settings: Settings, capsys: pytest.CaptureFixture[str], asked: str, title: str
) -> None:
    await ask(settings, FrozenClock(DAY), f"summarize {asked}")

    text = capsys.readouterr().out
    assert title in text
    assert "In the abstract's words" in text


@needs_shared
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (arxiv_faults.status(400), (UserError, PermanentError)),
        (arxiv_faults.status(403), PermanentError),
        (arxiv_faults.status(429, retry_after=90), TransientError),
        (arxiv_faults.status(503), TransientError),
        (arxiv_faults.cut(), TransientError),
        (arxiv_faults.reset(), TransientError),
    ],
)
async def test_arxivs_troubles_are_one_sentence_each(
    arxiv: ArxivServer, settings: Settings, fault: arxiv_faults.Fault, kind: Any
) -> None:
    arxiv.fail_always("/api", fault)

    with pytest.raises(kind) as caught:
        await ask(settings, FrozenClock(DAY), "summarize 1605.08386")

    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence


@needs_shared
async def test_an_unknown_paper_and_a_bad_id_are_told_apart(settings: Settings) -> None:
    with pytest.raises(UserError, match="no paper"):
        await ask(settings, FrozenClock(DAY), "summarize 2601.99999")
    with pytest.raises(UserError, match="is not an arXiv ID"):
        await ask(settings, FrozenClock(DAY), "summarize 0000.0000")
