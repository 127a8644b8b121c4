"""The first tables.

Revision 0001, after nothing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "destinations",
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("defaults", sa.JSON(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_code", sa.Text(), nullable=True),
        sa.Column("disabled_reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("destination", name=op.f("pk_destinations")),
    )
    op.create_table(
        "feed_checks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("announced_on", sa.Date(), nullable=True),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("unseen", sa.Integer(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_checks")),
    )
    with op.batch_alter_table("feed_checks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feed_checks_checked_at"), ["checked_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_feed_checks_outcome_checked_at"), ["outcome", "checked_at"], unique=False
        )

    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("parent_key", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("may_be_sent", sa.Boolean(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ref_channel_id", sa.Text(), nullable=True),
        sa.Column("ref_message_id", sa.Text(), nullable=True),
        sa.Column("ref_thread_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_outbox_destination_state_id"),
            ["destination", "state", "id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_outbox_parent_key"), ["parent_key"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_outbox_platform_state_id"), ["platform", "state", "id"], unique=False
        )

    op.create_table(
        "papers",
        sa.Column("arxiv_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("abstract", sa.Text(), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("doi", sa.Text(), nullable=True),
        sa.Column("journal_ref", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("license_url", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("arxiv_id", "version", name=op.f("pk_papers")),
    )
    op.create_table(
        "slots",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_slots")),
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("interests", sa.JSON(), nullable=False),
        sa.Column("schedule", sa.JSON(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("threads", sa.Boolean(), nullable=False),
        sa.Column("announce_empty", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("next_run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_through", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint(
            "destination", "number", name=op.f("uq_subscriptions_destination_number")
        ),
    )
    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subscriptions_state_next_run_at"), ["state", "next_run_at"], unique=False
        )

    op.create_table(
        "summaries",
        sa.Column("arxiv_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "arxiv_id", "version", "language", "prompt", "model", name=op.f("pk_summaries")
        ),
    )
    op.create_table(
        "announcements",
        sa.Column("sequence", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("arxiv_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("announce_type", sa.Text(), nullable=False),
        sa.Column("announced_on", sa.Date(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["arxiv_id", "version"],
            ["papers.arxiv_id", "papers.version"],
            name=op.f("fk_announcements_arxiv_id_version_papers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_announcements")),
        sa.UniqueConstraint("arxiv_id", "version", name=op.f("uq_announcements_arxiv_id_version")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("announcements", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_announcements_announced_on"), ["announced_on"], unique=False
        )

    op.create_table(
        "digests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("announced_on", sa.Date(), nullable=True),
        sa.Column("considered", sa.Integer(), nullable=False),
        sa.Column("matched", sa.Integer(), nullable=False),
        sa.Column("silence", sa.Text(), nullable=True),
        sa.Column("silence_reason", sa.Text(), nullable=False),
        sa.Column("seen_through", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_digests_subscription_id_subscriptions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digests")),
        sa.UniqueConstraint(
            "subscription_id", "slot", name=op.f("uq_digests_subscription_id_slot")
        ),
    )
    op.create_table(
        "paper_categories",
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("arxiv_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["arxiv_id", "version"],
            ["papers.arxiv_id", "papers.version"],
            name=op.f("fk_paper_categories_arxiv_id_version_papers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "category", "arxiv_id", "version", name=op.f("pk_paper_categories")
        ),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("paper_categories", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_paper_categories_arxiv_id_version"),
            ["arxiv_id", "version"],
            unique=False,
        )

    op.create_table(
        "posted_papers",
        sa.Column("arxiv_id", sa.Text(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("digest_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_posted_papers_subscription_id_subscriptions"),
        ),
        sa.PrimaryKeyConstraint("arxiv_id", "subscription_id", name=op.f("pk_posted_papers")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("posted_papers", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_posted_papers_subscription_id"), ["subscription_id"], unique=False
        )

    op.create_table(
        "subscription_categories",
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_subscription_categories_subscription_id_subscriptions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "category", "subscription_id", name=op.f("pk_subscription_categories")
        ),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("subscription_categories", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subscription_categories_subscription_id"),
            ["subscription_id"],
            unique=False,
        )

    op.create_table(
        "digest_entries",
        sa.Column("digest_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("arxiv_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("announce_type", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("summary_language", sa.Text(), nullable=True),
        sa.Column("summary_prompt", sa.Text(), nullable=True),
        sa.Column("summary_model", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["digest_id"],
            ["digests.id"],
            name=op.f("fk_digest_entries_digest_id_digests"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("digest_id", "rank", name=op.f("pk_digest_entries")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("digest_entries")
    with op.batch_alter_table("subscription_categories", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_subscription_categories_subscription_id"))

    op.drop_table("subscription_categories")
    with op.batch_alter_table("posted_papers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_posted_papers_subscription_id"))

    op.drop_table("posted_papers")
    with op.batch_alter_table("paper_categories", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_paper_categories_arxiv_id_version"))

    op.drop_table("paper_categories")
    op.drop_table("digests")
    with op.batch_alter_table("announcements", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_announcements_announced_on"))

    op.drop_table("announcements")
    op.drop_table("summaries")
    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_subscriptions_state_next_run_at"))

    op.drop_table("subscriptions")
    op.drop_table("slots")
    op.drop_table("papers")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_platform_state_id"))
        batch_op.drop_index(batch_op.f("ix_outbox_parent_key"))
        batch_op.drop_index(batch_op.f("ix_outbox_destination_state_id"))

    op.drop_table("outbox")
    with op.batch_alter_table("feed_checks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feed_checks_outcome_checked_at"))
        batch_op.drop_index(batch_op.f("ix_feed_checks_checked_at"))

    op.drop_table("feed_checks")
    op.drop_table("destinations")
