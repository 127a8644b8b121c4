"""A loop that is held up is noticed."""

import asyncio
import time

import pytest

from adapters.scheduling.loop_watch import LoopWatch
from bot.errors import TransientError
from tests.fakes.telemetry import Figures


async def test_work_that_does_not_give_way_is_measured() -> None:
    figures = Figures()

    async with LoopWatch(telemetry=figures, period_seconds=0.001) as watch:
        await asyncio.sleep(0)
        time.sleep(0.1)  # noqa: ASYNC251 - the very thing that is to be noticed
        await asyncio.sleep(0.01)

        assert watch.worst_seconds >= 0.09
        assert watch.worst_within(60) == watch.worst_seconds
    assert figures.gauges["loop_lag_max_seconds",] == watch.worst_seconds


async def test_a_watch_that_was_never_opened_knows_of_nothing() -> None:
    assert LoopWatch().worst_within(60) == 0.0


async def test_a_loop_that_was_stuck_lately_is_a_failure() -> None:
    async with LoopWatch(period_seconds=0.001, stuck_seconds=0.2) as watch:
        await asyncio.sleep(0)
        time.sleep(0.3)  # noqa: ASYNC251 - longer than is tolerated
        await asyncio.sleep(0.01)

        with pytest.raises(TransientError, match="held up"):
            await watch.check()


async def test_a_loop_that_gives_way_is_well() -> None:
    async with LoopWatch(period_seconds=0.001, stuck_seconds=60) as watch:
        await asyncio.sleep(0.01)

        await watch.check()
