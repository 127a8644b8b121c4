"""Everything remembered, in dictionaries: the fake that services are tested with.

It meets the same contract as the databases (tests/contract/test_unit_of_work*.py), also in
what a transaction sees: what is committed until it first writes; from then on it has the only
right to write, and a copy that becomes everybody's on commit.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from types import TracebackType
from typing import Self

from bot.domain import learning
from bot.domain.commands import SubscriptionChanges
from bot.domain.digest import Digest, DigestEntry
from bot.domain.missed_days import MissedDay
from bot.domain.outbox import MessageRef, OutboxMessage, OutboxState, Share
from bot.domain.papers import Announcement, AnnounceType, Paper
from bot.domain.profile import Profile
from bot.domain.subscriptions import Destination, Subscription, SubscriptionState
from bot.domain.summary import Summary, SummaryKey
from bot.domain.thumbs import GivenThumb
from bot.errors import TransientError
from bot.ports import (
    BudgetRepository,
    DestinationRepository,
    DestinationState,
    DigestRecord,
    DigestRepository,
    FeedCheck,
    FeedLinkRepository,
    FeedRepository,
    OutboxRepository,
    PaperRepository,
    SubscriptionRepository,
    SubscriptionStep,
    SummaryFailure,
    SummaryRepository,
    SummaryTurn,
    ThumbRepository,
    Vector,
    VectorRepository,
)

Version = tuple[str, int]
ThumbKey = tuple[int, str, str]  # subscription, paper, voter
OPEN = (OutboxState.PENDING, OutboxState.SENDING)


@dataclass(frozen=True, slots=True)
class Posting:
    """A message of the outbox and what only the store knows of it."""

    message: OutboxMessage
    lease_until: datetime | None = None
    error: str = ""
    ref: MessageRef | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """Who writes a summary."""

    holder: str
    lease_until: datetime


@dataclass(slots=True)
class Memory:
    """All that is remembered. The values are frozen, so a shallow copy is a copy."""

    papers: dict[Version, Paper] = field(default_factory=dict)
    announcements: dict[Version, Announcement] = field(default_factory=dict)
    subscriptions: dict[int, Subscription] = field(default_factory=dict)
    removed: set[int] = field(default_factory=set)
    destinations: dict[Destination, DestinationState] = field(default_factory=dict)
    digests: dict[int, tuple[DigestRecord, ...]] = field(default_factory=dict)  # by subscription
    outbox: dict[str, Posting] = field(default_factory=dict)
    summaries: dict[SummaryKey, Summary] = field(default_factory=dict)
    turns: dict[SummaryKey, Turn] = field(default_factory=dict)
    failures: dict[SummaryKey, SummaryFailure] = field(default_factory=dict)
    budgets: dict[tuple[str, datetime], int] = field(default_factory=dict)
    checks: list[FeedCheck] = field(default_factory=list)
    missed: dict[date, MissedDay] = field(default_factory=dict)
    thumbs: dict[ThumbKey, GivenThumb] = field(default_factory=dict)
    salts: list[bytes] = field(default_factory=list)
    feed_secrets: list[bytes] = field(default_factory=list)
    feed_links: dict[int, tuple[int, bool]] = field(default_factory=dict)  # number, is open
    learned: dict[int, tuple[learning.Memory, Profile]] = field(default_factory=dict)
    vectors: dict[tuple[str, str], Vector] = field(default_factory=dict)  # paper, model
    sentences: dict[tuple[str, str], Vector] = field(default_factory=dict)

    def copy(self) -> Memory:
        return Memory(**{part.name: copy(getattr(self, part.name)) for part in fields(self)})


class MemoryDatabase:
    """Where units of work come from; `memory` is what was committed, for tests to look at."""

    def __init__(self) -> None:
        self.memory = Memory()
        self.slots = MemorySlots()
        self.writers = asyncio.Lock()

    def unit_of_work(self) -> MemoryUnitOfWork:
        return MemoryUnitOfWork(self)

    async def close(self) -> None:
        """Nothing to close."""


class Transaction:
    """What one unit of work sees."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self._draft: Memory | None = None

    def read(self) -> Memory:
        return self._draft or self._database.memory

    async def write(self) -> Memory:
        if self._draft is None:
            try:
                async with asyncio.timeout(5):
                    await self._database.writers.acquire()
            except TimeoutError as error:
                raise TransientError("Another unit of work is writing: commit it first.") from error
            self._draft = self._database.memory.copy()
        return self._draft

    def commit(self) -> None:
        if self._draft is not None:
            self._database.memory = self._draft
        self.close()

    def close(self) -> None:
        if self._draft is not None:
            self._draft = None
            self._database.writers.release()


