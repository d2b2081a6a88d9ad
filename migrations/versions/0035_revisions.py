"""Keep revisions of posts, authors and sections of the blog, and a trash for them (decision 0041)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from uuid_utils.compat import uuid7

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

TABLES = ("authors", "post_categories", "posts")

SEEN = "table_name IN ('authors', 'post_categories', 'posts') AND (SELECT viewer_may('content:read'))"
"""Whoever may read a table's drafts may read what its rows said before."""


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False))
        op.add_column(table, sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
        op.create_check_constraint(op.f(f"ck_{table}_version"), table, "version > 0")
    op.add_column("posts", sa.Column("live_version", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.create_check_constraint(op.f("ck_posts_live_version"), "posts", "live_version BETWEEN 1 AND version")
    _create_revisions()
    _guard()
    _say_what_is_recorded()


def _create_revisions() -> None:
    op.create_table(
        "revisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("editor_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_revisions_version")),
        sa.ForeignKeyConstraint(["editor_id"], ["users.id"], name=op.f("fk_revisions_editor_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        sa.UniqueConstraint("table_name", "row_id", "version", name=op.f("uq_revisions_table_name_row_id_version")),
    )
    op.create_index(op.f("ix_revisions_editor_id"), "revisions", ["editor_id"])


def _guard() -> None:
    op.execute("GRANT SELECT ON revisions TO merkato_app, merkato_reporting")
    op.execute("ALTER TABLE revisions ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY system ON revisions TO merkato_system USING (true)")
    op.execute(f"CREATE POLICY viewer ON revisions FOR SELECT TO merkato_app USING ({SEEN})")
    op.execute("CREATE POLICY reporting ON revisions FOR SELECT TO merkato_reporting USING (true)")


def _say_what_is_recorded() -> None:
    columns = ("table_name", "reason", "is_on")
    recorded = sa.table("audit_config", sa.column("id", sa.Uuid()), *map(sa.column, columns))
    row = {"table_name": "revisions", "reason": "A revision says itself who made it.", "is_on": False}
    op.execute(recorded.insert().values(id=uuid7(), **row))


def downgrade() -> None:
    op.execute("DELETE FROM audit_config WHERE table_name = 'revisions'")
    op.drop_table("revisions")
    op.drop_column("posts", "live_version")
    for table in TABLES:
        op.drop_column(table, "deleted_at")
        op.drop_column(table, "version")
