"""All digests that are due, planned together: one pass over the papers, then batch by batch.

The event loop only reads and writes; what needs the processor (times, scores, rendering) runs in
a worker thread. A batch is one transaction, so a crash between two leaves nothing half-done, and
another process that plans the same digests at the same time finds them taken.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import islice

from bot.domain import calendar
from bot.domain.diversity import NO_VARIETY, Variety
from bot.domain.matching import Ranking, Texts, rank_many, texts_of
from bot.domain.meaning import Meaning
from bot.domain.outbox import OutboxMessage
from bot.domain.papers import Announcement
from bot.domain.profile import Profile
from bot.domain.rarity import Rarity
from bot.domain.silence import FeedStanding
from bot.domain.subscriptions import Subscription
from bot.errors import TransientError
from bot.ports import (
    NO_TELEMETRY,
    DigestRecord,
    Renderer,
    SubscriptionStep,
    Telemetry,
    UnitOfWorkFactory,
)
from bot.services.appointments import Due, appointments, skipped_step
from bot.services.choosing import profiles_of, reader_of, settled
from bot.services.digests import (
    SummaryBook,
    digest_of,
    messages_of,
    wanted_summaries,
    write_summaries,
)
from bot.services.meanings import MeaningService, meanings_of, notices_of
from bot.services.rarity import RarityService
from bot.services.standing import feed_standing
from bot.services.summaries import SummaryService
from bot.services.worker import Worker, no_full_collections, open_worker

log = logging.getLogger(__name__)

RANKED_TOGETHER = 1_000  # subscriptions in one pass over the papers: tens of megabytes
WRITTEN_TOGETHER = 100  # digests in one transaction: the loop prepares it in some milliseconds
_ASLEEP = timedelta(minutes=30)  # rounds come every minute; after such a pause all is stale


@dataclass(frozen=True, slots=True)
class _Material:
    """The announcements after a sequence and since a day: all that some readers may get."""

    after: int
    since: date
    announcements: tuple[Announcement, ...]
    texts: Texts  # of the announcements, read once for all that are ranked
    rarity: Rarity
    variety: Variety

    @property
    def last_sequence(self) -> int:
        """The last announcement that was read; a later one waits for the next digest."""
        return self.announcements[-1].sequence if self.announcements else 0


@dataclass(frozen=True, slots=True)
class _Planned:
    """A digest ready to be written."""

    record: DigestRecord
    messages: tuple[OutboxMessage, ...]
    step: SubscriptionStep


@dataclass(slots=True)
class _Run:
    """One round of planning, and what its batches share."""

    worker: Worker
    now: datetime
    cutoff: datetime  # digests due by then go out; later ones wait for announcements
    standing: FeedStanding
    material: _Material | None = None
    summaries: SummaryBook = field(default_factory=dict)
    notices: dict[int, str] = field(default_factory=dict)  # by subscription
    refused: set[int] = field(default_factory=set)  # subscriptions that are tried once more
    planned: Counter[str] = field(default_factory=Counter)  # by whether they are empty


class PlanningService:
    """Plans what is due; nothing it does reaches a platform before delivery."""

    def __init__(
        self,
        *,
        open_unit: UnitOfWorkFactory,
        renderers: Mapping[str, Renderer],
        summaries: SummaryService,
        rarity: RarityService,
        extra_holidays: frozenset[date] = frozenset(),
        telemetry: Telemetry = NO_TELEMETRY,
        is_diverse: bool = True,
        meanings: MeaningService | None = None,
    ) -> None:
        self._open_unit = open_unit
        self._meanings = meanings
        self._renderers = renderers
        self._summaries = summaries
        self._rarity = rarity
        self._extra_holidays = extra_holidays
        self._telemetry = telemetry
        self._is_diverse = is_diverse
        self._usual_collections = gc.get_threshold()
        self._awake_since: datetime | None = None
        self._last_round_at: datetime | None = None

    async def plan_due(self, now: datetime, *, patience: timedelta) -> int:
        """Plan every digest that is due at `now` (UTC); returns how many were.

        While announcements are late or still being caught up, digests wait for them: up to
        `patience` after their time, or after a start or a sleep that they had to wait for. One
        that cannot be planned is logged and tried at its next run; the others are none the worse.
        Raises TransientError when the database fails: what was planned until then stays planned,
        the rest is still due.
        """
        began = asyncio.get_running_loop().time()
        async with self._open_unit() as unit:
            standing = await feed_standing(unit, now=now, extra_holidays=self._extra_holidays)
        cutoff = self._cutoff(standing, now, patience)
        if cutoff is None:
            return 0
        seen = 0
        with open_worker("planning") as worker, no_full_collections(self._usual_collections):
            run = _Run(worker, now, cutoff, standing)
            while found := await self._read_due(run):
                seen += len(found)
                ready, steps = await worker.do(
                    appointments, found, now=now, cutoff=cutoff, platforms=self._renderers.keys()
                )
                await self._advance(steps)
                if ready:
                    await self._plan(run, ready)
        planned = run.planned.total()
        self._telemetry.gauge("digests_due", seen)
        if seen:
            seconds = asyncio.get_running_loop().time() - began
            self._telemetry.observe("planning_seconds", seconds)
            log.info("planning.done", extra={"planned": planned, "seconds": round(seconds, 3)})
        return planned

    def _cutoff(
        self, standing: FeedStanding, now: datetime, patience: timedelta
    ) -> datetime | None:
        """The time up to which what is due goes out; None while all of it waits."""
        is_incomplete = standing.is_late or bool(standing.pending_days)
        self._telemetry.gauge("digests_waiting_for_feed", is_incomplete)
        awake_since = self._note_round(now)
        if not is_incomplete:
            return now
        return None if now - awake_since < patience else now - patience

    def _note_round(self, now: datetime) -> datetime:
        """Since when there was time to look at arXiv: a start, or the end of a sleep."""
        if self._last_round_at is None or now - self._last_round_at > _ASLEEP:
            self._awake_since = now
        self._last_round_at = now
        return self._awake_since or now

    async def _read_due(self, run: _Run) -> tuple[Subscription, ...]:
        async with self._open_unit() as unit:
            return await unit.subscriptions.due(run.cutoff, limit=RANKED_TOGETHER)

    async def _advance(self, steps: Sequence[SubscriptionStep]) -> None:
        if not steps:
            return
        async with self._open_unit() as unit:
            await unit.subscriptions.advance_many(steps)
            await unit.commit()

    async def _plan(self, run: _Run, ready: Sequence[Due]) -> None:
        """Plan all of `ready`, however one of them fails."""
        try:
            rankings = await self._rank(run, ready)
            for start in range(0, len(ready), WRITTEN_TOGETHER):
                batch = ready[start : start + WRITTEN_TOGETHER]
                await self._finish_all(run, batch, await run.worker.do(_next, rankings, batch))
        except TransientError:
            raise
        except Exception as error:  # noqa: BLE001 - one subscription's fault is nobody else's
            await self._plan_halves(run, ready, error)

    async def _finish_all(
        self, run: _Run, batch: Sequence[Due], rankings: Sequence[Ranking]
    ) -> None:
        try:
            await self._finish(run, batch, rankings)
        except TransientError:
            raise
        except Exception as error:  # noqa: BLE001 - likewise
            await self._plan_halves(run, batch, error)

    async def _plan_halves(self, run: _Run, ready: Sequence[Due], error: Exception) -> None:
        """Find the one that fails by halving; what was written before is not due any more."""
        if len(ready) == 1:
            await self._advance([skipped_step(ready[0].subscription, run.now, error)])
            return
        middle = len(ready) // 2
        await self._plan(run, ready[:middle])
        await self._plan(run, ready[middle:])

    async def _rank(self, run: _Run, ready: Sequence[Due]) -> Iterator[Ranking]:
        material = await self._material(run, [due.subscription for due in ready])
        async with self._open_unit() as unit:
            posted = await unit.digests.posted_ids(
                [due.subscription.id for due in ready],
                among=[each.paper.arxiv_id for each in material.announcements],
            )
            profiles = await profiles_of(unit, [due.subscription for due in ready])
        meant = await self._meant(run, [due.subscription for due in ready], material)
        return await run.worker.do(self._ranked, run, ready, material, posted, profiles, meant)

    async def _meant(
        self, run: _Run, subscriptions: Sequence[Subscription], material: _Material
    ) -> tuple[Meaning | None, ...]:
        """What their sentences earn; trouble with that is noted, to be told in the digests."""
        interests = [each.interests for each in subscriptions]
        read = await meanings_of(self._meanings, interests, material.announcements)
        run.notices.update(await notices_of(self._meanings, subscriptions, read))
        return read.of_readers

    def _ranked(
        self,
        run: _Run,
        ready: Sequence[Due],
        material: _Material,
        posted: Mapping[int, frozenset[str]],
        profiles: Mapping[int, Profile],
        meant: Sequence[Meaning | None],
    ) -> Iterator[Ranking]:
        today = calendar.eastern_day(run.now)
        readers = [
            reader_of(
                due.subscription,
                posted,
                today=today,
                profile=profiles.get(due.subscription.id),
                meaning=meaning,
                is_diverse=self._is_diverse,
            )
            for due, meaning in zip(ready, meant, strict=True)
        ]
        rankings = rank_many(
            readers, material.announcements, rarity=material.rarity, texts=material.texts
        )
        interests = [due.subscription.interests for due in ready]
        return settled(rankings, interests, material.variety)

    async def _material(self, run: _Run, readers: Sequence[Subscription]) -> _Material:
        """What was read before, if it is enough for `readers`."""
        after = min(each.seen_through for each in readers)
        longest = max(each.interests.days_back for each in readers)
        since = calendar.eastern_day(run.now) - timedelta(days=longest)
        known = run.material
        if known is None or after < known.after or since < known.since:
            rarity = await self._rarity.current()
            async with self._open_unit() as unit:
                announcements = await unit.papers.announced(after=after, since=since)
            variety = NO_VARIETY
            if self._is_diverse:
                papers = [each.paper for each in announcements]
                variety = await run.worker.do(Variety.of, papers)
            texts = texts_of(announcements)
            known = run.material = _Material(after, since, announcements, texts, rarity, variety)
        return known

    async def _finish(self, run: _Run, batch: Sequence[Due], rankings: Sequence[Ranking]) -> None:
        subscriptions = [due.subscription for due in batch]
        wanted = wanted_summaries(
            subscriptions, rankings, papers_by_model=self._summaries.papers_per_digest
        )
        await write_summaries(self._summaries, wanted, book=run.summaries)
        planned, skipped = await run.worker.do(self._render_each, run, batch, rankings)
        await self._advance(skipped)
        await self._write(run, planned)

    def _render_each(
        self, run: _Run, batch: Sequence[Due], rankings: Sequence[Ranking]
    ) -> tuple[list[_Planned], list[SubscriptionStep]]:
        """The digests, and the steps of those that cannot be shown."""
        planned: list[_Planned] = []
        skipped: list[SubscriptionStep] = []
        for due, ranking in zip(batch, rankings, strict=True):
            try:
                planned.append(self._render(run, due, ranking))
            except Exception as error:  # noqa: BLE001 - others can be shown
                skipped.append(skipped_step(due.subscription, run.now, error))
        return planned, skipped

    def _render(self, run: _Run, due: Due, ranking: Ranking) -> _Planned:
        subscription = due.subscription
        digest = digest_of(
            ranking,
            interests=subscription.interests,
            standing=run.standing,
            summaries=run.summaries.get(subscription.language, {}),
            notice=run.notices.get(subscription.id, ""),
        )
        last = run.material.last_sequence if run.material else 0
        seen_through = max(last, subscription.seen_through)
        digest = replace(digest, slot=due.slot.name, seen_through=seen_through)
        renderer = self._renderers[subscription.destination.platform]
        return _Planned(
            DigestRecord(subscription.id, digest, run.now),
            messages_of(digest, subscription, renderer),
            SubscriptionStep(subscription.id, seen_through, due.slot.next_run_at),
        )

    async def _write(self, run: _Run, planned: Sequence[_Planned]) -> None:
        async with self._open_unit() as unit:
            # Summaries may have taken minutes: what was edited, paused, removed or planned by
            # another process meanwhile is not due any more. Nothing becomes due before the
            # cutoff, so these are the first in line, but for the few that were refused.
            first = await unit.subscriptions.due(run.cutoff, limit=len(planned) + len(run.refused))
            still_due = {each.id for each in first}
            ready = [each for each in planned if each.step.subscription_id in still_due]
            answers = await unit.digests.add_many([each.record for each in ready])
            accepted = [each for each, is_ours in zip(ready, answers, strict=True) if is_ours]
            refused = [each for each, is_ours in zip(ready, answers, strict=True) if not is_ours]
            messages = [message for each in accepted for message in each.messages]
            await unit.outbox.add(messages, now=run.now)
            await unit.subscriptions.advance_many(
                [*(each.step for each in accepted), *_given_up(run, refused)]
            )
            await unit.commit()
        self._tell(run, accepted)

    def _tell(self, run: _Run, accepted: Sequence[_Planned]) -> None:
        counted = Counter("yes" if each.record.digest.is_empty else "no" for each in accepted)
        run.planned += counted
        for empty, count in counted.items():
            self._telemetry.count("digests_planned", count, empty=empty)
        for each in accepted:
            digest = each.record.digest
            log.debug(
                "digest.planned",
                extra={
                    "subscription": each.record.subscription_id,
                    "slot": digest.slot,
                    "papers": len(digest.entries),
                    "silence": digest.silence,
                },
            )


def _next(rankings: Iterator[Ranking], batch: Sequence[Due]) -> list[Ranking]:
    return list(islice(rankings, len(batch)))


def _given_up(run: _Run, refused: Sequence[_Planned]) -> list[SubscriptionStep]:
    """The steps of those that were refused twice; the others stay due for another try.

    Refused once: a paper was posted meanwhile, by `now` or another process. Refused twice: the
    slot is taken, and the digest with it.
    """
    twice = [each for each in refused if each.record.subscription_id in run.refused]
    run.refused.update(each.record.subscription_id for each in refused)
    return [replace(each.step, seen_through=0) for each in twice]
