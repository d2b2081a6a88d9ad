"""What stock promises: numbers that can be, and a ledger that sums to them."""

from typing import Final

from domain.checking import Check

NUMBERS_OF_STOCK: Final = Check(
    "stock_numbers",
    "No stock is negative, and no more is reserved than is there or may be waited for.",
    """
    SELECT sku AS found FROM stock_levels AS level JOIN product_variants AS variant ON variant.id = variant_id
    WHERE quantity < 0 OR reserved < 0 OR reserved > quantity + backordered
    """,
)
LEDGER_OF_STOCK: Final = Check(
    "stock_ledger",
    "The movements of a variant's stock sum to its level.",
    """
    SELECT sku AS found FROM stock_levels AS level JOIN product_variants AS variant ON variant.id = variant_id
    LEFT JOIN (
        SELECT stock_level_id, sum(quantity_change) AS quantity, sum(reserved_change) AS reserved
        FROM stock_movements GROUP BY stock_level_id
    ) AS moved ON stock_level_id = level.id
    WHERE (level.quantity, level.reserved) <> (coalesce(moved.quantity, 0), coalesce(moved.reserved, 0))
    """,
)

STOCK_CHECKS: Final = (NUMBERS_OF_STOCK, LEDGER_OF_STOCK)
