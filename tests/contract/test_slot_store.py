"""Taking turns: one holder at a time, with a pause between them."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from tests.contract.conftest import Store, Stores
from tests.contract.samples import NOW

SPACING_SECONDS = 3
LEASE_SECONDS = 60


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


async def take(store: Store, holder: str, now: datetime = NOW, *, name: str = "arxiv") -> float:
    return await store.slots.take(
        name,
        holder=holder,
        now=now,
        spacing_seconds=SPACING_SECONDS,
        lease_seconds=LEASE_SECONDS,
    )


async def test_of_many_who_ask_at_once_one_gets_the_slot(stores: Stores) -> None:
    waits = await asyncio.gather(
        *(take(store, f"holder-{n}") for n, store in enumerate([stores.ours, stores.theirs] * 5))
    )

    assert sorted(waits) == [0.0] + [LEASE_SECONDS] * 9


async def test_a_slot_that_is_held_is_refused_even_to_its_holder(store: Store) -> None:
    await take(store, "one")

    assert await take(store, "one", after(10)) == LEASE_SECONDS - 10
    assert await take(store, "other", after(10)) == LEASE_SECONDS - 10


async def test_after_a_quick_release_the_next_waits_for_the_spacing(stores: Stores) -> None:
    await take(stores.ours, "one")
    await stores.ours.slots.release("arxiv", holder="one", now=after(1))

    assert await take(stores.theirs, "other", after(1)) == SPACING_SECONDS
    assert await take(stores.theirs, "other", after(2.5)) == 1.5
    assert await take(stores.theirs, "other", after(4)) == 0.0


async def test_the_lease_of_one_who_died_ends(stores: Stores) -> None:
    await take(stores.ours, "died")

    assert await take(stores.theirs, "other", after(LEASE_SECONDS)) == 0.0


async def test_only_the_holder_can_release(store: Store) -> None:
    await take(store, "one")
    await store.slots.release("arxiv", holder="other", now=after(1))
    await store.slots.release("never heard of", holder="one", now=after(1))

    assert await take(store, "other", after(10)) == LEASE_SECONDS - 10


async def test_slots_of_different_names_do_not_wait_for_each_other(store: Store) -> None:
    await take(store, "one")

    assert await take(store, "other", name="another") == 0.0
