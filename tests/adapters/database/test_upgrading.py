"""A database of any earlier version keeps what it knew when it is upgraded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from adapters.database.address import parse_address
from adapters.database.engine import open_database
from adapters.database.migrating import Standing, _script_directory, migrate, standing
from bot.domain.outbox import MessageRef
from tests.contract.samples import (
    NOW,
    a_digest,
    a_message,
    a_subscription,
    a_summary,
    an_announcement,
)
from tests.databases import PostgresqlServer


def earlier_revisions() -> list[str]:
    with _script_directory() as script:
        newest_first = ScriptDirectory.from_config(script).walk_revisions()
        return [each.revision for each in newest_first][:0:-1]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/papercourier.db"
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    return server.url_of(server.new_database())


async def fill(url: str) -> None:
    """A week in the life of a channel: papers, a digest, messages sent and waiting."""
    async with await open_database(url) as database, database.unit_of_work() as unit:
        announced = [an_announcement("2601.00001"), an_announcement("2601.00002")]
        await unit.papers.add_announcements(announced, seen_at=NOW)
        subscription = await unit.subscriptions.add(a_subscription("cs.CL", "cs.LG"))
        await unit.digests.add(subscription.id, a_digest("2601.00001"), created_at=NOW)
        await unit.outbox.add([a_message("waiting"), a_message("sent")], now=NOW)
        for message in await unit.outbox.claim(holder="us", now=NOW, lease_seconds=60, limit=1):
            await unit.outbox.mark_sent(message, MessageRef("C1", "1.2"), now=NOW)
        await unit.summaries.put(a_summary(), created_at=NOW)
        await unit.destinations.disable(
            subscription.destination, code="is_archived", reason="It is archived.", now=NOW
        )
        await unit.commit()


async def remembered(url: str) -> dict[str, Any]:
    async with await open_database(url) as database, database.unit_of_work() as unit:
        subscriptions = await unit.subscriptions.all()
        return {
            "subscriptions": subscriptions,
            "posted": await unit.digests.posted_ids([each.id for each in subscriptions]),
            "digests": [await unit.digests.latest(each.id) for each in subscriptions],
            "papers": [await unit.papers.get(each) for each in ("2601.00001", "2601.00002")],
            "outbox": await unit.outbox.counts(),
            "disabled": await unit.destinations.disabled(),
        }


def go_to(url: str, revision: str) -> None:
    engine = sa.create_engine(parse_address(url).sync_url)
    with engine.begin() as connection, _script_directory() as config:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
    engine.dispose()


@pytest.mark.parametrize("revision", earlier_revisions())
async def test_an_upgrade_from_an_earlier_revision_keeps_what_was_there(
    url: str, revision: str
) -> None:
    await fill(url)
    before = await remembered(url)
    go_to(url, revision)
    assert standing(url) is Standing.OLDER

    assert migrate(url) is True

    assert standing(url) is Standing.PRESENT
    assert before["outbox"]["sent"] == before["outbox"]["pending"] == 1
    assert await remembered(url) == before
