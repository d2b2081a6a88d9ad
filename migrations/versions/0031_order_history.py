"""Hold an order's sums to those of its lines, write its history, tell who watches it, and show it to reports.

The triggers that write the history belong to whoever migrates and run with their rights: no order moves without an
entry. The setting `merkato.order_reason` says why, for one change; `merkato.actor` who makes it.
"""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

FUNCTIONS = (
    """
    CREATE FUNCTION check_order_sums() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            changed uuid[];
            wrong text;
        BEGIN
            IF TG_TABLE_NAME = 'orders' THEN
                changed := ARRAY[NEW.id];
            ELSIF TG_OP = 'INSERT' THEN
                changed := ARRAY[NEW.order_id];
            ELSIF TG_OP = 'DELETE' THEN
                changed := ARRAY[OLD.order_id];
            ELSE
                changed := ARRAY[OLD.order_id, NEW.order_id];
            END IF;
            SELECT orders.number INTO wrong FROM orders CROSS JOIN LATERAL (
                SELECT
                    count(*) AS lines, sum(subtotal) AS subtotal, sum(discount) AS discount, sum(tax) AS tax,
                    bool_and(
                        order_lines.currency = orders.currency AND order_lines.total = order_lines.subtotal
                            - order_lines.discount + CASE WHEN prices_include_tax THEN 0 ELSE order_lines.tax END
                    ) AS right
                FROM order_lines WHERE order_id = orders.id
            ) AS given
            WHERE orders.id = ANY (changed) AND (
                given.lines = 0 OR NOT given.right OR orders.subtotal <> given.subtotal
                OR orders.discount_total <> given.discount OR orders.tax_total <> given.tax + orders.shipping_tax
                OR orders.discount_total <> (
                    SELECT coalesce(sum(amount), 0) FROM order_discounts WHERE order_id = orders.id
                )
            );
            IF wrong IS NOT NULL THEN
                RAISE EXCEPTION 'The sums of the order % are not those of its lines and discounts', wrong
                    USING ERRCODE = 'check_violation', TABLE = 'orders', CONSTRAINT = 'ck_orders_lines';
            END IF;
            RETURN NULL;
        END
    $$
    """,
    """
    CREATE FUNCTION record_order_event(
        of_order uuid, parcel uuid, kind text, before text, after text, reason text
    ) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
        DECLARE
            actor jsonb := coalesce(nullif(current_setting('merkato.actor', true), ''), '{}')::jsonb;
        BEGIN
            INSERT INTO order_events (
                id, order_id, fulfillment_id, kind, from_state, to_state, text, actor_kind, actor_id, actor_name,
                recorded_at
            ) VALUES (
                audit_entry_id(), of_order, parcel, kind, before, after, nullif(reason, ''),
                coalesce(actor ->> 'kind', 'DATABASE'), (actor ->> 'account')::uuid, left(actor ->> 'name', 100),
                clock_timestamp()
            );
        END
    $$
    """,
    """
    CREATE FUNCTION record_order_move() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        DECLARE
            reason text := current_setting('merkato.order_reason', true);
        BEGIN
            IF reason <> '' THEN
                PERFORM set_config('merkato.order_reason', '', true);
            END IF;
            IF TG_OP = 'INSERT' THEN
                PERFORM record_order_event(NEW.id, NULL, 'ORDER', NULL, NEW.status, reason);
                RETURN NULL;
            END IF;
            IF NEW.status <> OLD.status THEN
                PERFORM record_order_event(NEW.id, NULL, 'ORDER', OLD.status, NEW.status, reason);
            END IF;
            IF NEW.payment_status <> OLD.payment_status THEN
                PERFORM record_order_event(
                    NEW.id, NULL, 'PAYMENT', OLD.payment_status, NEW.payment_status, reason
                );
            END IF;
            IF NEW.fulfillment_status <> OLD.fulfillment_status THEN
                PERFORM record_order_event(
                    NEW.id, NULL, 'FULFILLMENT', OLD.fulfillment_status, NEW.fulfillment_status, reason
                );
            END IF;
            RETURN NULL;
        END
    $$
    """,
    """
    CREATE FUNCTION record_parcel_move() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        BEGIN
            PERFORM record_order_event(
                NEW.order_id, NEW.id, 'PARCEL', CASE WHEN TG_OP = 'UPDATE' THEN OLD.status END, NEW.status, NULL
            );
            RETURN NULL;
        END
    $$
    """,
)

