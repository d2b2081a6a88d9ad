"""What staff does to accounts, and that an administrator is always left."""

import asyncio
import re

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.account_deletion import delete_my_account
from auth.errors import (
    AccountNotFoundError,
    EmailTakenError,
    InvalidCredentialsError,
    LastAdministratorError,
    OwnAccountError,
    RoleBeyondOwnError,
    SessionEndedError,
)
from auth.password_changes import request_password_reset, reset_password
from auth.permissions import Permission
from auth.roles import ROLE_PERMISSIONS
from auth.safeguards import Safeguards
from auth.sessions import refresh_session
from auth.staff import Invitee, activate, change_role, deactivate, end_sessions_of, invite
from auth.viewer import Viewer, viewer_with_role
from models import Address, DeadLetter, ExternalIdentity, Role, SecurityEvent, User, UserSecurityLog
from tests.auth.accounts import (
    PASSWORD,
    add_account,
    at,
    events,
    last_token,
    letters,
    signed_in,
    transactions,
)
from tests.factories import (
    add_belongings,
    add_dead_letter,
    add_identity,
    add_product,
    add_review,
    new_id,
    writing,
)
from tests.safeguards import SAFEGUARDS
from tests.statements import count_rows


def viewer_of(user: User) -> Viewer:
    """The user with all that their role is granted."""
    return viewer_with_role(user.role, user.id)


async def test_invited_account_is_taken_over_by_its_link(engine: AsyncEngine, safeguards: Safeguards) -> None:
    admin = await add_account(engine, safeguards, role=Role.ADMIN)
    guest = Invitee("Abebe@example.com", "Abebe", "Bikila", Role.EDITOR)
    for role in (Role.AUTHOR, Role.EDITOR):
        async with writing(engine) as session:
            invited = await invite(session, viewer_of(admin), Invitee(guest.email, "Abebe", "Bikila", role), at())
            if role is Role.AUTHOR:
                await add_identity(session, invited)
    assert await count_rows(engine, ExternalIdentity) == 0, "whoever was linked has not shown whose address it is"

    user = await reset_password(
        transactions(engine), safeguards.passwords, await last_token(engine), PASSWORD, at(3600)
    )

    assert (user.email, user.role, user.is_email_verified) == ("abebe@example.com", Role.EDITOR, True)
    await signed_in(engine, safeguards, user, at(3700))
    assert (await letters(engine))[0]["values"].keys() == {"name", "inviter", "token", "days"}
    with pytest.raises(EmailTakenError):
        async with writing(engine) as session:
            await invite(session, viewer_of(admin), guest, at(3800))
    assert SecurityEvent.INVITATION_ACCEPTED in await events(engine)


async def test_other_role_and_deactivation_end_sessions(engine: AsyncEngine, safeguards: Safeguards) -> None:
    admin = await add_account(engine, safeguards, role=Role.ADMIN)
    user = await add_account(engine, safeguards)

    async def refuses_to_refresh(token: str) -> None:
        with pytest.raises(SessionEndedError):
            await refresh_session(transactions(engine), safeguards.access_tokens, token, at(60))

    begun = await signed_in(engine, safeguards, user)
    async with writing(engine) as session:
        assert (await change_role(session, viewer_of(admin), user.id, Role.STAFF, at(10))).role is Role.STAFF
    await refuses_to_refresh(begun.refresh_token)

    begun = await signed_in(engine, safeguards, user, at(20))
    async with writing(engine) as session:
        assert await end_sessions_of(session, viewer_of(admin), user.id, at(25)) == 1
    await refuses_to_refresh(begun.refresh_token)

    begun = await signed_in(engine, safeguards, user, at(30))
    async with writing(engine) as session:
        assert not (await deactivate(session, viewer_of(admin), user.id, at(40))).is_active
    await refuses_to_refresh(begun.refresh_token)
    with pytest.raises(InvalidCredentialsError):
        await signed_in(engine, safeguards, user, at(50))

    async with writing(engine) as session:
        assert (await activate(session, viewer_of(admin), user.id, at(60))).is_active
    await signed_in(engine, safeguards, user, at(70))
    async with writing(engine) as session:
        actors = await session.scalars(select(UserSecurityLog.event).where(UserSecurityLog.actor_id == admin.id))
        assert set(actors) == {
            SecurityEvent.ROLE_CHANGED,
            SecurityEvent.SESSION_ENDED,
            SecurityEvent.DEACTIVATED,
            SecurityEvent.ACTIVATED,
        }


async def test_own_and_unknown_accounts_are_left_alone(engine: AsyncEngine, safeguards: Safeguards) -> None:
    admin = await add_account(engine, safeguards, role=Role.ADMIN)

    async with writing(engine) as session:
        with pytest.raises(OwnAccountError):
            await change_role(session, viewer_of(admin), admin.id, Role.STAFF, at())
        with pytest.raises(OwnAccountError):
            await deactivate(session, viewer_of(admin), admin.id, at())
        with pytest.raises(AccountNotFoundError):
            await deactivate(session, viewer_of(admin), new_id(), at())


