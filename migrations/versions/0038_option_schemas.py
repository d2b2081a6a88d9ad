"""Keep what buyers may choose of products that are made to their wishes (decision 0044)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from uuid_utils.compat import uuid7

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

TABLE = "product_option_schemas"
REASON = "What is added to a price is money."

CONFIG = sa.table(
    "audit_config",
    sa.column("id", sa.Uuid()),
    sa.column("table_name", sa.String()),
    sa.column("is_on", sa.Boolean()),
    sa.column("ignored_columns", sa.ARRAY(sa.Text())),
    sa.column("reason", sa.Text()),
)


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("definition", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("surcharges", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("jsonb_typeof(definition) = 'object'", name=op.f("ck_product_option_schemas_definition")),
        sa.CheckConstraint("jsonb_typeof(surcharges) = 'array'", name=op.f("ck_product_option_schemas_surcharges")),
        sa.CheckConstraint("version > 0", name=op.f("ck_product_option_schemas_version")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_product_option_schemas_product_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_option_schemas")),
        sa.UniqueConstraint("product_id", name=op.f("uq_product_option_schemas_product_id")),
    )
    op.execute(f"CREATE TRIGGER set_updated_at BEFORE UPDATE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION set_updated_at()")
    op.execute(
        f"CREATE TRIGGER notify_readers AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {TABLE} "
        "FOR EACH STATEMENT EXECUTE FUNCTION notify_readers()"
    )
    op.execute(f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER notify_readers")
    op.execute(f"GRANT SELECT ON {TABLE} TO merkato_app, merkato_reporting")
    _record()


def _record() -> None:
    """What a release brings is no change by anybody."""
    op.execute("ALTER TABLE audit_config DISABLE TRIGGER record_change")
    row = {"id": uuid7(), "table_name": TABLE, "is_on": True, "ignored_columns": ["updated_at"], "reason": REASON}
    op.execute(CONFIG.insert().values(row))
    op.execute("ALTER TABLE audit_config ENABLE ALWAYS TRIGGER record_change")


def downgrade() -> None:
    op.execute(CONFIG.delete().where(CONFIG.c.table_name == TABLE))
    op.drop_table(TABLE)
