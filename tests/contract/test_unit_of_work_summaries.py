"""Summaries, whose turn it is to write one, and budgets."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.summary import Summary
from bot.ports import SummaryFailure, SummaryTurn
from tests.contract.conftest import Store, Stores
from tests.contract.samples import NOW, a_paper, a_summary

KEY = a_summary().key
LEASE_SECONDS = 60
FAILURE = SummaryFailure(
    "The model is in trouble: try again in a few minutes.",
    failures=2,
    failed_at=NOW,
    retry_at=NOW + timedelta(minutes=5),
)
DAY = NOW.replace(hour=0)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


async def found(store: Store, summary: Summary) -> Summary | None:
    async with store.unit_of_work() as unit:
        return await unit.summaries.find(
            a_paper(summary.arxiv_id, version=summary.version),
            language=summary.language,
            prompt=summary.prompt,
            model=summary.model,
        )


async def put(store: Store, summary: Summary) -> None:
    async with store.unit_of_work() as unit:
        await unit.summaries.put(summary, created_at=NOW)
        await unit.commit()


async def take(store: Store, holder: str, now: datetime = NOW) -> SummaryTurn:
    async with store.unit_of_work() as unit:
        turn = await unit.summaries.take_turn(
            KEY, holder=holder, now=now, lease_seconds=LEASE_SECONDS
        )
        await unit.commit()
        return turn


async def fail(store: Store, holder: str, failure: SummaryFailure = FAILURE) -> None:
    async with store.unit_of_work() as unit:
        await unit.summaries.fail(KEY, holder=holder, failure=failure)
        await unit.commit()


# --- summaries ------------------------------------------------------------------------------


async def test_a_summary_is_found_under_its_whole_key_only(store: Store) -> None:
    summary = a_summary()

    await put(store, summary)

    assert await found(store, summary) == summary
    for other in (
        replace(summary, version=2),
        replace(summary, language="en"),
        replace(summary, prompt="default-2"),
        replace(summary, model="another-model"),
    ):
        assert await found(store, other) is None


async def test_of_two_summaries_of_one_key_the_first_stays(store: Store) -> None:
    await put(store, a_summary(says="First."))

    await put(store, a_summary(says="Second."))

    assert await found(store, a_summary()) == a_summary(says="First.")


# --- turns ----------------------------------------------------------------------------------


async def test_of_many_who_ask_at_once_one_has_the_turn(stores: Stores) -> None:
    turns = await asyncio.gather(
        *(take(store, f"holder-{n}") for n, store in enumerate([stores.ours, stores.theirs] * 4))
    )

    assert sorted(turn.is_ours for turn in turns) == [False] * 7 + [True]
    assert {turn for turn in turns if not turn.is_ours} == {SummaryTurn()}


async def test_a_turn_is_free_again_when_its_lease_has_ended(store: Store) -> None:
    await take(store, "one")

    assert not (await take(store, "two", after(LEASE_SECONDS - 1))).is_ours
    assert (await take(store, "two", after(LEASE_SECONDS))).is_ours


async def test_a_turn_that_is_kept_lasts_longer(store: Store) -> None:
    await take(store, "one")

    async with store.unit_of_work() as unit:
        await unit.summaries.keep_turn(
            KEY, holder="one", now=after(50), lease_seconds=LEASE_SECONDS
        )
        await unit.commit()

    assert not (await take(store, "two", after(LEASE_SECONDS + 1))).is_ours


async def test_who_lost_the_turn_neither_keeps_nor_ends_the_other_s(store: Store) -> None:
    await take(store, "one")
    await take(store, "two", after(LEASE_SECONDS))

    async with store.unit_of_work() as unit:
        await unit.summaries.keep_turn(
            KEY, holder="one", now=after(500), lease_seconds=LEASE_SECONDS
        )
        await unit.summaries.end_turn(KEY, holder="one")
        await unit.summaries.fail(KEY, holder="one", failure=FAILURE)
        await unit.commit()

    assert not (await take(store, "three", after(LEASE_SECONDS + 1))).is_ours
    assert await take(store, "three", after(2 * LEASE_SECONDS)) == SummaryTurn(is_ours=True)


async def test_a_turn_given_back_is_free_at_once(store: Store) -> None:
    await take(store, "one")

    async with store.unit_of_work() as unit:
        await unit.summaries.end_turn(KEY, holder="one")
        await unit.commit()

    assert (await take(store, "two")).is_ours


async def test_nobody_has_the_turn_before_a_failure_may_be_repeated(store: Store) -> None:
    await take(store, "one")
    await fail(store, "one")

    assert await take(store, "two", after(299)) == SummaryTurn(failure=FAILURE)
    assert await take(store, "two", after(300)) == SummaryTurn(is_ours=True, failure=FAILURE)


async def test_once_a_summary_is_there_every_turn_is_over(stores: Stores) -> None:
    await take(stores.ours, "one")
    await fail(stores.ours, "one")
    await take(stores.ours, "one", after(300))

    await put(stores.ours, a_summary())

    assert await take(stores.theirs, "two") == SummaryTurn(summary=a_summary())


# --- budgets --------------------------------------------------------------------------------


async def spend(store: Store, amount: int, *, limit: int | None = None) -> bool:
    async with store.unit_of_work() as unit:
        is_done = await unit.budgets.spend("workspace", amount, period=DAY, limit=limit)
        await unit.commit()
        return is_done


async def spent(store: Store, budget: str = "workspace", period: datetime = DAY) -> int:
    async with store.unit_of_work() as unit:
        return await unit.budgets.spent(budget, period=period)


async def test_what_is_spent_adds_up_and_can_be_given_back(stores: Stores) -> None:
    await spend(stores.ours, 3_000_000_000)
    await spend(stores.theirs, 7)
    await spend(stores.ours, -2)

    assert await spent(stores.theirs) == 3_000_000_005


async def test_each_budget_and_period_counts_for_itself(store: Store) -> None:
    await spend(store, 5)

    assert await spent(store, "another") == 0
    assert await spent(store, period=DAY + timedelta(days=1)) == 0


async def test_who_asks_before_the_limit_may_exceed_it_once(store: Store) -> None:
    assert await spend(store, 9, limit=10)
    assert await spend(store, 9, limit=10)

    assert not await spend(store, 1, limit=10)
    assert await spent(store) == 18


async def test_many_who_spend_at_once_stay_within_the_limit(stores: Stores) -> None:
    done = await asyncio.gather(
        *(spend(store, 1, limit=3) for store in [stores.ours, stores.theirs] * 4)
    )

    assert sorted(done) == [False] * 5 + [True] * 3
    assert await spent(stores.ours) == 3


async def test_nothing_is_spent_without_commit(store: Store) -> None:
    async with store.unit_of_work() as unit:
        await unit.budgets.spend("workspace", 5, period=DAY)

    assert await spent(store) == 0


async def test_old_periods_are_forgotten(store: Store) -> None:
    await spend(store, 5)

    async with store.unit_of_work() as unit:
        await unit.budgets.spend("workspace", 6, period=DAY - timedelta(hours=1))
        await unit.budgets.forget(before=DAY)
        await unit.commit()

    assert await spent(store) == 5
    assert await spent(store, period=DAY - timedelta(hours=1)) == 0
