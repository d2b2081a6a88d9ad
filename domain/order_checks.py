"""What orders promise: sums, reserved and sent units, parcels, a whole history, one order for a cart."""

from typing import Final

from domain.checking import Check

SUMS: Final = Check(
    "order_sums",
    "An order has lines, and its sums are those of its lines and discounts.",
    """
    SELECT number AS found FROM orders CROSS JOIN LATERAL (
        SELECT
            coalesce(sum(line.subtotal), 0) AS subtotal, coalesce(sum(line.discount), 0) AS discount,
            coalesce(sum(line.tax), 0) AS tax, count(*) AS lines,
            coalesce(bool_and(
                line.subtotal = line.unit_price * line.quantity AND line.currency = orders.currency
                AND line.total = line.subtotal - line.discount
                    + CASE WHEN orders.prices_include_tax THEN 0 ELSE line.tax END
            ), false) AS lines_are_right
        FROM order_lines AS line WHERE order_id = orders.id
    ) AS given
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(amount), 0) AS taken_off FROM order_discounts WHERE order_id = orders.id
    ) AS discounts
    WHERE lines = 0 OR NOT lines_are_right
       OR (orders.subtotal, discount_total, discount_total) <> (given.subtotal, given.discount, taken_off)
       OR tax_total <> tax + shipping_tax
       OR total <> orders.subtotal - discount_total + shipping_total
            + CASE WHEN prices_include_tax THEN 0 ELSE tax_total END
    """,
)
RESERVATIONS: Final = Check(
    "order_stock",
    "Of each order so many units are reserved as are still to be sent, and so many were sold as were sent.",
    # By the movements of stock that name the order: those that name one which is not there count as well.
    """
    SELECT coalesce(number, order_id::text) || ' ' || coalesce(sku, variant_id::text) AS found FROM (
        SELECT order_id, variant_id,
            sum(CASE WHEN status IN ('CANCELLED', 'FAILED') THEN 0
                ELSE quantity - cancelled_quantity - shipped_quantity END) AS reserved,
            sum(shipped_quantity) AS sold
        FROM order_lines JOIN orders ON orders.id = order_id
        WHERE is_reserved AND variant_id IS NOT NULL GROUP BY order_id, variant_id
    ) AS wanted
    FULL JOIN (
        SELECT cause_id AS order_id, level.variant_id, sum(reserved_change) AS reserved,
            coalesce(sum(-quantity_change) FILTER (WHERE kind = 'SOLD'), 0) AS sold
        FROM stock_movements JOIN stock_levels AS level ON level.id = stock_level_id
        WHERE cause = 'orders' GROUP BY cause_id, level.variant_id
    ) AS moved USING (order_id, variant_id)
    LEFT JOIN orders ON orders.id = order_id LEFT JOIN product_variants AS variant ON variant.id = variant_id
    WHERE (coalesce(wanted.reserved, 0), coalesce(wanted.sold, 0))
        <> (coalesce(moved.reserved, 0), coalesce(moved.sold, 0))
    """,
)
PARCELS: Final = Check(
    "order_parcels",
    "What lines of orders say is packed and sent is what is in their parcels.",
    """
    SELECT number || ' ' || sku AS found FROM order_lines AS line JOIN orders ON orders.id = line.order_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(packed.quantity), 0) AS packed,
            coalesce(sum(packed.quantity) FILTER (WHERE parcel.status IN ('SHIPPED', 'DELIVERED')), 0) AS sent
        FROM fulfillment_lines AS packed JOIN fulfillments AS parcel ON parcel.id = fulfillment_id
        WHERE order_line_id = line.id AND parcel.status <> 'CANCELLED'
    ) AS parcels
    WHERE (fulfilled_quantity, shipped_quantity) <> (parcels.packed, sent)
    """,
)
HISTORY: Final = Check(
    "order_history",
    "The history of every order ends where the order stands.",
    """
    SELECT orders.number AS found FROM orders CROSS JOIN LATERAL (
        SELECT
            (array_agg(to_state ORDER BY event.number DESC) FILTER (WHERE kind = 'ORDER'))[1] AS status,
            (array_agg(to_state ORDER BY event.number DESC) FILTER (WHERE kind = 'PAYMENT'))[1] AS paid,
            (array_agg(to_state ORDER BY event.number DESC) FILTER (WHERE kind = 'FULFILLMENT'))[1] AS fulfilled
        FROM order_events AS event WHERE order_id = orders.id
    ) AS last
    WHERE orders.status IS DISTINCT FROM last.status
       OR payment_status <> coalesce(paid, 'PENDING') OR fulfillment_status <> coalesce(fulfilled, 'UNFULFILLED')
    """,
)
CARTS: Final = Check(
    "order_carts",
    "A cart becomes one order that lives, at most.",
    """
    SELECT string_agg(number, ', ' ORDER BY number) AS found FROM orders
    WHERE cart_id IS NOT NULL AND status <> 'FAILED' GROUP BY cart_id HAVING count(*) > 1
    """,
)

ORDER_CHECKS: Final = (SUMS, RESERVATIONS, PARCELS, HISTORY, CARTS)
