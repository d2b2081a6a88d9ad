"""Administrators who are made from the command line, with a password that is generated."""

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
    """Make the account; gives its password. Raises a DomainError or a ServerError."""
    return in_one_transaction(settings, "create-admin", lambda session: new_administrator(session, person))


async def new_administrator(session: AsyncSession, person: Administrator) -> str:
    """Make the account in a transaction of the caller's; gives its password, which is stored nowhere."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    passwords = Passwords()
    try:
        password_hash = await passwords.hash(password)
    finally:
        passwords.close()
    await create_administrator(session, person, password_hash, Visit(datetime.now(UTC)))
    return password
