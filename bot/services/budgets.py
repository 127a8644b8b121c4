"""What language models may cost: reserved before a call, settled to what was charged after it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.budgets import BudgetLimits, Payer, calls_spent, day_of, hour_of, tokens_spent
from bot.domain.summary import Usage
from bot.errors import PermanentError, TransientError
from bot.ports import NO_TELEMETRY, Clock, Telemetry, UnitOfWork, UnitOfWorkFactory

_KEPT = timedelta(days=2)  # longer than any period


@dataclass(slots=True)
class _Tally:
    """What was charged within one `spending`."""

    usage: Usage = field(default_factory=Usage)


class BudgetService:
    """Tokens of a workspace in a day, calls of a person in an hour; both in UTC.

    They live in the database, so that all processes and restarts share them. Whoever asks while
    something is left may exceed the rest by one call.
    """

    def __init__(
        self,
        *,
        open_unit: UnitOfWorkFactory,
        clock: Clock,
        limits: BudgetLimits,
        telemetry: Telemetry = NO_TELEMETRY,
    ) -> None:
        self._open_unit = open_unit
        self._clock = clock
        self._limits = limits
        self._telemetry = telemetry
        # Each task that spends sees its own tally, however many spend at once.
        self._tally: ContextVar[_Tally | None] = ContextVar("tally", default=None)
        self._tidied_on: datetime | None = None

    def charge(self, usage: Usage) -> None:
        """Count what an endpoint charged, useful or not; told by whoever called it."""
        if tally := self._tally.get():
            tally.usage += usage
        self._telemetry.count("model_calls", usage.calls, outcome="charged")
        self._telemetry.count("model_tokens", usage.prompt_tokens, direction="sent")
        self._telemetry.count("model_tokens", usage.completion_tokens, direction="received")

    async def check(self, payer: Payer) -> None:
        """Return when something is left. Raises BudgetSpentError."""
        now = self._clock.now()
        async with self._open_unit() as unit:
            tokens = await unit.budgets.spent(payer.workspace_budget, period=day_of(now))
            calls = (
                await unit.budgets.spent(payer.user_budget, period=hour_of(now))
                if payer.user_budget
                else None
            )
        if calls is not None and calls >= self._limits.calls_per_user_and_hour:
            raise calls_spent(self._limits.calls_per_user_and_hour, now)
        if tokens >= self._limits.tokens_per_workspace_and_day:
            raise tokens_spent(self._limits.tokens_per_workspace_and_day, now)

    @asynccontextmanager
    async def spending(self, payer: Payer, *, tokens: int) -> AsyncIterator[None]:
        """Pay for the model calls made inside: `tokens`, an estimate, until they are counted.

        Raises BudgetSpentError before anything is called. What was charged is paid whether the
        calls were of use or not; a crash leaves the estimate paid.
        """
        now = self._clock.now()
        await self._reserve(payer, tokens, now)
        tally = _Tally()
        before = self._tally.set(tally)
        try:
            yield
        except (TransientError, PermanentError):
            self._telemetry.count("model_calls", outcome="failed")
            raise
        finally:
            self._tally.reset(before)
            # Whoever is cancelled here has still been charged.
            await asyncio.shield(self._settle(payer, tokens, tally.usage, now))

    async def line(self, workspace: str) -> str:
        """How the day's tokens stand, in one sentence."""
        payer = Payer(workspace)
        async with self._open_unit() as unit:
            spent = await unit.budgets.spent(
                payer.workspace_budget, period=day_of(self._clock.now())
            )
        limit = self._limits.tokens_per_workspace_and_day
        if spent >= limit:
            return str(tokens_spent(limit, self._clock.now()))
        return f"{spent:,} of today's {limit:,} model tokens are spent."

    async def _reserve(self, payer: Payer, tokens: int, now: datetime) -> None:
        calls, day = self._limits.calls_per_user_and_hour, day_of(now)
        limit = self._limits.tokens_per_workspace_and_day
        async with self._open_unit() as unit:
            if payer.user_budget and not await unit.budgets.spend(
                payer.user_budget, 1, period=hour_of(now), limit=calls
            ):
                raise calls_spent(calls, now)
            if not await unit.budgets.spend(
                payer.workspace_budget, tokens, period=day, limit=limit
            ):
                raise tokens_spent(limit, now)
            await self._tidy(unit, day)
            await unit.commit()

    async def _settle(self, payer: Payer, reserved: int, usage: Usage, now: datetime) -> None:
        """In the periods of the reservation, even if another day has begun meanwhile."""
        async with self._open_unit() as unit:
            await unit.budgets.spend(
                payer.workspace_budget, usage.total_tokens - reserved, period=day_of(now)
            )
            if payer.user_budget and not usage.calls:
                await unit.budgets.spend(payer.user_budget, -1, period=hour_of(now))
            await unit.commit()

    async def _tidy(self, unit: UnitOfWork, day: datetime) -> None:
        if self._tidied_on != day:
            await unit.budgets.forget(before=day - _KEPT)
            self._tidied_on = day
