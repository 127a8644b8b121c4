"""Delivery in simulated time: nothing lost, nothing twice, nobody kept waiting by another."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.outbox import REFUSALS, OutboxMessage, OutboxState
from bot.domain.subscriptions import Destination
from bot.errors import PermanentError, TransientError
from bot.ports import UnitOfWork
from bot.services.delivery import DeliveryService
from bot.services.sending import DeliveryRules
from tests.fakes.memory import MemoryDatabase, MemoryUnitOfWork
from tests.fakes.messenger import LOST, SILENCE, FakeMessenger
from tests.fakes.simulated_time import SimulatedClock, in_simulated_time, until
from tests.fakes.telemetry import Figures

DAYS = 24 * 3600
PATIENT = DeliveryRules(poll_seconds=1800)  # for tests that last days
RULES = DeliveryRules(per_platform_per_second=20.0, per_channel_seconds=1.0)
DOWN = TransientError("The platform has a bad moment.")


class World:
    """An outbox, a platform or two, and the service between them."""

    def __init__(self, rules: DeliveryRules = RULES) -> None:
        self.database = MemoryDatabase()
        self.chat = FakeMessenger()
        self.other = FakeMessenger()
        self.figures = Figures()
        self.faults: list[Exception] = []  # what the database says to the next units of work
        self.database_takes: Callable[[int], float] = lambda _: 0.0  # seconds for rows written
        self.service = self.process(rules)

    def process(self, rules: DeliveryRules = RULES) -> DeliveryService:
        return DeliveryService(
            open_unit=self.open_unit,
            messengers={"chat": self.chat, "other": self.other},
            clock=SimulatedClock(),
            rules=rules,
            telemetry=self.figures,
        )

    def open_unit(self) -> UnitOfWork:
        return FaultyUnit(self)

    async def put(self, *messages: OutboxMessage, age: timedelta = timedelta(0)) -> None:
        async with self.database.unit_of_work() as unit:
            await unit.outbox.add(messages, now=SimulatedClock().now() - age)
            await unit.commit()

    def states(self) -> dict[str, OutboxState]:
        return {key: each.message.state for key, each in self.database.memory.outbox.items()}

    def stored(self, key: str) -> OutboxMessage:
        return self.database.memory.outbox[key].message

    def error(self, key: str) -> str:
        return self.database.memory.outbox[key].error

    def is_done(self) -> bool:
        return all(
            state in (OutboxState.SENT, OutboxState.GIVEN_UP) for state in self.states().values()
        )

    def disabled_code(self, channel: str) -> str | None:
        state = self.database.memory.destinations.get(place(channel))
        return state.disabled_code if state else None


class FaultyUnit(MemoryUnitOfWork):
    """A unit of work whose database may be slow, and refuses to commit while there are faults."""

    def __init__(self, world: World) -> None:
        super().__init__(world.database)
        self._world = world

    async def commit(self) -> None:
        if self._world.faults:
            raise self._world.faults.pop(0)
        before = self._world.database.memory.outbox
        after = self._transaction.read().outbox
        rows = sum(posting is not before.get(key) for key, posting in after.items())
        await asyncio.sleep(self._world.database_takes(rows))
        await super().commit()


def place(channel: str, platform: str = "chat") -> Destination:
    return Destination(platform, "W1", channel)


def a_message(
    key: str, channel: str = "C1", *, platform: str = "chat", parent: str | None = None
) -> OutboxMessage:
    return OutboxMessage(key, place(channel, platform), "{}", parent_key=parent)


def to_many(channels: int, each: int = 1, *, platform: str = "chat") -> list[OutboxMessage]:
    return [
        a_message(f"{platform}-{channel}-{n}", f"C{channel}", platform=platform)
        for n in range(each)
        for channel in range(channels)
    ]


@asynccontextmanager
async def running(service: DeliveryService, *platforms: str) -> AsyncIterator[asyncio.Event]:
    """`service` draining its platforms; stopped gracefully at the end."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for platform in platforms or ("chat",):
            group.create_task(service.drain(platform, stop))
        yield stop
        stop.set()


