"""What is remembered of summaries and of what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.papers import Paper
from bot.domain.summary import Summary, SummaryKey


@dataclass(frozen=True, slots=True)
class SummaryFailure:
    """How the last attempt to write a summary ended."""

    reason: str  # one sentence, as the error had it
    failures: int  # in a row, this one included
    failed_at: datetime  # UTC
    retry_at: datetime  # UTC; nobody tries before


@dataclass(frozen=True, slots=True)
class SummaryTurn:
    """Whether one may write a summary now; `is_ours` says so.

    Otherwise it is there (`summary`), or an attempt failed that is not to be repeated yet
    (`failure`), or another process is writing it (neither). With a turn of ours, `failure` is
    the one before.
    """

    is_ours: bool = False
    summary: Summary | None = None
    failure: SummaryFailure | None = None


class SummaryRepository(Protocol):
    """Summaries, one per paper version, language, prompt and model."""

    async def find(self, paper: Paper, *, language: str, prompt: str, model: str) -> Summary | None:
        """The stored summary, if there is one."""
        ...

    async def put(self, summary: Summary, *, created_at: datetime) -> None:
        """Store a summary and end the turn; the first one stays when two were written at once."""
        ...

    async def take_turn(
        self, key: SummaryKey, *, holder: str, now: datetime, lease_seconds: float
    ) -> SummaryTurn:
        """Ask to write the summary `key`. Atomic: of many who ask at once one has the turn.

        It lasts until `put`, `fail`, `end_turn` or the end of the lease.
        """
        ...

    async def keep_turn(
        self, key: SummaryKey, *, holder: str, now: datetime, lease_seconds: float
    ) -> None:
        """Let the lease run `lease_seconds` from `now`, if the turn is still `holder`'s."""
        ...

    async def end_turn(self, key: SummaryKey, *, holder: str) -> None:
        """Give `holder`'s turn back with nothing written and nothing learned."""
        ...

    async def fail(self, key: SummaryKey, *, holder: str, failure: SummaryFailure) -> None:
        """End `holder`'s turn and remember how; nothing happens when it is another's by now."""
        ...


class BudgetRepository(Protocol):
    """What was spent of each budget in each of its periods."""

    async def spent(self, budget: str, *, period: datetime) -> int:
        """What was spent in the period that began at `period`, UTC."""
        ...

    async def spend(
        self, budget: str, amount: int, *, period: datetime, limit: int | None = None
    ) -> bool:
        """Add `amount`, which may be negative; False, and nothing added, once `limit` is reached.

        Who asks before it is reached may exceed it. Atomic: two who ask at once are one after
        the other.
        """
        ...

    async def forget(self, *, before: datetime) -> None:
        """Drop the periods that began before."""
        ...
