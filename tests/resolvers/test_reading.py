"""The reads of a request: one connection, one snapshot, and nothing left behind when something fails."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from sqlalchemy import event, func, literal, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import await_only

from auth.viewer import VISITOR
from models import Product, ProductVariant, Shop
from resolvers.context import Context
from resolvers.errors import DatabaseAwayError
from resolvers.ids import encode_id
from server.database import create_engine, open_connection
from server.graphql_request import GraphQLRequest
from server.lost_connections import WatchedPool
from tests.api import data_of_reference, run_reference
from tests.databases import settings_for
from tests.executors import REFERENCE
from tests.factories import add_product, add_shopful, shared_engine, writing
from tests.patience import PATIENCE_SECONDS
from tests.statements import execute, scalar

BROAD = """
    { shop { name }
      products { totalCount nodes { id category { id } reviews { totalCount nodes { id author { name } } } } }
      categories { totalCount nodes { id parent { id } children { id } products { totalCount } } }
      services { totalCount nodes { id tiers { id service { id } } } }
      authors { nodes { id posts { nodes { id } } } }
      posts { totalCount nodes { id author { id } tags { slug } } }
      search(query: "network") { totalCount edges { highlight } } }
"""
PRODUCTS = 33
"""In the shop: one of each size, and two that each account has reviewed."""

SMALL = "{ products { totalCount nodes { id category { id } } } services { nodes { id tiers { id } } } shop { name } }"


@pytest.fixture(scope="module")
async def shop_url(postgres: str, migrated: str) -> AsyncIterator[str]:
    """The address of a database with a few rows of everything."""
    async with shared_engine(postgres, migrated) as engine:
        async with writing(engine) as session:
            await add_shopful(session, 3)
        name = await scalar(engine, select(func.current_database()))
        yield postgres.replace("/merkato?", f"/{name}?")


@asynccontextmanager
async def engine_of_size(url: str, size: int) -> AsyncIterator[AsyncEngine]:
    """An engine whose pool holds so many connections; all must be back at the end."""
    engine = create_engine(url, settings_for(url).model_copy(update={"database_pool_size": size}))
    try:
        yield engine
        assert checked_out(engine) == 0
    finally:
        await engine.dispose()


def checked_out(engine: AsyncEngine) -> int:
    """How many of the pool's connections are in use."""
    pool: Any = engine.pool
    count: int = pool.checkedout()
    return count


