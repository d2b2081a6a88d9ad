"""What a purchase costs: sums are exact, and nothing is rounded twice."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.discounting import AppliedCode, Offer, SkippedCode
from domain.money import CENT, MOST_MONEY, decimals_of, round_money, smallest_of
from domain.promotions import KnownPromotion, Promotion, SkipReason
from domain.shipping_rates import Parcel, ShippingTerms, shipping_price
from domain.taxation import tax_on
from domain.totals import AmountTooLargeError, PricedLine, Quote, Terms, quote
from models import DiscountType

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LAMP, CABLE, LIGHTS = (UUID(int=number) for number in range(3))
COURIER = UUID(int=9)
VAT = Decimal("0.15")

currencies = st.sampled_from(["ETB", "JPY", "KWD"])
rates = st.decimals(min_value=0, max_value=1, places=4)


@dataclass(frozen=True, slots=True)
class Purchase:
    """What somebody buys, and on which terms."""

    lines: list[PricedLine]
    codes: list[Offer]
    method: ShippingTerms | None
    terms: Terms


def prices_in(currency: str, most: int = 99_999) -> st.SearchStrategy[Decimal]:
    """Prices for which the currency has coins."""
    return st.decimals(min_value=0, max_value=most, places=decimals_of(currency))


def lines_in(currency: str) -> st.SearchStrategy[list[PricedLine]]:
    """What stays, with its taxes and the freight of its weight, below what an amount can hold."""
    line = st.builds(
        PricedLine,
        key=st.uuids(),
        product_id=st.sampled_from([LAMP, CABLE]),
        category_path=st.sampled_from([frozenset(), frozenset({LIGHTS})]),
        quantity=st.integers(1, 999),
        unit_price=prices_in(currency),
        tax_rate=rates,
        weight_grams=st.integers(0, 100_000),
        requires_shipping=st.booleans(),
    )
    return st.lists(line, max_size=8)


def promotions_in(currency: str, kind: DiscountType) -> st.SearchStrategy[Promotion]:
    """Percentages, and amounts that are in dollars now and then."""
    hundred = st.decimals(min_value=CENT, max_value=100, places=2)
    return st.builds(
        Promotion,
        discount_type=st.just(kind),
        amount=hundred if kind is DiscountType.PERCENT else prices_in(currency, 100).filter(bool),
        currency=st.sampled_from([currency, "USD"]),
        valid_from=st.just(NOW - timedelta(hours=1)),
        minimum_subtotal=st.none() | prices_in(currency),
        is_restricted=st.booleans(),
        product_ids=st.frozensets(st.just(LAMP)),
        category_ids=st.frozensets(st.just(LIGHTS)),
    )


def offers_in(currency: str) -> st.SearchStrategy[list[Offer]]:
    """Codes that the buyer has given."""
    promotions = st.sampled_from(DiscountType).flatmap(lambda kind: promotions_in(currency, kind))
    known = st.none() | st.builds(KnownPromotion, st.uuids(), promotions)
    offer = st.builds(Offer, st.sampled_from("ABCDEF"), known, st.integers(0, 2))
    return st.lists(offer, max_size=5, unique_by=lambda each: each.code)


def methods_in(currency: str) -> st.SearchStrategy[ShippingTerms]:
    """Ways to send things."""
    return st.builds(
        ShippingTerms,
        method_id=st.just(COURIER),
        name=st.just("Courier"),
        price=prices_in(currency),
        free_over=st.none() | prices_in(currency),
        price_per_kg=prices_in(currency, 999),
        tax_rate=rates,
    )


def purchases_in(currency: str) -> st.SearchStrategy[Purchase]:
    """What is quoted."""
    terms = st.builds(Terms, currency=st.just(currency), prices_include_tax=st.booleans(), at=st.just(NOW))
    return st.builds(Purchase, lines_in(currency), offers_in(currency), st.none() | methods_in(currency), terms)


def priced(currency: str) -> st.SearchStrategy[tuple[str, Decimal]]:
    """A price in that currency."""
    return st.tuples(st.just(currency), prices_in(currency))


def sent(currency: str) -> st.SearchStrategy[tuple[str, ShippingTerms]]:
    """A way to send things that is paid in that currency."""
    return st.tuples(st.just(currency), methods_in(currency))


purchases = currencies.flatmap(purchases_in)


def line(unit_price: str, quantity: int = 1, **more: Any) -> PricedLine:
    """Lamps with 15 percent of tax."""
    given = {"key": UUID(int=quantity), "product_id": LAMP, "tax_rate": VAT, **more}
    return PricedLine(unit_price=Decimal(unit_price), quantity=quantity, **given)


def code(name: str, kind: DiscountType, amount: str, **more: Any) -> Offer:
    """A code that has begun an hour ago."""
    promotion = Promotion(discount_type=kind, amount=Decimal(amount), currency="ETB", valid_from=NOW, **more)
    return Offer(name, KnownPromotion(UUID(int=ord(name[0])), promotion))


def courier(price: str = "50.00", **more: Any) -> ShippingTerms:
    """A way to send things."""
    return ShippingTerms(method_id=COURIER, name="Courier", price=Decimal(price), tax_rate=VAT, **more)


def within(*, prices_include_tax: bool, currency: str = "ETB") -> Terms:
    """In birr, now."""
    return Terms(currency=currency, prices_include_tax=prices_include_tax, at=NOW)


@given(purchases)
def test_totals_are_the_sums_of_what_is_shown(purchase: Purchase) -> None:
    bought, given_codes, held = purchase.lines, purchase.codes, purchase.terms
    found = quote(bought, given_codes, purchase.method, held)

    assert [each.key for each in found.lines] == [each.key for each in bought]
    assert found.subtotal == sum(each.unit_price * each.quantity for each in bought)
    assert found.discount_total == sum(each.discount for each in found.lines)
    assert found.discount_total == sum(each.amount for each in found.applied)
    assert found.tax_total == sum(each.tax for each in found.lines) + found.shipping_tax
    on_top = Decimal(0) if held.prices_include_tax else found.tax_total
    assert found.total == found.subtotal - found.discount_total + found.shipping_total + on_top
    sent = found.shipping_total + (Decimal(0) if held.prices_include_tax else found.shipping_tax)
    assert found.total == sum(each.total for each in found.lines) + sent
    codes = [each.code for each in found.applied] + [each.code for each in found.skipped]
    assert sorted(codes) == sorted(each.code for each in given_codes)
    assert_nothing_is_below_zero_or_between_coins(found)


def assert_nothing_is_below_zero_or_between_coins(found: Quote) -> None:
    """Nor is more taken off a line, or taxed of one, than it costs."""
    amounts = [found.subtotal, found.discount_total, found.shipping_total, found.shipping_tax, found.tax_total]
    for each in found.lines:
        amounts += [each.subtotal, each.discount, each.tax, each.total]
        assert each.discount <= each.subtotal
        assert each.tax <= each.total
    amounts.append(found.total)
    assert all(amount >= 0 and amount == round_money(amount, found.currency) for amount in amounts)


@given(purchases, st.randoms(use_true_random=False))
def test_order_in_which_codes_are_typed_does_not_matter(purchase: Purchase, random: Any) -> None:
    lines, codes, method, terms = purchase.lines, purchase.codes, purchase.method, purchase.terms
    shuffled = random.sample(codes, len(codes))
    assert quote(lines, shuffled, method, terms) == quote(lines, codes, method, terms)


@given(currencies.flatmap(priced), st.integers(1, 9_999), rates)
def test_tax_that_is_included_is_the_tax_that_was_put_on_top(
    price: tuple[str, Decimal], quantity: int, rate: Decimal
) -> None:
    """To the coin, line by line: a shop that changes how it writes prices takes the same from its customers."""
    currency, unit_price = price
    net = line(str(unit_price), quantity, tax_rate=rate)
    (on_top,) = quote([net], [], None, within(prices_include_tax=False, currency=currency)).lines
    gross = replace(net, quantity=1, unit_price=on_top.total)
    (included,) = quote([gross], [], None, within(prices_include_tax=True, currency=currency)).lines
    assert (included.tax, included.total) == (on_top.tax, on_top.total)
    assert on_top.tax == tax_on(net.subtotal, rate, currency, is_included=False)
    assert abs(on_top.tax - net.subtotal * rate) <= smallest_of(currency) / 2


@given(currencies.flatmap(sent), st.integers(0, 99_999), st.integers(0, 10_000_000))
def test_shipping_is_rounded_once_and_costs_nothing_from_its_amount_on(
    sending: tuple[str, ShippingTerms], goods: int, grams: int
) -> None:
    currency, method = sending
    price = shipping_price(method, Parcel(Decimal(goods), grams), currency)
    if method.free_over is not None and goods >= method.free_over:
        assert price == 0
    else:
        assert abs(price - method.price - method.price_per_kg * grams / 1000) <= smallest_of(currency) / 2


def test_prices_with_tax_in_them() -> None:
    found = quote(
        [line("100.00", 2), line("33.33", 3)],
        [code("TEN", DiscountType.PERCENT, "10")],
        courier(),
        within(prices_include_tax=True),
    )
    assert [(str(each.discount), str(each.tax), str(each.total)) for each in found.lines] == [
        ("20.00", "23.48", "180.00"),
        ("10.00", "11.74", "89.99"),
    ]
    assert found.applied == (AppliedCode(UUID(int=ord("T")), "TEN", Decimal("30.00")),)
    assert found.shipping is not None
    assert (str(found.shipping.price), str(found.shipping.tax)) == ("50.00", "6.52")
    totals = (found.subtotal, found.discount_total, found.shipping_total, found.tax_total, found.total)
    assert list(map(str, totals)) == ["299.99", "30.00", "50.00", "41.74", "319.99"]


def test_prices_without_tax() -> None:
    found = quote([line("0.03", 1), line("9.99", 7)], [], None, within(prices_include_tax=False))
    assert [(str(each.tax), str(each.total)) for each in found.lines] == [("0.00", "0.03"), ("10.49", "80.42")]
    assert (str(found.tax_total), str(found.total)) == ("10.49", "80.45")


def test_purchase_in_yen_has_no_decimals() -> None:
    found = quote(
        [line("105", 1), line("333", 3)],
        [code("TEN", DiscountType.PERCENT, "10")],
        courier("50", price_per_kg=Decimal(7)),
        within(prices_include_tax=False, currency="JPY"),
    )
    assert [(str(each.discount), str(each.tax), str(each.total)) for each in found.lines] == [
        ("11.00", "14.00", "108.00"),
        ("100.00", "135.00", "1034.00"),
    ]
    totals = (found.subtotal, found.discount_total, found.shipping_total, found.tax_total, found.total)
    assert list(map(str, totals)) == ["1104.00", "111.00", "50.00", "157.00", "1200.00"]


def test_percentages_come_first_and_each_code_takes_from_what_is_left() -> None:
    codes = [
        code("FIVE", DiscountType.FIXED, "5.00"),
        code("HALF", DiscountType.PERCENT, "50"),
        code("ALL", DiscountType.FIXED, "100.00"),
        code("LATE", DiscountType.FIXED, "1.00"),
        code("RICH", DiscountType.PERCENT, "10", minimum_subtotal=Decimal("100.01")),
        Offer("NONE", None),
    ]
    found = quote([line("50.00", 2)], codes, None, within(prices_include_tax=True))
    assert [(each.code, str(each.amount)) for each in found.applied] == [("HALF", "50.00"), ("ALL", "50.00")]
    assert found.skipped == (
        SkippedCode("NONE", SkipReason.UNKNOWN),
        SkippedCode("RICH", SkipReason.BELOW_MINIMUM, CENT),
        SkippedCode("FIVE", SkipReason.NOTHING_LEFT),
        SkippedCode("LATE", SkipReason.NOTHING_LEFT),
    )
    assert (str(found.total), str(found.tax_total)) == ("0.00", "0.00")


def test_what_is_not_sent_costs_no_shipping_and_weighs_nothing() -> None:
    licence, lamp = line("900.00", requires_shipping=False, weight_grams=5_000), line("100.00", 2, weight_grams=1_500)
    by_weight = courier("20.00", price_per_kg=Decimal("10.01"))
    over_a_thousand = courier(free_over=Decimal("1100.00"))
    held = within(prices_include_tax=True)
    assert quote([licence], [], by_weight, held).shipping is None
    assert str(quote([licence, lamp], [], by_weight, held).shipping_total) == "50.03"
    assert str(quote([licence, lamp], [], over_a_thousand, held).shipping_total) == "0.00"
    off = [code("OFF", DiscountType.FIXED, "0.01")]
    assert str(quote([licence, lamp], off, over_a_thousand, held).shipping_total) == "50.00"


def test_what_costs_more_than_can_be_written_down_is_refused() -> None:
    most = line(str(MOST_MONEY))
    assert quote([most], [], None, within(prices_include_tax=True)).total == MOST_MONEY
    for bought, held in (
        ([most, line("0.01")], within(prices_include_tax=True)),
        ([most], within(prices_include_tax=False)),
        ([line(str(MOST_MONEY), 9_999)] * 100, within(prices_include_tax=True)),
    ):
        with pytest.raises(AmountTooLargeError, match=r"^Altogether it costs more than 9999999999\.99\."):
            quote(bought, [], None, held)
