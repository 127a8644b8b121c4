"""What models may cost."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from bot.domain.budgets import BudgetLimits, BudgetSpentError, Payer
from bot.domain.summary import Usage
from bot.errors import TransientError
from bot.services.budgets import BudgetService
from tests.fakes.clock import FrozenClock
from tests.fakes.memory import MemoryDatabase

ANN = Payer("slack:T1", "ann")
BEN = Payer("slack:T1", "ben")
DIGEST = Payer("slack:T1")
ELSEWHERE = Payer("discord:G1", "ann")


class Budgets:
    """A budget service, its clock and its database."""

    def __init__(self, *, tokens: int = 1_000, calls: int = 2) -> None:
        self.clock = FrozenClock(datetime(2026, 1, 21, 9, 40, tzinfo=UTC))
        self.database = MemoryDatabase()
        self.service = BudgetService(
            open_unit=self.database.unit_of_work,
            clock=self.clock,
            limits=BudgetLimits(tokens, calls),
        )

    async def spend(
        self, payer: Payer, *charged: int, reserved: int = 400, fails: bool = False
    ) -> None:
        async with self.service.spending(payer, tokens=reserved):
            for tokens in charged:
                self.service.charge(Usage(tokens, 0, 1))
            if fails:
                raise TransientError("The model is down.")

    @property
    def all(self) -> dict[tuple[str, datetime], int]:
        return self.database.memory.budgets


async def test_what_was_charged_is_paid_and_not_the_estimate() -> None:
    budgets = Budgets()

    await budgets.spend(ANN, 120, 30)

    assert "150 of today's 1,000 model tokens" in await budgets.service.line("slack:T1")


async def test_while_a_call_is_under_way_its_estimate_is_taken() -> None:
    budgets = Budgets(tokens=400)

    async with budgets.service.spending(DIGEST, tokens=400):
        with pytest.raises(BudgetSpentError):
            await budgets.spend(DIGEST, 10)


async def test_a_spent_day_is_told_in_clear_words_and_over_at_midnight() -> None:
    budgets = Budgets(tokens=2_000_000)
    await budgets.spend(DIGEST, 2_000_000)

    with pytest.raises(BudgetSpentError) as caught:
        await budgets.service.check(DIGEST)

    assert str(caught.value) == (
        "Today's budget of 2,000,000 tokens is spent: summaries are back at 00:00 UTC."
    )
    budgets.clock.advance(seconds=caught.value.retry_after or 0)
    await budgets.spend(DIGEST, 5)


async def test_a_person_s_calls_are_counted_by_the_hour_whatever_others_ask() -> None:
    budgets = Budgets(calls=2)
    await budgets.spend(ANN, 1)
    await budgets.spend(ANN, 1)

    with pytest.raises(BudgetSpentError, match=r"ask again from 10:00 UTC"):
        await budgets.spend(ANN, 1)

    await budgets.spend(BEN, 1)
    await budgets.spend(ELSEWHERE, 1)
    await budgets.spend(DIGEST, 1)
    budgets.clock.advance(seconds=20 * 60)
    await budgets.spend(ANN, 1)


async def test_a_refused_person_takes_nothing_from_the_workspace() -> None:
    budgets = Budgets(calls=1)
    await budgets.spend(ANN, 7)

    with pytest.raises(BudgetSpentError):
        await budgets.spend(ANN, 7)

    assert "7 of today's" in await budgets.service.line("slack:T1")


async def test_workspaces_do_not_pay_for_each_other() -> None:
    budgets = Budgets(tokens=10)
    await budgets.spend(ANN, 10)

    await budgets.service.check(ELSEWHERE)

    with pytest.raises(BudgetSpentError):
        await budgets.service.check(BEN)


async def test_a_call_that_was_not_charged_costs_nobody_anything() -> None:
    budgets = Budgets(calls=1)

    with pytest.raises(TransientError, match="down"):
        await budgets.spend(ANN, fails=True)

    assert set(budgets.all.values()) == {0}


async def test_a_useless_answer_is_paid_for_once() -> None:
    budgets = Budgets()

    with pytest.raises(TransientError, match="down"):
        await budgets.spend(ANN, 100, fails=True)

    assert sorted(budgets.all.values()) == [1, 100]


async def test_those_who_spend_at_once_pay_each_for_their_own_calls() -> None:
    budgets = Budgets()

    await asyncio.gather(budgets.spend(ANN, 3), budgets.spend(ELSEWHERE, 50))

    assert "3 of today's" in await budgets.service.line("slack:T1")
    assert "50 of today's" in await budgets.service.line("discord:G1")


async def test_a_call_that_ends_after_midnight_is_paid_from_the_day_it_began_in() -> None:
    budgets = Budgets()

    async with budgets.service.spending(DIGEST, tokens=400):
        budgets.service.charge(Usage(300, 0, 1))
        budgets.clock.advance(days=1)

    assert "0 of today's" in await budgets.service.line("slack:T1")
    assert list(budgets.all.values()) == [300]


async def test_a_budget_of_nothing_says_which_setting_to_raise() -> None:
    budgets = Budgets(tokens=0, calls=0)

    with pytest.raises(BudgetSpentError, match=r"ai_summary\.tokens_per_workspace_and_day"):
        await budgets.service.check(DIGEST)
    with pytest.raises(BudgetSpentError, match=r"ai_summary\.calls_per_user_and_hour"):
        await budgets.service.check(ANN)


async def test_days_long_gone_are_forgotten() -> None:
    budgets = Budgets()
    await budgets.spend(DIGEST, 10)

    budgets.clock.advance(days=4)
    await budgets.spend(DIGEST, 20)

    assert list(budgets.all.values()) == [20]
