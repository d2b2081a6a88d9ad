"""How the answer to a mutation shows the rows it has written: each by one compiled statement, where that can be."""

from collections.abc import Awaitable, Sequence
from typing import Any, NoReturn, TypeAlias
from weakref import proxy

import orjson
from graphql import Executor, GraphQLObjectType, GraphQLResolveInfo
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import AwaitableOrValue, Path
from graphql.type.definition import GraphQLResolveInfoHelpers
from typing_extensions import override

from compiler.execution import Operation
from compiler.planning import RowAsked
from resolvers.context import Context
from resolvers.errors import PublicError, UnseenResultError, UnshownResultError
from resolvers.loading import load_row
from resolvers.written_rows import WrittenRow
from server.compiled_reads import CompiledAnswer, CompiledReads
from server.explanation import Explanation
from server.own_reads import OwnReads
from server.settled_execution import SettlingExecutor


class FailedReads:
    """Reads of which one has just failed, so that nobody waits for others."""

    def __init__(self, failure: Exception) -> None:
        self._failure = failure

    async def row(self, *_asked: object) -> NoReturn:
        """Raise the failure."""
        raise self._failure


RowReads: TypeAlias = CompiledReads | FailedReads
"""What reads the rows of a result."""


class WritingExecutor(SettlingExecutor):
    """An executor that reads a WrittenRow only where it completes one, when it knows what is asked of it.

    What one statement gives is complete. Any other row is loaded, and completed like all others.
    """

    def __init__(
        self,
        *arguments: Any,
        asked: Operation,
        reads: RowReads | None,
        explanation: Explanation | None,
        **others: Any,
    ) -> None:
        super().__init__(*arguments, **others)
        self.async_helpers = _helpers_of(self)
        self._asked = asked
        self._reads = reads
        self._explanation = explanation
        self._own = OwnReads()

    @override
    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: None,
    ) -> AwaitableOrValue[Any]:
        if not isinstance(result, WrittenRow):
            return super().complete_object_value(return_type, field_details_list, info, path, result, position_context)
        return self._completed(return_type, field_details_list, info, path, result)

    async def _completed(
        self,
        kind: GraphQLObjectType,
        selected: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        written: WrittenRow,
    ) -> Any:
        """What is asked of a row; null for one that the viewer may not see, if it is no mutation's whole result."""
        context: Context = info.context
        try:
            read = await self._read(kind, selected, written, context)
            if read is None:
                found = await load_row(context, written.model, "id", written.key)
            else:
                found = orjson.loads(read.encoded)
        except PublicError:
            raise
        except Exception as error:
            raise UnshownResultError from error
        if found is None and written.is_result:
            raise UnseenResultError
        if found is None or read is not None:
            return found
        completed = super().complete_object_value(kind, selected, info, path, found, None)
        return await completed if self.is_awaitable(completed) else completed

    async def _read(
        self, kind: GraphQLObjectType, selected: FieldDetailsList, written: WrittenRow, context: Context
    ) -> CompiledAnswer | None:
        """What one statement gives; None where the row is to be loaded."""
        if self._reads is None:
            return None
        asked = RowAsked(kind, written.model, tuple(details.node for details in selected))
        read = await self._reads.row(
            self._asked, asked, written.key, self.variable_values, context.viewer, self._explanation, self._own
        )
        return read if isinstance(read, CompiledAnswer) else None


def _helpers_of(executor: Executor[None]) -> GraphQLResolveInfoHelpers:
    """What helps the executor's resolvers. graphql-core's own hold the executor, by which they are held.

    All that belongs to a request would stay until garbage is collected, which is the most that there is to collect.
    """
    alive: Executor[None] = proxy(executor)

    async def gather(values: Sequence[Awaitable[Any]]) -> list[Any]:
        return await alive.gather_async_work(values)

    def track(values: Sequence[Any]) -> None:
        alive.track_async_work(values)

    return GraphQLResolveInfoHelpers(gather, track)
