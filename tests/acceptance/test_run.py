"""A day of the real service: started as a user would, stopped, started again."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from adapters.database.engine import open_database
from bot.domain import calendar
from bot.domain.subscriptions import Subscription
from tests.fakes import arxiv_faults
from tests.fakes.arxiv_server import ArxivServer
from tests.fakes.service_process import ServiceProcess, ended
from tests.shared_data import ARXIV_DATA, needs_shared

RECORDED = ARXIV_DATA / "feeds" / "2026-01-21" / "cs.AI+cs.CL+cs.DC+cs.LG.xml"
RECORDED_DATE = b"Wed, 21 Jan 2026 00:00:00 -0500"
SUBSCRIPTIONS = {
    "lab": ["cs.CL", "kw:LLM^2,reasoning", "top:5", "min:1"],
    "vision": ["cs.AI", "cs.LG", 'kw:diffusion,"language model"', "top:8", "min:1"],
    "systems": ["cs.DC", "top:6"],
}

pytestmark = pytest.mark.slow


def feed_of_today() -> bytes:
    """The recorded feed under the date of the latest announcement: the process has a real clock."""
    day = calendar.announcement_day(datetime.now(UTC))
    midnight = datetime.combine(day, time(), calendar.EASTERN)
    dated = RECORDED.read_bytes().replace(
        RECORDED_DATE, midnight.strftime("%a, %d %b %Y %H:%M:%S %z").encode()
    )
    assert RECORDED_DATE not in dated
    return dated


def addresses(arxiv: ArxivServer, home: Path) -> dict[str, str]:
    (home / "config.json").write_text(json.dumps({"arxiv": {"request_spacing_seconds": 0}}))
    return {
        "ARXIV_FEED_URL": arxiv.url,
        "ARXIV_API_URL": arxiv.url,
        "ARXIV_SITE_URL": arxiv.url,
    }


async def subscribe(*names: str, home: Path, **environ: str) -> None:
    """As an administrator would, each due at a minute that is just over."""
    a_minute_ago = datetime.now(UTC) - timedelta(minutes=1)
    for name in names:
        words = SUBSCRIPTIONS[name]
        when = [f"at:{a_minute_ago:%H:%M}", "on:daily", "tz:UTC"]
        code, out, err = await ended(
            "subscribe", *words, *when, "--to-file", name, home=home, **environ
        )
        assert code == 0, (out, err)


async def make_due(home: Path) -> Sequence[Subscription]:
    """As if each subscription's next run had come."""
    due_at = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1)
    async with (
        await open_database(f"sqlite:///{home}/papercourier.db") as database,
        database.unit_of_work() as unit,
    ):
        subscriptions = await unit.subscriptions.all()
        for each in subscriptions:
            await unit.subscriptions.advance(each.id, seen_through=0, next_run_at=due_at)
        await unit.commit()
    return subscriptions


def digests(home: Path) -> dict[str, str]:
    return {path.stem: path.read_text() for path in (home / "digests").glob("*.txt")}


def messages(text: str) -> Counter[str]:
    return Counter(re.findall(r"^# papercourier message (.+)$", text, re.MULTILINE))


def papers(text: str) -> list[str]:
    return re.findall(r"https://arxiv\.org/abs/(\d{4}\.\d{5})", text)


@needs_shared
async def test_a_day_with_three_subscriptions_a_stop_and_a_new_start(tmp_path: Path) -> None:
    async with ArxivServer() as arxiv:
        environ = addresses(arxiv, tmp_path)
        arxiv.serve_feed(feed_of_today())
        await subscribe(*SUBSCRIPTIONS, home=tmp_path, **environ)
        subscriptions = await make_due(tmp_path)

        async with ServiceProcess(home=tmp_path, **environ) as service:
            await service.until(
                lambda: (
                    digests(tmp_path).keys() == SUBSCRIPTIONS.keys()
                    and all("# end of " in text for text in digests(tmp_path).values())
                ),
                what="three digests",
            )
            healthy = await service.get("/healthz")
            ready = await service.get("/readyz")
            metrics = await service.get("/metrics")
            code = await service.signalled(signal.SIGTERM)

        first = digests(tmp_path)
        assert len(subscriptions) == 3
        assert (healthy[0], ready[0], code) == (200, 200, 0), service.log()
        assert 'papercourier_messages_sent_total{platform="file"} 3.0' in metrics[1]
        assert [len(papers(first[name])) for name in SUBSCRIPTIONS] == [5, 8, 6]
        assert [line["event"] for line in service.lines][-1] == "service.stopped"
        assert service.strangers == []
        assert service.events("job.failed") == []

        # The next run of each has come, and arXiv still serves the same day.
        await make_due(tmp_path)
        async with ServiceProcess(home=tmp_path, **environ) as service:
            await service.until(lambda: _is_planned(service), what="a second round of planning")
            second_code = await service.signalled(signal.SIGINT)

        second = digests(tmp_path)
        assert second_code == 0, service.log()
        for name in SUBSCRIPTIONS:
            assert set(messages(second[name]).values()) == {1}
            assert second[name].startswith(first[name])
            assert max(Counter(papers(second[name])).values()) == 1


