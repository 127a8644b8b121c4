"""The composition root: opens what the outside needs and hands it to the services.

The only module of bot/ that imports adapters/.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from adapters.arxiv.catalogue import Catalogue
from adapters.arxiv.feed import HttpFeed
from adapters.arxiv.feed_files import FeedFiles, read_feed_files
from adapters.arxiv.feed_xml import MAX_FEED_BYTES, parse_feed
from adapters.arxiv.fetching import Fetcher, user_agent
from adapters.arxiv.full_text import FullTexts
from adapters.arxiv.http_errors import Refusals
from adapters.arxiv.pacing import InstallationPace, LocalSlots
from adapters.arxiv.sample_day import sample_feed_paths
from adapters.arxiv.text_cache import TextCache
from adapters.database.backup import backup
from adapters.database.engine import Database, open_database
from adapters.llm.extractive import ExtractiveSummarizer
from adapters.scheduling.local import LocalQueue
from adapters.scheduling.loop_watch import LoopWatch
from adapters.scheduling.system_clock import SetClock, SystemClock
from adapters.terminal.client import TerminalClient
from adapters.terminal.file_messenger import FileMessenger
from adapters.terminal.messenger import TerminalMessenger, open_console
from adapters.terminal.progress import TerminalProgress
from adapters.terminal.render import TerminalRenderer, digest_payload
from adapters.web.feeds import digest_rss
from adapters.web.metrics import PrometheusTelemetry
from adapters.web.server import WebServer
from bot.config import Settings, UploadMode, WhoManages
from bot.domain import calendar
from bot.domain.budgets import BudgetLimits
from bot.domain.digest import Digest
from bot.domain.feed_health import PollingRules
from bot.domain.interests import Formula, Interests
from bot.domain.papers import Announcement, AnnounceType
from bot.domain.verbs import help_text
from bot.errors import UserError
from bot.ports import (
    NO_TELEMETRY,
    Clock,
    FeedReading,
    FeedSource,
    Messenger,
    Pace,
    Renderer,
    SlotStore,
    Telemetry,
    UnitOfWorkFactory,
)
from bot.services.budgets import BudgetService
from bot.services.catching_up import CatchingUpService
from bot.services.delivery import DeliveryService
from bot.services.desk import Desk, DeskRules, Library
from bot.services.digests import DigestService
from bot.services.explaining import ExplainingService
from bot.services.ingest import IngestService
from bot.services.one_digest import compose_once, joined
from bot.services.planning import PlanningService
from bot.services.publishing import digest_json, digest_markdown
from bot.services.questions import QuestionService
from bot.services.rarity import RarityService
from bot.services.running import RunningRules, RunningService
from bot.services.sending import DeliveryRules
from bot.services.similar import SimilarService
from bot.services.subscribing import SubscribingService, SubscriptionDefaults
from bot.services.summaries import SummaryRules, SummaryService

if TYPE_CHECKING:
    from adapters.llm.chat_model import ChatModel

COMMAND = "papercourier"
ARXIV_LISTS = "https://arxiv.org/list"
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


@dataclass(frozen=True, slots=True)
class Platform:
    """How one platform's messages are made and sent."""

    renderer: Renderer
    messenger: Messenger


@dataclass(frozen=True, slots=True)
class App:
    """The services, wired."""

    settings: Settings
    database: Database
    desk: Desk
    ingest: IngestService
    digests: DigestService
    planning: PlanningService
    delivery: DeliveryService
    terminal: TerminalClient


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
        yield Reading(summaries, questions, budgets if model else None)


