"""SQLAlchemy's and the drivers' exceptions, turned into ours: one sentence each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import exc

from adapters.database.address import DatabaseAddress
from bot.errors import PapercourierError, PermanentError, TransientError, UserError


@contextmanager
def database_errors(address: DatabaseAddress) -> Iterator[None]:
    """Turn what the database says into one of our errors; its own words stay in `__cause__`."""
    try:
        yield
    except exc.IntegrityError as error:
        raise PermanentError(
            "The database refused a row that contradicts another one: "
            "nothing was stored; please report this with the log.",
            code="conflict",
        ) from error
    except exc.TimeoutError as error:
        raise TransientError(
            "All connections to the database are in use: it is tried again."
        ) from error
    except exc.DBAPIError as error:
        raise _translated(error, address) from error


def _translated(error: exc.DBAPIError, address: DatabaseAddress) -> PapercourierError:
    words = str(error.orig).strip()
    for sign, kind, sentence in _SQLITE if address.is_sqlite else _POSTGRESQL:
        if sign.search(words):
            return kind(sentence.format(place=address, words=words))
    raise AssertionError("the last sign fits everything")


def _damaged(sentence: str) -> PermanentError:
    return PermanentError(sentence, code="damaged")


_Sign = tuple[re.Pattern[str], Callable[[str], PapercourierError], str]


def _sign(words: str, kind: Callable[[str], PapercourierError], sentence: str) -> _Sign:
    return re.compile(words, re.IGNORECASE), kind, sentence


# Recognised by words: SQLite's driver has one class and, before Python 3.11, no codes; libpq
# gives no code to a connection that never came about.
_SQLITE: Sequence[_Sign] = (
    _sign(
        "not a database",
        UserError,
        "{place} is not an SQLite database: name another file in DATABASE_URL.",
    ),
    _sign(
        "already exists",
        UserError,
        "{place} holds tables of another program ({words}): name another database in DATABASE_URL.",
    ),
    _sign(
        "malformed",
        _damaged,
        "The database {place} is damaged: restore the latest backup.",
    ),
    _sign(
        "locked|busy",
        TransientError,
        "Another program holds the database {place}: it is tried again.",
    ),
    _sign(
        "is full",
        TransientError,
        "The disk with the database {place} is full: free some space; "
        "nothing was half-written, and it is tried again.",
    ),
    _sign(
        "readonly",
        TransientError,
        "The database {place} cannot be written: "
        "check the rights of the file and its folder; it is tried again.",
    ),
    _sign(
        "unable to open",
        TransientError,
        "The database {place} cannot be opened: "
        "check that its folder is there and may be written; it is tried again.",
    ),
    _sign("", TransientError, "The database {place} failed ({words}): it is tried again."),
)
_POSTGRESQL: Sequence[_Sign] = (
    _sign(
        "already exists",
        UserError,
        "{place} holds tables of another program ({words}): name another database in DATABASE_URL.",
    ),
    _sign(
        "authentication failed|no password supplied",
        UserError,
        "PostgreSQL refused the user or password for {place}: correct DATABASE_URL.",
    ),
    _sign(
        'FATAL: +(database|role) ".*" does not exist',
        UserError,
        "PostgreSQL has no such database or user for {place}: create it or correct DATABASE_URL.",
    ),
    _sign(
        "permission denied",
        UserError,
        "PostgreSQL lets this user do too little in {place}: "
        "grant it the right to create and write tables.",
    ),
    _sign(
        "no space left|disk full",
        TransientError,
        "The disk of the PostgreSQL server {place} is full: free some space; it is tried again.",
    ),
    _sign(
        "",
        TransientError,
        "PostgreSQL at {place} is not answering: "
        "check that it runs and that DATABASE_URL is right; it is tried again.",
    ),
)
