"""Every field and every mutation, with every role, through the real endpoint: each gets what is declared, no more."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID, uuid5

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    is_leaf_type,
    is_object_type,
)

from auth.permissions import Requirement
from auth.viewer import VISITOR, Viewer, viewer_with_role
from models import Role
from resolvers.ids import encode_id
from tests.databases import copy_database, drop_database, opened
from tests.factories import add_full_order, add_shopful, add_user, writing
from tests.schema.routes import Route, arguments, fields_of, leaf_of, named, routes
from tests.schema.walk import CORE, WalkedField, fields
from tests.server.forms import sent
from tests.signed_in import Door, Headers, open_door

REFUSALS = frozenset({"FORBIDDEN", "UNAUTHENTICATED"})
SAMPLES: Mapping[str, Any] = {
    "Upload": b"Handle,Title,Variant Price",
    "Boolean": True,
    "Date": "2026-11-20",
    "DateTime": "2026-11-20T08:30:00Z",
    "Decimal": "1.00",
    "Float": 1.5,
    "ID": encode_id("Product", UUID(int=1)),
    "Int": 1,
}
"""What an input gets for a scalar; all others get a text."""

PEOPLE = UUID("018f0000-0000-7000-8000-00000000cafe")
MUTATIONS = [walked for walked in fields() if walked.type.name == "Mutation"]
VIEWERS: Mapping[str, Viewer] = {"VISITOR": VISITOR} | {
    role.value: viewer_with_role(role, uuid5(PEOPLE, role)) for role in Role
}
every_role = pytest.mark.parametrize("name", VIEWERS)


@pytest.fixture(scope="module")
async def door(postgres: str, migrated: str) -> AsyncIterator[Door]:
    """A server on a shop with rows of every kind, and an account of every role."""
    url = await copy_database(postgres, migrated)
    async with opened(url) as engine, writing(engine) as session:
        await add_shopful(session, 2)
        for role in Role:
            user = await add_user(session, id=VIEWERS[role].user_id, role=role)
            await add_full_order(session, user, 0)
    with open_door(url) as door:
        yield door
    await drop_database(url)


def headers_of(door: Door, name: str) -> Headers:
    """What such a person sends."""
    return {} if name == "VISITOR" else door.headers(VIEWERS[name].user_id, Role(name))


def requirement_of(walked: WalkedField) -> Requirement | None:
    """What the field asks of its viewer."""
    return walked.declared.declaration.requires if walked.declared else None


def refused_fields(steps: list[WalkedField], viewer: Viewer) -> set[str]:
    """Those that the viewer may not use."""
    needed = ((step, requirement_of(step)) for step in steps)
    return {step.name for step, requirement in needed if requirement is not None and not viewer.may(requirement)}


@every_role
def test_every_field_is_read_by_whom_it_is_declared_for(door: Door, name: str) -> None:
    viewer, headers = VIEWERS[name], headers_of(door, name)
    visited = 0
    for kind, route in routes().items():
        steps = [step for step in fields_of(CORE.type_map[kind]) if kind != "Query"]  # type: ignore[arg-type]
        response = door.http.post("/graphql", json=question(route, steps), headers=headers)
        body = response.json()
        refused = (refused_fields([step], viewer) for step in route.steps)
        expected = next(filter(None, refused), None) or refused_fields(steps, viewer)  # nobody gets past the first one
        if viewer is VISITOR and route.steps and route.steps[0].name == "orders":
            expected = set()  # a visitor has bought nothing, so that nothing of it is asked for
        assert {error["extensions"]["code"] for error in body.get("errors", ())} <= {"FORBIDDEN"}, body
        assert {error["path"][-1] for error in body.get("errors", ())} == expected, (kind, body)
        visited += len(steps)
    assert visited > 150


def question(route: Route, steps: list[WalkedField]) -> dict[str, Any]:
    """The operation that reads all these fields of what the route leads to."""
    selection = " ".join(["__typename", *map(selected, steps)])
    document = route.document(selection)
    return {"query": document, "variables": {"first": 2} if "$first" in document else {}}


def selected(step: WalkedField) -> str:
    """A field with a leaf below it, if there is one."""
    if is_leaf_type(named(step)):
        return f"{step.name}{arguments(step)}"
    inner = leaf_of(named(step)) if is_object_type(named(step)) else "__typename"
    return f"{step.name}{arguments(step)} {{ {inner} }}"


@every_role
def test_every_mutation_is_done_for_whom_it_is_declared(door: Door, name: str) -> None:
    viewer, headers = VIEWERS[name], headers_of(door, name)
    for walked in MUTATIONS:
        requirement = requirement_of(walked)
        assert requirement is not None
        body = door.http.post("/graphql", **sent(change(walked), headers)).json()
        codes = {error["extensions"]["code"] for error in body.get("errors", ())}
        assert "INTERNAL_SERVER_ERROR" not in codes, (walked, body)
        if viewer.may(requirement):
            assert not codes & REFUSALS, (walked, body)
        else:
            assert len(codes) == 1, (walked, body)
            assert codes <= REFUSALS, (walked, body)
            assert body["data"] == {walked.name: None}


def change(walked: WalkedField) -> dict[str, Any]:
    """The mutation with an input that its type accepts."""
    if not walked.field.args:
        return {"query": f"mutation {{ {walked.name} {{ __typename }} }}"}
    kind = walked.field.args["input"].type
    document = f"mutation($input: {kind}) {{ {walked.name}(input: $input) {{ __typename }} }}"
    return {"query": document, "variables": {"input": sample(kind)}}


def sample(kind: Any) -> Any:
    """A value of an input type, with no more than it requires."""
    if isinstance(kind, GraphQLNonNull):
        return sample(kind.of_type)
    if isinstance(kind, GraphQLList):
        return [sample(kind.of_type)]
    if isinstance(kind, GraphQLInputObjectType):
        required = {name: field for name, field in kind.fields.items() if isinstance(field.type, GraphQLNonNull)}
        return {name: sample(field.type) for name, field in required.items()}
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    return SAMPLES.get(get_named_type(kind).name, "text")
