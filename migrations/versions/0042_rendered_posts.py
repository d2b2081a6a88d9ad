"""Keep the HTML of posts beside their text, their headings and bare words (decision 0047). The worker fills them in.

Until it has come by, the text itself is searched, as it was before.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

COLUMNS = ("body_html", "plain_text", "table_of_contents", "rendering")

RECORD_NO_RENDERING = """
    UPDATE audit_config
    SET ignored_columns = ignored_columns || '{body_html,plain_text,table_of_contents,rendering}'::text[]
    WHERE table_name = 'posts'
"""
RECORD_ALL = """
    UPDATE audit_config
    SET ignored_columns = array(
        SELECT unnest(ignored_columns) EXCEPT SELECT unnest('{body_html,plain_text,table_of_contents,rendering}'::text[])
    )
    WHERE table_name = 'posts'
"""

WORDS = "CASE WHEN rendering = 0 THEN body ELSE plain_text END"


def upgrade() -> None:
    op.add_column("posts", sa.Column("body_html", sa.Text(), server_default="", nullable=False))
    op.add_column("posts", sa.Column("plain_text", sa.Text(), server_default="", nullable=False))
    headings = sa.Column("table_of_contents", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False)
    op.add_column("posts", headings)
    op.add_column("posts", sa.Column("rendering", sa.SmallInteger(), server_default=sa.text("0"), nullable=False))
    op.create_index(op.f("ix_posts_rendering"), "posts", ["rendering"])
    _derive_from(WORDS)
    op.execute(RECORD_NO_RENDERING)


def _derive_from(words: str) -> None:
    """Count and search these words. The expression of a column can be changed from PostgreSQL 17 on only."""
    minutes = rf"greatest(1, ceil(regexp_count({words}, '\S+') / 220.0))::int"
    search = (
        "setweight(to_tsvector('english', coalesce(title, '')), 'A') || "
        "setweight(to_tsvector('simple', coalesce(title, '')), 'A') || "
        "setweight(to_tsvector('english', left(coalesce(excerpt, ''), 100000)), 'B') || "
        f"setweight(to_tsvector('english', left(coalesce({words}, ''), 100000)), 'B')"
    )
    for column, kind, expression in (
        ("reading_minutes", sa.Integer(), minutes),
        ("search", postgresql.TSVECTOR(), search),
    ):
        op.drop_column("posts", column)
        computed = sa.Computed(expression, persisted=True)
        op.add_column("posts", sa.Column(column, kind, computed, nullable=False))
    op.create_index(op.f("ix_posts_search"), "posts", ["search"], postgresql_using="gin")


def downgrade() -> None:
    _derive_from("body")
    for column in reversed(COLUMNS):
        op.drop_column("posts", column)
    op.execute(RECORD_ALL)
