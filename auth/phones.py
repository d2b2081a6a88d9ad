"""Phone numbers: one form, sealed in the vault, and found by their keyed hash."""

import re

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import invalid
from domain.keyed_columns import PHONE_INDEX
from domain.vault import Place, Vault
from models import User

SEPARATORS = re.compile(r"[\s().\-/]")
NUMBER = re.compile(r"\+?[0-9]{4,15}")
"""At most fifteen digits (ITU-T E.164)."""


def require_phone(phone: str, field: str = "phone") -> str:
    """The number without what people write between its digits. Raises InvalidInputError."""
    number = SEPARATORS.sub("", phone[:100])
    if NUMBER.fullmatch(number) is None:
        raise invalid(field, "It must be a phone number of 4 to 15 digits, such as +251 911 000 101.")
    return number


def set_phone(vault: Vault, user: User, phone: str | None) -> None:
    """Set or take away the user's number. Raises InvalidInputError."""
    number = require_phone(phone) if phone is not None else None
    user.encrypted_phone = None if number is None else vault.seal(number, _place(user))
    user.phone_index = None if number is None else vault.index(number, PHONE_INDEX)


def phone_of(vault: Vault, user: User) -> str | None:
    """The user's number in plain text."""
    return None if user.encrypted_phone is None else vault.open(user.encrypted_phone, _place(user))


async def users_with_phone(session: AsyncSession, vault: Vault, phone: str) -> list[User]:
    """The accounts with that number, however it is written. Raises InvalidInputError."""
    indexes = vault.indexes(require_phone(phone), PHONE_INDEX)
    return list(await session.scalars(select(User).where(User.phone_index.in_(indexes)).order_by(User.id)))


def _place(user: User) -> Place:
    return Place("users", "encrypted_phone", user.id)