class MemoryUnitOfWork:
    """A `UnitOfWork`."""

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

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def __aenter__(self) -> Self:
        self._transaction = Transaction(self._database)
        self.papers = MemoryPapers(self._transaction)
        self.subscriptions = MemorySubscriptions(self._transaction)
        self.destinations = MemoryDestinations(self._transaction)
        self.digests = MemoryDigests(self._transaction)
        self.outbox = MemoryOutbox(self._transaction)
        self.summaries = MemorySummaries(self._transaction)
        self.budgets = MemoryBudgets(self._transaction)
        self.feeds = MemoryFeeds(self._transaction)
        self.thumbs = MemoryThumbs(self._transaction)
        self.feed_links = MemoryFeedLinks(self._transaction)
        self.vectors = MemoryVectors(self._transaction)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._transaction.close()

    async def commit(self) -> None:
        self._transaction.commit()


class MemoryPapers:
    """A `PaperRepository`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add_announcements(
        self, announcements: Sequence[Announcement], *, seen_at: datetime
    ) -> tuple[Announcement, ...]:
        del seen_at
        memory = await self._transaction.write()
        unseen: list[Version] = []
        for announcement in announcements:
            version = _store(memory, announcement.paper)
            if version not in memory.announcements:
                memory.announcements[version] = replace(
                    announcement,
                    paper=memory.papers[version],
                    sequence=len(memory.announcements) + 1,
                )
                unseen.append(version)
        return tuple(_announcement(memory, version) for version in unseen)

    async def announced(
        self,
        *,
        after: int = 0,
        since: date | None = None,
        categories: Sequence[str] | None = None,
    ) -> tuple[Announcement, ...]:
        memory = self._transaction.read()
        return tuple(
            _announcement(memory, version)
            for version, stored in memory.announcements.items()
            if stored.sequence > after
            and (since is None or stored.announced_on >= since)
            and (
                categories is None
                or not set(categories).isdisjoint(memory.papers[version].categories)
            )
        )

    async def last_sequence(self) -> int:
        return len(self._transaction.read().announcements)

    async def get(self, arxiv_id: str) -> Paper | None:
        versions = [
            paper
            for paper in self._transaction.read().papers.values()
            if paper.arxiv_id == arxiv_id
        ]
        return max(versions, key=lambda paper: paper.version, default=None)

    async def announcement_of(self, arxiv_id: str) -> Announcement | None:
        found = [each for each in self._all() if each.paper.arxiv_id == arxiv_id]
        return found[-1] if found else None

    async def put(self, paper: Paper) -> None:
        _store(await self._transaction.write(), paper)

    async def announced_days(self, *, limit: int) -> tuple[tuple[date, int], ...]:
        stored = self._transaction.read().announcements.values()
        days = Counter(each.announced_on for each in stored)
        return tuple(sorted(days.items(), reverse=True)[:limit])

    async def latest_titles(self, *, limit: int) -> tuple[tuple[str, str], ...]:
        titles: dict[str, str] = {}
        for each in self._all()[::-1][:limit]:
            titles.setdefault(each.paper.arxiv_id, each.paper.title)
        return tuple(titles.items())

    async def announced_among(self, arxiv_ids: Collection[str]) -> frozenset[str]:
        known = {arxiv_id for arxiv_id, _ in self._transaction.read().announcements}
        return frozenset(known.intersection(arxiv_ids))

    async def new_counts(self, *, since: date) -> dict[date, dict[str, int]]:
        counts: dict[date, dict[str, int]] = {}
        for each in self._all():
            if each.announced_on >= since and each.announce_type is AnnounceType.NEW:
                by_category = counts.setdefault(each.announced_on, {})
                primary = each.paper.primary_category
                by_category[primary] = by_category.get(primary, 0) + 1
        return counts

    def _all(self) -> list[Announcement]:
        memory = self._transaction.read()
        return [_announcement(memory, version) for version in memory.announcements]


def _store(memory: Memory, paper: Paper) -> Version:
    """What a feed does not tell does not erase what a look-up told."""
    version = (paper.arxiv_id, paper.version)
    known = memory.papers.get(version, paper)
    memory.papers[version] = replace(
        paper,
        submitted_at=paper.submitted_at or known.submitted_at,
        doi=known.doi if paper.doi is None else paper.doi,
        journal_ref=known.journal_ref if paper.journal_ref is None else paper.journal_ref,
        comment=known.comment if paper.comment is None else paper.comment,
        license_url=known.license_url if paper.license_url is None else paper.license_url,
    )
    return version


def _announcement(memory: Memory, version: Version) -> Announcement:
    announcement, paper = memory.announcements[version], memory.papers[version]
    return announcement if announcement.paper is paper else replace(announcement, paper=paper)


class MemorySubscriptions:
    """A `SubscriptionRepository`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, subscription: Subscription) -> Subscription:
        memory = await self._transaction.write()
        neighbours = await self.of_destination(subscription.destination)
        gone = [
            each
            for each in memory.removed
            if memory.subscriptions[each].destination == subscription.destination
            and set(memory.subscriptions[each].interests.categories)
            == set(subscription.interests.categories)
        ]
        stored = replace(
            subscription,
            number=max((each.number for each in neighbours), default=0) + 1,
            id=max(gone, default=len(memory.subscriptions) + 1),
        )
        memory.removed.discard(stored.id)
        memory.subscriptions[stored.id] = stored
        return stored

    async def save(self, subscription: Subscription) -> None:
        memory = await self._transaction.write()
        if (stored := await self.get(subscription.id)) is not None:
            memory.subscriptions[stored.id] = replace(
                subscription, seen_through=max(stored.seen_through, subscription.seen_through)
            )

    async def advance(
        self, subscription_id: int, *, seen_through: int, next_run_at: datetime | None
    ) -> None:
        memory = await self._transaction.write()
        if (stored := await self.get(subscription_id)) is not None:
            memory.subscriptions[stored.id] = replace(
                stored,
                seen_through=max(stored.seen_through, seen_through),
                next_run_at=next_run_at if stored.is_active else stored.next_run_at,
            )

    async def advance_many(self, steps: Sequence[SubscriptionStep]) -> None:
        for step in steps:
            await self.advance(
                step.subscription_id,
                seen_through=step.seen_through,
                next_run_at=step.next_run_at,
            )

    async def remove(self, subscription: Subscription) -> None:
        memory = await self._transaction.write()
        if subscription.id in memory.subscriptions:
            memory.removed.add(subscription.id)

    async def get(self, subscription_id: int) -> Subscription | None:
        memory = self._transaction.read()
        is_there = subscription_id not in memory.removed
        return memory.subscriptions.get(subscription_id) if is_there else None

    async def of_destination(self, destination: Destination) -> tuple[Subscription, ...]:
        found = [each for each in await self.all() if each.destination == destination]
        return tuple(sorted(found, key=lambda subscription: subscription.number))

    async def of_workspace(self, platform: str, workspace_id: str) -> tuple[Subscription, ...]:
        found = [
            each
            for each in await self.all()
            if (each.destination.platform, each.destination.workspace_id)
            == (platform, workspace_id)
        ]
        return tuple(sorted(found, key=lambda each: (each.destination, each.number)))

    async def due(self, now: datetime, *, limit: int) -> tuple[Subscription, ...]:
        waiting = [
            (each.next_run_at, each.id, each)
            for each in await self.all()
            if each.is_active and each.next_run_at is not None and each.next_run_at <= now
        ]
        return tuple(subscription for *_, subscription in sorted(waiting)[:limit])

    async def all(self) -> tuple[Subscription, ...]:
        memory = self._transaction.read()
        return tuple(
            memory.subscriptions[each]
            for each in sorted(memory.subscriptions)
            if each not in memory.removed
        )

    async def wanted_categories(self) -> tuple[str, ...]:
        return tuple(
            sorted(
                {
                    category
                    for subscription in await self.all()
                    if subscription.state is SubscriptionState.ACTIVE
                    for category in subscription.interests.categories
                }
            )
        )


