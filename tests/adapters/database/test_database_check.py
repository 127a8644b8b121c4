"""The question that /healthz asks the database can be answered with no."""

import shutil
from pathlib import Path

import pytest

from adapters.database.engine import open_database
from bot.errors import PapercourierError


async def test_a_database_that_was_removed_while_open_is_noticed(
    tmp_path: Path, migrated_sqlite: Path
) -> None:
    path = tmp_path / "papercourier.db"
    shutil.copy(migrated_sqlite, path)

    async with await open_database(f"sqlite:///{path}") as database:
        await database.check()
        path.rename(tmp_path / "elsewhere.db")

        with pytest.raises(PapercourierError, match="was removed while in use"):
            await database.check()

        (tmp_path / "elsewhere.db").rename(path)
        await database.check()
