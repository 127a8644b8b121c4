"""A database is brought to the present version, or left as it was."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from adapters.database.address import parse_address
from adapters.database.engine import open_database
from adapters.database.migrating import _script_directory, migrate
from adapters.database.tables import metadata
from bot.errors import PermanentError, UserError
from tests.databases import PostgresqlServer


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with nothing in it; of SQLite not even the file is there."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/papercourier.db"
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    return server.url_of(server.new_database())


def ask(url: str, statement: str) -> list[tuple[object, ...]]:
    engine = sa.create_engine(parse_address(url).sync_url)
    with engine.begin() as connection:
        result = connection.execute(sa.text(statement))
        rows = [tuple(row) for row in result] if result.returns_rows else []
    engine.dispose()
    return rows


def tables_of(url: str) -> set[str]:
    engine = sa.create_engine(parse_address(url).sync_url)
    names = set(sa.inspect(engine).get_table_names())
    engine.dispose()
    return names


def test_an_empty_database_gets_every_table_once(empty: str) -> None:
    first = migrate(empty)
    again = migrate(empty)

    assert (first, again) == (True, False)
    assert tables_of(empty) == {*metadata.tables, "alembic_version"}


def test_the_revisions_say_what_the_tables_say(empty: str) -> None:
    migrate(empty)
    engine = sa.create_engine(parse_address(empty).sync_url)

    with engine.begin() as connection, _script_directory() as config:
        config.attributes["connection"] = connection
        command.check(config)  # raises when a revision is missing
    engine.dispose()


def test_every_revision_can_be_undone(empty: str) -> None:
    migrate(empty)
    engine = sa.create_engine(parse_address(empty).sync_url)

    with engine.begin() as connection, _script_directory() as config:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    engine.dispose()

    assert tables_of(empty) == {"alembic_version"}


async def test_of_processes_starting_at_once_one_upgrades(empty: str) -> None:
    upgraded = await asyncio.gather(*(asyncio.to_thread(migrate, empty) for _ in range(4)))

    assert sorted(upgraded) == [False, False, False, True]
    assert tables_of(empty) == {*metadata.tables, "alembic_version"}


def test_a_database_of_a_newer_version_is_refused_and_left_alone(empty: str) -> None:
    migrate(empty)
    ask(empty, "UPDATE alembic_version SET version_num = 'ff01'")

    with pytest.raises(UserError, match=r"newer Papercourier \(revision ff01\): upgrade"):
        migrate(empty)

    assert ask(empty, "SELECT version_num FROM alembic_version") == [("ff01",)]


def test_an_upgrade_that_fails_half_way_leaves_nothing(empty: str) -> None:
    ask(empty, "CREATE TABLE summaries (another_programs INTEGER)")

    with pytest.raises(UserError, match="tables of another program"):
        migrate(empty)

    assert tables_of(empty) == {"summaries"}


def test_an_sqlite_file_is_written_ahead(tmp_path: Path) -> None:
    path = tmp_path / "papercourier.db"

    migrate(f"sqlite:///{path}")

    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_the_folder_of_an_sqlite_file_is_made(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path}/home/state/papercourier.db")

    assert (tmp_path / "home" / "state" / "papercourier.db").is_file()


def test_a_file_name_may_hold_what_alembic_and_urls_treat_specially(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path}/50% of my papers.db")

    assert (tmp_path / "50% of my papers.db").is_file()


async def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder: name a file in DATABASE_URL"):
        await open_database(f"sqlite:///{tmp_path}")


async def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(UserError, match="cannot be made"):
        await open_database(f"sqlite:///{tmp_path}/file/papercourier.db")


async def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "papers.txt"
    path.write_text("These are my notes on arXiv papers.\n" * 100)
    before = path.read_bytes()

    with pytest.raises(UserError, match="is not an SQLite database"):
        await open_database(f"sqlite:///{path}")

    assert path.read_bytes() == before


async def test_a_damaged_database_is_called_damaged(migrated_sqlite: Path, tmp_path: Path) -> None:
    path = tmp_path / "papercourier.db"
    shutil.copy(migrated_sqlite, path)
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))

    with pytest.raises(PermanentError, match="is damaged: restore the latest backup"):
        await open_database(f"sqlite:///{path}")
