"""Budgets of a language model: who pays, how much there is, and what is said when it is spent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.subscriptions import Destination
from bot.errors import TransientError


@dataclass(frozen=True, slots=True)
class Payer:
    """Whose budgets a model call is taken from."""

    workspace: str  # "slack:T1"
    user: str | None = None  # within the workspace; None for a digest, which nobody asked for

    @classmethod
    def of(cls, destination: Destination, user_id: str | None = None) -> Payer:
        """The workspace of a channel, and whoever asked there."""
        return cls(f"{destination.platform}:{destination.workspace_id}", user_id)

    @property
    def workspace_budget(self) -> str:
        """What its tokens are counted under."""
        return f"tokens/{self.workspace}"

    @property
    def user_budget(self) -> str | None:
        """What a person's calls are counted under."""
        return None if self.user is None else f"calls/{self.workspace}/{self.user}"


@dataclass(frozen=True, slots=True)
class BudgetLimits:
    """How much may be spent; 0 is nothing at all."""

    tokens_per_workspace_and_day: int
    calls_per_user_and_hour: int


class BudgetSpentError(TransientError):
    """Nothing is left until the next period begins; nothing was asked of the model."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message, retry_after=retry_after, may_have_acted=False)


def day_of(now: datetime) -> datetime:
    """When the day of `now` (UTC) began."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def hour_of(now: datetime) -> datetime:
    """When the hour of `now` (UTC) began."""
    return now.replace(minute=0, second=0, microsecond=0)


def tokens_spent(limit: int, now: datetime) -> BudgetSpentError:
    """The error once a workspace's tokens of the day are spent."""
    back_at = day_of(now) + timedelta(days=1)
    sentence = (
        f"Today's budget of {limit:,} tokens is spent: summaries are back at 00:00 UTC."
        if limit
        else "This workspace has no tokens for a model: raise "
        "ai_summary.tokens_per_workspace_and_day."
    )
    return BudgetSpentError(sentence, retry_after=(back_at - now).total_seconds())


def calls_spent(limit: int, now: datetime) -> BudgetSpentError:
    """The error once a person's calls of the hour are spent."""
    back_at = hour_of(now) + timedelta(hours=1)
    calls = "1 question" if limit == 1 else f"{limit:,} questions"
    sentence = (
        f"You have put {calls} to the model this hour: ask again from {back_at:%H:%M} UTC; "
        "summaries that are there already stay free."
        if limit
        else "Nobody may ask the model here: raise ai_summary.calls_per_user_and_hour."
    )
    return BudgetSpentError(sentence, retry_after=(back_at - now).total_seconds())
