"""What the catalogue promises: prices, and what products show of their variants and reviews."""

from typing import Final

from domain.checking import Check, Repair

OF_WRONG_RATINGS: Final = """
    FROM products AS product LEFT JOIN (
        SELECT product_id, count(*) AS n, sum(rating) AS s FROM reviews WHERE status = 'APPROVED' GROUP BY product_id
    ) AS approved ON product_id = product.id
    WHERE (review_count, rating_sum) <> (coalesce(n, 0), coalesce(s, 0))
"""
OF_WRONG_AUTHORS: Final = """
    FROM reviews AS review JOIN users AS author ON author.id = user_id
    WHERE (author_name, author_avatar_url) IS DISTINCT FROM (public_name(author), author.avatar_url)
"""

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
    Repair(
        """
        SELECT FROM products AS product JOIN product_variants AS variant
        ON variant.id = default_variant_id AND variant.product_id = product.id
        WHERE (product.price, product.compare_at_price) IS DISTINCT FROM (variant.price, variant.compare_at_price)
        ORDER BY product.id FOR NO KEY UPDATE OF product
        """,
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
    f"SELECT slug AS found {OF_WRONG_RATINGS}",
    Repair(
        f"SELECT {OF_WRONG_RATINGS} ORDER BY product.id FOR NO KEY UPDATE OF product",
        """
        UPDATE products AS product SET review_count = approved.n, rating_sum = approved.s FROM (
            SELECT each.id, count(review.id) AS n, coalesce(sum(review.rating), 0) AS s FROM products AS each
            LEFT JOIN reviews AS review ON review.product_id = each.id AND review.status = 'APPROVED' GROUP BY each.id
        ) AS approved
        WHERE approved.id = product.id AND (review_count, rating_sum) <> (approved.n, approved.s)
        """,
    ),
)
AUTHORS_OF_REVIEWS: Final = Check(
    "review_authors",
    "A review shows its author as the account does.",
    f"SELECT review.id::text AS found {OF_WRONG_AUTHORS}",
    Repair(
        f"SELECT {OF_WRONG_AUTHORS} ORDER BY review.id FOR NO KEY UPDATE OF review",
        """
        UPDATE reviews AS review SET author_name = public_name(author), author_avatar_url = author.avatar_url
        FROM users AS author WHERE author.id = user_id
        AND (author_name, author_avatar_url) IS DISTINCT FROM (public_name(author), author.avatar_url)
        """,
    ),
)

CATALOG_CHECKS: Final = (PRICES, FORMER_PRICES, PRICES_OF_PRODUCTS, RATINGS, AUTHORS_OF_REVIEWS)
