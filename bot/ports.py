"""What the core asks of the outside, in the core's own words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from types import TracebackType
from typing import Protocol, Self

from bot.domain.answer import Answer
from bot.domain.commands import Reply, SubscriptionChanges
from bot.domain.digest import Digest, DigestEntry
from bot.domain.feed_health import TROUBLES
from bot.domain.learning import Memory
from bot.domain.missed_days import MissedDay
from bot.domain.outbox import MessageRef, OutboxMessage
from bot.domain.paper_text import TextSection
from bot.domain.papers import Announcement, ArxivId, Paper
from bot.domain.profile import Profile
from bot.domain.subscriptions import Destination, Subscription
from bot.domain.summary import Summary, SummaryKey, SummarySource
from bot.domain.thumbs import GivenThumb


class Clock(Protocol):
    """The time, so that tests can move it."""

    def now(self) -> datetime:
        """The present, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return when `seconds` have passed on this clock."""
        ...


# --- arXiv ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FeedReading:
    """What one request for the day's announcements brought."""

    announcements: tuple[Announcement, ...]
    announced_on: date | None  # the feed's own day; it may be wrong, see DESIGN section 3
    etag: str | None = None
    unchanged: bool = False  # the server answered 304: `announcements` is empty
    left_out: tuple[str, ...] = ()  # one sentence for each item that could not be read


class FeedSource(Protocol):
    """arXiv's announcement feeds."""

    async def read(self, categories: Sequence[str], *, etag: str | None = None) -> FeedReading:
        """The latest announcement of all `categories`, one entry per paper.

        Raises TransientError (late, throttled, cut), PermanentError (refused, not a feed).
        """
        ...


class PaperSource(Protocol):
    """arXiv's catalogue of all papers."""

    async def get(self, paper: ArxivId) -> Paper:
        """One paper. Raises UserError (no such paper), TransientError, PermanentError."""
        ...

    async def search(self, query: str, *, limit: int) -> tuple[Paper, ...]:
        """The best matches first; `query` in arXiv's syntax or plain words."""
        ...

    async def submitted_between(
        self, categories: Sequence[str], start: datetime, end: datetime
    ) -> tuple[Paper, ...]:
        """Papers of these categories first submitted in [start, end), UTC, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class FullText:
    """What could be read of a paper."""

    source: SummarySource
    text: str
    is_cut: bool = False  # a page, size or time limit ended the reading
    sections: tuple[TextSection, ...] = ()  # the same text by sections, in the paper's order
    pages_read: int | None = None  # of a PDF
    pages: int | None = None  # of a PDF, as it says itself

    @property
    def reading(self) -> str:
        """What was read, for display: "HTML", "PDF, 12 of 40 pages", "abstract"."""
        if self.source is SummarySource.PDF and self.pages_read is not None:
            if self.pages is not None and self.pages_read < self.pages:
                return f"PDF, {self.pages_read} of {self.pages} pages"
            return f"PDF, {self.pages_read} page{'' if self.pages_read == 1 else 's'}"
        name = "abstract" if self.source is SummarySource.ABSTRACT else self.source.value.upper()
        return f"{name}, in part" if self.is_cut else name


class FullTextSource(Protocol):
    """The papers' own words."""

    async def read(self, paper: Paper) -> FullText:
        """HTML if there is any, else the PDF, else the abstract: it never fails for want of one."""
        ...


class Pace(Protocol):
    """A pace kept together by every process of one installation."""

    def turn(self, host: str) -> AbstractAsyncContextManager[None]:
        """Wait until `host` may be called; hold its only connection while inside."""
        ...


class SlotStore(Protocol):
    """Where the processes of one installation agree on whose turn it is."""

    async def take(
        self,
        name: str,
        *,
        holder: str,
        now: datetime,
        spacing_seconds: float,
        lease_seconds: float,
    ) -> float:
        """Take the slot `name`: 0.0 when it is `holder`'s now, else the seconds to wait at most.

        A slot is free when nobody holds it, or the holder's lease has ended, and
        `spacing_seconds` have passed since it was last taken and since it was last released.
        It is held until `release` or the end of the lease. Taking again what one holds is
        refused like any other's. Atomic: of many who ask at once, one gets 0.0.
        """
        ...

    async def release(self, name: str, *, holder: str, now: datetime) -> None:
        """Give the slot back; nothing happens when it is no longer `holder`'s."""
        ...


