"""`merkato create-admin`: the first account, from the command line."""

import secrets
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from auth.administrators import Administrator, create_administrator
from auth.passwords import Passwords
from auth.visits import Visit
from server.command_database import in_one_transaction
from server.settings import Settings

PASSWORD_BYTES = 18


def create_admin(settings: Settings, person: Administrator) -> str:
    """Make the account; gives its password, which is stored nowhere. Raises a DomainError or a ServerError."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)

    async def create(session: AsyncSession) -> None:
        passwords = Passwords()
        try:
            password_hash = await passwords.hash(password)
        finally:
            passwords.close()
        await create_administrator(session, person, password_hash, Visit(datetime.now(UTC)))

    in_one_transaction(settings, create)
    return password
