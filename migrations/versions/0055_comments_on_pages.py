"""Let reviewers comment on pages of text, as they do on posts."""

import sqlalchemy as sa
from alembic import op
from uuid_utils.compat import uuid7

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

CONFIG = sa.table("audit_config", sa.column("id", sa.Uuid()), *map(sa.column, ("table_name", "is_on", "reason")))


def upgrade() -> None:
    op.create_table(
        "page_comments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("page_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=255), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("commenter_id", sa.Uuid(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_page_comments_version")),
        sa.CheckConstraint("body <> ''", name=op.f("ck_page_comments_body")),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_page_comments_page_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["commenter_id"], ["users.id"], name=op.f("fk_page_comments_commenter_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_comments")),
    )
    op.create_index(op.f("ix_page_comments_page_id_created_at_id"), "page_comments", ["page_id", "created_at", "id"])
    op.create_index(op.f("ix_page_comments_commenter_id"), "page_comments", ["commenter_id"])
    op.execute(
        "CREATE TRIGGER set_updated_at BEFORE UPDATE ON page_comments FOR EACH ROW EXECUTE FUNCTION set_updated_at()"
    )
    op.execute("GRANT SELECT ON page_comments TO merkato_app, merkato_reporting")
    op.execute("ALTER TABLE page_comments ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY system ON page_comments TO merkato_system USING (true)")
    op.execute(
        "CREATE POLICY viewer ON page_comments FOR SELECT TO merkato_app USING ((SELECT viewer_may('content:read')))"
    )
    op.execute("CREATE POLICY reporting ON page_comments FOR SELECT TO merkato_reporting USING (true)")
    row = {"table_name": "page_comments", "is_on": False, "reason": "A comment says itself who made it."}
    op.execute(CONFIG.insert().values(id=uuid7(), **row))


def downgrade() -> None:
    op.execute(CONFIG.delete().where(CONFIG.c.table_name == "page_comments"))
    op.drop_table("page_comments")
