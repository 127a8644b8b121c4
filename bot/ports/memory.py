"""Everything remembered, one transaction at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from bot.ports.announcements import FeedRepository, PaperRepository
from bot.ports.channels import (
    DestinationRepository,
    FeedLinkRepository,
    SubscriptionRepository,
    ThumbRepository,
)
from bot.ports.posting import DigestRepository, OutboxRepository
from bot.ports.reading import BudgetRepository, SummaryRepository
from bot.ports.vectors import VectorRepository


class UnitOfWork(Protocol):
    """One transaction over everything remembered. Nothing is kept without `commit`."""

    papers: PaperRepository
    subscriptions: SubscriptionRepository
    destinations: DestinationRepository
    digests: DigestRepository
    outbox: OutboxRepository
    summaries: SummaryRepository
    budgets: BudgetRepository
    feeds: FeedRepository
    thumbs: ThumbRepository
    feed_links: FeedLinkRepository
    vectors: VectorRepository

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    async def commit(self) -> None:
        """Keep everything done so far."""
        ...


class Housekeeping(Protocol):
    """Forgetting what is old, so that months of service do not fill the disk."""

    async def prune(
        self,
        *,
        papers_before: datetime,
        messages_before: datetime,
        vectors_before: datetime | None = None,
    ) -> Mapping[str, int]:
        """Remove old rows in small portions; how many went, by table.

        Papers with their summaries, digests and looks at the feed from before `papers_before`,
        messages that were sent or given up before `messages_before`, vectors of papers announced
        and sentences first seen before `vectors_before`: they can be had again. What was posted to
        whom is never forgotten, nor a message that still waits.
        """
        ...


UnitOfWorkFactory = Callable[[], UnitOfWork]
