"""Keep the slugs that things bore, so that old links lead on (decision 0040).

`keep_former_slug` belongs to whoever migrates and runs with their rights, so that whoever changes a slug needs none on
the table. Its argument is the column that names the bearer.
"""

import sqlalchemy as sa
from alembic import op
from uuid_utils.compat import uuid7

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

BEARERS = {
    "product_id": "products",
    "category_id": "categories",
    "service_id": "services",
    "post_id": "posts",
    "post_category_id": "post_categories",
    "author_id": "authors",
}

KEEP = """
    CREATE FUNCTION keep_former_slug() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        BEGIN
            EXECUTE format(
                'INSERT INTO former_slugs (id, slug, %I, left_at) VALUES (audit_entry_id(), $1, $2, clock_timestamp()) '
                'ON CONFLICT (slug, bearer_id) DO UPDATE SET left_at = excluded.left_at', TG_ARGV[0]
            ) USING OLD.slug, NEW.id;
            DELETE FROM former_slugs WHERE slug = NEW.slug AND bearer_id = NEW.id;
            RETURN NULL;
        END
    $$
"""


def upgrade() -> None:
    _create_table()
    op.execute(KEEP)
    op.execute("REVOKE EXECUTE ON FUNCTION keep_former_slug() FROM PUBLIC")
    for column, table in BEARERS.items():
        op.execute(
            f"CREATE TRIGGER keep_former_slug AFTER UPDATE OF slug ON {table} FOR EACH ROW "
            f"WHEN (NEW.slug <> OLD.slug) EXECUTE FUNCTION keep_former_slug('{column}')"
        )
    _share()
    reason = "A trigger writes it. That a slug was changed is recorded of what bore it."
    recorded = sa.table("audit_config", sa.column("id", sa.Uuid()), *map(sa.column, ("table_name", "reason", "is_on")))
    op.execute(recorded.insert().values(id=uuid7(), table_name="former_slugs", reason=reason, is_on=False))


def _create_table() -> None:
    op.create_table(
        "former_slugs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=255), nullable=False),
        *(sa.Column(column, sa.Uuid(), nullable=True) for column in BEARERS),
        sa.Column(
            "bearer_id", sa.Uuid(), sa.Computed(f"coalesce({', '.join(BEARERS)})", persisted=True), nullable=False
        ),
        sa.Column("left_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(f"num_nonnulls({', '.join(BEARERS)}) = 1", name=op.f("ck_former_slugs_bearer")),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_former_slugs_{column}"), ondelete="CASCADE"
            )
            for column, table in BEARERS.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_slugs")),
        sa.UniqueConstraint("slug", "bearer_id", name=op.f("uq_former_slugs_slug_bearer_id")),
    )
    for column in BEARERS:
        op.create_index(
            op.f(f"ix_former_slugs_{column}"),
            "former_slugs",
            [column],
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )


def _share() -> None:
    """Everybody reads where old links lead; nobody but the owner's own function writes it."""
    op.execute("REVOKE ALL ON former_slugs FROM merkato_admin, merkato_system")
    op.execute("GRANT SELECT ON former_slugs TO merkato_admin, merkato_system, merkato_app, merkato_reporting")
    op.execute(
        "CREATE TRIGGER notify_readers AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON former_slugs "
        "FOR EACH STATEMENT EXECUTE FUNCTION notify_readers()"
    )
    op.execute("ALTER TABLE former_slugs ENABLE ALWAYS TRIGGER notify_readers")


def downgrade() -> None:
    op.execute("DELETE FROM audit_config WHERE table_name = 'former_slugs'")
    op.execute("DROP FUNCTION keep_former_slug() CASCADE")
    op.drop_table("former_slugs")