# --- summaries -----------------------------------------------------------------------------


class Summarizer(Protocol):
    """Something that writes summaries."""

    @property
    def model(self) -> str:
        """The model's name; "extractive" where there is none."""
        ...

    @property
    def prompt(self) -> str:
        """Name and version of the prompt; a new one means new summaries."""
        ...

    async def summarize(self, paper: Paper, text: FullText, *, language: str) -> Summary:
        """Raises TransientError, PermanentError."""
        ...


class QuestionAnswerer(Protocol):
    """Something that answers questions from a paper's text."""

    async def ask(self, paper: Paper, text: FullText, question: str, *, language: str) -> Answer:
        """The answer, its quotes looked up in `text`.

        Raises UserError (no question), TransientError, PermanentError.
        """
        ...


# --- platforms -----------------------------------------------------------------------------


class Renderer(Protocol):
    """Digests and replies in a platform's own form; pure, so it is never awaited."""

    def digest(self, digest: Digest, subscription: Subscription) -> tuple[str, ...]:
        """The exact payloads, one for each platform call; the first is the parent."""
        ...

    def reply(self, reply: Reply) -> tuple[str, ...]:
        """The payloads that answer a command."""
        ...


class Messenger(Protocol):
    """One chat platform, seen from delivery."""

    async def send(self, message: OutboxMessage) -> MessageRef:
        """Post `message`. Raises TransientError or PermanentError."""
        ...

    async def find_sent(self, message: OutboxMessage) -> MessageRef | None:
        """The earlier post that carries `message.key`, if it is there."""
        ...


# --- memory --------------------------------------------------------------------------------


class PaperRepository(Protocol):
    """Papers and their announcements."""

    async def add_announcements(
        self, announcements: Sequence[Announcement], *, seen_at: datetime
    ) -> tuple[Announcement, ...]:
        """Store papers and announcements; return those never seen before, numbered in order.

        An announcement is known when the same version of the paper was announced before, of
        whatever type; a new version of a known paper is unseen. `sequence` grows without gaps in
        meaning: whoever asks for `after=n` later sees everything stored after n was.
        """
        ...

    async def announced(
        self,
        *,
        after: int = 0,
        since: date | None = None,
        categories: Sequence[str] | None = None,
    ) -> tuple[Announcement, ...]:
        """Announcements listing one of `categories`, in sequence order.

        `after` is a sequence (exclusive), `since` an `announced_on` (inclusive).
        """
        ...

    async def last_sequence(self) -> int:
        """The highest sequence given so far; 0 in an empty store."""
        ...

    async def get(self, arxiv_id: str) -> Paper | None:
        """The latest stored version of a paper."""
        ...

    async def announcement_of(self, arxiv_id: str) -> Announcement | None:
        """The latest announcement of a paper."""
        ...

    async def put(self, paper: Paper) -> None:
        """Store a paper that was looked up rather than announced."""
        ...

    async def announced_days(self, *, limit: int) -> tuple[tuple[date, int], ...]:
        """The latest announcement days with their numbers of papers, newest first."""
        ...

    async def announced_among(self, arxiv_ids: Collection[str]) -> frozenset[str]:
        """Those of these papers that were announced before, in whatever version."""
        ...

    async def new_counts(self, *, since: date) -> dict[date, dict[str, int]]:
        """Papers announced as new, by day (`since` and later) and primary category."""
        ...


@dataclass(frozen=True, slots=True)
class SubscriptionStep:
    """How far planning has brought a subscription."""

    subscription_id: int
    seen_through: int
    next_run_at: datetime | None  # UTC


class SubscriptionRepository(Protocol):
    """Subscriptions and the state of their destinations."""

    async def add(self, subscription: Subscription) -> Subscription:
        """Store it; its `id` and, counted per destination, its `number` are given here."""
        ...

    async def save(self, subscription: Subscription) -> None:
        """Write every field of a stored subscription; `seen_through` never goes back."""
        ...

    async def advance(
        self, subscription_id: int, *, seen_through: int, next_run_at: datetime | None
    ) -> None:
        """Move the cursor and the next run only: what people edit meanwhile stays.

        The cursor never goes back; one paused meanwhile gets no next run.
        """
        ...

    async def advance_many(self, steps: Sequence[SubscriptionStep]) -> None:
        """`advance` for many at once."""
        ...

    async def remove(self, subscription: Subscription) -> None:
        """Forget it, but not what it posted.

        Adding one with the same categories to the same destination later takes up its ID again.
        """
        ...

    async def get(self, subscription_id: int) -> Subscription | None:
        """One subscription by its database ID."""
        ...

    async def of_destination(self, destination: Destination) -> tuple[Subscription, ...]:
        """A channel's subscriptions by number."""
        ...

    async def due(self, now: datetime, *, limit: int) -> tuple[Subscription, ...]:
        """Active subscriptions with `next_run_at` <= now, longest waiting first."""
        ...

    async def all(self) -> tuple[Subscription, ...]:
        """Every subscription."""
        ...

    async def wanted_categories(self) -> tuple[str, ...]:
        """The categories of all active subscriptions, sorted."""
        ...


