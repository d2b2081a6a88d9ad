"""Keep the ids of the products and posts that stand in a text by reference, and find those that show nothing.

The worker fills them in, as it does after every change of what is made of texts (decision 0047).
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

TABLES = ("pages", "posts", "services")
COLUMNS = ("embedded_products", "embedded_posts")

RECORD_NO_EMBEDS = """
    UPDATE audit_config SET ignored_columns = ignored_columns || '{embedded_products,embedded_posts}'::text[]
    WHERE table_name IN ('pages', 'posts', 'services')
"""
RECORD_ALL = """
    UPDATE audit_config
    SET ignored_columns = array(
        SELECT unnest(ignored_columns) EXCEPT SELECT unnest('{embedded_products,embedded_posts}'::text[])
    )
    WHERE table_name IN ('pages', 'posts', 'services')
"""

KIND = "ck_content_findings_findingkind"
KINDS = "'DUPLICATE_TITLE', 'DUPLICATE_DESCRIPTION', 'BROKEN_LINK'"


def upgrade() -> None:
    for table in TABLES:
        for name in COLUMNS:
            none = sa.text("'{}'")
            op.add_column(table, sa.Column(name, postgresql.ARRAY(sa.Uuid()), server_default=none, nullable=False))
    op.execute(RECORD_NO_EMBEDS)
    _permit(f"{KINDS}, 'BROKEN_EMBED'")


def _permit(kinds: str) -> None:
    op.drop_constraint(op.f(KIND), "content_findings")
    op.create_check_constraint(op.f(KIND), "content_findings", f"kind IN ({kinds})")


def downgrade() -> None:
    op.execute("DELETE FROM content_findings WHERE kind = 'BROKEN_EMBED'")
    _permit(KINDS)
    for table in TABLES:
        for name in reversed(COLUMNS):
            op.drop_column(table, name)
    op.execute(RECORD_ALL)
