"""The second factor: codes and recovery codes, each good once."""

import asyncio
from collections.abc import Sequence

import pyotp
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.admission import SecondFactorNeeded
from auth.errors import TokenRefusedError, TooManyAttemptsError, TotpStateError, WrongCodeError, WrongPasswordError
from auth.safeguards import Safeguards
from auth.second_factor import complete_sign_in, matching_step
from auth.sessions import SignedIn
from auth.totp import TotpSecret, begin_totp, confirm_totp, disable_totp, replace_recovery_codes
from models import SecurityEvent, TotpCredential, User
from tests.auth.accounts import PASSWORD, add_account, admitted, at, events, signed_in, transactions
from tests.factories import writing

STEP = 30


def code_at(secret: TotpSecret, seconds: float) -> str:
    return pyotp.TOTP(secret.secret).at(at(seconds).at)


async def secured(engine: AsyncEngine, safeguards: Safeguards, user: User) -> tuple[TotpSecret, Sequence[str]]:
    """The secret and the recovery codes of a user with a second factor, which was turned on at the first second."""
    secret = await begin_totp(transactions(engine), safeguards, user.id, PASSWORD, at())
    codes = await confirm_totp(transactions(engine), safeguards, user.id, code_at(secret, 0), at())
    return secret, codes


async def challenge(engine: AsyncEngine, safeguards: Safeguards, user: User, seconds: float) -> str:
    admission = await admitted(engine, safeguards, user, at(seconds))
    assert isinstance(admission, SecondFactorNeeded)
    return admission.challenge


async def completed(engine: AsyncEngine, safeguards: Safeguards, challenge: str, code: str, seconds: float) -> SignedIn:
    return await complete_sign_in(transactions(engine), safeguards, challenge, code, at(seconds))


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """RFC 6238, appendix B, the last six digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    now = at(seconds - at().at.timestamp()).at

    assert matching_step(secret, code, now) == seconds // STEP
    assert matching_step(secret, code, at(seconds - at().at.timestamp() + 2 * STEP).at) is None
    assert [matching_step(secret, other, now) for other in ("", "1", code * 2, "٢٨٧٠٨٢", "28708x")] == [None] * 5


async def test_sign_in_asks_for_a_code(engine: AsyncEngine, safeguards: Safeguards) -> None:
    user = await add_account(engine, safeguards)
    secret, _codes = await secured(engine, safeguards, user)
    assert secret.uri.startswith("otpauth://totp/Merkato:")

    begun = await challenge(engine, safeguards, user, 60)
    with pytest.raises(WrongCodeError):
        await completed(engine, safeguards, begun, "000000", 61)
    with pytest.raises(TooManyAttemptsError):
        await completed(engine, safeguards, begun, code_at(secret, 61), 61.5)
    session = await completed(engine, safeguards, begun, f" {code_at(secret, 63)[:3]} {code_at(secret, 63)[3:]}", 63)

    assert session.user_id == user.id
    with pytest.raises(TokenRefusedError):
        await completed(engine, safeguards, begun, code_at(secret, 120), 120)
    assert await events(engine) == [
        SecurityEvent.TOTP_ENABLED,
        SecurityEvent.SECOND_FACTOR_FAILED,
        SecurityEvent.SIGNED_IN,
    ]
    async with writing(engine) as database:
        [credential] = await database.scalars(select(TotpCredential))
    assert secret.secret.encode() not in credential.encrypted_secret


async def test_code_used_at_once_is_accepted_once(engine: AsyncEngine, safeguards: Safeguards) -> None:
    user = await add_account(engine, safeguards)
    secret, _codes = await secured(engine, safeguards, user)
    challenges = [await challenge(engine, safeguards, user, 60 + number) for number in range(2)]
    code = code_at(secret, 90)

    outcomes = await asyncio.gather(
        *(completed(engine, safeguards, one, code, 90) for one in challenges), return_exceptions=True
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) in (
        ["SignedIn", "WrongCodeError"],
        ["SignedIn", "TooManyAttemptsError"],
    )
    [left] = [one for one, outcome in zip(challenges, outcomes, strict=True) if not isinstance(outcome, SignedIn)]
    with pytest.raises(WrongCodeError):
        await completed(engine, safeguards, left, code, 95)


async def test_recovery_code_stands_in_once(engine: AsyncEngine, safeguards: Safeguards) -> None:
    user = await add_account(engine, safeguards)
    _secret, codes = await secured(engine, safeguards, user)
    assert len(set(codes)) == 10

    first = await challenge(engine, safeguards, user, 60)
    await completed(engine, safeguards, first, codes[0].lower(), 61)

    second = await challenge(engine, safeguards, user, 70)
    with pytest.raises(WrongCodeError):
        await completed(engine, safeguards, second, codes[0], 71)
    await completed(engine, safeguards, second, codes[1].replace("-", " "), 80)
    assert (await events(engine)).count(SecurityEvent.RECOVERY_CODE_USED) == 2


async def test_it_is_turned_off_with_both_factors(engine: AsyncEngine, safeguards: Safeguards) -> None:
    user = await add_account(engine, safeguards)
    secret, codes = await secured(engine, safeguards, user)
    with pytest.raises(TotpStateError):
        await begin_totp(transactions(engine), safeguards, user.id, PASSWORD, at(10))

    with pytest.raises(WrongPasswordError):
        await disable_totp(transactions(engine), safeguards, user.id, "a wrong password", codes[0], at(20))
    with pytest.raises(WrongCodeError):
        await disable_totp(transactions(engine), safeguards, user.id, PASSWORD, "000000", at(30))
    fresh = await replace_recovery_codes(transactions(engine), safeguards, user.id, PASSWORD, codes[0], at(40))
    with pytest.raises(WrongCodeError):
        await disable_totp(transactions(engine), safeguards, user.id, PASSWORD, codes[1], at(50))
    await disable_totp(transactions(engine), safeguards, user.id, PASSWORD, fresh[0], at(60))

    await signed_in(engine, safeguards, user, at(70))
    assert secret.secret not in str(await events(engine))
    with pytest.raises(TotpStateError):
        await confirm_totp(transactions(engine), safeguards, user.id, code_at(secret, 80), at(80))
