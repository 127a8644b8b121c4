"""Fixtures that several folders share."""

from tests.databases import migrated_sqlite, postgresql

__all__ = ["migrated_sqlite", "postgresql"]
