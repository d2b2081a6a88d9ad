"""Let menus lie in the trash, as all else does that is edited in versions (decision 0050)."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("menus", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """What lies in the trash goes: it would be there for everybody."""
    op.execute(
        "DELETE FROM revisions USING menus"
        " WHERE table_name = 'menus' AND row_id = menus.id AND menus.deleted_at IS NOT NULL"
    )
    op.execute("DELETE FROM menus WHERE deleted_at IS NOT NULL")
    op.drop_column("menus", "deleted_at")
