"""Tax classes and rates as the staff sees them."""

from datetime import datetime
from decimal import Decimal

import models
from domain import tax_rates
from schema.declare import column, expression, many, table
from schema.orders import ascending
from schema.relay import Node
from schema.scalars import CountryCode


@table(models.TaxRate, "What things of a class are charged in a country.")
class TaxRate:
    """A rate."""

    country_code: CountryCode = column("The country.")
    percent: Decimal = expression(tax_rates.percent_of_rate, "The rate in percent, with two places.")


@table(models.TaxClass, "Things that are taxed alike.")
class TaxClass(Node):
    """A class of tax."""

    name: str = column("What the staff calls it.")
    code: str = column("What programs know it by; unique.")
    is_default: bool = column("Whether it is the class of everything that has none.")
    rates: list[TaxRate] = many(
        models.TaxClass.rates,
        "Its rates by country; in any other country the shop's default rate holds.",
        order=ascending("country", lambda rate: rate.country_code),
        paged=False,
    )
    version: int = column("Rises with each change: what `expectedVersion` is compared with.")
    created_at: datetime = column("When it was made.")
    updated_at: datetime = column("When it was last changed.")
