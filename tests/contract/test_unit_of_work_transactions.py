"""What a unit of work promises whatever it holds; met by the fake and both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.domain.subscriptions import SubscriptionState
from tests.contract.conftest import Store, Stores
from tests.contract.samples import (
    NOW,
    OTHER_CHANNEL,
    PAPERS_CHANNEL,
    a_digest,
    a_message,
    a_paper,
    a_subscription,
    an_announcement,
)


async def test_nothing_is_kept_without_commit(store: Store) -> None:
    async with store.unit_of_work() as uow:
        stored = await uow.subscriptions.add(a_subscription())
        await uow.papers.add_announcements([an_announcement()], seen_at=NOW)
        await uow.digests.add(stored.id, a_digest("2601.00001"), created_at=NOW)
        await uow.outbox.add([a_message("k")], now=NOW)

    async with store.unit_of_work() as uow:
        assert await uow.subscriptions.all() == ()
        assert await uow.papers.get("2601.00001") is None
        assert await uow.papers.last_sequence() == 0
        assert (await uow.outbox.counts())["pending"] == 0


async def test_an_error_undoes_what_came_before_it(store: Store) -> None:
    async def stumble() -> None:
        async with store.unit_of_work() as uow:
            await uow.outbox.add([a_message("k")], now=NOW)
            raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        await stumble()

    async with store.unit_of_work() as uow:
        assert (await uow.outbox.counts())["pending"] == 0


async def test_a_unit_of_work_sees_its_own_writing(store: Store) -> None:
    async with store.unit_of_work() as uow:
        await uow.papers.put(a_paper())

        assert await uow.papers.get("2601.00001") == a_paper()


async def test_others_see_nothing_before_commit_and_all_of_it_after(stores: Stores) -> None:
    async with stores.ours.unit_of_work() as ours:
        await ours.papers.put(a_paper())
        async with stores.theirs.unit_of_work() as theirs:
            before = await theirs.papers.get("2601.00001")
            await ours.commit()
            after = await theirs.papers.get("2601.00001")

    assert before is None
    assert after == a_paper()


async def test_a_unit_of_work_goes_on_after_its_commit(store: Store) -> None:
    async with store.unit_of_work() as uow:
        await uow.papers.put(a_paper("2601.00001"))
        await uow.commit()
        await uow.papers.put(a_paper("2601.00002"))
        await uow.commit()
        await uow.papers.put(a_paper("2601.00003"))

    async with store.unit_of_work() as uow:
        assert await uow.papers.get("2601.00001") is not None
        assert await uow.papers.get("2601.00002") is not None
        assert await uow.papers.get("2601.00003") is None


async def test_one_who_only_reads_keeps_nobody_from_writing(stores: Stores) -> None:
    async with stores.ours.unit_of_work() as reader:
        await reader.subscriptions.all()
        async with stores.theirs.unit_of_work() as writer:
            await writer.papers.put(a_paper())
            await writer.commit()

        assert await reader.papers.get("2601.00001") == a_paper()


async def test_one_who_read_first_may_write_although_another_wrote_in_between(
    stores: Stores,
) -> None:
    async with stores.ours.unit_of_work() as ours:
        assert await ours.subscriptions.all() == ()
        async with stores.theirs.unit_of_work() as theirs:
            await theirs.subscriptions.add(a_subscription("cs.AI"))
            await theirs.commit()
        await ours.subscriptions.add(a_subscription("cs.CL"))
        await ours.commit()

    async with stores.theirs.unit_of_work() as uow:
        found = await uow.subscriptions.of_destination(PAPERS_CHANNEL)
    assert [(each.number, each.interests.categories) for each in found] == [
        (1, ("cs.AI",)),
        (2, ("cs.CL",)),
    ]


async def test_writers_at_once_follow_each_other_and_none_is_lost(stores: Stores) -> None:
    async def subscribe(store: Store, category: str) -> int:
        async with store.unit_of_work() as uow:
            await uow.subscriptions.wanted_categories()
            stored = await uow.subscriptions.add(a_subscription(category))
            await asyncio.sleep(0)
            await uow.commit()
            return stored.number

    numbers = await asyncio.gather(
        *(
            subscribe(store, f"cs.{letter}")
            for letter in "ABCDEF"
            for store in (stores.ours, stores.theirs)
        ),
        return_exceptions=True,
    )

    assert sorted(numbers, key=str) == sorted(range(1, 13), key=str)


async def test_a_writer_that_is_cancelled_leaves_no_lock_behind(stores: Stores) -> None:
    has_written = asyncio.Event()

    async def writes_and_hangs() -> None:
        async with stores.ours.unit_of_work() as uow:
            await uow.papers.put(a_paper("2601.00001"))
            has_written.set()
            await asyncio.Event().wait()

    hanging = asyncio.create_task(writes_and_hangs())
    await has_written.wait()
    hanging.cancel()
    await asyncio.gather(hanging, return_exceptions=True)

    for store in (stores.theirs, stores.ours):
        async with store.unit_of_work() as uow:
            assert await uow.papers.get("2601.00001") is None
            await uow.papers.put(a_paper("2601.00002"))
            await uow.commit()


async def test_digest_posted_papers_and_messages_come_together_or_not_at_all(
    store: Store,
) -> None:
    async with store.unit_of_work() as uow:
        subscription = await uow.subscriptions.add(a_subscription())
        await uow.commit()

    async def plan_halfway() -> None:
        async with store.unit_of_work() as uow:
            await uow.digests.add(subscription.id, a_digest("2601.00001"), created_at=NOW)
            await uow.outbox.add([a_message("k")], now=NOW)
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        await plan_halfway()

    async with store.unit_of_work() as uow:
        assert await uow.digests.posted_ids([subscription.id]) == {subscription.id: frozenset()}
        assert await uow.digests.add(subscription.id, a_digest("2601.00001"), created_at=NOW)


async def test_each_unit_of_work_of_a_store_is_its_own(store: Store) -> None:
    async with store.unit_of_work() as one, store.unit_of_work() as other:
        here = await one.subscriptions.add(a_subscription(destination=OTHER_CHANNEL))
        await one.commit()
        await other.subscriptions.save(replace(here, state=SubscriptionState.PAUSED))

    async with store.unit_of_work() as uow:
        stored = await uow.subscriptions.get(here.id)
    assert stored == here
