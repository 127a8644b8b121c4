"""From announcements to messages in the outbox: score, choose, summarise, render, enqueue.

Here for one subscription at a time, as commands ask for it; `planning.py` does it for all that
are due, with the same parts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.domain import calendar
from bot.domain.budgets import Payer
from bot.domain.digest import Digest, DigestEntry
from bot.domain.diversity import NO_VARIETY, Variety
from bot.domain.interests import Interests
from bot.domain.matching import Ranking, Reader, rank_many
from bot.domain.outbox import OutboxMessage
from bot.domain.papers import Announcement, Paper
from bot.domain.profile import Profile
from bot.domain.rarity import Rarity
from bot.domain.silence import FeedStanding, explain_silence
from bot.domain.subscriptions import Subscription
from bot.domain.summary import Summary
from bot.ports import Clock, Progress, Renderer, UnitOfWork, UnitOfWorkFactory, no_progress
from bot.services.choosing import profiles_of, reader_of, settled
from bot.services.meanings import MeaningService, meanings_of, notices_of
from bot.services.rarity import RarityService
from bot.services.standing import feed_standing
from bot.services.summaries import SummaryService, Wanted

log = logging.getLogger(__name__)

SummaryBook = dict[str, dict[str, Summary]]  # by language, then by versioned ID

_NOTICES_SHOWN = 3  # each is a sentence for the whole channel


@dataclass(frozen=True, slots=True)
class Slot:
    """The time a subscription's digest is for, and when the next one is due."""

    name: str  # unique within the subscription
    next_run_at: datetime | None  # UTC


@dataclass(frozen=True, slots=True)
class _Material:
    """What ranking needs, read in one go."""

    announcements: tuple[Announcement, ...]
    posted: dict[int, frozenset[str]]
    profiles: dict[int, Profile]
    standing: FeedStanding

    @property
    def last_sequence(self) -> int:
        """The last announcement that was read; a later one waits for the next digest."""
        return self.announcements[-1].sequence if self.announcements else 0


class DigestService:
    """Plans digests; nothing it does reaches a platform before delivery."""

    def __init__(
        self,
        *,
        open_unit: UnitOfWorkFactory,
        renderers: Mapping[str, Renderer],
        summaries: SummaryService,
        rarity: RarityService,
        clock: Clock,
        extra_holidays: frozenset[date] = frozenset(),
        progress: Progress = no_progress,
        is_diverse: bool = True,
        meanings: MeaningService | None = None,
    ) -> None:
        self._open_unit = open_unit
        self._meanings = meanings
        self._renderers = renderers
        self._summaries = summaries
        self._clock = clock
        self._extra_holidays = extra_holidays
        self._rarity = rarity
        self._progress = progress
        self._is_diverse = is_diverse

    async def compose(
        self, subscriptions: Sequence[Subscription], *, with_posted: bool = False
    ) -> tuple[Digest, ...]:
        """The digests these subscriptions would get now; nothing is stored.

        `with_posted` shows what was posted before as well. Their `slot` is empty: whoever posts
        one gives it its slot.
        """
        material = await self._read(subscriptions)
        rarity = await self._rarity.current()
        wishes = [each.interests for each in subscriptions]
        meant = await meanings_of(self._meanings, wishes, material.announcements)
        told = await notices_of(self._meanings, subscriptions, meant)
        readers = [
            reader_of(
                each,
                {} if with_posted else material.posted,
                today=self._today(),
                profile=material.profiles.get(each.id),
                meaning=meaning,
                is_diverse=self._is_diverse,
            )
            for each, meaning in zip(subscriptions, meant.of_readers, strict=True)
        ]
        rankings = await asyncio.to_thread(
            _ranked,
            readers,
            subscriptions,
            material.announcements,
            rarity,
            is_diverse=self._is_diverse,
        )
        summaries: SummaryBook = {}
        await write_summaries(
            self._summaries,
            wanted_summaries(
                subscriptions, rankings, papers_by_model=self._summaries.papers_per_digest
            ),
            book=summaries,
            progress=self._progress,
        )
        return tuple(
            replace(
                digest_of(
                    ranking,
                    interests=subscription.interests,
                    standing=material.standing,
                    summaries=summaries.get(subscription.language, {}),
                    notice=told.get(subscription.id, ""),
                ),
                seen_through=max(material.last_sequence, subscription.seen_through),
            )
            for subscription, ranking in zip(subscriptions, rankings, strict=True)
        )

    async def plan(self, subscription: Subscription, slot: Slot) -> Digest | None:
        """Compose one digest and put its messages into the outbox.

        None when another process has taken the slot. An empty digest is recorded, and rendered
        only where the subscription asked to be told.
        """
        # A second try is for a paper that was posted between reading and writing.
        for _ in range(2):
            [digest] = await self.compose([subscription])
            digest = replace(digest, slot=slot.name)
            messages = messages_of(
                digest, subscription, self._renderers[subscription.destination.platform]
            )
            async with self._open_unit() as unit:
                if await _record(unit, subscription, digest, messages, slot, self._clock.now()):
                    await unit.commit()
                    log.info("digest.planned", extra=_planned(subscription, digest))
                    return digest
        return None

    async def _read(self, subscriptions: Sequence[Subscription]) -> _Material:
        days_back = max((each.interests.days_back for each in subscriptions), default=0)
        async with self._open_unit() as unit:
            announcements = await unit.papers.announced(
                after=min((each.seen_through for each in subscriptions), default=0),
                since=self._today() - timedelta(days=days_back),
            )
            return _Material(
                announcements=announcements,
                posted=await unit.digests.posted_ids(
                    [each.id for each in subscriptions],
                    among=[each.paper.arxiv_id for each in announcements],
                ),
                profiles=await profiles_of(unit, subscriptions),
                standing=await feed_standing(
                    unit, now=self._clock.now(), extra_holidays=self._extra_holidays
                ),
            )

    def _today(self) -> date:
        return calendar.eastern_day(self._clock.now())


