"""Calls keep under Discord's ceiling as they arrive, however unevenly they travel."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from discord.http import HTTPClient, Route

from adapters.discord.ceiling import Ceiling, Window
from adapters.scheduling.system_clock import SystemClock
from tests.fakes.discord import DiscordServer
from tests.fakes.discord_client import point_at

SHORTEST_SECONDS = 0.06  # of any call: the way there, Discord's work and the way back


class CountedClock(SystemClock):
    def __init__(self) -> None:
        self.slept = 0

    async def sleep(self, seconds: float) -> None:
        self.slept += 1
        await super().sleep(seconds)


def arrivals(
    window: Window, *, late: Callable[[], float], calls: int, at_once: int = 16
) -> list[float]:
    """When calls arrive that so many senders make as soon as they may, on a simulated clock.

    `late` is by how much one way of one call takes longer than it could.
    """
    now, arrived, under_way = 0.0, list[float](), list[tuple[float, float]]()
    while len(arrived) < calls:
        wait = window.wait_seconds(now) if len(under_way) < at_once else None
        if wait == 0:
            window.begin()
            arrived.append(now + SHORTEST_SECONDS / 2 + late())
            answered = max(arrived[-1] + SHORTEST_SECONDS / 2 + late(), now)
            heapq.heappush(under_way, (answered, now))
        elif wait is None or (under_way and under_way[0][0] <= now + wait):
            now, began = heapq.heappop(under_way)
            window.end(began=began, now=now, is_answered=True)
        else:
            now += wait
    return sorted(arrived)


def most_in_a_second(times: list[float]) -> int:
    first = most = 0
    for last, time in enumerate(times):
        while times[first] <= time - 1:
            first += 1
        most = max(most, last - first + 1)
    return most


@pytest.mark.parametrize("held_up_seconds", [0.0, 0.02, 0.3, 2.0])
def test_no_second_of_arrivals_holds_more_than_the_ceiling(held_up_seconds: float) -> None:
    chance = random.Random(7)  # noqa: S311 - a simulation

    def late() -> float:
        return chance.random() * 0.002 + (chance.random() < 0.1) * held_up_seconds

    times = arrivals(Window(50), late=late, calls=3_000)

    assert most_in_a_second(times) <= 50


def test_an_even_network_carries_nearly_all_that_the_ceiling_allows() -> None:
    chance = random.Random(7)  # noqa: S311 - a simulation

    times = arrivals(Window(50), late=lambda: chance.random() * 0.01, calls=3_000)

    assert 2_999 / (times[-1] - times[0]) >= 0.97 * 50


def test_a_share_of_the_ceiling_keeps_to_whole_calls() -> None:
    three = [arrivals(Window(50 / 3), late=lambda: 0.0, calls=200) for _ in range(3)]

    assert most_in_a_second(sorted(time for times in three for time in times)) <= 50


def test_less_than_one_call_a_second_is_one_in_a_while() -> None:
    times = arrivals(Window(0.5), late=lambda: 0.0, calls=5)

    assert min(b - a for a, b in itertools.pairwise(times)) >= 2


def test_a_call_that_never_came_back_counts_a_second_longer() -> None:
    window = Window(1)

    window.begin()
    assert window.wait_seconds(10.0) is None
    window.end(began=0.0, now=10.0, is_answered=False)

    assert window.wait_seconds(10.9) == pytest.approx(0.105)
    assert window.wait_seconds(11.1) == 0


# --- with discord.py --------------------------------------------------------------------------


@asynccontextmanager
async def client(
    server: DiscordServer, ceiling: Ceiling
) -> AsyncIterator[Callable[..., Awaitable[object]]]:
    point_at(server)
    http = HTTPClient(asyncio.get_running_loop(), http_trace=ceiling.trace())
    await http.static_login(server.token)
    try:
        yield lambda method, path, **more: http.request(Route(method, path, **more))
    finally:
        await http.close()


async def test_many_calls_at_once_earn_no_429() -> None:
    async with DiscordServer(per_second=20, limits=None, latency_seconds=0.01) as server:
        async with client(server, Ceiling(20, clock=SystemClock())) as call:
            await asyncio.gather(*(call("GET", "/users/@me") for _ in range(45)))

        assert server.earned_429 == 0
        assert len(server.calls("GET /users/@me")) == 46


async def test_what_discord_py_repeats_counts_again() -> None:
    clock = CountedClock()
    async with (
        DiscordServer(limits=None) as server,
        client(server, Ceiling(3, clock=clock)) as call,  # its login is the first call
    ):
        server.fail_next("GET /users/@me", status=429, retry_after=0.01)
        await call("GET", "/users/@me")
        before = clock.slept
        await call("GET", "/users/@me")

    assert before == 0
    assert clock.slept >= 1


async def test_answers_to_interactions_wait_for_nobody() -> None:
    clock = CountedClock()
    async with DiscordServer(limits=None) as server:
        url = server.create_webhook("papers").removeprefix(server.api_url)
        async with client(server, Ceiling(0.001, clock=clock)) as call:
            await call("GET", url)

    assert clock.slept == 0
