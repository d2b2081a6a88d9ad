"""Everybody who may come: a visitor, a guest, an account of each role, and API tokens of machines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from sqlalchemy.ext.asyncio import AsyncSession

from auth.api_tokens import MARK, PREFIX_LENGTH
from auth.guests import guest_id_of, new_guest_token
from auth.permissions import Gate, Permission
from auth.roles import ROLE_PERMISSIONS
from auth.secrets import hash_token, new_token
from auth.tokens import AccessClaims, AccessTokens
from models import Product, Role, User
from resolvers.ids import encode_id
from server.settings import Settings
from tests.factories import (
    add_api_token,
    add_belongings,
    add_full_cart,
    add_full_order,
    add_identity,
    add_review,
    add_session,
    add_user,
)

ONE = frozenset({Permission.COSTS_READ})
MACHINES = (
    ("token without a grant", Role.CUSTOMER, ONE),
    ("token with one grant", Role.ADMIN, ONE),
    ("token with every grant", Role.ADMIN, frozenset(Permission)),
)
"""API tokens: what each is called, the role of its user, and its scopes. None has an account of its own."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who sends requests, and what the rules of roles and tokens let them do."""

    name: str
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    grants: frozenset[Permission] = frozenset()
    gates: frozenset[Gate] = frozenset({Gate.PUBLIC})
    needed: frozenset[str] = frozenset()
    """The ids of what they could not come again without: no mutation is aimed at it."""

    def may(self, requirement: str | None) -> bool:
        """Whether the SDL's `@requires` lets them pass."""
        return requirement is None or requirement in self.grants or requirement in self.gates

    def __str__(self) -> str:
        return self.name


VISITOR = Person("visitor")


async def people(session: AsyncSession, settings: Settings, product: Product) -> list[Person]:
    """Everybody, with an account that owns something of everything if they have one."""
    tokens = AccessTokens([settings.jwt_secret_key.get_secret_value()])
    found = [VISITOR, await _guest(session)]
    for role in Role:
        user = await _user(session, product, role)
        signed_in = await add_session(session, user)
        text = tokens.write(AccessClaims(user.id, signed_in.id, role), datetime.now(UTC)).text
        needed = frozenset({encode_id("Account", user.id), encode_id("Session", signed_in.id)})
        found.append(Person(role.lower(), bearer(text), ROLE_PERMISSIONS[role], frozenset(Gate), needed))
    for name, role, scopes in MACHINES:
        found.append(await _machine(session, product, name, role, scopes))
    return found


def bearer(text: str) -> dict[str, str]:
    """The headers of whoever brings a token."""
    return {"authorization": f"Bearer {text}"}


async def _guest(session: AsyncSession) -> Person:
    """Somebody with orders and a cart, and without an account."""
    token = new_guest_token()
    guest_id = guest_id_of(token)
    assert guest_id is not None
    await add_full_order(session, guest_id, 0)
    await add_full_cart(session, guest_id)
    return Person("guest", {"guest-token": token})


async def _user(session: AsyncSession, product: Product, role: Role) -> User:
    user = await add_user(session, role=role, is_email_verified=True)
    await add_belongings(session, user)
    await add_identity(session, user)
    await add_full_cart(session, user)
    seen = {"moderation_note": "Friendly.", "moderated_at": datetime.now(UTC), "moderated_by_id": user.id}
    await add_review(session, product, user, **seen)
    return user


async def _machine(
    session: AsyncSession, product: Product, name: str, role: Role, scopes: frozenset[Permission]
) -> Person:
    """A machine, which has what both its scopes and the role of its user grant, and nothing of its own."""
    user, text = await _user(session, product, role), MARK + new_token()
    soon = datetime.now(UTC) + timedelta(hours=1)  # its use is not noted meanwhile, which would be a write
    known = {"prefix": text[:PREFIX_LENGTH], "token_hash": hash_token(text), "last_used_at": soon}
    row = await add_api_token(session, user, scopes=sorted(scopes), **known)
    needed = frozenset({encode_id("Account", user.id), encode_id("ApiToken", row.id)})
    return Person(name, bearer(text), ROLE_PERMISSIONS[role] & scopes, needed=needed)
