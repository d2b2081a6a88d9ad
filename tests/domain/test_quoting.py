"""Quotes from what is stored: rates, methods and codes, by as many statements for many lines as for one."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.promo_code_uses import Customer, use_code
from domain.promotions import SkipReason
from domain.purchases import LeftOut, LeftOutReason, PurchaseFacts, PurchaseLine, PurchaseQuote, ShippingFault
from domain.quoting import quote_for, shipping_options
from models import Category, DiscountType, ProductVariant, ShippingRateKind, Shop, promo_code_categories
from models.shop import SHOP_ID
from tests.factories import (
    add_category,
    add_product,
    add_promo_code,
    add_shipping_method,
    add_tax_class,
    add_tax_rate,
    add_variant,
    new_id,
    shared_engine,
    writing,
)
from tests.statements import noted

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SOMEBODY = Customer(email_index=b"selam")


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A shop that sells to Ethiopia and Kenya; each test has rows of its own."""
    async with shared_engine(postgres, migrated) as engine:
        async with writing(engine) as session:
            (await session.get_one(Shop, SHOP_ID)).countries = ["ET", "KE"]
        yield engine


def line(variant: ProductVariant, quantity: int = 1) -> PurchaseLine:
    """Units of the variant at its price."""
    return PurchaseLine(new_id(), variant.id, quantity, variant.price)


async def variant_for(
    session: AsyncSession, price: str, category: Category | None = None, **more: Any
) -> ProductVariant:
    """The only variant of a new product."""
    of_product = {name: more.pop(name) for name in ("tax_class_id", "is_active") if name in more}
    product = await add_product(session, category_id=category.id if category else None, **of_product)
    return await add_variant(session, product, price=Decimal(price), **more)


def facts(*lines: PurchaseLine, **more: Any) -> PurchaseFacts:
    """A purchase in birr by somebody."""
    return PurchaseFacts(**{"lines": lines, "currency": "ETB", "customer": SOMEBODY, **more})


async def quoted(engine: AsyncEngine, asked: PurchaseFacts) -> PurchaseQuote:
    """What it costs now."""
    async with writing(engine) as session:
        return await quote_for(session, asked, NOW)


