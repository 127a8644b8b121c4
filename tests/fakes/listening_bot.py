"""A bot on a real database that reads a loopback arXiv and posts to a messenger that remembers."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from adapters.arxiv.catalogue import Catalogue
from adapters.arxiv.feed import HttpFeed
from adapters.arxiv.http_errors import Refusals
from adapters.arxiv.pacing import InstallationPace, LocalSlots
from adapters.database.engine import Database, open_database
from adapters.llm.extractive import ExtractiveSummarizer
from bot.domain.commands import Actor, Reply
from bot.domain.digest import Digest
from bot.domain.interests import Interests, Term
from bot.domain.outbox import MessageRef, OutboxMessage
from bot.domain.papers import Announcement, AnnounceType, Paper
from bot.domain.subscriptions import Destination, Subscription
from bot.ports import UnitOfWorkFactory
from bot.services.catching_up import CatchingUpService
from bot.services.delivery import DeliveryService
from bot.services.digests import DigestService, Slot
from bot.services.explaining import ExplainingService
from bot.services.ingest import IngestService
from bot.services.rarity import RarityService
from bot.services.summaries import SummaryService
from tests.fakes.arxiv_server import ArxivServer
from tests.fakes.clock import FrozenClock
from tests.fakes.world import FakeFullTexts

CHANNEL = Destination("log", "local", "papers")


class IdRenderer:
    """A digest is the IDs of its papers."""

    def digest(self, digest: Digest, subscription: Subscription) -> tuple[str, ...]:
        del subscription
        return (" ".join(entry.paper.arxiv_id for entry in digest.entries),)

    def reply(self, reply: Reply) -> tuple[str, ...]:
        return (reply.text,)


@dataclass(slots=True)
class RememberingMessenger:
    """Counts how often each paper was posted."""

    posted: Counter[str] = field(default_factory=Counter)

    async def send(self, message: OutboxMessage) -> MessageRef:
        self.posted.update(message.payload.split())
        return MessageRef(message.destination.channel_id, message.key)

    async def find_sent(self, message: OutboxMessage) -> MessageRef | None:
        del message
        return None


class ListeningBot:
    """Polls as the service does, and has a digest due whenever there is something new."""

    def __init__(self, arxiv: ArxivServer, database: Database, clock: FrozenClock) -> None:
        self.arxiv, self.clock = arxiv, clock
        self.open_unit: UnitOfWorkFactory = database.unit_of_work
        self.messenger = RememberingMessenger()
        self._digests_made = 0
        self.start_again()

    def start_again(self) -> None:
        """As after a crash or a long sleep: only what the database holds is left."""
        pace = InstallationPace(LocalSlots(), self.clock, spacing_seconds=3.0)
        refusals = Refusals(self.clock)
        rarity = RarityService(open_unit=self.open_unit, clock=self.clock)
        self.ingest = IngestService(
            feed=HttpFeed(
                pace=pace,
                clock=self.clock,
                user_agent="papercourier/test",
                base_url=self.arxiv.url,
                refusals=refusals,
                jitter=lambda: 0.5,
            ),
            open_unit=self.open_unit,
            clock=self.clock,
            catching_up=CatchingUpService(
                papers=Catalogue(
                    pace=pace,
                    clock=self.clock,
                    user_agent="papercourier/test",
                    api_url=self.arxiv.url,
                    refusals=refusals,
                    jitter=lambda: 0.5,
                ),
                open_unit=self.open_unit,
                clock=self.clock,
            ),
            jitter=lambda: 0.5,
        )
        self._digests = DigestService(
            open_unit=self.open_unit,
            renderers={"log": IdRenderer()},
            summaries=SummaryService(
                summarizer=None,
                extractor=ExtractiveSummarizer(),
                full_texts=FakeFullTexts(),
                open_unit=self.open_unit,
                clock=self.clock,
            ),
            rarity=rarity,
            clock=self.clock,
        )
        self._explaining = ExplainingService(
            open_unit=self.open_unit, rarity=rarity, clock=self.clock
        )
        self._delivery = DeliveryService(
            open_unit=self.open_unit, messengers={"log": self.messenger}, clock=self.clock
        )

    async def subscribe(self, *categories: str, term: str, days_back: int = 7) -> Interests:
        """Whoever wants every paper with `term`."""
        interests = Interests(
            categories=categories,
            terms=(Term(term),),
            min_score=0.0,
            max_papers=50,
            days_back=days_back,
        )
        async with self.open_unit() as unit:
            await unit.subscriptions.add(
                Subscription(
                    number=0,
                    destination=CHANNEL,
                    interests=interests,
                    created_at=self.clock.now(),
                    next_run_at=self.clock.now(),
                )
            )
            await unit.commit()
        return interests

    async def remember(self, day: date, papers: Sequence[Paper], categories: Sequence[str]) -> None:
        """Have papers in the store as if they had been read on `day`."""
        announced = [
            Announcement(
                each,
                AnnounceType.NEW if each.primary_category in categories else AnnounceType.CROSS,
                day,
            )
            for each in papers
        ]
        async with self.open_unit() as unit:
            await unit.papers.add_announcements(announced, seen_at=self.clock.now())
            await unit.commit()

    async def run_until(self, end: datetime) -> None:
        """Come back whenever told to, post what is new, and once more at the end."""
        at = self.clock.now()
        for _ in range(500):
            if at > end:
                break
            self.clock.move_to(max(at, self.clock.now()))
            before = await self._last_sequence()
            at = await self.ingest.poll()
            if await self._last_sequence() > before:
                await self.post()
        await self.post()
        self.clock.move_to(max(end, self.clock.now()))

    async def post(self) -> Digest:
        """One digest of what is new, delivered."""
        async with self.open_unit() as unit:
            [subscription] = await unit.subscriptions.all()
        self._digests_made += 1
        name = f"test/{self._digests_made}"
        digest = await self._digests.plan(subscription, Slot(name, self.clock.now()))
        assert digest is not None
        await self._delivery.deliver_due()
        return digest

    async def _last_sequence(self) -> int:
        async with self.open_unit() as unit:
            return await unit.papers.last_sequence()

    async def status(self) -> str:
        return await self._explaining.status(Actor("user", CHANNEL))

    async def outcomes(self) -> list[str]:
        """How the looks ended, oldest first."""
        async with self.open_unit() as unit:
            checks = await unit.feeds.latest(limit=1000)
        return [check.outcome for check in checks[::-1]]


@asynccontextmanager
async def listening_bot(
    migrated_sqlite: Path, folder: Path, *, at: datetime
) -> AsyncIterator[ListeningBot]:
    """A bot whose clock shows `at`, and its arXiv."""
    path = folder / "papercourier.db"
    shutil.copy(migrated_sqlite, path)
    clock = FrozenClock(at)
    async with (
        ArxivServer(clock=clock) as arxiv,
        await open_database(f"sqlite:///{path}") as database,
    ):
        yield ListeningBot(arxiv, database, clock)


def submitted(papers: Sequence[Paper], at: datetime) -> list[Paper]:
    """The same papers, submitted at `at`."""
    return [replace(each, submitted_at=at) for each in papers]
