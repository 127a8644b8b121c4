"""A subscription that a later or broken version wrote, among others."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from adapters.database.engine import open_database
from tests.contract.samples import NOW, OTHER_CHANNEL, a_subscription

BROKEN = [
    ("interests", '{"v": 9, "categories": ["cs.CL"], "formula": "crystal ball"}'),
    ("interests", '["cs.CL"]'),
    ("schedule", '{"at": "teatime"}'),
    ("destination", '"nowhere"'),
]


@pytest.mark.parametrize(("column", "written"), BROKEN)
async def test_one_that_cannot_be_read_is_told_and_left_out_and_the_others_are_due(
    column: str,
    written: str,
    migrated_sqlite: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = tmp_path / "papercourier.db"
    shutil.copy(migrated_sqlite, path)
    async with await open_database(f"sqlite:///{path}") as database:
        async with database.unit_of_work() as unit:
            broken = await unit.subscriptions.add(a_subscription("cs.CL"))
            whole = await unit.subscriptions.add(a_subscription(destination=OTHER_CHANNEL))
            await unit.commit()
        with sqlite3.connect(path) as connection:
            connection.execute(
                f"UPDATE subscriptions SET {column} = ? WHERE id = ?",  # noqa: S608 - ours
                (written, broken.id),
            )
        connection.close()

        async with database.unit_of_work() as unit:
            due = await unit.subscriptions.due(NOW, limit=10)

    assert due == (whole,)
    [told] = [record for record in caplog.records if record.msg == "subscription.unreadable"]
    assert told.__dict__["subscription"] == broken.id
