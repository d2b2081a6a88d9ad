"""Whose account somebody gets who comes from an identity provider.

Person and account are linked by an e-mail address that is proved to be the person's, and by nothing else: by the
provider, or, where the provider does not say (Facebook never does), by a letter of ours.
"""

from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from auth.credentials import take_over_unverified
from auth.emails import known_form
from auth.errors import ExternalSignInRefusedError, IdentityNotFoundError
from auth.security_log import record
from auth.sign_up import enrol
from auth.visits import Visit
from domain.identity_providers import VouchedPerson
from models import ExternalIdentity, SecurityEvent, User
from models.accounts import NAME_LENGTH

NAMELESS = "Customer"


def address_of(person: VouchedPerson) -> str:
    """The e-mail address, as accounts know it. Raises ExternalSignInRefusedError when there is none."""
    email = None if person.email is None else known_form(person.email)
    if email is None:
        raise ExternalSignInRefusedError(
            "The identity provider did not tell your e-mail address. Sign up with your address instead."
        )
    return email


async def linked_account(session: AsyncSession, person: VouchedPerson, visit: Visit) -> User | None:
    """The account that is the person's already, locked."""
    user_id = await session.scalar(
        update(ExternalIdentity)
        .where(ExternalIdentity.provider == person.provider, ExternalIdentity.subject == person.subject)
        .values(last_used_at=visit.at)
        .returning(ExternalIdentity.user_id)
    )
    return None if user_id is None else await session.get(User, user_id, with_for_update=True)


async def account_by_address(session: AsyncSession, person: VouchedPerson, visit: Visit) -> User:
    """The account with the address that the provider has verified, made if there is none, linked from now on.

    Raises ExternalSignInRefusedError when it is linked to somebody else of that provider.
    """
    email = address_of(person)
    added = insert(User).values(id=uuid7(), email=email, is_email_verified=True, **_told(person))
    made = await session.scalar(added.on_conflict_do_nothing(index_elements=[User.email]).returning(User.id))
    if made is not None:
        record(session, SecurityEvent.SIGNED_UP, visit, user_id=made, details=_details(person))
    user = await session.scalar(select(User).where(User.email == email).with_for_update())
    if user is None:
        raise ExternalSignInRefusedError("The account with your e-mail address has just changed. Begin again.")
    if not user.is_email_verified:
        await take_over_unverified(session, user, visit)
    await _link(session, user, person, visit)
    return user


async def enrol_unproved(session: AsyncSession, person: VouchedPerson, visit: Visit) -> None:
    """Have the address proved by letter, as when somebody signs up with a password.

    A new account is linked at once, and of use once its address is proved. An older one is not, whosever it is.
    """
    made = await enrol(session, {"email": address_of(person), **_told(person)}, visit)
    if made is not None:
        await _link(session, made, person, visit)


async def unlink_identity(session: AsyncSession, user_id: UUID, identity_id: UUID, visit: Visit) -> None:
    """Forget a provider's person. A password can be set by letter where there is none. Raises IdentityNotFoundError."""
    owned = (ExternalIdentity.id == identity_id, ExternalIdentity.user_id == user_id)
    unlinked = await session.scalar(delete(ExternalIdentity).where(*owned).returning(ExternalIdentity.provider))
    if unlinked is None:
        raise IdentityNotFoundError
    details = {"provider": unlinked.value}
    record(session, SecurityEvent.IDENTITY_UNLINKED, visit, user_id=user_id, details=details)


async def _link(session: AsyncSession, user: User, person: VouchedPerson, visit: Visit) -> None:
    """Link the account to the person, unless it is linked to another person of the same provider."""
    times = {"created_at": visit.at, "last_used_at": visit.at}
    values = {"user_id": user.id, "provider": person.provider, "subject": person.subject, **times}
    added = insert(ExternalIdentity).values(id=uuid7(), **values).on_conflict_do_nothing()
    if await session.scalar(added.returning(ExternalIdentity.id)) is None:
        raise ExternalSignInRefusedError("The account with this e-mail address belongs to somebody else there.")
    record(session, SecurityEvent.IDENTITY_LINKED, visit, user_id=user.id, details=_details(person))


def _told(person: VouchedPerson) -> dict[str, str]:
    """What the provider tells of the person, as accounts can hold it."""
    return {
        "first_name": _storable(person.first_name) or NAMELESS,
        "last_name": _storable(person.last_name),
        "social_provider": person.provider,
    }


def _storable(name: str) -> str:
    return "".join(letter for letter in " ".join(name.split()) if letter.isprintable())[:NAME_LENGTH]


def _details(person: VouchedPerson) -> dict[str, str]:
    return {"provider": person.provider.value}
