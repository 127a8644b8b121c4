"""Channels: what was set for them, and whether they take our messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.database.codec import changes_from_json, changes_to_json
from adapters.database.session import AnyRow, Session
from adapters.database.tables import destinations, outbox
from bot.domain.commands import SubscriptionChanges
from bot.domain.outbox import OutboxState
from bot.domain.subscriptions import Destination
from bot.ports import DestinationState

_NEVER_DISABLED = {"disabled_code": None, "disabled_reason": "", "disabled_at": None}


class DestinationTable:
    """A `DestinationRepository`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def state(self, destination: Destination) -> DestinationState:
        """How a channel stands."""
        rows = await self._session.rows(
            sa.select(destinations).where(destinations.c.destination == str(destination))
        )
        return _state(rows[0]) if rows else DestinationState()

    async def set_defaults(self, destination: Destination, defaults: SubscriptionChanges) -> None:
        """Keep what `settings` said for this channel."""
        await self._put(destination, {"defaults": changes_to_json(defaults)})

    async def disable(
        self, destination: Destination, *, code: str, reason: str, now: datetime
    ) -> bool:
        """Send nothing there any more; the first refusal's moment stays."""
        already = await self.state(destination)
        await self._put(
            destination,
            {
                "disabled_code": code,
                "disabled_reason": reason,
                "disabled_at": already.disabled_at or now,
            },
        )
        return already.disabled_at is None

    async def enable(self, destination: Destination) -> None:
        """Send there again; its messages need not sit out a wait from before."""
        await self._session.write(
            sa.update(destinations)
            .where(destinations.c.destination == str(destination))
            .values(_NEVER_DISABLED)
        )
        await self._session.write(
            sa.update(outbox)
            .where(
                outbox.c.destination == str(destination),
                outbox.c.state == OutboxState.PENDING.value,
            )
            .values(not_before=None, failing_since=None)
        )

    async def disabled(self) -> tuple[tuple[Destination, DestinationState], ...]:
        """Every channel that refuses us, in order of their keys."""
        rows = await self._session.rows(
            sa.select(destinations)
            .where(destinations.c.disabled_at.is_not(None))
            .order_by(destinations.c.destination)
        )
        found = [(Destination.from_key(row.destination), _state(row)) for row in rows]
        return tuple(sorted(found, key=lambda pair: pair[0]))

    async def _put(self, destination: Destination, change: dict[str, Any]) -> None:
        fresh = {
            "destination": str(destination),
            "defaults": changes_to_json(SubscriptionChanges()),
            **_NEVER_DISABLED,
        }
        await self._session.write(
            self._session.insert(destinations)
            .values(fresh | change)
            .on_conflict_do_update(index_elements=["destination"], set_=change)
        )


def _state(row: AnyRow) -> DestinationState:
    return DestinationState(
        defaults=changes_from_json(row.defaults),
        disabled_code=row.disabled_code,
        disabled_reason=row.disabled_reason,
        disabled_at=row.disabled_at,
    )
