"""Note which revisions readers have seen: they are kept for good."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

SEEN = {
    "pages": "status = 'PUBLISHED'",
    "posts": "status = 'PUBLISHED'",
    "products": "is_active",
    "services": "is_visible",
}


def upgrade() -> None:
    op.add_column("revisions", sa.Column("published_at", sa.DateTime(timezone=True), nullable=True))
    for table, is_out in SEEN.items():
        op.execute(
            f"""
            UPDATE revisions SET published_at = recorded_at FROM {table} AS item
            WHERE table_name = '{table}' AND row_id = item.id AND revisions.version = item.live_version AND item.{is_out}
            """  # noqa: S608 - our own names
        )
    op.create_index(
        op.f("ix_revisions_recorded_at"),
        "revisions",
        ["recorded_at"],
        postgresql_where=sa.text("published_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_revisions_recorded_at"), "revisions")
    op.drop_column("revisions", "published_at")
