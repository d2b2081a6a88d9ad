"""Filters of accounts, sessions and what happened to accounts: every field chooses the rows that it says."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from graphql import GraphQLInputObjectType
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import viewer_with_role
from models import Role, SecurityEvent, SessionEnd, TotpCredential
from tests.api import data_of
from tests.factories import add_log_entry, add_session, add_user, new_id, shared_engine, writing
from tests.schema.walk import CORE

ADMIN = viewer_with_role(Role.ADMIN)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
AFTERNOON = {"from": "2026-03-01T12:30:00Z", "to": "2026-03-01T14:30:00Z"}

ACCOUNTS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["admin", "editor", "gone", "new", "shut"]),
    ({"roles": ["ADMIN", "EDITOR"]}, ["admin", "editor"]),
    ({"roles": []}, []),
    ({"isActive": False}, ["gone", "shut"]),
    ({"isActive": True}, ["admin", "editor", "new"]),
    ({"isEmailVerified": True}, ["admin", "editor", "gone", "shut"]),
    ({"isEmailVerified": False}, ["new"]),
    ({"hasSecondFactor": True}, ["admin"]),
    ({"hasSecondFactor": False}, ["editor", "gone", "new", "shut"]),
    ({"isDeleted": True}, ["gone"]),
    ({"isDeleted": False}, ["admin", "editor", "new", "shut"]),
    ({"contains": "EDI"}, ["editor"]),
    ({"contains": "selam tesfaye"}, ["admin", "editor", "gone", "new"]),
    ({"contains": "%"}, []),
    ({"createdAt": AFTERNOON}, ["editor", "gone"]),
    ({"or": [{"isDeleted": True}, {"roles": ["ADMIN"]}]}, ["admin", "gone"]),
    ({"and": [{"isActive": True}, {"not": {"contains": "new"}}]}, ["admin", "editor"]),
]
SESSIONS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["ended", "live", "old"]),
    ({"isActive": True}, ["live"]),
    ({"isActive": False}, ["ended", "old"]),
]
EVENTS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["SIGNED_IN", "SIGNED_UP"]),
    ({"events": ["SIGNED_UP", "EMAIL_VERIFIED"]}, ["SIGNED_UP"]),
    ({"createdAt": AFTERNOON}, ["SIGNED_IN"]),
]


@pytest.fixture(scope="module")
async def accounts(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """Accounts in every state, made an hour after one another; the first has sessions and a log."""
    async with shared_engine(postgres, migrated) as engine:
        async with writing(engine) as session:
            states: dict[str, dict[str, Any]] = {
                "admin": {"role": Role.ADMIN, "is_email_verified": True},
                "editor": {"role": Role.EDITOR, "is_email_verified": True},
                "gone": {"is_active": False, "is_email_verified": True, "deleted_at": NOON},
                "new": {},
                "shut": {"is_active": False, "is_email_verified": True, "first_name": "Hana"},
            }
            made = [
                await add_user(session, email=f"{name}@shop.test", created_at=NOON + timedelta(hours=hour), **state)
                for hour, (name, state) in enumerate(states.items())
            ]
            admin = made[0]
            session.add(TotpCredential(id=new_id(), user_id=admin.id, encrypted_secret=b"sealed", confirmed_at=NOON))
            now = datetime.now(UTC)
            await add_session(session, admin, user_agent="live")
            await add_session(session, admin, user_agent="ended", ended_at=now, end_reason=SessionEnd.SIGNED_OUT)
            long_ago = now - timedelta(days=40)
            times = {"created_at": long_ago, "last_used_at": long_ago, "expires_at": now - timedelta(days=10)}
            await add_session(session, admin, user_agent="old", **times)
            for event, hour in ((SecurityEvent.SIGNED_UP, 0), (SecurityEvent.SIGNED_IN, 1)):
                await add_log_entry(session, admin, event=event, created_at=NOON + timedelta(hours=hour), details={})
        yield engine


@pytest.mark.parametrize(("given", "found"), ACCOUNTS, ids=str)
async def test_accounts(accounts: AsyncEngine, given: dict[str, Any], found: list[str]) -> None:
    query = "query($given: AccountFilter) { users(sort: EMAIL_ASC, filter: $given) { totalCount nodes { email } } }"
    users = (await data_of(accounts, query, {"given": given}, ADMIN))["users"]
    assert [user["email"].partition("@")[0] for user in users["nodes"]] == found
    assert users["totalCount"] == len(found)


async def of_admin(engine: AsyncEngine, selection: str, filter_type: str, given: dict[str, Any]) -> list[Any]:
    """What a list of the administrator's account has."""
    query = f'query($given: {filter_type}) {{ users(filter: {{contains: "admin@"}}) {{ nodes {{ {selection} }} }} }}'
    (account,) = (await data_of(engine, query, {"given": given}, ADMIN))["users"]["nodes"]
    (found,) = account.values()
    nodes: list[Any] = found["nodes"]
    return nodes


@pytest.mark.parametrize(("given", "found"), SESSIONS, ids=str)
async def test_sessions(accounts: AsyncEngine, given: dict[str, Any], found: list[str]) -> None:
    nodes = await of_admin(accounts, "sessions(filter: $given) { nodes { userAgent } }", "SessionFilter", given)
    assert sorted(node["userAgent"] for node in nodes) == found


@pytest.mark.parametrize(("given", "found"), EVENTS, ids=str)
async def test_events(accounts: AsyncEngine, given: dict[str, Any], found: list[str]) -> None:
    nodes = await of_admin(accounts, "securityLog(filter: $given) { nodes { event } }", "SecurityLogFilter", given)
    assert sorted(node["event"] for node in nodes) == found


@pytest.mark.parametrize(
    ("name", "cases"), [("AccountFilter", ACCOUNTS), ("SessionFilter", SESSIONS), ("SecurityLogFilter", EVENTS)]
)
def test_every_field_is_tried(name: str, cases: list[tuple[dict[str, Any], list[str]]]) -> None:
    kind = CORE.type_map[name]
    assert isinstance(kind, GraphQLInputObjectType)
    assert set(kind.fields) - {"and", "or", "not"} <= {field for given, _ in cases for field in given}
