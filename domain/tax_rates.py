"""What is charged on things, as SQL: the rate of their class in a country, or else the shop's default rate."""

from typing import Any

from sqlalchemy import ColumnElement, Numeric, case, cast, func, select

from models import Shop, TaxClass, TaxRate
from models.shop import SHOP_ID


def rate_of(tax_class_id: Any, country_code: Any) -> ColumnElement[Any]:
    """The rate of a class, or of the default class where there is none, in a country, which may be NULL."""
    default_class = select(TaxClass.id).where(TaxClass.is_default).correlate(None).scalar_subquery()
    stated = select(TaxRate.rate).where(
        TaxRate.tax_class_id == func.coalesce(tax_class_id, default_class), TaxRate.country_code == country_code
    )
    return func.coalesce(stated.correlate_except(TaxRate).scalar_subquery(), of_shop(Shop.default_tax_rate))


def rate_if_due(variant: Any, tax_class_id: Any, country_code: Any) -> ColumnElement[Any]:
    """The rate of a variant whose product is of the class; 0 where no tax is due on it."""
    return case((variant.is_taxable, rate_of(tax_class_id, country_code)), else_=cast(0, Numeric(6, 4)))


def percent_of_rate(rate: Any) -> ColumnElement[Any]:
    """A stated rate in percent."""
    return percent_of(rate.rate)


def default_percent(shop: Any) -> ColumnElement[Any]:
    """The shop's default rate in percent."""
    return percent_of(shop.default_tax_rate)


def percent_of(rate: Any) -> ColumnElement[Any]:
    """A rate in percent, as the API says it."""
    return cast(rate * 100, Numeric(5, 2))


def of_shop(setting: Any) -> ColumnElement[Any]:
    """A setting of the shop."""
    return select(setting).where(Shop.id == SHOP_ID).correlate(None).scalar_subquery()
