"""Address books: each user's own, with one default at most for each use."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import TypedDict, Unpack
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from auth.active_accounts import lock_account
from auth.errors import AddressNotFoundError, TooManyAddressesError
from auth.phones import require_phone
from domain.countries import MALFORMED, known_country
from domain.errors import InvalidField, InvalidInputError
from domain.vault import Place, Vault
from models import Address

MOST_ADDRESSES = 50

LENGTHS: Mapping[str, int] = MappingProxyType(
    {"name": 200, "company": 200, "line1": 255, "line2": 255, "city": 100, "region": 100, "postal_code": 20}
)
REQUIRED = frozenset({"name", "line1", "city"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressData:
    """What an address says. Texts that are empty or missing are stored as missing."""

    name: str
    line1: str
    city: str
    country_code: str
    company: str | None = None
    line2: str | None = None
    region: str | None = None
    postal_code: str | None = None
    phone: str | None = None
    is_default_shipping: bool = False
    is_default_billing: bool = False


class AddressDetails(TypedDict, total=False):
    """What an address may have besides."""

    company: str | None
    line2: str | None
    region: str | None
    postal_code: str | None
    phone: str | None
    is_default_shipping: bool
    is_default_billing: bool


class NewAddress(AddressDetails):
    """What makes an address."""

    name: str
    line1: str
    city: str
    country_code: str


class AddressChanges(AddressDetails, total=False):
    """What may change of one; what is left out stays as it is."""

    name: str
    line1: str
    city: str
    country_code: str


async def add_address(session: AsyncSession, vault: Vault, user_id: UUID, data: AddressData) -> Address:
    """A new entry. As a default it takes the place of the one before.

    Raises InvalidInputError, TooManyAddressesError and AccountGoneError.
    """
    values = _checked(data)
    await lock_account(session, user_id)
    kept = await session.scalar(select(func.count()).where(Address.user_id == user_id))
    if (kept or 0) >= MOST_ADDRESSES:
        raise TooManyAddressesError(MOST_ADDRESSES)
    address = Address(id=uuid7(), user_id=user_id)
    await _write(session, vault, address, values, data)
    return address


async def change_address(
    session: AsyncSession, vault: Vault, user_id: UUID, address_id: UUID, **changes: Unpack[AddressChanges]
) -> Address:
    """Change what is given. Raises InvalidInputError, AddressNotFoundError and AccountGoneError."""
    await lock_account(session, user_id)
    address = await _own(session, user_id, address_id)
    data = replace(_data_of(vault, address), **changes)
    await _write(session, vault, address, _checked(data), data)
    return address


async def delete_address(session: AsyncSession, user_id: UUID, address_id: UUID) -> None:
    """Take the entry out. Raises AddressNotFoundError and AccountGoneError."""
    await lock_account(session, user_id)
    await session.delete(await _own(session, user_id, address_id))
    await session.flush()


def snapshot_of(data: AddressData) -> dict[str, str | None]:
    """An address as it stands on a cart or an order, which keeps it however the book changes.

    Raises InvalidInputError.
    """
    phone = require_phone(data.phone) if data.phone else None
    return {**_checked(data), "phone": phone}


async def own_snapshot(session: AsyncSession, vault: Vault, user_id: UUID, address_id: UUID) -> dict[str, str | None]:
    """The same of an entry of the user's book. Raises AddressNotFoundError."""
    return snapshot_of(_data_of(vault, await _own(session, user_id, address_id)))


def phone_of(vault: Vault, address: Address) -> str | None:
    """The phone number of the address in plain text."""
    return None if address.encrypted_phone is None else vault.open(address.encrypted_phone, _phone_place(address))


def _data_of(vault: Vault, address: Address) -> AddressData:
    stored = {field.name: getattr(address, field.name) for field in fields(AddressData) if field.name != "phone"}
    return AddressData(**stored, phone=phone_of(vault, address))


async def _write(
    session: AsyncSession, vault: Vault, address: Address, values: dict[str, str | None], data: AddressData
) -> None:
    for name, value in values.items():
        setattr(address, name, value)
    phone = require_phone(data.phone) if data.phone else None
    address.encrypted_phone = None if phone is None else vault.seal(phone, _phone_place(address))
    for flag in ("is_default_shipping", "is_default_billing"):
        if getattr(data, flag):
            others = update(Address).where(Address.user_id == address.user_id, Address.id != address.id)
            await session.execute(others.where(getattr(Address, flag)).values({flag: False}))
        setattr(address, flag, getattr(data, flag))
    session.add(address)
    await session.flush()


async def _own(session: AsyncSession, user_id: UUID, address_id: UUID) -> Address:
    own = select(Address).where(Address.id == address_id, Address.user_id == user_id).with_for_update()
    address = await session.scalar(own)
    if address is None:
        raise AddressNotFoundError
    return address


def _checked(data: AddressData) -> dict[str, str | None]:
    """The texts as they are stored. Raises InvalidInputError for all that is wrong."""
    values = {name: " ".join((getattr(data, name) or "").split()) or None for name in LENGTHS}
    faults = [fault for name, value in values.items() if (fault := _fault(name, value)) is not None]
    country = known_country(data.country_code)
    if country is None:
        faults.append(InvalidField(("country_code",), MALFORMED))
    if faults:
        raise InvalidInputError(faults)
    return {**values, "country_code": country}


def _fault(name: str, value: str | None) -> InvalidField | None:
    if value is None:
        return InvalidField((name,), "It must not be empty.") if name in REQUIRED else None
    if len(value) > LENGTHS[name]:
        return InvalidField((name,), f"It has {len(value)} characters; {LENGTHS[name]} are the most.")
    return None if value.isprintable() else InvalidField((name,), "It must not hold control characters. Remove them.")


def _phone_place(address: Address) -> Place:
    return Place("addresses", "encrypted_phone", address.id)
