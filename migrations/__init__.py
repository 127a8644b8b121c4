"""The database's history, for Alembic; shipped, and run whenever the database is opened."""
