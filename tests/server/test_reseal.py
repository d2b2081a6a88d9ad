"""`merkato reseal`: a key is taken away, and everything that it had encrypted is there."""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from auth import addresses, phones
from auth.profiles import update_profile
from auth.second_factor import secret_of
from auth.totp import begin_totp
from domain.payment_methods import keep_method, own_method
from domain.payment_providers import KeptSource, Source
from domain.promo_code_uses import PromoCodeNotUsableError, known_customer, use_code
from domain.vault import Place, Vault, VaultKey
from models import (
    Address,
    AuditEntry,
    ExternalSignIn,
    PaymentKind,
    PaymentMethod,
    PromoCode,
    SocialProvider,
    TotpCredential,
)
from tests.auth.accounts import PASSWORD, add_account, at, transactions
from tests.commands import Outcome, run_command
from tests.databases import opened
from tests.factories import add_order, add_promo_code, new_id, writing
from tests.safeguards import SAFEGUARDS
from tests.statements import scalar

OLD, NEW, GONE = (VaultKey(name, bytes(range(len(name), len(name) + 32))) for name in ("old", "newer", "gone"))
PHONE, HOME_PHONE, GUEST = "+251911000101", "+251911000202", "guest@example.com"
CARD = KeptSource(Source("pm_secret", "cus_1"), PaymentKind.CARD, "Visa, ending in 4242", "fingerprint")
HOME = addresses.AddressData(
    name="Selam Tesfaye", line1="Bole Road 1", city="Addis Ababa", country_code="ET", phone=HOME_PHONE
)

RENEWED = """\
users.encrypted_phone: 1 encrypted anew, 0 were right already.
users.phone_index: 1 hashed anew, 0 were right already.
users.encrypted_data: 0 encrypted anew, 0 were right already.
addresses.encrypted_phone: 1 encrypted anew, 0 were right already.
totp_credentials.encrypted_secret: 1 encrypted anew, 0 were right already.
external_sign_ins.encrypted_verifier: 1 encrypted anew, 0 were right already.
payment_methods.encrypted_details: 1 encrypted anew, 0 were right already.
payment_methods.mark_index: 1 hashed anew, 0 were right already.
promo_code_uses.email_index: 1 hashed anew, 0 were right already.
"""
RIGHT = RENEWED.replace("1 encrypted anew, 0", "0 encrypted anew, 1").replace("1 hashed anew, 0", "0 hashed anew, 1")

Reseal = Callable[..., Outcome]


@dataclass(frozen=True, slots=True)
class Private:
    """What was encrypted."""

    user_id: UUID
    totp_secret: str


