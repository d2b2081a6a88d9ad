"""What the demo shop charges besides its prices, and what it takes off: taxes, shipping, promotion codes."""

from collections.abc import Iterator
from decimal import Decimal

from uuid_utils.compat import uuid7

from demo.calendar import Calendar
from demo.files import Table
from models import Base, DiscountType, PromoCode, ShippingMethod, ShippingRateKind, TaxClass, TaxRate
from models.taxes import STANDARD_TAX_CLASS_ID

AMOUNTS = ("price", "free_over", "price_per_kg")


def build_tax_class(table: Table) -> Iterator[Base]:
    """A class with its rates; without a name it is the one that every database has."""
    class_id = uuid7() if "name" in table else STANDARD_TAX_CLASS_ID
    if "name" in table:
        yield TaxClass(id=class_id, name=table["name"], code=table["code"])
    for country, rate in table["rates"].items():
        yield TaxRate(tax_class_id=class_id, country_code=country, rate=Decimal(rate))


def build_shipping_method(table: Table, position: int) -> ShippingMethod:
    """A way to send things."""
    amounts: Table = {name: Decimal(table.pop(name)) for name in AMOUNTS if name in table}
    return ShippingMethod(rate_kind=ShippingRateKind(table.pop("rate_kind")), position=position, **amounts, **table)


def build_promo_code(table: Table, calendar: Calendar) -> PromoCode:
    """A code that has begun."""
    begun_at = calendar.ago(table.pop("begun_days_ago"), table["code"])
    kind, amount = DiscountType(table.pop("discount_type")), Decimal(table.pop("amount"))
    ends_at = calendar.ahead(table.pop("ends_in_days"))
    return PromoCode(discount_type=kind, amount=amount, valid_from=begun_at, valid_to=ends_at, **table)
