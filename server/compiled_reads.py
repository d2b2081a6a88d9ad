"""Queries that one SQL statement answers. Whatever it cannot answer is left to the reference executor."""

import logging
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any

import asyncpg

from auth.viewer import VISITOR, Viewer
from compiler.errors import NotCompilableError, Reason
from compiler.execution import Compiler, Operation
from compiler.plan import BoundPlan, Plan
from resolvers.errors import BadInputError
from server.graphql_errors import is_database_away
from server.read_pool import ReadPool
from server.response_cache import ResponseCache

logger = logging.getLogger("merkato.compiler")


@dataclass(frozen=True, slots=True)
class CompiledAnswer:
    """What a compiled statement gave."""

    encoded: bytes
    """The JSON of `data`."""
    plan: Plan


class CompiledReads:
    """The compiled executor on its connections, with a tally of how requests were answered.

    With a cache, visitors may get an answer that was kept.
    """

    def __init__(self, compiler: Compiler, pool: ReadPool, cache: ResponseCache | None = None) -> None:
        self._compiler = compiler
        self._pool = pool
        self._cache = cache
        self.tally: Counter[str] = Counter()

    async def answer(
        self,
        operation: Operation,
        variables: dict[str, Any],
        viewer: Viewer,
    ) -> CompiledAnswer | None:
        """The answer, or None when the reference executor is to answer."""
        values = self._compiler.coerce(operation, variables)
        if isinstance(values, list):
            self.tally[Reason.ARGUMENT] += 1
            return None
        try:
            bound = self._compiler.plan(operation, values, viewer).bind(values.coerced)
            encoded = await self._kept_or_read(bound, viewer)
        except NotCompilableError as refused:
            self.tally[refused.reason] += 1
            return None
        except BadInputError:
            self.tally[Reason.ARGUMENT] += 1
            return None
        except (asyncpg.PostgresError, asyncpg.InternalClientError) as error:
            logger.warning("A compiled statement failed: %s", error)
            self.tally[Reason.RUNTIME] += 1
            return None
        except Exception as error:
            if not is_database_away(error):
                raise
            self.tally[Reason.RUNTIME] += 1
            return None
        self.tally["compiled"] += 1
        return CompiledAnswer(encoded, bound.plan)

    async def _kept_or_read(self, bound: BoundPlan, viewer: Viewer) -> bytes:
        if self._cache is None or viewer != VISITOR:
            return await self._read(bound)
        return await self._cache.answer(bound, partial(self._read, bound))

    async def _read(self, bound: BoundPlan) -> bytes:
        async with self._pool.connection() as connection:
            return await bound.run(connection)
