"""The role whose people a subscription's digests notify.

Revision 0007, after 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Added in place rather than by copying the table, which others refer to.
    op.add_column("subscriptions", sa.Column("role", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("subscriptions", "role")
