"""Subscriptions: live ones by number, removed ones kept for what they posted."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.database.codec import (
    interests_from_json,
    interests_to_json,
    schedule_from_json,
    schedule_to_json,
)
from adapters.database.session import AnyRow, Session
from adapters.database.tables import subscription_categories, subscriptions
from bot.domain.subscriptions import Destination, Subscription, SubscriptionState
from bot.ports import SubscriptionStep

log = logging.getLogger(__name__)

_LIVE = subscriptions.c.number.is_not(None)


class SubscriptionTable:
    """A `SubscriptionRepository`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, subscription: Subscription) -> Subscription:
        """One with the categories of a removed one takes its place, so nothing is reposted."""
        destination = str(subscription.destination)
        await self._session.lock(destination)
        rows = await self._session.rows(
            sa.select(subscriptions.c.id, subscriptions.c.number, subscriptions.c.interests)
            .where(subscriptions.c.destination == destination)
            .order_by(subscriptions.c.id)
        )
        number = max((row.number for row in rows if row.number is not None), default=0) + 1
        wanted = set(subscription.interests.categories)
        removed = [
            row.id
            for row in rows
            if row.number is None and set(interests_from_json(row.interests).categories) == wanted
        ]
        numbered = replace(subscription, number=number)
        if removed:
            return await self._revive(replace(numbered, id=removed[-1]))
        return await self._insert(numbered)

    async def save(self, subscription: Subscription) -> None:
        """A removed subscription stays removed."""
        row = _row(subscription)
        row["seen_through"] = sa.case(
            (
                subscriptions.c.seen_through > subscription.seen_through,
                subscriptions.c.seen_through,
            ),
            else_=subscription.seen_through,
        )
        result = await self._session.write(
            sa.update(subscriptions).where(subscriptions.c.id == subscription.id, _LIVE).values(row)
        )
        if result.rowcount:
            await self._index_categories(subscription)

    async def advance(
        self, subscription_id: int, *, seen_through: int, next_run_at: datetime | None
    ) -> None:
        """Move the cursor and the next run only."""
        await self.advance_many([SubscriptionStep(subscription_id, seen_through, next_run_at)])

    async def advance_many(self, steps: Sequence[SubscriptionStep]) -> None:
        """One paused or removed meanwhile gets no next run."""
        at = sa.bindparam("at", type_=subscriptions.c.next_run_at.type)
        through = sa.bindparam("through", type_=sa.Integer)
        columns = subscriptions.c
        statement = (
            sa.update(subscriptions)
            .where(columns.id == sa.bindparam("an_id"), _LIVE)
            .values(
                seen_through=sa.case(
                    (columns.seen_through > through, columns.seen_through), else_=through
                ),
                next_run_at=sa.case(
                    (columns.state == SubscriptionState.ACTIVE.value, at),
                    else_=columns.next_run_at,
                ),
            )
        )
        ordered = sorted(steps, key=lambda step: step.subscription_id)
        await self._session.write_many(
            statement,
            [
                {
                    "an_id": step.subscription_id,
                    "through": step.seen_through,
                    "at": step.next_run_at,
                }
                for step in ordered
            ],
        )

    async def remove(self, subscription: Subscription) -> None:
        """The row stays, without a number: posted papers hang on it."""
        await self._session.write(
            sa.update(subscriptions)
            .where(subscriptions.c.id == subscription.id, _LIVE)
            .values(number=None, next_run_at=None)
        )
        await self._forget_categories(subscription.id)

    async def get(self, subscription_id: int) -> Subscription | None:
        """One subscription by its database ID."""
        rows = await self._session.rows(
            sa.select(subscriptions).where(subscriptions.c.id == subscription_id, _LIVE)
        )
        return _subscription(rows[0]) if rows else None

    async def of_destination(self, destination: Destination) -> tuple[Subscription, ...]:
        """A channel's subscriptions by number."""
        rows = await self._session.rows(
            sa.select(subscriptions)
            .where(subscriptions.c.destination == str(destination), _LIVE)
            .order_by(subscriptions.c.number)
        )
        return tuple(map(_subscription, rows))

    async def of_workspace(self, platform: str, workspace_id: str) -> tuple[Subscription, ...]:
        """Every subscription of a workspace, by channel and number."""
        first = str(Destination(platform, workspace_id, ""))
        found = await self._read(
            sa.select(subscriptions)
            .where(subscriptions.c.destination.startswith(first, autoescape=True), _LIVE)
            .order_by(subscriptions.c.id)
        )
        # SQLite's LIKE takes "t1" for "T1"; databases sort text in orders of their own.
        ours = [each for each in found if each.destination.workspace_id == workspace_id]
        return tuple(sorted(ours, key=lambda each: (each.destination, each.number)))

    async def due(self, now: datetime, *, limit: int) -> tuple[Subscription, ...]:
        """Longest waiting first."""
        return await self._read(
            sa.select(subscriptions)
            .where(
                subscriptions.c.state == SubscriptionState.ACTIVE.value,
                subscriptions.c.next_run_at <= now,
                _LIVE,
            )
            .order_by(subscriptions.c.next_run_at, subscriptions.c.id)
            .limit(limit)
        )

    async def all(self) -> tuple[Subscription, ...]:
        """Every subscription, oldest first."""
        return await self._read(sa.select(subscriptions).where(_LIVE).order_by(subscriptions.c.id))

    async def wanted_categories(self) -> tuple[str, ...]:
        """The categories of all active subscriptions, sorted."""
        rows = await self._session.rows(
            sa.select(subscription_categories.c.category)
            .join(subscriptions)
            .where(subscriptions.c.state == SubscriptionState.ACTIVE.value)
            .distinct()
        )
        return tuple(sorted(row.category for row in rows))

    async def _read(self, query: sa.Select[Any]) -> tuple[Subscription, ...]:
        found: list[Subscription] = []
        async for portion in self._session.stream(query):
            for row in portion:
                found.extend(_readable(row))
        return tuple(found)

    async def _insert(self, subscription: Subscription) -> Subscription:
        result = await self._session.write(
            sa.insert(subscriptions).values(_row(subscription)).returning(subscriptions.c.id)
        )
        stored = replace(subscription, id=result.scalar_one())
        await self._add_categories(stored)
        return stored

    async def _revive(self, subscription: Subscription) -> Subscription:
        await self._session.write(
            sa.update(subscriptions)
            .where(subscriptions.c.id == subscription.id)
            .values(_row(subscription))
        )
        await self._index_categories(subscription)
        return subscription

    async def _index_categories(self, subscription: Subscription) -> None:
        await self._forget_categories(subscription.id)
        await self._add_categories(subscription)

    async def _add_categories(self, subscription: Subscription) -> None:
        await self._session.write_many(
            sa.insert(subscription_categories),
            [
                {"category": category, "subscription_id": subscription.id}
                for category in dict.fromkeys(subscription.interests.categories)
            ],
        )

    async def _forget_categories(self, subscription_id: int) -> None:
        await self._session.write(
            sa.delete(subscription_categories).where(
                subscription_categories.c.subscription_id == subscription_id
            )
        )


