"""Keep what is found when everything that is out is looked over: duplicate titles, and links that lead nowhere."""

import sqlalchemy as sa
from alembic import op
from uuid_utils.compat import uuid7

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

KINDS = "'DUPLICATE_TITLE', 'DUPLICATE_DESCRIPTION', 'BROKEN_LINK'"
CONFIG = sa.table("audit_config", sa.column("id", sa.Uuid()), *map(sa.column, ("table_name", "is_on", "reason")))


def upgrade() -> None:
    op.create_table(
        "content_findings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("type_name", sa.String(length=63), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("detail", sa.String(length=500), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("detail <> ''", name=op.f("ck_content_findings_detail")),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_content_findings_findingkind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_findings")),
        sa.UniqueConstraint("kind", "item_id", "detail", name=op.f("uq_content_findings_kind_item_id_detail")),
    )
    op.create_index(op.f("ix_content_findings_detail_id"), "content_findings", ["detail", "id"])
    op.execute("GRANT SELECT ON content_findings TO merkato_app, merkato_reporting")
    op.execute("ALTER TABLE content_findings ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY system ON content_findings TO merkato_system USING (true)")
    op.execute(
        "CREATE POLICY viewer ON content_findings FOR SELECT TO merkato_app USING ((SELECT viewer_may('content:read')))"
    )
    op.execute("CREATE POLICY reporting ON content_findings FOR SELECT TO merkato_reporting USING (true)")
    row = {"id": uuid7(), "table_name": "content_findings", "is_on": False, "reason": "A job computes them."}
    op.execute(CONFIG.insert().values(row))


def downgrade() -> None:
    op.execute(CONFIG.delete().where(CONFIG.c.table_name == "content_findings"))
    op.drop_table("content_findings")
