"""Planning with everything outside it faked; a digest's messages are the IDs of its papers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from bot.domain.commands import Reply
from bot.domain.digest import Digest
from bot.domain.interests import Interests
from bot.domain.papers import Announcement, AnnounceType, Paper
from bot.domain.subscriptions import EVERY_DAY, Destination, Schedule, Subscription
from bot.domain.summary import Summary, SummarySection, SummarySource
from bot.ports import DigestRecord, FullText, Renderer, UnitOfWork
from bot.services.digests import DigestService
from bot.services.meanings import MeaningRules, MeaningService
from bot.services.planning import PlanningService
from bot.services.rarity import RarityService
from bot.services.summaries import SummaryService
from tests.fakes.clock import FrozenClock
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.memory import MemoryDatabase
from tests.fakes.telemetry import Figures

DAY = date(2026, 1, 21)  # a Wednesday
NINE = datetime(2026, 1, 21, 9, 0, tzinfo=UTC)
PATIENCE = timedelta(hours=2)
DAILY_AT_NINE = Schedule(at=time(9), weekdays=EVERY_DAY, timezone="UTC")


def a_paper(arxiv_id: str, *, category: str = "cs.CL") -> Paper:
    return Paper(
        arxiv_id=arxiv_id,
        version=1,
        title=f"On {arxiv_id}",
        abstract=f"We study {arxiv_id}.",
        authors=("Ada Example",),
        categories=(category,),
    )


class IdRenderer:
    """Digests as JSON with their slot and IDs; of the channels in `broken` it makes nothing."""

    def __init__(self) -> None:
        self.broken: set[str] = set()

    def digest(self, digest: Digest, subscription: Subscription) -> tuple[str, ...]:
        if subscription.destination.channel_id in self.broken:
            raise ValueError("this digest cannot be shown")
        ids = [entry.paper.arxiv_id for entry in digest.entries]
        return (json.dumps({"slot": digest.slot, "papers": ids, "why": digest.silence_reason}),)

    def reply(self, reply: Reply) -> tuple[str, ...]:
        return (reply.text,)


class CountingSummarizer:
    """Short extracts; what was asked for is remembered."""

    prompt = "counting"
    model = "extractive"

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []  # versioned ID, language

    async def summarize(self, paper: Paper, text: FullText, *, language: str) -> Summary:
        self.asked.append((paper.versioned_id, language))
        return Summary(
            arxiv_id=paper.arxiv_id,
            version=paper.version,
            language=language,
            model=self.model,
            prompt=self.prompt,
            source=SummarySource.ABSTRACT,
            sections=(SummarySection("Abstract", text.text),),
        )


class AbstractsOnly:
    """Every paper's abstract."""

    async def read(self, paper: Paper) -> FullText:
        return FullText(SummarySource.ABSTRACT, paper.abstract)


class Planning:
    """A bot that only plans: tests announce, subscribe and look at what came of it."""

    def __init__(self, *, at: datetime = NINE, database: MemoryDatabase | None = None) -> None:
        self.clock = FrozenClock(at)
        self.database = database or MemoryDatabase()
        self.renderer = IdRenderer()
        self.extractor = CountingSummarizer()
        self.figures = Figures()
        self.embedder: FakeEmbedder | None = None
        self.meaning_rules = MeaningRules()
        self.start_again()

    def start_again(self) -> None:
        """As after a restart: only what the database holds is left."""
        open_unit = self.open_unit
        renderers: dict[str, Renderer] = {"log": self.renderer}
        self.summaries = SummaryService(
            summarizer=None,
            extractor=self.extractor,
            full_texts=AbstractsOnly(),
            open_unit=open_unit,
            clock=self.clock,
        )
        rarity = RarityService(open_unit=open_unit, clock=self.clock)
        self.meanings = MeaningService(
            embedder=self.embedder,
            open_unit=open_unit,
            clock=self.clock,
            rules=self.meaning_rules,
            telemetry=self.figures,
        )
        self.planning = PlanningService(
            open_unit=open_unit,
            renderers=renderers,
            summaries=self.summaries,
            rarity=rarity,
            telemetry=self.figures,
            meanings=self.meanings,
        )
        self.digests = DigestService(
            open_unit=open_unit,
            renderers=renderers,
            summaries=self.summaries,
            rarity=rarity,
            clock=self.clock,
            meanings=self.meanings,
        )

    def open_unit(self) -> UnitOfWork:
        return self.database.unit_of_work()

    async def announce(self, *ids: str, on: date = DAY, category: str = "cs.CL") -> None:
        papers = [a_paper(each, category=category) for each in ids]
        async with self.open_unit() as unit:
            await unit.papers.add_announcements(
                [Announcement(each, AnnounceType.NEW, on) for each in papers],
                seen_at=self.clock.now(),
            )
            await unit.commit()

    async def subscribe(
        self,
        channel: str = "C1",
        *,
        interests: Interests | None = None,
        schedule: Schedule = DAILY_AT_NINE,
        due_at: datetime = NINE,
        **more: object,
    ) -> Subscription:
        fresh = Subscription(
            number=0,
            destination=Destination("log", "local", channel),
            interests=interests or Interests(categories=("cs.CL",)),
            created_at=self.clock.now(),
            schedule=schedule,
            next_run_at=due_at,
        )
        async with self.open_unit() as unit:
            stored = await unit.subscriptions.add(replace(fresh, **more))  # type: ignore[arg-type] # fields by name
            await unit.commit()
        return stored

    async def save(self, subscription: Subscription) -> None:
        async with self.open_unit() as unit:
            await unit.subscriptions.save(subscription)
            await unit.commit()

    async def plan(self, *, minutes: float = 0) -> int:
        """Plan what is due `minutes` from now."""
        self.clock.advance(seconds=minutes * 60)
        return await self.planning.plan_due(self.clock.now(), patience=PATIENCE)

    async def now(self, subscription: Subscription) -> Subscription:
        """A subscription as it is stored."""
        async with self.open_unit() as unit:
            stored = await unit.subscriptions.get(subscription.id)
        assert stored is not None
        return stored

    def records(self, subscription: Subscription) -> tuple[DigestRecord, ...]:
        """Its digests, oldest first."""
        return self.database.memory.digests.get(subscription.id, ())

    def posted(self, subscription: Subscription) -> list[list[str]]:
        """The papers of its digests, oldest first."""
        return [
            [entry.paper.arxiv_id for entry in record.digest.entries]
            for record in self.records(subscription)
        ]

    def slots(self, subscription: Subscription) -> list[str]:
        return [record.digest.slot for record in self.records(subscription)]

    def messages(self, channel: str = "C1") -> list[str]:
        """What waits to be sent to a channel."""
        return [
            posting.message.payload
            for posting in self.database.memory.outbox.values()
            if posting.message.destination.channel_id == channel
        ]


def channels(count: int) -> Sequence[str]:
    return [f"C{number}" for number in range(1, count + 1)]
