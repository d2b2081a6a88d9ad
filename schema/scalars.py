"""Scalars, each with one text form whichever executor writes it."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

CurrencyCode = NewType("CurrencyCode", str)
CountryCode = NewType("CountryCode", str)

DECIMAL_DIGITS = 10
"""The digits before the point that NUMERIC(12, 2) holds."""
DECIMAL_PLACES = 2


def write_datetime(value: datetime) -> str:
    """UTC with milliseconds: 2026-11-20T08:30:00.000Z."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_datetime(value: Any) -> datetime:
    """An ISO 8601 time with its offset; without one it would be ambiguous."""
    try:
        parsed = datetime.fromisoformat(value)
        if parsed.tzinfo is not None:
            return parsed.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise GraphQLError(f"{_shown(value)} is not a date and time with an offset, such as 2026-11-20T08:30:00Z.")


def read_decimal(value: Any) -> Decimal:
    """A finite number of at most ten digits before the point and two after it."""
    number = _number(value)
    if not number.is_finite() or abs(number) >= 10**DECIMAL_DIGITS or _places(number) > DECIMAL_PLACES:
        raise GraphQLError(
            f"{_shown(value)} is not a decimal number of at most {DECIMAL_DIGITS} digits and {DECIMAL_PLACES} places."
        )
    return number


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return Decimal("NaN")
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return Decimal("NaN")


def _places(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"  # noqa: PLR2004 - keeps the message readable


def _code(name: str, description: str, url: str) -> ScalarDefinition:
    return strawberry.scalar(name=name, description=description, specified_by_url=url, serialize=str, parse_value=str)


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment in UTC with milliseconds, `2026-11-20T08:30:00.000Z`. Input needs an offset or `Z`.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
        serialize=write_datetime,
        parse_value=read_datetime,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description='An exact decimal number, sent as a string such as `"1250.00"`.',
        serialize=str,
        parse_value=read_decimal,
    ),
    CurrencyCode: _code("CurrencyCode", "An ISO 4217 currency code such as `ETB`.", "https://www.iso.org/iso-4217"),
    CountryCode: _code(
        "CountryCode", "An ISO 3166-1 alpha-2 country code such as `ET`.", "https://www.iso.org/iso-3166"
    ),
}
