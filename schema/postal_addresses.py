"""Addresses as they stand on a cart or an order, which keeps them however the book they came from changes."""

from collections.abc import Mapping

import strawberry

from schema.scalars import CountryCode


@strawberry.type(description="Where something goes, as it was said at the time.")
class PostalAddress:
    """A snapshot."""

    name: str = strawberry.field(description="The person who receives.")
    company: str | None = strawberry.field(description="The company, if it goes to one.")
    line1: str = strawberry.field(description="Street and number, or what stands for them.")
    line2: str | None = strawberry.field(description="Floor, building, landmark.")
    city: str = strawberry.field(description="The city or town.")
    region: str | None = strawberry.field(description="The region, state or province.")
    postal_code: str | None = strawberry.field(description="The postal code, where there are any.")
    country_code: CountryCode = strawberry.field(description="The country.")
    phone: str | None = strawberry.field(description="The phone number for those who deliver.")


def postal_address(stored: Mapping[str, str | None] | None) -> PostalAddress | None:
    """The address that is stored as `auth.addresses.snapshot_of` gives it."""
    if stored is None:
        return None
    return PostalAddress(
        name=stored["name"] or "",
        company=stored.get("company"),
        line1=stored["line1"] or "",
        line2=stored.get("line2"),
        city=stored["city"] or "",
        region=stored.get("region"),
        postal_code=stored.get("postal_code"),
        country_code=CountryCode(stored["country_code"] or ""),
        phone=stored.get("phone"),
    )
