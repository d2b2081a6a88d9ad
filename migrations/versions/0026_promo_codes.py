"""Make promotion codes, what they are for, and their uses (decision 0037).

Whoever may read promotions sees the codes, and nobody else: a code that is known is a discount that is taken. Uses tell
who bought, and are for the server alone.
"""

import sqlalchemy as sa
from alembic import op
from uuid_utils.compat import uuid7

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

SEEN = ("promo_codes", "promo_code_products", "promo_code_categories")
TABLES = (*SEEN, "promo_code_uses")

RECORDED = {
    "promo_codes": ("Discounts are money. Uses are counted apart.", [], ["used_count", "updated_at"], True),
    "promo_code_products": ("What a discount is for.", [], [], True),
    "promo_code_categories": ("What a discount is for.", [], [], True),
    "promo_code_uses": ("Each is a row that says itself what it is for.", ["email_index"], [], False),
}

CONFIG = sa.table(
    "audit_config",
    sa.column("id", sa.Uuid()),
    sa.column("table_name", sa.String()),
    sa.column("is_on", sa.Boolean()),
    sa.column("excluded_columns", sa.ARRAY(sa.Text())),
    sa.column("ignored_columns", sa.ARRAY(sa.Text())),
    sa.column("reason", sa.Text()),
)


def upgrade() -> None:
    _create_codes()
    for name in ("product", "category"):
        _create_link(name, "products" if name == "product" else "categories")
    _create_uses()
    op.execute(
        "CREATE TRIGGER set_updated_at BEFORE UPDATE ON promo_codes FOR EACH ROW EXECUTE FUNCTION set_updated_at()"
    )
    _guard()
    op.execute(
        "ALTER TABLE audit_config DISABLE TRIGGER record_change"
    )  # what a release brings is no change by anybody
    for table, (reason, excluded, ignored, is_on) in RECORDED.items():
        op.execute(
            CONFIG.insert().values(
                id=uuid7(),
                table_name=table,
                is_on=is_on,
                excluded_columns=excluded,
                ignored_columns=ignored,
                reason=reason,
            )
        )
    op.execute("ALTER TABLE audit_config ENABLE ALWAYS TRIGGER record_change")


def _create_codes() -> None:
    op.create_table(
        "promo_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("discount_type", sa.String(length=30), nullable=False),
        sa.Column("amount", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("currency", sa.String(length=3), server_default=sa.text("'ETB'"), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("usage_limit", sa.Integer(), nullable=True),
        sa.Column("used_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("limit_per_customer", sa.Integer(), nullable=True),
        sa.Column("minimum_subtotal", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("is_restricted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("code ~ '^[A-Z0-9][A-Z0-9_-]*$'", name=op.f("ck_promo_codes_code")),
        sa.CheckConstraint("discount_type IN ('PERCENT', 'FIXED')", name=op.f("ck_promo_codes_discounttype")),
        sa.CheckConstraint("amount > 0 AND amount <> 'NaN'", name=op.f("ck_promo_codes_amount")),
        sa.CheckConstraint("discount_type <> 'PERCENT' OR amount <= 100", name=op.f("ck_promo_codes_percent")),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_promo_codes_currency")),
        sa.CheckConstraint("valid_from < valid_to", name=op.f("ck_promo_codes_window")),
        sa.CheckConstraint("usage_limit > 0", name=op.f("ck_promo_codes_usage_limit")),
        sa.CheckConstraint("limit_per_customer > 0", name=op.f("ck_promo_codes_limit_per_customer")),
        sa.CheckConstraint("used_count >= 0 AND used_count <= usage_limit", name=op.f("ck_promo_codes_used_count")),
        sa.CheckConstraint(
            "minimum_subtotal >= 0 AND minimum_subtotal <> 'NaN'", name=op.f("ck_promo_codes_minimum_subtotal")
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_promo_codes_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promo_codes")),
        sa.UniqueConstraint("code", name=op.f("uq_promo_codes_code")),
    )
    op.create_index(op.f("ix_promo_codes_created_at_id"), "promo_codes", ["created_at", "id"])
    op.create_index(op.f("ix_promo_codes_valid_from_valid_to"), "promo_codes", ["valid_from", "valid_to"])
    op.create_index(
        "ix_promo_codes_usable",
        "promo_codes",
        ["code"],
        postgresql_where=sa.text("ended_at IS NULL AND (usage_limit IS NULL OR used_count < usage_limit)"),
    )


def _create_link(name: str, target: str) -> None:
    table, column = f"promo_code_{target}", f"{name}_id"
    op.create_table(
        table,
        sa.Column("promo_code_id", sa.Uuid(), nullable=False),
        sa.Column(column, sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["promo_code_id"], ["promo_codes.id"], name=op.f(f"fk_{table}_promo_code_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("promo_code_id", column, name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _create_uses() -> None:
    op.create_table(
        "promo_code_uses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("promo_code_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("email_index", sa.LargeBinary(), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["promo_code_id"], ["promo_codes.id"], name=op.f("fk_promo_code_uses_promo_code_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_promo_code_uses_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promo_code_uses")),
        sa.UniqueConstraint("order_id", "promo_code_id", name=op.f("uq_promo_code_uses_order_id_promo_code_id")),
    )
    for columns in (["promo_code_id", "user_id"], ["promo_code_id", "email_index"], ["user_id"]):
        op.create_index(op.f(f"ix_promo_code_uses_{'_'.join(columns)}"), "promo_code_uses", columns)


def _guard() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY system ON {table} TO merkato_system USING (true)")
    for table in SEEN:
        op.execute(f"GRANT SELECT ON {table} TO merkato_app, merkato_reporting")
        op.execute(
            f"CREATE POLICY viewer ON {table} FOR SELECT TO merkato_app USING ((SELECT viewer_may('promotions:read')))"
        )
        op.execute(f"CREATE POLICY reporting ON {table} FOR SELECT TO merkato_reporting USING (true)")


def downgrade() -> None:
    op.execute(CONFIG.delete().where(CONFIG.c.table_name.in_(TABLES)))
    for table in reversed(TABLES):
        op.drop_table(table)
