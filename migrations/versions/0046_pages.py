"""Add pages of text, which are edited, published and found as posts are (decisions 0040, 0041 and 0045)."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from uuid_utils.compat import uuid7

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

BEARERS = ("product_id", "category_id", "service_id", "post_id", "post_category_id", "author_id")
MAY_READ = "(SELECT viewer_may('content:read'))"
REVISIONS = f"""
    table_name IN ('authors', 'post_categories', 'posts') AND {MAY_READ}
    OR table_name IN ('categories', 'products') AND (SELECT viewer_may('catalog:read'))
    OR table_name = 'services' AND (SELECT viewer_may('services:read'))
"""
"""Whoever may read a table's drafts may read what its rows said before."""

STATUSES = "'DRAFT', 'IN_REVIEW', 'CHANGES_REQUESTED', 'APPROVED', 'SCHEDULED'"
PATTERN_OF_PATHS = r"^/[^{}?#%[:space:]\\]*\{slug\}[^{}?#%[:space:]\\]*$"
WORDS = "CASE WHEN rendering = 0 THEN body ELSE plain_text END"
MINUTES = rf"greatest(1, ceil(regexp_count({WORDS}, '\S+') / 220.0))::int"
SEARCH = (
    "setweight(to_tsvector('english', coalesce(title, '')), 'A') || "
    "setweight(to_tsvector('simple', coalesce(title, '')), 'A') || "
    f"setweight(to_tsvector('english', left(coalesce({WORDS}, ''), 100000)), 'B')"
)
CHECKS = {
    "slug": "slug <> '' AND slug !~ '[[:space:]/?#%]' AND slug = lower(slug)",
    "version": "version > 0",
    "live_version": "live_version BETWEEN 1 AND version",
    "draft": "(live_version < version) = (draft_status IS NOT NULL)",
    "draft_beside_live": "draft_status IS NULL OR status = 'PUBLISHED'",
    "draft_status": f"draft_status IN ({STATUSES})",
    "published_at": "status <> 'PUBLISHED' OR published_at IS NOT NULL",
    "scheduled_at": "coalesce(draft_status, status) <> 'SCHEDULED' OR scheduled_at IS NOT NULL",
    "publishingstatus": f"status IN ({STATUSES}, 'PUBLISHED', 'ARCHIVED')",
}
CONFIG = sa.table(
    "audit_config",
    sa.column("id", sa.Uuid()),
    sa.column("table_name", sa.String()),
    sa.column("is_on", sa.Boolean()),
    sa.column("ignored_columns", sa.ARRAY(sa.Text())),
    sa.column("reason", sa.Text()),
)


def upgrade() -> None:
    op.create_table("pages", *_columns(), *_rules())
    for columns in (["rendering"], ["submitted_by_id"], ["created_at", "id"], ["title", "id"]):
        op.create_index(op.f(f"ix_pages_{'_'.join(columns)}"), "pages", columns)
    for column in ("scheduled_at", "unpublish_at"):
        given = sa.text(f"{column} IS NOT NULL")
        op.create_index(op.f(f"ix_pages_{column}"), "pages", [column], postgresql_where=given)
    op.create_index(op.f("ix_pages_search"), "pages", ["search"], postgresql_using="gin")
    _share()
    _record()
    op.add_column(
        "shops", sa.Column("page_path", sa.String(length=200), server_default="/pages/{slug}", nullable=False)
    )
    op.create_check_constraint(op.f("ck_shops_page_path"), "shops", f"page_path ~ '{PATTERN_OF_PATHS}'")
    _remember_slugs()
    op.execute(f"ALTER POLICY viewer ON revisions USING ({REVISIONS} OR table_name = 'pages' AND {MAY_READ})")


def _columns() -> Iterator[sa.Column[object]]:
    yield sa.Column("id", sa.Uuid(), nullable=False)
    yield sa.Column("slug", sa.String(length=255), nullable=False)
    yield sa.Column("title", sa.String(length=255), nullable=False)
    for name in ("body", "body_html", "plain_text"):
        yield sa.Column(name, sa.Text(), server_default="", nullable=False)
    yield sa.Column("table_of_contents", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False)
    yield sa.Column("rendering", sa.SmallInteger(), server_default=sa.text("0"), nullable=False)
    yield sa.Column("reading_minutes", sa.Integer(), sa.Computed(MINUTES, persisted=True), nullable=False)
    yield sa.Column("status", sa.String(length=30), server_default=sa.text("'DRAFT'"), nullable=False)
    yield sa.Column("published_at", sa.DateTime(timezone=True), nullable=True)
    yield sa.Column("scheduled_at", sa.DateTime(timezone=True), nullable=True)
    yield sa.Column("internal_notes", sa.Text(), nullable=True)
    yield sa.Column("seo_title", sa.String(length=255), nullable=True)
    yield sa.Column("seo_description", sa.Text(), nullable=True)
    yield sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False)
    yield sa.Column("live_version", sa.Integer(), server_default=sa.text("1"), nullable=False)
    yield sa.Column("draft_status", sa.String(length=30), nullable=True)
    yield sa.Column("unpublish_at", sa.DateTime(timezone=True), nullable=True)
    yield sa.Column("schedule_time_zone", sa.String(length=64), nullable=True)
    yield sa.Column("schedule_error", sa.Text(), nullable=True)
    yield sa.Column("submitted_by_id", sa.Uuid(), nullable=True)
    for name in ("created_at", "updated_at"):
        yield sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
    yield sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True)
    yield sa.Column("search", postgresql.TSVECTOR(), sa.Computed(SEARCH, persisted=True), nullable=False)


