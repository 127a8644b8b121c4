"""Messages on their way out: claimed by one holder at a time, in order for each destination.

`attempts` grows with every claim, so it tells a holder's claim from a later one: what comes
from a holder whose lease ended and whose message was taken over is ignored, but for the news
that the message is there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from adapters.database.session import AnyRow, Session
from adapters.database.tables import UtcDateTime, destinations, outbox
from bot.domain.outbox import MessageRef, OutboxMessage, OutboxState, Share, share_key
from bot.domain.subscriptions import Destination

_PENDING = OutboxState.PENDING.value
_SENDING = OutboxState.SENDING.value
_SENT = OutboxState.SENT.value
_GIVEN_UP = OutboxState.GIVEN_UP.value

_parent = outbox.alias("parent")
_earlier = outbox.alias("earlier")

_MOST_RESTING = 100  # workspaces left alone at one time: each costs a comparison for each row

_MESSAGES = sa.select(
    outbox,
    _parent.c.ref_channel_id.label("parent_channel_id"),
    _parent.c.ref_message_id.label("parent_message_id"),
    _parent.c.ref_thread_id.label("parent_thread_id"),
).join_from(outbox, _parent, outbox.c.parent_key == _parent.c.key, isouter=True)


def _no_other(state: str, *conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return ~sa.exists().where(
        _earlier.c.destination == outbox.c.destination, _earlier.c.state == state, *conditions
    )


_IS_WANTED = ~sa.exists().where(
    destinations.c.destination == outbox.c.destination, destinations.c.disabled_at.is_not(None)
)


def _is_abandoned(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(outbox.c.state == _SENDING, outbox.c.lease_until <= now)


def _is_next(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(
        outbox.c.state == _PENDING,
        sa.or_(outbox.c.not_before.is_(None), outbox.c.not_before <= now),
        _no_other(_SENDING),
        _no_other(_PENDING, _earlier.c.id < outbox.c.id),
    )


def _on(
    platforms: Sequence[str] | None, resting: Collection[str] = (), share: Share | None = None
) -> sa.ColumnElement[bool]:
    if share is not None:
        is_ours = (outbox.c.share_key % share.count).in_(share.ids)
        return sa.and_(_on(platforms, resting), is_ours)
    if resting:
        left_alone = (
            sa.func.substr(outbox.c.destination, 1, len(workspace) + 1) == f"{workspace}:"
            for workspace in sorted(resting)[:_MOST_RESTING]
        )
        return sa.and_(_on(platforms), ~sa.or_(*left_alone))
    if platforms is None:
        return sa.true()
    if len(platforms) == 1:
        # Spelled so that the index gives the rows in order: a lane asks this again and again.
        return outbox.c.platform == platforms[0]
    return outbox.c.platform.in_(platforms)


class OutboxTable:
    """An `OutboxRepository`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, messages: Sequence[OutboxMessage], *, now: datetime) -> None:
        """Store messages in the order given, which is the order of sending."""
        await self._session.write_many(
            self._session.insert(outbox).on_conflict_do_nothing(index_elements=["key"]),
            (_row(message, now) for message in messages),
        )

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
        """Looks first without a lock, so that waiting for work keeps nobody from writing.

        Then claims follow one another: two at once could each see a different one as the first.
        """
        candidates = await self._candidates(now, limit, _on(platforms, resting, share))
        if not candidates:
            return ()
        await self._session.lock("outbox.claim")
        query = _MESSAGES.where(
            outbox.c.id.in_(candidates), sa.or_(_is_abandoned(now), _is_next(now)), _IS_WANTED
        ).order_by(outbox.c.id)
        # A row that another process is just marking as sent is left to it.
        rows = await self._session.rows(self._session.locked(query, of=outbox))
        claimed = [_claimed(row) for row in rows]
        await self._mark(claimed, holder=holder, until=now + timedelta(seconds=lease_seconds))
        return tuple(claimed)

    async def hand_back(self, messages: Sequence[OutboxMessage]) -> None:
        """The claim does not count, and what it knew of an earlier call stays."""
        await self._session.write_many(
            sa.update(outbox)
            .where(
                outbox.c.key == sa.bindparam("a_key"),
                outbox.c.state == _SENDING,
                outbox.c.attempts == sa.bindparam("claim"),
            )
            .values(
                state=_PENDING,
                attempts=outbox.c.attempts - 1,
                holder=None,
                lease_until=None,
            ),
            [{"a_key": message.key, "claim": message.attempts} for message in messages],
        )

    async def next_due(
        self,
        *,
        now: datetime,
        platforms: Sequence[str] | None = None,
        resting: Collection[str] = (),
        share: Share | None = None,
    ) -> datetime | None:
        """The earliest of what waits for its time, and of leases that may end."""
        firsts = (
            sa.select(sa.func.min(outbox.c.id).label("id"))
            .where(outbox.c.state == _PENDING, _on(platforms, resting, share))
            .group_by(outbox.c.destination)
            .subquery()
        )
        waiting = sa.func.coalesce(outbox.c.not_before, sa.bindparam("now", now, UtcDateTime()))
        queries = (
            sa.select(sa.func.min(waiting))
            .join_from(firsts, outbox, outbox.c.id == firsts.c.id)
            .where(_no_other(_SENDING), _IS_WANTED),
            sa.select(sa.func.min(outbox.c.lease_until)).where(
                outbox.c.state == _SENDING, _on(platforms, resting, share), _IS_WANTED
            ),
        )
        moments = [row[0] for query in queries for row in await self._session.rows(query)]
        return min((moment for moment in moments if moment is not None), default=None)

    async def mark_sent(
        self,
        message: OutboxMessage,
        ref: MessageRef,
        *,
        now: datetime,
        rest_until: datetime | None = None,
    ) -> None:
        """True whoever says it, so a lost lease does not matter."""
        if rest_until is not None:
            await self._rest(message.destination, rest_until)
        await self._session.write(
            sa.update(outbox)
            .where(outbox.c.key == message.key, outbox.c.state != _SENT)
            .values(
                state=_SENT,
                holder=None,
                lease_until=None,
                error="",
                finished_at=now,
                ref_channel_id=ref.channel_id,
                ref_message_id=ref.message_id,
                ref_thread_id=ref.thread_id,
            )
        )

    async def retry_later(
        self,
        message: OutboxMessage,
        *,
        not_before: datetime,
        error: str,
        may_be_sent: bool,
        failing_since: datetime | None = None,
    ) -> None:
        """Put a message back."""
        await self._session.write(
            sa.update(outbox)
            .where(_is_claim(message), outbox.c.state == _SENDING)
            .values(
                state=_PENDING,
                holder=None,
                lease_until=None,
                not_before=not_before,
                error=error,
                may_be_sent=may_be_sent,
                failing_since=failing_since,
            )
        )

    async def give_up(self, message: OutboxMessage, *, error: str, now: datetime) -> None:
        """A thread without its first message would be answers to nothing, so it goes too."""
        given_up = {
            "state": _GIVEN_UP,
            "holder": None,
            "lease_until": None,
            "error": error,
            "finished_at": now,
        }
        is_open = outbox.c.state.in_([_PENDING, _SENDING])
        result = await self._session.write(
            sa.update(outbox).where(_is_claim(message), is_open).values(given_up)
        )
        if result.rowcount:
            await self._session.write(
                sa.update(outbox)
                .where(outbox.c.parent_key == message.key, outbox.c.state == _PENDING)
                .values(given_up)
            )

    async def counts(self) -> dict[str, int]:
        """How many messages stand in each state."""
        rows = await self._session.rows(
            sa.select(outbox.c.state, sa.func.count()).group_by(outbox.c.state)
        )
        return {state.value: 0 for state in OutboxState} | {row[0]: row[1] for row in rows}

    async def _rest(self, destination: Destination, until: datetime) -> None:
        first = (
            sa.select(sa.func.min(_earlier.c.id))
            .where(_earlier.c.destination == str(destination), _earlier.c.state == _PENDING)
            .scalar_subquery()
        )
        await self._session.write(
            sa.update(outbox)
            .where(
                outbox.c.id == first,
                sa.or_(outbox.c.not_before.is_(None), outbox.c.not_before < until),
            )
            .values(not_before=until)
        )

    async def _candidates(
        self, now: datetime, limit: int, is_asked: sa.ColumnElement[bool]
    ) -> list[int]:
        """IDs of due messages. Two questions: one with "or" would sort all that wait."""
        found: list[int] = []
        for is_due in (_is_abandoned(now), _is_next(now)):
            query = sa.select(outbox.c.id).where(is_due, is_asked, _IS_WANTED).order_by(outbox.c.id)
            rows = await self._session.rows(query.limit(limit - len(found)))
            found.extend(row.id for row in rows)
        return found

    async def _mark(
        self, claimed: Sequence[OutboxMessage], *, holder: str, until: datetime
    ) -> None:
        await self._session.write_many(
            sa.update(outbox)
            .where(outbox.c.id == sa.bindparam("an_id"))
            .values(
                state=_SENDING,
                attempts=outbox.c.attempts + 1,
                holder=holder,
                lease_until=until,
                may_be_sent=sa.bindparam("maybe", type_=sa.Boolean),
            ),
            [{"an_id": message.id, "maybe": message.may_be_sent} for message in claimed],
        )


