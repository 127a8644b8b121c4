"""A copy of the database while others go on writing to it."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from adapters.database.address import parse_address
from bot.errors import PermanentError, TransientError, UserError

_LOCK_SECONDS = 60.0


def backup(url: str, target: Path, *, force: bool = False) -> int:
    """Copy the SQLite database at `url` to the file `target`; returns the copy's size in bytes.

    The copy is of one moment, checked, and appears under its name only when it is whole.
    Blocking: call it in a thread. Raises UserError (PostgreSQL, nothing to copy, no place),
    TransientError (locked, disk full), PermanentError (damaged).
    """
    address = parse_address(url)
    if not address.is_sqlite:
        raise UserError(
            "PostgreSQL is backed up by its own tool: run `pg_dump --format=custom "
            f'--file={target} "$DATABASE_URL"`.'
        )
    source = address.path
    _check_places(source, target, force=force)
    with _unfinished_copy(target) as copy:
        try:
            _copy(source, copy)
            _make_whole(copy)
        except sqlite3.Error as error:
            raise _translated(error, source, target) from error
        size = copy.stat().st_size
        _give_name(copy, target, force=force)
    return size


def _check_places(source: Path, target: Path, *, force: bool) -> None:
    if not source.is_file():
        raise UserError(
            f"There is no database at {source} to back up: check DATABASE_URL and "
            "PAPERCOURIER_HOME."
        )
    if target.is_dir():
        raise UserError(f"{target} is a folder: name a file, like {target / 'papercourier.db'}.")
    if not target.absolute().parent.is_dir():
        raise UserError(f"There is no folder {target.absolute().parent}: make it first.")
    if target.exists() and target.samefile(source):
        raise UserError(f"{target} is the database itself: name another file.")
    if target.exists() and not force:
        raise _taken(target)


@contextmanager
def _unfinished_copy(target: Path) -> Iterator[Path]:
    """A file beside `target`, in a folder that is gone when all is over."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.absolute().parent))
    except OSError as error:
        raise UserError(
            f"{target.absolute().parent} cannot be written ({error.strerror}): "
            "name a file elsewhere."
        ) from error
    try:
        yield folder / target.name
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy(source: Path, copy: Path) -> None:
    """All pages in one step: a step's pages are of one moment, and in WAL mode block nobody."""
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as theirs,
        closing(sqlite3.connect(copy)) as ours,
    ):
        theirs.execute(f"PRAGMA busy_timeout = {int(_LOCK_SECONDS * 1000)}")
        theirs.backup(ours, pages=-1)


def _make_whole(copy: Path) -> None:
    """One file that needs no other, looked through once, its owner's alone, safe on the disk."""
    with closing(sqlite3.connect(copy)) as ours:
        ours.execute("PRAGMA journal_mode = DELETE")
        (said,) = ours.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        raise PermanentError(
            f"The database is damaged ({said}): no backup was written, restore an older one.",
            code="damaged",
        )
    copy.chmod(stat.S_IRUSR | stat.S_IWUSR)
    with copy.open("rb+") as file:
        os.fsync(file.fileno())


def _give_name(copy: Path, target: Path, *, force: bool) -> None:
    if force:
        copy.replace(target)
        return
    try:
        # Unlike a rename, a link never replaces a file that appeared meanwhile.
        os.link(copy, target)
    except FileExistsError as error:
        raise _taken(target) from error
    except OSError:  # a file system without links
        copy.replace(target)
    with contextlib.suppress(OSError):
        _sync_folder(target.absolute().parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _taken(target: Path) -> UserError:
    return UserError(f"{target} is there already: name another file, or add --force.")


def _translated(
    error: sqlite3.Error, source: Path, target: Path
) -> UserError | TransientError | PermanentError:
    words = str(error)
    if "full" in words or "disk I/O" in words:
        return TransientError(
            f"The disk with {target} is full or failing ({words}): free some space and try again."
        )
    if "locked" in words or "busy" in words:
        return TransientError(f"Another program holds the database {source}: try again.")
    if "not a database" in words:
        return UserError(f"{source} is not an SQLite database: check DATABASE_URL.")
    return PermanentError(f"The database {source} cannot be copied ({words}).", code="damaged")
