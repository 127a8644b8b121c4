"""Subscriptions and the channels they stand in."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

from bot.domain.commands import SubscriptionChanges
from bot.domain.interests import Formula, InterestChanges, Interests, Term, TermKind
from bot.domain.subscriptions import Destination, Schedule, Subscription, SubscriptionState
from bot.ports import DestinationState, SubscriptionStep
from tests.contract.conftest import Store
from tests.contract.samples import (
    NOW,
    OTHER_CHANNEL,
    PAPERS_CHANNEL,
    a_digest,
    a_subscription,
    numbered,
)

EVERYTHING_SAID = Subscription(
    number=0,
    destination=OTHER_CHANNEL,
    interests=Interests(
        categories=("cs.LG", "cs.CL"),
        terms=(
            Term("kv cache"),
            Term("quantiz", 2.5, TermKind.PREFIX),
            Term(r"mixture[- ]of[- ]\w+", kind=TermKind.REGEX),
            Term("kv cache"),
        ),
        excluded=(Term("survey"),),
        authors=("Tri Dao", "Ana García-Sánchez"),
        formula=Formula.SEED,
        min_score=2.5,
        max_papers=3,
        days_back=2,
        cross_lists=True,
        revisions=True,
    ),
    created_at=NOW,
    schedule=Schedule(at=time(17, 45), weekdays=frozenset({0, 3, 6}), timezone="America/St_Johns"),
    language="zh",
    threads=False,
    announce_empty=True,
    learning=False,
    state=SubscriptionState.DISABLED,
    state_reason="I am not in #papers: type `/invite @Papercourier`.",
    created_by="U42",
    next_run_at=None,
    seen_through=17,
)


async def test_a_subscription_comes_back_as_it_was_given(store: Store) -> None:
    async with store.unit_of_work() as uow:
        stored = await uow.subscriptions.add(EVERYTHING_SAID)
        read = await uow.subscriptions.get(stored.id)

    assert stored == numbered(EVERYTHING_SAID, like=stored)
    assert read == stored
    assert stored.id > 0
    assert stored.number == 1


async def test_numbers_are_counted_per_destination(store: Store) -> None:
    async with store.unit_of_work() as uow:
        here = [await uow.subscriptions.add(a_subscription(f"cs.{each}")) for each in "ABC"]
        there = await uow.subscriptions.add(a_subscription("cs.A", destination=OTHER_CHANNEL))

        assert [each.number for each in here] == [1, 2, 3]
        assert there.number == 1
        assert await uow.subscriptions.of_destination(PAPERS_CHANNEL) == tuple(here)
        assert await uow.subscriptions.of_destination(OTHER_CHANNEL) == (there,)
        assert await uow.subscriptions.all() == (*here, there)


async def test_removing_one_leaves_the_numbers_of_the_others(store: Store) -> None:
    async with store.unit_of_work() as uow:
        first, second, third = [
            await uow.subscriptions.add(a_subscription(f"cs.{each}")) for each in "ABC"
        ]
        await uow.subscriptions.remove(second)
        fourth = await uow.subscriptions.add(a_subscription("cs.D"))

        assert await uow.subscriptions.of_destination(PAPERS_CHANNEL) == (first, third, fourth)
        assert [third.number, fourth.number] == [3, 4]


async def test_a_removed_subscription_is_nowhere(store: Store) -> None:
    async with store.unit_of_work() as uow:
        stored = await uow.subscriptions.add(a_subscription())
        await uow.subscriptions.remove(stored)
        await uow.subscriptions.save(stored)
        await uow.subscriptions.advance(stored.id, seen_through=9, next_run_at=NOW)

        assert await uow.subscriptions.get(stored.id) is None
        assert await uow.subscriptions.of_destination(PAPERS_CHANNEL) == ()
        assert await uow.subscriptions.all() == ()
        assert await uow.subscriptions.due(NOW, limit=10) == ()
        assert await uow.subscriptions.wanted_categories() == ()


async def test_subscribing_again_to_the_same_categories_remembers_what_was_posted(
    store: Store,
) -> None:
    async with store.unit_of_work() as uow:
        before = await uow.subscriptions.add(a_subscription("cs.CL", "cs.LG"))
        await uow.digests.add(before.id, a_digest("2601.00001"), created_at=NOW)
        await uow.subscriptions.remove(before)
        again = await uow.subscriptions.add(
            replace(a_subscription("cs.LG", "cs.CL"), language="de")
        )

        assert again.id == before.id
        assert await uow.digests.posted_ids([again.id]) == {again.id: {"2601.00001"}}
        assert await uow.subscriptions.get(again.id) == again
        assert again.language == "de"


async def test_other_categories_or_another_channel_start_afresh(store: Store) -> None:
    async with store.unit_of_work() as uow:
        before = await uow.subscriptions.add(a_subscription("cs.CL"))
        await uow.digests.add(before.id, a_digest("2601.00001"), created_at=NOW)
        await uow.subscriptions.remove(before)
        fresh = [
            await uow.subscriptions.add(a_subscription("cs.CL", "cs.LG")),
            await uow.subscriptions.add(a_subscription("cs.CL", destination=OTHER_CHANNEL)),
        ]

        assert before.id not in [each.id for each in fresh]
        assert await uow.digests.posted_ids([each.id for each in fresh]) == {
            each.id: frozenset() for each in fresh
        }


async def test_saving_writes_every_field(store: Store) -> None:
    async with store.unit_of_work() as uow:
        stored = await uow.subscriptions.add(a_subscription("cs.AI", destination=OTHER_CHANNEL))
        changed = numbered(EVERYTHING_SAID, like=stored)
        await uow.subscriptions.save(changed)

        assert await uow.subscriptions.get(stored.id) == changed


async def test_saving_what_was_read_earlier_does_not_move_the_cursor_back(store: Store) -> None:
    async with store.unit_of_work() as uow:
        read_earlier = await uow.subscriptions.add(a_subscription())
        await uow.subscriptions.advance(read_earlier.id, seen_through=40, next_run_at=NOW)
        await uow.subscriptions.save(replace(read_earlier, language="fr"))
        stored = await uow.subscriptions.get(read_earlier.id)

    assert stored == replace(read_earlier, language="fr", seen_through=40)


async def test_planning_moves_the_cursor_and_keeps_an_edit_made_meanwhile(store: Store) -> None:
    tomorrow = NOW + timedelta(days=1)

    async with store.unit_of_work() as uow:
        planned = await uow.subscriptions.add(a_subscription())
        await uow.subscriptions.save(replace(planned, language="fr"))
        await uow.subscriptions.advance(planned.id, seen_through=12, next_run_at=tomorrow)
        await uow.subscriptions.advance(planned.id, seen_through=11, next_run_at=tomorrow)
        stored = await uow.subscriptions.get(planned.id)

    assert stored == replace(planned, language="fr", seen_through=12, next_run_at=tomorrow)


async def test_one_paused_while_it_was_planned_stays_paused(store: Store) -> None:
    async with store.unit_of_work() as uow:
        planned = await uow.subscriptions.add(a_subscription())
        paused = replace(planned, state=SubscriptionState.PAUSED, next_run_at=None)
        await uow.subscriptions.save(paused)
        await uow.subscriptions.advance(planned.id, seen_through=12, next_run_at=NOW)

        assert await uow.subscriptions.get(planned.id) == replace(paused, seen_through=12)


async def test_many_are_moved_at_once(store: Store) -> None:
    tomorrow = NOW + timedelta(days=1)

    async with store.unit_of_work() as uow:
        stored = [await uow.subscriptions.add(a_subscription(f"cs.{each}")) for each in "ABC"]
        await uow.subscriptions.advance_many([])
        await uow.subscriptions.advance_many(
            [SubscriptionStep(each.id, each.number, tomorrow) for each in stored[1:]]
        )

        assert await uow.subscriptions.all() == (
            stored[0],
            replace(stored[1], seen_through=2, next_run_at=tomorrow),
            replace(stored[2], seen_through=3, next_run_at=tomorrow),
        )


async def test_the_longest_waiting_are_due_first(store: Store) -> None:
    async with store.unit_of_work() as uow:
        add = uow.subscriptions.add
        at_nine = await add(a_subscription("cs.A", next_run_at=NOW))
        at_eight = await add(a_subscription("cs.B", next_run_at=NOW - timedelta(hours=1)))
        await add(a_subscription("cs.C", next_run_at=NOW + timedelta(microseconds=1)))
        await add(a_subscription("cs.D", next_run_at=None))
        paused = await add(a_subscription("cs.E"))
        await uow.subscriptions.save(replace(paused, state=SubscriptionState.PAUSED))

        assert await uow.subscriptions.due(NOW, limit=10) == (at_eight, at_nine)
        assert await uow.subscriptions.due(NOW, limit=1) == (at_eight,)


async def test_wanted_categories_are_those_of_active_subscriptions(store: Store) -> None:
    async with store.unit_of_work() as uow:
        edited = await uow.subscriptions.add(a_subscription("cs.OLD", "cs.LG"))
        await uow.subscriptions.save(replace(edited, interests=Interests(("cs.LG", "cs.CL"))))
        await uow.subscriptions.add(a_subscription("cs.CL", "cs.AI", destination=OTHER_CHANNEL))
        paused = await uow.subscriptions.add(a_subscription("math.ST"))
        await uow.subscriptions.save(replace(paused, state=SubscriptionState.PAUSED))

        assert await uow.subscriptions.wanted_categories() == ("cs.AI", "cs.CL", "cs.LG")


async def test_a_channel_never_heard_of_works_and_has_no_defaults(store: Store) -> None:
    async with store.unit_of_work() as uow:
        assert await uow.destinations.state(PAPERS_CHANNEL) == DestinationState()
        assert await uow.destinations.disabled() == ()


async def test_a_channels_defaults_are_kept(store: Store) -> None:
    defaults = SubscriptionChanges(
        interests=InterestChanges(
            terms=(Term("LLM", 2.0),), authors=(), formula=Formula.SEED, cross_lists=False
        ),
        at=time(8, 30),
        weekdays=frozenset({1, 2}),
        timezone="Europe/Berlin",
        threads=False,
    )

    async with store.unit_of_work() as uow:
        await uow.destinations.set_defaults(PAPERS_CHANNEL, SubscriptionChanges(language="de"))
        await uow.destinations.set_defaults(PAPERS_CHANNEL, defaults)

        assert await uow.destinations.state(PAPERS_CHANNEL) == DestinationState(defaults)
        assert await uow.destinations.state(OTHER_CHANNEL) == DestinationState()


async def test_the_subscriptions_of_a_workspace_are_those_of_its_channels_and_no_others(
    store: Store,
) -> None:
    places = ("slack:T1:C2", "slack:T1:C1", "slack:t1:C1", "slack:T11:C1", "discord:T1:C1")
    async with store.unit_of_work() as uow:
        second, first, *_ = [
            await uow.subscriptions.add(a_subscription(destination=Destination.from_key(key)))
            for key in places
        ]
        gone = await uow.subscriptions.add(a_subscription("cs.LG", destination=second.destination))
        await uow.subscriptions.remove(gone)

        assert await uow.subscriptions.of_workspace("slack", "T1") == (first, second)
        assert await uow.subscriptions.of_workspace("slack", "T_") == ()


async def test_only_the_first_refusal_of_a_channel_is_news(store: Store) -> None:
    async with store.unit_of_work() as uow:
        channels = uow.destinations

        assert await channels.disable(PAPERS_CHANNEL, code="forbidden", reason="No.", now=NOW)
        assert not await channels.disable(PAPERS_CHANNEL, code="forbidden", reason="No.", now=NOW)
        await channels.enable(PAPERS_CHANNEL)
        assert await channels.disable(PAPERS_CHANNEL, code="forbidden", reason="No.", now=NOW)


async def test_a_disabled_channel_keeps_its_reason_and_comes_back_with_its_defaults(
    store: Store,
) -> None:
    defaults = SubscriptionChanges(language="de")

    async with store.unit_of_work() as uow:
        channels = uow.destinations
        await channels.set_defaults(PAPERS_CHANNEL, defaults)
        for code, hours in (("not_in_channel", 0), ("channel_is_archived", 1)):
            await channels.disable(
                PAPERS_CHANNEL, code=code, reason="Invite me.", now=NOW + timedelta(hours=hours)
            )
        refusing = DestinationState(defaults, "channel_is_archived", "Invite me.", NOW)
        assert await channels.state(PAPERS_CHANNEL) == refusing
        assert await channels.disabled() == ((PAPERS_CHANNEL, refusing),)

        await channels.enable(PAPERS_CHANNEL)
        await channels.enable(OTHER_CHANNEL)
        assert await channels.state(PAPERS_CHANNEL) == DestinationState(defaults)
        assert await channels.disabled() == ()