@pytest.fixture
async def narrow(shop_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine with a single connection."""
    async with engine_of_size(shop_url, 1) as engine:
        yield engine


# One connection


async def test_siblings_share_one_connection(shop_url: str) -> None:
    async with engine_of_size(shop_url, 5) as engine:
        checkouts: list[object] = []
        event.listen(engine.sync_engine, "checkout", lambda connection, *_: checkouts.append(connection))
        first = await data_of_reference(engine, BROAD)
        assert len(checkouts) == 1
        assert first["products"]["totalCount"] == PRODUCTS
        assert first == await data_of_reference(engine, BROAD)
        assert len(checkouts) == 2


async def test_operation_without_reads_takes_no_connection(shop_url: str) -> None:
    async with engine_of_size(shop_url, 1) as engine:
        checkouts: list[object] = []
        event.listen(engine.sync_engine, "checkout", lambda connection, *_: checkouts.append(connection))
        assert await data_of_reference(engine, "{ __typename products { __typename } }") == {
            "__typename": "Query",
            "products": {"__typename": "ProductConnection"},
        }
        assert checkouts == []


async def test_many_requests_take_turns_on_a_single_connection(narrow: AsyncEngine) -> None:
    alone = await data_of_reference(narrow, SMALL)
    together = await asyncio.gather(*(data_of_reference(narrow, SMALL) for _ in range(20)))
    assert together == [alone] * 20
    assert checked_out(narrow) == 0


async def test_one_context_serves_many_statements_at_once(narrow: AsyncEngine) -> None:
    async with Context(narrow, VISITOR) as context:
        found = await asyncio.gather(*(context.reading.rows(select(literal(number))) for number in range(50)))
        assert [rows[0][0] for rows in found] == list(range(50))
        assert checked_out(narrow) == 1
    assert checked_out(narrow) == 0


# One snapshot


async def test_one_request_sees_one_snapshot(engine: AsyncEngine, database_url: str) -> None:
    """Another connection commits just before the request's second statement."""
    async with writing(engine) as session:
        await add_product(session, name="Old")
    statements: list[str] = []
    async with engine_of_size(database_url, 1) as other:

        async def interfere() -> None:
            async with writing(other) as session:
                await add_product(session, name="New")
            await execute(other, update(Product).values(name="New"))

        def before(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            statements.append(statement)
            if len(statements) == 2:
                await_only(interfere())

        event.listen(engine.sync_engine, "before_cursor_execute", before)
        query = "{ a: products { totalCount } b: products { totalCount nodes { name variants { totalCount } } } }"
        during = await data_of_reference(engine, query)
        event.remove(engine.sync_engine, "before_cursor_execute", before)
        after = await data_of_reference(engine, query)
    assert len(statements) == 4
    assert during == {
        "a": {"totalCount": 1},
        "b": {"totalCount": 1, "nodes": [{"name": "Old", "variants": {"totalCount": 1}}]},
    }
    assert [node["name"] for node in after["b"]["nodes"]] == ["New", "New"]


async def test_rows_deleted_meanwhile_stay_in_the_snapshot(engine: AsyncEngine, database_url: str) -> None:
    async with writing(engine) as session:
        for _ in range(3):
            await add_product(session)
    async with engine_of_size(database_url, 1) as other, Context(engine, VISITOR) as context:
        ids = select(Product.id)
        before = await context.reading.rows(ids)
        await execute(other, text("DELETE FROM products"))
        assert await context.reading.rows(ids) == before
        assert len(await context.reading.rows(select(ProductVariant.id))) == 3
    async with Context(engine, VISITOR) as context:
        assert await context.reading.rows(ids) == []


SETTINGS = select(func.current_setting("transaction_isolation"), func.current_setting("transaction_read_only"))


async def test_reads_can_not_write(narrow: AsyncEngine) -> None:
    async with Context(narrow, VISITOR) as context:
        assert [tuple(row) for row in await context.reading.rows(SETTINGS)] == [("repeatable read", "on")]
        with pytest.raises(DBAPIError, match="read-only transaction"):
            await context.reading.rows(update(Shop).values(name="Changed").returning(Shop.id))  # type: ignore[arg-type]
    assert await scalar(narrow, select(Shop.name)) == "Merkato"


async def test_connection_that_read_can_write_again(narrow: AsyncEngine) -> None:
    await data_of_reference(narrow, BROAD)
    async with narrow.begin() as connection:
        assert (await connection.execute(SETTINGS)).one() == ("read committed", "off")
        await connection.execute(update(Shop).values(name="Merkato"))


# When something fails


@asynccontextmanager
async def breaking(engine: AsyncEngine, choose: Callable[[int], bool]) -> AsyncIterator[None]:
    """Makes PostgreSQL refuse the statements whose number is chosen."""
    number = 0

    def spoil(_connection: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> tuple[str, Any]:
        nonlocal number
        number += 1
        return f"{statement} AND" if choose(number) else statement, parameters

    event.listen(engine.sync_engine, "before_cursor_execute", spoil, retval=True)
    yield
    event.remove(engine.sync_engine, "before_cursor_execute", spoil)


@pytest.mark.parametrize("broken", [1, 2, 5, 9])
async def test_failing_statement_does_not_poison_the_pool(narrow: AsyncEngine, broken: int) -> None:
    whole = await data_of_reference(narrow, BROAD)
    async with breaking(narrow, lambda number: number == broken):
        body = await run_reference(narrow, BROAD)
    assert {error["extensions"]["code"] for error in body["errors"]} == {"INTERNAL_SERVER_ERROR"}
    assert "syntax" not in str(body)
    assert checked_out(narrow) == 0
    assert await data_of_reference(narrow, BROAD) == whole


async def test_many_failing_requests_give_their_connections_back(shop_url: str) -> None:
    async with engine_of_size(shop_url, 2) as engine:
        whole = await data_of_reference(engine, SMALL)
        async with breaking(engine, lambda number: number % 3 == 0):
            bodies = await asyncio.gather(*(run_reference(engine, SMALL) for _ in range(20)))
        assert sum("errors" in body for body in bodies) >= 10
        assert all(body == {"data": whole} for body in bodies if "errors" not in body)
        assert checked_out(engine) == 0
        assert await data_of_reference(engine, SMALL) == whole


async def test_refused_field_leaves_no_sibling_behind(narrow: AsyncEngine) -> None:
    """The error takes the whole answer; what still runs then must neither read on nor hold a connection."""
    query = "{ bad: products(first: 101) { totalCount } " + BROAD.strip()[1:]
    late = BROAD.strip()[:-1] + " bad: products(first: 101) { nodes { id } } }"
    deep = '{ bad: categories { nodes { products { nodes { reviews(after: "x") { nodes { id } } } } } } '
    deep += BROAD.strip()[1:]
    for _ in range(3):
        for document in (query, late, deep):
            body = await run_reference(narrow, document)
            assert {error["extensions"]["code"] for error in body["errors"]} == {"BAD_USER_INPUT"}
            assert checked_out(narrow) == 0
    gc.collect()
    assert (await data_of_reference(narrow, "{ products { totalCount } }")) == {"products": {"totalCount": PRODUCTS}}
    assert checked_out(narrow) == 0


async def test_refused_id_asks_for_none_of_those_in_front_of_it(narrow: AsyncEngine) -> None:
    """Nobody would wait for them, and what they ended with would be logged as an error of ours."""
    key = await scalar(narrow, select(Product.id).limit(1))
    document = f'{{ nodes(ids: ["{encode_id("Product", key)}", "{encode_id("Unheard", key)}"]) {{ id }} }}'
    async with Context(narrow, VISITOR) as context:
        body = (await REFERENCE.run(GraphQLRequest(document), context)).body()
        context.reading.begin_anew()
        for _ in range(2):  # what was asked for before takes its turn between the two
            await context.reading.rows(select(literal(1)))
        assert [error["extensions"]["code"] for error in body["errors"]] == ["BAD_USER_INPUT"]
        assert context.reading.statements == 2


async def test_cancelled_request_gives_its_connection_back(shop_url: str) -> None:
    async with engine_of_size(shop_url, 1) as narrow, engine_of_size(shop_url, 1) as watching:

        async def hang() -> None:
            async with Context(narrow, VISITOR) as context:
                await context.reading.rows(select(func.pg_sleep(60)))

        task = asyncio.create_task(hang())
        others = "state = 'active' AND pid <> pg_backend_pid() AND datname = current_database()"
        running = text(f"SELECT count(*) FROM pg_stat_activity WHERE {others}")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await scalar(watching, running) == 0:
                pass
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert checked_out(narrow) == 0
        assert await data_of_reference(narrow, "{ products { totalCount } }") == {"products": {"totalCount": PRODUCTS}}
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await scalar(watching, running) == 1:
                pass


async def test_lost_connection_fails_one_request_only(narrow: AsyncEngine, shop_url: str) -> None:
    async with engine_of_size(shop_url, 1) as other, Context(narrow, VISITOR) as context:
        ((pid,),) = await context.reading.rows(select(func.pg_backend_pid()))
        assert await scalar(other, select(func.pg_terminate_backend(pid, 5000))) is True
        with pytest.raises(DBAPIError):
            await context.reading.rows(select(literal(1)))
    assert await data_of_reference(narrow, "{ products { totalCount } }") == {"products": {"totalCount": PRODUCTS}}


async def test_statement_after_a_failed_connect_fails_without_another(database_url: str) -> None:
    """A database that does not answer would make each sibling wait in turn."""
    attempts: list[int] = []

    async def connect() -> asyncpg.Connection:
        attempts.append(1)
        if len(attempts) == 1:
            raise ConnectionRefusedError
        return await open_connection(database_url, settings_for(database_url))

    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=connect, poolclass=WatchedPool, pool_size=1, max_overflow=0
    )
    async with Context(engine, VISITOR) as context:
        for _ in range(2):
            with pytest.raises(DatabaseAwayError):
                await context.reading.rows(SETTINGS)
    assert len(attempts) == 1
    async with Context(engine, VISITOR) as context:
        assert [tuple(row) for row in await context.reading.rows(SETTINGS)] == [("repeatable read", "on")]
    assert checked_out(engine) == 0
    await engine.dispose()


async def test_statement_after_a_refused_one_fails_as_that_did(shop_url: str) -> None:
    async with engine_of_size(shop_url, 1) as narrow, Context(narrow, VISITOR) as context:
        with pytest.raises(DBAPIError, match="division by zero"):
            await context.reading.rows(select(literal(1) / func.length("")))
        with pytest.raises(DBAPIError, match="division by zero"):
            await context.reading.rows(select(literal(1)))
