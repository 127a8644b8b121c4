"""Channels that refuse us: disabled, told of once, and back when the cause is gone."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from bot.domain.interests import Interests
from bot.domain.outbox import REFUSALS, WORKSPACE_REFUSALS, OutboxMessage, OutboxState
from bot.domain.subscriptions import Destination, Subscription
from bot.errors import PermanentError, TransientError
from bot.ports import UnitOfWork
from bot.services.delivery import DeliveryService
from bot.services.refusals import RefusalService
from tests.fakes.memory import MemoryDatabase
from tests.fakes.messenger import FakeMessenger
from tests.fakes.simulated_time import SimulatedClock, in_simulated_time, until

PAPERS = Destination("chat", "W1", "C1")
RANDOM = Destination("chat", "W1", "C2")
ELSEWHERE = Destination("chat", "W2", "C1")
ARCHIVED = "The channel is archived: unarchive it."


@dataclass(slots=True)
class FakeTeller:
    """A `Teller` that remembers, or fails as a test says."""

    fault: Exception | None = None
    told: list[tuple[str, Destination, str]] = field(default_factory=list)

    async def tell(self, user_id: str, text: str, *, destination: Destination) -> None:
        if self.fault is not None:
            raise self.fault
        self.told.append((user_id, destination, text))

    @property
    def people(self) -> list[str]:
        return [user_id for user_id, *_ in self.told]


class World:
    def __init__(self) -> None:
        self.database = MemoryDatabase()
        self.teller = FakeTeller()
        self.messenger = FakeMessenger()
        self.delivery = DeliveryService(
            open_unit=self.database.unit_of_work,
            messengers={"chat": self.messenger},
            clock=SimulatedClock(),
            tellers={"chat": self.teller},
        )

    @property
    def refusals(self) -> RefusalService:
        return self.delivery.refusals

    async def subscribe(self, destination: Destination, *people: str) -> None:
        async with self.database.unit_of_work() as unit:
            for number, person in enumerate(people):
                await unit.subscriptions.add(
                    Subscription(
                        number=0,
                        destination=destination,
                        interests=Interests(categories=(f"cs.{number}",)),
                        created_at=SimulatedClock().now(),
                        created_by=person,
                    )
                )
            await unit.commit()

    async def put(self, *messages: OutboxMessage) -> None:
        async with self.database.unit_of_work() as unit:
            await unit.outbox.add(messages, now=SimulatedClock().now())
            await unit.commit()

    def code(self, destination: Destination) -> str | None:
        state = self.database.memory.destinations.get(destination)
        return state.disabled_code if state else None

    def is_sent(self, key: str) -> bool:
        return self.database.memory.outbox[key].message.state is OutboxState.SENT


def test_what_refuses_a_whole_workspace_is_a_refusal() -> None:
    assert WORKSPACE_REFUSALS < REFUSALS
    assert "channel_not_found" not in WORKSPACE_REFUSALS


async def test_a_channel_that_refuses_is_disabled_and_each_creator_told_once() -> None:
    world = World()
    await world.subscribe(PAPERS, "ana", "wei", "ana")

    for _ in range(2):
        await world.refusals.refuse(PAPERS, code="is_archived", reason=ARCHIVED)

    assert world.code(PAPERS) == "is_archived"
    assert world.teller.people == ["ana", "wei"]
    _, destination, text = world.teller.told[0]
    assert destination == PAPERS
    assert ARCHIVED in text
    assert "`resume`" in text


async def test_a_channel_nobody_subscribed_in_is_left_alone() -> None:
    world = World()

    await world.refusals.refuse(PAPERS, code="is_archived", reason=ARCHIVED)

    assert world.code(PAPERS) is None


async def test_a_removed_app_disables_the_channels_of_its_workspace_and_tells_of_all_in_one() -> (
    None
):
    world = World()
    await world.subscribe(PAPERS, "ana")
    await world.subscribe(RANDOM, "ana")
    await world.subscribe(ELSEWHERE, "bo")

    await world.refusals.refuse_workspace("chat", "W1", code="app_uninstalled", reason="Gone.")

    assert world.code(PAPERS) == world.code(RANDOM) == "app_uninstalled"
    assert world.code(ELSEWHERE) is None
    assert world.teller.people == ["ana"]
    assert "1 more" in world.teller.told[0][2]


@pytest.mark.parametrize(
    "fault",
    [
        PermanentError("Their messages are closed.", code="cannot_dm"),
        TransientError("Not now."),
        RuntimeError("a fault of ours"),
    ],
)
async def test_somebody_who_cannot_be_told_keeps_no_channel_from_being_disabled(
    fault: Exception,
) -> None:
    world = World()
    world.teller.fault = fault
    await world.subscribe(PAPERS, "ana")

    await world.refusals.refuse(PAPERS, code="is_archived", reason=ARCHIVED)

    assert world.code(PAPERS) == "is_archived"


async def test_a_channel_comes_back_once() -> None:
    world = World()
    await world.subscribe(PAPERS, "ana")
    await world.refusals.refuse(PAPERS, code="is_archived", reason=ARCHIVED)

    assert await world.refusals.accept(PAPERS)
    assert not await world.refusals.accept(PAPERS)
    assert world.code(PAPERS) is None


async def test_a_workspace_that_comes_back_brings_the_channels_that_went_with_it() -> None:
    world = World()
    for place in (PAPERS, RANDOM, ELSEWHERE):
        await world.subscribe(place, "ana")
    await world.refusals.refuse_workspace("chat", "W1", code="token_revoked", reason="Gone.")
    await world.refusals.accept(RANDOM)
    await world.refusals.refuse(RANDOM, code="is_archived", reason=ARCHIVED)
    await world.refusals.refuse_workspace("chat", "W2", code="token_revoked", reason="Gone.")

    back = await world.refusals.accept_workspace("chat", "W1")

    assert back == (PAPERS,)
    assert world.code(RANDOM) == "is_archived"
    assert world.code(ELSEWHERE) == "token_revoked"


async def test_a_channel_archived_before_the_app_was_removed_is_tried_anew_after_both() -> None:
    world = World()
    await world.subscribe(PAPERS, "ana")
    await world.refusals.refuse(PAPERS, code="is_archived", reason=ARCHIVED)
    await world.refusals.refuse_workspace("chat", "W1", code="app_uninstalled", reason="Gone.")

    await world.refusals.accept_workspace("chat", "W1")

    assert world.code(PAPERS) is None
    assert world.teller.people == ["ana"]


@in_simulated_time
async def test_a_channel_that_refuses_a_message_has_its_creator_told_once() -> None:
    world = World()
    await world.subscribe(PAPERS, "ana")
    await world.put(*(OutboxMessage(f"k{n}", PAPERS, "{}") for n in range(3)))
    world.messenger.always["C1"] = PermanentError(ARCHIVED, code="is_archived")

    async with asyncio.TaskGroup() as group:
        stop = asyncio.Event()
        group.create_task(world.delivery.drain("chat", stop))
        await until(lambda: bool(world.teller.told))
        del world.messenger.always["C1"]
        await world.refusals.accept(PAPERS)
        await until(lambda: world.is_sent("k2"))
        stop.set()

    assert world.teller.people == ["ana"]


@in_simulated_time
async def test_a_revoked_token_met_in_mid_delivery_stops_its_whole_workspace_and_no_other() -> None:
    world = World()
    for place in (PAPERS, RANDOM, ELSEWHERE):
        await world.subscribe(place, "ana")
    await world.put(OutboxMessage("k1", PAPERS, "{}"))
    world.messenger.always["C1"] = PermanentError("Revoked.", code="token_revoked")

    async with asyncio.TaskGroup() as group:
        stop = asyncio.Event()
        group.create_task(world.delivery.drain("chat", stop))
        await until(lambda: bool(world.teller.told))
        stop.set()

    assert world.code(PAPERS) == world.code(RANDOM) == "token_revoked"
    assert world.code(ELSEWHERE) is None
    assert world.teller.people == ["ana"]


async def test_without_pace_creators_are_told_too() -> None:
    world = World()
    await world.subscribe(PAPERS, "ana")
    await world.put(OutboxMessage("k1", PAPERS, "{}"))
    world.messenger.always["C1"] = PermanentError(ARCHIVED, code="is_archived")

    assert await world.delivery.deliver_due() == 0

    assert world.teller.people == ["ana"]


async def test_a_database_that_fails_under_a_refusal_keeps_that_to_itself() -> None:
    tries = []

    def broken() -> UnitOfWork:
        tries.append(1)
        raise TransientError("The database is busy.")

    service = RefusalService(
        open_unit=broken, tellers={}, clock=SimulatedClock(), wake=lambda: None
    )

    await service.heed(PAPERS, PermanentError("Revoked.", code="token_revoked"))

    assert tries == [1]
