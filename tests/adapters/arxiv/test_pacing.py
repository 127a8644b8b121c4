"""The pace kept towards arXiv, in one process and between several."""

import asyncio
from datetime import datetime, timedelta

import pytest

from adapters.arxiv.pacing import ARXIV_SLOT, InstallationPace, LocalSlots
from bot.errors import TransientError
from tests.fakes.clock import FrozenClock


class SharedClock(FrozenClock):
    """A frozen clock that lets the other tasks run whenever one sleeps."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        await asyncio.sleep(0)


class Visits:
    """Requests as arXiv would see them: when each began, and how many were open at once."""

    def __init__(self, clock: FrozenClock) -> None:
        self._clock = clock
        self.begun: list[datetime] = []
        self.ended: list[datetime] = []
        self.order: list[int] = []
        self.open = 0
        self.most_open = 0

    async def make(self, pace: InstallationPace, number: int, *, host: str = "arxiv.org") -> None:
        async with pace.turn(host):
            self.order.append(number)
            self.begun.append(self._clock.now())
            self.open += 1
            self.most_open = max(self.most_open, self.open)
            await self._clock.sleep(0.5)
            self.open -= 1
            self.ended.append(self._clock.now())


async def test_two_processes_sharing_a_store_never_overlap_and_keep_three_seconds() -> None:
    clock, store = SharedClock(), LocalSlots()
    paces = [InstallationPace(store, clock) for _ in range(2)]
    hosts = ("rss.arxiv.org", "export.arxiv.org")
    visits = Visits(clock)

    await asyncio.gather(*(visits.make(paces[n % 2], n, host=hosts[n % 2]) for n in range(20)))

    pauses = [
        later - earlier for earlier, later in zip(visits.ended, visits.begun[1:], strict=False)
    ]
    assert sorted(visits.order) == list(range(20))
    assert visits.most_open == 1
    assert min(pauses) >= timedelta(seconds=3)


async def test_those_who_wait_in_one_process_are_served_in_order_of_arrival() -> None:
    clock = SharedClock()
    pace, visits = InstallationPace(LocalSlots(), clock), Visits(clock)

    await asyncio.gather(*(visits.make(pace, n) for n in range(8)))

    assert visits.order == list(range(8))


async def test_no_wait_when_the_last_request_is_three_seconds_ago() -> None:
    clock = FrozenClock()
    pace, visits = InstallationPace(LocalSlots(), clock), Visits(clock)
    await visits.make(pace, 1)
    clock.advance(seconds=3)
    clock.slept.clear()

    async with pace.turn("arxiv.org"):
        pass

    assert clock.slept == []


async def test_the_spacing_is_a_setting() -> None:
    clock = FrozenClock()
    pace = InstallationPace(LocalSlots(), clock, spacing_seconds=0)

    for _ in range(5):
        async with pace.turn("127.0.0.1"):
            pass

    assert clock.slept == []


async def test_one_who_gives_up_waiting_leaves_the_turn_to_the_next() -> None:
    clock = SharedClock()
    pace, visits = InstallationPace(LocalSlots(), clock), Visits(clock)
    async with pace.turn("arxiv.org"):
        impatient = asyncio.create_task(visits.make(pace, 1))
        patient = asyncio.create_task(visits.make(pace, 2))
        await asyncio.sleep(0)
        impatient.cancel()

    await patient

    assert impatient.cancelled()
    assert visits.order == [2]


async def test_a_request_cancelled_in_the_middle_frees_its_turn() -> None:
    clock = SharedClock()
    store = LocalSlots()
    inside = asyncio.Event()

    async def hang() -> None:
        async with InstallationPace(store, clock).turn("arxiv.org"):
            inside.set()
            await asyncio.Event().wait()

    hanging = asyncio.create_task(hang())
    await inside.wait()
    hanging.cancel()
    await asyncio.wait({hanging})

    async with InstallationPace(store, clock).turn("arxiv.org"):
        assert sum(clock.slept) == 3


async def test_a_turn_taken_while_its_asker_is_cancelled_is_given_back() -> None:
    """The store may hand out the slot although nobody waits for the answer any more."""

    class SlowSlots(LocalSlots):
        def __init__(self) -> None:
            super().__init__()
            self.asked, self.answer = asyncio.Event(), asyncio.Event()

        async def take(
            self,
            name: str,
            *,
            holder: str,
            now: datetime,
            spacing_seconds: float,
            lease_seconds: float,
        ) -> float:
            self.asked.set()
            await self.answer.wait()
            return await super().take(
                name,
                holder=holder,
                now=now,
                spacing_seconds=spacing_seconds,
                lease_seconds=lease_seconds,
            )

    clock, store = FrozenClock(), SlowSlots()
    visits = Visits(clock)
    asking = asyncio.create_task(visits.make(InstallationPace(store, clock), 1))
    await store.asked.wait()
    asking.cancel()
    await asyncio.sleep(0)
    store.answer.set()
    await asyncio.wait({asking})

    clock.advance(seconds=3)
    wait = await _take(store, "next", now=clock.now())

    assert visits.begun == []
    assert wait == 0


async def test_the_lease_of_a_process_that_died_ends() -> None:
    clock, store = FrozenClock(), LocalSlots()
    await _take(store, "died", now=clock.now(), lease_seconds=180)

    async with InstallationPace(store, clock).turn("arxiv.org"):
        waited = sum(clock.slept)

    assert waited == 180


async def test_a_turn_that_outlived_its_lease_does_not_free_the_next_ones() -> None:
    clock, store = FrozenClock(), LocalSlots()
    await _take(store, "slow", now=clock.now(), lease_seconds=10)
    clock.advance(seconds=11)
    await _take(store, "next", now=clock.now())

    await store.release(ARXIV_SLOT, holder="slow", now=clock.now())

    assert await _take(store, "third", now=clock.now()) > 0


async def test_a_store_that_fails_to_release_does_not_spoil_the_answer() -> None:
    class Forgetful(LocalSlots):
        async def release(self, name: str, **_: object) -> None:
            raise TransientError(f"The database is locked: {name} stays taken.")

    answers = []

    async with InstallationPace(Forgetful(), FrozenClock()).turn("arxiv.org"):
        answers.append("200")

    assert answers == ["200"]


async def test_a_store_that_cannot_be_asked_stops_the_request() -> None:
    class Broken(LocalSlots):
        async def take(self, name: str, **_: object) -> float:
            raise TransientError(f"The database is locked: {name} is not to be had.")

    visits = Visits(FrozenClock())

    with pytest.raises(TransientError, match="locked"):
        await visits.make(InstallationPace(Broken(), FrozenClock()), 1)

    assert visits.begun == []


async def _take(
    store: LocalSlots, holder: str, *, now: datetime, lease_seconds: float = 60
) -> float:
    return await store.take(
        ARXIV_SLOT, holder=holder, now=now, spacing_seconds=3, lease_seconds=lease_seconds
    )
