"""For any number of parents a field costs one SQL statement: every field of the schema is tried at 1 and at 50.

That is the reference executor's measure. A compiled operation is one statement, whatever it selects.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import strawberry
from graphql import GraphQLObjectType, is_leaf_type, is_object_type
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from strawberry.schema.config import StrawberryConfig

import models
from auth.viewer import viewer_with_role
from models import Role
from resolvers.context import Context
from resolvers.declarations import Expression
from resolvers.ids import encode_id
from resolvers.paging import MAXIMUM_PAGE_SIZE
from schema.declare import field, page, table
from schema.orders import BY_NAME
from schema.relay import Connection, Node
from schema.root import NODES
from schema.scalars import SCALARS
from server.database import open_connection
from server.document_preparation import CLOSED
from server.graphql_execution import Executor
from server.graphql_request import GraphQLRequest
from server.read_pool import ReadPool
from tests.api import Json
from tests.databases import settings_for
from tests.executors import REFERENCE, answered
from tests.executors import compiling as compiling_with
from tests.factories import add_shopful, new_id, shared_engine, writing
from tests.queries.test_documents import READS, read_document
from tests.safeguards import SAFEGUARDS
from tests.schema.routes import Route, arguments, fields_of, is_list, is_loading, leaf_of, named, routes, types_below
from tests.schema.walk import CORE, WalkedField, object_types
from tests.statements import noted

ADMIN = viewer_with_role(Role.ADMIN, new_id())
FEW, MANY = 1, 50

MORE_THAN_ONE: Mapping[str, int] = {
    "Query.search": 3,  # the count, the ranked ids, and the rows of each type found: here one
    "SearchConnection.nodes": 2,  # the ranked ids, and the rows
    "SearchConnection.edges": 2,  # the same
    "SearchConnection.pageInfo": 2,  # the same, which it could do without
}
"""How many statements a field may cost where it is not one, or two for a page and its count."""


WITH_ONE_TARGET = {"MenuItem", "ReleaseItem"}
"""Objects of these types lead to one of several things each, so that a field of theirs has a value in some."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What an operation gave, and how many statements it took."""

    data: Any
    statements: int


@asynccontextmanager
async def counted(engine: AsyncEngine) -> AsyncIterator[list[str]]:
    """The statements that the engine executes while the block runs."""
    async with noted(engine) as statements:
        yield statements
    statements[:] = [each for each in statements if "set_config" not in each]  # who reads is told once for a request


async def measure(
    engine: AsyncEngine, document: str, variables: Json | None = None, executor: Executor = REFERENCE
) -> Measured:
    """Run an operation that must not fail."""
    async with counted(engine) as statements, Context(engine, ADMIN, SAFEGUARDS) as context:
        answer = await executor.run(GraphQLRequest(document, variables=variables), context)
    assert answer.errors == [], document
    return Measured(answer.data, len(statements))


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """Sixty rows of everything, with every relation."""
    async with shared_engine(postgres, migrated) as engine:
        async with writing(engine) as session:
            await add_shopful(session, 60)
        yield engine


@dataclass(frozen=True, slots=True)
class Compiling:
    """The executor that compiles, and the statements that its connections were sent."""

    executor: Executor
    statements: list[str]

    async def measure(self, engine: AsyncEngine, document: str, variables: Json | None = None) -> int:
        """How many statements answer an operation, which must compile, on a connection that knows its types."""
        request = GraphQLRequest(document, variables=variables)
        await answered(self.executor, engine, request, ADMIN)
        await asyncio.sleep(0)  # asyncpg tells of a statement in the loop's next turn
        self.statements.clear()
        async with counted(engine) as reference_statements:
            answer = await answered(self.executor, engine, request, ADMIN)
        await asyncio.sleep(0)
        assert (answer.errors, answer.encoded is None, reference_statements) == ([], False, []), document
        return len(self.statements)


@pytest.fixture(scope="module")
async def compiling(shop: AsyncEngine) -> AsyncIterator[Compiling]:
    """The executor that compiles, on the shop."""
    statements: list[str] = []

    async def connect() -> asyncpg.Connection:
        url = shop.sync_engine.get_execution_options()["url"]
        connection: asyncpg.Connection = await open_connection(url, settings_for(url))
        connection.add_query_logger(lambda query: statements.append(query.query))
        return connection

    pool = ReadPool(connect, 1)
    await pool.run(lambda connection: connection.fetchval("SELECT 1"))
    statements.clear()  # what a new connection asks is no part of any operation
    yield Compiling(compiling_with(pool), statements)
    await pool.close()