def _row(subscription: Subscription) -> dict[str, Any]:
    return {
        "destination": str(subscription.destination),
        "number": subscription.number,
        "interests": interests_to_json(subscription.interests),
        "schedule": schedule_to_json(subscription.schedule),
        "language": subscription.language,
        "threads": subscription.threads,
        "announce_empty": subscription.announce_empty,
        "state": subscription.state.value,
        "state_reason": subscription.state_reason,
        "created_at": subscription.created_at,
        "created_by": subscription.created_by,
        "next_run_at": subscription.next_run_at,
        "seen_through": subscription.seen_through,
        "learning": subscription.learning,
        "role": subscription.role,
    }


def _readable(row: AnyRow) -> tuple[Subscription, ...]:
    """The subscription, or nothing: one that cannot be read keeps no other from its digest."""
    try:
        return (_subscription(row),)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        log.error(  # noqa: TRY400 - the sentence tells; the row is the same every minute
            "subscription.unreadable", extra={"subscription": row.id, "reason": repr(error)}
        )
        return ()


def _subscription(row: AnyRow) -> Subscription:
    return Subscription(
        number=row.number,
        destination=Destination.from_key(row.destination),
        interests=interests_from_json(row.interests),
        created_at=row.created_at,
        schedule=schedule_from_json(row.schedule),
        language=row.language,
        threads=row.threads,
        announce_empty=row.announce_empty,
        state=SubscriptionState(row.state),
        state_reason=row.state_reason,
        created_by=row.created_by,
        next_run_at=row.next_run_at,
        seen_through=row.seen_through,
        learning=row.learning,
        role=row.role,
        id=row.id,
    )