@dataclass(frozen=True, slots=True)
class DestinationState:
    """Whether a channel takes our messages, and what its people set for it."""

    defaults: SubscriptionChanges = field(default_factory=SubscriptionChanges)
    disabled_code: str | None = None  # "channel_not_found", "forbidden", ...; None while it works
    disabled_reason: str = ""  # one sentence
    disabled_at: datetime | None = None  # UTC


class DestinationRepository(Protocol):
    """Channels, apart from what they subscribed to."""

    async def state(self, destination: Destination) -> DestinationState:
        """How a channel stands; one never heard of works and has no defaults."""
        ...

    async def set_defaults(self, destination: Destination, defaults: SubscriptionChanges) -> None:
        """Keep what `settings` said for this channel."""
        ...

    async def disable(
        self, destination: Destination, *, code: str, reason: str, now: datetime
    ) -> None:
        """Send nothing there any more; its messages wait, its subscriptions stay."""
        ...

    async def enable(self, destination: Destination) -> None:
        """Send there again, and at once: what its messages failed at before is forgotten."""
        ...

    async def disabled(self) -> tuple[tuple[Destination, DestinationState], ...]:
        """Every channel that refuses us."""
        ...


@dataclass(frozen=True, slots=True)
class DigestRecord:
    """What is remembered of a digest."""

    subscription_id: int
    digest: Digest
    created_at: datetime


class DigestRepository(Protocol):
    """Digests and the papers they posted."""

    async def add(self, subscription_id: int, digest: Digest, *, created_at: datetime) -> bool:
        """Store a digest and its papers as posted; False when its slot is taken already.

        False, and nothing stored, also when one of its papers was posted meanwhile or its
        subscription was removed: such a digest must not be sent.
        """
        ...

    async def add_many(self, records: Sequence[DigestRecord]) -> tuple[bool, ...]:
        """`add` for many at once, each by itself; an answer for each, in order."""
        ...

    async def posted_ids(
        self, subscription_ids: Sequence[int], *, among: Collection[str] | None = None
    ) -> dict[int, frozenset[str]]:
        """The arXiv IDs each subscription has had; a key for each, empty where it had none.

        `among` asks for these papers only: then the cost does not grow with the history.
        """
        ...

    async def latest(self, subscription_id: int, *, limit: int = 1) -> tuple[DigestRecord, ...]:
        """The newest digests, newest first."""
        ...

    async def entry_of(
        self, subscription_id: int, arxiv_id: str
    ) -> tuple[DigestRecord, DigestEntry] | None:
        """How a paper stood in the digest that brought it."""
        ...


class OutboxRepository(Protocol):
    """Messages on their way out."""

    async def add(self, messages: Sequence[OutboxMessage], *, now: datetime) -> None:
        """Store messages; a key that is there already is left as it is."""
        ...

    async def claim(
        self,
        *,
        holder: str,
        now: datetime,
        lease_seconds: float,
        limit: int,
        platforms: Sequence[str] | None = None,
    ) -> tuple[OutboxMessage, ...]:
        """Take messages that are due, at most one per destination, oldest first.

        Each is marked `sending` and belongs to `holder` until the lease ends. One whose lease
        ended while `sending` comes back with `may_be_sent`. A message waits for the earlier
        ones of its destination, whatever keeps them, and all wait while their destination is
        disabled. `attempts` counts this claim. `parent_ref` is filled in. `platforms` asks for
        these only.
        """
        ...

    async def hand_back(self, messages: Sequence[OutboxMessage]) -> None:
        """Undo the claim of messages for which no call was made, as at a graceful stop."""
        ...

    async def next_due(
        self, *, now: datetime, platforms: Sequence[str] | None = None
    ) -> datetime | None:
        """When `claim` will next find something, at the earliest; not after `now` if it would now.

        None when nothing waits but behind disabled destinations.
        """
        ...

    async def mark_sent(
        self,
        message: OutboxMessage,
        ref: MessageRef,
        *,
        now: datetime,
        rest_until: datetime | None = None,
    ) -> None:
        """Record that a message is there; the next one waiting for its channel rests so long."""
        ...

    async def retry_later(
        self,
        message: OutboxMessage,
        *,
        not_before: datetime,
        error: str,
        may_be_sent: bool,
        failing_since: datetime | None = None,
    ) -> None:
        """Put a message back until `not_before`.

        Nothing happens when another holder took it since (its `attempts` tell).
        """
        ...

    async def give_up(self, message: OutboxMessage, *, error: str, now: datetime) -> None:
        """Record that a message will never be sent, and why; its thread is given up with it.

        Nothing happens when another holder took it since (its `attempts` tell).
        """
        ...

    async def counts(self) -> dict[str, int]:
        """How many messages stand in each state; zeros are told."""
        ...