def most_in_a_second(moments: Sequence[tuple[float, str]]) -> int:
    times = [time for time, _ in moments]
    return max(sum(begin <= time <= begin + 1 for time in times) for begin in times)


# --- the ordinary day ----------------------------------------------------------------------


@in_simulated_time
async def test_messages_of_a_channel_arrive_in_order_and_once() -> None:
    world = World()
    await world.put(*(a_message(f"k{n}") for n in range(5)))

    async with running(world.service):
        await until(world.is_done)

    assert world.chat.posted == [f"k{n}" for n in range(5)]
    assert set(world.states().values()) == {OutboxState.SENT}
    assert world.figures.counted["messages_sent", "chat"] == 5


@in_simulated_time
async def test_a_channel_is_not_called_more_often_than_it_may_be() -> None:
    world = World()
    await world.put(*to_many(3, each=4))

    async with running(world.service):
        await until(world.is_done)

    for channel in ("C0", "C1", "C2"):
        times = [time for time, called in world.chat.called_at if called == channel]
        assert all(after - before > 0.999 for before, after in itertools.pairwise(times))


@in_simulated_time
async def test_messages_written_later_keep_a_channels_pace_too() -> None:
    world = World()
    await world.put(a_message("first"))

    async with running(world.service):
        await until(lambda: world.states()["first"] is OutboxState.SENT)
        await world.put(a_message("second"))
        world.service.wake()
        await until(world.is_done)

    (first, _), (second, _) = world.chat.called_at
    assert second - first > 0.999


@in_simulated_time
async def test_a_platform_is_called_close_to_its_ceiling_and_never_above() -> None:
    world = World()
    world.chat.latency_seconds = 0.2
    await world.put(*to_many(400))

    async with running(world.service):
        await until(world.is_done)

    assert most_in_a_second(world.chat.called_at) <= 20
    assert world.chat.called_at[-1][0] < 400 / 20 / 0.95


@in_simulated_time
async def test_no_more_calls_are_under_way_than_set() -> None:
    world = World(replace(RULES, concurrent_sends=3))
    world.chat.latency_seconds = 2.0
    await world.put(*to_many(12))

    async with running(world.service):
        await until(world.is_done)

    assert world.chat.most_under_way == 3


@in_simulated_time
async def test_a_message_written_while_nothing_waits_goes_out_when_woken() -> None:
    world = World(replace(RULES, poll_seconds=3_600))

    async with running(world.service):
        await asyncio.sleep(60)
        await world.put(a_message("k"))
        world.service.wake()
        await asyncio.sleep(1)

        assert world.chat.posted == ["k"]


@in_simulated_time
async def test_another_processes_message_is_found_within_seconds() -> None:
    world = World()

    async with running(world.service):
        await asyncio.sleep(60)
        await world.put(a_message("k"))
        await asyncio.sleep(RULES.poll_seconds + 1)

        assert world.chat.posted == ["k"]


@in_simulated_time
async def test_two_processes_share_the_work_and_post_nothing_twice() -> None:
    world = World()
    await world.put(*to_many(60, each=2))

    async with running(world.service), running(world.process()):
        await until(world.is_done)

    assert sorted(world.chat.posted) == sorted(world.states())


@in_simulated_time
async def test_all_that_is_due_can_be_sent_at_once_without_pace() -> None:
    world = World()
    await world.put(*to_many(1, each=3), a_message("o", platform="other"))

    sent = await world.service.deliver_due(platforms=("chat",))

    assert sent == 3
    assert world.chat.posted == ["chat-0-0", "chat-0-1", "chat-0-2"]
    assert world.other.posted == []


# --- after a crash -------------------------------------------------------------------------


async def crashed_while_sending(world: World) -> None:
    """A process claims and dies, and its lease ends."""
    async with world.database.unit_of_work() as unit:
        await unit.outbox.claim(
            holder="died", now=SimulatedClock().now(), lease_seconds=1, limit=10
        )
        await unit.commit()
    await asyncio.sleep(1)


