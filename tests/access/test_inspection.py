"""The role matrix finds what is declared wrongly."""

from typing import Any

import strawberry
from sqlalchemy.ext.asyncio import AsyncEngine
from strawberry.schema.config import StrawberryConfig

import models
from auth.permissions import Permission
from auth.viewer import VISITOR as VISITING
from schema.declare import column, page, table
from schema.directives import Requires
from schema.orders import BY_NAME
from schema.relay import Connection, Node
from schema.scalars import SCALARS
from server.document_preparation import CLOSED
from server.graphql_execution import Executor
from server.graphql_request import GraphQLRequest
from tests.access.cover import Cover, text_of
from tests.access.inspection import Inspection
from tests.access.people import VISITOR
from tests.executors import answered
from tests.factories import add_product, writing


def told(declared: Any, *requires: Permission) -> Any:
    """The field with another `@requires` in the SDL than what it asks for."""
    declared.directives = [Requires(permission=each) for each in requires]
    return declared


@table(models.Product, "A product whose declarations lie.")
class LyingProduct(Node):
    """What the matrix must find."""

    name: str | None = told(column("Open, and said to be guarded."), Permission.CATALOG_READ)
    slug: str | None = told(column("Guarded, and said to be open.", requires=Permission.CATALOG_READ))
    vendor: str | None = told(column("Another guard.", requires=Permission.COSTS_READ), Permission.STOCK_READ)
    is_active: bool | None = column("As it is said.", requires=Permission.CATALOG_READ)


@strawberry.type
class LyingQuery:
    """A query that leads to it."""

    products: Connection[LyingProduct] = page(models.Product, "Products.", order=BY_NAME)


async def test_matrix_finds_fields_that_are_not_as_declared(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        await add_product(session, name="Lamp", vendor="Acme")
    schema = strawberry.Schema(LyingQuery, config=StrawberryConfig(scalar_map=SCALARS))
    core: Any = schema._schema  # noqa: SLF001 - as in tests/schema/walk.py
    selected = Cover.of(core, VISITOR, lambda _step: "").selection(core.query_type, lambda _step: True)
    inspection = Inspection(VISITOR)

    request = GraphQLRequest(f"{{ {text_of(selected)} }}")
    answer = await answered(Executor(schema, rules=CLOSED), engine, request, VISITING)
    inspection.read(selected, answer.body())

    path = "products.nodes.0"
    assert set(inspection.faults) == {
        "LyingProduct.name is shown, though it requires catalog:read.",
        f"{path}.name: FORBIDDEN, This field needs the permission catalog:read. This is declared and does not come.",
        f"{path}.slug: FORBIDDEN, This field needs the permission catalog:read. This was not declared.",
        f"{path}.vendor: FORBIDDEN, This field needs the permission costs:read. This was not declared.",
        f"{path}.vendor: FORBIDDEN, This field needs the permission stock:read. This is declared and does not come.",
    }


async def test_matrix_finds_what_nothing_was_seen_of(engine: AsyncEngine) -> None:
    schema = strawberry.Schema(LyingQuery, config=StrawberryConfig(scalar_map=SCALARS))
    core: Any = schema._schema  # noqa: SLF001 - the same
    selected = Cover.of(core, VISITOR, lambda _step: "").selection(core.query_type, lambda _step: True)
    inspection = Inspection(VISITOR)

    answer = await answered(Executor(schema, rules=CLOSED), engine, GraphQLRequest(f"{{ {text_of(selected)} }}"))
    inspection.read(selected, answer.body())
    inspection.require_values(selected)

    assert "LyingProductConnection.nodes has no value anywhere: tests.factories should make one." in inspection.faults
