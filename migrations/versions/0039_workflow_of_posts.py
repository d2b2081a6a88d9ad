"""Lead posts to their readers by review, approval and schedule, and let reviewers comment on them (decision 0045)."""

import sqlalchemy as sa
from alembic import op
from uuid_utils.compat import uuid7

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

BEFORE = "'DRAFT', 'SCHEDULED', 'PUBLISHED', 'ARCHIVED'"
DRAFTS = "'DRAFT', 'IN_REVIEW', 'CHANGES_REQUESTED', 'APPROVED', 'SCHEDULED'"
NEW_COLUMNS = ("draft_status", "unpublish_at", "schedule_time_zone", "schedule_error", "submitted_by_id")


def upgrade() -> None:
    _add_columns()
    op.execute("UPDATE posts SET draft_status = 'DRAFT' WHERE live_version < version")
    _set_rules(f"{DRAFTS}, 'PUBLISHED', 'ARCHIVED'", "coalesce(draft_status, status)")
    for name, condition in (
        ("draft", "(live_version < version) = (draft_status IS NOT NULL)"),
        ("draft_beside_live", "draft_status IS NULL OR status = 'PUBLISHED'"),
        ("draft_status", f"draft_status IN ({DRAFTS})"),
    ):
        op.create_check_constraint(op.f(f"ck_posts_{name}"), "posts", condition)
    for column in ("scheduled_at", "unpublish_at"):
        given = sa.text(f"{column} IS NOT NULL")
        op.create_index(op.f(f"ix_posts_{column}"), "posts", [column], postgresql_where=given)
    op.create_index(op.f("ix_posts_submitted_by_id"), "posts", ["submitted_by_id"])
    op.add_column("shops", sa.Column("approves_own_posts", sa.Boolean(), server_default=sa.false(), nullable=False))
    _create_comments()


def _add_columns() -> None:
    op.add_column("posts", sa.Column("draft_status", sa.String(length=30), nullable=True))
    op.add_column("posts", sa.Column("unpublish_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("posts", sa.Column("schedule_time_zone", sa.String(length=64), nullable=True))
    op.add_column("posts", sa.Column("schedule_error", sa.Text(), nullable=True))
    op.add_column("posts", sa.Column("submitted_by_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_posts_submitted_by_id"), "posts", "users", ["submitted_by_id"], ["id"], ondelete="SET NULL"
    )


def _set_rules(statuses: str, stage: str) -> None:
    for name, condition in (
        ("publishingstatus", f"status IN ({statuses})"),
        ("scheduled_at", f"{stage} <> 'SCHEDULED' OR scheduled_at IS NOT NULL"),
    ):
        op.drop_constraint(op.f(f"ck_posts_{name}"), "posts")
        op.create_check_constraint(op.f(f"ck_posts_{name}"), "posts", condition)


def _create_comments() -> None:
    op.create_table(
        "post_comments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=255), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("commenter_id", sa.Uuid(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_post_comments_version")),
        sa.CheckConstraint("body <> ''", name=op.f("ck_post_comments_body")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_post_comments_post_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["commenter_id"], ["users.id"], name=op.f("fk_post_comments_commenter_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_comments")),
    )
    op.create_index(op.f("ix_post_comments_post_id_created_at_id"), "post_comments", ["post_id", "created_at", "id"])
    op.create_index(op.f("ix_post_comments_commenter_id"), "post_comments", ["commenter_id"])
    op.execute(
        "CREATE TRIGGER set_updated_at BEFORE UPDATE ON post_comments FOR EACH ROW EXECUTE FUNCTION set_updated_at()"
    )
    op.execute("GRANT SELECT ON post_comments TO merkato_app, merkato_reporting")
    op.execute("ALTER TABLE post_comments ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY system ON post_comments TO merkato_system USING (true)")
    op.execute(
        "CREATE POLICY viewer ON post_comments FOR SELECT TO merkato_app USING ((SELECT viewer_may('content:read')))"
    )
    op.execute("CREATE POLICY reporting ON post_comments FOR SELECT TO merkato_reporting USING (true)")
    columns = ("table_name", "reason", "is_on")
    recorded = sa.table("audit_config", sa.column("id", sa.Uuid()), *map(sa.column, columns))
    row = {"table_name": "post_comments", "reason": "A comment says itself who made it.", "is_on": False}
    op.execute(recorded.insert().values(id=uuid7(), **row))


def downgrade() -> None:
    op.execute("DELETE FROM audit_config WHERE table_name = 'post_comments'")
    op.drop_table("post_comments")
    op.drop_column("shops", "approves_own_posts")
    op.drop_index(op.f("ix_posts_scheduled_at"), "posts")
    for name in ("draft", "draft_beside_live", "draft_status"):
        op.drop_constraint(op.f(f"ck_posts_{name}"), "posts")
    op.execute("UPDATE posts SET status = 'DRAFT' WHERE status IN ('IN_REVIEW', 'CHANGES_REQUESTED', 'APPROVED')")
    _set_rules(BEFORE, "status")
    for column in NEW_COLUMNS:
        op.drop_column("posts", column)
