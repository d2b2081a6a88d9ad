"""The response cache in one process: what it keeps, for whom, how long, and how much."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from graphql import get_named_type as named
from graphql import get_operation_ast, is_leaf_type, parse
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR, Viewer, viewer_with_role
from auth.visibility import PUBLIC_TABLES
from compiler.execution import Compiler, Operation
from compiler.plan import BoundPlan, Plan
from models import Role
from resolvers.context import Context
from schema.root import schema
from server.commands.clear_cache import call_all_changed
from server.compiled_reads import CompiledReads
from server.database import open_connection
from server.document_preparation import CLOSED
from server.graphql_execution import Executor
from server.graphql_request import GraphQLRequest
from server.read_pool import ReadPool
from server.response_cache import TIMED_SECONDS, CacheMetrics, ResponseCache
from server.table_versions import LEASE_SECONDS, WATCHED_TABLES, TableVersions
from tests.databases import settings_for
from tests.factories import add_product, add_review, add_user, writing
from tests.patience import PATIENCE_SECONDS
from tests.queries.test_documents import QUERIES
from tests.schema.walk import fields

NAME = "query Name($slug: String!) { product(slug: $slug) { name } }"
PRODUCTS = frozenset({"products"})
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@dataclass(frozen=True, slots=True)
class Shop:
    """A serving process without HTTP, on a database of the test's own."""

    engine: AsyncEngine
    database: asyncpg.Connection
    """A connection beside those of the process."""
    cache: ResponseCache
    versions: TableVersions
    executor: Executor

    @property
    def metrics(self) -> CacheMetrics:
        """What has happened to the cache."""
        return self.cache.metrics

    async def name(self, slug: str, viewer: Viewer = VISITOR) -> str:
        """The name of a product."""
        name: str = (await self.data(NAME, {"slug": slug}, viewer))["product"]["name"]
        return name

    async def data(self, query: str, variables: dict[str, Any], viewer: Viewer = VISITOR) -> Any:
        """What the query gives."""
        async with Context(self.engine, viewer) as context:
            answer = await self.executor.run(GraphQLRequest(query, variables=variables), context)
        assert answer.encoded is not None
        return json.loads(answer.encoded)

    async def change(self, statement: str, *values: object, table: str = "products") -> None:
        """Commit a statement that changes the table; it is over when the process knows."""
        async with self.changing(table):
            await self.database.execute(statement, *values)

    @asynccontextmanager
    async def changing(self, table: str) -> AsyncIterator[None]:
        """Wait until the process knows what the block commits, so that no later change is taken for it."""
        tables = frozenset({table})
        await until(lambda: self.versions.known(tables) is not None)
        before = self.versions.known(tables)
        yield
        await until(lambda: self.versions.known(tables) not in {None, before})


@asynccontextmanager
async def opened_shop(engine: AsyncEngine, url: str, maximum_bytes: int) -> AsyncIterator[Shop]:
    """A process that listens."""

    async def connect() -> asyncpg.Connection:
        return await open_connection(url, settings_for(url))

    versions = TableVersions(connect, patience=10)  # what is kept shall not depend on the load of the machine
    cache = ResponseCache(versions, maximum_bytes)
    pool = ReadPool(connect, 10)
    executor = Executor(schema, rules=CLOSED, reads=CompiledReads(Compiler(schema), pool, cache))
    database = await connect()
    async with cache.running():
        await until(lambda: versions.known(PRODUCTS) is not None)
        yield Shop(engine, database, cache, versions, executor)
    await database.close()
    await pool.close()


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_so():  # noqa: ASYNC110 - what is waited for does not tell when it comes
            await asyncio.sleep(0)


@pytest.fixture
async def shop(engine: AsyncEngine, database_url: str) -> AsyncIterator[Shop]:
    """A process with room for everything."""
    async with opened_shop(engine, database_url, 1_000_000) as shop:
        yield shop


@pytest.fixture
async def slug(shop: Shop) -> str:
    """The slug of a product that is called Old; the process knows of its arrival."""
    before = shop.versions.known(PRODUCTS)
    async with writing(shop.engine) as session:
        slug = (await add_product(session, name="Old")).slug
    await until(lambda: shop.versions.known(PRODUCTS) != before)
    return slug


@dataclass(slots=True)
class Question:
    """A request of a plan, and what it would read. Its statement takes until it is allowed to end."""

    bound: BoundPlan
    answer: bytes | Exception = b"read"
    reads: int = 0
    may_end: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self) -> bytes:
        """Stands for the statement."""
        self.reads += 1
        answer = self.answer
        await self.may_end.wait()
        if isinstance(answer, Exception):
            raise answer
        return answer


