"""Secret links to feeds: the same until they are ended, and never the same again."""

from __future__ import annotations

from tests.contract.conftest import Store, Stores
from tests.contract.samples import a_subscription


async def subscribed(store: Store, *categories: str) -> int:
    async with store.unit_of_work() as uow:
        stored = await uow.subscriptions.add(a_subscription(*categories))
        await uow.commit()
    return stored.id


async def opened(store: Store, subscription_id: int) -> int:
    async with store.unit_of_work() as uow:
        serial = await uow.feed_links.open(subscription_id)
        await uow.commit()
    return serial


async def closed(store: Store, subscription_id: int) -> bool:
    async with store.unit_of_work() as uow:
        was_open = await uow.feed_links.close(subscription_id)
        await uow.commit()
    return was_open


async def serial_of(store: Store, subscription_id: int) -> int | None:
    async with store.unit_of_work() as uow:
        return await uow.feed_links.serial(subscription_id)


async def test_a_subscription_has_no_link_until_somebody_asks(store: Store) -> None:
    ours = await subscribed(store)

    assert await serial_of(store, ours) is None
    assert not await closed(store, ours)


async def test_asking_again_gives_the_same_link(store: Store) -> None:
    ours = await subscribed(store)

    first, second = await opened(store, ours), await opened(store, ours)

    assert first == second == await serial_of(store, ours)


async def test_a_link_that_was_ended_never_comes_back(store: Store) -> None:
    ours, other = await subscribed(store), await subscribed(store, "cs.LG")
    first = await opened(store, ours)
    await opened(store, other)

    assert await closed(store, ours)
    meanwhile = await serial_of(store, ours)
    second = await opened(store, ours)

    assert meanwhile is None
    assert second != first
    assert await serial_of(store, other) is not None


async def test_the_first_secret_is_every_process_secret_for_good(stores: Stores) -> None:
    async with stores.ours.unit_of_work() as uow:
        ours = await uow.feed_links.secret(b"\x01" * 32)
        await uow.commit()
    async with stores.theirs.unit_of_work() as uow:
        theirs = await uow.feed_links.secret(b"\x02" * 32)
        voters = await uow.thumbs.salt(b"\x03" * 32)

    assert ours == theirs == b"\x01" * 32
    assert voters == b"\x03" * 32
