"""A backup is whole, of one moment, and never in anybody's way."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest

from adapters.database.backup import backup
from adapters.database.engine import open_database
from bot.errors import PapercourierError, UserError
from tests.contract.samples import NOW, a_message


@pytest.fixture
def source(tmp_path: Path, migrated_sqlite: Path) -> Path:
    path = tmp_path / "papercourier.db"
    shutil.copy(migrated_sqlite, path)
    return path


def url(path: Path) -> str:
    return f"sqlite:///{path}"


async def test_a_backup_taken_while_others_write_opens_and_is_of_one_moment(
    source: Path, tmp_path: Path
) -> None:
    target = tmp_path / "copy.db"
    enough, stop = asyncio.Event(), asyncio.Event()
    written = 0

    async def write() -> None:
        nonlocal written
        async with await open_database(url(source)) as database:
            while not stop.is_set():
                async with database.unit_of_work() as unit:
                    # Each transaction writes two: a backup must never hold only one of them.
                    await unit.outbox.add(
                        [a_message(f"{written}/a"), a_message(f"{written}/b")], now=NOW
                    )
                    await unit.commit()
                written += 1
                if written >= 20:
                    enough.set()

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        tasks.create_task(write())
        await enough.wait()
        before = written
        size = await asyncio.to_thread(backup, url(source), target)
        after = written
        stop.set()

    assert size == target.stat().st_size > 0
    async with await open_database(url(target)) as copy, copy.unit_of_work() as unit:
        pending = (await unit.outbox.counts())["pending"]
    assert pending % 2 == 0
    assert before <= pending // 2 <= after + 1


def test_a_backup_is_one_file_that_only_its_owner_reads(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()

    backup(url(source), folder / "copy.db")

    assert [path.name for path in folder.iterdir()] == ["copy.db"]
    with sqlite3.connect(folder / "copy.db") as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy.close()
    assert not (folder / "copy.db").stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)


def test_a_file_that_is_there_is_overwritten_only_by_force(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("precious")

    with pytest.raises(UserError, match="--force"):
        backup(url(source), target)
    kept = target.read_text()
    backup(url(source), target, force=True)

    assert kept == "precious"
    assert target.read_bytes().startswith(b"SQLite format 3")


def test_the_database_itself_is_never_overwritten(source: Path) -> None:
    before = source.read_bytes()

    with pytest.raises(UserError, match="is the database itself"):
        backup(url(source), source, force=True)

    assert source.read_bytes() == before


def test_without_a_database_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no database at"):
        backup(url(tmp_path / "missing.db"), tmp_path / "copy.db")

    assert list(tmp_path.iterdir()) == []


def test_postgresql_is_left_to_its_own_tool(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="pg_dump"):
        backup("postgresql://user@host/papers", tmp_path / "copy.db")


@pytest.mark.parametrize("place", ["missing/copy.db", "."])
def test_a_place_that_cannot_be_is_said(source: Path, tmp_path: Path, place: str) -> None:
    with pytest.raises(UserError):
        backup(url(source), tmp_path / place)


def test_a_damaged_database_leaves_no_backup(source: Path, tmp_path: Path) -> None:
    content = bytearray(source.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    source.write_bytes(content)
    target = tmp_path / "copy.db"

    with pytest.raises(PapercourierError):
        backup(url(source), target)

    assert not target.exists()
    assert {path.name for path in tmp_path.iterdir()} <= {
        source.name,
        f"{source.name}-wal",
        f"{source.name}-shm",
    }