@in_simulated_time
async def test_a_message_posted_before_a_crash_is_recorded_and_not_posted_again() -> None:
    world = World()
    await world.put(a_message("k"))
    await crashed_while_sending(world)
    world.chat.posted.append("k")

    async with running(world.service):
        await until(world.is_done)

    assert world.chat.posted == ["k"]
    assert world.states() == {"k": OutboxState.SENT}


@in_simulated_time
async def test_a_message_claimed_but_not_posted_before_a_crash_is_posted() -> None:
    world = World()
    await world.put(a_message("k"))
    await crashed_while_sending(world)

    async with running(world.service):
        await until(world.is_done)

    assert world.chat.looked_up == ["k"]
    assert world.chat.posted == ["k"]


@in_simulated_time
async def test_a_look_up_that_fails_leaves_the_doubt() -> None:
    world = World()
    await world.put(a_message("k"))
    await crashed_while_sending(world)
    world.chat.posted.append("k")
    failing = FailingLookUp(world.chat)
    service = DeliveryService(
        open_unit=world.open_unit,
        messengers={"chat": failing},
        clock=SimulatedClock(),
        rules=RULES,
    )

    async with running(service):
        await until(world.is_done)

    assert failing.failures == 0
    assert world.chat.posted == ["k"]


class FailingLookUp(FakeMessenger):
    """Throttles the first two look-ups; 429 says that nothing was done, but by the look-up."""

    def __init__(self, chat: FakeMessenger) -> None:
        super().__init__(posted=chat.posted)
        self.failures = 2

    async def find_sent(self, message: OutboxMessage):  # type: ignore[no-untyped-def]  # noqa: ANN201 - the port's
        if self.failures:
            self.failures -= 1
            raise TransientError("Too many look-ups.", retry_after=3, may_have_acted=False)
        return await super().find_sent(message)


# --- trouble of one channel, trouble of a platform -----------------------------------------


@in_simulated_time
async def test_a_failing_message_is_tried_again_and_keeps_its_place() -> None:
    world = World()
    world.chat.acts["C1"].extend([DOWN, DOWN])
    await world.put(a_message("k1"), a_message("k2"))

    async with running(world.service):
        await until(world.is_done)

    assert world.chat.posted == ["k1", "k2"]
    assert world.figures.counted["messages_retried", "chat"] == 2


@in_simulated_time
async def test_after_an_answer_that_tells_nothing_the_platform_is_asked_first() -> None:
    world = World()
    world.chat.acts["C1"].append(DOWN)
    await world.put(a_message("k"))

    async with running(world.service):
        await until(world.is_done)

    assert world.chat.looked_up == ["k"]


@in_simulated_time
async def test_after_a_429_the_message_surely_is_not_there_and_no_look_up_is_spent() -> None:
    world = World()
    world.chat.acts["C1"].append(TransientError("Slow down.", retry_after=30, may_have_acted=False))
    await world.put(a_message("k"))

    async with running(world.service):
        await until(world.is_done)

    assert world.chat.looked_up == []
    (first, _), (second, _) = world.chat.called_at
    assert second - first > 29.999


@in_simulated_time
async def test_a_channel_throttled_for_a_moment_waits_hardly_longer() -> None:
    world = World()
    world.chat.acts["C1"].append(
        TransientError("Slow down.", retry_after=0.2, may_have_acted=False)
    )
    await world.put(a_message("k"))

    async with running(world.service):
        await until(world.is_done)

    assert world.chat.called_at[-1][0] < 1


@in_simulated_time
async def test_a_broken_channel_does_not_delay_the_others() -> None:
    world = World()
    world.chat.always["C0"] = DOWN
    await world.put(*to_many(40, each=2))

    async with running(world.service):
        await asyncio.sleep(10)

    assert len(world.chat.posted) == 78


@in_simulated_time
async def test_a_throttled_channel_does_not_delay_the_others() -> None:
    world = World()
    world.chat.acts["C0"].append(TransientError("Slow down.", retry_after=600))
    await world.put(*to_many(40))

    async with running(world.service):
        await asyncio.sleep(10)

    assert len(world.chat.posted) == 39


