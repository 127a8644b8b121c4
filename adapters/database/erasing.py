"""Forgetting a workspace, a channel or a person for good, as the law may ask for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import sqlalchemy as sa

from adapters.database.session import Session
from adapters.database.tables import (
    budgets,
    destinations,
    digests,
    feed_links,
    outbox,
    posted_papers,
    profiles,
    salts,
    slack_bots,
    slack_installations,
    subscriptions,
    thumbs,
)
from bot.domain.thumbs import voter_of

# In an order in which nothing that goes is still referred to; digests take their entries along,
# subscriptions their categories.
_OF_SUBSCRIPTIONS = (thumbs, profiles, feed_links, posted_papers, digests)


class DatabaseErasing:
    """Erases in one transaction: all of it, or nothing where it fails."""

    def __init__(self, session: Callable[[], AbstractAsyncContextManager[Session]]) -> None:
        self._session = session

    async def place(self, platform: str, workspace_id: str, channel_id: str | None = None) -> int:
        """Everything that is known of a workspace, or of one of its channels; how many rows."""
        workspace = f"{platform}:{workspace_id}"
        async with self._session() as session:
            gone = await _erase_channels(session, workspace, channel_id)
            if channel_id is None:
                gone += await _erase_workspace(session, platform, workspace_id)
            await session.commit()
        return gone

    async def person(self, platform: str, workspace_id: str, user_id: str) -> int:
        """Everything that is known of a person in a workspace; how many rows.

        Their subscriptions stay, for they are the channel's; that they made them is forgotten.
        What was learned together with their thumbs is forgotten too.
        """
        workspace = f"{platform}:{workspace_id}"
        async with self._session() as session:
            gone = await _erase_thumbs(session, platform, workspace_id, user_id)
            made = sa.and_(
                _is_below(subscriptions.c.destination, workspace),
                subscriptions.c.created_by == user_id,
            )
            renamed = await session.write(
                sa.update(subscriptions).where(made).values(created_by="")
            )
            calls = budgets.c.budget == f"calls/{workspace}/{user_id}"
            gone += (
                renamed.rowcount + (await session.write(sa.delete(budgets).where(calls))).rowcount
            )
            await session.commit()
        return gone


async def _erase_channels(session: Session, workspace: str, channel_id: str | None) -> int:
    def concerned(column: sa.Column[str]) -> sa.ColumnElement[bool]:
        if channel_id is not None:
            return column == f"{workspace}:{channel_id}"
        return _is_below(column, workspace)

    ours = sa.select(subscriptions.c.id).where(concerned(subscriptions.c.destination))
    gone = 0
    for table in _OF_SUBSCRIPTIONS:
        erased = await session.write(sa.delete(table).where(table.c.subscription_id.in_(ours)))
        gone += erased.rowcount
    for table in (subscriptions, outbox, destinations):
        erased = await session.write(sa.delete(table).where(concerned(table.c.destination)))
        gone += erased.rowcount
    return gone


async def _erase_workspace(session: Session, platform: str, workspace_id: str) -> int:
    workspace = f"{platform}:{workspace_id}"
    gone = await session.write(
        sa.delete(budgets).where(
            sa.or_(
                budgets.c.budget == f"tokens/{workspace}",
                budgets.c.budget.startswith(f"calls/{workspace}/", autoescape=True),
            )
        )
    )
    total = gone.rowcount
    if platform == "slack":
        for table in (slack_installations, slack_bots):
            erased = await session.write(sa.delete(table).where(table.c.team_id == workspace_id))
            total += erased.rowcount
    return total


async def _erase_thumbs(session: Session, platform: str, workspace_id: str, user_id: str) -> int:
    """Thumbs are found by hashing the person once more with the installation's secret."""
    gone = 0
    for row in await session.rows(sa.select(salts.c.value)):
        voter = voter_of(
            platform=platform,
            workspace_id=workspace_id,
            user_id=user_id,
            salt=bytes.fromhex(row.value),
        )
        moved = sa.select(thumbs.c.subscription_id).where(thumbs.c.voter == voter)
        learned = await session.write(
            sa.delete(profiles).where(profiles.c.subscription_id.in_(moved))
        )
        given = await session.write(sa.delete(thumbs).where(thumbs.c.voter == voter))
        gone += learned.rowcount + given.rowcount
    return gone


def _is_below(column: sa.Column[str], workspace: str) -> sa.ColumnElement[bool]:
    return column.startswith(f"{workspace}:", autoescape=True)
