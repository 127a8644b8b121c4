"""Thumbs, what was learned from them, and whether a subscription learns.

Revision 0004, after 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "thumbs",
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("arxiv_id", sa.Text(), nullable=False),
        sa.Column("voter", sa.Text(), nullable=False),
        sa.Column("vote", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_thumbs_subscription_id_subscriptions"),
        ),
        sa.PrimaryKeyConstraint("subscription_id", "arxiv_id", "voter", name=op.f("pk_thumbs")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "profiles",
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("memory", sa.JSON(), nullable=False),
        sa.Column("profile", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_profiles_subscription_id_subscriptions"),
        ),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_profiles")),
    )
    op.create_table(
        "salts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_salts")),
    )
    # Added in place rather than by copying the table, which others refer to.
    op.add_column(
        "subscriptions",
        sa.Column("learning", sa.Boolean(), server_default=sa.true(), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("subscriptions", "learning")
    op.drop_table("salts")
    op.drop_table("profiles")
    op.drop_table("thumbs")
