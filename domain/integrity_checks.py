"""What must always hold, as declarations: each says how the rows that break it are found, and how they are set right.

Most of it the database enforces anyway. It is checked all the same, because triggers can be disabled, constraints
dropped, and tables restored without them. An area adds its promises here.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Check:
    """A promise."""

    name: str
    """As the log knows it."""
    promise: str
    broken_by: str
    """A query for what breaks it: one column `found`, a text that names the row."""
    repair: tuple[str, ...] = ()
    """Statements that set it right without losing anything; none where somebody has to look."""


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
NUMBERS_OF_STOCK: Final = Check(
    "stock_numbers",
    "No stock is negative, and no more is reserved than is there or may be waited for.",
    """
    SELECT sku AS found FROM stock_levels AS level JOIN product_variants AS variant ON variant.id = variant_id
    WHERE quantity < 0 OR reserved < 0 OR reserved > quantity + backordered
    """,
)
PRICES: Final = Check(
    "prices",
    "Every price is more than 0.",
    "SELECT sku AS found FROM product_variants WHERE price <= 0 OR price = 'NaN'",
)
FORMER_PRICES: Final = Check(
    "former_prices",
    "What something cost before is more than what it costs now.",
    "SELECT sku AS found FROM product_variants WHERE compare_at_price <= price",
)
PRICES_OF_PRODUCTS: Final = Check(
    "product_prices",
    "A product shows the prices of its default variant.",
    """
    SELECT slug AS found FROM products AS product LEFT JOIN product_variants AS variant
    ON variant.id = default_variant_id AND variant.product_id = product.id
    WHERE variant.id IS NULL
       OR (product.price, product.compare_at_price) IS DISTINCT FROM (variant.price, variant.compare_at_price)
    """,
    (
        """
        UPDATE products AS product SET price = variant.price, compare_at_price = variant.compare_at_price
        FROM product_variants AS variant WHERE variant.id = default_variant_id AND variant.product_id = product.id
        AND (product.price, product.compare_at_price) IS DISTINCT FROM (variant.price, variant.compare_at_price)
        """,
    ),
)
RATINGS: Final = Check(
    "ratings",
    "The rating of a product is that of its approved reviews.",
    """
    SELECT slug AS found FROM products AS product LEFT JOIN (
        SELECT product_id, count(*) AS n, sum(rating) AS s FROM reviews WHERE status = 'APPROVED' GROUP BY product_id
    ) AS approved ON product_id = product.id
    WHERE (review_count, rating_sum) <> (coalesce(n, 0), coalesce(s, 0))
    """,
    (
        # Reviews lock their products: what is counted by the next statement stays so until the end.
        "SELECT FROM products ORDER BY id FOR NO KEY UPDATE",
        """
        UPDATE products AS product SET review_count = approved.n, rating_sum = approved.s FROM (
            SELECT each.id, count(review.id) AS n, coalesce(sum(review.rating), 0) AS s FROM products AS each
            LEFT JOIN reviews AS review ON review.product_id = each.id AND review.status = 'APPROVED' GROUP BY each.id
        ) AS approved
        WHERE approved.id = product.id AND (review_count, rating_sum) <> (approved.n, approved.s)
        """,
    ),
)
CONSTRAINTS: Final = Check(
    "constraints",
    "Every constraint was checked against all rows, so that none is an orphan.",
    """
    SELECT conrelid::regclass || '.' || conname AS found FROM pg_constraint
    WHERE NOT convalidated AND connamespace = 'public'::regnamespace
    """,
)
TRIGGERS: Final = Check(
    "triggers",
    "No trigger that keeps a promise is disabled.",
    """
    SELECT tgrelid::regclass || '.' || tgname AS found FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE tgenabled = 'D' AND relnamespace = 'public'::regnamespace
    """,
)

CHECKS: Final = (
    CONSTRAINTS,
    TRIGGERS,
    PRICES,
    FORMER_PRICES,
    PRICES_OF_PRODUCTS,
    RATINGS,
    NUMBERS_OF_STOCK,
    LEDGER_OF_STOCK,
)
