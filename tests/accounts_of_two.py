"""Two people with everything that an account can have, for tests of who sees what of whom."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from auth.viewer import Viewer, viewer_with_role
from models import (
    ApiToken,
    ExternalIdentity,
    OneTimeToken,
    RecoveryCode,
    RefreshToken,
    Role,
    SecurityEvent,
    SocialProvider,
    TokenPurpose,
    TotpCredential,
    User,
    UserSecurityLog,
    UserSession,
)
from tests.factories import (
    add_address,
    add_cart,
    add_cart_line,
    add_dead_letter,
    add_order_with_all,
    add_payment_method,
    add_product,
    add_provider_event,
    add_user,
    new_id,
)

NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Two:
    """They, as viewers."""

    selam: Viewer
    hana: Viewer
    guest: Viewer
    """Somebody who has filled a cart without an account."""


async def add_two(session: AsyncSession) -> Two:
    """Both, a guest, a job that was given up, and a delivery of what is sold, which all have ordered."""
    await add_dead_letter(session)
    await add_provider_event(session)
    product = await add_product(session)
    selam, hana = [await _add_person(session, number) for number in (1, 2)]
    guest_id = new_id()
    for owner in (selam, hana, guest_id):
        await add_cart_line(session, await add_cart(session, owner), product.default_variant_id)
        await add_order_with_all(session, owner)
    return Two(
        viewer_with_role(Role.CUSTOMER, selam.id), viewer_with_role(Role.CUSTOMER, hana.id), Viewer(guest_id=guest_id)
    )


async def _add_person(session: AsyncSession, number: int) -> User:
    user = await add_user(session, password_hash="$argon2id$")
    await add_address(session, user)
    await add_payment_method(session, user)
    mine: dict[str, Any] = {"user_id": user.id, "created_at": NOW}
    hashed = bytes([number]) * 32
    signed_in = UserSession(**mine, expires_at=LATER)
    purpose = {"purpose": TokenPurpose.RESET_PASSWORD, "email": user.email}
    session.add_all(
        [
            signed_in,
            OneTimeToken(**mine, **purpose, token_hash=hashed, expires_at=LATER),
            ApiToken(**mine, name="till", prefix=str(number), token_hash=hashed, scopes=["a"], expires_at=LATER),
            ExternalIdentity(**mine, provider=SocialProvider.GOOGLE, subject=str(number)),
            RecoveryCode(**mine, code_hash=hashed),
            TotpCredential(**mine, encrypted_secret=b"sealed"),
            UserSecurityLog(**mine, event=SecurityEvent.SIGNED_IN, details={}),
        ]
    )
    await session.flush()
    session.add(RefreshToken(session_id=signed_in.id, token_hash=hashed, created_at=NOW))
    await session.flush()
    return user