def question(*parameters: object, depends_on_time: bool = False) -> Question:
    """A request of a plan that reads products."""
    plan = Plan(
        "", [], (), lambda _row, _values: None, has_many_rows=False, tables=PRODUCTS, depends_on_time=depends_on_time
    )
    return Question(BoundPlan(plan, list(parameters), []))


def traced(text: str, variables: dict[str, Any], viewer: Viewer = VISITOR) -> BoundPlan:
    """The viewer's plan of an operation."""
    document = parse(text)
    definition = get_operation_ast(document)
    assert definition is not None
    compiler, operation = Compiler(schema), Operation(document, definition)
    values = compiler.coerce(operation, variables)
    assert not isinstance(values, list)
    return compiler.plan(operation, values, viewer).bind(values.coerced, viewer)


def traced_file(path: Path) -> BoundPlan:
    """A visitor's plan of a document of the frontend."""
    variables = path.with_suffix(".json")
    return traced(path.read_text(), json.loads(variables.read_text()) if variables.exists() else {})


async def test_answer_is_kept_until_its_table_changes(shop: Shop, slug: str) -> None:
    assert [await shop.name(slug) for _ in range(3)] == ["Old"] * 3
    assert (shop.metrics.hits, shop.metrics.misses) == (2, 1)

    await shop.change("UPDATE products SET name = 'New' WHERE slug = $1", slug)
    assert [await shop.name(slug) for _ in range(3)] == ["New"] * 3
    assert (shop.metrics.hits, shop.metrics.misses) == (4, 2)


async def test_whoever_clears_the_cache_has_everything_read_anew(shop: Shop, slug: str) -> None:
    assert await shop.name(slug) == "Old"
    await shop.database.execute("ALTER TABLE products DISABLE TRIGGER notify_readers")
    await shop.database.execute("UPDATE products SET name = 'Restored' WHERE slug = $1", slug)
    await shop.database.execute("ALTER TABLE products ENABLE ALWAYS TRIGGER notify_readers")
    assert await shop.name(slug) == "Old"

    before = shop.versions.known(PRODUCTS)
    assert await call_all_changed(shop.engine) == len(PUBLIC_TABLES)
    await until(lambda: shop.versions.known(PRODUCTS) not in {None, before})
    assert await shop.name(slug) == "Restored"


async def test_what_came_in_unread_is_waited_for(shop: Shop, slug: str) -> None:
    """The reply to a round trip is most of what comes in: a request that meets it must not do without the cache."""
    assert await shop.name(slug) == "Old"

    def has_unread_reply() -> bool:
        shop.versions.is_confirmed(inf)  # begins a round trip
        time.sleep(0.001)  # while nobody reads
        return shop.versions.settled(PRODUCTS) is None

    for hits in range(1, 6):
        await until(has_unread_reply)
        assert await shop.name(slug) == "Old"
        assert (shop.metrics.hits, shop.metrics.misses) == (hits, 1)


@pytest.mark.parametrize("role", Role)
async def test_only_visitors_get_what_is_kept(shop: Shop, slug: str, role: Role) -> None:
    viewer = viewer_with_role(role, uuid4())
    assert await shop.name(slug) == "Old"
    await shop.database.execute("ALTER TABLE products DISABLE TRIGGER notify_readers")  # so that what is kept shows
    await shop.database.execute("UPDATE products SET name = 'New' WHERE slug = $1", slug)
    assert await shop.name(slug) == "Old"
    assert await shop.name(slug, viewer) == "New"
    assert await shop.name(slug, viewer) == "New"
    assert await shop.name(slug) == "Old"
    assert (shop.metrics.hits, shop.metrics.misses) == (2, 1)


async def test_concurrent_misses_are_one_statement(shop: Shop, slug: str) -> None:
    await shop.name(slug)
    await shop.change("UPDATE products SET name = 'New' WHERE slug = $1", slug)
    locking = shop.database.transaction()
    await locking.start()
    await shop.database.execute("LOCK TABLE products IN ACCESS EXCLUSIVE MODE")
    asking = [asyncio.create_task(shop.name(slug)) for _ in range(50)]
    await until(lambda: shop.metrics.shared == 49)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await shop.database.fetchval(WAITING):  # noqa: ASYNC110 - PostgreSQL tells nobody
            await asyncio.sleep(0.01)
    assert await shop.database.fetchval(WAITING) == 1
    await locking.rollback()

    assert await asyncio.gather(*asking) == ["New"] * 50
    assert (shop.metrics.misses, shop.metrics.shared, shop.metrics.hits) == (2, 49, 0)


