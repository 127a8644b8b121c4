"""What was spent of each budget."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from adapters.database.session import Session
from adapters.database.tables import budgets


class BudgetTable:
    """A `BudgetRepository`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def spent(self, budget: str, *, period: datetime) -> int:
        """What was spent in one period."""
        rows = await self._session.rows(
            sa.select(budgets.c.spent).where(budgets.c.budget == budget, budgets.c.period == period)
        )
        return rows[0].spent if rows else 0

    async def spend(
        self, budget: str, amount: int, *, period: datetime, limit: int | None = None
    ) -> bool:
        """One update that looks and adds, so that no two can both be the last."""
        await self._session.write(
            self._session.insert(budgets)
            .values(budget=budget, period=period, spent=0)
            .on_conflict_do_nothing()
        )
        statement = (
            sa.update(budgets)
            .where(budgets.c.budget == budget, budgets.c.period == period)
            .values(spent=budgets.c.spent + amount)
        )
        if limit is not None:
            statement = statement.where(budgets.c.spent < limit)
        return (await self._session.write(statement)).rowcount > 0

    async def forget(self, *, before: datetime) -> None:
        """Drop old periods."""
        await self._session.write(sa.delete(budgets).where(budgets.c.period < before))
