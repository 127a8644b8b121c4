"""The whole bot on its database: every service with what it needs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from adapters.database.engine import Database, open_database
from adapters.scheduling.system_clock import SystemClock
from adapters.terminal.client import TerminalClient
from adapters.terminal.file_messenger import FileMessenger
from adapters.terminal.messenger import TerminalMessenger, open_console
from adapters.terminal.progress import TerminalProgress
from adapters.terminal.render import TerminalRenderer
from bot.app.reading import Arxiv, Reading, no_embeddings, no_model, open_arxiv, open_reading
from bot.app.webhooks import open_webhooks
from bot.config import Settings, WhoManages
from bot.domain.feed_health import PollingRules
from bot.domain.outbox import Share
from bot.domain.verbs import help_text
from bot.errors import UserError
from bot.ports import (
    NO_TELEMETRY,
    Clock,
    FeedSource,
    Messenger,
    Renderer,
    Telemetry,
    Teller,
)
from bot.services.catching_up import CatchingUpService
from bot.services.delivery import DeliveryService
from bot.services.desk import Desk, DeskRules, Library
from bot.services.digests import DigestService
from bot.services.explaining import ExplainingService
from bot.services.feed_links import FeedLinkService
from bot.services.ingest import IngestService
from bot.services.meanings import MeaningService
from bot.services.planning import PlanningService
from bot.services.rarity import RarityService
from bot.services.refusals import RefusalService
from bot.services.sending import DeliveryRules
from bot.services.similar import SimilarService
from bot.services.subscribing import SubscribingService, SubscriptionDefaults
from bot.services.summaries import SummaryService
from bot.services.thumbs import ThumbService
from bot.services.trying import TryingService

COMMAND = "papercourier"
_OVER_CEILING = 1.06  # of a lane's own pace, where its messenger's is the one that counts


@dataclass(frozen=True, slots=True)
class Platform:
    """How one platform's messages are made and sent."""

    renderer: Renderer
    messenger: Messenger
    teller: Teller | None = None  # None where nobody can be written to alone


@dataclass(frozen=True, slots=True)
class App:
    """The services, wired."""

    settings: Settings
    database: Database
    desk: Desk
    ingest: IngestService
    digests: DigestService
    summaries: SummaryService
    meanings: MeaningService | None
    planning: PlanningService
    delivery: DeliveryService
    refusals: RefusalService
    terminal: TerminalClient


@asynccontextmanager
async def open_app(
    settings: Settings,
    *,
    feed: FeedSource | None = None,
    clock: Clock | None = None,
    database: Database | None = None,
    platforms: Mapping[str, Platform] | None = None,
    telemetry: Telemetry = NO_TELEMETRY,
    watched: Sequence[str] = (),
) -> AsyncIterator[App]:
    """The whole bot on its database.

    `feed` and `clock` stand in for the real ones in the demo; `database` is one that is open
    already, and stays so; `platforms` come beside the terminal, text files and webhooks;
    `watched` are categories to look at whether or not somebody subscribed to them.

    Raises UserError, TransientError or PermanentError when the database cannot be opened.
    """
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        if database is None:
            make_home(settings.home)
            database = await stack.enter_async_context(
                await open_database(settings.database_url.reveal())
            )
        arxiv = open_arxiv(settings, slots=database.slots, clock=clock)
        async with open_reading(
            settings,
            arxiv=arxiv,
            open_unit=database.unit_of_work,
            clock=clock,
            telemetry=telemetry,
        ) as reading:
            webhooks = await stack.enter_async_context(open_webhooks(settings))
            posting = {name: Platform(*webhook) for name, webhook in webhooks.items()}
            yield _wire(
                settings,
                database=database,
                arxiv=arxiv,
                reading=reading,
                feed=feed or arxiv.feed,
                clock=clock,
                platforms={**posting, **(platforms or {})},
                telemetry=telemetry,
                watched=watched,
            )