class MemoryDestinations:
    """A `DestinationRepository`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def state(self, destination: Destination) -> DestinationState:
        return self._transaction.read().destinations.get(destination, DestinationState())

    async def set_defaults(self, destination: Destination, defaults: SubscriptionChanges) -> None:
        memory = await self._transaction.write()
        memory.destinations[destination] = replace(await self.state(destination), defaults=defaults)

    async def disable(
        self, destination: Destination, *, code: str, reason: str, now: datetime
    ) -> bool:
        memory = await self._transaction.write()
        state = await self.state(destination)
        memory.destinations[destination] = replace(
            state,
            disabled_code=code,
            disabled_reason=reason,
            disabled_at=state.disabled_at or now,
        )
        return state.disabled_at is None

    async def enable(self, destination: Destination) -> None:
        memory = await self._transaction.write()
        defaults = (await self.state(destination)).defaults
        memory.destinations[destination] = DestinationState(defaults)
        for key, posting in list(memory.outbox.items()):
            message = posting.message
            if message.destination == destination and message.state is OutboxState.PENDING:
                again = replace(message, not_before=None, failing_since=None)
                memory.outbox[key] = replace(posting, message=again)

    async def disabled(self) -> tuple[tuple[Destination, DestinationState], ...]:
        memory = self._transaction.read()
        return tuple(
            (destination, memory.destinations[destination])
            for destination in sorted(memory.destinations)
            if memory.destinations[destination].disabled_at is not None
        )


class MemoryDigests:
    """A `DigestRepository`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, subscription_id: int, digest: Digest, *, created_at: datetime) -> bool:
        memory = await self._transaction.write()
        papers = {entry.paper.arxiv_id: entry.paper for entry in digest.entries}
        is_taken = any(record.digest.slot == digest.slot for record in self._of(subscription_id))
        is_gone = subscription_id in memory.removed or subscription_id not in memory.subscriptions
        had = (await self.posted_ids([subscription_id]))[subscription_id]
        if is_taken or is_gone or not had.isdisjoint(papers):
            return False
        for paper in papers.values():
            memory.papers.setdefault((paper.arxiv_id, paper.version), paper)
        record = DigestRecord(subscription_id, digest, created_at)
        memory.digests[subscription_id] = (*memory.digests.get(subscription_id, ()), record)
        return True

    async def add_many(self, records: Sequence[DigestRecord]) -> tuple[bool, ...]:
        answers = [
            await self.add(record.subscription_id, record.digest, created_at=record.created_at)
            for record in records
        ]
        return tuple(answers)

    async def posted_ids(
        self, subscription_ids: Sequence[int], *, among: Collection[str] | None = None
    ) -> dict[int, frozenset[str]]:
        return {
            each: frozenset(
                entry.paper.arxiv_id
                for record in self._of(each)
                for entry in record.digest.entries
                if among is None or entry.paper.arxiv_id in among
            )
            for each in subscription_ids
        }

    async def latest(self, subscription_id: int, *, limit: int = 1) -> tuple[DigestRecord, ...]:
        by_age = sorted(self._of(subscription_id), key=lambda record: record.created_at)
        return tuple(map(self._as_stored, by_age[::-1][:limit]))

    async def entry_of(
        self, subscription_id: int, arxiv_id: str
    ) -> tuple[DigestRecord, DigestEntry] | None:
        for record in map(self._as_stored, self._of(subscription_id)):
            for entry in record.digest.entries:
                if entry.paper.arxiv_id == arxiv_id:
                    return record, entry
        return None

    def _of(self, subscription_id: int) -> tuple[DigestRecord, ...]:
        return self._transaction.read().digests.get(subscription_id, ())

    def _as_stored(self, record: DigestRecord) -> DigestRecord:
        """Papers and summaries as they are stored now: entries only refer to them."""
        memory = self._transaction.read()
        entries = tuple(
            replace(
                entry,
                paper=memory.papers[entry.paper.arxiv_id, entry.paper.version],
                summary=entry.summary and memory.summaries.get(entry.summary.key),
            )
            for entry in record.digest.entries
        )
        return replace(record, digest=replace(record.digest, entries=entries))