SUMMED = {
    "orders": "INSERT OR UPDATE OF prices_include_tax, currency, subtotal, discount_total, shipping_tax, tax_total",
    "order_lines": "INSERT OR DELETE OR UPDATE OF order_id, currency, subtotal, discount, tax, total",
    "order_discounts": "INSERT OR DELETE OR UPDATE OF order_id, amount",
}
"""At the end of the transaction: an order is written before its lines."""

TRIGGERS = (
    """
    CREATE TRIGGER record_new_order AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION record_order_move()
    """,
    """
    CREATE TRIGGER record_order_move AFTER UPDATE OF status, payment_status, fulfillment_status ON orders FOR EACH ROW
    WHEN (
        (OLD.status, OLD.payment_status, OLD.fulfillment_status)
        IS DISTINCT FROM (NEW.status, NEW.payment_status, NEW.fulfillment_status)
    )
    EXECUTE FUNCTION record_order_move()
    """,
    """
    CREATE TRIGGER record_new_parcel AFTER INSERT ON fulfillments FOR EACH ROW EXECUTE FUNCTION record_parcel_move()
    """,
    """
    CREATE TRIGGER record_parcel_move AFTER UPDATE OF status ON fulfillments FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION record_parcel_move()
    """,
    """
    CREATE TRIGGER order_placed_on_insert AFTER INSERT ON orders FOR EACH ROW
    EXECUTE FUNCTION notify_event('order_placed')
    """,
    """
    CREATE TRIGGER order_changed_on_update AFTER UPDATE OF version ON orders FOR EACH ROW
    WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION notify_event('order_changed')
    """,
)

VIEWS = (
    """
    CREATE VIEW order_summary WITH (security_invoker = true) AS
    SELECT
        orders.id, orders.number, orders.user_id, orders.customer ->> 'name' AS customer_name, orders.email,
        orders.status, orders.payment_status, orders.fulfillment_status, orders.total, orders.captured_total,
        orders.refunded_total, orders.currency, orders.placed_at
    FROM orders
    """,
    # Of what was delivered. The orders are summed by themselves: nothing is joined that would count them twice.
    """
    CREATE VIEW user_order_summary WITH (security_invoker = true) AS
    SELECT
        users.id AS user_id, count(orders.id) AS order_count,
        coalesce(sum(orders.total - orders.refunded_total), 0) AS spent, max(orders.placed_at) AS last_order_at
    FROM users LEFT JOIN orders ON orders.user_id = users.id AND orders.status = 'DELIVERED'
    GROUP BY users.id
    """,
)


def upgrade() -> None:
    for statement in (*FUNCTIONS, *TRIGGERS, *VIEWS):
        op.execute(statement)
    for table, moment in SUMMED.items():
        op.execute(f"""
            CREATE CONSTRAINT TRIGGER check_order_sums AFTER {moment} ON {table} DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION check_order_sums()
        """)
    op.execute("REVOKE EXECUTE ON FUNCTION record_order_move(), record_parcel_move() FROM PUBLIC")
    op.execute("REVOKE EXECUTE ON FUNCTION record_order_event(uuid, uuid, text, text, text, text) FROM PUBLIC")
    op.execute("GRANT SELECT ON order_summary, user_order_summary TO merkato_reporting")


def downgrade() -> None:
    op.execute("DROP VIEW order_summary")
    op.execute("DROP VIEW user_order_summary")
    for function in ("check_order_sums", "record_order_move", "record_parcel_move"):
        op.execute(f"DROP FUNCTION {function}() CASCADE")
    op.execute("DROP FUNCTION record_order_event(uuid, uuid, text, text, text, text)")
