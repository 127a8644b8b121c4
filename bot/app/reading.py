"""What reads arXiv and its papers, opened as the settings want it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.arxiv.catalogue import Catalogue
from adapters.arxiv.feed import HttpFeed
from adapters.arxiv.fetching import Fetcher, user_agent
from adapters.arxiv.full_text import FullTexts
from adapters.arxiv.http_errors import Refusals
from adapters.arxiv.pacing import InstallationPace
from adapters.arxiv.text_cache import TextCache
from adapters.llm.extractive import ExtractiveSummarizer
from bot.config import Settings, UploadMode
from bot.domain.budgets import BudgetLimits
from bot.domain.summary import Usage
from bot.ports import (
    NO_TELEMETRY,
    Clock,
    FeedSource,
    Pace,
    SlotStore,
    Telemetry,
    UnitOfWorkFactory,
)
from bot.services.budgets import BudgetService
from bot.services.meanings import MeaningRules, MeaningService
from bot.services.questions import QuestionService
from bot.services.summaries import SummaryRules, SummaryService

if TYPE_CHECKING:
    from adapters.llm.chat_model import ChatModel
    from adapters.llm.embeddings import EmbeddingEndpoint
    from adapters.llm.endpoint import Endpoint

_PROMPT_TOKENS = 1_000  # what a call sends beside the paper, for estimates


@dataclass(frozen=True, slots=True)
class Arxiv:
    """Everything that talks to arXiv, at one pace."""

    feed: FeedSource
    catalogue: Catalogue
    fetcher: Fetcher
    full_texts: FullTexts


@dataclass(frozen=True, slots=True)
class Reading:
    """Whatever reads papers: with a model, or with the abstracts' own sentences."""

    summaries: SummaryService
    questions: QuestionService
    budgets: BudgetService | None  # None where there is no model
    meanings: MeaningService | None  # None where there is no embedding model


def open_arxiv(settings: Settings, *, slots: SlotStore, clock: Clock) -> Arxiv:
    """Make arXiv's adapters as `settings` want them."""
    pace: Pace = InstallationPace(
        slots, clock, spacing_seconds=settings.arxiv.request_spacing_seconds
    )
    refusals = Refusals(clock)
    agent = settings.arxiv.user_agent or user_agent(settings.arxiv.contact or "")
    fetcher = Fetcher(pace=pace, clock=clock, user_agent=agent, refusals=refusals)
    return Arxiv(
        feed=HttpFeed(
            pace=pace,
            clock=clock,
            user_agent=agent,
            base_url=settings.arxiv.feed_url,
            refusals=refusals,
        ),
        catalogue=Catalogue(
            pace=pace,
            clock=clock,
            user_agent=agent,
            api_url=settings.arxiv.api_url,
            refusals=refusals,
        ),
        fetcher=fetcher,
        full_texts=FullTexts(
            fetcher,
            clock=clock,
            base_url=settings.arxiv.site_url,
            cache=TextCache(settings.home / "texts"),
        ),
    )


@asynccontextmanager
async def open_reading(
    settings: Settings,
    *,
    arxiv: Arxiv,
    open_unit: UnitOfWorkFactory,
    clock: Clock,
    telemetry: Telemetry = NO_TELEMETRY,
) -> AsyncIterator[Reading]:
    """Summaries and answers; what is being written when the block ends is given up.

    Raises UserError when the prompt file cannot be used.
    """
    ai = settings.ai_summary
    budgets = BudgetService(
        open_unit=open_unit,
        clock=clock,
        limits=BudgetLimits(
            tokens_per_workspace_and_day=ai.tokens_per_workspace_and_day,
            calls_per_user_and_hour=ai.calls_per_user_and_hour,
        ),
        telemetry=telemetry,
    )
    rules = SummaryRules(
        papers_per_digest=ai.max_papers_to_summarize,
        digest_waits_seconds=ai.digest_waits_seconds,
        concurrent=2 * ai.max_workers,  # one half reads papers while the model writes the other
        tokens_per_paper=ai.tokens_per_paper,
        tokens_beside=ai.max_output_tokens + _PROMPT_TOKENS,
    )
    async with AsyncExitStack() as stack:
        model = _chat_model(settings, clock=clock, budgets=budgets, stack=stack)
        summaries = SummaryService(
            summarizer=model,
            extractor=ExtractiveSummarizer(),
            full_texts=arxiv.full_texts,
            open_unit=open_unit,
            clock=clock,
            budgets=budgets,
            rules=rules,
        )
        stack.push_async_callback(summaries.aclose)
        questions = QuestionService(
            answerer=model, full_texts=arxiv.full_texts, budgets=budgets, rules=rules
        )
        meanings = _meanings(
            settings, open_unit=open_unit, clock=clock, telemetry=telemetry, stack=stack
        )
        yield Reading(summaries, questions, budgets if model else None, meanings)