class MemoryOutbox:
    """An `OutboxRepository`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, messages: Sequence[OutboxMessage], *, now: datetime) -> None:
        memory = await self._transaction.write()
        for message in messages:
            if message.key not in memory.outbox:
                fresh = OutboxMessage(
                    key=message.key,
                    destination=message.destination,
                    payload=message.payload,
                    position=message.position,
                    parent_key=message.parent_key,
                    not_before=message.not_before,
                    id=len(memory.outbox) + 1,
                    created_at=now,
                )
                memory.outbox[message.key] = Posting(fresh)

    async def claim(
        self,
        *,
        holder: str,
        now: datetime,
        lease_seconds: float,
        limit: int,
        platforms: Sequence[str] | None = None,
        resting: Collection[str] = (),
        share: Share | None = None,
    ) -> tuple[OutboxMessage, ...]:
        del holder
        memory = await self._transaction.write()
        heads = self._heads(platforms, resting, share)
        due = [each for each in heads if _due_at(each, now) <= now]
        due.sort(key=lambda posting: posting.message.state is OutboxState.PENDING)
        until = now + timedelta(seconds=lease_seconds)
        claimed = [self._claimed(posting) for posting in due[:limit]]
        memory.outbox |= {each.key: Posting(each, lease_until=until) for each in claimed}
        return tuple(sorted(claimed, key=lambda message: message.id))

    async def hand_back(self, messages: Sequence[OutboxMessage]) -> None:
        memory = await self._transaction.write()
        for message in messages:
            if (stored := self._held(message)) is not None:
                memory.outbox[message.key] = Posting(
                    replace(stored, state=OutboxState.PENDING, attempts=stored.attempts - 1)
                )

    async def next_due(
        self,
        *,
        now: datetime,
        platforms: Sequence[str] | None = None,
        resting: Collection[str] = (),
        share: Share | None = None,
    ) -> datetime | None:
        heads = self._heads(platforms, resting, share)
        return min((_due_at(head, now) for head in heads), default=None)

    async def mark_sent(
        self,
        message: OutboxMessage,
        ref: MessageRef,
        *,
        now: datetime,
        rest_until: datetime | None = None,
    ) -> None:
        del now
        memory = await self._transaction.write()
        if rest_until is not None:
            self._rest(memory, message.destination, rest_until)
        stored = memory.outbox[message.key].message
        if stored.state is not OutboxState.SENT:
            memory.outbox[message.key] = Posting(replace(stored, state=OutboxState.SENT), ref=ref)

    async def retry_later(
        self,
        message: OutboxMessage,
        *,
        not_before: datetime,
        error: str,
        may_be_sent: bool,
        failing_since: datetime | None = None,
    ) -> None:
        memory = await self._transaction.write()
        if (stored := self._held(message)) is not None:
            waiting = replace(
                stored,
                state=OutboxState.PENDING,
                not_before=not_before,
                may_be_sent=may_be_sent,
                failing_since=failing_since,
            )
            memory.outbox[message.key] = Posting(waiting, error=error)

    async def give_up(self, message: OutboxMessage, *, error: str, now: datetime) -> None:
        del now
        memory = await self._transaction.write()
        stored = memory.outbox[message.key].message
        if stored.state not in OPEN or stored.attempts != message.attempts:
            return
        thread = [
            posting.message
            for posting in memory.outbox.values()
            if posting.message.parent_key == message.key
            and posting.message.state is OutboxState.PENDING
        ]
        for each in (stored, *thread):
            given_up = replace(each, state=OutboxState.GIVEN_UP)
            memory.outbox[each.key] = Posting(given_up, error=error)

    async def counts(self) -> dict[str, int]:
        states = [posting.message.state for posting in self._transaction.read().outbox.values()]
        return {state.value: states.count(state) for state in OutboxState}

    def _heads(
        self, platforms: Sequence[str] | None, resting: Collection[str], share: Share | None
    ) -> list[Posting]:
        """The message of each working destination that the others wait for."""
        memory = self._transaction.read()
        first: dict[Destination, Posting] = {}
        for posting in memory.outbox.values():
            if posting.message.state not in OPEN:
                continue
            destination = posting.message.destination
            state = memory.destinations.get(destination, DestinationState())
            is_asked = platforms is None or destination.platform in platforms
            is_asked &= share is None or share.holds(destination.workspace_id)
            is_resting = f"{destination.platform}:{destination.workspace_id}" in resting
            if state.disabled_at is None and is_asked and not is_resting:
                first[destination] = _first(first.get(destination, posting), posting)
        return list(first.values())

    @staticmethod
    def _rest(memory: Memory, destination: Destination, until: datetime) -> None:
        for key, posting in memory.outbox.items():
            message = posting.message
            if message.destination == destination and message.state is OutboxState.PENDING:
                rested = max(until, message.not_before or until)
                memory.outbox[key] = replace(posting, message=replace(message, not_before=rested))
                return

    def _held(self, message: OutboxMessage) -> OutboxMessage | None:
        """The stored message if `message` is its latest claim."""
        stored = self._transaction.read().outbox[message.key].message
        is_held = stored.state is OutboxState.SENDING and stored.attempts == message.attempts
        return stored if is_held else None

    def _claimed(self, posting: Posting) -> OutboxMessage:
        message = posting.message
        parent = self._transaction.read().outbox.get(message.parent_key or "")
        return replace(
            message,
            state=OutboxState.SENDING,
            attempts=message.attempts + 1,
            may_be_sent=message.may_be_sent or message.state is OutboxState.SENDING,
            parent_ref=parent.ref if parent else None,
        )


def _first(one: Posting, other: Posting) -> Posting:
    """Which of two messages of a destination goes first: the one under way, then the older."""
    return other if other.message.state is OutboxState.SENDING else one


def _due_at(posting: Posting, now: datetime) -> datetime:
    """When it can be claimed: once its lease ends, or its time has come."""
    if posting.message.state is OutboxState.SENDING:
        assert posting.lease_until is not None
        return posting.lease_until
    return posting.message.not_before or now


class MemorySummaries:
    """A `SummaryRepository`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def find(self, paper: Paper, *, language: str, prompt: str, model: str) -> Summary | None:
        key = SummaryKey(paper.arxiv_id, paper.version, language, prompt, model)
        return self._transaction.read().summaries.get(key)

    async def put(self, summary: Summary, *, created_at: datetime) -> None:
        del created_at
        memory = await self._transaction.write()
        memory.summaries.setdefault(summary.key, summary)
        memory.turns.pop(summary.key, None)
        memory.failures.pop(summary.key, None)

    async def take_turn(
        self, key: SummaryKey, *, holder: str, now: datetime, lease_seconds: float
    ) -> SummaryTurn:
        memory = await self._transaction.write()
        failure = memory.failures.get(key)
        if key in memory.summaries:
            return SummaryTurn(summary=memory.summaries[key])
        if key in memory.turns and memory.turns[key].lease_until > now:
            return SummaryTurn()
        if failure is not None and failure.retry_at > now:
            return SummaryTurn(failure=failure)
        memory.turns[key] = Turn(holder, now + timedelta(seconds=lease_seconds))
        return SummaryTurn(is_ours=True, failure=failure)

    async def keep_turn(
        self, key: SummaryKey, *, holder: str, now: datetime, lease_seconds: float
    ) -> None:
        memory = await self._transaction.write()
        if self._is_held(key, holder):
            memory.turns[key] = Turn(holder, now + timedelta(seconds=lease_seconds))

    async def end_turn(self, key: SummaryKey, *, holder: str) -> None:
        memory = await self._transaction.write()
        if self._is_held(key, holder):
            del memory.turns[key]

    async def fail(self, key: SummaryKey, *, holder: str, failure: SummaryFailure) -> None:
        memory = await self._transaction.write()
        if self._is_held(key, holder):
            del memory.turns[key]
            memory.failures[key] = failure

    def _is_held(self, key: SummaryKey, holder: str) -> bool:
        turn = self._transaction.read().turns.get(key)
        return turn is not None and turn.holder == holder


