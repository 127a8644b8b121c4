"""What a look at the feed amounts to, and which days are still to be caught up.

Revision 0003, after 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "missed_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_done", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_missed_days")),
    )
    with op.batch_alter_table("feed_checks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("batch_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("silent", sa.JSON(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("next_look_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("feed_checks", schema=None) as batch_op:
        batch_op.drop_column("next_look_at")
        batch_op.drop_column("silent")
        batch_op.drop_column("batch_on")
    op.drop_table("missed_days")