def _ranked(
    readers: Sequence[Reader],
    subscriptions: Sequence[Subscription],
    announcements: Sequence[Announcement],
    rarity: Rarity,
    *,
    is_diverse: bool,
) -> list[Ranking]:
    rankings = list(rank_many(readers, announcements, rarity=rarity))
    papers = [each.announcement.paper for ranking in rankings for each in ranking.chosen]
    interests = [each.interests for each in subscriptions]
    return list(settled(rankings, interests, Variety.of(papers) if is_diverse else NO_VARIETY))


def wanted_summaries(
    subscriptions: Iterable[Subscription], rankings: Iterable[Ranking], *, papers_by_model: int
) -> tuple[Wanted, ...]:
    """The chosen papers, each once for every language.

    A subscription's best `papers_by_model` are for a model, and its workspace would pay.
    """
    papers: dict[tuple[str, str], Paper] = {}
    payers: dict[tuple[str, str], dict[Payer, None]] = {}
    for subscription, ranking in zip(subscriptions, rankings, strict=True):
        payer = Payer.of(subscription.destination)
        for place, scored in enumerate(ranking.chosen):
            paper = scored.announcement.paper
            key = (subscription.language, paper.versioned_id)
            papers.setdefault(key, paper)
            its_payers = payers.setdefault(key, {})
            if place < papers_by_model:
                its_payers[payer] = None
    return tuple(
        Wanted(paper, language, tuple(payers[language, versioned_id]))
        for (language, versioned_id), paper in papers.items()
    )


async def write_summaries(
    summaries: SummaryService,
    wanted: Iterable[Wanted],
    *,
    book: SummaryBook,
    progress: Progress = no_progress,
) -> None:
    """Put into `book` what it lacks of `wanted`; each summary is asked for once."""
    lacking = [each for each in wanted if _is_lacking(each, book)]
    written = await summaries.for_digests(lacking, progress=progress)
    for (language, versioned_id), summary in written.items():
        book.setdefault(language, {})[versioned_id] = summary


