"""The tables: what is remembered, and which keys make a second run harmless.

A destination is stored as the text of `Destination`, one column instead of three. JSON columns
hold the forms that `codec.py` writes.
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Dialect


class UtcDateTime(sa.TypeDecorator[datetime]):
    """A moment, stored in UTC and given back in UTC; one without a time zone is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLite keeps no zone, so it gets UTC without one; its texts then sort by time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without a time zone cannot be stored: {value!r}")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """PostgreSQL answers in the session's zone, SQLite in none."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# --- papers --------------------------------------------------------------------------------

papers = sa.Table(
    "papers",
    metadata,
    sa.Column("arxiv_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("abstract", sa.Text, nullable=False),
    sa.Column("authors", sa.JSON, nullable=False),
    sa.Column("categories", sa.JSON, nullable=False),
    sa.Column("submitted_at", UtcDateTime),
    sa.Column("doi", sa.Text),
    sa.Column("journal_ref", sa.Text),
    sa.Column("comment", sa.Text),
    sa.Column("license_url", sa.Text),
)

# The same categories once more, where an index can find them.
paper_categories = sa.Table(
    "paper_categories",
    metadata,
    sa.Column("category", sa.Text, primary_key=True),
    sa.Column("arxiv_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.ForeignKeyConstraint(
        ["arxiv_id", "version"], ["papers.arxiv_id", "papers.version"], ondelete="CASCADE"
    ),
    sa.Index(None, "arxiv_id", "version"),
    sqlite_with_rowid=False,
)

announcements = sa.Table(
    "announcements",
    metadata,
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("arxiv_id", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("announce_type", sa.Text, nullable=False),
    sa.Column("announced_on", sa.Date, nullable=False, index=True),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("arxiv_id", "version"),
    sa.ForeignKeyConstraint(
        ["arxiv_id", "version"], ["papers.arxiv_id", "papers.version"], ondelete="CASCADE"
    ),
    sqlite_autoincrement=True,  # a number is never given twice, even after old papers are pruned
)

summaries = sa.Table(
    "summaries",
    metadata,
    sa.Column("arxiv_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("language", sa.Text, primary_key=True),
    sa.Column("prompt", sa.Text, primary_key=True),
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("document", sa.JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

# Who is writing a summary, or how the last attempt ended; gone once the summary is there.
summary_turns = sa.Table(
    "summary_turns",
    metadata,
    sa.Column("arxiv_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("language", sa.Text, primary_key=True),
    sa.Column("prompt", sa.Text, primary_key=True),
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text),  # NULL while nobody writes
    sa.Column("lease_until", UtcDateTime),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("failed_at", UtcDateTime),
    sa.Column("retry_at", UtcDateTime),
    sa.Column("reason", sa.Text, nullable=False),
)

# What embedding models make of papers and of sentences that people wrote: numbers in half
# precision, one after the other.
paper_vectors = sa.Table(
    "paper_vectors",
    metadata,
    sa.Column("arxiv_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("vector", sa.LargeBinary, nullable=False),
    sa.ForeignKeyConstraint(
        ["arxiv_id", "version"], ["papers.arxiv_id", "papers.version"], ondelete="CASCADE"
    ),
)

sentence_vectors = sa.Table(
    "sentence_vectors",
    metadata,
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("vector", sa.LargeBinary, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

budgets = sa.Table(
    "budgets",
    metadata,
    sa.Column("budget", sa.Text, primary_key=True),
    sa.Column("period", UtcDateTime, primary_key=True),
    sa.Column("spent", sa.BigInteger, nullable=False),
)

feed_checks = sa.Table(
    "feed_checks",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("checked_at", UtcDateTime, nullable=False),
    sa.Column("categories", sa.JSON, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("announced_on", sa.Date),
    sa.Column("items", sa.Integer, nullable=False),
    sa.Column("unseen", sa.Integer, nullable=False),
    sa.Column("etag", sa.Text),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("batch_on", sa.Date),
    sa.Column("silent", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("next_look_at", UtcDateTime),
    sa.Index(None, "outcome", "checked_at"),
    sa.Index(None, "checked_at"),
)

missed_days = sa.Table(
    "missed_days",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("is_done", sa.Boolean, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("retry_at", UtcDateTime),
    sa.Column("found", sa.Integer, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
)

# --- subscriptions -------------------------------------------------------------------------

destinations = sa.Table(
    "destinations",
    metadata,
    sa.Column("destination", sa.Text, primary_key=True),
    sa.Column("defaults", sa.JSON, nullable=False),
    sa.Column("disabled_at", UtcDateTime),  # NULL while it takes messages
    sa.Column("disabled_code", sa.Text),
    sa.Column("disabled_reason", sa.Text, nullable=False),
)

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("destination", sa.Text, nullable=False),
    # NULL once removed: the number is free again, the row stays for its posted papers.
    sa.Column("number", sa.Integer),
    sa.Column("interests", sa.JSON, nullable=False),
    sa.Column("schedule", sa.JSON, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("threads", sa.Boolean, nullable=False),
    sa.Column("announce_empty", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("state_reason", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("next_run_at", UtcDateTime),
    sa.Column("seen_through", sa.Integer, nullable=False),
    sa.Column("learning", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("role", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("destination", "number"),
    sa.Index(None, "state", "next_run_at"),
)

# The categories of the subscriptions that are there, where an index can find them.
subscription_categories = sa.Table(
    "subscription_categories",
    metadata,
    sa.Column("category", sa.Text, primary_key=True),
    sa.Column(
        "subscription_id",
        sa.ForeignKey("subscriptions.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
    sqlite_with_rowid=False,
)

# --- thumbs --------------------------------------------------------------------------------

# Who said what of which paper; a person is a keyed hash.
thumbs = sa.Table(
    "thumbs",
    metadata,
    sa.Column("subscription_id", sa.ForeignKey("subscriptions.id"), primary_key=True),
    sa.Column("arxiv_id", sa.Text, primary_key=True),
    sa.Column("voter", sa.Text, primary_key=True),
    sa.Column("vote", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)

# What was learned from them: the examples to learn on with, and the profile that ranking reads.
profiles = sa.Table(
    "profiles",
    metadata,
    sa.Column("subscription_id", sa.ForeignKey("subscriptions.id"), primary_key=True),
    sa.Column("memory", sa.JSON, nullable=False),
    sa.Column("profile", sa.JSON, nullable=False),
)

# Random bytes of this installation, in hexadecimal: what hashes are keyed with.
salts = sa.Table(
    "salts",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

# The number grows each time a subscription's link is ended: an ended link never comes back.
feed_links = sa.Table(
    "feed_links",
    metadata,
    sa.Column("subscription_id", sa.ForeignKey("subscriptions.id"), primary_key=True),
    sa.Column("serial", sa.Integer, nullable=False),
    sa.Column("is_open", sa.Boolean, nullable=False),
)

# --- digests -------------------------------------------------------------------------------

digests = sa.Table(
    "digests",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("subscription_id", sa.ForeignKey("subscriptions.id"), nullable=False),
    sa.Column("slot", sa.Text, nullable=False),
    sa.Column("announced_on", sa.Date),
    sa.Column("considered", sa.Integer, nullable=False),
    sa.Column("matched", sa.Integer, nullable=False),
    sa.Column("silence", sa.Text),
    sa.Column("silence_reason", sa.Text, nullable=False),
    sa.Column("notices", sa.JSON),  # NULL in digests from before there were any
    sa.Column("seen_through", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("subscription_id", "slot"),
)

digest_entries = sa.Table(
    "digest_entries",
    metadata,
    sa.Column("digest_id", sa.ForeignKey("digests.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("rank", sa.Integer, primary_key=True),
    sa.Column("arxiv_id", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("announce_type", sa.Text, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("reasons", sa.JSON, nullable=False),
    # Which summary was shown; NULL where there was none.
    sa.Column("summary_language", sa.Text),
    sa.Column("summary_prompt", sa.Text),
    sa.Column("summary_model", sa.Text),
    # No foreign key to papers: it would need an index of its own among the most numerous rows.
    sqlite_with_rowid=False,
)

# Paper first: "who has had today's papers" touches today's rows only, however long the history.
posted_papers = sa.Table(
    "posted_papers",
    metadata,
    sa.Column("arxiv_id", sa.Text, primary_key=True),
    sa.Column("subscription_id", sa.ForeignKey("subscriptions.id"), primary_key=True, index=True),
    sa.Column("digest_id", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)

# --- delivery ------------------------------------------------------------------------------

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("platform", sa.Text, nullable=False),
    sa.Column("destination", sa.Text, nullable=False),
    sa.Column("share_key", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("parent_key", sa.Text, index=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("not_before", UtcDateTime),
    sa.Column("may_be_sent", sa.Boolean, nullable=False),
    sa.Column("failing_since", UtcDateTime),
    sa.Column("holder", sa.Text),
    sa.Column("lease_until", UtcDateTime),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime),
    sa.Column("ref_channel_id", sa.Text),
    sa.Column("ref_message_id", sa.Text),
    sa.Column("ref_thread_id", sa.Text),
    sa.UniqueConstraint("key"),
    sa.Index(None, "platform", "state", "id"),
    sa.Index(None, "destination", "state", "id"),
    sqlite_autoincrement=True,  # order of sending is order of numbers, so none comes back
)

slots = sa.Table(
    "slots",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text),  # NULL while free
    sa.Column("lease_until", UtcDateTime),
    sa.Column("taken_at", UtcDateTime),
    sa.Column("released_at", UtcDateTime),
)

# --- what chat platforms send ---------------------------------------------------------------

# Events taken in hand: platforms send some again, also after a restart of ours.
seen = sa.Table(
    "seen",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("keep_until", UtcDateTime, nullable=False, index=True),
)

# The next three are read and written by slack_sdk (its SQLAlchemy stores), so their columns are
# its own; tokens are Text because they stand here encrypted, which makes them longer. Its moments
# are UTC without a zone.
slack_installations = sa.Table(
    "slack_installations",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("app_id", sa.Text, nullable=False),
    sa.Column("enterprise_id", sa.Text),
    sa.Column("enterprise_name", sa.Text),
    sa.Column("enterprise_url", sa.Text),
    sa.Column("team_id", sa.Text),
    sa.Column("team_name", sa.Text),
    sa.Column("bot_token", sa.Text),
    sa.Column("bot_id", sa.Text),
    sa.Column("bot_user_id", sa.Text),
    sa.Column("bot_scopes", sa.Text),
    sa.Column("bot_refresh_token", sa.Text),
    sa.Column("bot_token_expires_at", sa.DateTime),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("user_token", sa.Text),
    sa.Column("user_scopes", sa.Text),
    sa.Column("user_refresh_token", sa.Text),
    sa.Column("user_token_expires_at", sa.DateTime),
    sa.Column("incoming_webhook_url", sa.Text),
    sa.Column("incoming_webhook_channel", sa.Text),
    sa.Column("incoming_webhook_channel_id", sa.Text),
    sa.Column("incoming_webhook_configuration_url", sa.Text),
    sa.Column("is_enterprise_install", sa.Boolean, nullable=False),
    sa.Column("token_type", sa.Text),
    sa.Column("installed_at", sa.DateTime, nullable=False),
    # Named by hand: the conventional name is longer than PostgreSQL allows.
    sa.Index("ix_slack_installations_workspace", "client_id", "team_id", "installed_at"),
)

slack_bots = sa.Table(
    "slack_bots",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("app_id", sa.Text, nullable=False),
    sa.Column("enterprise_id", sa.Text),
    sa.Column("enterprise_name", sa.Text),
    sa.Column("team_id", sa.Text),
    sa.Column("team_name", sa.Text),
    sa.Column("bot_token", sa.Text),
    sa.Column("bot_id", sa.Text),
    sa.Column("bot_user_id", sa.Text),
    sa.Column("bot_scopes", sa.Text),
    sa.Column("bot_refresh_token", sa.Text),
    sa.Column("bot_token_expires_at", sa.DateTime),
    sa.Column("is_enterprise_install", sa.Boolean, nullable=False),
    sa.Column("installed_at", sa.DateTime, nullable=False),
    sa.Index("ix_slack_bots_workspace", "client_id", "team_id", "installed_at"),
)

slack_oauth_states = sa.Table(
    "slack_oauth_states",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("expire_at", sa.DateTime, nullable=False),
)
