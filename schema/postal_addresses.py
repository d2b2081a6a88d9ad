"""Addresses as they stand on a cart or an order, which keeps them however the book they came from changes."""

import strawberry

from schema.scalars import CountryCode


@strawberry.type(description="Where something goes, as it was said at the time; of a buyer who was forgotten, nothing.")
class PostalAddress:
    """A snapshot, as `auth.addresses.snapshot_of` gives it."""

    name: str | None = strawberry.field(description="The person who receives.")
    company: str | None = strawberry.field(description="The company, if it goes to one.")
    line1: str | None = strawberry.field(description="Street and number, or what stands for them.")
    line2: str | None = strawberry.field(description="Floor, building, landmark.")
    city: str | None = strawberry.field(description="The city or town.")
    region: str | None = strawberry.field(description="The region, state or province.")
    postal_code: str | None = strawberry.field(description="The postal code, where there are any.")
    country_code: CountryCode | None = strawberry.field(description="The country.")
    phone: str | None = strawberry.field(description="The phone number for those who deliver.")
