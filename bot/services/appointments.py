"""Which of the subscriptions that are due get a digest now, and for which run."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain import calendar
from bot.domain.subscriptions import Subscription
from bot.ports import SubscriptionStep
from bot.services.digests import Slot

log = logging.getLogger(__name__)

_NEXT_TRY = timedelta(days=1)  # where a schedule cannot be read at all


@dataclass(frozen=True, slots=True)
class Due:
    """A subscription whose time has come, and the run it is for."""

    subscription: Subscription
    slot: Slot


def appointments(
    found: Sequence[Subscription],
    *,
    now: datetime,
    cutoff: datetime,
    platforms: Collection[str],
) -> tuple[list[Due], list[SubscriptionStep]]:
    """What to plan now, and the next runs of those that are not planned now.

    Runs missed one after the other are made up for by the last one. What is due after
    `cutoff` waits for announcements.
    """
    ready: list[Due] = []
    steps: list[SubscriptionStep] = []
    homeless: Counter[str] = Counter()
    for subscription in found:
        try:
            missed = _missed(subscription, now)
            slot = Slot(
                calendar.slot_of(subscription.schedule, missed),
                calendar.next_run_after(subscription.schedule, now),
            )
        except Exception as error:  # noqa: BLE001 - whatever is stored, others go on
            steps.append(skipped_step(subscription, now, error))
            continue
        if missed > cutoff:
            # Long overdue, but today's run is not: it waits like everybody's.
            steps.append(SubscriptionStep(subscription.id, subscription.seen_through, missed))
        elif subscription.destination.platform not in platforms:
            homeless[subscription.destination.platform] += 1
            steps.append(
                SubscriptionStep(subscription.id, subscription.seen_through, slot.next_run_at)
            )
        else:
            ready.append(Due(subscription, slot))
    for platform, count in homeless.items():
        log.error("planning.not_connected", extra={"platform": platform, "subscriptions": count})
    return ready, steps


def skipped_step(subscription: Subscription, now: datetime, error: Exception) -> SubscriptionStep:
    """The step of one that cannot be planned; its cursor stays, so nothing is lost."""
    log.error(
        "planning.skipped",
        extra={"subscription": subscription.id, "reason": str(error)},
        exc_info=error,
    )
    try:
        next_run_at = calendar.next_run_after(subscription.schedule, now)
    except Exception:  # noqa: BLE001 - it may be the schedule itself that cannot be read
        next_run_at = now + _NEXT_TRY
    return SubscriptionStep(subscription.id, subscription.seen_through, next_run_at)


def _missed(subscription: Subscription, now: datetime) -> datetime:
    """The latest run that is due: those before it need none of their own."""
    if subscription.next_run_at is None:
        return now
    return calendar.latest_missed(subscription.schedule, subscription.next_run_at, now) or now
