"""Bringing a database to the present version, before anything else touches it.

One transaction holds the whole upgrade and the question which version is there, so that two
processes starting at once follow each other, and an upgrade that fails leaves what was.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from importlib import resources
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from adapters.database.address import DatabaseAddress, parse_address
from adapters.database.errors import database_errors
from bot.errors import UserError

_LOCK_SECONDS = 60  # another process may be upgrading
_PG_CONNECT_SECONDS = 10
_PG_LOCK = 7_247_105_331  # any number: no other program of this database takes it


def migrate(url: str) -> bool:
    """Upgrade the database at `url`, made if it is not there; whether anything was to do.

    Blocking: call it in a thread. Raises UserError (no such place, no rights, written by a
    newer version), TransientError (locked, full, not answering), PermanentError (damaged).
    """
    address = parse_address(url)
    if address.is_sqlite:
        _prepare_place(address)
    with _script_directory() as script, database_errors(address):
        engine = _engine(address)
        try:
            if address.is_sqlite:
                _use_write_ahead_log(engine)
            with engine.begin() as connection:
                return _upgrade(connection, script, address)
        finally:
            engine.dispose()


class Standing(StrEnum):
    """How a database's version relates to ours."""

    MISSING = "missing"
    OLDER = "older"
    PRESENT = "present"


def standing(url: str) -> Standing:
    """Look at the database at `url` and change nothing.

    Blocking. Raises as `migrate` does, UserError for one of a newer version too.
    """
    address = parse_address(url)
    if address.is_sqlite and not address.path.exists():
        return Standing.MISSING
    if address.is_sqlite:
        _prepare_place(address)
    with _script_directory() as script, database_errors(address):
        engine = _engine(address)
        try:
            with engine.connect() as connection:
                present = MigrationContext.configure(connection).get_current_heads()
        finally:
            engine.dispose()
        directory = ScriptDirectory.from_config(script)
        _refuse_newer(present, directory, address)
        if not present:
            return Standing.MISSING
        return Standing.PRESENT if set(present) == set(directory.get_heads()) else Standing.OLDER


def _upgrade(connection: sa.Connection, script: Config, address: DatabaseAddress) -> bool:
    if address.is_sqlite:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_PG_LOCK)))
    present = MigrationContext.configure(connection).get_current_heads()
    directory = ScriptDirectory.from_config(script)
    _refuse_newer(present, directory, address)
    if set(present) == set(directory.get_heads()):
        return False
    script.attributes["connection"] = connection
    command.upgrade(script, "head")
    return True


def _refuse_newer(
    present: Iterable[str], directory: ScriptDirectory, address: DatabaseAddress
) -> None:
    ours = {revision.revision for revision in directory.walk_revisions()}
    for revision in present:
        if revision not in ours:
            raise UserError(
                f"The database {address} was written by a newer Papercourier "
                f"(revision {revision}): upgrade Papercourier, or restore a backup."
            )


@contextmanager
def _script_directory() -> Iterator[Config]:
    """Alembic's configuration, its scripts found in the repository and in a wheel alike."""
    with resources.as_file(resources.files("migrations")) as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        yield config


def _prepare_place(address: DatabaseAddress) -> None:
    """Say what is wrong with the file's place in words that SQLite does not have."""
    path = address.path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_folder, is_there = path.is_dir(), path.exists()
    except OSError as error:
        raise UserError(
            f"The folder {path.parent} for the database cannot be made ({error.strerror}): "
            "name another place in DATABASE_URL."
        ) from error
    if is_folder:
        raise UserError(f"{path} is a folder: name a file in DATABASE_URL.")
    if is_there and not os.access(path, os.R_OK | os.W_OK):
        raise UserError(f"The database {path} cannot be written: correct the file's rights.")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise UserError(
            f"The folder {path.parent} cannot be written, and SQLite keeps files beside the "
            "database: correct the folder's rights or name another place in DATABASE_URL."
        )


def _engine(address: DatabaseAddress) -> sa.Engine:
    if not address.is_sqlite:
        return sa.create_engine(
            address.sync_url, connect_args={"connect_timeout": _PG_CONNECT_SECONDS}
        )
    engine = sa.create_engine(address.sync_url, connect_args={"timeout": _LOCK_SECONDS})
    sa.event.listen(engine, "connect", _hand_transactions_to_us)
    return engine


def _hand_transactions_to_us(connection: Any, record: object) -> None:
    """Keep the driver from committing behind our back.

    Foreign keys stay off here: Alembic's batch mode drops and rebuilds tables.
    """
    del record
    connection.isolation_level = None


def _use_write_ahead_log(engine: sa.Engine) -> None:
    """Readers and the writer no longer wait for each other; the file remembers it."""
    with engine.connect() as connection:
        if connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() != "wal":
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