@dataclass(frozen=True, slots=True)
class SummaryFailure:
    """How the last attempt to write a summary ended."""

    reason: str  # one sentence, as the error had it
    failures: int  # in a row, this one included
    failed_at: datetime  # UTC
    retry_at: datetime  # UTC; nobody tries before


@dataclass(frozen=True, slots=True)
class SummaryTurn:
    """Whether one may write a summary now; `is_ours` says so.

    Otherwise it is there (`summary`), or an attempt failed that is not to be repeated yet
    (`failure`), or another process is writing it (neither). With a turn of ours, `failure` is
    the one before.
    """

    is_ours: bool = False
    summary: Summary | None = None
    failure: SummaryFailure | None = None


class SummaryRepository(Protocol):
    """Summaries, one per paper version, language, prompt and model."""

    async def find(self, paper: Paper, *, language: str, prompt: str, model: str) -> Summary | None:
        """The stored summary, if there is one."""
        ...

    async def put(self, summary: Summary, *, created_at: datetime) -> None:
        """Store a summary and end the turn; the first one stays when two were written at once."""
        ...

    async def take_turn(
        self, key: SummaryKey, *, holder: str, now: datetime, lease_seconds: float
    ) -> SummaryTurn:
        """Ask to write the summary `key`. Atomic: of many who ask at once one has the turn.

        It lasts until `put`, `fail`, `end_turn` or the end of the lease.
        """
        ...

    async def keep_turn(
        self, key: SummaryKey, *, holder: str, now: datetime, lease_seconds: float
    ) -> None:
        """Let the lease run `lease_seconds` from `now`, if the turn is still `holder`'s."""
        ...

    async def end_turn(self, key: SummaryKey, *, holder: str) -> None:
        """Give `holder`'s turn back with nothing written and nothing learned."""
        ...

    async def fail(self, key: SummaryKey, *, holder: str, failure: SummaryFailure) -> None:
        """End `holder`'s turn and remember how; nothing happens when it is another's by now."""
        ...


class BudgetRepository(Protocol):
    """What was spent of each budget in each of its periods."""

    async def spent(self, budget: str, *, period: datetime) -> int:
        """What was spent in the period that began at `period`, UTC."""
        ...

    async def spend(
        self, budget: str, amount: int, *, period: datetime, limit: int | None = None
    ) -> bool:
        """Add `amount`, which may be negative; False, and nothing added, once `limit` is reached.

        Who asks before it is reached may exceed it. Atomic: two who ask at once are one after
        the other.
        """
        ...

    async def forget(self, *, before: datetime) -> None:
        """Drop the periods that began before."""
        ...


@dataclass(frozen=True, slots=True)
class FeedCheck:
    """How one look at arXiv's feed ended."""

    checked_at: datetime  # UTC
    categories: tuple[str, ...]
    outcome: str  # a FeedOutcome (bot/domain/feed_health.py)
    announced_on: date | None = None  # as the feed claims
    items: int = 0
    unseen: int = 0
    etag: str | None = None
    detail: str = ""  # one sentence
    batch_on: date | None = None  # the day whose announcement it brought; None when none
    silent: tuple[str, ...] = ()  # categories whose new papers are missing from that day
    next_look_at: datetime | None = None  # UTC

    @property
    def is_trouble(self) -> bool:
        """Whether the feed could not be read."""
        return self.outcome in TROUBLES


