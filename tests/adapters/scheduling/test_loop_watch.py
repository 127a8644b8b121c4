"""A loop that is held up is noticed."""

import asyncio
import time

from adapters.scheduling.loop_watch import LoopWatch
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
