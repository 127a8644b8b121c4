"""The outbox: each message to one holder at a time, in order, and none forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.outbox import MessageRef, OutboxMessage, OutboxState, Share
from bot.domain.subscriptions import Destination
from tests.contract.conftest import Store, Stores
from tests.contract.samples import NOW, OTHER_CHANNEL, PAPERS_CHANNEL, a_message

LEASE_SECONDS = 60
AFTER_THE_LEASE = NOW + timedelta(seconds=LEASE_SECONDS)
REF = MessageRef("C-papers", "1700000000.1", thread_id="1700000000.1")


async def put(store: Store, *messages: OutboxMessage) -> None:
    async with store.unit_of_work() as uow:
        await uow.outbox.add(messages, now=NOW)
        await uow.commit()


async def claim(
    store: Store,
    *,
    holder: str = "one",
    now: datetime = NOW,
    limit: int = 10,
    platforms: Sequence[str] | None = None,
    share: Share | None = None,
) -> tuple[OutboxMessage, ...]:
    async with store.unit_of_work() as uow:
        claimed = await uow.outbox.claim(
            holder=holder,
            now=now,
            lease_seconds=LEASE_SECONDS,
            limit=limit,
            platforms=platforms,
            share=share,
        )
        await uow.commit()
        return claimed


async def mark_sent(store: Store, message: OutboxMessage, ref: MessageRef = REF) -> None:
    async with store.unit_of_work() as uow:
        await uow.outbox.mark_sent(message, ref, now=NOW)
        await uow.commit()


async def retry(store: Store, message: OutboxMessage, not_before: datetime) -> None:
    async with store.unit_of_work() as uow:
        await uow.outbox.retry_later(message, not_before=not_before, error="429", may_be_sent=False)
        await uow.commit()


async def give_up(store: Store, message: OutboxMessage) -> None:
    async with store.unit_of_work() as uow:
        await uow.outbox.give_up(message, error="The channel is gone.", now=NOW)
        await uow.commit()


async def counts(store: Store) -> dict[str, int]:
    async with store.unit_of_work() as uow:
        return await uow.outbox.counts()


def keys(messages: Sequence[OutboxMessage]) -> list[str]:
    return [message.key for message in messages]


async def test_a_claimed_message_is_marked_and_counted(store: Store) -> None:
    message = replace(a_message("k", not_before=NOW), position=4)
    await put(store, message)

    (claimed,) = await claim(store)

    assert claimed == replace(message, state=OutboxState.SENDING, attempts=1, id=claimed.id)
    assert await counts(store) == {"pending": 0, "sending": 1, "sent": 0, "given_up": 0}


async def test_a_key_that_is_there_already_is_left_as_it_is(store: Store) -> None:
    await put(store, a_message("k"))
    (claimed,) = await claim(store)
    await mark_sent(store, claimed)

    await put(store, replace(a_message("k"), payload="another"), a_message("l"))

    assert keys(await claim(store)) == ["l"]
    assert (await counts(store))["sent"] == 1


async def test_a_new_message_is_unsent_whatever_its_fields_say(store: Store) -> None:
    await put(
        store,
        replace(a_message("k"), state=OutboxState.SENT, attempts=5, may_be_sent=True),
    )

    (claimed,) = await claim(store)

    assert claimed.attempts == 1
    assert not claimed.may_be_sent


async def test_one_message_of_a_destination_is_under_way_at_a_time(store: Store) -> None:
    await put(store, a_message("a1"), a_message("a2"), a_message("b1", destination=OTHER_CHANNEL))

    first = await claim(store)
    meanwhile = await claim(store)
    await mark_sent(store, first[0])
    then = await claim(store)

    assert keys(first) == ["a1", "b1"]
    assert meanwhile == ()
    assert keys(then) == ["a2"]


async def test_the_oldest_come_first_up_to_the_limit(store: Store) -> None:
    channels = [Destination("slack", "T1", f"C{n}") for n in range(5)]
    await put(store, *(a_message(f"k{n}", destination=each) for n, each in enumerate(channels)))

    assert keys(await claim(store, limit=2)) == ["k0", "k1"]
    assert keys(await claim(store, limit=2)) == ["k2", "k3"]
    assert keys(await claim(store, limit=2)) == ["k4"]


async def test_a_message_is_not_claimed_before_its_time_nor_those_behind_it(store: Store) -> None:
    later = NOW + timedelta(minutes=5)
    await put(store, a_message("a1", not_before=later), a_message("a2"))

    assert await claim(store, now=later - timedelta(microseconds=1)) == ()
    assert keys(await claim(store, now=later)) == ["a1"]


async def test_a_message_put_back_goes_again_and_before_those_behind_it(store: Store) -> None:
    await put(store, a_message("a1"), a_message("a2"))
    (first,) = await claim(store)
    await retry(store, first, NOW + timedelta(seconds=30))

    assert await claim(store) == ()
    (again,) = await claim(store, now=NOW + timedelta(seconds=30))

    assert again == replace(first, attempts=2, not_before=NOW + timedelta(seconds=30))


async def test_a_doubt_whether_a_message_was_sent_is_kept(store: Store) -> None:
    await put(store, a_message("k"))
    (first,) = await claim(store)
    async with store.unit_of_work() as uow:
        await uow.outbox.retry_later(first, not_before=NOW, error="cut", may_be_sent=True)
        await uow.commit()

    (again,) = await claim(store)

    assert again.may_be_sent


async def test_a_process_that_died_while_sending_leaves_a_message_that_may_be_sent(
    stores: Stores,
) -> None:
    await put(stores.ours, a_message("a1"), a_message("a2"))
    (lost,) = await claim(stores.ours, holder="died")

    before = await claim(stores.theirs, now=AFTER_THE_LEASE - timedelta(microseconds=1))
    (found,) = await claim(stores.theirs, now=AFTER_THE_LEASE)

    assert before == ()
    assert found == replace(lost, attempts=2, may_be_sent=True)


async def test_what_a_holder_says_after_its_lease_was_taken_over_does_not_count(
    store: Store,
) -> None:
    await put(store, a_message("k"))
    (slow,) = await claim(store, holder="slow")
    (current,) = await claim(store, holder="current", now=AFTER_THE_LEASE)

    await retry(store, slow, NOW)
    await give_up(store, slow)
    async with store.unit_of_work() as uow:
        await uow.outbox.hand_back([slow])
        await uow.commit()

    assert (await counts(store))["sending"] == 1
    await mark_sent(store, current)
    await retry(store, current, NOW)
    await give_up(store, current)
    assert (await counts(store))["sent"] == 1


async def test_that_a_message_is_there_counts_whoever_says_it(store: Store) -> None:
    await put(store, a_message("k"))
    (slow,) = await claim(store, holder="slow")
    await claim(store, holder="current", now=AFTER_THE_LEASE)

    await mark_sent(store, slow)

    assert (await counts(store))["sent"] == 1
    assert await claim(store, now=AFTER_THE_LEASE + timedelta(days=1)) == ()


async def test_claims_handed_back_go_to_the_next_as_if_never_taken(store: Store) -> None:
    await put(store, a_message("a1"), a_message("b1", destination=OTHER_CHANNEL))
    taken = await claim(store)
    async with store.unit_of_work() as uow:
        await uow.outbox.hand_back(taken)
        await uow.commit()

    assert await claim(store, holder="next") == taken


async def test_a_reply_knows_its_parent_once_that_was_sent(store: Store) -> None:
    await put(
        store, a_message("p"), a_message("c1", parent_key="p"), a_message("c2", parent_key="p")
    )
    (parent,) = await claim(store)
    assert parent.parent_ref is None
    await mark_sent(store, parent)

    (child,) = await claim(store)

    assert child.key == "c1"
    assert child.parent_key == "p"
    assert child.parent_ref == REF


async def test_a_thread_is_given_up_with_its_parent_and_what_follows_goes_on(
    store: Store,
) -> None:
    await put(
        store,
        a_message("p"),
        a_message("c1", parent_key="p"),
        a_message("c2", parent_key="p"),
        a_message("next"),
    )
    (parent,) = await claim(store)

    await give_up(store, parent)

    assert (await counts(store))["given_up"] == 3
    assert keys(await claim(store)) == ["next"]


async def test_a_reply_given_up_leaves_the_others(store: Store) -> None:
    await put(
        store, a_message("p"), a_message("c1", parent_key="p"), a_message("c2", parent_key="p")
    )
    await mark_sent(store, (await claim(store))[0])

    await give_up(store, (await claim(store))[0])

    assert keys(await claim(store)) == ["c2"]


async def test_the_messages_of_a_disabled_channel_wait(store: Store) -> None:
    await put(store, a_message("a1"), a_message("b1", destination=OTHER_CHANNEL))
    async with store.unit_of_work() as uow:
        await uow.destinations.disable(PAPERS_CHANNEL, code="archived", reason="It is.", now=NOW)
        await uow.commit()

    assert keys(await claim(store)) == ["b1"]
    async with store.unit_of_work() as uow:
        await uow.destinations.enable(PAPERS_CHANNEL)
        await uow.commit()
    assert keys(await claim(store)) == ["a1"]


async def test_a_message_under_way_when_its_channel_was_disabled_waits_too(store: Store) -> None:
    await put(store, a_message("a1"))
    await claim(store)
    async with store.unit_of_work() as uow:
        await uow.destinations.disable(PAPERS_CHANNEL, code="archived", reason="It is.", now=NOW)
        await uow.commit()

    assert await claim(store, now=AFTER_THE_LEASE) == ()


async def test_a_process_may_claim_for_its_own_platforms_only(store: Store) -> None:
    await put(store, a_message("s"), a_message("d", destination=OTHER_CHANNEL))

    assert keys(await claim(store, platforms=["discord", "terminal"])) == ["d"]
    assert await claim(store, platforms=[]) == ()
    assert keys(await claim(store, platforms=["slack"])) == ["s"]


async def test_processes_that_share_a_platform_claim_for_their_own_workspaces(
    store: Store,
) -> None:
    even, odd = 2 << 22, 3 << 22
    places = {"even": str(even), "odd": str(odd), "direct": "@me"}
    for name, workspace in places.items():
        await put(store, a_message(name, destination=Destination("discord", workspace, "1")))
    first, second = Share((0,), 2), Share((1,), 2)

    assert keys(await claim(store, share=second)) == ["odd"]
    async with store.unit_of_work() as uow:
        assert await uow.outbox.next_due(now=NOW, share=second) == AFTER_THE_LEASE
        assert await uow.outbox.next_due(now=NOW, share=first) == NOW
    assert keys(await claim(store, share=first)) == ["even", "direct"]


@pytest.mark.parametrize("claimers", [2, 6])
async def test_many_claiming_at_once_never_get_the_same_message(
    stores: Stores, claimers: int
) -> None:
    channels = [Destination("slack", "T1", f"C{n}") for n in range(15)]
    await put(
        stores.ours,
        *(
            a_message(f"{channel.channel_id}-{n}", destination=channel)
            for n in range(3)
            for channel in channels
        ),
    )
    sent: list[str] = []

    async def work(store: Store, holder: str) -> None:
        for _ in range(200):
            claimed = await claim(store, holder=holder, limit=4)
            for message in claimed:
                await mark_sent(store, message)
                sent.append(message.key)
            if not claimed and (await counts(store))["pending"] == 0:
                return

    await asyncio.gather(
        *(work(stores.ours if n % 2 else stores.theirs, f"holder-{n}") for n in range(claimers))
    )

    assert sorted(sent) == sorted(
        f"{channel.channel_id}-{n}" for n in range(3) for channel in channels
    )
    for channel in channels:
        its_own = [key for key in sent if key.startswith(f"{channel.channel_id}-")]
        assert its_own == sorted(its_own)


async def test_a_destination_whose_messages_came_from_two_processes_has_one_under_way(
    stores: Stores,
) -> None:
    async with stores.ours.unit_of_work() as ours:
        await ours.outbox.add([a_message("a1")], now=NOW)
        await ours.commit()
    (first,) = await claim(stores.theirs)
    async with stores.theirs.unit_of_work() as theirs:
        await theirs.outbox.add([a_message("a2")], now=NOW)
        await theirs.commit()

    assert await claim(stores.ours) == ()
    await mark_sent(stores.ours, first)
    assert keys(await claim(stores.theirs)) == ["a2"]


async def next_due(
    store: Store, *, now: datetime = NOW, platforms: Sequence[str] | None = None
) -> datetime | None:
    async with store.unit_of_work() as uow:
        return await uow.outbox.next_due(now=now, platforms=platforms)


async def test_nothing_is_due_in_an_empty_outbox_nor_in_one_that_is_done(store: Store) -> None:
    assert await next_due(store) is None

    await put(store, a_message("k"))
    await mark_sent(store, (await claim(store))[0])

    assert await next_due(store) is None


async def test_what_can_be_claimed_is_due_now(store: Store) -> None:
    await put(store, a_message("k"), a_message("later", not_before=NOW + timedelta(hours=1)))

    assert await next_due(store) == NOW
    assert await next_due(store, platforms=["terminal"]) is None


async def test_the_first_message_of_a_channel_says_when_the_channel_is_due(store: Store) -> None:
    soon, late = NOW + timedelta(minutes=1), NOW + timedelta(minutes=9)
    await put(store, a_message("a1", not_before=late), a_message("a2"))
    assert await next_due(store) == late

    await put(store, a_message("b1", destination=OTHER_CHANNEL, not_before=soon))

    assert await next_due(store) == soon


async def test_a_message_under_way_is_due_when_its_lease_ends(store: Store) -> None:
    await put(store, a_message("a1"), a_message("a2"))
    await claim(store)

    assert await next_due(store) == AFTER_THE_LEASE


async def test_nothing_is_due_behind_a_disabled_channel(store: Store) -> None:
    await put(store, a_message("a1"))
    async with store.unit_of_work() as uow:
        await uow.destinations.disable(PAPERS_CHANNEL, code="archived", reason="It is.", now=NOW)
        await uow.commit()

    assert await next_due(store) is None


async def test_a_channel_rests_after_a_message_and_others_do_not(store: Store) -> None:
    await put(
        store,
        a_message("a1"),
        a_message("a2"),
        a_message("a3"),
        a_message("b1", destination=OTHER_CHANNEL),
    )
    first, other = await claim(store)
    rested = NOW + timedelta(seconds=1)
    async with store.unit_of_work() as uow:
        await uow.outbox.hand_back([other])
        await uow.outbox.mark_sent(first, REF, now=NOW, rest_until=rested)
        await uow.commit()

    assert keys(await claim(store)) == ["b1"]
    assert await next_due(store) == rested
    assert keys(await claim(store, now=rested)) == ["a2"]


async def test_a_rest_does_not_shorten_a_longer_wait(store: Store) -> None:
    later = NOW + timedelta(minutes=5)
    await put(store, a_message("a1"), a_message("a2", not_before=later))
    (first,) = await claim(store)
    async with store.unit_of_work() as uow:
        await uow.outbox.mark_sent(first, REF, now=NOW, rest_until=NOW + timedelta(seconds=1))
        await uow.commit()

    assert await next_due(store) == later


async def test_a_message_tells_when_it_was_written_and_since_when_it_fails(store: Store) -> None:
    await put(store, a_message("k"))
    (first,) = await claim(store)
    since = NOW - timedelta(minutes=3)
    async with store.unit_of_work() as uow:
        await uow.outbox.retry_later(
            first, not_before=NOW, error="429", may_be_sent=False, failing_since=since
        )
        await uow.commit()

    (again,) = await claim(store)

    assert first.failing_since is None
    assert again.failing_since == since
    assert again.created_at == NOW


async def test_a_channel_that_works_again_gets_its_messages_at_once(store: Store) -> None:
    await put(store, a_message("k"))
    (first,) = await claim(store)
    async with store.unit_of_work() as uow:
        await uow.outbox.retry_later(
            first,
            not_before=NOW + timedelta(hours=1),
            error="500",
            may_be_sent=True,
            failing_since=NOW,
        )
        await uow.destinations.disable(PAPERS_CHANNEL, code="archived", reason="It is.", now=NOW)
        await uow.commit()

    async with store.unit_of_work() as uow:
        await uow.destinations.enable(PAPERS_CHANNEL)
        await uow.commit()

    (again,) = await claim(store)
    assert again.failing_since is None
    assert again.may_be_sent


async def test_a_message_being_recorded_as_sent_is_not_taken_over_meanwhile(
    stores: Stores,
) -> None:
    await put(stores.ours, a_message("k"))
    (slow,) = await claim(stores.ours, holder="slow")

    async with stores.ours.unit_of_work() as uow:
        await uow.outbox.mark_sent(slow, REF, now=AFTER_THE_LEASE)
        taking_over = asyncio.create_task(claim(stores.theirs, now=AFTER_THE_LEASE))
        await asyncio.wait([taking_over], timeout=0.5)
        await uow.commit()

    assert await taking_over == ()
    assert (await counts(stores.ours))["sent"] == 1


async def test_workspaces_that_rest_are_left_alone_and_wait_their_turn(store: Store) -> None:
    places = [Destination.from_key(key) for key in ("slack:T1:C1", "slack:T11:C1", "slack:t1:C1")]
    async with store.unit_of_work() as uow:
        await uow.outbox.add(
            [a_message(str(place), destination=place) for place in places], now=NOW
        )

        due = await uow.outbox.next_due(now=NOW, resting=["slack:T1", "slack:T11", "slack:t1"])
        claimed = await uow.outbox.claim(
            holder="a", now=NOW, lease_seconds=60, limit=9, resting=["slack:T1"]
        )
        rest = await uow.outbox.claim(holder="a", now=NOW, lease_seconds=60, limit=9)

    assert due is None
    assert [message.destination for message in claimed] == places[1:]
    assert [message.destination for message in rest] == places[:1]
