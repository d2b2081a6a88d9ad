"""What promotion codes promise: that each use is counted once, and is of an order."""

from typing import Final

from domain.checking import Check, Repair

OF_WRONG_COUNTS: Final = """
    FROM promo_codes AS promo
    WHERE used_count <> (
        SELECT count(*) FROM promo_code_uses WHERE promo_code_id = promo.id AND released_at IS NULL
    )
"""

USES_OF_CODES: Final = Check(
    "promo_uses",
    "A promotion code was used as often as there are uses of it.",
    f"SELECT code AS found {OF_WRONG_COUNTS}",
    Repair(
        f"SELECT {OF_WRONG_COUNTS} ORDER BY promo.id FOR NO KEY UPDATE",
        """
        UPDATE promo_codes AS promo SET used_count = counted.n FROM (
            SELECT each.id, count(used.id) AS n FROM promo_codes AS each
            LEFT JOIN promo_code_uses AS used ON used.promo_code_id = each.id AND used.released_at IS NULL
            GROUP BY each.id
        ) AS counted
        WHERE counted.id = promo.id AND used_count <> counted.n
        AND (usage_limit IS NULL OR counted.n <= usage_limit)
        """,
    ),
)

CODES_OF_ORDERS: Final = Check(
    "order_codes",
    "The codes of every order that has not come to nothing are used by it, and by no other order.",
    """
    SELECT coalesce(orders.number, order_id::text) || ' ' || promo.code AS found FROM (
        SELECT order_id, promo_code_id, true AS is_due FROM order_discounts JOIN orders ON orders.id = order_id
        WHERE promo_code_id IS NOT NULL AND status NOT IN ('CANCELLED', 'FAILED')
    ) AS taken_off
    FULL JOIN (SELECT * FROM promo_code_uses WHERE released_at IS NULL) AS used USING (order_id, promo_code_id)
    JOIN promo_codes AS promo ON promo.id = promo_code_id LEFT JOIN orders ON orders.id = order_id
    WHERE used.id IS NULL OR is_due IS NULL
    """,
)

PROMOTION_CHECKS: Final = (USES_OF_CODES, CODES_OF_ORDERS)
