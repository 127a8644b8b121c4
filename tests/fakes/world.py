"""The core with everything outside it faked: memory, clock, feed, catalogue, terminal text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from rich.text import Text

from adapters.llm.extractive import ExtractiveSummarizer
from adapters.terminal.render import TerminalRenderer
from bot.command_text import parse_command
from bot.domain.commands import Actor, Reply
from bot.domain.interests import Interests
from bot.domain.outbox import MessageRef, OutboxMessage
from bot.domain.papers import Announcement, AnnounceType, ArxivId, Paper
from bot.domain.subscriptions import Destination, Schedule
from bot.domain.summary import SummarySource
from bot.domain.verbs import help_text
from bot.errors import PermanentError, TransientError, UserError
from bot.ports import FeedReading, FullText
from bot.services.delivery import DeliveryService
from bot.services.desk import Desk, DeskRules, Library
from bot.services.digests import DigestService
from bot.services.explaining import ExplainingService
from bot.services.feed_links import FeedLinkService
from bot.services.ingest import IngestService
from bot.services.questions import QuestionService
from bot.services.rarity import RarityService
from bot.services.similar import SimilarService
from bot.services.subscribing import SubscribingService, SubscriptionDefaults
from bot.services.summaries import SummaryService
from bot.services.thumbs import ThumbService
from bot.services.trying import TryingService
from tests.fakes.clock import FrozenClock
from tests.fakes.memory import MemoryDatabase

WEDNESDAY = datetime(2026, 1, 21, 7, 0, tzinfo=UTC)
CHANNEL = Destination("terminal", "local", "terminal")


def paper(arxiv_id: str, title: str, *, category: str = "cs.CL", abstract: str = "") -> Paper:
    return Paper(
        arxiv_id=arxiv_id,
        version=1,
        title=title,
        abstract=abstract or f"We study {title.lower()}.",
        authors=("Ada Example",),
        categories=(category,),
    )


def new(one: Paper, on: date) -> Announcement:
    return Announcement(one, AnnounceType.NEW, on)


class FakeFeed:
    """Gives `papers` as announced on `day`, or fails with `error`."""

    def __init__(self) -> None:
        self.papers: Sequence[Paper] = ()
        self.day = WEDNESDAY.date()
        self.error: TransientError | PermanentError | None = None
        self.asked: list[tuple[str, ...]] = []

    async def read(self, categories: Sequence[str], *, etag: str | None = None) -> FeedReading:
        del etag
        self.asked.append(tuple(categories))
        if self.error:
            raise self.error
        return FeedReading(tuple(new(one, self.day) for one in self.papers), self.day)


class FakeCatalogue:
    """Knows `papers`."""

    def __init__(self) -> None:
        self.papers: dict[str, Paper] = {}

    async def get(self, paper: ArxivId) -> Paper:
        if paper.value not in self.papers:
            raise UserError(f"arXiv has no paper {paper.value}.")
        return self.papers[paper.value]

    async def search(self, query: str, *, limit: int) -> tuple[Paper, ...]:
        return tuple(one for one in self.papers.values() if query in one.title)[:limit]

    async def submitted_between(
        self, categories: Sequence[str], start: datetime, end: datetime
    ) -> tuple[Paper, ...]:
        del categories, start, end
        return ()


class FakeFullTexts:
    """Every paper's abstract."""

    async def read(self, paper: Paper) -> FullText:
        return FullText(SummarySource.ABSTRACT, paper.abstract)


class FakeMessenger:
    """Keeps what was sent, as plain text."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def send(self, message: OutboxMessage) -> MessageRef:
        self.sent.append(Text.from_markup(json.loads(message.payload)["markup"]).plain)
        return MessageRef(message.destination.channel_id, str(len(self.sent)))

    async def find_sent(self, message: OutboxMessage) -> MessageRef | None:
        del message
        return None


class World:
    """`await world.ask("subscribe cs.CL")`, as somebody in the channel would."""

    def __init__(self, *, only_managers_change: bool = True, no_embeddings: str = "") -> None:
        self.clock = FrozenClock(WEDNESDAY)
        self.feed = FakeFeed()
        self.catalogue = FakeCatalogue()
        self.messenger = FakeMessenger()
        self.database = MemoryDatabase()
        open_unit = self.database.unit_of_work
        rarity = RarityService(open_unit=open_unit, clock=self.clock)
        self.summaries = summaries = SummaryService(
            summarizer=None,
            extractor=ExtractiveSummarizer(),
            full_texts=FakeFullTexts(),
            open_unit=open_unit,
            clock=self.clock,
        )
        self.ingest = IngestService(feed=self.feed, open_unit=open_unit, clock=self.clock)
        self.digests = DigestService(
            open_unit=open_unit,
            renderers={"terminal": TerminalRenderer()},
            summaries=summaries,
            rarity=rarity,
            clock=self.clock,
        )
        self.delivery = DeliveryService(
            open_unit=open_unit, messengers={"terminal": self.messenger}, clock=self.clock
        )
        self.feed_links = FeedLinkService(open_unit=open_unit, public_url="https://papers.example")
        self.desk = Desk(
            subscribing=SubscribingService(
                open_unit=open_unit,
                clock=self.clock,
                defaults=SubscriptionDefaults(
                    Interests(categories=("cs.LG",), min_score=1.0),
                    Schedule(at=time(9), timezone="UTC"),
                ),
            ),
            explaining=ExplainingService(open_unit=open_unit, rarity=rarity, clock=self.clock),
            digests=self.digests,
            ingest=self.ingest,
            trying=TryingService(open_unit=open_unit, rarity=rarity),
            library=Library(
                catalogue=self.catalogue,
                summaries=summaries,
                questions=QuestionService(answerer=None, full_texts=FakeFullTexts()),
                similar=SimilarService(
                    catalogue=self.catalogue, open_unit=open_unit, clock=self.clock
                ),
                thumbs=ThumbService(
                    catalogue=self.catalogue,
                    open_unit=open_unit,
                    clock=self.clock,
                    rarity=rarity,
                ),
                feed_links=self.feed_links,
            ),
            open_unit=open_unit,
            clock=self.clock,
            help_text=lambda verb: help_text(verb, prefix="papercourier"),
            rules=DeskRules(only_managers_change=only_managers_change, no_embeddings=no_embeddings),
        )

    async def ask(self, line: str, *, may_manage: bool = True, user: str = "user") -> Reply:
        actor = Actor(user, CHANNEL, may_manage=may_manage)
        reply = await self.desk.answer(parse_command(line), actor)
        await self.delivery.deliver_due()
        return reply
