"""Keep carts of accounts and of guests, each of which sees its own (decision 0038)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from uuid_utils.compat import uuid7

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

GUEST = """
    CREATE FUNCTION viewer_guest_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('merkato.guest_id', true), '')::uuid
"""

OWN = "user_id = (SELECT viewer_id()) OR guest_id = (SELECT viewer_guest_id())"
SEEN = {
    "carts": f"{OWN} OR (SELECT viewer_may('carts:read'))",
    "cart_lines": "EXISTS (SELECT FROM carts WHERE carts.id = cart_id)",
}
"""Whoever sees a cart sees its lines."""


def upgrade() -> None:
    op.execute(GUEST)
    _create_carts()
    _create_lines()
    for table, condition in SEEN.items():
        op.execute(
            f"CREATE TRIGGER set_updated_at BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION set_updated_at()"
        )
        op.execute(f"GRANT SELECT ON {table} TO merkato_app, merkato_reporting")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY system ON {table} TO merkato_system USING (true)")
        op.execute(f"CREATE POLICY viewer ON {table} FOR SELECT TO merkato_app USING ({condition})")
        op.execute(f"CREATE POLICY reporting ON {table} FOR SELECT TO merkato_reporting USING (true)")
    _say_what_is_recorded()


def _create_carts() -> None:
    op.create_table(
        "carts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("guest_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.String(length=3), server_default=sa.text("'ETB'"), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=True),
        sa.Column("country_code", sa.String(length=2), nullable=True),
        sa.Column("shipping_address", postgresql.JSONB(), nullable=True),
        sa.Column("billing_address", postgresql.JSONB(), nullable=True),
        sa.Column("promo_codes", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("num_nonnulls(user_id, guest_id) = 1", name=op.f("ck_carts_owner")),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_carts_currency")),
        sa.CheckConstraint("email = lower(email) AND email LIKE '_%@_%'", name=op.f("ck_carts_email")),
        sa.CheckConstraint("country_code ~ '^[A-Z]{2}$'", name=op.f("ck_carts_country_code")),
        sa.CheckConstraint("cardinality(promo_codes) <= 5", name=op.f("ck_carts_promo_codes")),
        sa.CheckConstraint("version > 0", name=op.f("ck_carts_version")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_carts_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carts")),
    )
    is_open = sa.text("completed_at IS NULL")
    op.create_index(op.f("uq_carts_open_of_user"), "carts", ["user_id"], unique=True, postgresql_where=is_open)
    op.create_index(op.f("uq_carts_open_of_guest"), "carts", ["guest_id"], unique=True, postgresql_where=is_open)
    op.create_index(op.f("ix_carts_user_id"), "carts", ["user_id"])
    op.create_index(op.f("ix_carts_expires_at_id"), "carts", ["expires_at", "id"])
    op.create_index(op.f("ix_carts_updated_at_id"), "carts", ["updated_at", "id"])


def _create_lines() -> None:
    op.create_table(
        "cart_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cart_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("customization", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("customization_hash", sa.LargeBinary(), nullable=False),
        sa.Column("unit_price_seen", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("quantity BETWEEN 1 AND 9999", name=op.f("ck_cart_lines_quantity")),
        sa.CheckConstraint("jsonb_typeof(customization) = 'object'", name=op.f("ck_cart_lines_customization")),
        sa.CheckConstraint("octet_length(customization_hash) = 32", name=op.f("ck_cart_lines_customization_hash")),
        sa.CheckConstraint(
            "unit_price_seen >= 0 AND unit_price_seen <> 'NaN'", name=op.f("ck_cart_lines_unit_price_seen")
        ),
        sa.ForeignKeyConstraint(["cart_id"], ["carts.id"], name=op.f("fk_cart_lines_cart_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["product_variants.id"], name=op.f("fk_cart_lines_variant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cart_lines")),
        sa.UniqueConstraint(
            "cart_id",
            "variant_id",
            "customization_hash",
            name=op.f("uq_cart_lines_cart_id_variant_id_customization_hash"),
        ),
    )
    op.create_index(op.f("ix_cart_lines_variant_id"), "cart_lines", ["variant_id"])


def _say_what_is_recorded() -> None:
    columns = ("table_name", "reason", "is_on", "excluded_columns")
    recorded = sa.table("audit_config", sa.column("id", sa.Uuid()), *map(sa.column, columns))
    reason = "What somebody thinks of buying is nothing that anybody has to answer for; orders are."
    personal = "'{guest_id,email,shipping_address,billing_address}'"
    for table, excluded in (("carts", personal), ("cart_lines", "'{customization,customization_hash}'")):
        row = {"id": uuid7(), "table_name": table, "reason": reason, "is_on": False}
        op.execute(recorded.insert().values(**row, excluded_columns=sa.text(excluded)))


def downgrade() -> None:
    op.execute("DELETE FROM audit_config WHERE table_name IN ('carts', 'cart_lines')")
    op.drop_table("cart_lines")
    op.drop_table("carts")
    op.execute("DROP FUNCTION viewer_guest_id()")