async def test_whoever_asked_first_may_go_away(shop: Shop) -> None:
    asked = question()
    first, *others = [asyncio.create_task(shop.cache.answer(asked.bound, asked.read)) for _ in range(6)]
    await until(lambda: shop.metrics.shared == 5)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    asked.may_end.set()
    assert await asyncio.gather(*others) == [b"read"] * 5
    assert asked.reads == 1


async def test_errors_reach_everybody_who_waits_and_are_not_kept(shop: Shop) -> None:
    asked = question()
    asked.may_end.set()
    asked.answer = asyncpg.PostgresError("cancelled")
    answers = await asyncio.gather(
        *(shop.cache.answer(asked.bound, asked.read) for _ in range(3)), return_exceptions=True
    )
    assert answers == [asked.answer] * 3
    asked.answer = b"better"
    assert await shop.cache.answer(asked.bound, asked.read) == b"better"
    assert asked.reads == 2


async def test_request_does_not_share_a_statement_from_before_a_change(shop: Shop) -> None:
    early, late = question(), question()
    late.bound, late.answer = early.bound, b"new"
    first = asyncio.create_task(shop.cache.answer(early.bound, early.read))
    await until(lambda: early.reads == 1)
    await shop.change("SELECT pg_notify('merkato_tables', 'products')")

    late.may_end.set()
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await shop.cache.answer(late.bound, late.read) == b"new"
    early.may_end.set()
    assert await first == b"read"
    assert await shop.cache.answer(late.bound, early.read) == b"new"
    assert (early.reads, late.reads, shop.metrics.hits) == (1, 1, 1)


async def test_request_does_not_share_a_statement_that_is_older_than_the_promise(shop: Shop) -> None:
    asked = question()
    first = asyncio.create_task(shop.cache.answer(asked.bound, asked.read))
    await until(lambda: asked.reads == 1)
    await asyncio.sleep(LEASE_SECONDS)
    second = asyncio.create_task(shop.cache.answer(asked.bound, asked.read))
    await until(lambda: asked.reads == 2)
    asked.may_end.set()
    assert {*await asyncio.gather(first, second)} == {b"read"}


async def test_answer_that_a_change_overtook_is_not_kept(shop: Shop) -> None:
    asked = question()
    first = asyncio.create_task(shop.cache.answer(asked.bound, asked.read))
    await until(lambda: asked.reads == 1)
    await shop.change("SELECT pg_notify('merkato_tables', 'products')")
    asked.may_end.set()
    assert await first == b"read"
    assert shop.metrics.bytes == 0


async def test_answer_that_depends_on_the_time_is_kept_for_a_second(shop: Shop) -> None:
    asked = question(depends_on_time=True)
    asked.may_end.set()
    loop = asyncio.get_running_loop()
    began = loop.time()
    await shop.cache.answer(asked.bound, asked.read)
    kept_at, kept_for = loop.time(), [0.0]
    while asked.reads < 2:
        await asyncio.sleep(0.01)
        kept_for.append(loop.time() - kept_at)
        await shop.cache.answer(asked.bound, asked.read)
    assert loop.time() - began >= TIMED_SECONDS
    assert max(kept_for[:-1]) <= TIMED_SECONDS
    assert shop.metrics.hits == len(kept_for) - 2


async def test_arguments_tell_answers_apart(shop: Shop) -> None:
    for parameters in ([["a", "b"], "c"], [["a"], "b", "c"], [["a", "b", "c"]], [None, ""], ["", None]):
        asked = Question(BoundPlan(question().bound.plan, parameters, []), answer=repr(parameters).encode())
        asked.may_end.set()
        for _ in range(2):
            assert await shop.cache.answer(asked.bound, asked.read) == asked.answer
        assert asked.reads == 1


async def test_what_is_kept_is_bounded_by_bytes(engine: AsyncEngine, database_url: str) -> None:
    async with opened_shop(engine, database_url, 50_000) as shop:
        plan = question().bound.plan
        asked = [Question(BoundPlan(plan, [f"{number:04}"], []), answer=b"x" * 1000) for number in range(500)]
        for each in asked:
            each.may_end.set()
            await shop.cache.answer(each.bound, each.read)
            await shop.cache.answer(asked[0].bound, asked[0].read)
            assert shop.metrics.bytes <= 50_000
        kept = 500 - shop.metrics.evictions
        assert 50_000 / 2000 < kept < 50_000 / 1000

        for each in asked[-kept + 1 :]:
            await shop.cache.answer(each.bound, each.read)
        assert [each.reads for each in asked] == [1] * 500
        await shop.cache.answer(asked[1].bound, asked[1].read)
        assert asked[1].reads == 2


