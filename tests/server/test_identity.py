"""The viewer's identity on its way to the database: what it costs, and that nobody gets somebody else's.

The plans of these tests have no predicate: what keeps rows apart is the database alone.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial

import asyncpg
import orjson
import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR, Viewer, viewer_with_role
from compiler.errors import NotCompilableError, Reason
from compiler.execution import Compiler
from compiler.plan import BoundPlan, Plan
from models import Address, Role, User
from resolvers.context import Context
from schema.root import schema
from server.compiled_reads import CompiledAnswer, CompiledReads
from server.connections import opened_session, own_pool, read_pool, reading_engine
from server.graphql_request import GraphQLRequest
from server.read_pool import ReadPool
from tests.accounts_of_two import Two, add_two
from tests.databases import settings_for
from tests.executors import REFERENCE, answered
from tests.factories import shared_engine, writing


def forgetful_plan(table: str, *, is_guarded: bool) -> BoundPlan:
    """A plan that shows the owners of all rows of a table."""
    plan = Plan(
        sql=f"SELECT user_id::text FROM {table}",
        sources=[],
        shaping=[],
        shape=lambda rows, _shaping: sorted(row[0] for row in rows),
        has_many_rows=True,
        tables=frozenset({table}),
        depends_on_time=False,
        is_guarded=is_guarded,
    )
    return BoundPlan(plan, [], [])


ADDRESSES = forgetful_plan("addresses", is_guarded=True)
REVIEWS = forgetful_plan("reviews", is_guarded=False)


@dataclass(frozen=True, slots=True)
class Reads:
    """Compiled reads as the server has them, and what their connections were sent."""

    compiled: CompiledReads
    pools: tuple[ReadPool, ReadPool]
    sent: list[str] = field(default_factory=list)

    async def owners(self, bound: BoundPlan, viewer: Viewer) -> list[str]:
        """Whose rows the viewer is shown."""
        answer = await self.compiled.run(bound, viewer)
        assert isinstance(answer, CompiledAnswer)
        owners: list[str] = orjson.loads(answer.encoded)
        return owners

    async def note(self) -> None:
        """Take down what is sent over the connection that each pool hands out next."""
        for pool in self.pools:
            await pool.run(self._listen)
        await asyncio.sleep(0)
        self.sent.clear()

    async def _listen(self, connection: asyncpg.Connection) -> None:
        connection.add_query_logger(lambda query: self.sent.append(query.query))
        await connection.fetchval("SELECT 1")

    async def taken_down(self) -> list[str]:
        """What was sent since the last time."""
        await asyncio.sleep(0)  # asyncpg tells of a statement in the loop's next turn
        sent = list(self.sent)
        self.sent.clear()
        return sent


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database for these tests."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


@pytest.fixture(scope="module")
async def two(shop: AsyncEngine) -> Two:
    """Two people, each with an address."""
    async with writing(shop) as session:
        return await add_two(session)


@pytest.fixture
async def reads(shop: AsyncEngine) -> AsyncIterator[Reads]:
    """Compiled reads with connections of the test's own."""
    url = str(shop.get_execution_options()["url"])
    settings = settings_for(url).model_copy(update={"database_pool_size": 3})
    pools = read_pool(url, settings), own_pool(url, settings)
    yield Reads(CompiledReads(Compiler(schema), pools[0], own_pool=pools[1]), pools)
    for pool in pools:
        await pool.close()


async def test_forgotten_predicate_shows_only_what_is_ones_own(reads: Reads, two: Two) -> None:
    assert await reads.owners(ADDRESSES, two.selam) == [str(two.selam.user_id)]
    assert await reads.owners(ADDRESSES, two.hana) == [str(two.hana.user_id)]
    assert await reads.owners(ADDRESSES, viewer_with_role(Role.AUTHOR)) == []
    both = [str(two.selam.user_id), str(two.hana.user_id)]
    assert sorted(await reads.owners(ADDRESSES, viewer_with_role(Role.ADMIN))) == sorted(both)
    assert await reads.owners(ADDRESSES, VISITOR) == []


async def test_crowd_on_few_connections_is_never_mixed_up(reads: Reads, two: Two) -> None:
    viewers = [two.selam, two.hana, VISITOR, two.hana, two.selam] * 40
    found = await asyncio.gather(*(reads.owners(ADDRESSES, viewer) for viewer in viewers))
    assert found == [[] if viewer.user_id is None else [str(viewer.user_id)] for viewer in viewers]


async def test_identity_costs_one_statement_where_it_is_needed(reads: Reads, two: Two) -> None:
    await reads.note()
    ask = partial(reads.owners, ADDRESSES)

    await ask(VISITOR)
    assert await reads.taken_down() == [ADDRESSES.plan.sql]
    await ask(two.selam)
    identifying, asked = await reads.taken_down()
    assert "set_config" in identifying
    assert asked == ADDRESSES.plan.sql
    await reads.owners(REVIEWS, two.selam)
    assert await reads.taken_down() == [REVIEWS.plan.sql]


async def test_pooler_that_keeps_no_session_is_told_of_nobody(reads: Reads, shop: AsyncEngine, two: Two) -> None:
    opened: list[asyncpg.Connection] = []

    class Pooled(asyncpg.Connection):
        """As behind PgBouncer, which has numbers of its own for the connections of its clients."""

        def get_server_pid(self) -> int:
            """Not a backend's."""
            return 1

    async def connect() -> asyncpg.Connection:
        url = str(shop.get_execution_options()["url"])
        opened.append(await asyncpg.connect(url, connection_class=Pooled))
        return opened[-1]

    pooled = ReadPool(lambda: opened_session(connect), 1)
    compiled = CompiledReads(Compiler(schema), reads.pools[0], own_pool=pooled)
    refusal = await compiled.run(ADDRESSES, two.selam)
    assert isinstance(refusal, NotCompilableError)
    assert (refusal.reason, refusal.detail) == (Reason.RUNTIME, "NoSessionError")
    assert [connection.is_closed() for connection in opened] == [True]


async def test_other_executor_tells_of_its_viewer_too(shop: AsyncEngine, two: Two) -> None:
    url = str(shop.get_execution_options()["url"])
    engine = reading_engine(url, settings_for(url).model_copy(update={"database_pool_size": 1}))
    sent: list[str] = []
    event.listen(engine.sync_engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    for viewer, statements in ((two.selam, 2), (VISITOR, 1), (two.hana, 2), (VISITOR, 1)):
        sent.clear()
        async with Context(engine, viewer) as context:
            rows = await context.reading.rows(select(Address.user_id))
        assert [row[0] for row in rows] == ([] if viewer.user_id is None else [viewer.user_id])
        assert len(sent) == statements
    await engine.dispose()


async def test_other_executor_reads_accounts_without_their_password_hashes(shop: AsyncEngine, two: Two) -> None:
    url = str(shop.get_execution_options()["url"])
    engine = reading_engine(url, settings_for(url))
    viewer = viewer_with_role(Role.ADMIN, two.selam.user_id)
    query = "{ users { nodes { id } } last: users(last: 1) { nodes { id } } viewer { id } }"
    answer = await answered(REFERENCE, engine, GraphQLRequest(query), viewer)
    assert answer.errors == []
    assert answer.data is not None
    assert [len(answer.data[name]["nodes"]) for name in ("users", "last")] == [2, 1]
    async with Context(engine, viewer) as context:
        with pytest.raises(DBAPIError, match="permission denied for table users"):
            await context.reading.rows(select(User.password_hash))
    await engine.dispose()
