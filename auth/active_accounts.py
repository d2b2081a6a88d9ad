"""The account of whoever is signed in, at the moment of a write: an access token may outlast it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from auth.errors import AccountGoneError
from models import User


async def lock_account(session: AsyncSession, user_id: UUID) -> User:
    """The account, if it is still active. Other writes of its owner wait. Raises AccountGoneError.

    The lock lets others refer to the account meanwhile (FOR NO KEY UPDATE).
    """
    user = await session.get(User, user_id, with_for_update={"key_share": True}, populate_existing=True)
    if user is None or not user.is_active:
        raise AccountGoneError
    return user