class MemoryBudgets:
    """A `BudgetRepository`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def spent(self, budget: str, *, period: datetime) -> int:
        return self._transaction.read().budgets.get((budget, period), 0)

    async def spend(
        self, budget: str, amount: int, *, period: datetime, limit: int | None = None
    ) -> bool:
        memory = await self._transaction.write()
        spent = await self.spent(budget, period=period)
        if limit is not None and spent >= limit:
            return False
        memory.budgets[budget, period] = spent + amount
        return True

    async def forget(self, *, before: datetime) -> None:
        memory = await self._transaction.write()
        memory.budgets = {key: spent for key, spent in memory.budgets.items() if key[1] >= before}


class MemoryFeeds:
    """A `FeedRepository`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def record(self, check: FeedCheck) -> None:
        (await self._transaction.write()).checks.append(check)

    async def latest(
        self, *, outcomes: Sequence[str] | None = None, limit: int = 1
    ) -> tuple[FeedCheck, ...]:
        wanted = [
            check
            for check in self._transaction.read().checks
            if outcomes is None or check.outcome in outcomes
        ]
        return tuple(sorted(wanted, key=lambda check: check.checked_at)[::-1][:limit])

    async def put_missed(self, days: Sequence[MissedDay]) -> None:
        memory = await self._transaction.write()
        memory.missed |= {missed.day: missed for missed in days}

    async def missed(self, *, since: date) -> tuple[MissedDay, ...]:
        missed = self._transaction.read().missed
        return tuple(missed[day] for day in sorted(missed) if day >= since)


