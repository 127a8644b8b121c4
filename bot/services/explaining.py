"""Why this paper, why not that one, and how things stand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from bot.domain import calendar
from bot.domain.commands import Actor
from bot.domain.digest import DigestEntry, Reason
from bot.domain.diversity import Variety
from bot.domain.feed_health import LATE_AFTER, FeedOutcome
from bot.domain.interests import Formula
from bot.domain.matching import Explanation, Obstacle, explain
from bot.domain.papers import Announcement, ArxivId
from bot.domain.schedule_text import format_schedule
from bot.domain.silence import FeedStanding, day, late
from bot.domain.subscriptions import Subscription, SubscriptionState
from bot.ports import Clock, DestinationState, DigestRecord, UnitOfWork, UnitOfWorkFactory
from bot.services.choosing import profiles_of
from bot.services.meanings import MeaningService, meanings_of
from bot.services.rarity import RarityService
from bot.services.standing import feed_standing
from bot.services.thumbs import learned_sentence

_DIGESTS_LOOKED_AT = 30  # for the one that considered a paper
_HOURS_FROM_MINUTES = 120  # from here on hours are told
_TROUBLE_SAID: Mapping[str, str] = MappingProxyType(
    {
        FeedOutcome.STALE: "arXiv's feed is stale",
        FeedOutcome.REFUSED: "Warning: arXiv refuses us",
        FeedOutcome.THROTTLED: "arXiv wants us to wait",
        FeedOutcome.FAILING: "The last look at arXiv failed",
    }
)


class ExplainingService:
    """Answers from what is stored; it asks nobody and changes nothing."""

    def __init__(
        self,
        *,
        open_unit: UnitOfWorkFactory,
        rarity: RarityService,
        clock: Clock,
        extra_holidays: frozenset[date] = frozenset(),
        late_after: timedelta = LATE_AFTER,
        is_diverse: bool = True,
        meanings: MeaningService | None = None,
    ) -> None:
        self._open_unit = open_unit
        self._meanings = meanings
        self._rarity = rarity
        self._clock = clock
        self._extra_holidays = extra_holidays
        self._late_after = late_after
        self._is_diverse = is_diverse

    async def why(self, actor: Actor, paper: ArxivId) -> str:
        """Why a paper was shown in this channel, or why not: one paragraph a subscription."""
        rarity = await self._rarity.current()
        async with self._open_unit() as unit:
            subscriptions = await unit.subscriptions.of_destination(actor.destination)
            announcement = await unit.papers.announcement_of(paper.value)
        interests = [each.interests for each in subscriptions]
        meant = await meanings_of(self._meanings, interests, [announcement] if announcement else [])
        async with self._open_unit() as unit:
            profiles = await profiles_of(unit, subscriptions)
            lines = []
            for subscription, meaning in zip(subscriptions, meant.of_readers, strict=True):
                shown = await unit.digests.entry_of(subscription.id, paper.value)
                if shown:
                    lines.append(_why_shown(subscription, *shown))
                elif announcement:
                    explanation = explain(
                        subscription.interests,
                        announcement,
                        rarity=rarity,
                        profile=profiles.get(subscription.id),
                        meaning=meaning,
                    )
                    yielded = await self._yielded(unit, subscription, announcement)
                    lines.append(_why_not_shown(subscription, explanation, announcement, yielded))
                else:
                    continue
                if subscription.learning and (
                    learned := await learned_sentence(unit, subscription.id)
                ):
                    lines.append(f"#{subscription.number}: {learned}")
        if not subscriptions:
            return "This channel has no subscription: `subscribe` starts one."
        if not lines:
            return (
                f"{paper.value} was not announced in any category watched here since this bot "
                f"began to listen; `summarize {paper.value}` looks it up at arXiv."
            )
        title = f" “{announcement.paper.title}”" if announcement else ""
        return "\n".join([f"{paper.value}{title}", *lines])

    async def _yielded(
        self, unit: UnitOfWork, subscription: Subscription, announcement: Announcement
    ) -> str:
        """To what a paper gave way in the digest that considered it; empty if to nothing."""
        if not self._is_diverse or subscription.interests.formula is Formula.SEED:
            return ""
        latest = await unit.digests.latest(subscription.id, limit=_DIGESTS_LOOKED_AT)
        considering = [each for each in latest if each.digest.seen_through >= announcement.sequence]
        if not considering:
            return ""
        shown = [entry.paper for entry in considering[-1].digest.entries]
        variety = await asyncio.to_thread(Variety.of, [announcement.paper, *shown])
        ids = [paper.arxiv_id for paper in shown]
        return variety.in_favour_of(announcement.paper.arxiv_id, ids) or ""

    async def status(self, actor: Actor) -> str:
        """How arXiv, this channel and its subscriptions stand."""
        now = self._clock.now()
        async with self._open_unit() as unit:
            standing = await feed_standing(
                unit, now=now, extra_holidays=self._extra_holidays, late_after=self._late_after
            )
            subscriptions = await unit.subscriptions.of_destination(actor.destination)
            state = await unit.destinations.state(actor.destination)
            lines = [*_feed_lines(standing), *await _last_look(unit, now)]
            lines += _channel_lines(state)
            for subscription in subscriptions:
                lines.append(await _subscription_line(unit, subscription))
            lines += _outbox_lines(await unit.outbox.counts())
        if self._meanings is not None and self._meanings.trouble:
            lines.append(f"Sentences after `about:` earn nothing now: {self._meanings.trouble}")
        if not subscriptions:
            lines.append("This channel has no subscription: `subscribe cs.CL` starts one.")
        return "\n".join(lines)


def _why_shown(subscription: Subscription, record: DigestRecord, entry: DigestEntry) -> str:
    shown = (
        f"#{subscription.number}: shown on {day(calendar.eastern_day(record.created_at))} as no. "
        f"{entry.rank} of {len(record.digest.entries)} with score {entry.score:.1f}"
    )
    return f"{shown}: {_points(entry.reasons)}." if entry.reasons else f"{shown}."


def _why_not_shown(
    subscription: Subscription,
    explanation: Explanation,
    announcement: Announcement,
    yielded: str,
) -> str:
    scored = explanation.scored
    head = f"#{subscription.number} ({_announced(explanation, announcement)})"
    points = f" It has {scored.score:.1f} points: {_points(scored.reasons)}." * bool(scored.reasons)
    if explanation.obstacle is not None:
        return f"{head}: not shown, {_stopped(explanation, subscription)}.{points}"
    if announcement.sequence > subscription.seen_through:
        return f"{head}: matches and waits for the next digest.{points}"
    if yielded:
        return f"{head}: matches, but {yielded}.{points}"
    return (
        f"{head}: matches, but better papers took the {subscription.interests.max_papers} places, "
        f"or it came before this subscription.{points}"
    )


def _announced(explanation: Explanation, announcement: Announcement) -> str:
    return f"announced {day(announcement.announced_on)}, {explanation.scored.announce_type}"


def _stopped(explanation: Explanation, subscription: Subscription) -> str:
    """What kept the paper out, with the mend where there is one."""
    interests, number = subscription.interests, subscription.number
    match explanation.obstacle:
        case Obstacle.CATEGORY:
            return f"it is in none of {', '.join(interests.categories)}"
        case Obstacle.ANNOUNCE_TYPE:
            kind = explanation.scored.announce_type
            switch = "revisions:on" if kind.is_revision else "cross:on"
            return f"it is a {kind}, and those are off (`edit {number} {switch}`)"
        case Obstacle.EXCLUDED:
            terms = ", ".join(f"“{term}”" for term in explanation.excluded_by)
            return f"it holds what you exclude: {terms}"
        case Obstacle.NOTHING_FOUND:
            far = ", and it is not near what you describe" * bool(interests.about)
            return f"none of the terms occurs in it, and none of the authors followed wrote it{far}"
        case _:
            return (
                f"it lacks {explanation.missing_points:.1f} points to the {interests.min_score:g} "
                f"needed (`edit {number} min:{explanation.scored.score:.1f}`)"
            )


def _points(reasons: Sequence[Reason]) -> str:
    return ", ".join(f"{each.term} {each.points:+.1f} ({each.where})" for each in reasons)


def _feed_lines(standing: FeedStanding) -> Iterator[str]:
    yield f"Latest announcement seen: {day(standing.latest_on)}."
    if said := _TROUBLE_SAID.get(standing.last_outcome):
        again = (
            f" The next look is at {utc(standing.next_look_at)}." if standing.next_look_at else ""
        )
        yield f"{said}: {standing.last_detail}{again}"
    if standing.is_overdue:
        yield f"Warning, late: {late(standing)}"
    elif standing.is_late:
        yield f"Late: the announcement of {day(standing.expected_on)} has not been seen yet."
    elif standing.holiday_reason:
        yield standing.holiday_reason
    if standing.batch_detail:
        yield standing.batch_detail
    if standing.pending:
        yield standing.pending


def utc(moment: datetime) -> str:
    """A moment for people of any time zone: "14:05 UTC, Wed 21 Jan 2026"."""
    in_utc = moment.astimezone(UTC)
    return f"{in_utc:%H:%M} UTC, {day(in_utc.date())}"


async def _last_look(unit: UnitOfWork, now: datetime) -> list[str]:
    checks = await unit.feeds.latest()
    if not checks:
        return ["arXiv's feed has not been looked at yet: `now` does."]
    [check] = checks
    doubt = "" if check.outcome is FeedOutcome.NEW else f" ({check.outcome})"
    line = (
        f"Last look at the feed: {_ago(now - check.checked_at)}, {check.items} papers, "
        f"{check.unseen} of them new{doubt}."
    )
    return [line]


def _ago(passed: timedelta) -> str:
    minutes = int(passed.total_seconds() // 60)
    if minutes < _HOURS_FROM_MINUTES:
        return "a minute ago" if minutes == 1 else f"{minutes} minutes ago"
    return f"{minutes // 60} hours ago"


def _channel_lines(state: DestinationState) -> Iterator[str]:
    if state.disabled_code:
        yield f"This channel refuses our messages: {state.disabled_reason} Then type `resume`."


async def _subscription_line(unit: UnitOfWork, subscription: Subscription) -> str:
    head = f"#{subscription.number} {', '.join(subscription.interests.categories)}"
    if subscription.state is not SubscriptionState.ACTIVE:
        return (
            f"{head}: {subscription.state} ({subscription.state_reason}); "
            f"`resume {subscription.number}` starts it again."
        )
    line = f"{head}: {format_schedule(subscription.schedule)}, next {local_time(subscription)}."
    records = await unit.digests.latest(subscription.id)
    return f"{line} {_last_digest(records[0])}" if records else f"{line} No digest yet."


def _last_digest(record: DigestRecord) -> str:
    on = day(calendar.eastern_day(record.created_at))
    if record.digest.is_empty:
        return f"Last digest ({on}) was empty: {record.digest.silence_reason}"
    return f"Last digest: {on}, {len(record.digest.entries)} papers."


def _outbox_lines(counts: dict[str, int]) -> Iterator[str]:
    waiting = counts.get("pending", 0) + counts.get("sending", 0)
    if waiting:
        yield f"Messages waiting to be sent: {waiting}."
    if given_up := counts.get("given_up", 0):
        yield f"Messages given up: {given_up}; the log says why."


def local_time(subscription: Subscription) -> str:
    """When a subscription runs next, on its own clock."""
    if subscription.next_run_at is None:
        return "never"
    local = subscription.next_run_at.astimezone(ZoneInfo(subscription.schedule.timezone))
    return f"{day(local.date())} {local:%H:%M}"