@in_simulated_time
async def test_a_throttled_platform_is_left_alone_as_long_as_it_wants() -> None:
    world = World()
    world.chat.latency_seconds = 0.01
    world.chat.acts["C0"].append(
        TransientError("Everybody slow down.", retry_after=30, platform_wide=True)
    )
    await world.put(*to_many(40))

    async with running(world.service):
        await until(world.is_done)

    early = [time for time, _ in world.chat.called_at if time < 29.999]
    assert len(early) == 1
    assert world.figures.counted["platform_pauses", "chat"] == 1


@in_simulated_time
async def test_a_silent_platform_does_not_delay_another() -> None:
    world = World()
    world.chat.always = {f"C{n}": SILENCE for n in range(40)}
    await world.put(*to_many(40), *to_many(40, platform="other"))

    async with running(world.service, "chat", "other"):
        await asyncio.sleep(5)

        assert len(world.other.posted) == 40
        assert world.chat.posted == []


@in_simulated_time
async def test_a_call_that_is_never_answered_is_given_up_and_the_platform_asked() -> None:
    world = World()
    world.chat.acts["C1"].append(LOST)
    await world.put(a_message("k"))

    async with running(world.service):
        await until(world.is_done)

    assert world.chat.posted == ["k"]
    assert world.chat.looked_up == ["k"]


@in_simulated_time
async def test_a_platform_that_answers_nobody_is_asked_less_and_less() -> None:
    world = World()
    world.chat.always = {f"C{n}": DOWN for n in range(500)}
    await world.put(*to_many(500))

    async with running(world.service):
        await asyncio.sleep(600)
        while_down = len(world.chat.called_at)
        world.chat.always.clear()
        await until(world.is_done)

    assert while_down < 50  # not 600 seconds at 20 a second
    assert len(world.chat.posted) == 500


@in_simulated_time
async def test_a_fault_of_ours_in_one_platforms_code_ends_nothing() -> None:
    world = World()
    world.chat.acts["C1"].append(KeyError("ts"))
    await world.put(a_message("k"), a_message("l", "C2"))

    async with running(world.service):
        await until(world.is_done)

    assert sorted(world.chat.posted) == ["k", "l"]


# --- giving up -----------------------------------------------------------------------------


@in_simulated_time
async def test_a_message_that_fails_for_a_day_is_given_up_with_its_reason() -> None:
    world = World(PATIENT)
    world.chat.always["C1"] = DOWN
    await world.put(a_message("k"), a_message("reply", parent="k"), a_message("next", "C2"))

    async with running(world.service):
        await until(world.is_done, seconds=200_000, every_seconds=60)

    assert world.states() == {
        "k": OutboxState.GIVEN_UP,
        "reply": OutboxState.GIVEN_UP,
        "next": OutboxState.SENT,
    }
    assert "The platform has a bad moment." in world.error("k")
    last = world.chat.called_at[-1][0]
    assert DAYS <= last < 1.1 * DAYS


@in_simulated_time
async def test_what_is_wrong_with_one_message_is_no_reason_to_stop_the_channel() -> None:
    world = World()
    world.chat.acts["C1"].append(PermanentError("Too many blocks.", code="msg_blocks_too_long"))
    await world.put(a_message("bad"), a_message("good"))

    async with running(world.service):
        await until(world.is_done)

    assert world.states() == {"bad": OutboxState.GIVEN_UP, "good": OutboxState.SENT}
    assert world.error("bad") == "Too many blocks."
    assert world.disabled_code("C1") is None


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_a_channel_that_refuses_us_is_disabled_and_its_messages_wait(code: str) -> None:
    @in_simulated_time
    async def scenario() -> None:
        world = World(PATIENT)
        world.chat.always["C1"] = PermanentError("I may not post here.", code=code)
        await world.put(a_message("k1"), a_message("k2"), a_message("l", "C2"))

        async with running(world.service):
            await asyncio.sleep(2 * DAYS)

        assert world.disabled_code("C1") == code
        assert [channel for _, channel in world.chat.called_at] == ["C1", "C2"]
        assert world.states() == {
            "k1": OutboxState.PENDING,
            "k2": OutboxState.PENDING,
            "l": OutboxState.SENT,
        }

    scenario()


