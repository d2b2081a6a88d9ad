"""What an account tells of itself."""

import re
from typing import TypedDict, Unpack
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from auth.errors import AccountGoneError
from auth.phones import set_phone
from domain.errors import DomainError, invalid, shown
from domain.vault import Vault
from domain.violations import refused_by
from models import User

PICTURE_ADDRESS = re.compile(r"(?:https://|/)[^\s\\]*")
"""An address that a page may show; `javascript:` is none."""


class UsernameTakenError(DomainError):
    """Another account has the username."""

    def __init__(self, username: str) -> None:
        super().__init__(f"The username {shown(username)} is taken. Choose another.")
        self.taken = username


class ProfileChanges(TypedDict, total=False):
    """What may change; what is left out stays as it is."""

    first_name: str
    last_name: str
    username: str | None
    avatar_url: str | None
    phone: str | None


async def update_profile(session: AsyncSession, vault: Vault, user_id: UUID, **changes: Unpack[ProfileChanges]) -> User:
    """Change what is given. Raises AccountGoneError, UsernameTakenError and InvalidInputError."""
    picture = changes.get("avatar_url")
    if picture is not None and PICTURE_ADDRESS.fullmatch(picture) is None:
        raise invalid("avatar_url", "It must begin with https:// or /.")
    user = await session.get(User, user_id, with_for_update=True)
    if user is None or not user.is_active:
        raise AccountGoneError
    if "phone" in changes:
        set_phone(vault, user, changes.pop("phone"))
    for name, value in changes.items():
        setattr(user, name, value.strip() if isinstance(value, str) else None)
    with refused_by({"uq_users_username": UsernameTakenError(changes.get("username") or "")}):
        await session.flush()
    return user
