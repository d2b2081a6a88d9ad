"""Turning the second factor on and off, each after the password was asked for once more."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import pyotp
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from uuid_utils.compat import uuid7

from auth.active_accounts import lock_account
from auth.errors import TotpStateError, WrongCodeError
from auth.reauthentication import Reauthenticated, lock_reauthenticated, require_password
from auth.recovery_codes import replace_codes
from auth.safeguards import Safeguards
from auth.second_factor import credential_of, matching_step, secret_of, totp_place, use_code, use_step
from auth.security_log import record
from auth.throttling import Attempt, Transactions, forgive, require_patience
from auth.visits import Visit
from models import RecoveryCode, SecurityEvent, ThrottledAction, TotpCredential

ISSUER = "Merkato"
"""How authenticator apps call us."""


@dataclass(frozen=True, slots=True)
class TotpSecret:
    """What an authenticator app needs: the secret in base32, and the same as an address that a QR code shows."""

    secret: str
    uri: str


async def begin_totp(
    transactions: Transactions, safeguards: Safeguards, user_id: UUID, password: str, visit: Visit
) -> TotpSecret:
    """A secret to put into an app. Nothing asks for its codes before `confirm_totp`.

    Raises WrongPasswordError, TooManyAttemptsError, AccountGoneError, and TotpStateError when it is on already.
    """
    known = await require_password(transactions, safeguards.passwords, user_id, password, visit)
    secret = pyotp.random_base32()
    async with transactions() as session:
        user = await lock_reauthenticated(session, known)
        sealed = safeguards.vault.seal(secret, totp_place(user_id))
        values = {"encrypted_secret": sealed, "created_at": visit.at, "last_used_step": None}
        begun = insert(TotpCredential).values(id=uuid7(), user_id=user_id, **values)
        stored = await session.scalar(
            begun.on_conflict_do_update(
                index_elements=[TotpCredential.user_id], set_=values, where=TotpCredential.confirmed_at.is_(None)
            ).returning(TotpCredential.id)
        )
        if stored is None:
            raise TotpStateError("The second factor is on already. Turn it off first.")
        return TotpSecret(secret, pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=ISSUER))


async def confirm_totp(
    transactions: Transactions, safeguards: Safeguards, user_id: UUID, code: str, visit: Visit
) -> Sequence[str]:
    """Turn the second factor on with a first code of the app; gives the recovery codes, which are shown once.

    Raises WrongCodeError, TooManyAttemptsError, AccountGoneError, and TotpStateError when it was not begun or is on.
    """
    attempt = Attempt(ThrottledAction.SECOND_FACTOR, str(user_id), visit)
    await require_patience(transactions, attempt)
    async with transactions() as session:
        user = await lock_account(session, user_id)
        credential = await credential_of(session, user_id)
        if credential is None or credential.confirmed_at is not None:
            raise TotpStateError("The second factor was not begun, or is on already.")
        step = matching_step(secret_of(safeguards.vault, credential), "".join(code[:64].split()), visit.at)
        if step is None or not await use_step(session, credential, step):
            raise WrongCodeError
        credential.confirmed_at = visit.at
        await forgive(session, attempt)
        record(session, SecurityEvent.TOTP_ENABLED, visit, user_id=user_id)
        return await replace_codes(session, user, visit)


async def disable_totp(  # noqa: PLR0913, PLR0917 - who, and both factors once more
    transactions: Transactions, safeguards: Safeguards, user_id: UUID, password: str, code: str, visit: Visit
) -> None:
    """Turn the second factor off.

    Raises WrongPasswordError, WrongCodeError, TooManyAttemptsError, AccountGoneError, and TotpStateError when it is
    not on.
    """
    known = await _require_both(transactions, safeguards, user_id, password, code, visit)
    async with transactions() as session:
        await lock_reauthenticated(session, known)
        for table in (TotpCredential, RecoveryCode):
            await session.execute(delete(table).where(table.user_id == user_id))
        record(session, SecurityEvent.TOTP_DISABLED, visit, user_id=user_id)


async def replace_recovery_codes(  # noqa: PLR0913, PLR0917 - the same
    transactions: Transactions, safeguards: Safeguards, user_id: UUID, password: str, code: str, visit: Visit
) -> Sequence[str]:
    """Ten new recovery codes; the old ones are dead. Raises what `disable_totp` does."""
    known = await _require_both(transactions, safeguards, user_id, password, code, visit)
    async with transactions() as session:
        user = await lock_reauthenticated(session, known)
        record(session, SecurityEvent.RECOVERY_CODES_REPLACED, visit, user_id=user_id)
        return await replace_codes(session, user, visit)


async def _require_both(  # noqa: PLR0913, PLR0917 - the same
    transactions: Transactions, safeguards: Safeguards, user_id: UUID, password: str, code: str, visit: Visit
) -> Reauthenticated:
    """Ask for the password and for a code, and keep on record when the code is wrong."""
    known = await require_password(transactions, safeguards.passwords, user_id, password, visit)
    attempt = Attempt(ThrottledAction.SECOND_FACTOR, str(user_id), visit)
    await require_patience(transactions, attempt)
    async with transactions() as session:
        user = await lock_reauthenticated(session, known)
        credential = await credential_of(session, user_id)
        if credential is None or credential.confirmed_at is None:
            raise TotpStateError("The second factor is not on.")
        if await use_code(session, safeguards.vault, user, code, visit) is not None:
            await forgive(session, attempt)
            return known
        record(session, SecurityEvent.SECOND_FACTOR_FAILED, visit, user_id=user_id)
    raise WrongCodeError
