"""The audit log over GraphQL: who sees it, and how it is filtered."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLInputObjectType
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.permissions import Permission
from auth.viewer import Viewer, viewer_with_role
from domain.actors import Actor, command, introduce
from models import ActorKind, Role, Tag
from resolvers.ids import encode_id
from tests.api import codes_of, data_of
from tests.factories import add_category, add_tag, add_user, new_id, shared_engine, writing
from tests.schema.walk import CORE

ADMIN = viewer_with_role(Role.ADMIN, new_id())
LISTED = """
    query($filter: AuditFilter) {
        auditLog(filter: $filter, sort: OLDEST) { totalCount nodes { tableName action actorName } }
    }
"""
FUTURE = {"from": "2100-01-01T00:00:00Z"}


@dataclass(frozen=True, slots=True)
class Shop:
    """A database on which a user has made a tag, a command has renamed it, and a job has deleted it."""

    engine: AsyncEngine
    user: UUID
    tag: UUID


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[Shop]:
    """The shop, for tests that only read."""
    async with shared_engine(postgres, migrated) as engine:
        async with writing(engine) as session:
            user = await add_user(session)
            actor = Actor(ActorKind.USER, user.id, address="192.0.2.1", user_agent="Fox", request_id="request-1")
            await introduce(session, actor)
            tag = await add_tag(session)
        async with writing(engine) as session:
            await introduce(session, command("rename"))
            (await session.get_one(Tag, tag.id)).name = "Other"
        async with writing(engine) as session:
            await introduce(session, Actor(ActorKind.JOB, name="sweep", request_id="job-1"))
            await session.execute(delete(Tag).where(Tag.id == tag.id))
            await add_category(session)
        yield Shop(engine, user.id, tag.id)


async def test_every_filter_chooses_what_it_says(shop: Shop) -> None:
    made, renamed, gone, category = "INSERT tags", "UPDATE tags", "DELETE tags", "INSERT categories"
    of_tag = [made, renamed, gone]
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"tables": ["tags"]}, of_tag),
        ({"tables": []}, []),
        ({"rowKeys": [str(shop.tag)]}, of_tag),
        ({"actions": ["UPDATE", "DELETE"]}, [renamed, gone]),
        ({"actorKinds": ["JOB"]}, [gone, category]),
        ({"actors": [encode_id("Account", shop.user)]}, [made]),
        ({"actorNames": ["rename", "sweep"]}, [renamed, gone, category]),
        ({"requestIds": ["request-1", "job-1"]}, [made, gone, category]),
        ({"recordedAt": FUTURE}, []),
        ({"and": [{"actorKinds": ["JOB"]}, {"not": {"tables": ["tags"]}}]}, [category]),
    ]
    for chosen, expected in cases:
        found = (await data_of(shop.engine, LISTED, {"filter": chosen}, ADMIN))["auditLog"]
        assert [f"{each['action']} {each['tableName']}" for each in found["nodes"]] == expected, chosen
        assert found["totalCount"] == len(expected)
    kind = CORE.type_map["AuditFilter"]
    assert isinstance(kind, GraphQLInputObjectType)
    assert {name for chosen, _ in cases for name in chosen} | {"or", "not"} == set(kind.fields)


async def test_entry_tells_who_changed_what_from_where(shop: Shop) -> None:
    shown = """
        query($filter: AuditFilter) { auditLog(filter: $filter) { nodes {
            rowKey oldValues newValues withheld actorKind actor { email } databaseRole address userAgent requestId
            isSealed hash
        } } }
    """
    chosen = {"filter": {"tables": ["tags"], "actions": ["INSERT", "UPDATE"]}}

    renamed, made = (await data_of(shop.engine, shown, chosen, ADMIN))["auditLog"]["nodes"]

    assert made["actor"]["email"].endswith("@example.com")
    assert (made["address"], made["userAgent"], made["requestId"]) == ("192.0.2.1", "Fox", "request-1")
    assert (renamed["newValues"], renamed["actor"], renamed["actorKind"]) == ({"name": "Other"}, None, "COMMAND")
    assert (renamed["isSealed"], renamed["hash"], renamed["databaseRole"]) == (False, None, "merkato")


async def test_permission_opens_the_log_and_not_the_accounts_in_it(shop: Shop) -> None:
    auditor = Viewer(grants=frozenset({Permission.AUDIT_READ}))
    with_actor = '{ auditLog(filter: {tables: ["tags"]}) { nodes { rowKey actor { email } } } }'

    assert await codes_of(shop.engine, with_actor, viewer=auditor) == ["FORBIDDEN"] * 3
    assert len((await data_of(shop.engine, LISTED, viewer=auditor))["auditLog"]["nodes"]) == 5
    staff = viewer_with_role(Role.STAFF, new_id())
    assert await codes_of(shop.engine, LISTED, viewer=staff) == ["FORBIDDEN"]