async def test_answer_without_room_is_not_kept(engine: AsyncEngine, database_url: str) -> None:
    async with opened_shop(engine, database_url, 50_000) as shop:
        asked = question("x" * 50_000)
        asked.may_end.set()
        for _ in range(2):
            await shop.cache.answer(asked.bound, asked.read)
        assert (asked.reads, shop.metrics.bytes, shop.metrics.evictions) == (2, 0, 0)


async def test_cache_without_bytes_listens_to_nothing(database_url: str) -> None:
    async def connect() -> asyncpg.Connection:
        raise AssertionError(database_url)

    cache = ResponseCache(TableVersions(connect), 0)
    asked = question()
    asked.may_end.set()
    async with cache.running():
        for _ in range(2):
            assert await cache.answer(asked.bound, asked.read) == b"read"
    assert asked.reads == 2


async def test_pooler_turns_the_cache_off(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    class Pooled(asyncpg.Connection):
        """As behind PgBouncer, which has numbers of its own for the connections of its clients."""

        def get_server_pid(self) -> int:
            """Not a backend's."""
            return 1

    async def connect() -> asyncpg.Connection:
        connection: asyncpg.Connection = await asyncpg.connect(database_url, connection_class=Pooled)
        return connection

    versions = TableVersions(connect)
    async with versions.listening():
        await until(lambda: bool(caplog.records))
        assert await versions.current(PRODUCTS) is None
    assert "pooler" in caplog.records[0].getMessage()


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
async def test_plan_names_every_table_that_postgresql_reads(path: Path, shop: Shop) -> None:
    bound = traced_file(path)
    explained = await shop.database.fetchval(f"EXPLAIN (FORMAT JSON) {bound.plan.sql}", *bound.parameters)
    relations = set(re.findall(r'"Relation Name": "(\w+)"', explained))
    assert relations
    assert relations <= bound.plan.tables


@pytest.mark.parametrize(
    ("query", "depends"), [("{ posts { nodes { title } } }", True), ("{ products { nodes { name } } }", False)]
)
def test_plan_knows_whether_it_depends_on_the_time(query: str, depends: bool) -> None:
    assert traced(query, {}).plan.depends_on_time is depends


async def test_new_name_of_an_account_is_shown_with_its_reviews(shop: Shop) -> None:
    async with shop.changing("reviews"), writing(shop.engine) as session:
        user = await add_user(session, first_name="Hana", last_name="Bekele")
        await add_review(session, await add_product(session), user)
    query = "{ reviews { nodes { author { name } } } }"
    shown = [await shop.data(query, {}) for _ in range(2)]
    assert shop.metrics.hits == 1

    await shop.change("UPDATE users SET first_name = 'Selam'", table="reviews")

    shown.append(await shop.data(query, {}))
    assert [each["reviews"]["nodes"][0]["author"]["name"] for each in shown] == ["Hana B.", "Hana B.", "Selam B."]


async def test_every_public_table_is_watched(shop: Shop) -> None:
    watched = {row["relname"] for row in await shop.database.fetch(WATCHED_TABLES)}
    assert watched == PUBLIC_TABLES


async def test_every_public_column_of_an_account_is_watched(shop: Shop) -> None:
    """A sign-in changes `last_login_at`, which must not flush the answers that show names.

    Reviews have copies of all that they show of their authors; who moderated them is read from the account.
    """
    public = [
        walked.name
        for walked in fields()
        if walked.type.name == "Reviewer"
        and is_leaf_type(named(walked.field.type))
        and not (walked.declared and walked.declared.declaration.requires)
    ]
    query = f"{{ reviews {{ nodes {{ moderator {{ {' '.join(public)} }} }} }} }}"
    bound = traced(query, {}, viewer_with_role(Role.STAFF))
    shown = set(re.findall(r"users_\d+\.(\w+)", bound.plan.sql)) - {"id"}
    watched = await shop.database.fetch("""
        SELECT attname FROM pg_trigger JOIN pg_attribute ON attrelid = tgrelid AND attnum = ANY (tgattr)
        WHERE tgname = 'notify_readers' AND tgrelid = 'users'::regclass
    """)
    assert shown == {row["attname"] for row in watched}
    assert "last_login_at" not in shown
