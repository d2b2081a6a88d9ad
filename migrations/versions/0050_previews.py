"""Keep beside a draft what is made of its text, for previews (decision 0051)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("revisions", sa.Column("rendered", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("revisions", "rendered")
