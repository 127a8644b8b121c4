"""`papercourier doctor`: each fault in turn is named, with its mend; the exit code tells."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web

from tests.fakes.arxiv_faults import Fault, body, garbage, reset, status
from tests.fakes.arxiv_server import ArxivServer
from tests.fakes.command_line import Ended, papercourier
from tests.fakes.model_server import API_KEY, MODEL, ModelServer, refusal


@pytest.fixture
async def arxiv() -> AsyncIterator[ArxivServer]:
    async with ArxivServer() as server:
        yield server


@pytest.fixture
async def model() -> AsyncIterator[ModelServer]:
    async with ModelServer() as server:
        yield server


class Installation:
    """A home with everything set up; `await here.doctor()` examines it."""

    def __init__(self, home: Path, arxiv: ArxivServer, model: ModelServer) -> None:
        self.home = home
        self.environ = {
            "ARXIV_FEED_URL": arxiv.url,
            "ARXIV_API_URL": arxiv.url,
            "ARXIV_SITE_URL": arxiv.url,
            "OPENAI_BASE_URL": model.base_url,
            "OPENAI_API_KEY": API_KEY,
        }
        self.configure()

    def configure(self, **settings: object) -> None:
        basis = {
            "categories": ["cs.CL"],
            "ai_summary": {"model": MODEL},
            "arxiv": {"contact": "papers@example.org", "request_spacing_seconds": 0},
        }
        (self.home / "config.json").write_text(json.dumps({**basis, **settings}))

    async def doctor(self, *words: str) -> Ended:
        return await asyncio.to_thread(
            papercourier,
            "doctor",
            "--config",
            str(self.home / "config.json"),
            *words,
            home=self.home,
            **self.environ,
        )


@pytest.fixture
def here(tmp_path: Path, arxiv: ArxivServer, model: ModelServer) -> Installation:
    return Installation(tmp_path, arxiv, model)


async def test_a_sound_installation_gets_a_line_for_each_part_and_exit_code_0(
    here: Installation, model: ModelServer
) -> None:
    await asyncio.to_thread(papercourier, "migrate", home=here.home, **here.environ)

    ended = await here.doctor()

    assert ended.returncode == 0, ended.stdout
    lines = ended.stdout.splitlines()
    assert [line.split(":")[0] for line in lines if line.startswith("✓")] == [
        "✓ configuration",
        "✓ database",
        "✓ disk",
        "✓ arXiv",
        "✓ clock",
        "✓ model",
    ]
    assert [call.body["max_tokens"] for call in model.calls] == [1]


async def test_as_json_it_tells_the_same(here: Installation) -> None:
    ended = await here.doctor("--json")

    said = json.loads(ended.stdout)
    assert said["well"] is True
    assert {"topic": "clock", "verdict": "ok", "sentence": "agrees with arXiv's."} in said[
        "findings"
    ]


async def test_nothing_is_made_or_upgraded(here: Installation) -> None:
    await here.doctor()

    assert sorted(each.name for each in here.home.iterdir()) == ["config.json"]


def late(seconds: float) -> Fault:
    """An answer whose server lives in another time."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = await body(b"<rss version='2.0'><channel/></rss>")(request)
        moment = datetime.now(UTC) + timedelta(seconds=seconds)
        response.headers["Date"] = format_datetime(moment, usegmt=True)
        return response

    return answer


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (status(403), "✗ arXiv: "),
        (status(429, retry_after=60), "✗ arXiv: "),
        (status(503), "✗ arXiv: "),
        (reset(), "✗ arXiv: "),
        (garbage(), "✗ arXiv: "),
        (late(-600), "✗ clock: this machine's clock is 6"),
        (late(86_400), "behind arXiv's, so digests come at the wrong time: let NTP set it."),
    ],
)
async def test_trouble_with_arxiv_is_named(
    here: Installation, arxiv: ArxivServer, fault: Fault, said: str
) -> None:
    arxiv.fail("/rss", fault)

    ended = await here.doctor()

    assert ended.returncode == 1
    assert said in ended.stdout
    assert "✓ model" in ended.stdout  # the others were looked at all the same


@pytest.mark.parametrize(
    ("status_code", "message", "mend"),
    [
        (401, "Incorrect API key provided.", "OPENAI_API_KEY"),
        (404, "The model does not exist.", "model"),
        (429, "You exceeded your current quota.", ""),
        (500, "Internal error.", ""),
    ],
)
async def test_trouble_with_the_model_is_named_and_its_key_is_not(
    here: Installation, model: ModelServer, status_code: int, message: str, mend: str
) -> None:
    model.fail(refusal(status_code, message))

    ended = await here.doctor()

    [line] = [line for line in ended.stdout.splitlines() if line.startswith("✗")]
    assert ended.returncode == 1
    assert line.startswith("✗ model: ")
    assert mend in line
    assert API_KEY not in ended.stdout + ended.stderr


async def test_a_model_that_knows_only_the_newer_name_for_a_limit_answers(
    here: Installation, model: ModelServer
) -> None:
    model.unknown_parameters = frozenset({"max_tokens"})

    ended = await here.doctor()

    assert "✓ model" in ended.stdout


async def test_without_a_key_it_says_what_digests_carry_instead(here: Installation) -> None:
    del here.environ["OPENAI_API_KEY"]

    ended = await here.doctor()

    assert ended.returncode == 0
    assert "! model: none: digests carry the abstracts' own sentences. Set OPENAI_API_KEY." in (
        ended.stdout
    )


async def test_a_database_of_a_newer_version_is_left_alone_and_named(here: Installation) -> None:
    await asyncio.to_thread(papercourier, "migrate", home=here.home, **here.environ)
    connection = sqlite3.connect(here.home / "papercourier.db")
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    ended = await here.doctor()

    assert ended.returncode == 1
    assert "newer Papercourier (revision 9999): upgrade Papercourier" in ended.stdout


async def test_a_damaged_database_is_named(here: Installation) -> None:
    (here.home / "papercourier.db").write_bytes(b"this is no database at all" * 100)

    ended = await here.doctor()

    assert ended.returncode == 1
    assert "✗ database: " in ended.stdout


async def test_a_configuration_that_cannot_be_read_ends_it_with_2(here: Installation) -> None:
    (here.home / "config.json").write_text('{"categories": [}')

    ended = await here.doctor()

    assert ended.returncode == 2
    assert "line 1" in ended.stderr


async def test_what_arxiv_would_rather_have_is_a_note(here: Installation) -> None:
    here.configure(arxiv={"request_spacing_seconds": 0})

    ended = await here.doctor()

    assert ended.returncode == 0
    assert "! arXiv: no contact is told to arXiv" in ended.stdout
    assert "! arXiv: arxiv.request_spacing_seconds is under 3" in ended.stdout