def _chat_model(
    settings: Settings, *, clock: Clock, budgets: BudgetService, stack: AsyncExitStack
) -> ChatModel | None:
    ai = settings.ai_summary
    if _no_model(settings) or ai.api_key is None:
        return None
    # Imported here: the client takes a second to import, and most commands ask no model.
    from adapters.llm.chat_model import ChatModel  # noqa: PLC0415
    from adapters.llm.endpoint import Endpoint, EndpointSettings  # noqa: PLC0415
    from adapters.llm.prompts import summary_prompt  # noqa: PLC0415

    endpoint = Endpoint(
        EndpointSettings(
            base_url=ai.base_url,
            model=ai.model,
            api_key=ai.api_key.reveal(),
            api_key_name=ai.api_key_env,
            temperature=ai.temperature,
            max_output_tokens=ai.max_output_tokens,
            timeout_seconds=ai.timeout_seconds,
            max_workers=ai.max_workers,
            tokens_per_paper=ai.tokens_per_paper,
            sends_files=ai.upload_mode is UploadMode.FILE,
        ),
        clock=clock,
        on_usage=budgets.charge,
    )
    stack.push_async_callback(endpoint.aclose)
    return ChatModel(endpoint, prompt=summary_prompt(ai.prompt_file))


def _no_model(settings: Settings) -> str:
    """How to get a model; "" where there is one."""
    if not settings.ai_summary.enabled:
        return "Set ai_summary.enabled to true in config.json"
    return "" if settings.ai_summary.api_key else f"Set {settings.ai_summary.api_key_env}"


@asynccontextmanager
async def open_app(
    settings: Settings,
    *,
    feed: FeedSource | None = None,
    clock: Clock | None = None,
    platforms: Mapping[str, Platform] | None = None,
    telemetry: Telemetry = NO_TELEMETRY,
) -> AsyncIterator[App]:
    """The whole bot on its database.

    `feed` and `clock` stand in for the real ones in the demo; `platforms` come beside the
    terminal and text files.

    Raises UserError, TransientError or PermanentError when the database cannot be opened.
    """
    clock = clock or SystemClock()
    _make_home(settings.home)
    async with await open_database(settings.database_url.reveal()) as database:
        arxiv = open_arxiv(settings, slots=database.slots, clock=clock)
        async with open_reading(
            settings,
            arxiv=arxiv,
            open_unit=database.unit_of_work,
            clock=clock,
            telemetry=telemetry,
        ) as reading:
            yield _wire(
                settings,
                database=database,
                arxiv=arxiv,
                reading=reading,
                feed=feed or arxiv.feed,
                clock=clock,
                platforms=platforms or {},
                telemetry=telemetry,
            )


def _make_home(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{home} cannot be made ({error.strerror}): name a folder you may write to in "
            "PAPERCOURIER_HOME."
        ) from error


def _wire(
    settings: Settings,
    *,
    database: Database,
    arxiv: Arxiv,
    reading: Reading,
    feed: FeedSource,
    clock: Clock,
    platforms: Mapping[str, Platform],
    telemetry: Telemetry,
) -> App:
    open_unit = database.unit_of_work
    holidays = frozenset(settings.arxiv.extra_holidays)
    renderer = TerminalRenderer()
    messenger = TerminalMessenger(open_console())
    everywhere = {
        "terminal": Platform(renderer, messenger),
        "file": Platform(renderer, FileMessenger(settings.home / "digests")),
        **platforms,
    }
    renderers = {name: platform.renderer for name, platform in everywhere.items()}
    progress = TerminalProgress(Console(stderr=True))
    rarity = RarityService(open_unit=open_unit, clock=clock)
    summaries = reading.summaries
    digests = DigestService(
        open_unit=open_unit,
        renderers=renderers,
        summaries=summaries,
        rarity=rarity,
        clock=clock,
        extra_holidays=holidays,
        progress=progress,
    )
    planning = PlanningService(
        open_unit=open_unit,
        renderers=renderers,
        summaries=summaries,
        rarity=rarity,
        extra_holidays=holidays,
        telemetry=telemetry,
    )
    polling = PollingRules(
        poll=timedelta(minutes=settings.arxiv.poll_minutes),
        late_after=timedelta(hours=settings.arxiv.late_after_hours),
        extra_holidays=holidays,
    )
    ingest = IngestService(
        feed=feed,
        open_unit=open_unit,
        clock=clock,
        rules=polling,
        catching_up=CatchingUpService(
            papers=arxiv.catalogue,
            open_unit=open_unit,
            clock=clock,
            extra_holidays=holidays,
            telemetry=telemetry,
        ),
        telemetry=telemetry,
    )
    desk = Desk(
        subscribing=SubscribingService(
            open_unit=open_unit, clock=clock, defaults=subscription_defaults(settings)
        ),
        explaining=ExplainingService(
            open_unit=open_unit,
            rarity=rarity,
            clock=clock,
            extra_holidays=holidays,
            late_after=polling.late_after,
        ),
        digests=digests,
        ingest=ingest,
        library=Library(
            catalogue=arxiv.catalogue,
            summaries=summaries,
            questions=reading.questions,
            similar=SimilarService(catalogue=arxiv.catalogue, open_unit=open_unit, clock=clock),
            budgets=reading.budgets,
            progress=progress,
        ),
        open_unit=open_unit,
        clock=clock,
        help_text=lambda verb: help_text(verb, prefix=COMMAND),
        rules=DeskRules(
            only_managers_change=settings.manage_subscriptions is WhoManages.MANAGERS,
            no_model=_no_model(settings),
        ),
    )
    delivery = DeliveryService(
        open_unit=open_unit,
        messengers={name: platform.messenger for name, platform in everywhere.items()},
        clock=clock,
        rules=_delivery_rules(settings),
        telemetry=telemetry,
    )
    return App(
        settings=settings,
        database=database,
        desk=desk,
        ingest=ingest,
        digests=digests,
        planning=planning,
        delivery=delivery,
        terminal=TerminalClient(
            desk=desk,
            delivery=delivery,
            renderer=renderer,
            messenger=messenger,
            progress=progress,
            language=settings.language,
        ),
    )


