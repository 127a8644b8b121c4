"""Thumbs: who said what, told apart and not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.domain.learning import Memory
from bot.domain.profile import Profile
from bot.domain.rarity import Rarity
from bot.domain.thumbs import GivenThumb, Vote
from tests.contract.conftest import Store, Stores
from tests.contract.samples import NOW, a_paper, a_subscription

LIKE = GivenThumb(0, "2601.00001", "ada", Vote.UP, NOW)


async def subscribed(store: Store, *categories: str) -> int:
    async with store.unit_of_work() as uow:
        stored = await uow.subscriptions.add(a_subscription(*categories))
        await uow.commit()
    return stored.id


async def put(store: Store, *thumbs: GivenThumb) -> None:
    async with store.unit_of_work() as uow:
        await uow.thumbs.put(thumbs)
        await uow.commit()


async def thumbs_of(store: Store, subscription_id: int) -> tuple[GivenThumb, ...]:
    async with store.unit_of_work() as uow:
        return await uow.thumbs.of(subscription_id, limit=10)


async def test_thumbs_come_back_newest_first_and_no_more_than_asked_for(store: Store) -> None:
    ours = await subscribed(store)
    first = replace(LIKE, subscription_id=ours)
    second = replace(first, arxiv_id="2601.00002", at=NOW + timedelta(hours=1))
    await put(store, first, second)

    async with store.unit_of_work() as uow:
        latest = await uow.thumbs.of(ours, limit=1)

    assert latest == (second,)
    assert await thumbs_of(store, ours) == (second, first)


async def test_changing_ones_mind_replaces_the_thumb(store: Store) -> None:
    ours = await subscribed(store)
    like = replace(LIKE, subscription_id=ours)
    dislike = replace(like, vote=Vote.DOWN, at=NOW + timedelta(minutes=1))

    await put(store, like)
    await put(store, dislike)

    assert await thumbs_of(store, ours) == (dislike,)


async def test_two_people_on_one_paper_are_two_thumbs(store: Store) -> None:
    ours = await subscribed(store)
    ada = replace(LIKE, subscription_id=ours)
    bob = replace(ada, voter="bob", vote=Vote.DOWN)

    await put(store, ada, bob)

    assert set(await thumbs_of(store, ours)) == {ada, bob}


async def test_a_thumb_is_taken_back_where_it_was_given_and_nowhere_else(store: Store) -> None:
    ours, other = await subscribed(store, "cs.CL"), await subscribed(store, "cs.LG")
    here, there = (replace(LIKE, subscription_id=each) for each in (ours, other))
    bobs = replace(here, voter="bob")
    await put(store, here, there, bobs)

    async with store.unit_of_work() as uow:
        taken = await uow.thumbs.take_back([ours], arxiv_id="2601.00001", voter="ada")
        again = await uow.thumbs.take_back([ours], arxiv_id="2601.00001", voter="ada")
        await uow.commit()

    assert (taken, again) == ((here,), ())
    assert await thumbs_of(store, ours) == (bobs,)
    assert await thumbs_of(store, other) == (there,)


async def test_forgetting_leaves_other_subscriptions_alone(store: Store) -> None:
    ours, other = await subscribed(store, "cs.CL"), await subscribed(store, "cs.LG")
    there = replace(LIKE, subscription_id=other)
    await put(store, replace(LIKE, subscription_id=ours), there)

    async with store.unit_of_work() as uow:
        await uow.thumbs.forget([ours])
        await uow.commit()

    assert await thumbs_of(store, ours) == ()
    assert await thumbs_of(store, other) == (there,)


async def test_the_first_salt_is_every_process_salt_for_good(stores: Stores) -> None:
    async with stores.ours.unit_of_work() as uow:
        ours = await uow.thumbs.salt(b"\x01" * 16)
        await uow.commit()
    async with stores.theirs.unit_of_work() as uow:
        theirs = await uow.thumbs.salt(b"\x02" * 16)
        await uow.commit()

    assert ours == theirs == b"\x01" * 16


def learned() -> Memory:
    empty, rarity = Memory.empty(), Rarity()
    first = a_paper("2601.00001")
    second = replace(a_paper("2601.00002"), abstract="Sparse attention makes prefill cheap.")
    liked = empty.with_thumb(first, Vote.UP, voter="ada", at=NOW, rarity=rarity)
    return liked.with_thumb(second, Vote.DOWN, voter="bob", at=NOW, rarity=rarity)


async def test_what_was_learned_comes_back_and_is_replaced(store: Store) -> None:
    ours, other = await subscribed(store, "cs.CL"), await subscribed(store, "cs.LG")
    async with store.unit_of_work() as uow:
        await uow.thumbs.learn(ours, Memory.empty(), Profile.empty())
        await uow.thumbs.learn(ours, learned(), learned().profile())
        await uow.commit()

    async with store.unit_of_work() as uow:
        memory, nothing = await uow.thumbs.memory(ours), await uow.thumbs.memory(other)
        profiles = await uow.thumbs.profiles([ours, other])

    assert memory == learned()
    assert nothing == Memory.empty()
    assert profiles == {ours: learned().profile()}


async def test_what_was_learned_is_forgotten_with_the_thumbs(store: Store) -> None:
    ours = await subscribed(store)
    async with store.unit_of_work() as uow:
        await uow.thumbs.learn(ours, learned(), learned().profile())
        await uow.thumbs.forget([ours])
        await uow.commit()

    async with store.unit_of_work() as uow:
        assert await uow.thumbs.memory(ours) == Memory.empty()
        assert await uow.thumbs.profiles([ours]) == {}


async def test_nothing_is_kept_without_commit(store: Store) -> None:
    ours = await subscribed(store)

    async with store.unit_of_work() as uow:
        await uow.thumbs.put([replace(LIKE, subscription_id=ours)])

    assert await thumbs_of(store, ours) == ()
