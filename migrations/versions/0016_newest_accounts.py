"""Index accounts by their age, for the lists of staff."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_users_created_at_id"), "users", ["created_at", "id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_users_created_at_id"), "users")