def _is_claim(message: OutboxMessage) -> sa.ColumnElement[bool]:
    return sa.and_(outbox.c.key == message.key, outbox.c.attempts == message.attempts)


def _row(message: OutboxMessage, now: datetime) -> dict[str, Any]:
    return {
        "key": message.key,
        "platform": message.destination.platform,
        "destination": str(message.destination),
        "share_key": share_key(message.destination.workspace_id),
        "payload": message.payload,
        "position": message.position,
        "parent_key": message.parent_key,
        "state": _PENDING,
        "attempts": 0,
        "not_before": message.not_before,
        "may_be_sent": False,
        "error": "",
        "created_at": now,
    }


def _claimed(row: AnyRow) -> OutboxMessage:
    """The message as its new holder gets it: one attempt more, and a doubt if it had a holder."""
    message = _message(row)
    return replace(
        message,
        state=OutboxState.SENDING,
        attempts=message.attempts + 1,
        may_be_sent=message.may_be_sent or message.state is OutboxState.SENDING,
    )


def _message(row: AnyRow) -> OutboxMessage:
    parent = (
        None
        if row.parent_message_id is None
        else MessageRef(row.parent_channel_id, row.parent_message_id, row.parent_thread_id)
    )
    return OutboxMessage(
        key=row.key,
        destination=Destination.from_key(row.destination),
        payload=row.payload,
        position=row.position,
        parent_key=row.parent_key,
        parent_ref=parent,
        state=OutboxState(row.state),
        attempts=row.attempts,
        not_before=row.not_before,
        may_be_sent=row.may_be_sent,
        id=row.id,
        failing_since=row.failing_since,
        created_at=row.created_at,
    )
