"""What only PostgreSQL lets happen: rows that appear out of the order of their numbers."""

from __future__ import annotations

import asyncio

from adapters.database.engine import Database, open_database
from bot.domain.outbox import OutboxMessage
from bot.ports import UnitOfWork
from tests.contract.samples import NOW, a_message
from tests.databases import PostgresqlServer


async def claim(uow: UnitOfWork) -> tuple[OutboxMessage, ...]:
    return await uow.outbox.claim(holder="one", now=NOW, lease_seconds=60, limit=10)


async def claim_alone(database: Database) -> tuple[OutboxMessage, ...]:
    async with database.unit_of_work() as uow:
        claimed = await claim(uow)
        await uow.commit()
        return claimed


async def test_a_message_with_a_lower_number_that_appears_later_waits_its_turn(
    postgresql: PostgresqlServer,
) -> None:
    async with await open_database(postgresql.migrated_database()) as database:
        async with database.unit_of_work() as late, database.unit_of_work() as early:
            await late.outbox.add([a_message("lower")], now=NOW)
            await early.outbox.add([a_message("higher")], now=NOW)
            await early.commit()
            (under_way,) = await claim(early)
            await late.commit()

            at_the_same_time = asyncio.create_task(claim_alone(database))
            await asyncio.wait([at_the_same_time], timeout=0.5)
            await early.commit()

        assert under_way.key == "higher"
        assert await at_the_same_time == ()
        assert await claim_alone(database) == ()


async def test_what_is_under_way_is_found_again_although_a_lower_number_waits(
    postgresql: PostgresqlServer,
) -> None:
    async with await open_database(postgresql.migrated_database()) as database:
        async with database.unit_of_work() as late, database.unit_of_work() as early:
            await late.outbox.add([a_message("lower")], now=NOW)
            await early.outbox.add([a_message("higher")], now=NOW)
            await early.commit()
            await early.outbox.claim(holder="died", now=NOW, lease_seconds=0, limit=1)
            await early.commit()
            await late.commit()

        (found,) = await claim_alone(database)

    assert found.key == "higher"
    assert found.may_be_sent
