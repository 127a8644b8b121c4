"""Every setting: its type, default, bounds, name in the environment and what it is for.

The declarations are the one table of settings: reading, the Markdown table and the JSON schema
(bot/config.py, bot/config_table.py) all come from them.
"""

# ruff: noqa: RUF009 - `setting` and `section` return dataclass fields, made once at import

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import date, time
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from bot import config_kinds as kinds
from bot.config_values import Kind, Secret
from bot.domain.interests import Formula, Interests, Term
from bot.domain.subscriptions import WEEKDAYS, Schedule

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known of one setting besides its name and its default."""

    kind: Kind[Any]
    about: str
    environment: str | None = None  # a variable that overrides config.json
    in_file: bool = True  # False: only the environment can set it


def setting(default: T, kind: Kind[T], about: str, *, environment: str | None = None) -> T:
    """A dataclass field that config.json can set, and `environment` over it."""
    row = Setting(kind, about, environment)
    return field(default=default, metadata={"setting": row})


def variable(name: str, default: T, kind: Kind[T], about: str) -> T:
    """A dataclass field that only the environment variable `name` can set."""
    row = Setting(kind, about, name, in_file=False)
    return field(default=default, metadata={"setting": row})


def section(cls: type[T], about: str) -> T:
    """A dataclass field that is a group of settings."""
    return field(default_factory=cls, metadata={"section": cls, "about": about})


class WhoManages(StrEnum):
    """Who may change a channel's subscriptions."""

    MANAGERS = "managers"  # whoever the platform lets manage the channel
    MEMBERS = "members"


class UploadMode(StrEnum):
    """How a paper's text reaches the model."""

    TEXT = "text"  # in the prompt
    FILE = "file"  # through the endpoint's files API, as DashScope's qwen-long wants


class LogFormat(StrEnum):
    """How a log line is written."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """The least important events that are logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class ScoringSettings:
    """How papers are scored."""

    formula: Formula = setting(
        Formula.TERMS,
        kinds.choice(Formula),
        "“terms”: whole words, rarer ones worth more. “seed”: substrings, each worth 1.",
    )
    diversity: bool = setting(
        default=True,
        kind=kinds.yes_no(),
        about="Near-duplicates and a third paper of one group give way; never in “seed”.",
    )


@dataclass(frozen=True, slots=True)
class ScheduleSettings:
    """When digests are due."""

    at: time = setting(time(9, 0), kinds.clock_time(), "Time of day, in `schedule.timezone`.")
    on: frozenset[int] = setting(WEEKDAYS, kinds.weekdays(), "Days of the week.")
    timezone: str = setting("UTC", kinds.time_zone(), "Time zone of `schedule.at`.")
    wait_for_feed_minutes: int = setting(
        120,
        kinds.whole(0, 720),
        "How long a due digest waits for a late announcement before it goes out without.",
    )


@dataclass(frozen=True, slots=True)
class AiSummarySettings:
    """Summaries written by a model; without its key the abstract's telling sentences stand in."""

    enabled: bool = setting(
        default=True, kind=kinds.yes_no(), about="Ask a model, when its key is set."
    )
    api_key_env: str = setting(
        "OPENAI_API_KEY",
        kinds.variable_name(),
        "Environment variable that holds the model's key; `NAME_FILE` may name a file instead.",
    )
    base_url: str = setting(
        "https://api.openai.com/v1",
        kinds.web_address(),
        "An OpenAI-compatible endpoint.",
        environment="OPENAI_BASE_URL",
    )
    model: str = setting("gpt-4.1-mini", kinds.text(), "The model's name at that endpoint.")
    prompt_file: Path | None = setting(
        None, kinds.file_name(), "A prompt of your own, relative to config.json's folder."
    )
    max_papers_to_summarize: int = setting(
        10, kinds.whole(0, 50), "Papers of one digest that get a model's summary, best first."
    )
    max_workers: int = setting(3, kinds.whole(1, 32), "Model calls under way at one time.")
    temperature: float = setting(0.2, kinds.number(0, 2), "The model's temperature.")
    max_output_tokens: int = setting(
        1_500, kinds.whole(100, 32_000), "The longest summary, in tokens."
    )
    tokens_per_paper: int = setting(
        24_000, kinds.whole(1_000, 2_000_000), "How much of a paper is sent, in tokens."
    )
    calls_per_user_and_hour: int = setting(
        20, kinds.whole(0, 10_000), "Model calls one person may cause in an hour."
    )
    tokens_per_workspace_and_day: int = setting(
        2_000_000, kinds.whole(0, 1_000_000_000), "Model tokens one workspace may use in a day."
    )
    timeout_seconds: float = setting(
        120.0, kinds.number(1, 1_800), "How long one model call may take."
    )
    digest_waits_seconds: float = setting(
        600.0,
        kinds.number(0, 7_200),
        "How long a digest waits for summaries before it goes out with extracts.",
    )
    upload_mode: UploadMode = setting(
        UploadMode.TEXT,
        kinds.choice(UploadMode),
        "Send the paper in the prompt, or through the endpoint's files API.",
    )
    api_key: Secret | None = None  # read from the variable that `api_key_env` names


