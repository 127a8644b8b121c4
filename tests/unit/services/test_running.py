"""What the service does when, and how it says that it no longer does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.errors import TransientError
from bot.ports import FeedCheck
from bot.services.running import RunningRules, RunningService
from tests.contract.samples import OTHER_CHANNEL, a_message, an_announcement
from tests.fakes.clock import FrozenClock
from tests.fakes.memory import MemoryDatabase
from tests.fakes.queue import FakeQueue
from tests.fakes.telemetry import Figures

NOW = datetime(2026, 1, 21, 9, 0, tzinfo=UTC)


class House:
    """A running service and everything around it, all of it fake."""

    def __init__(self, *, has_meanings: bool = False) -> None:
        self.clock = FrozenClock(NOW)
        self.prepared = 0
        self.queue = FakeQueue()
        self.database = MemoryDatabase()
        self.figures = Figures()
        self.looks = 0
        self.look_brings: tuple[str, ...] = ()  # arXiv IDs
        self.look_fault: Exception | None = None
        self.planned: list[tuple[datetime, timedelta]] = []
        self.plan_fault: Exception | None = None
        self.woken = 0
        self.platforms: tuple[str, ...] = ("file", "slack")
        self.drained: list[str] = []
        self.drain_faults: dict[str, Exception] = {}
        self.pruned: list[tuple[datetime, datetime]] = []
        self.vectors_pruned: list[datetime | None] = []
        self.service = RunningService(
            queue=self.queue,
            open_unit=self.database.unit_of_work,
            poll=self.poll,
            planner=self,
            delivery=self,
            housekeeping=self,
            clock=self.clock,
            rules=RunningRules(
                patience=timedelta(hours=2),
                keep_papers=timedelta(days=400),
                keep_messages=timedelta(days=30),
            ),
            telemetry=self.figures,
            prepare=self.prepare if has_meanings else None,
        )
        self.service.register()

    async def prepare(self) -> None:
        self.prepared += 1

    async def poll(self) -> datetime:
        self.looks += 1
        async with self.database.unit_of_work() as unit:
            announcements = [an_announcement(each) for each in self.look_brings]
            await unit.papers.add_announcements(announcements, seen_at=self.clock.now())
            await unit.commit()
        if self.look_fault is not None:
            raise self.look_fault
        return self.clock.now() + timedelta(minutes=15)

    async def plan_due(self, now: datetime, *, patience: timedelta) -> int:
        self.planned.append((now, patience))
        if self.plan_fault is not None:
            raise self.plan_fault
        return 0

    def wake(self) -> None:
        self.woken += 1

    async def drain(self, platform: str, stop: asyncio.Event) -> None:
        self.drained.append(platform)
        if (fault := self.drain_faults.pop(platform, None)) is not None:
            raise fault
        await stop.wait()

    async def prune(
        self,
        *,
        papers_before: datetime,
        messages_before: datetime,
        vectors_before: datetime | None = None,
    ) -> Mapping[str, int]:
        self.vectors_pruned.append(vectors_before)
        self.pruned.append((papers_before, messages_before))
        return {"outbox": 3, "papers": 0}


def test_ticks_come_every_minute_and_housekeeping_every_day() -> None:
    house = House()

    assert house.queue.recurring == {("tick", ""): 60.0, ("housekeeping", ""): 86_400.0}


async def test_a_tick_looks_at_arxiv_and_plans_what_is_due_and_has_it_delivered() -> None:
    house = House()

    await house.queue.run("tick")
    done = await house.queue.run_all()

    assert done == ["ingest", "plan"]
    assert house.looks == 1
    assert house.planned == [(NOW, timedelta(hours=2))]
    assert house.woken == 1


async def test_a_look_that_brings_papers_has_digests_planned_at_once() -> None:
    house = House()
    house.look_brings = ("2601.00001",)

    await house.queue.run("ingest")

    assert await house.queue.run_all() == ["plan"]


async def test_where_there_is_an_embedding_model_vectors_are_made_before_digests_are_due() -> None:
    house = House(has_meanings=True)
    house.look_brings = ("2601.00001",)

    await house.queue.run("ingest")

    assert await house.queue.run_all() == ["meanings", "plan"]
    assert house.prepared == 1


async def test_a_look_that_brings_nothing_new_plans_nothing() -> None:
    house = House()
    house.look_brings = ("2601.00001",)
    await house.queue.run("ingest")
    await house.queue.run_all()

    await house.queue.run("ingest")

    assert await house.queue.run_all() == []


async def test_papers_that_came_before_a_look_failed_are_planned_all_the_same() -> None:
    house = House()
    house.look_brings = ("2601.00001",)
    house.look_fault = ZeroDivisionError("ours")

    with pytest.raises(ZeroDivisionError):
        await house.queue.run("ingest")

    assert await house.queue.run_all() == ["plan"]


async def test_what_was_planned_before_a_fault_is_delivered_all_the_same() -> None:
    house = House()
    house.plan_fault = TransientError("The database is locked: it is tried again.")

    with pytest.raises(TransientError):
        await house.queue.run("plan")

    assert house.woken == 1


async def test_housekeeping_keeps_what_the_settings_say() -> None:
    house = House()

    await house.queue.run("housekeeping")

    assert house.pruned == [(NOW - timedelta(days=400), NOW - timedelta(days=30))]
    assert house.vectors_pruned == [NOW - timedelta(days=45)]
    assert house.figures.counted["rows_pruned", "outbox"] == 3


async def test_a_tick_tells_how_feed_and_outbox_stand() -> None:
    house = House()
    async with house.database.unit_of_work() as unit:
        await unit.outbox.add([a_message("one"), a_message("two")], now=NOW)
        await unit.papers.add_announcements(
            [an_announcement(announced_on=date(2026, 1, 19))], seen_at=NOW
        )
        await unit.feeds.record(FeedCheck(NOW - timedelta(hours=30), ("cs.CL",), "new", unseen=1))
        await unit.destinations.disable(
            OTHER_CHANNEL, code="forbidden", reason="It refuses us.", now=NOW
        )
        await unit.commit()

    await house.queue.run("tick")

    gauges = house.figures.gauges
    assert gauges["outbox_messages", "pending"] == 2
    assert gauges["outbox_messages", "sent"] == 0
    assert gauges["feed_age_seconds",] == 30 * 3600
    assert gauges["feed_late",] == 1
    assert gauges["destinations_refusing",] == 1


async def test_health_notices_that_ticks_stopped_and_that_they_came_back() -> None:
    house = House()
    await house.queue.run("tick")
    house.clock.advance(seconds=170)
    await house.service.check_ticks()

    house.clock.advance(seconds=30)
    with pytest.raises(TransientError, match="last tick was 3 minutes ago"):
        await house.service.check_ticks()

    await house.queue.run("tick")
    await house.service.check_ticks()


async def test_every_platform_is_delivered_to_until_the_stop() -> None:
    house, stop = House(), asyncio.Event()

    running = asyncio.create_task(house.service.deliver(stop))
    for _ in range(10):
        await asyncio.sleep(0)
    is_running = not running.done()
    stop.set()
    await running

    assert is_running
    assert sorted(house.drained) == ["file", "slack"]


async def test_a_platform_whose_delivery_broke_starts_again_and_hurts_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    house, stop = House(), asyncio.Event()
    house.drain_faults["slack"] = ZeroDivisionError("ours")

    with caplog.at_level(logging.ERROR):
        running = asyncio.create_task(house.service.deliver(stop))
        for _ in range(10):
            await asyncio.sleep(0)
        stop.set()
        await running

    assert sorted(house.drained) == ["file", "slack", "slack"]
    [record] = caplog.records
    assert record.getMessage() == "delivery.interrupted"
    assert len(record.__dict__["reference"]) == 8
