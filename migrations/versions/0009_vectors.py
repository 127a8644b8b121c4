"""Vectors of papers and sentences, for interests written as sentences.

Revision 0009, after 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "paper_vectors",
        sa.Column("arxiv_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["arxiv_id", "version"],
            ["papers.arxiv_id", "papers.version"],
            name=op.f("fk_paper_vectors_arxiv_id_version_papers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("arxiv_id", "version", "model", name=op.f("pk_paper_vectors")),
    )
    op.create_table(
        "sentence_vectors",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hash", "model", name=op.f("pk_sentence_vectors")),
    )


def downgrade() -> None:
    op.drop_table("sentence_vectors")
    op.drop_table("paper_vectors")
