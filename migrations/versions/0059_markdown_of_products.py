"""Keep the Markdown that descriptions of products are made of, where they are (decision 0056).

Whatever is there was written as HTML or as plain text, and stays what it is: nothing is rendered, and no row is written.
"""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

RECORD_NO_RENDERING = """
    UPDATE audit_config SET ignored_columns = ignored_columns || '{rendering}'::text[] WHERE table_name = 'products'
"""
RECORD_ALL = """
    UPDATE audit_config SET ignored_columns = array_remove(ignored_columns, 'rendering') WHERE table_name = 'products'
"""


def upgrade() -> None:
    op.add_column("products", sa.Column("description_markdown", sa.Text(), nullable=True))
    op.add_column("products", sa.Column("rendering", sa.SmallInteger(), server_default=sa.text("0"), nullable=False))
    is_markdown = sa.text("description_markdown IS NOT NULL")
    op.create_index(op.f("ix_products_rendering"), "products", ["rendering"], postgresql_where=is_markdown)
    op.execute(RECORD_NO_RENDERING)


def downgrade() -> None:
    op.drop_index(op.f("ix_products_rendering"), "products")
    op.drop_column("products", "rendering")
    op.drop_column("products", "description_markdown")
    op.execute(RECORD_ALL)
