"""Keep the HTML of services' descriptions beside them, and their bare words (decision 0047). The worker fills them in.

Until it has come by, the description itself is searched, as it was before.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

COLUMNS = ("description_html", "plain_text", "rendering")

RECORD_NO_RENDERING = """
    UPDATE audit_config SET ignored_columns = ignored_columns || '{description_html,plain_text,rendering}'::text[]
    WHERE table_name = 'services'
"""
RECORD_ALL = """
    UPDATE audit_config
    SET ignored_columns = array(
        SELECT unnest(ignored_columns) EXCEPT SELECT unnest('{description_html,plain_text,rendering}'::text[])
    )
    WHERE table_name = 'services'
"""
WORDS = "CASE WHEN rendering = 0 THEN description ELSE plain_text END"


def upgrade() -> None:
    for name in ("description_html", "plain_text"):
        op.add_column("services", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.add_column("services", sa.Column("rendering", sa.SmallInteger(), server_default=sa.text("0"), nullable=False))
    op.create_index(op.f("ix_services_rendering"), "services", ["rendering"])
    _search(WORDS)
    op.execute(RECORD_NO_RENDERING)


def _search(words: str) -> None:
    """Search these words. The expression of a column can be changed from PostgreSQL 17 on only."""
    expression = (
        "setweight(to_tsvector('english', coalesce(title, '')), 'A') || "
        "setweight(to_tsvector('simple', coalesce(title, '')), 'A') || "
        "setweight(to_tsvector('english', left(coalesce(short_description, ''), 100000)), 'B') || "
        f"setweight(to_tsvector('english', left(coalesce({words}, ''), 100000)), 'B')"
    )
    op.drop_column("services", "search")
    computed = sa.Computed(expression, persisted=True)
    op.add_column("services", sa.Column("search", postgresql.TSVECTOR(), computed, nullable=False))
    op.create_index(op.f("ix_services_search"), "services", ["search"], postgresql_using="gin")


def downgrade() -> None:
    _search("description")
    op.drop_index(op.f("ix_services_rendering"), "services")
    for column in reversed(COLUMNS):
        op.drop_column("services", column)
    op.execute(RECORD_ALL)
