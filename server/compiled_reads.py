"""Queries that one SQL statement answers. Whatever it cannot answer is left to the reference executor."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any
from uuid import UUID

import asyncpg
from graphql.execution.values import VariableValues

from auth.previews import Preview
from auth.row_security import (
    IDENTIFY_PREVIEW,
    NotPreviewingError,
    identity_of,
    require_previewing,
)
from auth.viewer import Viewer
from compiler.errors import NotCompilableError, Reason
from compiler.execution import Compiler, Operation
from compiler.plan import BoundPlan
from compiler.planning import RowAsked
from resolvers.errors import BadInputError, DatabaseSilentError
from server.deadlines import deadline
from server.explanation import Database, Explanation, Found
from server.graphql_errors import is_database_away
from server.joined_reads import JoinedReads
from server.own_reads import OwnReads
from server.plan_failures import PlanFailures
from server.read_pool import ReadPool
from server.replica import Replica
from server.response_cache import ResponseCache


@dataclass(slots=True)
class ReadMetrics:
    """The compiled statements that ran, and how long the database took for them."""

    statements: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class CompiledAnswer:
    """What a compiled statement gave."""

    encoded: bytes
    """The JSON of `data`."""
    bound: BoundPlan


@dataclass(slots=True)
class ReplicaReads:
    """The replica, if there is one: its connections, its watch, and how often it failed."""

    pool: ReadPool
    watch: Replica
    failures: int = 0

    def note_failure(self, error: Exception) -> None:
        """A read failed, which the primary answers."""
        self.failures += 1
        if is_database_away(error):
            self.watch.distrust()


class CompiledReads:
    """The compiled executor on its connections. With a cache, visitors may get an answer that was kept.

    What row-level security guards is read over connections of the `own_pool`, which are told whose they are before the
    rows of each answer; visitors never get one of them. Without that pool the database is told nobody. Previews are
    read over those of the `preview_pool` alone, and never kept.
    """

    def __init__(  # noqa: PLR0913 - all that answers may come from
        self,
        compiler: Compiler,
        pool: ReadPool,
        cache: ResponseCache | None = None,
        replica: ReplicaReads | None = None,
        *,
        own_pool: ReadPool | None = None,
        preview_pool: ReadPool | None = None,
    ) -> None:
        self._compiler = compiler
        self._primary = JoinedReads(pool, self._count)
        self._own_pool = own_pool
        self._preview_pool = preview_pool
        self._cache = cache if cache is not None and cache.is_on else None
        self._replica = replica
        self._replica_reads = self._primary if replica is None else JoinedReads(replica.pool, self._count)
        self._failures = PlanFailures()
        self.metrics = ReadMetrics()

    @property
    def joined(self) -> int:
        """How many requests were read together with others of their plans."""
        return sum(reads.joined for reads in {self._primary, self._replica_reads})

    @property
    def resting(self) -> int:
        """How many plans failed and are not used for now."""
        return self._failures.resting

    async def answer(
        self,
        operation: Operation,
        variables: dict[str, Any],
        viewer: Viewer,
        explanation: Explanation | None = None,
    ) -> CompiledAnswer | NotCompilableError:
        """The answer, or why the reference executor is to answer.

        Raises where that one would do the same harm again: when PostgreSQL stopped the statement
        (asyncpg.QueryCanceledError), and when nobody answered for as long as may be (DatabaseSilentError).
        """
        values = self._compiler.coerce(operation, variables)
        if isinstance(values, list):
            return NotCompilableError(Reason.ARGUMENT, values[0].message)
        try:
            if explanation is not None:
                explanation.plan = Found.HIT if self._compiler.knows(operation, values, viewer) else Found.MISS
            bound = self._compiler.plan(operation, values, viewer).bind(values.coerced, viewer)
        except NotCompilableError as refused:
            return refused
        except BadInputError as error:
            return NotCompilableError(Reason.ARGUMENT, error.message)
        return await self.run(bound, viewer, explanation)

    async def row(  # noqa: PLR0913, PLR0917 - what tells the row, and who asks how for it
        self,
        operation: Operation,
        asked: RowAsked,
        key: UUID,
        values: VariableValues,
        viewer: Viewer,
        explanation: Explanation | None,
        own: OwnReads,
    ) -> CompiledAnswer | NotCompilableError:
        """One row as it is now and as the operation asks for it, or why the reference executor is to read it.

        It is null where the viewer may not see it. `own` are the reads of the answer that shows it.
        """
        try:
            bound = self._compiler.bound_to_row(operation, asked, key, values, viewer)
        except NotCompilableError as refused:
            return refused
        except BadInputError as error:
            return NotCompilableError(Reason.ARGUMENT, error.message)
        if explanation is not None:
            explanation.tables |= bound.plan.tables
        return await self._tried(bound, partial(self._read_now, bound, viewer, explanation, own))

    def kept(self, bound: BoundPlan, viewer: Viewer) -> bytes | None:
        """The JSON of `data`, if the answer is there without anybody having to be asked."""
        return self._cache.kept(bound) if self._cache is not None and _is_for_everybody(bound, viewer) else None

    async def run(
        self, bound: BoundPlan, viewer: Viewer, explanation: Explanation | None = None
    ) -> CompiledAnswer | NotCompilableError:
        """The same for a plan that has its parameters already."""
        return await self._tried(bound, partial(self._kept_or_read, bound, viewer, explanation))

    async def _tried(
        self, bound: BoundPlan, read: Callable[[], Awaitable[bytes]]
    ) -> CompiledAnswer | NotCompilableError:
        if self._failures.rests(bound.plan):
            return NotCompilableError(Reason.RESTING)
        try:
            return CompiledAnswer(await read(), bound)
        except (asyncpg.QueryCanceledError, DatabaseSilentError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the reference executor is right
            self._failures.note(bound.plan, error)
            return NotCompilableError(Reason.RUNTIME, type(error).__name__)

    def _kept_or_read(self, bound: BoundPlan, viewer: Viewer, explanation: Explanation | None) -> Awaitable[bytes]:
        if explanation is not None:
            explanation.tables |= bound.plan.tables
        if viewer.preview is not None:
            return self._read_preview(viewer, viewer.preview, bound, explanation)
        is_for_everybody = _is_for_everybody(bound, viewer)
        if bound.plan.is_guarded and not is_for_everybody:
            return self._read_now(bound, viewer, explanation)
        if self._cache is None or not is_for_everybody:
            return self._read(bound, explanation)
        return self._cache.answer(bound, partial(self._read_primary, bound, explanation), explanation)

    def _read_now(
        self, bound: BoundPlan, viewer: Viewer, explanation: Explanation | None, own: OwnReads | None = None
    ) -> Awaitable[bytes]:
        """Read on the primary, where nothing is older than what the viewer has just changed."""
        if bound.plan.is_guarded and self._own_pool is not None and not _is_for_everybody(bound, viewer):
            return self._read_as(viewer, self._own_pool, bound, explanation, own or OwnReads())
        return self._read_primary(bound, explanation)

    def _read(self, bound: BoundPlan, explanation: Explanation | None) -> Awaitable[bytes]:
        if self._replica is None or not self._replica.watch.is_usable:
            return self._read_primary(bound, explanation)
        return self._read_replica(self._replica, bound, explanation)

    async def _read_replica(self, replica: ReplicaReads, bound: BoundPlan, explanation: Explanation | None) -> bytes:
        began_at = monotonic()
        try:
            return await self._read_from(self._replica_reads, Database.REPLICA, bound, explanation)
        except asyncpg.QueryCanceledError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever the replica cannot answer, the primary is asked
            replica.note_failure(error)
        async with deadline(self._primary.pool.limit_seconds, began_at):
            return await self._read_primary(bound, explanation)

    def _read_primary(self, bound: BoundPlan, explanation: Explanation | None) -> Awaitable[bytes]:
        """Read where nothing is older than the versions that an answer is kept under."""
        return self._read_from(self._primary, Database.PRIMARY, bound, explanation)

    async def _read_as(
        self, viewer: Viewer, pool: ReadPool, bound: BoundPlan, explanation: Explanation | None, own: OwnReads
    ) -> bytes:
        """Read what is somebody's own, on the primary: there they see what they have just changed."""
        observe = self._counting(Database.PRIMARY, explanation)
        return bound.written(await own.fetch(pool, identity_of(viewer), bound, observe))

    async def _read_preview(
        self, viewer: Viewer, preview: Preview, bound: BoundPlan, explanation: Explanation | None
    ) -> bytes:
        """Read what drafts say. Raises NotPreviewingError where that cannot be."""
        if self._preview_pool is None:
            raise NotPreviewingError(None)
        settings = (*identity_of(viewer).settings, *preview.settings)

        async def fetch(connection: asyncpg.Connection) -> Any:
            require_previewing(await connection.fetchval(IDENTIFY_PREVIEW, *settings, column=len(settings)))
            return await bound.fetch(connection)

        return bound.written(await self._preview_pool.run(fetch, self._counting(Database.PRIMARY, explanation)))

    async def _read_from(
        self, reads: JoinedReads, database: Database, bound: BoundPlan, explanation: Explanation | None
    ) -> bytes:
        if explanation is None:
            return bound.written(await reads.fetch(bound))
        return bound.written(await reads.pool.run(bound.fetch, self._counting(database, explanation)))

    def _counting(self, database: Database, explanation: Explanation | None) -> Callable[[float], None]:
        if explanation is None:
            return self._count
        explanation.database = database
        return partial(self._count, explanation=explanation)

    def _count(self, seconds: float, explanation: Explanation | None = None) -> None:
        self.metrics.statements += 1
        self.metrics.seconds += seconds
        if explanation is not None:
            explanation.add_statement(seconds)


def _is_for_everybody(bound: BoundPlan, viewer: Viewer) -> bool:
    """Whether every visitor has the same answer: guests are visitors, unless the plan asks who they are."""
    return viewer.is_anonymous and viewer.preview is None and not bound.plan.is_for_guests
