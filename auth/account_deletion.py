"""Deleting an account: the person goes, and what the books need stays under a row without a person."""

from uuid import UUID

from sqlalchemy import delete, or_, update
from sqlalchemy.ext.asyncio import AsyncSession

from auth.administrators import lock_administrators, require_another_administrator
from auth.reauthentication import lock_reauthenticated, require_password
from auth.safeguards import Safeguards
from auth.security_log import record
from auth.sessions import end_sessions
from auth.throttling import Transactions
from auth.visits import Visit
from domain.forgetting import forget_buyer, forget_letters
from domain.payment_methods import forget_methods
from models import (
    Address,
    ApiToken,
    ExternalIdentity,
    OneTimeToken,
    RecoveryCode,
    SecurityEvent,
    SessionEnd,
    TotpCredential,
    User,
    UserSecurityLog,
    UserSession,
)

OWNED = (Address, ApiToken, ExternalIdentity, OneTimeToken, RecoveryCode, TotpCredential)
"""What goes with the person, as their carts do. Reviews and orders stay, under no name."""

NOBODY = "Deleted"
NO_MAIL_GOES_THERE = "deleted.invalid"
"""A domain that never exists (RFC 2606)."""


async def delete_my_account(
    transactions: Transactions, safeguards: Safeguards, user_id: UUID, password: str, visit: Visit
) -> None:
    """Make the account nobody's, for good. The last administrator cannot.

    Raises WrongPasswordError, TooManyAttemptsError, AccountGoneError and LastAdministratorError.
    """
    known = await require_password(transactions, safeguards.passwords, user_id, password, visit)
    async with transactions() as session:
        administrators = await lock_administrators(session)
        user = await lock_reauthenticated(session, known)
        require_another_administrator(administrators, user)
        await forget_methods(session, safeguards.vault, user.id)
        await _anonymise(session, user, visit)


async def _anonymise(session: AsyncSession, user: User, visit: Visit) -> None:
    await end_sessions(session, user.id, SessionEnd.DELETED, visit)
    for table in OWNED:
        await session.execute(delete(table).where(table.user_id == user.id))
    await forget_letters(session, user.email)
    await forget_buyer(session, user.id)
    user.email = f"{user.id}@{NO_MAIL_GOES_THERE}"
    user.first_name, user.last_name = NOBODY, NOBODY
    user.username = user.password_hash = user.avatar_url = user.social_provider = None
    user.encrypted_phone = user.phone_index = user.encrypted_data = user.last_login_at = None
    user.is_active, user.is_email_verified, user.deleted_at = False, False, visit.at
    record(session, SecurityEvent.DELETED, visit, user_id=user.id)
    await session.flush()
    await _forget_places(session, user.id)


async def _forget_places(session: AsyncSession, user_id: UUID) -> None:
    """Keep when something happened, and not from where."""
    nowhere = {"address": None, "user_agent": None}
    await session.execute(update(UserSession).where(UserSession.user_id == user_id).values(nowhere))
    about = or_(UserSecurityLog.user_id == user_id, UserSecurityLog.actor_id == user_id)
    await session.execute(update(UserSecurityLog).where(about).values(nowhere))
