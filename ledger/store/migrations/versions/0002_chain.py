"""Where a consortium's chain is, and what its newest blocks refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chain",
        sa.Column("only", sa.Integer, primary_key=True),
        sa.Column("height", sa.BigInteger, nullable=False),
        sa.Column("app_hash", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "refusals",
        sa.Column("entry_id", sa.LargeBinary(32), primary_key=True),
        sa.Column("height", sa.BigInteger, nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("refusals_by_height", "refusals", ["height"])


def downgrade() -> None:
    raise NotImplementedError("a ledger is never made older")
