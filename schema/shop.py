"""The shop: what a frontend needs to know before it shows anything."""

import models
from schema.declare import column, table
from schema.scalars import CountryCode, CurrencyCode


@table(models.Shop, "The shop's name, currency, countries and tax display.")
class Shop:
    """Settings that visitors may read."""

    name: str = column("The shop's name.")
    description: str = column("What the shop is, in a sentence or two.")
    currency_code: CurrencyCode = column("The currency in which prices are shown.", "currency")
    countries: list[CountryCode] = column("The countries that the shop sells to.")
    shows_prices_with_tax: bool = column("Whether prices are shown with tax included.")
    moderates_reviews_first: bool = column("Whether a new review is seen by a moderator before it is published.")
    contact_email: str | None = column("Where customers may write to.")
