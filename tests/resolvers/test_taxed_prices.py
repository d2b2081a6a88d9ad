"""Prices with tax and without, as the API shows them: by both executors, and as carts reckon them."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.taxation import tax_on
from models import ProductVariant, Shop
from tests.api import data_of
from tests.factories import add_product, add_tax_class, add_tax_rate, add_variant, writing
from tests.statements import execute

DOCUMENT = Path(__file__).parents[2] / "queries" / "ProductPrices.graphql"
QUERY = """query($slug: String!, $country: CountryCode) { product(slug: $slug) { variants {
    nodes { home: taxedPrice { ...Both } there: taxedPrice(countryCode: $country) { ...Both } } } } }
    fragment Both on TaxedMoney { currencyCode taxPercent net gross tax }"""


def both(percent: str, net: str, gross: str, tax: str) -> dict[str, str]:
    """A price as it is shown."""
    return {"currencyCode": "ETB", "taxPercent": percent, "net": net, "gross": gross, "tax": tax}


async def test_tax_in_yen_is_whole(engine: AsyncEngine) -> None:
    """As carts reckon it."""
    await execute(engine, update(Shop).values(currency="JPY"))
    for included in (True, False):
        await execute(engine, update(Shop).values(prices_include_tax=included))
        await _compare(engine, ["1.00", "4.00", "105.00", "999.00"], Decimal("0.15"), "JPY", is_included=included)


@pytest.mark.parametrize("prices_include_tax", [True, False])
async def test_price_is_shown_both_ways(engine: AsyncEngine, prices_include_tax: bool) -> None:
    await execute(engine, update(Shop).values(prices_include_tax=prices_include_tax, countries=["KE", "ET"]))
    async with writing(engine) as session:
        books = await add_tax_class(session)
        await add_tax_rate(session, books, "KE", "0.08")
        product = await add_product(session, tax_class_id=books.id, price=Decimal("99.99"))
        await add_variant(session, product, price=Decimal("9999999999.99"), is_taxable=False, position=1)

    data = await data_of(engine, QUERY, {"slug": product.slug, "country": "ET"})
    book, stamp = data["product"]["variants"]["nodes"]
    assert book == (
        {"home": both("8.00", "92.58", "99.99", "7.41"), "there": both("15.00", "86.95", "99.99", "13.04")}
        if prices_include_tax
        else {"home": both("8.00", "99.99", "107.99", "8.00"), "there": both("15.00", "99.99", "114.99", "15.00")}
    )
    untaxed = both("0.00", "9999999999.99", "9999999999.99", "0.00")
    assert stamp == {"home": untaxed, "there": untaxed}


async def test_shop_says_which_of_them_is_to_be_shown(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        slug = (await add_product(session, price=Decimal(115))).slug
    for with_tax in (True, False):
        await execute(engine, update(Shop).values(shows_prices_with_tax=with_tax))
        data = await data_of(engine, DOCUMENT.read_text(encoding="utf-8"), {"slug": slug})
        (variant,) = data["product"]["variants"]["nodes"]
        assert data["shop"] == {"showsPricesWithTax": with_tax}
        assert variant["taxedPrice"] == both("15.00", "100.00", "115.00", "15.00")


async def test_database_rounds_as_carts_do(engine: AsyncEngine) -> None:
    """For prices up to the highest, and rates to the last place."""
    prices = ["0.01", "0.03", "0.10", "1.00", "33.33", "1234567.89", "8695652173.90"]
    rates = ["0.0001", "0.0750", "0.1500", "0.3333", "1.0000"]
    for included in (True, False):
        await execute(engine, update(Shop).values(prices_include_tax=included))
        for rate in rates:
            await execute(engine, update(Shop).values(default_tax_rate=Decimal(rate)))
            await _compare(engine, prices, Decimal(rate), "ETB", is_included=included)


async def _compare(engine: AsyncEngine, prices: list[str], rate: Decimal, currency: str, *, is_included: bool) -> None:
    async with AsyncSession(engine) as session:
        known = set(await session.scalars(select(ProductVariant.price)))
    async with writing(engine) as session:
        for price in {Decimal(price) for price in prices} - known:
            await add_product(session, price=price, currency=currency)
    query = "{ products(first: 50) { nodes { defaultVariant { price { amount } taxedPrice { tax } } } } }"
    nodes: list[Any] = (await data_of(engine, query))["products"]["nodes"]
    shown = {each["defaultVariant"]["price"]["amount"]: each["defaultVariant"]["taxedPrice"]["tax"] for each in nodes}
    assert shown == {price: str(tax_on(Decimal(price), rate, currency, is_included=is_included)) for price in prices}