class MemoryThumbs:
    """A `ThumbRepository`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def salt(self, fresh: bytes) -> bytes:
        if not self._transaction.read().salts:
            (await self._transaction.write()).salts.append(fresh)
        return self._transaction.read().salts[0]

    async def put(self, thumbs: Sequence[GivenThumb]) -> None:
        memory = await self._transaction.write()
        for thumb in thumbs:
            memory.thumbs[thumb.subscription_id, thumb.arxiv_id, thumb.voter] = thumb

    async def take_back(
        self, subscription_ids: Sequence[int], *, arxiv_id: str, voter: str
    ) -> tuple[GivenThumb, ...]:
        memory = await self._transaction.write()
        keys = [(each, arxiv_id, voter) for each in sorted(subscription_ids)]
        return tuple(memory.thumbs.pop(key) for key in keys if key in memory.thumbs)

    async def of(self, subscription_id: int, *, limit: int) -> tuple[GivenThumb, ...]:
        thumbs = self._transaction.read().thumbs
        theirs = [thumbs[key] for key in sorted(thumbs) if key[0] == subscription_id]
        return tuple(sorted(theirs, key=lambda thumb: thumb.at, reverse=True)[:limit])

    async def forget(self, subscription_ids: Sequence[int]) -> None:
        memory = await self._transaction.write()
        for key in [key for key in memory.thumbs if key[0] in subscription_ids]:
            del memory.thumbs[key]
        for subscription_id in subscription_ids:
            memory.learned.pop(subscription_id, None)

    async def memory(self, subscription_id: int) -> learning.Memory:
        learned = self._transaction.read().learned.get(subscription_id)
        return learned[0] if learned else learning.Memory.empty()

    async def learn(self, subscription_id: int, memory: learning.Memory, profile: Profile) -> None:
        (await self._transaction.write()).learned[subscription_id] = (memory, profile)

    async def profiles(self, subscription_ids: Sequence[int]) -> dict[int, Profile]:
        learned = self._transaction.read().learned
        return {each: learned[each][1] for each in subscription_ids if each in learned}


class MemoryFeedLinks:
    """A `FeedLinkRepository`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def secret(self, fresh: bytes) -> bytes:
        if not self._transaction.read().feed_secrets:
            (await self._transaction.write()).feed_secrets.append(fresh)
        return self._transaction.read().feed_secrets[0]

    async def open(self, subscription_id: int) -> int:
        memory = await self._transaction.write()
        serial, is_open = memory.feed_links.get(subscription_id, (0, False))
        memory.feed_links[subscription_id] = (serial if is_open else serial + 1, True)
        return memory.feed_links[subscription_id][0]

    async def close(self, subscription_id: int) -> bool:
        memory = await self._transaction.write()
        serial, is_open = memory.feed_links.get(subscription_id, (0, False))
        memory.feed_links[subscription_id] = (serial, False)
        return is_open

    async def serial(self, subscription_id: int) -> int | None:
        serial, is_open = self._transaction.read().feed_links.get(subscription_id, (0, False))
        return serial if is_open else None


