"""Add navigation menus (decision 0050)."""

import sqlalchemy as sa
from alembic import op
from uuid_utils.compat import uuid7

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

TARGETS = {
    "page_id": "pages",
    "post_id": "posts",
    "post_category_id": "post_categories",
    "category_id": "categories",
    "product_id": "products",
    "service_id": "services",
}
MAY_READ = "(SELECT viewer_may('content:read'))"
REVISIONS = f"""
    table_name IN ('authors', 'pages', 'post_categories', 'posts') AND {MAY_READ}
    OR table_name IN ('categories', 'products') AND (SELECT viewer_may('catalog:read'))
    OR table_name = 'services' AND (SELECT viewer_may('services:read'))
"""
"""Whoever may read a table's drafts may read what its rows said before."""

CONFIG = sa.table(
    "audit_config",
    sa.column("id", sa.Uuid()),
    sa.column("table_name", sa.String()),
    sa.column("is_on", sa.Boolean()),
    sa.column("ignored_columns", sa.ARRAY(sa.Text())),
    sa.column("reason", sa.Text()),
)


def upgrade() -> None:
    _create_menus()
    _create_items()
    op.execute("CREATE TRIGGER set_updated_at BEFORE UPDATE ON menus FOR EACH ROW EXECUTE FUNCTION set_updated_at()")
    for table in ("menus", "menu_items"):
        op.execute(
            f"CREATE TRIGGER notify_readers AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION notify_readers()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER notify_readers")
        op.execute(f"GRANT SELECT ON {table} TO merkato_app, merkato_reporting")
    _record()
    op.execute(f"ALTER POLICY viewer ON revisions USING ({REVISIONS} OR table_name = 'menus' AND {MAY_READ})")


def _create_menus() -> None:
    op.create_table(
        "menus",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("code ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name=op.f("ck_menus_code")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_menus_name")),
        sa.CheckConstraint("version > 0", name=op.f("ck_menus_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_menus")),
        sa.UniqueConstraint("code", name=op.f("uq_menus_code")),
    )
    op.create_index(op.f("ix_menus_name_id"), "menus", ["name", "id"])


def _create_items() -> None:
    places = {"menu_id": "menus", "parent_id": "menu_items"}
    op.create_table(
        "menu_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.Column(column, sa.Uuid(), nullable=True) for column in places),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=255), nullable=False),
        sa.Column("url", sa.String(length=2048), nullable=True),
        *(sa.Column(column, sa.Uuid(), nullable=True) for column in TARGETS),
        sa.CheckConstraint("num_nonnulls(menu_id, parent_id) = 1", name=op.f("ck_menu_items_place")),
        sa.CheckConstraint(f"num_nonnulls(url, {', '.join(TARGETS)}) <= 1", name=op.f("ck_menu_items_target")),
        sa.CheckConstraint("label <> ''", name=op.f("ck_menu_items_label")),
        sa.CheckConstraint("position >= 0", name=op.f("ck_menu_items_position")),
        sa.CheckConstraint("url ~ '^(https?://|mailto:|tel:|/|#)[^[:space:]]*$'", name=op.f("ck_menu_items_url")),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_menu_items_{column}"), ondelete="CASCADE")
            for column, table in {**places, **TARGETS}.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_menu_items")),
        *(sa.UniqueConstraint(column, "position", name=op.f(f"uq_menu_items_{column}_position")) for column in places),
    )
    for column in TARGETS:
        given = sa.text(f"{column} IS NOT NULL")
        op.create_index(op.f(f"ix_menu_items_{column}"), "menu_items", [column], postgresql_where=given)


def _record() -> None:
    """What a release brings is no change by anybody. Revisions of a menu have its lines."""
    op.execute("ALTER TABLE audit_config DISABLE TRIGGER record_change")
    for table, is_on, ignored, reason in (
        ("menus", True, ["updated_at"], "What everybody finds the way by."),
        ("menu_items", False, [], "They are written anew with each change; revisions of the menu have them."),
    ):
        row = {"id": uuid7(), "table_name": table, "is_on": is_on, "ignored_columns": ignored, "reason": reason}
        op.execute(CONFIG.insert().values(row))
    op.execute("ALTER TABLE audit_config ENABLE ALWAYS TRIGGER record_change")


def downgrade() -> None:
    op.execute("DELETE FROM revisions WHERE table_name = 'menus'")
    op.execute(f"ALTER POLICY viewer ON revisions USING ({REVISIONS})")
    op.execute(CONFIG.delete().where(CONFIG.c.table_name.in_(["menus", "menu_items"])))
    op.drop_table("menu_items")
    op.drop_table("menus")
