"""What is erased is nowhere in the database any more; everything else stays."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.database.engine import Database, open_database
from adapters.database.tables import metadata
from bot.domain.budgets import Payer, day_of, hour_of
from bot.domain.learning import Memory
from bot.domain.outbox import MessageRef
from bot.domain.profile import Profile
from bot.domain.subscriptions import Destination
from bot.domain.thumbs import GivenThumb, Vote, voter_of
from tests.contract.samples import NOW, a_digest, a_message, a_subscription, an_announcement

SALT = b"secret" * 4
LAB, OTHER = Destination("slack", "T_1", "C1"), Destination("slack", "T_1", "C2")
LOOKS_ALIKE = Destination("slack", "TX1", "C1")  # as LIKE would have it
GUILD = Destination("discord", "7", "8")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with await open_database(f"sqlite:///{tmp_path}/papercourier.db") as database:
        for channel in (LAB, OTHER, LOOKS_ALIKE, GUILD):
            await live_in(database, channel)
        yield database


async def live_in(database: Database, channel: Destination) -> None:
    """A channel of which everything is known that can be, by two people."""
    async with database.unit_of_work() as unit:
        await unit.papers.add_announcements([an_announcement("2601.00001")], seen_at=NOW)
        made = replace(a_subscription(destination=channel), created_by="U-ada")
        subscription = await unit.subscriptions.add(made)
        await unit.digests.add(subscription.id, a_digest("2601.00001"), created_at=NOW)
        await unit.outbox.add([a_message(f"of {channel}", destination=channel)], now=NOW)
        for message in await unit.outbox.claim(holder="us", now=NOW, lease_seconds=60, limit=9):
            await unit.outbox.mark_sent(message, MessageRef(channel.channel_id, "1.2"), now=NOW)
        await unit.destinations.disable(channel, code="x", reason="Why.", now=NOW)
        salt = await unit.thumbs.salt(SALT)
        for user in ("U-ada", "U-bo"):
            voter = voter_of(
                platform=channel.platform,
                workspace_id=channel.workspace_id,
                user_id=user,
                salt=salt,
            )
            thumb = GivenThumb(subscription.id, "2601.00001", voter, Vote.UP, NOW)
            await unit.thumbs.put([thumb])
            payer = Payer.of(channel, user)
            assert payer.user_budget is not None
            await unit.budgets.spend(payer.user_budget, 1, period=hour_of(NOW))
            await unit.budgets.spend(payer.workspace_budget, 9, period=day_of(NOW))
        await unit.thumbs.learn(subscription.id, Memory(), Profile())
        await unit.commit()


async def rows_with(database: Database, text: str) -> list[str]:
    """The tables in which `text` stands somewhere."""
    found = []
    async with database.engine.connect() as connection:
        for table in metadata.sorted_tables:
            rows = (await connection.execute(sa.select(table))).all()
            if any(text in str(value) for row in rows for value in row):
                found.append(table.name)
    return found


async def subscriptions_of(database: Database) -> list[Destination]:
    async with database.unit_of_work() as unit:
        return [each.destination for each in await unit.subscriptions.all()]


async def counts(database: Database) -> dict[str, int]:
    async with database.engine.connect() as connection:
        return {
            table.name: (
                await connection.execute(sa.select(sa.func.count()).select_from(table))
            ).scalar_one()
            for table in metadata.sorted_tables
        }


async def test_of_an_erased_workspace_nothing_is_left_and_of_its_likes_everything(
    database: Database,
) -> None:
    gone = await database.erasing.place("slack", "T_1")

    assert gone > 0
    assert await rows_with(database, "T_1") == []
    assert await subscriptions_of(database) == [LOOKS_ALIKE, GUILD]
    left = await counts(database)
    assert (left["subscriptions"], left["digests"], left["thumbs"], left["profiles"]) == (
        2,
        2,
        4,
        2,
    )
    assert (left["posted_papers"], left["outbox"], left["papers"]) == (2, 2, 1)


async def test_an_erased_channel_leaves_the_others_of_its_workspace(database: Database) -> None:
    await database.erasing.place("slack", "T_1", "C1")

    assert await rows_with(database, "T_1:C1") == []
    assert await subscriptions_of(database) == [OTHER, LOOKS_ALIKE, GUILD]


async def test_an_erased_person_leaves_the_channel_its_subscription(database: Database) -> None:
    before = await counts(database)

    await database.erasing.person("slack", "T_1", "U-ada")

    after = await counts(database)
    assert after["subscriptions"] == before["subscriptions"]
    assert before["thumbs"] - after["thumbs"] == 2
    async with database.unit_of_work() as unit:
        makers = {each.destination: each.created_by for each in await unit.subscriptions.all()}
        [left] = await unit.thumbs.of(1, limit=9)
    assert makers == {LAB: "", OTHER: "", LOOKS_ALIKE: "U-ada", GUILD: "U-ada"}
    assert left.voter == voter_of(platform="slack", workspace_id="T_1", user_id="U-bo", salt=SALT)


async def test_erasing_what_is_unknown_erases_nothing(database: Database) -> None:
    before = await counts(database)

    assert await database.erasing.place("slack", "T") == 0
    assert await database.erasing.person("slack", "T_1", "U-nobody") == 0

    assert await counts(database) == before
