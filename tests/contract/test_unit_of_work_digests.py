"""Digests: one per slot, and no paper twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from bot.domain.digest import Digest, Silence
from bot.ports import DigestRecord
from tests.contract.conftest import Store, Stores
from tests.contract.samples import (
    DAY,
    NOW,
    OTHER_CHANNEL,
    a_digest,
    a_paper,
    a_subscription,
    a_summary,
    an_entry,
)


async def a_stored_subscription(store: Store, *categories: str) -> int:
    async with store.unit_of_work() as uow:
        stored = await uow.subscriptions.add(a_subscription(*categories))
        await uow.commit()
        return stored.id


async def test_a_digest_comes_back_with_its_papers_and_reasons(store: Store) -> None:
    subscription_id = await a_stored_subscription(store)
    digest = replace(a_digest("2601.00002", "2601.00001"), seen_through=77)

    async with store.unit_of_work() as uow:
        assert await uow.digests.add(subscription_id, digest, created_at=NOW)
        (record,) = await uow.digests.latest(subscription_id)

    assert record == DigestRecord(subscription_id, digest, NOW)


async def test_a_silent_digest_keeps_its_reason(store: Store) -> None:
    subscription_id = await a_stored_subscription(store)
    digest = Digest(
        slot="2026-01-24T09:00",
        announced_on=None,
        considered=0,
        matched=0,
        entries=(),
        silence=Silence.NO_ANNOUNCEMENT,
        silence_reason="arXiv announces nothing on Saturdays.",
    )

    async with store.unit_of_work() as uow:
        assert await uow.digests.add(subscription_id, digest, created_at=NOW)

        assert await uow.digests.latest(subscription_id) == (
            DigestRecord(subscription_id, digest, NOW),
        )


async def test_a_slot_is_taken_once(stores: Stores) -> None:
    subscription_id = await a_stored_subscription(stores.ours)

    async def plan(store: Store, arxiv_id: str) -> bool:
        async with store.unit_of_work() as uow:
            is_ours = await uow.digests.add(subscription_id, a_digest(arxiv_id), created_at=NOW)
            await uow.commit()
            return is_ours

    answers = await asyncio.gather(
        *(plan(store, f"2601.0000{n}") for n, store in enumerate([stores.ours, stores.theirs] * 3))
    )

    assert sorted(answers) == [False] * 5 + [True]
    async with stores.ours.unit_of_work() as uow:
        posted = await uow.digests.posted_ids([subscription_id])
    assert len(posted[subscription_id]) == 1


async def test_a_paper_posted_meanwhile_stops_the_whole_digest(stores: Stores) -> None:
    subscription_id = await a_stored_subscription(stores.ours)

    async def plan(store: Store, slot: str, *arxiv_ids: str) -> bool:
        async with store.unit_of_work() as uow:
            digest = a_digest(*arxiv_ids, slot=slot)
            is_stored = await uow.digests.add(subscription_id, digest, created_at=NOW)
            await uow.commit()
            return is_stored

    answers = await asyncio.gather(
        plan(stores.ours, "2026-01-21T09:00", "2601.00001", "2601.00002"),
        plan(stores.theirs, "now/1", "2601.00002", "2601.00003"),
    )

    assert sorted(answers) == [False, True]
    async with stores.ours.unit_of_work() as uow:
        posted = await uow.digests.posted_ids([subscription_id])
    assert len(posted[subscription_id]) == 2


async def test_a_digest_of_a_subscription_removed_meanwhile_is_refused(store: Store) -> None:
    async with store.unit_of_work() as uow:
        subscription = await uow.subscriptions.add(a_subscription())
        await uow.subscriptions.remove(subscription)

        assert not await uow.digests.add(subscription.id, a_digest("2601.00001"), created_at=NOW)
        assert not await uow.digests.add(4711, a_digest("2601.00001"), created_at=NOW)
        assert await uow.digests.latest(subscription.id) == ()


async def test_many_digests_are_stored_at_once_each_by_itself(store: Store) -> None:
    async with store.unit_of_work() as uow:
        one = await uow.subscriptions.add(a_subscription("cs.A"))
        other = await uow.subscriptions.add(a_subscription("cs.B", destination=OTHER_CHANNEL))
        await uow.digests.add(one.id, a_digest("2601.00001", slot="a"), created_at=NOW)
        records = [
            DigestRecord(one.id, a_digest("2601.00009", slot="a"), NOW),  # the slot is taken
            DigestRecord(one.id, a_digest("2601.00001", slot="b"), NOW),  # so is the paper
            DigestRecord(one.id, a_digest("2601.00002", slot="c"), NOW),
            DigestRecord(one.id, a_digest("2601.00003", slot="c"), NOW),  # by the one above
            DigestRecord(one.id, a_digest("2601.00002", slot="d"), NOW),  # likewise
            DigestRecord(other.id, a_digest("2601.00001", slot="a"), NOW),
        ]

        assert await uow.digests.add_many([]) == ()
        assert await uow.digests.add_many(records) == (False, False, True, False, False, True)
        assert await uow.digests.posted_ids([one.id, other.id]) == {
            one.id: {"2601.00001", "2601.00002"},
            other.id: {"2601.00001"},
        }
        assert await uow.digests.latest(other.id) == (records[-1],)


async def test_posted_papers_may_be_asked_for_among_todays_only(store: Store) -> None:
    async with store.unit_of_work() as uow:
        ids = [(await uow.subscriptions.add(a_subscription(f"cs.{n}"))).id for n in range(60)]
        await uow.digests.add_many(
            [DigestRecord(each, a_digest("2601.00001", f"2601.1{each:04}"), NOW) for each in ids]
        )
        ask = uow.digests.posted_ids
        some = ["2601.00001", f"2601.1{ids[3]:04}", "2601.99999"]

        few = await ask(ids[:4], among=some)
        many = await ask(ids, among=some)
        none = await ask(ids[:2], among=[])

    assert few == {each: {"2601.00001"} for each in ids[:3]} | {ids[3]: set(some[:2])}
    assert many == few | {each: {"2601.00001"} for each in ids[4:]}
    assert none == {each: frozenset() for each in ids[:2]}


async def test_who_never_had_a_paper_is_told_so(store: Store) -> None:
    async with store.unit_of_work() as uow:
        assert await uow.digests.posted_ids([5, 6]) == {5: frozenset(), 6: frozenset()}
        assert await uow.digests.posted_ids([]) == {}


async def test_the_newest_digests_come_first(store: Store) -> None:
    subscription_id = await a_stored_subscription(store)

    async with store.unit_of_work() as uow:
        for hours, slot in ((1, "b"), (0, "a"), (2, "c"), (2, "d")):
            moment = NOW + timedelta(hours=hours)
            await uow.digests.add(subscription_id, a_digest(slot=slot), created_at=moment)

        newest = await uow.digests.latest(subscription_id, limit=3)
        assert [record.digest.slot for record in newest] == ["d", "c", "b"]
        assert await uow.digests.latest(4711) == ()


async def test_an_entry_is_found_in_the_digest_that_brought_it(store: Store) -> None:
    subscription_id = await a_stored_subscription(store)

    async with store.unit_of_work() as uow:
        await uow.digests.add(subscription_id, a_digest("2601.00001", slot="a"), created_at=NOW)
        await uow.digests.add(
            subscription_id, a_digest("2601.00002", "2601.00003", slot="b"), created_at=NOW
        )
        found = await uow.digests.entry_of(subscription_id, "2601.00003")

        assert found is not None
        assert found[0].digest.slot == "b"
        assert found[1] == an_entry("2601.00003", rank=2)
        assert await uow.digests.entry_of(subscription_id, "2601.00004") is None
        assert await uow.digests.entry_of(4711, "2601.00001") is None


async def test_a_summary_comes_back_with_its_entry_where_it_is_stored(store: Store) -> None:
    subscription_id = await a_stored_subscription(store)
    entries = (
        replace(an_entry("2601.00001", rank=1), summary=a_summary("2601.00001")),
        replace(an_entry("2601.00002", rank=2), summary=a_summary("2601.00002")),
        an_entry("2601.00003", rank=3),
    )
    digest = Digest("s", DAY, 3, 3, entries)

    async with store.unit_of_work() as uow:
        await uow.summaries.put(a_summary("2601.00001"), created_at=NOW)
        await uow.digests.add(subscription_id, digest, created_at=NOW)
        (record,) = await uow.digests.latest(subscription_id)

    assert [entry.summary for entry in record.digest.entries] == [
        a_summary("2601.00001"),
        None,
        None,
    ]


async def test_a_digest_brings_papers_never_stored_and_leaves_stored_ones_alone(
    store: Store,
) -> None:
    subscription_id = await a_stored_subscription(store)
    looked_up = replace(a_paper("2601.00001"), comment="8 pages")

    async with store.unit_of_work() as uow:
        await uow.papers.put(looked_up)
        await uow.digests.add(subscription_id, a_digest("2601.00001", "2601.00002"), created_at=NOW)

        assert await uow.papers.get("2601.00001") == looked_up
        assert await uow.papers.get("2601.00002") == a_paper("2601.00002")
