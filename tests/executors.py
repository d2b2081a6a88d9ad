"""Both executors side by side: what the tests ask is answered by each, and each must answer the same."""

import re
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR, Viewer
from compiler.execution import Compiler
from resolvers.context import Context
from schema.root import schema
from server.compiled_reads import CompiledReads
from server.document_limits import DocumentLimits
from server.document_preparation import DocumentRules
from server.graphql_execution import Answer, Executor
from server.graphql_request import GraphQLRequest
from server.read_pool import ReadPool
from tests.patience import PATIENCE_SECONDS
from tests.safeguards import SAFEGUARDS

ROOMY = DocumentRules(
    introspection=True, limits=DocumentLimits(tokens=100_000, depth=1_000, aliases=1_000, fields=10_000, cost=10**300)
)
"""Some tests ask for more at once than clients may."""

REFERENCE = Executor(schema, rules=ROOMY, limit_seconds=PATIENCE_SECONDS)

INCIDENT = re.compile(rb"[0-9a-f]{32}")
"""The reference of an unexpected error, which no two answers share."""

VARYING = frozenset({"databaseHealth"})
"""Root fields that no two answers agree on: statistics that asking changes. Whether they have a value is compared."""


def compiling(pool: ReadPool, own_pool: ReadPool | None = None, preview_pool: ReadPool | None = None) -> Executor:
    """The executor that the server uses, on connections of that pool, and others for what is one's own or a draft."""
    reads = CompiledReads(Compiler(schema, SAFEGUARDS.vault), pool, own_pool=own_pool, preview_pool=preview_pool)
    return Executor(schema, rules=ROOMY, reads=reads, limit_seconds=PATIENCE_SECONDS)


def compiling_on(engine: AsyncEngine) -> Executor:
    """The executor that `tests.databases.opened` has put beside its engine."""
    executor: Executor = engine.sync_engine.get_execution_options()["compiling"]
    return executor


def reading_engine(engine: AsyncEngine, viewer: Viewer) -> AsyncEngine:
    """What the server would read for the viewer with: previews have an engine of their own."""
    if viewer.preview is None:
        return engine
    previews: AsyncEngine = engine.sync_engine.get_execution_options()["previews"]
    return previews


async def answered(
    executor: Executor, engine: AsyncEngine, request: GraphQLRequest, viewer: Viewer = VISITOR
) -> Answer:
    """What the executor answers."""
    async with Context(reading_engine(engine, viewer), viewer, SAFEGUARDS, writing_engine=engine) as context:
        return await executor.run(request, context)


async def answered_by_both(
    engine: AsyncEngine, request: GraphQLRequest, viewer: Viewer = VISITOR, *, compiles: bool = True
) -> Answer:
    """The reference executor's answer, which is the other's to the byte.

    Whatever has no errors must have been answered by a compiled statement, unless it never `compiles`.
    """
    referred = await answered(REFERENCE, engine, request, viewer)
    served = await answered(compiling_on(engine), engine, request, viewer)
    assert written(served) == written(referred), request
    assert served.status() == referred.status(), request
    if not referred.errors:
        assert (served.encoded is not None) == compiles, request
    return referred


def body_of(answer: Answer) -> Any:
    """The response as a client reads it."""
    return orjson.loads(orjson.dumps(answer.body()))


def written(answer: Answer) -> bytes:
    """The response as it is sent, without what may differ: spaces, and the reference of an unexpected error."""
    return normalised(orjson.dumps(answer.body()))


def normalised(body: bytes) -> bytes:
    """JSON without what may differ; names keep their order."""
    found = orjson.loads(body)
    data = (isinstance(found, dict) and found.get("data")) or {}
    for name in VARYING.intersection(data):
        data[name] = data[name] is not None
    return INCIDENT.sub(b"", orjson.dumps(found))
