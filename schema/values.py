"""Values that several types share: money, search engine texts, names with values, and ranges to filter by."""

from datetime import datetime
from decimal import Decimal

import strawberry

from schema.scalars import CurrencyCode


@strawberry.type(description="An amount of money.")
class Money:
    """An exact amount with its currency."""

    amount: Decimal = strawberry.field(description="The amount in the currency's main unit, with two places.")
    currency_code: CurrencyCode = strawberry.field(description="The currency of the amount.")


@strawberry.type(description="An amount of money with the tax on it.")
class TaxedMoney:
    """The same amount both ways."""

    currency_code: CurrencyCode = strawberry.field(description="The currency of the amounts.")
    tax_percent: Decimal = strawberry.field(description="The rate of tax in percent.")
    net: Decimal = strawberry.field(description="Without tax.")
    gross: Decimal = strawberry.field(description="With tax.")
    tax: Decimal = strawberry.field(description="The tax.")


CURRENCY = {"currency_code": "currency"}
PRICE = {"amount": "price", "currency_code": "currency"}
COMPARE_AT_PRICE = {"amount": "compare_at_price", "currency_code": "currency"}
COST_PRICE = {"amount": "cost_price", "currency_code": "currency"}


@strawberry.type(description="What search engines and link previews show of a page.")
class Seo:
    """Search engine texts; null where the page's own title and text serve."""

    title: str | None = strawberry.field(description="The page's title for search engines, some 60 characters.")
    description: str | None = strawberry.field(
        description="The page's summary for search engines, some 155 characters."
    )


@strawberry.type(description="Search engine texts with keywords.")
class KeywordSeo(Seo):
    """Seo of services and posts."""

    keywords: list[str] = strawberry.field(description="What the page is about.")


CANONICAL = "The address of its page on the shop's site; null while the shop has none."
OPEN_GRAPH = "What link previews show of its page: contents by the properties of the Open Graph protocol."

SEO = {"title": "seo_title", "description": "seo_description"}
KEYWORD_SEO = {**SEO, "keywords": "seo_keywords"}


@strawberry.type(description="A name and its value.")
class NameValue:
    """A specification, or a chosen option."""

    name: str = strawberry.field(description="What is stated, such as `Ports`.")
    value: str = strawberry.field(description="What is stated of it, such as `8 ports of 1 GbE`.")


@strawberry.input(description="A range of amounts, its bounds included.")
class DecimalRange:
    """Both bounds are optional."""

    min: Decimal | None = strawberry.field(default=None, description="The least amount.")
    max: Decimal | None = strawberry.field(default=None, description="The greatest amount.")


@strawberry.input(description="A span of time: `from` is included, `to` is not.")
class DateTimeRange:
    """Both ends are optional."""

    from_: datetime | None = strawberry.field(name="from", default=None, description="The first moment.")
    to: datetime | None = strawberry.field(default=None, description="The moment after the last.")