def make_home(home: Path) -> None:
    """Make the installation's folder. Raises UserError where that is not allowed."""
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
    watched: Sequence[str],
) -> App:
    open_unit = database.unit_of_work
    holidays = frozenset(settings.arxiv.extra_holidays)
    renderer = TerminalRenderer(command=COMMAND)
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
        is_diverse=settings.scoring.diversity,
        meanings=reading.meanings,
    )
    planning = PlanningService(
        open_unit=open_unit,
        renderers=renderers,
        summaries=summaries,
        rarity=rarity,
        extra_holidays=holidays,
        telemetry=telemetry,
        is_diverse=settings.scoring.diversity,
        meanings=reading.meanings,
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
            watched=watched,
        ),
        telemetry=telemetry,
        watched=watched,
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
            is_diverse=settings.scoring.diversity,
            meanings=reading.meanings,
        ),
        digests=digests,
        ingest=ingest,
        trying=TryingService(
            open_unit=open_unit,
            rarity=rarity,
            is_diverse=settings.scoring.diversity,
            meanings=reading.meanings,
        ),
        library=Library(
            catalogue=arxiv.catalogue,
            summaries=summaries,
            questions=reading.questions,
            similar=SimilarService(catalogue=arxiv.catalogue, open_unit=open_unit, clock=clock),
            thumbs=ThumbService(
                catalogue=arxiv.catalogue, open_unit=open_unit, clock=clock, rarity=rarity
            ),
            budgets=reading.budgets,
            progress=progress,
            feed_links=FeedLinkService(open_unit=open_unit, public_url=settings.web.public_url),
        ),
        open_unit=open_unit,
        clock=clock,
        help_text=lambda verb: help_text(verb, prefix=""),
        rules=DeskRules(
            only_managers_change=settings.manage_subscriptions is WhoManages.MANAGERS,
            no_model=no_model(settings),
            no_embeddings=no_embeddings(settings),
        ),
    )
    delivery = DeliveryService(
        open_unit=open_unit,
        messengers={name: platform.messenger for name, platform in everywhere.items()},
        clock=clock,
        rules=_delivery_rules(settings),
        platform_rules=_platform_rules(settings),
        telemetry=telemetry,
        tellers={
            name: platform.teller
            for name, platform in everywhere.items()
            if platform.teller is not None
        },
    )
    return App(
        settings=settings,
        database=database,
        desk=desk,
        ingest=ingest,
        digests=digests,
        summaries=summaries,
        meanings=reading.meanings,
        planning=planning,
        delivery=delivery,
        refusals=delivery.refusals,
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


def _platform_rules(settings: Settings) -> dict[str, DeliveryRules]:
    """Slack counts by workspace, Discord by bot, over all processes that share its servers."""
    rules = _delivery_rules(settings)
    share = discord_share(settings)
    return {
        "slack": replace(
            rules,
            per_platform_per_second=settings.delivery.slack_per_second,
            per_workspace_per_second=settings.delivery.slack_per_workspace_per_second,
        ),
        "discord": replace(
            rules,
            # Its messenger holds the ceiling over all its calls; here the flow is only kept even.
            per_platform_per_second=settings.delivery.discord_per_second
            * (share.part if share else 1)
            * _OVER_CEILING,
            share=share,
        ),
    }


def discord_share(settings: Settings) -> Share | None:
    """The servers whose shards are this process's; None where all are."""
    discord = settings.discord
    if discord.shard_ids is None or discord.shard_count is None:
        return None
    return Share(discord.shard_ids, discord.shard_count)


def subscription_defaults(settings: Settings) -> SubscriptionDefaults:
    """What a new subscription starts from."""
    return SubscriptionDefaults(
        interests=settings.default_interests(),
        schedule=settings.default_schedule(),
        language=settings.language,
        threads=settings.threads,
        announce_empty=settings.announce_empty,
    )
