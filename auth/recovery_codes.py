"""Recovery codes: ten for each user, each good once, for whoever lost the device with the second factor."""

import secrets
from base64 import b32encode
from collections.abc import Sequence

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from auth.secrets import hash_token
from auth.security_log import record
from auth.visits import Visit
from models import RecoveryCode, SecurityEvent, User

CODES = 10
CODE_BYTES = 10
"""Eighty random bits, which nobody tries out, so that a plain hash keeps them."""

GROUP = 4


async def replace_codes(session: AsyncSession, user: User, visit: Visit) -> Sequence[str]:
    """New codes, to be shown once, in place of all that there were."""
    codes = [_new_code() for _ in range(CODES)]
    await session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    session.add_all(
        RecoveryCode(user_id=user.id, code_hash=hash_token(_bare(code)), created_at=visit.at) for code in codes
    )
    return codes


async def use_recovery_code(session: AsyncSession, user: User, code: str, visit: Visit) -> bool:
    """Use the code up: False if it is none of the user's, or was used before. Case and dashes do not matter."""
    used = await session.scalar(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id,
            RecoveryCode.code_hash == hash_token(_bare(code)),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=visit.at)
        .returning(RecoveryCode.id)
    )
    if used is not None:
        record(session, SecurityEvent.RECOVERY_CODE_USED, visit, user_id=user.id)
    return used is not None


def _new_code() -> str:
    text = b32encode(secrets.token_bytes(CODE_BYTES)).decode()
    return "-".join(text[start : start + GROUP] for start in range(0, len(text), GROUP))


def _bare(code: str) -> str:
    return code.replace("-", "").upper()
