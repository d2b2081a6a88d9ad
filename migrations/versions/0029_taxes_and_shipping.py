"""Make classes and rates of tax, and shipping methods (decision 0043).

Every database begins with one class, the default, and with the rate of 15 percent where no other is stated. The new
columns have constant defaults, so that no row is written anew.
"""

import sqlalchemy as sa
from alembic import op
from uuid_utils.compat import uuid7

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

RECORDED = {
    "tax_classes": "What is taxed how.",
    "tax_rates": "What is charged on every sale.",
    "shipping_methods": "What is charged for sending.",
}
TIMESTAMPED = ("tax_classes", "shipping_methods")

CONFIG = sa.table(
    "audit_config",
    sa.column("id", sa.Uuid()),
    sa.column("table_name", sa.String()),
    sa.column("is_on", sa.Boolean()),
    sa.column("ignored_columns", sa.ARRAY(sa.Text())),
    sa.column("reason", sa.Text()),
)


def upgrade() -> None:
    _create_taxes()
    _create_shipping_methods()
    _add_columns()
    op.execute(
        "INSERT INTO tax_classes (id, name, code, is_default) "
        "VALUES ('01900000-0000-7000-8000-000000000002', 'Standard', 'standard', true)"
    )
    for table in TIMESTAMPED:
        op.execute(
            f"CREATE TRIGGER set_updated_at BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION set_updated_at()"
        )
    for table in RECORDED:
        op.execute(f"""
            CREATE TRIGGER notify_readers AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION notify_readers()
        """)
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER notify_readers")
        op.execute(f"GRANT SELECT ON {table} TO merkato_app, merkato_reporting")
    _record()


def _record() -> None:
    op.execute(
        "ALTER TABLE audit_config DISABLE TRIGGER record_change"
    )  # what a release brings is no change by anybody
    for table, reason in RECORDED.items():
        ignored = ["updated_at"] if table in TIMESTAMPED else []
        op.execute(
            CONFIG.insert().values(id=uuid7(), table_name=table, is_on=True, ignored_columns=ignored, reason=reason)
        )
    op.execute("ALTER TABLE audit_config ENABLE ALWAYS TRIGGER record_change")


def _create_taxes() -> None:
    op.create_table(
        "tax_classes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        *_timestamps(),
        sa.CheckConstraint("name <> ''", name=op.f("ck_tax_classes_name")),
        sa.CheckConstraint("code ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name=op.f("ck_tax_classes_code")),
        sa.CheckConstraint("version > 0", name=op.f("ck_tax_classes_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_classes")),
        sa.UniqueConstraint("code", name=op.f("uq_tax_classes_code")),
    )
    op.create_index(
        "uq_tax_classes_is_default",
        "tax_classes",
        ["is_default"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.create_index(op.f("ix_tax_classes_name_id"), "tax_classes", ["name", "id"])
    op.create_table(
        "tax_rates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tax_class_id", sa.Uuid(), nullable=False),
        sa.Column("country_code", sa.String(length=2), nullable=False),
        sa.Column("rate", sa.Numeric(precision=6, scale=4), nullable=False),
        sa.CheckConstraint("country_code ~ '^[A-Z]{2}$'", name=op.f("ck_tax_rates_country_code")),
        sa.CheckConstraint("rate BETWEEN 0 AND 1", name=op.f("ck_tax_rates_rate")),
        sa.ForeignKeyConstraint(
            ["tax_class_id"], ["tax_classes.id"], name=op.f("fk_tax_rates_tax_class_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_rates")),
        sa.UniqueConstraint("tax_class_id", "country_code", name=op.f("uq_tax_rates_tax_class_id_country_code")),
    )


def _create_shipping_methods() -> None:
    op.create_table(
        "shipping_methods",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("countries", sa.ARRAY(sa.String(length=2)), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("rate_kind", sa.String(length=30), nullable=False),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("free_over", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("price_per_kg", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("currency", sa.String(length=3), server_default=sa.text("'ETB'"), nullable=False),
        sa.Column("tax_class_id", sa.Uuid(), nullable=True),
        sa.Column("days_min", sa.Integer(), nullable=True),
        sa.Column("days_max", sa.Integer(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("position", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        *_timestamps(),
        *(
            sa.CheckConstraint(condition, name=op.f(f"ck_shipping_methods_{name}"))
            for name, condition in CHECKS_OF_SHIPPING.items()
        ),
        sa.ForeignKeyConstraint(
            ["tax_class_id"], ["tax_classes.id"], name=op.f("fk_shipping_methods_tax_class_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipping_methods")),
    )
    op.create_index(op.f("ix_shipping_methods_position_id"), "shipping_methods", ["position", "id"])
    op.create_index(op.f("ix_shipping_methods_tax_class_id"), "shipping_methods", ["tax_class_id"])


CHECKS_OF_SHIPPING = {
    "name": "name <> ''",
    "countries": "array_to_string(countries, ',', '-') ~ '^([A-Z]{2}(,[A-Z]{2})*)?$' AND cardinality(countries) <= 250",
    "shippingratekind": "rate_kind IN ('FLAT', 'FREE_OVER', 'WEIGHT')",
    "price": "price >= 0 AND price <> 'NaN'",
    "free_over": "free_over >= 0 AND free_over <> 'NaN'",
    "price_per_kg": "price_per_kg >= 0 AND price_per_kg <> 'NaN'",
    "free_over_of_its_kind": "(rate_kind = 'FREE_OVER') = (free_over IS NOT NULL)",
    "price_per_kg_of_its_kind": "(rate_kind = 'WEIGHT') = (price_per_kg IS NOT NULL)",
    "currency": "currency ~ '^[A-Z]{3}$'",
    "days": "days_min BETWEEN 0 AND days_max AND days_max <= 365",
    "days_together": "(days_min IS NULL) = (days_max IS NULL)",
    "version": "version > 0",
}


def _timestamps() -> list[sa.Column[object]]:
    return [
        sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
        for name in ("created_at", "updated_at")
    ]


def _add_columns() -> None:
    op.add_column("shops", sa.Column("prices_include_tax", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column(
        "shops", sa.Column("default_tax_rate", sa.Numeric(6, 4), server_default=sa.text("0.15"), nullable=False)
    )
    op.add_column("shops", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.create_check_constraint(op.f("ck_shops_default_tax_rate"), "shops", "default_tax_rate BETWEEN 0 AND 1")
    op.create_check_constraint(op.f("ck_shops_version"), "shops", "version > 0")
    op.add_column("products", sa.Column("tax_class_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_products_tax_class_id"), "products", "tax_classes", ["tax_class_id"], ["id"], ondelete="RESTRICT"
    )
    op.create_index(op.f("ix_products_tax_class_id"), "products", ["tax_class_id"])


def downgrade() -> None:
    op.drop_column("products", "tax_class_id")
    for column in ("version", "default_tax_rate", "prices_include_tax"):
        op.drop_column("shops", column)
    op.execute(CONFIG.delete().where(CONFIG.c.table_name.in_(RECORDED)))
    for table in ("shipping_methods", "tax_rates", "tax_classes"):
        op.drop_table(table)
