"""All that must always hold, by area.

Most of it the database enforces anyway. It is checked all the same, because triggers can be disabled, constraints
dropped, and tables restored without them. An area adds its promises to a file of its own.
"""

from typing import Final

from domain.catalog_checks import CATALOG_CHECKS
from domain.database_checks import DATABASE_CHECKS
from domain.order_checks import ORDER_CHECKS
from domain.outbox_checks import OUTBOX_CHECKS
from domain.payment_checks import PAYMENT_CHECKS
from domain.promotion_checks import PROMOTION_CHECKS
from domain.stock_checks import STOCK_CHECKS

CHECKS: Final = (
    *DATABASE_CHECKS,
    *CATALOG_CHECKS,
    *STOCK_CHECKS,
    *PROMOTION_CHECKS,
    *ORDER_CHECKS,
    *PAYMENT_CHECKS,
    *OUTBOX_CHECKS,
)
