"""What an account tells of itself."""

import re
from typing import TypedDict, Unpack
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from auth.errors import AccountGoneError
from auth.names import require_name
from auth.phones import set_phone
from domain.errors import DomainError, invalid, shown
from domain.vault import Vault
from domain.violations import refused_by
from models import User
from models.accounts import USERNAME_LENGTH

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
    checked = _checked(changes)
    user = await session.get(User, user_id, with_for_update=True)
    if user is None or not user.is_active:
        raise AccountGoneError
    if "phone" in checked:
        set_phone(vault, user, checked.pop("phone"))
    for name, value in checked.items():
        setattr(user, name, value)
    with refused_by({"uq_users_username": UsernameTakenError(checked.get("username") or "")}):
        await session.flush()
    return user


def _checked(changes: ProfileChanges) -> ProfileChanges:
    """What is stored. Names are shown beside reviews: they are held to what signing up asks of them."""
    checked = changes.copy()
    if "first_name" in changes:
        checked["first_name"] = require_name(changes["first_name"], "first_name")
    if "last_name" in changes:
        checked["last_name"] = require_name(changes["last_name"], "last_name")
    username = changes.get("username")
    if username is not None:
        checked["username"] = require_name(username, "username", USERNAME_LENGTH)
    picture = changes.get("avatar_url")
    if picture is not None and PICTURE_ADDRESS.fullmatch(picture) is None:
        raise invalid("avatar_url", "It must begin with https:// or /.")
    return checked