def _is_lacking(wanted: Wanted, book: SummaryBook) -> bool:
    """Whether it is not there, or there is an extract that no model was asked before."""
    known = book.get(wanted.language, {}).get(wanted.paper.versioned_id)
    if known is None:
        return True
    return bool(wanted.payers) and known.is_extract and not known.notices


def digest_of(
    ranking: Ranking,
    *,
    interests: Interests,
    standing: FeedStanding,
    summaries: Mapping[str, Summary],
    notice: str = "",
) -> Digest:
    """A ranking as a digest that has no slot yet; `summaries` by versioned ID.

    `notice` is told beside what the summaries have to tell, or why there is nothing.
    """
    silence, reason = None, ""
    if not ranking.chosen:
        silence, reason = explain_silence(
            ranking,
            min_score=interests.min_score,
            categories=interests.categories,
            standing=standing,
        )
        reason = " ".join(filter(None, (reason, notice)))
    days = [scored.announcement.announced_on for scored in ranking.chosen]
    return Digest(
        slot="",
        announced_on=max(days, default=standing.latest_on),
        considered=ranking.considered,
        matched=ranking.matched,
        entries=tuple(
            DigestEntry(
                rank=place,
                paper=scored.announcement.paper,
                announce_type=scored.announce_type,
                score=scored.score,
                reasons=scored.reasons,
                summary=_without_notices(summaries.get(scored.announcement.paper.versioned_id)),
            )
            for place, scored in enumerate(ranking.chosen, start=1)
        ),
        silence=silence,
        silence_reason=reason,
        notices=_notices(
            notice if ranking.chosen else "",
            (summaries.get(scored.announcement.paper.versioned_id) for scored in ranking.chosen),
        ),
    )


def _notices(notice: str, summaries: Iterable[Summary | None]) -> tuple[str, ...]:
    """`notice`, and why some papers come with extracts: each once, in the digest's order."""
    reasons = dict.fromkeys([notice] if notice else ())
    reasons |= dict.fromkeys(
        notice
        for summary in summaries
        if summary is not None and summary.is_extract
        for notice in summary.notices
    )
    return tuple(reasons)[:_NOTICES_SHOWN]


def _without_notices(summary: Summary | None) -> Summary | None:
    """An extract whose reason the whole digest tells."""
    if summary is None or not summary.is_extract:
        return summary
    return replace(summary, notices=())


def messages_of(
    digest: Digest, subscription: Subscription, renderer: Renderer
) -> tuple[OutboxMessage, ...]:
    """The digest as the exact messages to send: none for an empty one nobody asked to hear of."""
    if digest.is_empty and not subscription.announce_empty:
        return ()
    payloads = renderer.digest(digest, subscription)
    keys = [f"digest/{subscription.id}/{digest.slot}/{n}" for n in range(len(payloads))]
    return tuple(
        OutboxMessage(
            key=key,
            destination=subscription.destination,
            payload=payload,
            position=position,
            parent_key=keys[0] if position else None,
        )
        for position, (key, payload) in enumerate(zip(keys, payloads, strict=True))
    )


def _planned(subscription: Subscription, digest: Digest) -> dict[str, object]:
    return {
        "subscription": subscription.id,
        "slot": digest.slot,
        "papers": len(digest.entries),
        "silence": digest.silence,
    }


async def _record(
    unit: UnitOfWork,
    subscription: Subscription,
    digest: Digest,
    messages: Sequence[OutboxMessage],
    slot: Slot,
    now: datetime,
) -> bool:
    if not await unit.digests.add(subscription.id, digest, created_at=now):
        return False
    await unit.outbox.add(messages, now=now)
    stored = await unit.subscriptions.get(subscription.id)
    # Summaries may have taken minutes: a schedule that was edited meanwhile stays as it is.
    is_edited = stored is not None and stored.next_run_at != subscription.next_run_at
    await unit.subscriptions.advance(
        subscription.id,
        seen_through=digest.seen_through,
        next_run_at=stored.next_run_at if stored and is_edited else slot.next_run_at,
    )
    return True
