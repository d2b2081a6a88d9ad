"""Make orders, their lines, parcels and history (decision 0039).

A buyer sees their own, whoever may read orders sees all. The history is added to, and never changed.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from uuid_utils.compat import uuid7

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

ORDER_STATES = (
    "'PENDING', 'CONFIRMED', 'PROCESSING', 'PREPARING', 'DISPATCHED', 'SHIPPED', 'DELIVERED', 'CANCELLED', "
    "'REFUNDED', 'FAILED'"
)
PAYMENT_STATES = "'PENDING', 'AUTHORIZED', 'PAID', 'PARTIALLY_REFUNDED', 'REFUNDED', 'FAILED', 'CANCELLED'"
FULFILLMENT_STATES = "'UNFULFILLED', 'PARTIAL', 'FULFILLED', 'SHIPPED', 'DELIVERED'"
PARCEL_STATES = "'PACKED', 'SHIPPED', 'DELIVERED', 'CANCELLED'"
EVENT_KINDS = "'ORDER', 'PAYMENT', 'FULFILLMENT', 'PARCEL', 'NOTE'"
ACTORS = "'VISITOR', 'USER', 'API_TOKEN', 'JOB', 'COMMAND', 'DATABASE'"

OF_STAFF = "(SELECT viewer_may('orders:read'))"
OF_ORDER = "EXISTS (SELECT FROM orders WHERE orders.id = order_id)"
"""The policy of orders decides which there are."""

SEEN = {
    "orders": (f"user_id = (SELECT viewer_id()) OR guest_id = (SELECT viewer_guest_id()) OR {OF_STAFF}"),
    "order_lines": f"{OF_STAFF} OR {OF_ORDER}",
    "order_discounts": f"{OF_STAFF} OR {OF_ORDER}",
    "fulfillments": f"{OF_STAFF} OR {OF_ORDER}",
    "fulfillment_lines": f"{OF_STAFF} OR EXISTS (SELECT FROM fulfillments WHERE fulfillments.id = fulfillment_id)",
    "order_events": f"{OF_STAFF} OR is_public AND {OF_ORDER}",
}
TABLES = ("order_counters", *SEEN)

SAYS_ITSELF = "The history of the order says who moved it when."
RECORDED = {
    "order_counters": ("They are counters.", [], [], False),
    "orders": (
        SAYS_ITSELF,
        ["customer", "email", "shipping_address", "billing_address", "customer_note", "metadata"],
        ["updated_at"],
        False,
    ),
    "order_lines": (SAYS_ITSELF, ["customization"], [], False),
    "order_discounts": (SAYS_ITSELF, [], [], False),
    "order_events": ("It is a record itself: nobody changes it.", ["text"], [], False),
    "fulfillments": ("Who changes where a parcel is said to be.", [], ["updated_at", "version"], True),
    "fulfillment_lines": ("What was packed.", [], [], True),
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

NUMBERS = (
    "CREATE SEQUENCE order_numbers",
    # Each day's numbers begin with the first order that asks for one. A second that does so at the same moment waits for
    # the first, and takes what it wrote.
    """
    CREATE FUNCTION next_order_number() RETURNS text LANGUAGE plpgsql AS $$
        DECLARE
            today date := (now() AT TIME ZONE 'UTC')::date;
            start bigint;
            place text;
        BEGIN
            SELECT before INTO start FROM order_counters WHERE day = today;
            IF start IS NULL THEN
                INSERT INTO order_counters (day, before) VALUES (today, nextval('order_numbers'))
                ON CONFLICT DO NOTHING;
                SELECT before INTO STRICT start FROM order_counters WHERE day = today;
            END IF;
            place := (nextval('order_numbers') - start)::text;
            RETURN (SELECT order_number_prefix FROM shops) || to_char(today, '-YYYYMMDD-')
                || lpad(place, greatest(4, length(place)), '0');
        END
    $$
    """,
)


def upgrade() -> None:
    op.add_column(
        "shops",
        sa.Column("order_number_prefix", sa.String(length=10), server_default=sa.text("'NC'"), nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_shops_order_number_prefix"), "shops", "order_number_prefix ~ '^[A-Z0-9]{1,10}$'"
    )
    _create_numbers()
    _create_orders()
    _create_lines()
    _create_fulfillments()
    _create_events()
    for table in ("orders", "fulfillments"):
        op.execute(
            f"CREATE TRIGGER set_updated_at BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION set_updated_at()"
        )
    _guard()
    _record()


def _create_numbers() -> None:
    op.create_table(
        "order_counters",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "before", sa.BigInteger(), nullable=False, comment="What the sequence order_numbers gave before that day."
        ),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_order_counters")),
    )
    for statement in NUMBERS:
        op.execute(statement)


def _create_orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=32), server_default=sa.text("next_order_number()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("guest_id", sa.Uuid(), nullable=True),
        sa.Column("cart_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(length=30), server_default=sa.text("'PENDING'"), nullable=False),
        sa.Column("payment_status", sa.String(length=30), server_default=sa.text("'PENDING'"), nullable=False),
        sa.Column("fulfillment_status", sa.String(length=30), server_default=sa.text("'UNFULFILLED'"), nullable=False),
        sa.Column("customer", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=True),
        sa.Column("shipping_address", postgresql.JSONB(), nullable=True),
        sa.Column("billing_address", postgresql.JSONB(), nullable=True),
        sa.Column("country_code", sa.String(length=2), nullable=True),
        sa.Column("customer_note", sa.Text(), server_default="", nullable=False),
        sa.Column("currency", sa.String(length=3), server_default=sa.text("'ETB'"), nullable=False),
        sa.Column("prices_include_tax", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("subtotal", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("discount_total", sa.Numeric(precision=12, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("shipping_total", sa.Numeric(precision=12, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("shipping_tax", sa.Numeric(precision=12, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("tax_total", sa.Numeric(precision=12, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("authorized_total", sa.Numeric(precision=12, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("captured_total", sa.Numeric(precision=12, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("refunded_total", sa.Numeric(precision=12, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("shipping_method_id", sa.Uuid(), nullable=True),
        sa.Column("shipping_method_name", sa.String(length=255), nullable=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("metadata", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(f"status IN ({ORDER_STATES})", name=op.f("ck_orders_orderstatus")),
        sa.CheckConstraint(f"payment_status IN ({PAYMENT_STATES})", name=op.f("ck_orders_paymentstatus")),
        sa.CheckConstraint(f"fulfillment_status IN ({FULFILLMENT_STATES})", name=op.f("ck_orders_fulfillmentstatus")),
        sa.CheckConstraint("country_code ~ '^[A-Z]{2}$'", name=op.f("ck_orders_country_code")),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_orders_currency")),
        sa.CheckConstraint("jsonb_typeof(billing_address) = 'object'", name=op.f("ck_orders_billing_address")),
        sa.CheckConstraint("jsonb_typeof(customer) = 'object'", name=op.f("ck_orders_customer")),
        sa.CheckConstraint("jsonb_typeof(metadata) = 'object'", name=op.f("ck_orders_metadata")),
        sa.CheckConstraint("jsonb_typeof(shipping_address) = 'object'", name=op.f("ck_orders_shipping_address")),
        sa.CheckConstraint("number ~ '^[A-Z0-9]{1,10}-[0-9]{8}-[0-9]{4,}$'", name=op.f("ck_orders_number")),
        sa.CheckConstraint(
            "0 <= refunded_total AND refunded_total <= captured_total AND captured_total <= authorized_total AND authorized_total <= total",
            name=op.f("ck_orders_paid"),
        ),
        sa.CheckConstraint("char_length(customer_note) <= 1000", name=op.f("ck_orders_customer_note")),
        sa.CheckConstraint("discount_total BETWEEN 0 AND 9999999999.99", name=op.f("ck_orders_discount_total")),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_orders_email")),
        sa.CheckConstraint("num_nonnulls(user_id, guest_id) <= 1", name=op.f("ck_orders_buyer")),
        sa.CheckConstraint("shipping_tax BETWEEN 0 AND 9999999999.99", name=op.f("ck_orders_shipping_tax")),
        sa.CheckConstraint("shipping_total BETWEEN 0 AND 9999999999.99", name=op.f("ck_orders_shipping_total")),
        sa.CheckConstraint("subtotal BETWEEN 0 AND 9999999999.99", name=op.f("ck_orders_subtotal")),
        sa.CheckConstraint("tax_total BETWEEN 0 AND 9999999999.99", name=op.f("ck_orders_tax_total")),
        sa.CheckConstraint(
            "total = subtotal - discount_total + shipping_total + CASE WHEN prices_include_tax THEN 0 ELSE tax_total END",
            name=op.f("ck_orders_sum"),
        ),
        sa.CheckConstraint("total BETWEEN 0 AND 9999999999.99", name=op.f("ck_orders_total")),
        sa.CheckConstraint("version > 0", name=op.f("ck_orders_version")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_orders_user_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["shipping_method_id"],
            ["shipping_methods.id"],
            name=op.f("fk_orders_shipping_method_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_number")),
    )
    op.create_index(op.f("ix_orders_email"), "orders", ["email"])
    op.create_index("ix_orders_expires_at", "orders", ["expires_at"], postgresql_where=sa.text("status = 'PENDING'"))
    op.create_index(
        op.f("ix_orders_guest_id"), "orders", ["guest_id"], postgresql_where=sa.text("guest_id IS NOT NULL")
    )
    op.create_index(op.f("ix_orders_metadata"), "orders", ["metadata"], postgresql_using="gin")
    op.create_index(op.f("ix_orders_payment_status"), "orders", ["payment_status"])
    op.create_index(op.f("ix_orders_placed_at_id"), "orders", ["placed_at", "id"])
    op.create_index(op.f("ix_orders_shipping_method_id"), "orders", ["shipping_method_id"])
    op.create_index(op.f("ix_orders_status"), "orders", ["status"])
    op.create_index(op.f("ix_orders_total_id"), "orders", ["total", "id"])
    op.create_index(op.f("ix_orders_user_id_status"), "orders", ["user_id", "status"])
    op.create_index(
        "uq_orders_cart_id", "orders", ["cart_id"], unique=True, postgresql_where=sa.text("status <> 'FAILED'")
    )


def _create_lines() -> None:
    op.create_table(
        "order_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=True),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("sku", sa.String(length=255), nullable=False),
        sa.Column("product_name", sa.String(length=255), nullable=False),
        sa.Column("variant_name", sa.String(length=255), server_default="", nullable=False),
        sa.Column("customization", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), server_default=sa.text("'ETB'"), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("subtotal", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("discount", sa.Numeric(precision=12, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("tax_rate", sa.Numeric(precision=6, scale=4), server_default=sa.text("0"), nullable=False),
        sa.Column("tax", sa.Numeric(precision=12, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("is_reserved", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("cancelled_quantity", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("fulfilled_quantity", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("shipped_quantity", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("returned_quantity", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("refunded_quantity", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_order_lines_currency")),
        sa.CheckConstraint("jsonb_typeof(customization) = 'object'", name=op.f("ck_order_lines_customization")),
        sa.CheckConstraint(
            "0 <= cancelled_quantity AND cancelled_quantity + fulfilled_quantity <= quantity AND 0 <= shipped_quantity AND shipped_quantity <= fulfilled_quantity AND 0 <= returned_quantity AND returned_quantity <= shipped_quantity AND refunded_quantity BETWEEN 0 AND quantity",
            name=op.f("ck_order_lines_units"),
        ),
        sa.CheckConstraint("discount BETWEEN 0 AND 9999999999.99", name=op.f("ck_order_lines_discount")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_lines_quantity")),
        sa.CheckConstraint(
            "subtotal = unit_price * quantity AND discount <= subtotal", name=op.f("ck_order_lines_sum")
        ),
        sa.CheckConstraint("subtotal BETWEEN 0 AND 9999999999.99", name=op.f("ck_order_lines_subtotal")),
        sa.CheckConstraint("tax BETWEEN 0 AND 9999999999.99", name=op.f("ck_order_lines_tax")),
        sa.CheckConstraint("tax_rate BETWEEN 0 AND 1", name=op.f("ck_order_lines_tax_rate")),
        sa.CheckConstraint("total BETWEEN 0 AND 9999999999.99", name=op.f("ck_order_lines_total")),
        sa.CheckConstraint("unit_price BETWEEN 0 AND 9999999999.99", name=op.f("ck_order_lines_unit_price")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_order_lines_product_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["product_variants.id"], name=op.f("fk_order_lines_variant_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_lines")),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_order_lines_order_id_position")),
    )
    op.create_index(op.f("ix_order_lines_product_id"), "order_lines", ["product_id"])
    op.create_index(op.f("ix_order_lines_variant_id"), "order_lines", ["variant_id"])
    op.create_table(
        "order_discounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("promo_code_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), server_default=sa.text("'ETB'"), nullable=False),
        sa.Column("amount", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_order_discounts_currency")),
        sa.CheckConstraint("amount BETWEEN 0 AND 9999999999.99", name=op.f("ck_order_discounts_amount")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_discounts_order_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["promo_code_id"], ["promo_codes.id"], name=op.f("fk_order_discounts_promo_code_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_discounts")),
        sa.UniqueConstraint("order_id", "code", name=op.f("uq_order_discounts_order_id_code")),
    )
    op.create_index(op.f("ix_order_discounts_promo_code_id"), "order_discounts", ["promo_code_id"])


def _create_fulfillments() -> None:
    op.create_table(
        "fulfillments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.String(length=30), server_default=sa.text("'PACKED'"), nullable=False),
        sa.Column("carrier", sa.String(length=100), nullable=True),
        sa.Column("tracking_number", sa.String(length=100), nullable=True),
        sa.Column("tracking_url", sa.String(length=2048), nullable=True),
        sa.Column("estimated_delivery", sa.Date(), nullable=True),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(f"status IN ({PARCEL_STATES})", name=op.f("ck_fulfillments_parcelstatus")),
        sa.CheckConstraint(
            "(delivered_at IS NOT NULL) = (status = 'DELIVERED')", name=op.f("ck_fulfillments_delivered_at")
        ),
        sa.CheckConstraint(
            "(shipped_at IS NOT NULL) = (status IN ('SHIPPED', 'DELIVERED'))", name=op.f("ck_fulfillments_shipped_at")
        ),
        sa.CheckConstraint("tracking_url ~ '^https?://'", name=op.f("ck_fulfillments_tracking_url")),
        sa.CheckConstraint("number > 0", name=op.f("ck_fulfillments_number")),
        sa.CheckConstraint("version > 0", name=op.f("ck_fulfillments_version")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_fulfillments_order_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fulfillments")),
        sa.UniqueConstraint("order_id", "number", name=op.f("uq_fulfillments_order_id_number")),
    )
    op.create_index(
        op.f("ix_fulfillments_tracking_number"),
        "fulfillments",
        ["tracking_number"],
        postgresql_where=sa.text("tracking_number IS NOT NULL"),
    )
    op.create_table(
        "fulfillment_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fulfillment_id", sa.Uuid(), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_fulfillment_lines_quantity")),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"],
            ["fulfillments.id"],
            name=op.f("fk_fulfillment_lines_fulfillment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_lines.id"], name=op.f("fk_fulfillment_lines_order_line_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fulfillment_lines")),
        sa.UniqueConstraint(
            "fulfillment_id", "order_line_id", name=op.f("uq_fulfillment_lines_fulfillment_id_order_line_id")
        ),
    )
    op.create_index(op.f("ix_fulfillment_lines_order_line_id"), "fulfillment_lines", ["order_line_id"])


def _create_events() -> None:
    op.create_table(
        "order_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("fulfillment_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("from_state", sa.String(length=30), nullable=True),
        sa.Column("to_state", sa.String(length=30), nullable=True),
        sa.Column("text", sa.String(length=2000), nullable=True),
        sa.Column("is_public", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("actor_kind", sa.String(length=30), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.String(length=100), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"kind IN ({EVENT_KINDS})", name=op.f("ck_order_events_ordereventkind")),
        sa.CheckConstraint(f"actor_kind IN ({ACTORS})", name=op.f("ck_order_events_actorkind")),
        sa.CheckConstraint(
            "(fulfillment_id IS NOT NULL) = (kind = 'PARCEL')", name=op.f("ck_order_events_fulfillment_id")
        ),
        sa.CheckConstraint("(to_state IS NULL) = (kind = 'NOTE')", name=op.f("ck_order_events_to_state")),
        sa.CheckConstraint("kind <> 'NOTE' OR text <> ''", name=op.f("ck_order_events_note")),
        sa.CheckConstraint("text <> ''", name=op.f("ck_order_events_text")),
        sa.CheckConstraint("from_state IS NULL OR to_state IS NOT NULL", name=op.f("ck_order_events_from_state")),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"], ["fulfillments.id"], name=op.f("fk_order_events_fulfillment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_events_order_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_events")),
    )
    op.create_index(op.f("ix_order_events_fulfillment_id"), "order_events", ["fulfillment_id"])
    op.create_index(op.f("ix_order_events_order_id_number"), "order_events", ["order_id", "number"], unique=True)


def _guard() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY system ON {table} TO merkato_system USING (true)")
    for table, condition in SEEN.items():
        op.execute(f"GRANT SELECT ON {table} TO merkato_app, merkato_reporting")
        op.execute(f"CREATE POLICY viewer ON {table} FOR SELECT TO merkato_app USING ({condition})")
        op.execute(f"CREATE POLICY reporting ON {table} FOR SELECT TO merkato_reporting USING (true)")
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON order_events FROM merkato_admin, merkato_system")


def _record() -> None:
    """What a release brings is no change by anybody."""
    op.execute("ALTER TABLE audit_config DISABLE TRIGGER record_change")
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


def downgrade() -> None:
    op.execute(CONFIG.delete().where(CONFIG.c.table_name.in_(TABLES)))
    for table in (
        "order_events",
        "fulfillment_lines",
        "fulfillments",
        "order_discounts",
        "order_lines",
        "orders",
        "order_counters",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION next_order_number()")
    op.execute("DROP SEQUENCE order_numbers")
    op.drop_constraint(op.f("ck_shops_order_number_prefix"), "shops")
    op.drop_column("shops", "order_number_prefix")