@in_simulated_time
async def test_a_channel_that_lets_us_in_again_gets_what_waited() -> None:
    world = World(PATIENT)
    world.chat.always["C1"] = PermanentError("I am not here.", code="not_in_channel")
    await world.put(a_message("k1"), a_message("k2"))

    async with running(world.service):
        await asyncio.sleep(3 * DAYS)
        world.chat.always.clear()
        await world.service.enable(place("C1"))
        await until(world.is_done, seconds=10)

    assert world.chat.posted == ["k1", "k2"]


@in_simulated_time
async def test_a_channel_that_comes_back_late_gets_the_last_days_only() -> None:
    world = World()
    await world.put(a_message("old"), a_message("reply", parent="old"), age=timedelta(days=7))
    await world.put(a_message("recent"), age=timedelta(days=6))

    async with running(world.service):
        await until(world.is_done)

    assert world.chat.posted == ["recent"]
    assert world.states()["reply"] is OutboxState.GIVEN_UP


@in_simulated_time
async def test_a_thread_begun_is_finished_however_late() -> None:
    world = World()
    await world.put(a_message("old"), a_message("reply", parent="old"), age=timedelta(days=6.9999))
    world.chat.acts["C1"].extend([1.0, DOWN, DOWN])

    async with running(world.service):
        await until(world.is_done)

    assert world.chat.posted == ["old", "reply"]


# --- stopping ------------------------------------------------------------------------------


@in_simulated_time
async def test_a_graceful_stop_finishes_the_calls_in_hand_and_gives_the_rest_back() -> None:
    world = World()
    world.chat.latency_seconds = 3.0
    await world.put(*to_many(100))

    async with running(world.service):
        await asyncio.sleep(2)

    assert len(world.chat.posted) == RULES.concurrent_sends
    states = list(world.states().values())
    assert states.count(OutboxState.SENT) == RULES.concurrent_sends
    assert states.count(OutboxState.PENDING) == 100 - RULES.concurrent_sends
    assert all(not world.stored(key).may_be_sent for key in world.states())


@in_simulated_time
async def test_a_stop_does_not_wait_for_a_silent_platform() -> None:
    world = World()
    world.chat.acts["C1"].append(LOST)
    await world.put(a_message("k"))

    async with running(world.service):
        await asyncio.sleep(1)
        stopped_at = asyncio.get_running_loop().time()
    took = asyncio.get_running_loop().time() - stopped_at

    assert took < 10
    assert world.states() == {"k": OutboxState.PENDING}
    assert world.stored("k").may_be_sent
    async with running(world.process()):
        await until(world.is_done)
    assert world.chat.posted == ["k"]


# --- the database --------------------------------------------------------------------------


def locked(times: int) -> list[Exception]:
    return [TransientError("Another program holds the database: it is tried again.")] * times


@in_simulated_time
async def test_outcomes_that_cannot_be_recorded_are_kept_and_nothing_more_is_sent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    world.chat.latency_seconds = 0.5
    await world.put(*to_many(60))

    async with running(world.service):
        await asyncio.sleep(1)
        world.faults += locked(8)
        await asyncio.sleep(5)
        while_locked = len(world.chat.posted)
        await until(world.is_done)

    assert while_locked <= 2 * 20
    assert sorted(world.chat.posted) == sorted(world.states())
    assert "Another program holds the database: it is tried again." in {
        getattr(each, "reason", "") for each in caplog.records
    }


@in_simulated_time
async def test_a_lease_that_ends_while_the_database_is_away_posts_nothing_twice() -> None:
    world = World(replace(RULES, lease_seconds=40, call_seconds=10))
    world.chat.can_look_up = False
    world.chat.latency_seconds = 0.5
    await world.put(a_message("k"), a_message("l"))

    async with running(world.service):
        await asyncio.sleep(0.2)
        world.faults += locked(20)  # some minutes
        await until(world.is_done)

    assert world.chat.posted == ["k", "l"]