@dataclass(frozen=True, slots=True)
class EmbeddingsSettings:
    """What `about:"..."` needs: vectors of papers and sentences, made by an embedding model."""

    enabled: bool = setting(
        default=False,
        kind=kinds.yes_no(),
        about="Let sentences after `about:` find papers near to them in meaning.",
    )
    model: str = setting(
        "text-embedding-3-small", kinds.text(), "The embedding model's name at its endpoint."
    )
    base_url: str | None = setting(
        None,
        kinds.web_address(),
        "An OpenAI-compatible endpoint with `/embeddings`; without it that of `ai_summary`.",
    )
    api_key_env: str | None = setting(
        None,
        kinds.variable_name(),
        "Environment variable that holds its key; without it the one of `ai_summary`.",
    )
    most_points: float = setting(
        3.0, kinds.number(0, 10), "Points of the papers that are nearest to a sentence."
    )
    batch_size: int = setting(64, kinds.whole(1, 2_048), "Texts sent in one call.")
    timeout_seconds: float = setting(
        20.0,
        kinds.number(1, 600),
        "How long a digest waits for vectors before it goes out without those points.",
    )
    api_key: Secret | None = None  # read from the variable that `api_key_env` names


@dataclass(frozen=True, slots=True)
class ArxivSettings:
    """How arXiv is asked."""

    contact: str | None = setting(
        None, kinds.text(), "A mail or web address, told to arXiv with every request."
    )
    user_agent: str | None = setting(
        None, kinds.text(), "Replaces the User-Agent made of name, version and contact."
    )
    request_spacing_seconds: float = setting(
        3.0,
        kinds.number(0, 60),
        "Least time between requests; under 3 only for addresses on this machine.",
    )
    poll_minutes: int = setting(
        15, kinds.whole(5, 240), "How often the feed is read until the day's papers are in."
    )
    late_after_hours: int = setting(
        8,
        kinds.whole(1, 23),
        "Hours after midnight, US Eastern, when a missing announcement becomes a warning.",
    )
    extra_holidays: tuple[date, ...] = setting(
        (), kinds.many(kinds.day()), "Days without an announcement, beyond those built in."
    )
    feed_url: str = variable(
        "ARXIV_FEED_URL",
        "https://rss.arxiv.org",
        kinds.web_address(),
        "Base address of the feeds.",
    )
    api_url: str = variable(
        "ARXIV_API_URL",
        "https://export.arxiv.org",
        kinds.web_address(),
        "Base address of the search API.",
    )
    site_url: str = variable(
        "ARXIV_SITE_URL",
        "https://export.arxiv.org",
        kinds.web_address(),
        "Base address of full texts.",
    )


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """How messages go out."""

    concurrent_sends: int = setting(16, kinds.whole(1, 100), "Messages under way at one time.")
    per_platform_per_second: float = setting(
        20.0,
        kinds.number(0.1, 50),
        "Messages a second to one platform, at most, where it has no rate of its own here.",
    )
    slack_per_second: float = setting(
        50.0, kinds.number(0.1, 1_000), "Messages a second to all of Slack, at most."
    )
    slack_per_workspace_per_second: float = setting(
        5.0, kinds.number(0.1, 50), "Messages a second to one Slack workspace, at most."
    )
    discord_per_second: float = setting(
        50.0,
        kinds.number(0.1, 50),
        "Calls a second to Discord, at most, but for answers to commands; it allows 50.",
    )
    per_channel_seconds: float = setting(
        1.0, kinds.number(0, 60), "Least time between two messages to one channel."
    )
    give_up_after_hours: int = setting(
        24, kinds.whole(1, 240), "How long a message that cannot be sent is tried again."
    )


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """How long things are kept; what was posted is never forgotten."""

    papers_days: int = setting(400, kinds.whole(30, 36_500), "Days that papers are kept.")
    outbox_days: int = setting(
        30, kinds.whole(1, 36_500), "Days that sent and given-up messages are kept."
    )


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What the log says and how."""

    format: LogFormat = setting(
        LogFormat.TEXT,
        kinds.choice(LogFormat),
        "Lines for people or for machines.",
        environment="LOG_FORMAT",
    )
    level: LogLevel = setting(
        LogLevel.INFO,
        kinds.choice(LogLevel),
        "The least important events to log.",
        environment="LOG_LEVEL",
    )


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Health, metrics, feeds and pages over HTTP."""

    host: str = setting("127.0.0.1", kinds.text(), "Address to listen on.", environment="WEB_HOST")
    port: int = setting(
        8080,
        kinds.whole(0, 65_535),
        "Port to listen on; 0 takes a free one.",
        environment="WEB_PORT",
    )
    public_url: str | None = setting(
        None,
        kinds.web_address(),
        "Where people reach the pages and feeds, for the links that `feed` gives.",
        environment="WEB_PUBLIC_URL",
    )


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """Slack, from the environment alone."""

    bot_token: Secret | None = variable(
        "SLACK_BOT_TOKEN", None, kinds.secret(), "The bot's token (xoxb-…)."
    )
    app_token: Secret | None = variable(
        "SLACK_APP_TOKEN", None, kinds.secret(), "The app's token (xapp-…) for Socket Mode."
    )
    signing_secret: Secret | None = variable(
        "SLACK_SIGNING_SECRET", None, kinds.secret(), "Verifies what Slack sends over HTTP."
    )
    client_id: str | None = variable(
        "SLACK_CLIENT_ID", None, kinds.text(), "OAuth client, for many workspaces."
    )
    client_secret: Secret | None = variable(
        "SLACK_CLIENT_SECRET", None, kinds.secret(), "OAuth client's secret."
    )
    encryption_key: Secret | None = variable(
        "SLACK_ENCRYPTION_KEY",
        None,
        kinds.secret(),
        "Encrypts workspaces' tokens: Fernet keys, the newest first, commas between; without it "
        "one is made in PAPERCOURIER_HOME.",
    )
    api_url: str = variable(
        "SLACK_API_URL",
        "https://slack.com/api",
        kinds.web_address(),
        "Base address of Slack's Web API.",
    )
    webhook_url: Secret | None = variable(
        "SLACK_WEBHOOK_URL",
        None,
        kinds.secret(),
        "An incoming webhook: where `--to slack-webhook` posts.",
    )