def _rules() -> Iterator[sa.Constraint]:
    for name, condition in CHECKS.items():
        yield sa.CheckConstraint(condition, name=op.f(f"ck_pages_{name}"))
    yield sa.ForeignKeyConstraint(
        ["submitted_by_id"], ["users.id"], name=op.f("fk_pages_submitted_by_id"), ondelete="SET NULL"
    )
    yield sa.PrimaryKeyConstraint("id", name=op.f("pk_pages"))
    yield sa.UniqueConstraint("slug", name=op.f("uq_pages_slug"))


def _share() -> None:
    """Every request may read the table; auth/visibility.py says which rows."""
    op.execute("CREATE TRIGGER set_updated_at BEFORE UPDATE ON pages FOR EACH ROW EXECUTE FUNCTION set_updated_at()")
    op.execute(
        "CREATE TRIGGER notify_readers AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON pages "
        "FOR EACH STATEMENT EXECUTE FUNCTION notify_readers()"
    )
    op.execute("ALTER TABLE pages ENABLE ALWAYS TRIGGER notify_readers")
    op.execute("GRANT SELECT ON pages TO merkato_app, merkato_reporting")


def _record() -> None:
    """What a release brings is no change by anybody."""
    op.execute("ALTER TABLE audit_config DISABLE TRIGGER record_change")
    ignored = ["updated_at", "body_html", "plain_text", "table_of_contents", "rendering"]
    reason = "Who wrote, changed and published what."
    row = {"id": uuid7(), "table_name": "pages", "is_on": True, "ignored_columns": ignored, "reason": reason}
    op.execute(CONFIG.insert().values(row))
    op.execute("ALTER TABLE audit_config ENABLE ALWAYS TRIGGER record_change")


def _remember_slugs() -> None:
    op.execute(
        "CREATE TRIGGER keep_former_slug AFTER UPDATE OF slug ON pages FOR EACH ROW "
        "WHEN (NEW.slug <> OLD.slug) EXECUTE FUNCTION keep_former_slug('page_id')"
    )
    _forget_bearers()
    op.add_column("former_slugs", sa.Column("page_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_former_slugs_page_id"), "former_slugs", "pages", ["page_id"], ["id"], ondelete="CASCADE"
    )
    op.create_index(
        op.f("ix_former_slugs_page_id"), "former_slugs", ["page_id"], postgresql_where=sa.text("page_id IS NOT NULL")
    )
    _know_bearers((*BEARERS, "page_id"))


def _forget_bearers() -> None:
    op.drop_constraint(op.f("ck_former_slugs_bearer"), "former_slugs")
    op.drop_column("former_slugs", "bearer_id")


def _know_bearers(columns: tuple[str, ...]) -> None:
    """The expression of a column can be changed from PostgreSQL 17 on only."""
    bearer = sa.Computed(f"coalesce({', '.join(columns)})", persisted=True)
    op.add_column("former_slugs", sa.Column("bearer_id", sa.Uuid(), bearer, nullable=False))
    op.create_unique_constraint(op.f("uq_former_slugs_slug_bearer_id"), "former_slugs", ["slug", "bearer_id"])
    op.create_check_constraint(
        op.f("ck_former_slugs_bearer"), "former_slugs", f"num_nonnulls({', '.join(columns)}) = 1"
    )


def downgrade() -> None:
    op.execute("DELETE FROM revisions WHERE table_name = 'pages'")
    op.execute(f"ALTER POLICY viewer ON revisions USING ({REVISIONS})")
    op.execute("DELETE FROM former_slugs WHERE page_id IS NOT NULL")
    _forget_bearers()
    op.drop_column("former_slugs", "page_id")
    _know_bearers(BEARERS)
    op.drop_column("shops", "page_path")
    op.execute(CONFIG.delete().where(CONFIG.c.table_name == "pages"))
    op.drop_table("pages")
