"""Tokens for one use: given out, redeemed, and dead after any change of password or e-mail address."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from auth.errors import TokenRefusedError
from auth.secrets import hash_token, new_token
from auth.visits import Visit
from models import OneTimeToken, TokenPurpose, User

LIFETIMES: Mapping[TokenPurpose, timedelta] = MappingProxyType(
    {
        TokenPurpose.VERIFY_EMAIL: timedelta(hours=24),
        TokenPurpose.RESET_PASSWORD: timedelta(minutes=30),
        TokenPurpose.CHANGE_EMAIL: timedelta(hours=24),
        TokenPurpose.INVITATION: timedelta(days=7),
        TokenPurpose.SECOND_FACTOR: timedelta(minutes=5),
        TokenPurpose.CHANGE_PASSWORD: timedelta(minutes=10),
    }
)


def issue(session: AsyncSession, user: User, purpose: TokenPurpose, visit: Visit, *, email: str | None = None) -> str:
    """A new token for the user, bound to `email`, or else to the user's.

    Earlier ones stay good: a stranger who asks for another letter must not make the link useless that the owner is
    about to open.
    """
    token = new_token()
    session.add(
        OneTimeToken(
            user_id=user.id,
            purpose=purpose,
            email=email or user.email,
            token_hash=hash_token(token),
            created_at=visit.at,
            expires_at=visit.at + LIFETIMES[purpose],
        )
    )
    return token


async def peek(session: AsyncSession, token: str, purposes: Collection[TokenPurpose], visit: Visit) -> OneTimeToken:
    """The token, which stays good. Raises TokenRefusedError."""
    found = await session.scalar(
        select(OneTimeToken).where(
            OneTimeToken.token_hash == hash_token(token),
            OneTimeToken.purpose.in_(purposes),
            OneTimeToken.used_at.is_(None),
            OneTimeToken.expires_at > visit.at,
        )
    )
    if found is None:
        raise TokenRefusedError
    return found


async def redeem(
    session: AsyncSession, token: str, purposes: Collection[TokenPurpose], visit: Visit
) -> tuple[User, OneTimeToken]:
    """Use the token up, and lock its user. Of many at once one succeeds; the others get TokenRefusedError.

    It is refused as well when the account is not active, or has another address than at the token's issue.
    """
    owner = select(OneTimeToken.user_id).where(OneTimeToken.token_hash == hash_token(token)).scalar_subquery()
    user = await session.scalar(
        select(User).where(User.id == owner).with_for_update(), execution_options={"populate_existing": True}
    )
    used = await session.scalar(
        update(OneTimeToken)
        .where(
            OneTimeToken.token_hash == hash_token(token),
            OneTimeToken.purpose.in_(purposes),
            OneTimeToken.used_at.is_(None),
            OneTimeToken.expires_at > visit.at,
        )
        .values(used_at=visit.at)
        .returning(OneTimeToken)
    )
    if user is None or used is None or not user.is_active:
        raise TokenRefusedError
    if used.purpose is not TokenPurpose.CHANGE_EMAIL and used.email != user.email:
        raise TokenRefusedError
    return user, used


async def discard(
    session: AsyncSession, user_id: UUID, purposes: Collection[TokenPurpose] = frozenset(TokenPurpose)
) -> None:
    """End the user's unused tokens."""
    await session.execute(
        delete(OneTimeToken).where(
            OneTimeToken.user_id == user_id, OneTimeToken.purpose.in_(purposes), OneTimeToken.used_at.is_(None)
        )
    )