def _is_planned(service: ServiceProcess) -> bool:
    return bool(service.events("planning.done"))


async def test_it_runs_with_no_subscription_and_leaves_arxiv_alone(tmp_path: Path) -> None:
    async with ArxivServer() as arxiv:
        environ = addresses(arxiv, tmp_path)

        async with ServiceProcess(home=tmp_path, **environ) as service:
            status, body = await service.get("/healthz")
            code = await service.signalled(signal.SIGTERM)

    assert (status, code) == (200, 0), body
    assert arxiv.calls == []


async def test_it_stops_within_ten_seconds_although_arxiv_keeps_silent(tmp_path: Path) -> None:
    patience = asyncio.Event()
    async with ArxivServer() as arxiv:
        environ = addresses(arxiv, tmp_path)
        await subscribe("systems", home=tmp_path, **environ)
        arxiv.fail_always("/", arxiv_faults.silence(patience))

        async with ServiceProcess(home=tmp_path, **environ) as service:
            await service.until(lambda: bool(arxiv.calls), what="the feed is asked for")
            code = await service.signalled(signal.SIGTERM)
        patience.set()

    # Beyond ten seconds it ends itself with 1 and says so.
    assert code == 0, service.log()
    assert service.events("service.stopped")


async def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    patience = asyncio.Event()
    async with ArxivServer() as arxiv:
        environ = addresses(arxiv, tmp_path)
        await subscribe("systems", home=tmp_path, **environ)
        arxiv.fail_always("/", arxiv_faults.silence(patience))

        async with ServiceProcess(home=tmp_path, **environ) as service:
            await service.until(lambda: bool(arxiv.calls), what="the feed is asked for")
            code = await service.signalled(signal.SIGINT, signal.SIGINT)
        patience.set()

    assert code == 128 + signal.SIGINT
    assert service.events("service.killed")


async def test_a_port_that_is_taken_is_one_sentence_and_exit_code_two(tmp_path: Path) -> None:
    async with ArxivServer() as other:
        port = other.url.rpartition(":")[2]

        code, _, err = await ended("run", home=tmp_path, WEB_PORT=port, LOG_LEVEL="error")

    assert code == 2
    assert err.startswith(f"127.0.0.1:{port} cannot be listened on")
    assert err.count("\n") == 1


async def test_a_file_that_is_no_database_is_one_sentence_and_exit_code_two(
    tmp_path: Path,
) -> None:
    (tmp_path / "papercourier.db").write_text(
        "My shopping list, which is no database at all. " * 99
    )

    code, _, err = await ended("run", home=tmp_path, WEB_PORT="0", LOG_LEVEL="error")

    assert code == 2
    assert "is not an SQLite database" in err
    assert err.count("\n") == 1


async def test_a_secret_is_struck_out_of_the_log_wherever_it_stands(tmp_path: Path) -> None:
    secret = "hush-hush-12345"  # noqa: S105 - invented
    home = tmp_path / secret
    home.mkdir()
    async with ArxivServer() as arxiv:
        environ = addresses(arxiv, home)

        async with ServiceProcess(
            home=home, OPENAI_API_KEY=secret, LOG_LEVEL="debug", **environ
        ) as service:
            await service.signalled(signal.SIGTERM)

    assert secret not in service.log()
    assert service.events("service.starting")[0]["home"] == str(tmp_path / "***")


async def test_a_backup_is_made_beside_the_running_service(tmp_path: Path) -> None:
    async with ArxivServer() as arxiv:
        environ = addresses(arxiv, tmp_path)
        async with ServiceProcess(home=tmp_path, **environ):
            code, out, _ = await ended("backup", "copy.db", home=tmp_path, **environ)
            again, _, err = await ended("backup", "copy.db", home=tmp_path, **environ)

    assert (code, again) == (0, 2)
    assert out.startswith("Backed up to copy.db")
    assert "--force" in err
    async with await open_database(f"sqlite:///{tmp_path}/copy.db") as copy:
        await copy.check()