@pytest.fixture
def reseal(database_url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Reseal:
    """Runs the command with these keys."""

    def run(*keys: VaultKey) -> Outcome:
        ring = ",".join(f"{key.id}:{b64encode(key.secret).decode()}" for key in keys)
        return run_command(monkeypatch, capfd, "reseal", DATABASE_URL=database_url, ENCRYPTION_KEYS=ring)

    return run


async def encrypt(url: str, vault: Vault) -> Private:
    """One of everything that is encrypted, written by whoever writes it usually."""
    safeguards = replace(SAFEGUARDS, vault=vault)
    async with opened(url) as engine:
        user = await add_account(engine, safeguards)
        totp = await begin_totp(transactions(engine), safeguards, user.id, PASSWORD, at())
        async with writing(engine) as session:
            await update_profile(session, vault, user.id, phone=PHONE)
            await addresses.add_address(session, vault, user.id, HOME)
            await keep_method(session, vault, user.id, "stripe", CARD)
            code = await add_promo_code(session, limit_per_customer=1)
            order = await add_order(session, new_id())
            await use_code(session, code.id, order.id, known_customer(vault, None, order.email))
            session.add(begun_sign_in(vault))
    return Private(user.id, totp.secret)


def begun_sign_in(vault: Vault) -> ExternalSignIn:
    """Somebody who is at a provider."""
    key, now = new_id(), at().at
    return ExternalSignIn(
        id=key,
        provider=SocialProvider.GOOGLE,
        token_hash=bytes(32),
        state_hash=bytes(32),
        nonce="nonce",
        encrypted_verifier=vault.seal("verifier", Place("external_sign_ins", "encrypted_verifier", key)),
        redirect_uri="https://shop.example/signed-in",
        created_at=now,
        expires_at=now + timedelta(minutes=10),
    )


async def require_all(url: str, vault: Vault, private: Private) -> None:
    """Read and find all of it."""
    async with opened(url) as engine:
        async with writing(engine) as session:
            [user] = await phones.users_with_phone(session, vault, PHONE)
            assert (user.id, phones.phone_of(vault, user)) == (private.user_id, PHONE)
            [address] = await session.scalars(select(Address))
            assert addresses.phone_of(vault, address) == HOME_PHONE
            [credential] = await session.scalars(select(TotpCredential))
            assert secret_of(vault, credential) == private.totp_secret
            [begun] = await session.scalars(select(ExternalSignIn))
            place = Place("external_sign_ins", "encrypted_verifier", begun.id)
            assert vault.open(begun.encrypted_verifier, place) == "verifier"
            await keep_method(session, vault, user.id, "stripe", CARD)
            [method] = await session.scalars(select(PaymentMethod))
            assert (await own_method(session, vault, user.id, method.id)).source == CARD.source
        await _require_known_guest(engine, vault)


async def _require_known_guest(engine: AsyncEngine, vault: Vault) -> None:
    code = await scalar(engine, select(PromoCode.id))
    with pytest.raises(PromoCodeNotUsableError):
        async with writing(engine) as session:
            await use_code(session, code, new_id(), known_customer(vault, None, GUEST))


async def entries_of_command(url: str) -> list[AuditEntry]:
    """What is on record of it, by table."""
    async with opened(url) as engine, writing(engine) as session:
        of_command = select(AuditEntry).where(AuditEntry.actor_name == "reseal").order_by(AuditEntry.table_name)
        return list(await session.scalars(of_command))


def test_key_is_retired(database_url: str, reseal: Reseal) -> None:
    private = asyncio.run(encrypt(database_url, Vault([OLD])))

    first, second = reseal(NEW, OLD), reseal(NEW)

    assert first == Outcome(0, RENEWED, "")
    assert second == Outcome(0, RIGHT, "")
    asyncio.run(require_all(database_url, Vault([NEW]), private))


def test_audit_log_says_that_it_was_done_and_keeps_no_secret(database_url: str, reseal: Reseal) -> None:
    asyncio.run(encrypt(database_url, Vault([OLD])))
    reseal(NEW, OLD)

    entries = asyncio.run(entries_of_command(database_url))

    assert [(entry.table_name, entry.action.value, entry.withheld) for entry in entries] == [
        ("addresses", "UPDATE", ["encrypted_phone"]),
        ("payment_methods", "UPDATE", ["encrypted_details", "mark_index"]),
        ("totp_credentials", "UPDATE", ["encrypted_secret"]),
        ("users", "UPDATE", ["encrypted_phone", "phone_index"]),
    ]


def test_what_cannot_be_read_is_named_and_stays(database_url: str, reseal: Reseal) -> None:
    private = asyncio.run(encrypt(database_url, Vault([GONE])))

    outcome = reseal(NEW, OLD)

    assert (outcome.code, outcome.err) == (6, "")
    assert (
        "users.encrypted_phone: 0 encrypted anew, 0 were right already.\n"
        "users.phone_index: 0 hashed anew, 0 were right already.\n"
        "users.encrypted_phone: 1 cannot be read with any key, and left alone:\n"
        f"  {private.user_id}\n"
    ) in outcome.out
    assert (
        "promo_code_uses.email_index: 0 hashed anew, 0 were right already. 1 left alone, as the text is not known.\n"
        in outcome.out
    )
    assert outcome.out.count(": 1 cannot be read with any key") == 5
    asyncio.run(require_all(database_url, Vault([GONE]), private))
