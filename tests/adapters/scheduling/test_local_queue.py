"""The queue of one process, with real time in hundredths of a second."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import pytest

from adapters.scheduling.local import JobId, LocalQueue
from bot.errors import TransientError
from tests.fakes.telemetry import Figures

PATIENCE = 10  # seconds before a test that waits for something gives up


class Work:
    """A job that notes its keys and can be held up."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.ended = asyncio.Queue[str]()

    async def __call__(self, key: str) -> None:
        self.begun.set()
        await self.may_end.wait()
        self.done.append(key)
        self.ended.put_nowait(key)

    async def next_end(self) -> str:
        async with asyncio.timeout(PATIENCE):
            return await self.ended.get()


def later(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def test_a_job_runs_at_once_with_its_key() -> None:
    work = Work()
    queue = LocalQueue()
    queue.handler("greet", work)

    async with queue:
        await queue.enqueue("greet", key="world")

        assert await work.next_end() == "world"


async def test_a_job_waits_for_its_time() -> None:
    work = Work()
    queue = LocalQueue()
    queue.handler("greet", work)
    run_at = later(0.1)

    async with queue:
        await queue.enqueue("greet", key="", run_at=run_at)
        await work.next_end()

    assert datetime.now(UTC) >= run_at


async def test_the_same_job_waiting_twice_is_done_once_at_the_earlier_time() -> None:
    work = Work()
    queue = LocalQueue()
    queue.handler("greet", work)

    async with queue:
        await queue.enqueue("greet", key="a", run_at=later(3600))
        await queue.enqueue("greet", key="a", run_at=later(0.02))
        await queue.enqueue("greet", key="a", run_at=later(7200))
        await work.next_end()

        assert queue.waiting == {}
        assert work.done == ["a"]


async def test_jobs_with_different_keys_do_not_stand_for_each_other() -> None:
    work = Work()
    queue = LocalQueue()
    queue.handler("greet", work)

    async with queue:
        await queue.enqueue("greet", key="a")
        await queue.enqueue("greet", key="b")

        assert {await work.next_end(), await work.next_end()} == {"a", "b"}


async def test_a_job_enqueued_while_it_runs_runs_once_more_and_never_beside_itself() -> None:
    work = Work()
    work.may_end.clear()
    queue = LocalQueue()
    queue.handler("greet", work)

    async with queue:
        await queue.enqueue("greet", key="a")
        await work.begun.wait()
        for _ in range(3):
            await queue.enqueue("greet", key="a")
        running = queue.running
        work.may_end.set()
        await work.next_end()
        await work.next_end()

        assert running == {JobId("greet", "a")}
        assert work.done == ["a", "a"]
        assert queue.waiting == {}


async def test_a_job_enqueued_for_later_while_it_runs_keeps_its_time() -> None:
    work = Work()
    work.may_end.clear()
    queue = LocalQueue()
    queue.handler("greet", work)
    run_at = later(3600)

    async with queue:
        await queue.enqueue("greet", key="a")
        await work.begun.wait()
        await queue.enqueue("greet", key="a", run_at=run_at)
        work.may_end.set()
        await work.next_end()

        assert queue.waiting == {JobId("greet", "a"): run_at}
        assert work.done == ["a"]


async def test_a_job_whose_time_is_long_past_is_still_done() -> None:
    work = Work()
    queue = LocalQueue()
    queue.handler("greet", work)

    async with queue:
        await queue.enqueue("greet", key="yesterday's", run_at=later(-86_400))

        assert await work.next_end() == "yesterday's"


async def test_what_was_enqueued_before_the_start_is_done_after_it() -> None:
    work = Work()
    queue = LocalQueue()
    queue.handler("greet", work)
    await queue.enqueue("greet", key="early", run_at=later(3600))
    await queue.enqueue("greet", key="early")

    async with queue:
        assert await work.next_end() == "early"


async def test_a_failing_job_is_logged_with_a_reference_and_the_queue_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail(key: str) -> None:
        raise ZeroDivisionError(key)

    work, figures = Work(), Figures()
    queue = LocalQueue(telemetry=figures)
    queue.handler("fail", fail)
    queue.handler("greet", work)

    async with queue:
        await queue.enqueue("fail", key="boom")
        await queue.enqueue("greet", key="world")
        await work.next_end()

    [record] = [each for each in caplog.records if each.getMessage() == "job.failed"]
    assert record.levelno == logging.ERROR
    assert len(record.__dict__["reference"]) == 8
    assert record.exc_info is not None
    assert figures.counted["job_failures", "fail"] == 1


async def test_trouble_of_the_outside_is_logged_as_its_sentence_without_a_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ended = asyncio.Event()

    async def fail(_: str) -> None:
        ended.set()
        raise TransientError("The disk is full: free some space.")

    queue = LocalQueue()
    queue.handler("fail", fail)

    async with queue:
        await queue.enqueue("fail", key="")
        await ended.wait()

    [record] = [each for each in caplog.records if each.getMessage() == "job.failed"]
    assert record.__dict__["reason"] == "The disk is full: free some space."
    assert record.exc_info is None


async def test_a_tick_comes_at_once_and_again_and_survives_a_failure() -> None:
    enough = asyncio.Event()
    calls: list[str] = []

    async def tick(key: str) -> None:
        calls.append(key)
        if len(calls) == 3:
            enough.set()
        raise ValueError(key)

    queue = LocalQueue()
    queue.handler("tick", tick)
    queue.every(0.02, "tick", key="minute")

    async with queue, asyncio.timeout(PATIENCE):
        await enough.wait()

    assert calls[:3] == ["minute"] * 3


async def test_a_job_that_nobody_does_is_a_fault_of_the_program() -> None:
    async with LocalQueue() as queue:
        with pytest.raises(LookupError):
            await queue.enqueue("gret", key="")


async def test_closing_lets_a_running_job_finish_and_begins_no_other() -> None:
    work = Work()
    work.may_end.clear()
    queue = LocalQueue()
    queue.handler("greet", work)

    async with queue:
        await queue.enqueue("greet", key="a")
        await work.begun.wait()
        await queue.enqueue("greet", key="a")
        await queue.enqueue("greet", key="b", run_at=later(0.5))
        asyncio.get_running_loop().call_later(0.02, work.may_end.set)

    assert work.done == ["a"]
    assert queue.running == frozenset()


async def test_closing_cancels_what_takes_too_long() -> None:
    work = Work()
    work.may_end.clear()
    queue = LocalQueue(stop_seconds=0.02)
    queue.handler("greet", work)

    async with queue, asyncio.timeout(PATIENCE):
        await queue.enqueue("greet", key="a")
        await work.begun.wait()
    after = queue.running
    await queue.enqueue("greet", key="too late")

    assert after == frozenset()
    assert work.done == []
    assert queue.waiting == {}


async def test_it_is_ready_only_while_it_works() -> None:
    queue = LocalQueue()

    with pytest.raises(TransientError, match="starting"):
        await queue.check()
    async with queue:
        await queue.check()
    with pytest.raises(TransientError, match="stopping"):
        await queue.check()
