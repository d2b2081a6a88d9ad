"""Scalars, each with one text form whichever executor writes it."""

import re
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from domain.money import CENT
from resolvers.uploads import Upload

CurrencyCode = NewType("CurrencyCode", str)
CountryCode = NewType("CountryCode", str)
BigInt = NewType("BigInt", int)

DECIMAL_DIGITS = 10
"""The digits before the point that NUMERIC(12, 2) holds."""
DECIMAL_PLACES = 2
AMOUNT = re.compile(rf"-?[0-9]{{1,{DECIMAL_DIGITS}}}(?:\.[0-9]{{1,{DECIMAL_PLACES}}}0*)?")
MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
"""RFC 3339, section 5.6."""
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def write_datetime(value: datetime) -> str:
    """UTC with milliseconds: 2026-11-20T08:30:00.000Z."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_datetime(value: Any) -> datetime:
    """An ISO 8601 time with its offset; without one it would be ambiguous."""
    if isinstance(value, str) and MOMENT.fullmatch(value):
        with suppress(ValueError, OverflowError):
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
    raise ValueError("It must be a date and time with an offset, such as 2026-11-20T08:30:00Z.")


def read_date(value: Any) -> date:
    """A day of the calendar."""
    if isinstance(value, str) and DAY.fullmatch(value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise ValueError("It must be a day, such as 2026-11-20.")


def read_decimal(value: Any) -> Decimal:
    """A finite number of at most ten digits before the point and two after it."""
    text = "" if isinstance(value, bool) or not isinstance(value, str | int | float) else str(value)
    if AMOUNT.fullmatch(text) is None:
        raise ValueError(f"It must be a decimal number of at most {DECIMAL_DIGITS} digits and {DECIMAL_PLACES} places.")
    return Decimal(text).quantize(CENT)


def _code(name: str, description: str, url: str) -> ScalarDefinition:
    return strawberry.scalar(name=name, description=description, specified_by_url=url, serialize=str, parse_value=str)


def read_upload(value: Any) -> Upload:
    """A file of a multipart request; nothing that JSON can say is one."""
    if isinstance(value, Upload):
        return value
    raise ValueError("It must be a file, sent as the GraphQL multipart request specification says.")


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment in UTC with milliseconds, `2026-11-20T08:30:00.000Z`. Input needs an offset or `Z`.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
        serialize=write_datetime,
        parse_value=read_datetime,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A day of the calendar, `2026-11-20`.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
        serialize=date.isoformat,
        parse_value=read_date,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description='An exact decimal number, sent as a string such as `"1250.00"`.',
        serialize=str,
        parse_value=read_decimal,
    ),
    BigInt: strawberry.scalar(
        name="BigInt",
        description="A whole number beyond the 32 bits of `Int`, as a JSON number.",
        serialize=int,
        parse_value=int,
    ),
    CurrencyCode: _code("CurrencyCode", "An ISO 4217 currency code such as `ETB`.", "https://www.iso.org/iso-4217"),
    CountryCode: _code(
        "CountryCode", "An ISO 3166-1 alpha-2 country code such as `ET`.", "https://www.iso.org/iso-3166"
    ),
    Upload: strawberry.scalar(
        name="Upload",
        description="A file, sent as the GraphQL multipart request specification says. Input only.",
        specified_by_url="https://github.com/jaydenseric/graphql-multipart-request-spec",
        parse_value=read_upload,
    ),
}
