"""Health, readiness and metrics as a monitor asks for them."""

import asyncio
from collections.abc import Mapping

import aiohttp
import pytest
from aiohttp import web

from adapters.web.health import CHECK_SECONDS, Check
from adapters.web.metrics import PrometheusTelemetry
from adapters.web.server import WebServer
from bot.errors import TransientError, UserError


async def fine() -> None:
    """A check that finds nothing wrong."""


def server(
    *,
    alive: Mapping[str, Check] | None = None,
    ready: Mapping[str, Check] | None = None,
    telemetry: PrometheusTelemetry | None = None,
    port: int = 0,
    check_seconds: float = CHECK_SECONDS,
) -> WebServer:
    return WebServer(
        host="127.0.0.1",
        port=port,
        telemetry=telemetry or PrometheusTelemetry(),
        alive=alive or {"database": fine},
        ready=ready or {"started": fine},
        check_seconds=check_seconds,
    )


async def get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


async def test_health_is_green_while_every_check_is() -> None:
    async with server() as running:
        status, body = await get(f"{running.url}/healthz")

    assert status == 200
    assert '"status": "ok"' in body


async def test_health_turns_red_with_the_reason_and_green_again() -> None:
    troubles: list[Exception] = []

    async def database() -> None:
        for trouble in troubles:
            raise trouble

    async with server(alive={"database": database, "ticks": fine}) as running:
        before, _ = await get(f"{running.url}/healthz")
        troubles.append(TransientError("The disk with the database is full: free some space."))
        during, body = await get(f"{running.url}/healthz")
        troubles.clear()
        after, _ = await get(f"{running.url}/healthz")

    assert (before, during, after) == (200, 503, 200)
    assert "The disk with the database is full" in body
    assert '"ticks": "ok"' in body


async def test_a_check_that_breaks_or_hangs_is_red_too() -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    async def crash() -> None:
        raise ZeroDivisionError("token=hidden")

    async with server(alive={"slow": hang, "broken": crash}, check_seconds=0.05) as running:
        status, body = await get(f"{running.url}/healthz")

    assert status == 503
    assert "no answer within" in body
    assert "ZeroDivisionError" in body
    assert "hidden" not in body


async def test_readiness_is_a_question_of_its_own() -> None:
    async def starting() -> None:
        raise TransientError("The service is starting.")

    async with server(ready={"started": starting}) as running:
        assert (await get(f"{running.url}/healthz"))[0] == 200
        assert (await get(f"{running.url}/readyz"))[0] == 503


async def test_metrics_show_what_was_told() -> None:
    telemetry = PrometheusTelemetry()
    telemetry.count("messages_sent", 3, platform="slack")

    async with server(telemetry=telemetry) as running:
        status, body = await get(f"{running.url}/metrics")

    assert status == 200
    assert 'papercourier_messages_sent_total{platform="slack"} 3.0' in body


async def test_a_port_that_is_taken_is_said_in_one_sentence() -> None:
    async with server() as first:
        port = int(first.url.rpartition(":")[2])

        with pytest.raises(UserError, match=f"127.0.0.1:{port} cannot be listened on"):
            await server(port=port).__aenter__()


async def test_others_may_bring_their_routes() -> None:
    async def greet(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    running = server()
    running.add_routes([web.get("/hello", greet)])

    async with running:
        assert await get(f"{running.url}/hello") == (200, "hello")
        assert (await get(f"{running.url}/nothing"))[0] == 404