def _delivery_rules(settings: Settings) -> DeliveryRules:
    return DeliveryRules(
        concurrent_sends=settings.delivery.concurrent_sends,
        per_platform_per_second=settings.delivery.per_platform_per_second,
        per_channel_seconds=settings.delivery.per_channel_seconds,
        give_up_after=timedelta(hours=settings.delivery.give_up_after_hours),
        stale_after=timedelta(days=settings.days_back),
    )


@dataclass(frozen=True, slots=True)
class Service:
    """The bot as a long-running process."""

    queue: LocalQueue
    running: RunningService
    delivery: DeliveryService
    web: WebServer

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`; then finish what is in hand, within seconds."""
        async with self.queue, asyncio.TaskGroup() as group:
            group.create_task(self.running.deliver(stop))
            await stop.wait()
            group.create_task(self.queue.close())


@asynccontextmanager
async def open_service(settings: Settings) -> AsyncIterator[Service]:
    """Everything that `papercourier run` needs, opened.

    Raises UserError when the address for HTTP cannot be had, and what `open_app` raises.
    """
    telemetry = PrometheusTelemetry()
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(open_app(settings, clock=clock, telemetry=telemetry))
        watch = await stack.enter_async_context(LoopWatch(telemetry=telemetry))
        queue = LocalQueue(telemetry=telemetry)
        running = RunningService(
            queue=queue,
            open_unit=bot.database.unit_of_work,
            poll=bot.ingest.poll,
            planner=bot.planning,
            delivery=bot.delivery,
            housekeeping=bot.database.housekeeping,
            clock=clock,
            rules=_running_rules(settings),
            telemetry=telemetry,
        )
        running.register()
        web = WebServer(
            host=settings.web.host,
            port=settings.web.port,
            telemetry=telemetry,
            alive={
                "database": bot.database.check,
                "ticks": running.check_ticks,
                "loop": watch.check,
            },
            ready={"database": bot.database.check, "service": queue.check},
        )
        await stack.enter_async_context(web)
        yield Service(queue=queue, running=running, delivery=bot.delivery, web=web)


def _running_rules(settings: Settings) -> RunningRules:
    return RunningRules(
        patience=timedelta(minutes=settings.schedule.wait_for_feed_minutes),
        keep_papers=timedelta(days=settings.retention.papers_days),
        keep_messages=timedelta(days=settings.retention.outbox_days),
        extra_holidays=frozenset(settings.arxiv.extra_holidays),
    )


def back_up(settings: Settings, target: Path, *, force: bool) -> int:
    """Copy the database to `target`; the copy's size in bytes. Raises as `backup` does."""
    return backup(settings.database_url.reveal(), target, force=force)


def subscription_defaults(settings: Settings) -> SubscriptionDefaults:
    """What a new subscription starts from."""
    return SubscriptionDefaults(
        interests=settings.default_interests(),
        schedule=settings.default_schedule(),
        language=settings.language,
        threads=settings.threads,
        announce_empty=settings.announce_empty,
    )


async def read_feeds(settings: Settings, sources: Sequence[str], *, on: date | None) -> FeedReading:
    """The announcements of files or addresses; of the day `on`, or today's, where none is named.

    Raises UserError, TransientError, PermanentError.
    """
    clock = SystemClock()
    arxiv = open_arxiv(settings, slots=LocalSlots(), clock=clock)
    if sources:
        files = [Path(source) for source in sources if not _is_address(source)]
        readings = [read_feed_files(files)] if files else []
        for source in filter(_is_address, sources):
            answer = await arxiv.fetcher.get(
                source, what=f"The feed at {source}", max_bytes=MAX_FEED_BYTES
            )
            readings.append(parse_feed(answer.body))
        return joined(readings, on=on)
    if on is None:
        return await arxiv.feed.read(settings.categories)
    papers = await arxiv.catalogue.submitted_between(
        settings.categories,
        *calendar.submission_window(on, frozenset(settings.arxiv.extra_holidays)),
    )
    announcements = tuple(Announcement(paper, AnnounceType.NEW, on) for paper in papers)
    return FeedReading(announcements, announced_on=on)


def _is_address(source: str) -> bool:
    return source.startswith(("http://", "https://"))


async def digest_once(
    settings: Settings,
    sources: Sequence[str],
    *,
    on: date | None,
    formula: Formula | None,
) -> tuple[Digest, Interests]:
    """One digest without memory, and the interests it was made for.

    No token is needed and nothing is stored, but for summaries where a model's key is set: then a
    second run asks for none again. Raises as `read_feeds` and `open_app` do.
    """
    interests = settings.default_interests()
    if formula is not None:
        interests = replace(interests, formula=formula)
    reading = await read_feeds(settings, sources, on=on)
    clock = SystemClock()
    compose = partial(
        compose_once, reading, interests, extractor=ExtractiveSummarizer(), now=clock.now()
    )
    if _no_model(settings):
        return await compose(), interests
    _make_home(settings.home)
    async with (
        await open_database(settings.database_url.reveal()) as database,
        open_reading(
            settings,
            arxiv=open_arxiv(settings, slots=database.slots, clock=clock),
            open_unit=database.unit_of_work,
            clock=clock,
        ) as papers,
    ):
        with TerminalProgress(Console(stderr=True)) as progress:
            digest = await compose(
                language=settings.language,
                papers_by_model=papers.summaries.papers_per_digest,
                write=partial(papers.summaries.for_digests, progress=progress),
            )
    return digest, interests


def publish_text(digest: Digest, interests: Interests, *, shape: str) -> str:
    """A digest as "json", "markdown" or "rss"."""
    now = SystemClock().now()
    if shape == "json":
        return digest_json(digest)
    if shape == "markdown":
        return digest_markdown(digest, interests=interests, updated_at=now)
    categories = ", ".join(interests.categories)
    rss = digest_rss(digest, title=f"arXiv papers: {categories}", link=ARXIV_LISTS, built_at=now)
    return rss.decode()


def print_digest(digest: Digest, interests: Interests) -> None:
    """Show a digest on this terminal."""
    TerminalMessenger(open_console()).show(digest_payload(digest, interests.categories))


def say(markup: str) -> None:
    """Print a line of our own on this terminal, with Rich's markup."""
    open_console().print(markup)


@dataclass(frozen=True, slots=True)
class SampleDay:
    """One of the invented days that ship with the project."""

    feed: FeedSource
    clock: Clock  # set to the morning of that day


def sample_days() -> tuple[SampleDay, ...]:
    """The sample days in order, each with a clock that shows its morning."""
    days = []
    for path in sample_feed_paths():
        feed = FeedFiles([path])
        days.append(SampleDay(feed, SetClock(calendar.feed_expected_at(feed.announced_on))))
    return tuple(days)