async def test_nobody_reaches_above_themselves(engine: AsyncEngine, safeguards: Safeguards) -> None:
    """Such as the API token of an administrator that is good for accounts alone."""
    admin = await add_account(engine, safeguards, role=Role.ADMIN)
    editor, customer = [await add_account(engine, safeguards, role=role) for role in (Role.EDITOR, Role.CUSTOMER)]
    machine = Viewer(grants=frozenset({Permission.ACCOUNTS_WRITE}), acts_for=admin.id)
    async with writing(engine) as session:
        await invite(session, viewer_of(admin), Invitee("waits@example.com", "Abebe", "Bikila", Role.ADMIN), at())

    async with writing(engine) as session:
        for role in (Role.ADMIN, Role.RIDER):
            with pytest.raises(RoleBeyondOwnError):
                await invite(session, machine, Invitee("new@example.com", "Abebe", "Bikila", role), at())
        with pytest.raises(EmailTakenError):
            await invite(session, machine, Invitee("waits@example.com", "A", "B", Role.CUSTOMER), at())
        for user, role in ((customer, Role.RIDER), (editor, Role.CUSTOMER)):
            with pytest.raises(RoleBeyondOwnError):
                await change_role(session, machine, user.id, role, at())
        for act in (deactivate, activate, end_sessions_of):
            with pytest.raises(RoleBeyondOwnError):
                await act(session, machine, editor.id, at())
        owners = Viewer(grants=ROLE_PERMISSIONS[Role.ADMIN], acts_for=admin.id)
        for touch in (deactivate, activate, end_sessions_of):
            with pytest.raises(OwnAccountError):
                await touch(session, owners, admin.id, at())
        assert not (await deactivate(session, machine, customer.id, at())).is_active


async def test_token_of_an_ended_session_governs_nobody(engine: AsyncEngine, safeguards: Safeguards) -> None:
    """Though it is believed for some minutes: what its owner did in them would stay."""
    admins = [await add_account(engine, safeguards, role=Role.ADMIN) for _ in range(2)]
    begun = await signed_in(engine, safeguards, admins[0])
    deposed = viewer_with_role(Role.ADMIN, begun.user_id, begun.session_id)
    async with writing(engine) as session:
        await end_sessions_of(session, deposed, admins[1].id, at(10))
        await change_role(session, viewer_of(admins[1]), begun.user_id, Role.CUSTOMER, at(20))

    async with writing(engine) as session:
        with pytest.raises(SessionEndedError):
            await invite(session, deposed, Invitee("new@example.com", "Abebe", "Bikila", Role.ADMIN), at(30))
        with pytest.raises(SessionEndedError):
            await change_role(session, deposed, admins[1].id, Role.CUSTOMER, at(30))


async def test_of_two_administrators_one_always_stays(engine: AsyncEngine, safeguards: Safeguards) -> None:
    admins = [await add_account(engine, safeguards, role=Role.ADMIN) for _ in range(2)]

    async def depose(actor: User, other: User) -> None:
        async with writing(engine) as session:
            await deactivate(session, viewer_of(actor), other.id, at())

    outcomes = await asyncio.gather(depose(*admins), depose(*reversed(admins)), return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LastAdministratorError", "NoneType"]
    async with writing(engine) as session:
        [left] = await session.scalars(select(User).where(User.is_active))
    with pytest.raises(LastAdministratorError):
        await delete_my_account(transactions(engine), safeguards, left.id, PASSWORD, at(60))


async def test_deleted_account_leaves_rows_without_a_person(engine: AsyncEngine) -> None:
    safeguards = SAFEGUARDS  # of the factories: what was kept is opened, so that its provider can be told
    person = {"email": "selam@example.com", "username": "sel", "last_name": "Tesfaye", "avatar_url": "/selam.webp"}
    user = await add_account(engine, safeguards, **person)
    begun = await signed_in(engine, safeguards, user)
    async with writing(engine) as session:
        await add_belongings(session, user)
        await add_identity(session, user)
        await add_review(session, await add_product(session), user)
        for email in (user.email, f"not.{user.email}"):
            await add_dead_letter(session, payload={"template": "new_sign_in", "to": email, "values": {}})
    await request_password_reset(transactions(engine), user.email, at(30))
    assert b"selam@example.com".hex() in await everything_stored(engine), "a letter waits in the queue"

    await delete_my_account(transactions(engine), safeguards, user.id, PASSWORD, at(60))

    stored = await everything_stored(engine)
    known = {"selam", "tesfaye", "196.188.1.1", "192.0.2.1", "firefox", "fox", "addis", "sel"}
    assert known & set(re.split(r"[^a-z0-9.]+", stored.replace("not.selam@example.com", ""))) == set()
    assert b"selam@example.com".hex() not in stored
    assert await count_rows(engine, Address) == 0
    assert await count_rows(engine, DeadLetter) == 1
    async with writing(engine) as session:
        left = await session.get_one(User, user.id)
    assert (left.email, left.first_name, left.deleted_at) == (f"{user.id}@deleted.invalid", "Deleted", at(60).at)
    with pytest.raises(SessionEndedError):
        await refresh_session(transactions(engine), safeguards.access_tokens, begun.refresh_token, at(61))
    with pytest.raises(InvalidCredentialsError):
        await signed_in(engine, safeguards, user, at(61))


async def everything_stored(engine: AsyncEngine) -> str:
    """Every column of every row of every table, in lower case."""
    async with engine.connect() as connection:
        tables = await connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        rows = "SELECT lower(coalesce(string_agg(stored::text, ' '), '')) FROM {} AS stored"
        return " ".join([str(await connection.scalar(text(rows.format(name)))) for name in tables])
