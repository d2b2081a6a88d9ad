"""The shop: what a frontend needs to know before it shows anything."""

from decimal import Decimal

import strawberry

import models
from domain import tax_rates
from schema.declare import column, expression, part, table
from schema.scalars import CountryCode, CurrencyCode


@strawberry.type(description="The paths of the shop's pages, each with `{slug}` where the slug stands.")
class ShopPaths:
    """Patterns."""

    product: str = strawberry.field(description="Of products.")
    category: str = strawberry.field(description="Of categories.")
    service: str = strawberry.field(description="Of services.")
    post: str = strawberry.field(description="Of blog posts.")
    post_category: str = strawberry.field(description="Of the blog's sections.")
    author: str = strawberry.field(description="Of authors.")
    page: str = strawberry.field(description="Of pages of text.")


PATHS = {
    "product": "product_path",
    "category": "category_path",
    "service": "service_path",
    "post": "post_path",
    "post_category": "post_category_path",
    "author": "author_path",
    "page": "page_path",
}


@table(models.Shop, "The shop's name, currency, countries and tax display.")
class Shop:
    """Settings that visitors may read."""

    name: str = column("The shop's name.")
    description: str = column("What the shop is, in a sentence or two.")
    currency_code: CurrencyCode = column("The currency in which prices are shown.", "currency")
    countries: list[CountryCode] = column(
        "The countries that the shop sells to; the taxes of the first hold while nobody knows better."
    )
    prices_include_tax: bool = column("Whether the prices of the API have tax in them.")
    default_tax_percent: Decimal = expression(
        tax_rates.default_percent, "The rate of tax, in percent, where no other is stated."
    )
    shows_prices_with_tax: bool = column("Whether prices are shown with tax included.")
    moderates_reviews_first: bool = column("Whether a new review is seen by a moderator before it is published.")
    approves_own_posts: bool = column("Whether who wrote a post may approve it too.")
    contact_email: str | None = column("Where customers may write to.")
    site_url: str | None = column("Where the shop's pages are, without a slash at its end.")
    paths: ShopPaths = part(ShopPaths, PATHS, "Where each kind of page is below that.")
    version: int = column("Rises with each change: what `expectedVersion` is compared with.")
