"""Every field of every type and every mutation, asked for by everybody: values where the SDL permits, else refusals.

Nothing is listed here by hand: the operations are made from the schema, what is expected from its `@requires` and from
the grants of roles and tokens.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from auth.permissions import Gate
from models import Role
from schema.root import NODES
from tests.access.cover import Selected, required_by, text_of
from tests.access.house import House, Json, open_house
from tests.access.inputs import sample
from tests.access.inspection import Inspection
from tests.access.people import MACHINES, Person
from tests.schema.walk import CORE, fields, is_read

ADMIN = "admin"
NAMES = ["visitor", "guest", *(role.lower() for role in Role), *(name for name, *_ in MACHINES)]
OF_NEW_GUESTS = {"AddedToCart.guestToken"}
"""What whoever has an account, or is a guest already, gets no value for."""

AT_ONCE = 4
"""How many mutations a document holds at the most."""

everybody = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
async def house(postgres: str, migrated: str) -> AsyncIterator[House]:
    """A shop for the module. The tests that write to it come last."""
    async with open_house(postgres, migrated) as opened:
        assert list(opened.people) == NAMES
        yield opened


def query_of(house: House, person: Person, *, permitted: bool = False) -> tuple[Selected, ...]:
    """All that there is, or what the person is permitted to read in the database."""
    query: Any = CORE.query_type
    return house.cover(person).selection(
        query, lambda step: not permitted or (person.may(required_by(step)) and is_read(step))
    )


def mutations_of(house: House, person: Person, *, permitted: bool) -> tuple[Selected, ...]:
    """The mutations that the person is permitted, or those that refuse the person."""
    mutation: Any = CORE.mutation_type
    return house.cover(person).selection(
        mutation, lambda step: step.type != mutation or person.may(required_by(step)) == permitted
    )


@pytest.fixture(scope="module")
def seen(house: House) -> dict[str, Inspection]:
    """What everybody finds who asks for everything, before anybody writes."""
    found = {}
    for name, person in house.people.items():
        selected = query_of(house, person)
        found[name] = Inspection(person)
        found[name].read(selected, house.query(person, selected))
        found[name].require_values(selected)
    return found


# Reading


@everybody
def test_fields_have_a_value_or_the_declared_refusal(seen: dict[str, Inspection], name: str) -> None:
    assert seen[name].faults == []


def test_every_field_is_reached(house: House, seen: dict[str, Inspection]) -> None:
    """By the administrator, but for what mutations alone give, which nothing may guard further.

    Subscriptions run over sockets, where tests/server/websockets/test_events.py tries them in every role. The carts
    here can be sent and paid for; tests/server/test_carts.py has others.
    """
    visited, cover = seen[ADMIN].visited, house.cover(house.people[ADMIN])
    of_carts = [CORE.get_type(name) for name in ("CartTotalTooLarge", "CountryNotServed", "ShippingMethodUnavailable")]
    elsewhere = (CORE.mutation_type, CORE.subscription_type, *of_carts)
    missed = [each for each in fields() if str(each) not in visited and each.type not in elsewhere]
    assert [str(each) for each in missed if required_by(each) or not cover.is_of_changes(each.type)] == []
    assert len(visited) > 200


@everybody
def test_permitted_fields_are_compiled(house: House, name: str) -> None:
    """What is refused in part is answered by the reference executor."""
    person = house.people[name]
    selected = query_of(house, person, permitted=True)
    inspection, compiled = Inspection(person), house.compiled()

    inspection.read(selected, house.query(person, selected))

    assert inspection.faults == []
    assert house.compiled() - compiled == 2


@everybody
def test_nodes_find_what_lists_show(house: House, seen: dict[str, Inspection], name: str) -> None:
    """And nothing of a type of which the person is shown nothing else."""
    shown, everything = seen[name].ids, seen[ADMIN].ids
    asked = {kind: min(shown.get(kind) or everything[kind]) for kind in NODES}

    nodes = house.change(
        house.people[name], "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": list(asked.values())}
    )

    assert nodes == {"data": {"nodes": [{"id": key} if kind in shown else None for kind, key in asked.items()]}}


# Writing


@everybody
async def test_refused_mutations_write_nothing(house: House, name: str) -> None:
    person = house.people[name]
    refused = mutations_of(house, person, permitted=False)
    inspection, stored = Inspection(person), await house.stored()

    for start in range(0, len(refused), AT_ONCE):
        some = refused[start : start + AT_ONCE]
        inspection.read(some, house.change(person, *operation_of(some, {})))

    assert inspection.faults == []
    assert await house.stored() == stored


@everybody
def test_permitted_mutations_give_an_object_or_a_problem(house: House, seen: dict[str, Inspection], name: str) -> None:
    """Each has input that is well formed, and is aimed at what the person sees."""
    person = house.people[name]
    needed = frozenset[str]().union(*(each.needed for each in house.people.values()))
    ids = {kind: max(keys - needed) for kind, keys in seen[name].ids.items() if keys - needed}
    inspection = Inspection(person)

    for each in mutations_of(house, person, permitted=True):
        inspection.read([each], house.change(person, *operation_of([each], ids)))

    assert inspection.faults == []
    empty = {each for each, has_value in inspection.visited.items() if not has_value}
    assert empty <= (OF_NEW_GUESTS if name == "guest" or Gate.SIGNED_IN in person.gates else set())


def operation_of(selected: Sequence[Selected], ids: dict[str, str]) -> tuple[str, Json]:
    """The operation of some mutations, and its variables."""
    given = {each.key: each.step.field.args["input"].type for each in selected if "input" in each.step.field.args}
    declared = ", ".join(f"${name}: {kind}" for name, kind in given.items())
    document = f"mutation{f'({declared})' if declared else ''} {{ {text_of(selected)} }}"
    return document, {name: sample(kind, ids) for name, kind in given.items()}