class FeedRepository(Protocol):
    """What was learned from each look at the feeds."""

    async def record(self, check: FeedCheck) -> None:
        """Remember a look."""
        ...

    async def latest(
        self, *, outcomes: Sequence[str] | None = None, limit: int = 1
    ) -> tuple[FeedCheck, ...]:
        """The latest looks, newest first."""
        ...

    async def put_missed(self, days: Sequence[MissedDay]) -> None:
        """Remember how catching up stands with these days."""
        ...

    async def missed(self, *, since: date) -> tuple[MissedDay, ...]:
        """The days remembered, `since` and later, oldest first."""
        ...


class ThumbRepository(Protocol):
    """What people said of papers, by subscription."""

    async def salt(self, fresh: bytes) -> bytes:
        """The installation's secret, to hash people with; `fresh` where there is none yet."""
        ...

    async def put(self, thumbs: Sequence[GivenThumb]) -> None:
        """Remember thumbs; one of the same voter on the same paper is replaced."""
        ...

    async def take_back(
        self, subscription_ids: Sequence[int], *, arxiv_id: str, voter: str
    ) -> tuple[GivenThumb, ...]:
        """Forget this voter's thumbs on a paper; the ones there were."""
        ...

    async def of(self, subscription_id: int, *, limit: int) -> tuple[GivenThumb, ...]:
        """A subscription's latest thumbs, newest first; of one moment, by arXiv ID."""
        ...

    async def forget(self, subscription_ids: Sequence[int]) -> None:
        """Drop their thumbs, and what was learned from them."""
        ...

    async def memory(self, subscription_id: int) -> Memory:
        """The examples a subscription learned from; empty where there are none."""
        ...

    async def learn(self, subscription_id: int, memory: Memory, profile: Profile) -> None:
        """Keep examples and the profile made of them, in place of those before.

        After `put`, `take_back` or `forget` nobody else changes them until commit.
        """
        ...

    async def profiles(self, subscription_ids: Sequence[int]) -> dict[int, Profile]:
        """The profiles there are, by subscription."""
        ...


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
        self, *, papers_before: datetime, messages_before: datetime
    ) -> Mapping[str, int]:
        """Remove old rows in small portions; how many went, by table.

        Papers with their summaries, digests and looks at the feed from before `papers_before`,
        messages that were sent or given up before `messages_before`. What was posted to whom is
        never forgotten, nor a message that still waits.
        """
        ...


UnitOfWorkFactory = Callable[[], UnitOfWork]


# --- work ----------------------------------------------------------------------------------


class JobQueue(Protocol):
    """Work for later, by this process or another.

    No service may assume that it is alone. A job with the same `key` waiting twice is one job,
    at the earlier time; one enqueued while it runs runs once more afterwards. Never two at once
    of the same job and key.
    """

    async def enqueue(self, job: str, *, key: str, run_at: datetime | None = None) -> None:
        """Have the handler of `job` called with `key`, at `run_at` (UTC) or at once."""
        ...

    def handler(self, job: str, run: Callable[[str], Awaitable[None]]) -> None:
        """Say who does a job. What it raises is logged; the queue goes on, the job is over."""
        ...

    def every(self, seconds: float, job: str, *, key: str = "") -> None:
        """Enqueue `job` again and again; over all processes once each time.

        Rounds missed while nobody could run become one; a round still waiting is not doubled.
        """
        ...


class Telemetry(Protocol):
    """Figures about ourselves, for whoever watches. Telling them never fails and never waits.

    Every name, with its kind and labels, stands in the table of adapters/web/metrics.py; a name
    that is not there is dropped, and a test tells. Labels have few values: platforms, outcomes.
    """

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """`amount` more of something."""
        ...

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """How something stands now."""
        ...

    def observe(self, name: str, value: float, **labels: str) -> None:
        """One more measurement of something whose spread matters, such as seconds."""
        ...


class SilentTelemetry:
    """Telemetry that nobody watches."""

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Nothing."""

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Nothing."""

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Nothing."""


NO_TELEMETRY: Telemetry = SilentTelemetry()


class Progress(Protocol):
    """Told how far long work has come."""

    def __call__(self, done: int, total: int, what: str) -> None:
        """`done` of `total` steps of `what` are behind us."""
        ...


def no_progress(done: int, total: int, what: str) -> None:
    """Progress that nobody watches."""