async def test_rate_is_that_of_the_class_in_the_country_or_else_the_shops(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        books = await add_tax_class(session)
        await add_tax_rate(session, books, "KE", "0.08")
        plain = line(await variant_for(session, "115.00"))
        book = line(await variant_for(session, "115.00", tax_class_id=books.id))
        stamp = line(await variant_for(session, "115.00", tax_class_id=books.id, is_taxable=False))

    async def rates(country_code: str | None) -> list[str]:
        found = await quoted(shop, facts(plain, book, stamp, country_code=country_code))
        return [str(each.tax_rate) for each in found.quote.lines]

    assert await rates("KE") == ["0.1500", "0.0800", "0.0000"]
    assert await rates("ET") == ["0.1500", "0.1500", "0.0000"]
    assert await rates(None) == ["0.1500", "0.1500", "0.0000"]
    assert (await quoted(shop, facts(plain))).country_code == "ET"


async def test_code_is_for_what_is_below_its_category_and_says_why_it_is_not(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        home = await add_category(session)
        lights = await add_category(session, parent_id=home.id)
        lamp = line(await variant_for(session, "100.00", lights), 2)
        other = line(await variant_for(session, "50.00"))
        ten = await add_promo_code(session, is_restricted=True)
        await session.execute(promo_code_categories.insert(), {"promo_code_id": ten.id, "category_id": home.id})
        once = await add_promo_code(session, limit_per_customer=1, discount_type=DiscountType.FIXED)
        await use_code(session, once.id, new_id(), SOMEBODY)

    found = (await quoted(shop, facts(lamp, other, codes=(ten.code, once.code, "NOTHING")))).quote
    assert [str(each.discount) for each in found.lines] == ["20.00", "0.00"]
    assert [(each.promo_code_id, each.code, str(each.amount)) for each in found.applied] == [
        (ten.id, ten.code, "20.00")
    ]
    reasons = {each.code: each.reason for each in found.skipped}
    assert reasons == {once.code: SkipReason.USED_UP_BY_CUSTOMER, "NOTHING": SkipReason.UNKNOWN}

    another = await quoted(shop, facts(lamp, codes=(once.code,), customer=Customer(email_index=b"hana")))
    assert str(another.quote.discount_total) == "10.00"


async def test_shipping_is_offered_where_it_goes(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        lamp = line(await variant_for(session, "100.00", weight_grams=500), 3)
        licence = line(await variant_for(session, "900.00", requires_shipping=False))
        by_weight: dict[str, Any] = {"rate_kind": ShippingRateKind.WEIGHT, "price_per_kg": Decimal("20.00")}
        parcel = await add_shipping_method(session, **by_weight, countries=["KE"], position=1)
        rider = await add_shipping_method(
            session, rate_kind=ShippingRateKind.FREE_OVER, free_over=Decimal(300), position=2
        )
        retired = await add_shipping_method(session, is_active=False)
        dollars = await add_shipping_method(session, currency="USD")

    async def options(country_code: str, *lines: PurchaseLine) -> list[tuple[object, str, str]]:
        async with writing(shop) as session:
            asked = await quote_for(session, facts(*lines, country_code=country_code), NOW)
            found = await shipping_options(session, asked)
        return [(each.method_id, str(each.price), str(each.tax)) for each in found]

    assert await options("KE", lamp) == [(parcel.id, "80.00", "10.43"), (rider.id, "0.00", "0.00")]
    assert await options("ET", lamp) == [(rider.id, "0.00", "0.00")]
    assert await options("US", lamp) == []
    assert await options("KE", licence) == []

    async def chosen(*lines: PurchaseLine, **more: Any) -> tuple[str, ShippingFault | None]:
        found = await quoted(shop, facts(*lines, **more))
        return str(found.quote.shipping_total), found.shipping_fault

    assert await chosen(lamp, country_code="KE", shipping_method_id=parcel.id) == ("80.00", None)
    assert await chosen(licence, shipping_method_id=parcel.id) == ("0.00", None)
    assert await chosen(lamp) == ("0.00", ShippingFault.METHOD_MISSING)
    assert await chosen(lamp, country_code="US") == ("0.00", ShippingFault.COUNTRY_NOT_SERVED)
    for method in (parcel, retired, dollars):
        fault = ShippingFault.METHOD_UNAVAILABLE
        assert await chosen(lamp, country_code="ET", shipping_method_id=method.id) == ("0.00", fault)


async def test_what_cannot_be_bought_is_left_out_and_named(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        lamp = line(await variant_for(session, "100.00"))
        hidden = line(await variant_for(session, "70.00", is_active=False))
        dollars = line(await variant_for(session, "60.00", currency="USD"))
    gone = PurchaseLine(new_id(), new_id(), 1, Decimal("5.00"))

    found = await quoted(shop, facts(hidden, lamp, gone, dollars))
    assert found.left_out == (
        LeftOut(hidden.key, LeftOutReason.INACTIVE),
        LeftOut(gone.key, LeftOutReason.GONE),
        LeftOut(dollars.key, LeftOutReason.OTHER_CURRENCY),
    )
    assert ([each.key for each in found.quote.lines], str(found.quote.total)) == ([lamp.key], "100.00")
    nothing = await quoted(shop, facts())
    assert (str(nothing.quote.total), nothing.left_out, nothing.shipping_fault) == ("0.00", (), None)


async def test_shop_that_writes_prices_without_tax_adds_it(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        (await session.get_one(Shop, SHOP_ID)).prices_include_tax = False
        lamp = line(await variant_for(session, "100.00"))
    assert str((await quoted(engine, facts(lamp))).quote.total) == "115.00"


async def test_many_lines_and_codes_take_as_many_statements_as_one(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        lines = [line(await variant_for(session, "10.00")) for _ in range(5)]
        codes = [(await add_promo_code(session, valid_from=NOW - timedelta(days=1))).code for _ in range(5)]
        method = await add_shipping_method(session)

    async def statements(number: int) -> int:
        asked = facts(*lines[:number], codes=tuple(codes[:number]), shipping_method_id=method.id)
        async with noted(shop) as found:
            await quoted(shop, asked)
        return len(found)

    assert await statements(1) == await statements(5) == 2
