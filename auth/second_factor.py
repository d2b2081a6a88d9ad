"""The second factor at sign-in: a time-based code (RFC 6238) or a recovery code, each good once."""

import hmac
from datetime import datetime
from uuid import UUID

import pyotp
from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from auth.admission import welcome
from auth.errors import TokenRefusedError, WrongCodeError
from auth.one_time_tokens import peek, redeem
from auth.recovery_codes import use_recovery_code
from auth.safeguards import Safeguards
from auth.security_log import record
from auth.sessions import SignedIn
from auth.throttling import Attempt, Transactions, forgive, require_patience
from auth.visits import Visit
from domain.vault import Place, Vault
from models import SecurityEvent, ThrottledAction, TokenPurpose, TotpCredential, User

STEP_SECONDS = 30
DRIFT_STEPS = 1
"""A code is taken for one step before and after its own: clocks differ, and people type."""


async def complete_sign_in(
    transactions: Transactions, safeguards: Safeguards, challenge: str, code: str, visit: Visit
) -> SignedIn:
    """The session that a sign-in becomes with the code. The challenge stays good until it is used or over.

    Raises TokenRefusedError, WrongCodeError and TooManyAttemptsError.
    """
    async with transactions() as session:
        user_id = (await peek(session, challenge, {TokenPurpose.SECOND_FACTOR}, visit)).user_id
    attempt = Attempt(ThrottledAction.SECOND_FACTOR, str(user_id), visit)
    await require_patience(transactions, attempt)
    async with transactions() as session:
        user = await session.get(User, user_id, with_for_update=True)
        if user is None or not user.is_active:
            raise TokenRefusedError
        method = await use_code(session, safeguards.vault, user, code, visit)
        if method is not None:
            await redeem(session, challenge, {TokenPurpose.SECOND_FACTOR}, visit)
            await forgive(session, attempt)
            return await welcome(session, safeguards.access_tokens, user, visit, method=method)
        record(session, SecurityEvent.SECOND_FACTOR_FAILED, visit, user_id=user_id)
    raise WrongCodeError


async def use_code(session: AsyncSession, vault: Vault, user: User, code: str, visit: Visit) -> str | None:
    """Use up a code of either kind: what the log calls it; None if it is wrong or was used before."""
    text = "".join(code[:64].split())
    if await use_totp_code(session, vault, user, text, visit):
        return "totp"
    return "recovery code" if await use_recovery_code(session, user, text, visit) else None


async def use_totp_code(session: AsyncSession, vault: Vault, user: User, code: str, visit: Visit) -> bool:
    """Use up a code of the confirmed secret. Of many at once with one code, one succeeds."""
    credential = await credential_of(session, user.id)
    if credential is None or credential.confirmed_at is None:
        return False
    step = matching_step(secret_of(vault, credential), code, visit.at)
    return step is not None and await use_step(session, credential, step)


async def use_step(session: AsyncSession, credential: TotpCredential, step: int) -> bool:
    """Whether no code of that step, nor of a later one, was used before."""
    unused = or_(TotpCredential.last_used_step.is_(None), TotpCredential.last_used_step < step)
    used = await session.scalar(
        update(TotpCredential)
        .where(TotpCredential.id == credential.id, unused)
        .values(last_used_step=step)
        .returning(TotpCredential.id)
    )
    return used is not None


async def credential_of(session: AsyncSession, user_id: UUID) -> TotpCredential | None:
    """The user's secret, locked; confirmed or not."""
    owned = select(TotpCredential).where(TotpCredential.user_id == user_id)
    found: TotpCredential | None = await session.scalar(owned.with_for_update())
    return found


def secret_of(vault: Vault, credential: TotpCredential) -> str:
    """The secret in plain text, in base32."""
    return vault.open(credential.encrypted_secret, totp_place(credential.user_id))


def totp_place(user_id: UUID) -> Place:
    """Where a user's secret belongs; they have one."""
    return Place("totp_credentials", "encrypted_secret", user_id)


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code it is, within the drift; None if it is none of them."""
    if len(code) != pyotp.TOTP(secret).digits or not code.isascii():
        return None
    current = int(now.timestamp()) // STEP_SECONDS
    steps = range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1)
    totp = pyotp.TOTP(secret)
    return next((step for step in steps if hmac.compare_digest(totp.generate_otp(step), code)), None)
