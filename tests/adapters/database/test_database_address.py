"""The forms of DATABASE_URL that people write."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.database.address import parse_address
from bot.errors import UserError


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("sqlite:////var/lib/papers.db", "/var/lib/papers.db"),
        ("sqlite+aiosqlite:////var/lib/papers.db", "/var/lib/papers.db"),
        ("  sqlite:////var/lib/a b.db\n", "/var/lib/a b.db"),
        ("sqlite:///papers.db", f"{Path.cwd()}/papers.db"),
        ("sqlite:///~/papers.db", f"{Path.home()}/papers.db"),
    ],
)
def test_an_sqlite_file_is_found_however_it_is_written(text: str, path: str) -> None:
    address = parse_address(text)

    assert address.is_sqlite
    assert address.path == Path(path)
    assert str(address) == path
    assert address.url.drivername == "sqlite+aiosqlite"


@pytest.mark.parametrize(
    "text",
    [
        "postgres://bot:geheim@db.example.org:5433/papers?sslmode=require",
        "postgresql://bot:geheim@db.example.org:5433/papers?sslmode=require",
        "postgresql+asyncpg://bot:geheim@db.example.org:5433/papers?sslmode=require",
    ],
)
def test_postgresql_gets_our_driver_and_keeps_the_rest(text: str) -> None:
    address = parse_address(text)

    assert not address.is_sqlite
    assert address.url.render_as_string(hide_password=False) == (
        "postgresql+psycopg://bot:geheim@db.example.org:5433/papers?sslmode=require"
    )


def test_a_password_is_not_shown() -> None:
    assert "geheim" not in str(parse_address("postgres://bot:geheim@db.example.org/papers"))


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("", "not a database address: write it like sqlite:////"),
        ("papers.db", "not a database address"),
        ("mysql://root@localhost/papers", "names “mysql”, which is not supported"),
        ("sqlite://papers.db", "needs three slashes"),
        ("sqlite://", "in memory, which would forget"),
        ("sqlite:///:memory:", "in memory, which would forget"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_mend(text: str, mend: str) -> None:
    with pytest.raises(UserError, match=mend):
        parse_address(text)
