"""Phone numbers: one form, sealed in the vault, and found by their keyed hash."""

import re
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auth.errors import AccountGoneError
from domain.errors import invalid
from domain.vault import Place, Vault
from models import User

SEPARATORS = re.compile(r"[\s().\-/]")
NUMBER = re.compile(r"\+?[0-9]{4,15}")
"""At most fifteen digits (ITU-T E.164)."""

INDEXED = "users.phone"


def require_phone(phone: str, field: str = "phone") -> str:
    """The number without what people write between its digits. Raises InvalidInputError."""
    number = SEPARATORS.sub("", phone[:100])
    if NUMBER.fullmatch(number) is None:
        raise invalid(field, "It must be a phone number of 4 to 15 digits, such as +251 911 000 101.")
    return number


async def change_phone(session: AsyncSession, vault: Vault, user_id: UUID, phone: str | None) -> User:
    """Set or take away the user's own number. Raises InvalidInputError and AccountGoneError."""
    number = require_phone(phone) if phone is not None else None
    user = await session.get(User, user_id, with_for_update=True)
    if user is None or not user.is_active:
        raise AccountGoneError
    user.encrypted_phone = None if number is None else vault.seal(number, _place(user))
    user.phone_index = None if number is None else vault.index(number, INDEXED)
    await session.flush()
    return user


def phone_of(vault: Vault, user: User) -> str | None:
    """The user's number in plain text."""
    return None if user.encrypted_phone is None else vault.open(user.encrypted_phone, _place(user))


async def users_with_phone(session: AsyncSession, vault: Vault, phone: str) -> list[User]:
    """The accounts with that number, however it is written. Raises InvalidInputError."""
    indexes = vault.indexes(require_phone(phone), INDEXED)
    return list(await session.scalars(select(User).where(User.phone_index.in_(indexes)).order_by(User.id)))


def _place(user: User) -> Place:
    return Place("users", "encrypted_phone", user.id)
