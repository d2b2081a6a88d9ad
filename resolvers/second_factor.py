"""Mutations that turn one's own second factor on and off."""

from collections.abc import Sequence
from dataclasses import dataclass

from auth import totp
from auth.totp import TotpSecret
from resolvers.context import Context
from resolvers.mutations import DONE, Done


@dataclass(frozen=True, slots=True)
class RecoveryCodes:
    """Codes that were just made. Nobody can read them again."""

    codes: Sequence[str]


async def begin_totp(context: Context, *, password: str) -> TotpSecret:
    """Make a secret for an authenticator app."""
    return await totp.begin_totp(
        context.writing, context.safeguards, context.viewer.account_id, password, context.visit
    )


async def confirm_totp(context: Context, *, code: str) -> RecoveryCodes:
    """Turn the second factor on with a first code of the app."""
    codes = await totp.confirm_totp(context.writing, context.safeguards, context.viewer.account_id, code, context.visit)
    return RecoveryCodes(codes)


async def disable_totp(context: Context, *, password: str, code: str) -> Done:
    """Turn it off."""
    await totp.disable_totp(
        context.writing, context.safeguards, context.viewer.account_id, password, code, context.visit
    )
    return DONE


async def replace_recovery_codes(context: Context, *, password: str, code: str) -> RecoveryCodes:
    """Make new recovery codes."""
    codes = await totp.replace_recovery_codes(
        context.writing, context.safeguards, context.viewer.account_id, password, code, context.visit
    )
    return RecoveryCodes(codes)
