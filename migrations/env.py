"""How Alembic reaches the database.

`adapters/database/migrating.py` hands over an open connection. From the command line
(`alembic check`, `alembic revision --autogenerate`) the one named by DATABASE_URL is used.
"""

from __future__ import annotations

import os
from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext

from adapters.database.address import parse_address
from adapters.database.tables import UtcDateTime, metadata


def _render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Revisions must not change when our own types do, so they name SQLAlchemy's."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def _run(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=_render_item,
    )
    with context.begin_transaction():
        context.run_migrations()


def _run_from_the_command_line() -> None:
    address = parse_address(os.environ.get("DATABASE_URL", "sqlite:///papercourier.db"))
    engine = sa.create_engine(address.sync_url)
    with engine.begin() as connection:
        _run(connection)
    engine.dispose()


if context.is_offline_mode():
    context.configure(
        url=parse_address(os.environ["DATABASE_URL"]).sync_url,
        target_metadata=metadata,
        literal_binds=True,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()
elif (given := context.config.attributes.get("connection")) is not None:
    _run(given)
else:
    _run_from_the_command_line()
