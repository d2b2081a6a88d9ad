"""What a variant costs with tax and without, as SQL, however the shop writes its prices.

It is the tax of one unit. A line of several is rounded once for all of them (domain/taxation.py), and may differ by
cents.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Numeric, case, cast, func, select
from sqlalchemy.orm import aliased

from domain.conditions import one_of
from domain.tax_rates import of_shop, percent_of, rate_if_due
from models import Product, Shop
from models.currencies import USUAL_DECIMALS, WITHOUT_DECIMALS


class Price(Protocol):
    """A price of a variant in a country; in the first that the shop sells to where none is named."""

    def __call__(self, variant: Any, country_code: Any = None) -> ColumnElement[Any]:
        """The SQL of it."""


def tax_percent(variant: Any, country_code: Any = None) -> ColumnElement[Any]:
    """The rate of tax on it."""
    return percent_of(_rate(variant, country_code))


def net_price(variant: Any, country_code: Any = None) -> ColumnElement[Any]:
    """What it costs without tax."""
    return _priced(variant.price - _included(variant, country_code), variant.price)


def gross_price(variant: Any, country_code: Any = None) -> ColumnElement[Any]:
    """What it costs with tax."""
    return _priced(variant.price, variant.price + _on_top(variant, country_code))


def tax_amount(variant: Any, country_code: Any = None) -> ColumnElement[Any]:
    """The tax on it."""
    return _priced(_included(variant, country_code), _on_top(variant, country_code))


TAXED_PRICE: Mapping[str, Price] = MappingProxyType(
    {"tax_percent": tax_percent, "net": net_price, "gross": gross_price, "tax": tax_amount}
)


def _rate(variant: Any, country_code: Any) -> ColumnElement[Any]:
    product = aliased(Product)
    of_product = select(product.tax_class_id).where(product.id == variant.product_id).correlate_except(product)
    country = of_shop(Shop.countries[1]) if country_code is None else country_code
    return rate_if_due(variant, of_product.scalar_subquery(), country)


def _included(variant: Any, country_code: Any) -> ColumnElement[Any]:
    rate = _rate(variant, country_code)
    return func.round(variant.price * rate / (1 + rate), _decimals(variant))


def _on_top(variant: Any, country_code: Any) -> ColumnElement[Any]:
    return func.round(variant.price * _rate(variant, country_code), _decimals(variant))


def _decimals(variant: Any) -> ColumnElement[int]:
    """Those of the currency; with more than are stored there is none (models/currencies.py)."""
    return case((one_of(variant.currency, WITHOUT_DECIMALS), 0), else_=USUAL_DECIMALS)


def _priced(where_included: Any, where_on_top: Any) -> ColumnElement[Any]:
    """One or the other, as the shop writes its prices; one digit longer than a price, for the tax on the highest."""
    chosen = case((of_shop(Shop.prices_include_tax), where_included), else_=where_on_top)
    return cast(chosen, Numeric(13, 2))