@dataclass(frozen=True, slots=True)
class Case:
    """A field and the route to the objects that have it."""

    route: Route
    step: WalkedField
    further: str = ""

    def document(self) -> str:
        """The operation that selects the field."""
        is_root = not self.route.steps
        size = "$first" if is_root else "2"
        return self.route.document(f"{self.step.name}{arguments(self.step, size, self.further)}{self._selection()}")

    def cost(self) -> int:
        """How many statements the field may cost."""
        return MORE_THAN_ONE.get(str(self.step), 2 if self.gives_connection() else int(is_loading(self.step)))

    def gives_connection(self) -> bool:
        """Whether the field's value has pages."""
        return "after" in self.step.field.args

    def values(self, data: Any) -> list[Any]:
        """The field's values in the response."""
        return [each[self.step.name] for each in self.route.objects(data)]

    def _selection(self) -> str:
        if self.gives_connection():
            return " { totalCount pageInfo { hasNextPage } nodes { __typename } edges { cursor node { __typename } } }"
        if is_leaf_type(named(self.step)):
            return ""
        return f" {{ {leaf_of(named(self.step)) if is_object_type(named(self.step)) else '__typename'} }}"

    def __str__(self) -> str:
        return f"{self.step}{f'({self.further})' if self.further else ''}"


def cases() -> Iterator[Case]:
    """Every object, list, connection and expression field that a query reaches, and filtered and sorted lists again."""
    reached = routes()
    for kind in (kind for kind in object_types() if kind.name in reached):
        for step in fields_of(kind):
            is_expression = step.declared is not None and isinstance(step.declared.declaration, Expression)
            if is_leaf_type(named(step)) and not is_list(step) and not is_expression and not is_loading(step):
                continue
            yield Case(reached[kind.name], step)
            if "sort" in step.field.args:
                sort = next(iter(named_enum(step)))
                yield Case(reached[kind.name], step, f"sort: {sort}, filter: {{or: [{{}}, {{not: {{}}}}]}}")


def named_enum(step: WalkedField) -> Mapping[str, Any]:
    """The members of the field's sort enum."""
    kind: Any = step.field.args["sort"].type
    values: Mapping[str, Any] = kind.values
    return values


CASES = list(cases())


def test_every_type_is_reached() -> None:
    from_settings = {"IdentityProvider", "PaymentOption"}
    by_argument = {"PathResolution", "FieldChange"}
    from_statistics = types_below(CORE.get_type("DatabaseHealth"))
    elsewhere = from_settings | by_argument | from_statistics | {"Subscription"}
    assert set(routes()) | types_below(CORE.mutation_type) | elsewhere == {kind.name for kind in object_types()}
    assert len(CASES) > 100
    missed = {name for name, route in routes().items() if not route.has_list}
    assert missed == {
        "Query",
        "Shop",
        "ShopPaths",
        "AccountConnection",
        "AuthorConnection",
        "CartConnection",
        "CategoryConnection",
        "ContentFindingConnection",
        "AuditEntryConnection",
        "DeadLetterConnection",
        "MenuConnection",
        "PageConnection",
        "PaymentConnection",
        "PostCategoryConnection",
        "PromoCodeConnection",
        "ProviderEventConnection",
        "ReleaseConnection",
        "SearchConnection",
        "ServiceConnection",
        "ShippingMethodConnection",
        "StockLevelConnection",
        "TaxClassConnection",
    }, "These stand at the root, so that an operation meets them once."


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_field_costs_no_more_for_many_parents(shop: AsyncEngine, case: Case) -> None:
    few, many = [await measure(shop, case.document(), {"first": size}) for size in (FEW, MANY)]
    is_elsewhere = case.step.type.name in WITH_ONE_TARGET and not any(case.values(few.data))
    assert many.statements == few.statements + is_elsewhere, "A field that is null loads nothing."
    bare = await measure(shop, case.route.document("__typename"), {"first": MANY})
    assert many.statements - bare.statements <= case.cost()
    values = case.values(many.data)
    if case.route.has_list:
        assert len(values) >= MANY
        assert len(values) >= 10 * len(case.values(few.data))
    empty = [value for value in values if value is None or value == []]
    assert len(empty) < len(values) if case.step.type.name in WITH_ONE_TARGET else empty == []


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_compiled_field_is_one_statement(shop: AsyncEngine, compiling: Compiling, case: Case) -> None:
    for size in (FEW, MANY):
        assert await compiling.measure(shop, case.document(), {"first": size}) == 1


@pytest.mark.parametrize("path", READS, ids=lambda path: path.stem)
async def test_compiled_document_is_one_statement(shop: AsyncEngine, compiling: Compiling, path: Path) -> None:
    assert await compiling.measure(shop, *read_document(path)) == 1


