"""An interest written as a sentence, in the terminal, against a model's endpoint."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import app
from bot.command_text import parse_command
from bot.config import load_settings
from bot.domain.commands import Reply
from bot.domain.digest import DigestEntry
from tests.fakes.arxiv_server import ArxivServer
from tests.fakes.clock import FrozenClock
from tests.fakes.command_line import papercourier
from tests.fakes.model_server import API_KEY, EMBEDDING_MODEL, Fault, ModelServer
from tests.shared_data import ARXIV_DATA, needs_shared

COMBINED = "cs.AI+cs.CL+cs.DC+cs.LG.xml"
SENTENCE = "speculative decoding makes inference cheaper for language models"
SUBSCRIBE = f'subscribe cs.CL cs.LG about:"{SENTENCE}" min:1.5 top:5'
DOWN = Fault(status=503)
NOWHERE = "http://127.0.0.1:9"


class Terminal:
    """Somebody at a terminal; each command is a process of its own on one database."""

    def __init__(self, arxiv: ArxivServer, model: ModelServer, home: Path) -> None:
        self._arxiv, self._home = arxiv, home
        self._clock = FrozenClock()
        self._environ = {
            "ARXIV_FEED_URL": arxiv.url,
            "ARXIV_API_URL": arxiv.url,
            "ARXIV_SITE_URL": arxiv.url,
            "OPENAI_BASE_URL": model.base_url,
            "OPENAI_API_KEY": API_KEY,
        }
        self.switch(on=True)

    def switch(self, *, on: bool) -> None:
        embeddings = {"enabled": on, "model": EMBEDDING_MODEL}
        config = {
            "arxiv": {"request_spacing_seconds": 0},
            "ai_summary": {"enabled": False},
            "embeddings": embeddings,
        }
        self.config = self._home / "config.json"
        self.config.write_text(json.dumps(config))

    def come(self, day: str) -> None:
        self._clock.move_to(datetime.fromisoformat(f"{day}T06:00+00:00").astimezone(UTC))
        self._arxiv.serve_feed(ARXIV_DATA / "feeds" / day / COMBINED)

    async def ask(self, line: str) -> Reply:
        environ = {"PAPERCOURIER_HOME": str(self._home), **self._environ}
        settings = load_settings(self.config, environ)
        async with app.open_app(settings, clock=self._clock) as bot:
            return await bot.terminal.ask(parse_command(line))

    async def preview(self, line: str = "preview 1") -> tuple[DigestEntry, ...]:
        digest = (await self.ask(line)).digest
        assert digest is not None
        return digest.entries


@pytest.fixture
async def model() -> AsyncIterator[ModelServer]:
    async with ModelServer() as server:
        yield server


@pytest.fixture
async def terminal(model: ModelServer, tmp_path: Path) -> AsyncIterator[Terminal]:
    async with ArxivServer(recorded=ARXIV_DATA / "raw") as arxiv:
        terminal = Terminal(arxiv, model, tmp_path)
        terminal.come("2026-01-19")
        yield terminal


def embedded(model: ModelServer) -> Counter[str]:
    return Counter(text for texts in model.embedded for text in texts)


@needs_shared
async def test_a_sentence_finds_papers_and_why_says_how_near_they_are(
    terminal: Terminal, model: ModelServer
) -> None:
    subscribed = await terminal.ask(SUBSCRIBE)
    entries = await terminal.preview()
    posted = await terminal.ask("now")
    why = await terminal.ask(f"why {entries[0].paper.arxiv_id}")

    assert f"about “{SENTENCE}”" in subscribed.text
    assert "does nothing" not in subscribed.text
    assert 1 <= len(entries) <= 5
    for entry in entries:
        assert [reason.where for reason in entry.reasons] == ["meaning"]
        assert 1.5 <= entry.score == entry.reasons[0].points <= 3.0
    assert [entry.score for entry in entries] == sorted(
        (entry.score for entry in entries), reverse=True
    )
    assert posted.text.startswith("Posting ")
    assert re.search(r"“speculative decoding .*…” \+[12]\.\d \(meaning\)", why.text)
    assert set(embedded(model).values()) == {1}


@needs_shared
async def test_two_subscriptions_and_two_days_ask_for_each_paper_once(
    terminal: Terminal, model: ModelServer
) -> None:
    await terminal.ask(f'subscribe cs.CL about:"{SENTENCE}"')
    await terminal.ask(f'subscribe cs.CL cs.DC kw:agents about:"{SENTENCE}"')
    for day in ("2026-01-19", "2026-01-21"):
        terminal.come(day)
        await terminal.ask("now 1")
        await terminal.ask("now 2")

    texts = embedded(model)
    assert set(texts.values()) == {1}
    assert texts[SENTENCE] == 1
    assert len(texts) > 100


@needs_shared
async def test_while_the_endpoint_is_down_the_digest_goes_out_and_says_so_once(
    terminal: Terminal, model: ModelServer
) -> None:
    await terminal.ask(f'subscribe cs.CL cs.LG kw:decoding,LLM about:"{SENTENCE}" min:1 top:3')
    model.embedding_faults.extend([DOWN] * 100)

    first = await terminal.ask("preview 1")
    posted = await terminal.ask("now")
    again = await terminal.ask("preview 1")

    assert posted.text.startswith("Posting 3 papers")
    assert first.digest is not None
    assert again.digest is not None
    [notice] = first.digest.notices
    assert notice.startswith("Sentences after `about:` earned no points this time: The model at ")
    assert again.digest.notices == ()
    assert all(
        reason.where != "meaning" for each in first.digest.entries for reason in each.reasons
    )


@needs_shared
async def test_switched_off_a_sentence_is_accepted_and_said_to_do_nothing(
    terminal: Terminal, model: ModelServer
) -> None:
    terminal.switch(on=False)

    subscribed = await terminal.ask(f'subscribe cs.CL kw:decoding about:"{SENTENCE}"')
    changed = await terminal.ask("edit 1 top:3")
    with_it = await terminal.preview()
    ended = await terminal.ask("edit 1 about:off")
    without = await terminal.preview()

    assert "`about:` does nothing yet: to let it, set embeddings.enabled to true" in subscribed.text
    assert "does nothing" not in changed.text + ended.text
    assert with_it == without
    assert model.embedded == []


def test_doctor_looks_at_the_embedding_model_where_it_is_switched_on(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"embeddings": {"enabled": true, "api_key_env": "VECTORS_KEY"}}')

    ended = papercourier("doctor", "--config", str(config), home=tmp_path, ARXIV_FEED_URL=NOWHERE)

    assert "! embeddings: sentences after `about:` do nothing: set VECTORS_KEY." in ended.stdout
