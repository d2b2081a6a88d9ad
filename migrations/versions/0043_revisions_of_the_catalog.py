"""Keep revisions of categories, products and services, with drafts beside them and a trash (decision 0048)."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

SWITCHES = {"products": "is_active", "services": "is_visible"}
"""What says whether readers see a row; what lies in the trash they do not."""

TABLES = ("categories", *SWITCHES)

OF_CONTENT = "table_name IN ('authors', 'post_categories', 'posts') AND (SELECT viewer_may('content:read'))"
OF_ALL = f"""
    {OF_CONTENT}
    OR table_name IN ('categories', 'products') AND (SELECT viewer_may('catalog:read'))
    OR table_name = 'services' AND (SELECT viewer_may('services:read'))
"""
"""Whoever may read a table's drafts may read what its rows said before."""


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False))
        op.add_column(table, sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
        op.create_check_constraint(op.f(f"ck_{table}_version"), table, "version > 0")
    for table, switch in SWITCHES.items():
        op.add_column(table, sa.Column("live_version", sa.Integer(), server_default=sa.text("1"), nullable=False))
        op.create_check_constraint(op.f(f"ck_{table}_live_version"), table, "live_version BETWEEN 1 AND version")
        op.create_check_constraint(op.f(f"ck_{table}_deleted_at"), table, f"deleted_at IS NULL OR NOT {switch}")
    op.execute(f"ALTER POLICY viewer ON revisions USING ({OF_ALL})")


def downgrade() -> None:
    op.execute("DELETE FROM revisions WHERE table_name IN ('categories', 'products', 'services')")
    op.execute(f"ALTER POLICY viewer ON revisions USING ({OF_CONTENT})")
    for table in TABLES:
        for column in ("live_version", "deleted_at", "version"):
            op.execute(f"ALTER TABLE {table} DROP COLUMN IF EXISTS {column}")