class MemoryVectors:
    """A `VectorRepository`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def papers_known(self, papers: Sequence[Paper], *, model: str) -> frozenset[str]:
        return frozenset(await self.of_papers(papers, model=model))

    async def of_papers(self, papers: Sequence[Paper], *, model: str) -> dict[str, Vector]:
        vectors = self._transaction.read().vectors
        ids = {paper.versioned_id for paper in papers}
        return {each: vectors[each, model] for each in sorted(ids) if (each, model) in vectors}

    async def of_latest(self, *, model: str, limit: int) -> tuple[Vector, ...]:
        memory = self._transaction.read()
        latest = [f"{arxiv_id}v{version}" for arxiv_id, version in memory.announcements][::-1]
        found = [memory.vectors[each, model] for each in latest if (each, model) in memory.vectors]
        return tuple(found[:limit])

    async def put_papers(self, vectors: Sequence[tuple[Paper, Vector]], *, model: str) -> None:
        memory = await self._transaction.write()
        for paper, vector in vectors:
            memory.vectors.setdefault((paper.versioned_id, model), vector)

    async def of_sentences(self, sentences: Sequence[str], *, model: str) -> dict[str, Vector]:
        known = self._transaction.read().sentences
        return {each: known[each, model] for each in sentences if (each, model) in known}

    async def put_sentences(
        self, vectors: Mapping[str, Vector], *, model: str, created_at: datetime
    ) -> None:
        del created_at
        memory = await self._transaction.write()
        for sentence, vector in vectors.items():
            memory.sentences.setdefault((sentence, model), vector)


@dataclass(slots=True)
class Slot:
    """Who has a slot, and since when nobody has."""

    holder: str | None
    lease_until: datetime
    used_at: datetime


class MemorySlots:
    """A `SlotStore`."""

    def __init__(self) -> None:
        self._slots: dict[str, Slot] = {}

    async def take(
        self,
        name: str,
        *,
        holder: str,
        now: datetime,
        spacing_seconds: float,
        lease_seconds: float,
    ) -> float:
        if (slot := self._slots.get(name)) is not None:
            free_at = slot.used_at + timedelta(seconds=spacing_seconds)
            if slot.holder is not None:
                free_at = max(free_at, slot.lease_until)
            if free_at > now:
                return (free_at - now).total_seconds()
        self._slots[name] = Slot(holder, now + timedelta(seconds=lease_seconds), now)
        return 0.0

    async def release(self, name: str, *, holder: str, now: datetime) -> None:
        slot = self._slots.get(name)
        if slot is not None and slot.holder == holder:
            self._slots[name] = Slot(None, now, now)
