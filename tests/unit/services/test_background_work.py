"""Work beside the answers: bounded, finished at a stop, and its failures told."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import TransientError
from bot.services.background_work import Work


async def test_no_more_is_let_in_than_can_be_done() -> None:
    work, door = Work(most=2), asyncio.Event()

    async def wait() -> None:
        await door.wait()

    work.start(wait(), name="one")
    work.start(wait(), name="two")
    with pytest.raises(TransientError, match="try again in a minute"):
        work.start(wait(), name="three")
    door.set()
    await work.close()

    assert not work.is_full


async def test_a_stop_lets_work_finish_but_not_for_ever() -> None:
    work, done = Work(stop_seconds=0.05), list[str]()

    async def quick() -> None:
        await asyncio.sleep(0)
        done.append("quick")

    async def endless() -> None:
        await asyncio.Event().wait()
        done.append("endless")

    work.start(quick(), name="quick")
    work.start(endless(), name="endless")
    await work.close()

    assert done == ["quick"]


async def test_a_failure_is_told_in_the_log_and_ends_nothing_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    work, done = Work(), list[str]()

    async def broken() -> None:
        raise LookupError("lost")

    async def fine() -> None:
        done.append("fine")

    work.start(broken(), name="broken")
    work.start(fine(), name="fine")
    await work.close()

    assert done == ["fine"]
    assert [record.message for record in caplog.records] == ["work.failed"]
