"""Everything remembered, in SQLite or PostgreSQL."""
