"""What the core asks of the outside, in the core's own words: one Protocol each."""

from bot.ports.announcements import FeedCheck, FeedRepository, PaperRepository
from bot.ports.arxiv import (
    FeedReading,
    FeedSource,
    FullText,
    FullTextSource,
    Pace,
    PaperSource,
    SlotStore,
)
from bot.ports.channels import (
    DestinationRepository,
    DestinationState,
    FeedLinkRepository,
    SubscriptionRepository,
    SubscriptionStep,
    ThumbRepository,
)
from bot.ports.clock import Clock
from bot.ports.examining import Examination
from bot.ports.memory import Housekeeping, UnitOfWork, UnitOfWorkFactory
from bot.ports.models import Embedder, QuestionAnswerer, Summarizer
from bot.ports.pages import DayStore
from bot.ports.platforms import Messenger, Renderer, Teller
from bot.ports.posting import DigestRecord, DigestRepository, OutboxRepository
from bot.ports.reading import BudgetRepository, SummaryFailure, SummaryRepository, SummaryTurn
from bot.ports.vectors import Vector, VectorRepository
from bot.ports.work import NO_TELEMETRY, JobQueue, Progress, SilentTelemetry, Telemetry, no_progress

__all__ = [
    "NO_TELEMETRY",
    "BudgetRepository",
    "Clock",
    "DayStore",
    "DestinationRepository",
    "DestinationState",
    "DigestRecord",
    "DigestRepository",
    "Embedder",
    "Examination",
    "FeedCheck",
    "FeedLinkRepository",
    "FeedReading",
    "FeedRepository",
    "FeedSource",
    "FullText",
    "FullTextSource",
    "Housekeeping",
    "JobQueue",
    "Messenger",
    "OutboxRepository",
    "Pace",
    "PaperRepository",
    "PaperSource",
    "Progress",
    "QuestionAnswerer",
    "Renderer",
    "SilentTelemetry",
    "SlotStore",
    "SubscriptionRepository",
    "SubscriptionStep",
    "Summarizer",
    "SummaryFailure",
    "SummaryRepository",
    "SummaryTurn",
    "Telemetry",
    "Teller",
    "ThumbRepository",
    "UnitOfWork",
    "UnitOfWorkFactory",
    "Vector",
    "VectorRepository",
    "no_progress",
]
