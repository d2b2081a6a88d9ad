"""Address books: where orders and bills go."""

from datetime import datetime
from typing import Annotated

import strawberry

import models
from auth.addresses import LENGTHS
from auth.errors import AddressNotFoundError, TooManyAddressesError
from resolvers.loading import Link
from schema.account_problems import AccountGone
from schema.declare import column, identifier, sealed, table
from schema.inputs import choice, key, mutation_input, text
from schema.orders import ascending
from schema.payloads import Done
from schema.problems import InvalidInput, Problem, problem
from schema.scalars import CountryCode

OWN_ADDRESSES = Link(models.Address, lambda address, account: address.user_id == account)
OLDEST_FIRST = ascending("address:oldest", lambda address: address.created_at)

LONGEST_PHONE = 50


@table(models.Address, "An entry of an address book.")
class Address:
    """Where something goes."""

    id: strawberry.ID = identifier()
    name: str = column("The person who receives.")
    company: str | None = column("The company, if it goes to one.")
    line1: str = column("Street and number, or what stands for them.")
    line2: str | None = column("Floor, building, landmark.")
    city: str = column("The city or town.")
    region: str | None = column("The region, state or province.")
    postal_code: str | None = column("The postal code, where there are any.")
    country_code: CountryCode = column("The country.")
    phone: str | None = sealed("The phone number for those who deliver.", "encrypted_phone")
    is_default_shipping: bool = column("Whether orders go there unless another address is chosen.")
    is_default_billing: bool = column("Whether bills go there unless another address is chosen.")
    created_at: datetime = column("When it was added.")
    updated_at: datetime = column("When it was last changed.")


@mutation_input("A new entry of one's own address book.")
class CreateAddressInput:
    """An address."""

    name: str = text("The person who receives.", longest=LENGTHS["name"], shortest=1)
    company: str | None = text("The company, if it goes to one.", longest=LENGTHS["company"], clearable=True)
    line1: str = text("Street and number, or what stands for them.", longest=LENGTHS["line1"], shortest=1)
    line2: str | None = text("Floor, building, landmark.", longest=LENGTHS["line2"], clearable=True)
    city: str = text("The city or town.", longest=LENGTHS["city"], shortest=1)
    region: str | None = text("The region, state or province.", longest=LENGTHS["region"], clearable=True)
    postal_code: str | None = text("The postal code.", longest=LENGTHS["postal_code"], clearable=True)
    country_code: CountryCode = text("The country.", longest=2, shortest=2)
    phone: str | None = text("A phone number for those who deliver.", longest=LONGEST_PHONE, clearable=True)
    is_default_shipping: bool | None = choice("Whether orders go there from now on, and no more where they went.")
    is_default_billing: bool | None = choice("Whether bills go there from now on, and no more where they went.")


@mutation_input("Changes of an entry of one's own address book. What is left out stays as it is.")
class UpdateAddressInput:
    """A changed address."""

    id: strawberry.ID = key("The address.", "Address")
    name: str | None = text("The person who receives.", longest=LENGTHS["name"], shortest=1)
    company: str | None = text("The company; null for none.", longest=LENGTHS["company"], clearable=True)
    line1: str | None = text("Street and number, or what stands for them.", longest=LENGTHS["line1"], shortest=1)
    line2: str | None = text("Floor, building, landmark; null for none.", longest=LENGTHS["line2"], clearable=True)
    city: str | None = text("The city or town.", longest=LENGTHS["city"], shortest=1)
    region: str | None = text("The region; null for none.", longest=LENGTHS["region"], clearable=True)
    postal_code: str | None = text("The postal code; null for none.", longest=LENGTHS["postal_code"], clearable=True)
    country_code: CountryCode | None = text("The country.", longest=2, shortest=2)
    phone: str | None = text("A phone number; null for none.", longest=LONGEST_PHONE, clearable=True)
    is_default_shipping: bool | None = choice("Whether orders go there from now on, and no more where they went.")
    is_default_billing: bool | None = choice("Whether bills go there from now on, and no more where they went.")


@mutation_input("Which entry to take out of one's own address book.")
class DeleteAddressInput:
    """An address."""

    id: strawberry.ID = key("The address.", "Address")


@problem(AddressNotFoundError, "One's own address book has no such entry.")
class AddressNotFound(Problem):
    """It may have been deleted."""


@problem(TooManyAddressesError, "The address book is full.")
class TooManyAddresses(Problem):
    """Delete one first."""


CreateAddressResult = Annotated[
    Address | InvalidInput | TooManyAddresses | AccountGone,
    strawberry.union("CreateAddressResult", description="The new address, or why there is none."),
]
UpdateAddressResult = Annotated[
    Address | InvalidInput | AddressNotFound | AccountGone,
    strawberry.union("UpdateAddressResult", description="The changed address, or why it was not changed."),
]
DeleteAddressResult = Annotated[
    Done | InvalidInput | AddressNotFound | AccountGone,
    strawberry.union("DeleteAddressResult", description="Whether the address is gone."),
]
