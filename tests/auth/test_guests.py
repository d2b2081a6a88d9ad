"""Guests: who they are by their token, and that plans and answers are shared as far as they may be."""

from uuid import UUID

from graphql import parse

from auth.guests import guest_id_of, new_guest_token
from auth.viewer import VISITOR, Viewer
from compiler.execution import Compiler, Operation
from schema.root import schema
from tests.factories import new_id

PRODUCTS = "{ products(first: 2) { nodes { name reviews { totalCount } } } }"


def test_a_token_always_names_the_same_guest() -> None:
    token, other = new_guest_token(), new_guest_token()
    assert guest_id_of(token) == guest_id_of(token)
    assert guest_id_of(token) != guest_id_of(other)
    assert guest_id_of("A" * 43) == UUID("0f007385-b6f9-d4b7-eeb2-748605afe1a9")


def test_what_was_never_handed_out_names_nobody() -> None:
    token = new_guest_token()
    for text in ("", "1", token[1:], f"{token}A", f"{token}\n", f"{token[1:]}=", f"{token[1:]}\x00", f"{token[1:]}é"):
        assert guest_id_of(text) is None


def test_guests_share_the_plan_of_visitors_where_it_asks_nobody() -> None:
    compiler = Compiler(schema)
    document = parse(PRODUCTS)
    operation = Operation(document, document.definitions[0])  # type: ignore[arg-type]
    values = compiler.coerce(operation, {})
    assert not isinstance(values, list)
    guests = [Viewer(guest_id=new_id()) for _ in range(2)]
    first, second, visitors = (compiler.plan(operation, values, viewer) for viewer in (*guests, VISITOR))
    assert first is second is visitors
    assert first.bind(values.coerced, guests[0]).key == first.bind(values.coerced, VISITOR).key
