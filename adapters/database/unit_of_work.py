"""One transaction over everything remembered."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self

from adapters.database.budgets import BudgetTable
from adapters.database.destinations import DestinationTable
from adapters.database.digests import DigestTable
from adapters.database.feed_links import FeedLinkTable
from adapters.database.feeds import FeedTable
from adapters.database.outbox import OutboxTable
from adapters.database.papers import PaperTable
from adapters.database.session import Session
from adapters.database.subscriptions import SubscriptionTable
from adapters.database.summaries import SummaryTable
from adapters.database.thumbs import ThumbTable
from adapters.database.vectors import VectorTable
from bot.ports import (
    BudgetRepository,
    DestinationRepository,
    DigestRepository,
    FeedLinkRepository,
    FeedRepository,
    OutboxRepository,
    PaperRepository,
    SubscriptionRepository,
    SummaryRepository,
    ThumbRepository,
    VectorRepository,
)


class DatabaseUnitOfWork:
    """A `UnitOfWork`; `adapters/database/session.py` says what it locks and when."""

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

    def __init__(self, session: Callable[[], AbstractAsyncContextManager[Session]]) -> None:
        self._open = session

    async def __aenter__(self) -> Self:
        self._opened = self._open()
        self._session = await self._opened.__aenter__()
        self.papers = PaperTable(self._session)
        self.subscriptions = SubscriptionTable(self._session)
        self.destinations = DestinationTable(self._session)
        self.digests = DigestTable(self._session)
        self.outbox = OutboxTable(self._session)
        self.summaries = SummaryTable(self._session)
        self.budgets = BudgetTable(self._session)
        self.feeds = FeedTable(self._session)
        self.thumbs = ThumbTable(self._session)
        self.feed_links = FeedLinkTable(self._session)
        self.vectors = VectorTable(self._session)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._opened.__aexit__(kind, error, trace)

    async def commit(self) -> None:
        """Keep everything done so far."""
        await self._session.commit()
