"""What promotion codes take off: exact, for every basket."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import CENT, decimals_of, divide, round_money, smallest_of
from domain.promotions import Basket, BasketLine, Discount, Promotion, Skipped, SkipReason, apply_promotion
from models import DiscountType

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LAMP, CABLE, LIGHTS, HOME = (UUID(int=number) for number in range(4))
NONE = frozenset[UUID]()

currencies = st.sampled_from(["ETB", "JPY", "KWD"])


def amounts_of(currency: str, most: int = 9_999_999) -> st.SearchStrategy[Decimal]:
    """Amounts for which the currency has coins."""
    return st.decimals(min_value=0, max_value=most, places=decimals_of(currency))


def baskets_in(currency: str) -> st.SearchStrategy[Basket]:
    """What somebody buys with that currency."""
    paths = st.sampled_from([NONE, frozenset({LIGHTS, HOME})])
    lines = st.builds(BasketLine, st.sampled_from([LAMP, CABLE]), paths, amounts_of(currency))
    return st.lists(lines, max_size=12).map(lambda some: Basket(some, currency, NOW))


percentages = st.decimals(min_value=CENT, max_value=100, places=2)
baskets = currencies.flatmap(baskets_in)
reductions = currencies.flatmap(
    lambda currency: st.tuples(baskets_in(currency), amounts_of(currency, 9_999_999_999).filter(bool))
)
divisions = currencies.flatmap(
    lambda currency: st.tuples(st.just(currency), st.lists(amounts_of(currency), max_size=30), amounts_of(currency))
)


def promotion(kind: DiscountType, amount: Decimal | str, **terms: Any) -> Promotion:
    """One that has begun an hour ago."""
    started = {"currency": "ETB", "valid_from": NOW - HOUR}
    return Promotion(discount_type=kind, amount=Decimal(amount), **{**started, **terms})


def ten_percent(**terms: Any) -> Promotion:
    """The code that most shops have."""
    return promotion(DiscountType.PERCENT, "10", **terms)


def basket(*totals: str) -> Basket:
    """Lamps, each line with that total."""
    return Basket([BasketLine(LAMP, frozenset({LIGHTS, HOME}), Decimal(total)) for total in totals], "ETB", NOW)


def taken(offer: Promotion, of: Basket) -> list[str]:
    """What is taken off each line."""
    discount = apply_promotion(offer, of)
    assert isinstance(discount, Discount), discount
    return [str(amount) for amount in discount.amounts]


@given(baskets, percentages)
def test_percentage_is_rounded_once_for_each_line(of: Basket, percent: Decimal) -> None:
    discount = apply_promotion(promotion(DiscountType.PERCENT, percent), of)
    coin = smallest_of(of.currency)
    if isinstance(discount, Skipped):
        assert discount == Skipped(SkipReason.NOTHING_IT_IS_FOR)
        assert of.subtotal == 0
        return
    assert discount.total == sum(discount.amounts)
    for line, amount in zip(of.lines, discount.amounts, strict=True):
        assert amount == round_money(amount, of.currency)
        assert 0 <= amount <= line.total
        assert abs(amount - line.total * percent / 100) <= coin / 2


@given(reductions)
def test_fixed_amount_is_taken_off_to_the_coin_and_never_more_than_a_line_costs(drawn: tuple[Basket, Decimal]) -> None:
    of, amount = drawn
    discount = apply_promotion(promotion(DiscountType.FIXED, amount, currency=of.currency), of)
    if isinstance(discount, Skipped):
        assert of.subtotal == 0
        return
    assert discount.total == min(amount, of.subtotal)
    for line, share in zip(of.lines, discount.amounts, strict=True):
        assert 0 <= share <= line.total
        assert share == round_money(share, of.currency)
        assert abs(share - discount.total * line.total / of.subtotal) <= smallest_of(of.currency)


@given(baskets, st.one_of(st.just(DiscountType.PERCENT), st.just(DiscountType.FIXED)), percentages)
def test_restricted_code_takes_from_what_it_is_for_as_if_nothing_else_were_there(
    of: Basket, kind: DiscountType, amount: Decimal
) -> None:
    restricted = {"product_ids": frozenset({LAMP}), "category_ids": frozenset({HOME}), "is_restricted": True}
    offer = promotion(kind, amount, currency=of.currency, **restricted)
    is_for = [line.product_id == LAMP or HOME in line.category_path for line in of.lines]
    alone = replace(of, lines=[line for line, wanted in zip(of.lines, is_for, strict=True) if wanted])

    discount = apply_promotion(offer, of)
    of_alone = apply_promotion(promotion(kind, amount, currency=of.currency), alone)

    if isinstance(discount, Skipped) or isinstance(of_alone, Skipped):
        assert discount == of_alone == Skipped(SkipReason.NOTHING_IT_IS_FOR)
        return
    found = iter(of_alone.amounts)
    assert discount.amounts == tuple(next(found) if wanted else Decimal("0.00") for wanted in is_for)


@given(divisions)
def test_division_loses_nothing(drawn: tuple[str, list[Decimal], Decimal]) -> None:
    currency, weights, amount = drawn
    shares = divide(amount, weights, currency)
    assert len(shares) == len(weights)
    assert sum(shares) == (amount if any(weights) else 0)
    assert all(share >= 0 and share == round_money(share, currency) for share in shares)


def test_examples() -> None:
    assert taken(ten_percent(), basket("0.04", "0.05", "99.99")) == ["0.00", "0.01", "10.00"]
    assert taken(promotion(DiscountType.FIXED, "5.00"), basket("1.00", "1.00", "1.00")) == ["1.00", "1.00", "1.00"]
    assert taken(promotion(DiscountType.FIXED, "1.00"), basket("1.00", "1.00", "1.00")) == ["0.33", "0.34", "0.33"]
    assert taken(promotion(DiscountType.PERCENT, "100"), basket("0.01", "9999999999.99")) == ["0.01", "9999999999.99"]


def test_yen_are_whole_and_dinars_have_three_decimals() -> None:
    yen = replace(basket("105", "104", "1"), currency="JPY")
    dinars = replace(basket("1.005", "0.004", "0.995"), currency="KWD")
    assert taken(ten_percent(), yen) == ["11.00", "10.00", "0.00"]
    assert taken(promotion(DiscountType.FIXED, "100", currency="JPY"), yen) == ["50.00", "50.00", "0.00"]
    assert taken(ten_percent(), dinars) == ["0.101", "0.000", "0.100"]
    assert taken(promotion(DiscountType.FIXED, "0.005", currency="KWD"), dinars) == ["0.003", "0.000", "0.002"]


def test_price_with_too_many_decimals_is_not_discounted_beyond_itself() -> None:
    """As one may be stored since before amounts were held to their currency."""
    assert taken(promotion(DiscountType.PERCENT, "100"), replace(basket("10.50"), currency="JPY")) == ["10.50"]


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"valid_from": NOW + HOUR}, SkipReason.NOT_YET_VALID),
        ({"valid_to": NOW}, SkipReason.OVER),
        ({"ended_at": NOW}, SkipReason.OVER),
        ({"usage_limit": 3, "used_count": 3}, SkipReason.USED_UP),
        ({"limit_per_customer": 2}, SkipReason.USED_UP_BY_CUSTOMER),
        ({"currency": "USD", "minimum_subtotal": Decimal(1)}, SkipReason.OTHER_CURRENCY),
        ({"is_restricted": True, "product_ids": frozenset({CABLE})}, SkipReason.NOTHING_IT_IS_FOR),
        ({"is_restricted": True}, SkipReason.NOTHING_IT_IS_FOR),
    ],
)
def test_why_a_code_was_skipped_is_said(terms: dict[str, Any], reason: SkipReason) -> None:
    of = replace(basket("100.00"), uses_by_customer=2)
    assert apply_promotion(ten_percent(**terms), of) == Skipped(reason)


def test_limits_hold_to_the_last_moment_and_the_last_use() -> None:
    terms = {"valid_from": NOW, "valid_to": NOW + timedelta(microseconds=1), "usage_limit": 3, "used_count": 2}
    of = replace(basket("100.00"), uses_by_customer=1)
    assert taken(ten_percent(**terms, limit_per_customer=2, currency="USD"), of) == ["10.00"]
    assert apply_promotion(promotion(DiscountType.FIXED, "5", currency="USD"), of) == Skipped(SkipReason.OTHER_CURRENCY)


def test_basket_below_the_minimum_is_told_what_is_missing() -> None:
    offer = ten_percent(minimum_subtotal=Decimal("100.00"))
    assert apply_promotion(offer, basket("50.00", "49.99")) == Skipped(SkipReason.BELOW_MINIMUM, CENT)
    assert taken(offer, basket("50.00", "50.00")) == ["5.00", "5.00"]