@in_simulated_time
async def test_no_call_is_made_under_a_lease_that_could_end_before_it() -> None:
    world = World(replace(RULES, lease_seconds=60, call_seconds=30))
    world.chat.latency_seconds = 0.01
    world.chat.acts["C0"].append(
        TransientError("Everybody slow down.", retry_after=45, platform_wide=True)
    )
    await world.put(*to_many(15))
    async with running(world.service):
        await asyncio.sleep(44)
        waiting = list(world.states().values())
        await until(world.is_done)

    assert OutboxState.SENDING not in waiting
    assert world.chat.looked_up == ["chat-0-0"]


@in_simulated_time
async def test_a_machine_too_busy_to_use_its_claims_in_time_claims_fewer() -> None:
    world = World(replace(RULES, lease_seconds=2, call_seconds=1))
    world.database_takes = lambda rows: 0.1 * rows  # twenty claims outlast their leases
    await world.put(*to_many(60))

    async with running(world.service):
        await until(world.is_done)

    assert sorted(world.chat.posted) == sorted(world.states())


def test_a_lease_that_would_not_outlast_a_call_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        replace(RULES, lease_seconds=40, call_seconds=30)


# --- workspaces ----------------------------------------------------------------------------

BY_WORKSPACE = DeliveryRules(
    per_platform_per_second=50.0, per_workspace_per_second=5.0, concurrent_sends=20
)


def in_workspace(workspace: str, channels: int, each: int = 1) -> list[OutboxMessage]:
    return [
        OutboxMessage(
            f"{workspace}-{n}-{c}", Destination("chat", workspace, f"{workspace}C{c}"), "{}"
        )
        for n in range(each)
        for c in range(channels)
    ]


@in_simulated_time
async def test_a_workspace_is_called_close_to_its_own_ceiling_and_never_above() -> None:
    world = World(BY_WORKSPACE)
    await world.put(*in_workspace("W1", 100))

    async with running(world.service):
        await until(world.is_done)

    assert most_in_a_second(world.chat.called_at) <= 5
    times = [time for time, _ in world.chat.called_at]
    assert 99 / (times[-1] - times[0]) >= 0.95 * 5


@in_simulated_time
async def test_workspaces_are_called_side_by_side_whoever_has_more() -> None:
    world = World(BY_WORKSPACE)
    await world.put(*in_workspace("W1", 200), *in_workspace("W2", 20), *in_workspace("W3", 20))

    async with running(world.service):
        await until(world.is_done)

    last = {
        workspace: max(t for t, channel in world.chat.called_at if channel.startswith(workspace))
        for workspace in ("W1", "W2", "W3")
    }
    began = world.chat.called_at[0][0]
    assert last["W2"] - began < 6
    assert last["W3"] - began < 6
    assert last["W1"] - began > 35


@in_simulated_time
async def test_a_workspace_that_wants_a_pause_gets_it_whole_and_keeps_no_other_waiting() -> None:
    world = World(BY_WORKSPACE)
    await world.put(*in_workspace("W1", 60), *in_workspace("W2", 20))
    world.chat.acts["W1C0"].append(
        TransientError("Slower.", retry_after=120, workspace_wide=True, may_have_acted=False)
    )

    async with running(world.service):
        await until(world.is_done)

    began = world.chat.called_at[0][0]
    others = [t for t, channel in world.chat.called_at if channel.startswith("W2")]
    ours = [t - began for t, channel in world.chat.called_at if channel.startswith("W1")]
    assert max(others) - began < 10
    assert [t for t in ours if 1 < t < 120] == []
    assert world.is_done()
    assert len(world.chat.posted) == 80


@in_simulated_time
async def test_a_platform_has_rules_of_its_own_where_it_needs_them() -> None:
    world = World()
    service = DeliveryService(
        open_unit=world.open_unit,
        messengers={"chat": world.chat, "other": world.other},
        clock=SimulatedClock(),
        rules=RULES,
        platform_rules={"other": DeliveryRules(per_platform_per_second=2.0)},
    )
    await world.put(*to_many(40), *to_many(10, platform="other"))

    async with running(service, "chat", "other"):
        await until(world.is_done)

    assert most_in_a_second(world.other.called_at) <= 2
    assert most_in_a_second(world.chat.called_at) > 2
