"""One platform's way out: claimed ahead, called at its pace, recorded in batches.

Three loops, so that none waits for another's slowness: claims and records queue for the
database, which planning may hold for a while; calls wait for the platform.
"""

from __future__ import annotations

import asyncio
import logging
import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.outbox import LONGEST_WISH_SECONDS, OutboxMessage
from bot.domain.rate_limits import CallPace
from bot.domain.subscriptions import Destination
from bot.errors import PapercourierError, TransientError
from bot.ports import Clock, Messenger, Telemetry, UnitOfWorkFactory
from bot.services.bell import Bell
from bot.services.refusals import RefusalService
from bot.services.sending import (
    DeliveryRules,
    HandedBack,
    Outcome,
    Postponed,
    Refused,
    Sender,
    Sent,
    record,
    tell,
)
from bot.services.workspace_paces import WorkspacePaces

log = logging.getLogger(__name__)

_BATCH = 100  # outcomes recorded in one transaction: some tens of milliseconds
_SHORTEST_WAIT_SECONDS = 0.05  # between two looks that found nothing
_LONGEST_DATABASE_WAIT_SECONDS = 10.0
_LONGEST_TROUBLE_SECONDS = 60.0
_LAST_RECORD_SECONDS = 2.0  # at a stop; what is not recorded then is asked for after the lease


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that is ours until the lease ends."""

    message: OutboxMessage
    lease_until: datetime


class Lane:
    """Delivers to one platform until told to stop."""

    def __init__(
        self,
        platform: str,
        *,
        messenger: Messenger,
        open_unit: UnitOfWorkFactory,
        clock: Clock,
        rules: DeliveryRules,
        telemetry: Telemetry,
        refusals: RefusalService,
    ) -> None:
        self._platform = platform
        self._open_unit = open_unit
        self._clock = clock
        self._rules = rules
        self._telemetry = telemetry
        self._refusals = refusals
        self._tellings: set[asyncio.Task[None]] = set()
        self._sender = Sender(messenger, clock=clock, rules=rules)
        self._holder = uuid.uuid4().hex
        self._pace = CallPace(rules.per_platform_per_second)
        self._workspaces = WorkspacePaces(
            rules.per_workspace_per_second, most_per_second=rules.per_platform_per_second
        )
        # Two seconds' worth: enough to go on while the database is busy, and few to look up
        # after a crash.
        self._most_ahead = max(rules.concurrent_sends, math.ceil(2 * rules.per_platform_per_second))
        self._ahead = self._most_ahead
        self._ready: list[Claim] = []
        self._calls: dict[asyncio.Task[None], OutboxMessage] = {}
        self._outcomes: list[Outcome] = []
        self._rests: dict[Destination, datetime] = {}
        self._failures = 0  # in a row, of calls that the platform did not answer
        self._is_dry = True  # the last claim found less than there was room for
        self._is_storing = True  # False while outcomes cannot be recorded
        self._is_stopping = False
        self._is_done = False
        self._to_claim = Bell(clock)
        self._to_call = Bell(clock)
        self._to_record = Bell(clock)

    def wake(self) -> None:
        """Look for messages now."""
        self._to_claim.ring()

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop`; then finish the calls in hand and give back what was claimed."""
        async with asyncio.TaskGroup() as group:
            claiming = group.create_task(self._claim_ahead())
            calling = group.create_task(self._call_in_turn())
            recording = group.create_task(self._record_all())
            await stop.wait()
            self._is_stopping = True
            self._to_claim.ring()
            self._to_call.ring()
            await _end((claiming, calling, *self._calls), self._rules.stop_seconds)
            self._outcomes += [HandedBack(claim.message) for claim in self._ready]
            self._ready.clear()
            self._is_done = True
            self._to_record.ring()
            await _end((recording,), _LAST_RECORD_SECONDS)
            await _end(tuple(self._tellings), _LAST_RECORD_SECONDS)

    # --- claiming --------------------------------------------------------------------------

    async def _claim_ahead(self) -> None:
        faults = 0
        while not self._is_stopping:
            if (pause := self._wait_before_claiming()) is not None:
                await self._to_claim.wait(pause)
                continue
            try:
                wait = await self._claim()
                faults = 0
            except PapercourierError as error:
                faults += 1
                wait = _database_wait(faults)
                self._tell_fault("delivery.not_claimed", error, wait)
            if wait:
                await self._to_claim.wait(wait)

    def _wait_before_claiming(self) -> float | None:
        """None when it is time to claim."""
        if len(self._ready) > self._ahead // 2 or not self._is_storing:
            return self._rules.poll_seconds
        pause = self._pace.wait_seconds(self._clock.now())
        return pause if pause > 1 else None

    async def _claim(self) -> float:
        """Claim what there is room for; the seconds until there may be more, 0.0 if at once."""
        if self._is_dry:
            # Not at every bell: a look at thousands of waiting channels takes a while.
            await self._clock.sleep(_SHORTEST_WAIT_SECONDS)
            # Asking first costs the database no turn at writing.
            now = self._clock.now()
            resting = self._resting(now)
            async with self._open_unit() as unit:
                due = await unit.outbox.next_due(
                    now=now,
                    platforms=(self._platform,),
                    resting=resting,
                    share=self._rules.share,
                )
            if due is None or due > now:
                wait = self._rules.poll_seconds if due is None else (due - now).total_seconds()
                return min(max(wait, _SHORTEST_WAIT_SECONDS), self._rules.poll_seconds)
        now = self._clock.now()
        room = min(self._ahead - len(self._ready), self._workspaces.most_at_once)
        async with self._open_unit() as unit:
            claimed = await unit.outbox.claim(
                holder=self._holder,
                now=now,
                lease_seconds=self._rules.lease_seconds,
                limit=room,
                platforms=(self._platform,),
                resting=self._resting(now),
                share=self._rules.share,
            )
            await unit.commit()
        self._take(claimed, lease_until=now + timedelta(seconds=self._rules.lease_seconds))
        self._is_dry = len(claimed) < room
        return 0.0 if claimed else _SHORTEST_WAIT_SECONDS

    def _resting(self, now: datetime) -> frozenset[str]:
        in_hand = [*(claim.message for claim in self._ready), *self._calls.values()]
        workspaces = (message.destination.workspace_id for message in in_hand)
        return frozenset(
            f"{self._platform}:{each}" for each in self._workspaces.resting(workspaces, now)
        )

    def _take(self, claimed: Sequence[OutboxMessage], *, lease_until: datetime) -> None:
        # A lease that ended before its outcome could be recorded brings a message back to us.
        ours = {message.key for message in self._calls.values()}
        ours |= {outcome.message.key for outcome in self._outcomes}
        ours |= {claim.message.key for claim in self._ready}
        for message in claimed:
            if message.key in ours:
                self._end_with(HandedBack(message))
            else:
                self._ready.append(Claim(message, lease_until))
        if claimed:
            self._to_call.ring()

    # --- calling ---------------------------------------------------------------------------

    async def _call_in_turn(self) -> None:
        while not self._is_stopping:
            self._drop_outlived()
            wait = self._wait_before_calling()
            if wait == 0:
                self._call_next()
            else:
                # Looking up at times, lest leases end while we wait out a long pause.
                await self._to_call.wait(wait and min(wait, self._rules.poll_seconds))

    def _drop_outlived(self) -> None:
        """Give back claims whose lease could end under the call."""
        deadline = self._clock.now() + timedelta(seconds=self._rules.call_seconds)
        outlived = [claim for claim in self._ready if claim.lease_until < deadline]
        if not outlived:
            return
        # More than there was time for, on a machine this busy: fewer next time.
        self._ahead = max(1, self._ahead // 2)
        self._ready = [claim for claim in self._ready if claim.lease_until >= deadline]
        for claim in outlived:
            self._end_with(HandedBack(claim.message))

    def _wait_before_calling(self) -> float | None:
        """Seconds until the next call; None when something else has to happen first."""
        is_full = len(self._calls) >= self._rules.concurrent_sends
        if not self._ready or is_full or not self._is_storing:
            return None
        now = self._clock.now()
        rest = min(self._rest_of(claim, now) for claim in self._ready)
        return max(rest, self._pace.wait_seconds(now))

    def _rest_of(self, claim: Claim, now: datetime) -> float:
        """Seconds its channel rests after the message before, or its workspace."""
        destination = claim.message.destination
        until = self._rests.get(destination, now)
        # Bounded, for a clock that was set back.
        rest = min(max((until - now).total_seconds(), 0.0), self._rules.per_channel_seconds)
        return max(rest, self._workspaces.wait_seconds(destination.workspace_id, now))

    def _call_next(self) -> None:
        now = self._clock.now()
        claim = next(each for each in self._ready if self._rest_of(each, now) == 0)
        self._ready.remove(claim)
        self._pace = self._pace.called(now)
        self._workspaces.called(claim.message.destination.workspace_id, now)
        self._ahead = min(self._ahead + 1, self._most_ahead)
        task = asyncio.create_task(self._call(claim.message))
        self._calls[task] = claim.message
        task.add_done_callback(self._called)
        if len(self._ready) <= self._ahead // 2:
            self._to_claim.ring()

    async def _call(self, message: OutboxMessage) -> None:
        began = self._clock.now()
        try:
            outcome = await self._sender.attempt(message)
        except asyncio.CancelledError:
            self._end_with(self._sender.cut_short(message))
            raise
        seconds = (self._clock.now() - began).total_seconds()
        self._telemetry.observe("send_seconds", seconds, platform=self._platform)
        self._heed(outcome)
        self._end_with(outcome)

    def _called(self, task: asyncio.Task[None]) -> None:
        del self._calls[task]
        self._to_call.ring()

    def _heed(self, outcome: Outcome) -> None:
        """Slow down for a channel that was just served, and for a platform in trouble."""
        now = self._clock.now()
        if isinstance(outcome, Sent):
            self._rests = {each: until for each, until in self._rests.items() if until > now}
            rest = timedelta(seconds=self._rules.per_channel_seconds)
            self._rests[outcome.message.destination] = now + rest
        if not isinstance(outcome, Postponed):
            self._failures = 0
            return
        error = outcome.error
        if error.workspace_wide:
            self._pause_workspace(outcome.message.destination.workspace_id, error, now)
        self._failures = self._failures + 1 if error.may_have_acted else 0
        seconds = 0.0
        if error.platform_wide:
            seconds = min(error.retry_after or 1.0, LONGEST_WISH_SECONDS)
        # So many different channels in a row: it is not they that are broken. Asking on would
        # only use up their patience, and the platform's.
        in_excess = self._failures - 2 * self._rules.concurrent_sends
        if in_excess >= 0:
            seconds = max(seconds, min(2.0 ** min(in_excess, 10), _LONGEST_TROUBLE_SECONDS))
        if seconds:
            self._pace = self._pace.paused(now + timedelta(seconds=seconds))
            log.warning(
                "delivery.paused",
                extra={"platform": self._platform, "seconds": seconds, "reason": str(error)},
            )
            self._telemetry.count("platform_pauses", platform=self._platform)

    def _pause_workspace(self, workspace_id: str, error: TransientError, now: datetime) -> None:
        """Call it no more for a while; what waits for it goes back, to make room for others."""
        seconds = min(error.retry_after or 1.0, LONGEST_WISH_SECONDS)
        self._workspaces.pause(workspace_id, seconds=seconds, now=now)
        log.warning(
            "delivery.workspace_paused",
            extra={
                "workspace": f"{self._platform}:{workspace_id}",
                "seconds": seconds,
                "reason": str(error),
            },
        )
        if not self._workspaces.is_paused(workspace_id, now):
            return
        for claim in self._ready:
            if claim.message.destination.workspace_id == workspace_id:
                self._end_with(HandedBack(claim.message))
        self._ready = [
            claim for claim in self._ready if claim.message.destination.workspace_id != workspace_id
        ]

    # --- recording -------------------------------------------------------------------------

    def _end_with(self, outcome: Outcome) -> None:
        self._outcomes.append(outcome)
        self._to_record.ring()

    async def _record_all(self) -> None:
        faults = 0
        while self._outcomes or not self._is_done:
            if not self._outcomes:
                await self._to_record.wait()
                continue
            batch = self._outcomes[:_BATCH]
            try:
                await self._record(batch)
            except PapercourierError as error:
                faults += 1
                self._is_storing = False
                wait = _database_wait(faults)
                self._tell_fault("delivery.not_recorded", error, wait)
                await self._clock.sleep(wait)
                continue
            faults = 0
            self._is_storing = True
            del self._outcomes[: len(batch)]
            self._to_claim.ring()
            self._to_call.ring()

    async def _record(self, batch: Sequence[Outcome]) -> None:
        rest_seconds = self._rules.per_channel_seconds
        async with self._open_unit() as unit:
            news = [await record(unit, each, rest_seconds=rest_seconds) for each in batch]
            await unit.commit()
        for outcome, is_news in zip(batch, news, strict=True):
            tell(outcome, self._telemetry)
            if is_news and isinstance(outcome, Refused):
                self._heed_refusal(outcome)

    def _heed_refusal(self, outcome: Refused) -> None:
        """Tell people, but let no record wait for that."""
        telling = asyncio.create_task(
            self._refusals.heed(outcome.message.destination, outcome.error)
        )
        self._tellings.add(telling)
        telling.add_done_callback(self._tellings.discard)

    def _tell_fault(self, event: str, error: PapercourierError, wait: float) -> None:
        log.error(event, extra={"platform": self._platform, "seconds": wait, "reason": str(error)})


def _database_wait(faults: int) -> float:
    """Seconds before asking the database again after so many faults in a row."""
    return min(0.25 * 2.0 ** min(faults - 1, 10), _LONGEST_DATABASE_WAIT_SECONDS)


async def _end(tasks: Sequence[asyncio.Task[None]], seconds: float) -> None:
    """Let `tasks` finish, for so long."""
    if not tasks:
        return
    _, unfinished = await asyncio.wait(tasks, timeout=seconds)
    for task in unfinished:
        task.cancel()
    if unfinished:
        await asyncio.wait(unfinished)