@dataclass(frozen=True, slots=True)
class DiscordSettings:
    """Discord, from the environment alone."""

    token: Secret | None = variable("DISCORD_TOKEN", None, kinds.secret(), "The bot's token.")
    api_url: str = variable(
        "DISCORD_API_URL",
        "https://discord.com/api",
        kinds.web_address(),
        "Base address of Discord's API.",
    )
    shard_ids: tuple[int, ...] | None = variable(
        "DISCORD_SHARD_IDS",
        None,
        kinds.whole_numbers(0, 9_999),
        "The shards of this process, as in 0,1, where several share the work; all where unset.",
    )
    shard_count: int | None = variable(
        "DISCORD_SHARD_COUNT",
        None,
        kinds.whole(1, 10_000),
        "How many shards there are; Discord says so where this is unset.",
    )
    webhook_url: Secret | None = variable(
        "DISCORD_WEBHOOK_URL",
        None,
        kinds.secret(),
        "A channel's webhook: where `--to discord-webhook` posts.",
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything config.json and the environment say, checked."""

    categories: tuple[str, ...] = setting(
        ("cs.LG", "cs.CL", "cs.AI", "stat.ML"),
        kinds.many(kinds.category(), at_least=1, at_most=200, distinct=True),
        "What to watch; the order breaks ties in the formula “seed”.",
    )
    keywords: tuple[Term, ...] = setting(
        (),
        kinds.many(kinds.term()),
        "What to look for: words, phrases, `quantiz*`, `LLM^2`, `/regex/`.",
    )
    exclude_keywords: tuple[Term, ...] = setting(
        (), kinds.many(kinds.term()), "Papers with one of these are left out."
    )
    authors: tuple[str, ...] = setting(
        (), kinds.many(kinds.text(), distinct=True), "Authors to follow."
    )
    min_score: float = setting(
        1.0, kinds.number(0, 1_000), "The least score that gets into a digest."
    )
    max_papers: int = setting(10, kinds.whole(1, 50), "Papers in one digest, at most.")
    days_back: int = setting(
        7, kinds.whole(1, 30), "Days that a catch-up after downtime may reach back."
    )
    cross_lists: bool = setting(
        default=False, kind=kinds.yes_no(), about="Papers whose primary category is another one."
    )
    revisions: bool = setting(
        default=False, kind=kinds.yes_no(), about="New versions of known papers."
    )
    scoring: ScoringSettings = section(ScoringSettings, "How papers are scored.")
    schedule: ScheduleSettings = section(ScheduleSettings, "When digests are due.")
    language: str = setting("en", kinds.language(), "Language of summaries, as a BCP 47 tag.")
    threads: bool = setting(
        default=True, kind=kinds.yes_no(), about="Put a digest's details into its thread."
    )
    announce_empty: bool = setting(
        default=False, kind=kinds.yes_no(), about="Say in the channel that a day brought nothing."
    )
    command_name: str = setting("arxiv", kinds.command_name(), "The chat command, without slash.")
    manage_subscriptions: WhoManages = setting(
        WhoManages.MANAGERS, kinds.choice(WhoManages), "Who may change a channel's subscriptions."
    )
    ai_summary: AiSummarySettings = section(AiSummarySettings, "Summaries written by a model.")
    embeddings: EmbeddingsSettings = section(
        EmbeddingsSettings, "Vectors of papers and sentences, for `about:`."
    )
    arxiv: ArxivSettings = section(ArxivSettings, "How arXiv is asked.")
    delivery: DeliverySettings = section(DeliverySettings, "How messages go out.")
    retention: RetentionSettings = section(RetentionSettings, "How long things are kept.")
    log: LogSettings = section(LogSettings, "What the log says and how.")
    web: WebSettings = section(WebSettings, "Health, metrics, feeds and pages over HTTP.")
    slack: SlackSettings = section(SlackSettings, "Slack.")
    discord: DiscordSettings = section(DiscordSettings, "Discord.")
    home: Path = Path()  # PAPERCOURIER_HOME
    database_url: Secret = Secret("")
    source: Path | None = None  # the file that was read; None where there was none
    names_categories: bool = False  # whether it says what to watch
    notices: tuple[str, ...] = ()  # one sentence each: accepted, but not what it seems

    def default_interests(self) -> Interests:
        """What a subscription is interested in that says nothing itself."""
        return Interests(
            categories=self.categories,
            terms=self.keywords,
            excluded=self.exclude_keywords,
            authors=self.authors,
            formula=self.scoring.formula,
            min_score=self.min_score,
            max_papers=self.max_papers,
            days_back=self.days_back,
            cross_lists=self.cross_lists,
            revisions=self.revisions,
        )

    def default_schedule(self) -> Schedule:
        """When a subscription is due that says nothing itself."""
        return Schedule(
            at=self.schedule.at, weekdays=self.schedule.on, timezone=self.schedule.timezone
        )


def named_settings(cls: type[Any]) -> Iterator[tuple[str, Setting, Any]]:
    """Each setting of a group of settings: its name, what is known of it, its default."""
    for item in fields(cls):
        if "setting" in item.metadata:
            yield item.name, item.metadata["setting"], item.default


def named_sections(cls: type[Any]) -> Iterator[tuple[str, type[Any], str]]:
    """Each group of settings within a group: its name, its class, what it is for."""
    for item in fields(cls):
        if "section" in item.metadata:
            yield item.name, item.metadata["section"], item.metadata["about"]
