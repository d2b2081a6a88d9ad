"""Check the sums of orders one by one: for any of several, PostgreSQL planned the statement anew each time.

The check runs for an order and for each of its lines as they are placed, and planning it took four times as long as the
check itself.
"""

from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

CHECK = """
    CREATE OR REPLACE FUNCTION check_order_sums() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            changed uuid[];
            checked uuid;
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
            {loop}
            SELECT orders.number INTO wrong FROM orders CROSS JOIN LATERAL (
                SELECT
                    count(*) AS lines, sum(subtotal) AS subtotal, sum(discount) AS discount, sum(tax) AS tax,
                    bool_and(
                        order_lines.currency = orders.currency AND order_lines.total = order_lines.subtotal
                            - order_lines.discount + CASE WHEN prices_include_tax THEN 0 ELSE order_lines.tax END
                    ) AS right
                FROM order_lines WHERE order_id = orders.id
            ) AS given
            WHERE orders.id = {whose} AND (
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
            {end}
            RETURN NULL;
        END
    $$
"""


def upgrade() -> None:
    op.execute(CHECK.format(loop="FOREACH checked IN ARRAY changed LOOP", whose="checked", end="END LOOP;"))


def downgrade() -> None:
    op.execute(CHECK.format(loop="", whose="ANY (changed)", end=""))
