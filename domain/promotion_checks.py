"""What promotion codes promise: that each use is counted once."""

from typing import Final

from domain.checking import Check

USES_OF_CODES: Final = Check(
    "promo_uses",
    "A promotion code was used as often as there are uses of it.",
    """
    SELECT code AS found FROM promo_codes AS promo
    WHERE used_count <> (SELECT count(*) FROM promo_code_uses WHERE promo_code_id = promo.id)
    """,
    (
        # Whoever uses a code changes its row: what is counted by the next statement stays so until the end.
        "SELECT FROM promo_codes ORDER BY id FOR NO KEY UPDATE",
        """
        UPDATE promo_codes AS promo SET used_count = counted.n FROM (
            SELECT each.id, count(used.id) AS n FROM promo_codes AS each
            LEFT JOIN promo_code_uses AS used ON used.promo_code_id = each.id GROUP BY each.id
        ) AS counted
        WHERE counted.id = promo.id AND used_count <> counted.n
        AND (usage_limit IS NULL OR counted.n <= usage_limit)
        """,
    ),
)

PROMOTION_CHECKS: Final = (USES_OF_CODES,)
