"""Notify the processes that keep answers of every change of a table that visitors may read.

A notification goes out when its transaction commits, once for each table. The triggers are `ENABLE ALWAYS`, so that a
restore or a replication role (`session_replication_role`) does not silence them.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = (
    "authors",
    "categories",
    "post_categories",
    "post_tags",
    "posts",
    "product_images",
    "product_tags",
    "product_variants",
    "products",
    "reviews",
    "service_tiers",
    "services",
    "shops",
    "stock_levels",
    "tags",
    "users",
)

PUBLIC_COLUMNS = {"users": ("first_name", "last_name", "avatar_url")}
"""Where only these columns are shown to visitors. A sign-in writes others, and must not flush all reviews."""


def upgrade() -> None:
    op.execute("""
        CREATE FUNCTION notify_readers() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM pg_notify('merkato_tables', TG_TABLE_NAME);
                RETURN NULL;
            END
        $$
    """)
    for table in TABLES:
        update = f"UPDATE OF {', '.join(PUBLIC_COLUMNS[table])}" if table in PUBLIC_COLUMNS else "UPDATE"
        op.execute(f"""
            CREATE TRIGGER notify_readers AFTER INSERT OR {update} OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION notify_readers()
        """)
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER notify_readers")


def downgrade() -> None:
    op.execute("DROP FUNCTION notify_readers() CASCADE")