@pytest.mark.parametrize("slugs", ["{a}", "{a} {b}"])
async def test_lookups_beside_each_other_share_a_statement(shop: AsyncEngine, slugs: str) -> None:
    async with AsyncSession(shop) as session:
        products = (await session.execute(select(models.Product.id, models.Product.slug).limit(20))).all()
    by_slug = [f'a{n}: product(slug: "{row.slug}") {{ slug }}' for n, row in enumerate(products)]
    by_id = [f'b{n}: product(id: "{encode_id("Product", row.id)}") {{ slug }}' for n, row in enumerate(products)]
    document = "{ " + slugs.format(a=" ".join(by_slug), b=" ".join(by_id)) + " }"
    measured = await measure(shop, document)
    assert measured.statements == len(slugs.split())
    assert {each["slug"] for each in measured.data.values()} == {row.slug for row in products}


async def test_nodes_cost_one_statement_a_type(shop: AsyncEngine) -> None:
    ids, each = [], MAXIMUM_PAGE_SIZE // len(NODES)
    async with AsyncSession(shop) as session:
        for name, model in NODES.items():
            ids += [encode_id(name, key) for key in await session.scalars(select(model.id).limit(each))]
    measured = await measure(shop, "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ids})
    assert [node["id"] for node in measured.data["nodes"]] == ids
    assert (len(ids), measured.statements) == (each * len(NODES), len(NODES))


async def test_search_costs_its_ranking_and_one_statement_a_type(shop: AsyncEngine) -> None:
    document = 'query($first: Int) { search(query: "network", first: $first) { nodes { __typename } } }'
    measured = await measure(shop, document, {"first": 100})
    found = {node["__typename"] for node in measured.data["search"]["nodes"]}
    assert len(found) > 1
    assert measured.statements == 1 + len(found)


async def test_fields_not_selected_cost_nothing(shop: AsyncEngine) -> None:
    assert (await measure(shop, "{ products { __typename } categories { __typename } }")).statements == 0
    assert (await measure(shop, "{ products(first: 50) { totalCount } }")).statements == 1
    assert (await measure(shop, "{ products(first: 50) { pageInfo { hasNextPage } } }")).statements == 1


async def test_fields_selected_twice_cost_once(shop: AsyncEngine) -> None:
    twice = "{ products(first: 50) { nodes { category { id } } edges { node { category { id again: id } } } } }"
    assert (await measure(shop, twice)).statements == 2


@dataclass(frozen=True, slots=True)
class Everything:
    """A selection of all fields of a type and of what they lead to, so many fields deep."""

    text: str
    loading: int

    @classmethod
    def of(cls, kind: GraphQLObjectType, depth: int, *, at_root: bool = False) -> "Everything":
        """The selection from a type."""
        parts, loading = ["__typename"], 0
        for step in fields_of(kind):
            if is_leaf_type(named(step)):
                parts.append(step.name)
                loading += is_loading(step)
            elif is_object_type(named(step)) and depth > 0:
                inner = cls.of(named(step), depth - 1)
                parts.append(f"{step.name}{arguments(step, '$first' if at_root else '2')} {{ {inner.text} }}")
                loading += inner.loading + is_loading(step)
        return cls(" ".join(parts), loading)


@cache
def everything(depth: int) -> Everything:
    """All that a query can select, so many fields deep."""
    query = routes()["Query"].target
    return Everything.of(query, depth, at_root=True)


async def test_everything_at_once_costs_at_most_a_statement_a_field(shop: AsyncEngine) -> None:
    selection = everything(4)
    document = f"query($first: Int) {{ {selection.text} }}"
    few, many = [await measure(shop, document, {"first": size}) for size in (2, 10)]
    assert len(many.data["products"]["nodes"]) == 10
    assert many.data["products"]["nodes"][9]["category"]["products"]["__typename"] == "ProductConnection"
    assert selection.loading > 100
    assert max(few.statements, many.statements) <= selection.loading


# The check itself


async def load_alone(row: models.Product, info: strawberry.Info[Context, None]) -> int:
    """A value that is loaded for each row anew, as no field should."""
    counting = select(func.count()).where(models.ProductVariant.product_id == row.id)
    ((count,),) = await info.context.reading.rows(counting)
    return int(count)


@table(models.Product, "A product whose field loads its value row by row.")
class SlowProduct(Node):
    """What the check must find."""

    variant_count: int = field(load_alone, "How many variants it has.")


@strawberry.type
class SlowQuery:
    """A query that leads to it."""

    products: Connection[SlowProduct] = page(models.Product, "Products.", order=BY_NAME)


async def test_check_finds_a_field_that_loads_row_by_row(shop: AsyncEngine) -> None:
    slow = Executor(strawberry.Schema(query=SlowQuery, config=StrawberryConfig(scalar_map=SCALARS)), rules=CLOSED)
    document = "query($first: Int!) { products(first: $first) { nodes { variantCount } } }"
    few, many = [await measure(shop, document, {"first": size}, slow) for size in (FEW, MANY)]
    assert (few.statements, many.statements) == (1 + FEW, 1 + MANY)