def _meanings(
    settings: Settings,
    *,
    open_unit: UnitOfWorkFactory,
    clock: Clock,
    telemetry: Telemetry,
    stack: AsyncExitStack,
) -> MeaningService | None:
    if no_embeddings(settings):
        return None
    endpoint = open_embeddings(settings, clock=clock)
    stack.push_async_callback(endpoint.aclose)
    return MeaningService(
        embedder=endpoint,
        open_unit=open_unit,
        clock=clock,
        rules=MeaningRules(
            most_points=settings.embeddings.most_points,
            waits_seconds=settings.embeddings.timeout_seconds,
            batch_size=settings.embeddings.batch_size,
        ),
        telemetry=telemetry,
    )


def _chat_model(
    settings: Settings, *, clock: Clock, budgets: BudgetService, stack: AsyncExitStack
) -> ChatModel | None:
    if no_model(settings):
        return None
    # Imported here: the client takes a second to import, and most commands ask no model.
    from adapters.llm.chat_model import ChatModel  # noqa: PLC0415
    from adapters.llm.prompts import summary_prompt  # noqa: PLC0415

    endpoint = open_endpoint(settings, clock=clock, on_usage=budgets.charge)
    stack.push_async_callback(endpoint.aclose)
    return ChatModel(endpoint, prompt=summary_prompt(settings.ai_summary.prompt_file))


def open_endpoint(
    settings: Settings, *, clock: Clock, on_usage: Callable[[Usage], None] | None = None
) -> Endpoint:
    """The model's endpoint; only where `no_model` has nothing to say."""
    from adapters.llm.endpoint import Endpoint, EndpointSettings  # noqa: PLC0415 - as above

    ai = settings.ai_summary
    return Endpoint(
        EndpointSettings(
            base_url=ai.base_url,
            model=ai.model,
            api_key=ai.api_key.reveal() if ai.api_key else "",
            api_key_name=ai.api_key_env,
            temperature=ai.temperature,
            max_output_tokens=ai.max_output_tokens,
            timeout_seconds=ai.timeout_seconds,
            max_workers=ai.max_workers,
            tokens_per_paper=ai.tokens_per_paper,
            sends_files=ai.upload_mode is UploadMode.FILE,
        ),
        clock=clock,
        on_usage=on_usage,
    )


def no_model(settings: Settings) -> str:
    """How to get a model; "" where there is one."""
    if not settings.ai_summary.enabled:
        return "Set ai_summary.enabled to true in config.json"
    return "" if settings.ai_summary.api_key else f"Set {settings.ai_summary.api_key_env}"


def open_embeddings(settings: Settings, *, clock: Clock) -> EmbeddingEndpoint:
    """The embedding model's endpoint; only where `no_embeddings` has nothing to say."""
    # Imported here for the reason that `_chat_model` has.
    from adapters.llm.embeddings import EmbeddingEndpoint, EmbeddingSettings  # noqa: PLC0415

    given = settings.embeddings
    return EmbeddingEndpoint(
        EmbeddingSettings(
            base_url=given.base_url or settings.ai_summary.base_url,
            model=given.model,
            api_key=given.api_key.reveal() if given.api_key else "",
            api_key_name=given.api_key_env or settings.ai_summary.api_key_env,
            batch_size=given.batch_size,
            timeout_seconds=given.timeout_seconds,
        ),
        clock=clock,
    )


def no_embeddings(settings: Settings) -> str:
    """How to get an embedding model; "" where there is one."""
    if not settings.embeddings.enabled:
        return "set embeddings.enabled to true in config.json"
    if settings.embeddings.api_key:
        return ""
    return f"set {settings.embeddings.api_key_env or settings.ai_summary.api_key_env}"
