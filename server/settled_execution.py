"""graphql-core's executor, whose answer does not depend on which of several fields fails first."""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from graphql import Executor, GraphQLError, GraphQLObjectType, GraphQLOutputType, GraphQLResolveInfo, Undefined
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import AwaitableOrValue, Path
from typing_extensions import override

Results = TypeVar("Results", dict[str, Any], list[Any])


class SettlingExecutor(Executor[None]):
    """Awaits every one of the fields and items that run at once, and tells the failure that stands first among them.

    graphql-core tells whichever comes first and cancels the others. Those that had not begun leave coroutines behind
    that nobody awaits. Nothing is streamed here.
    """

    @override
    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: None,
    ) -> AwaitableOrValue[dict[str, Any]]:
        results: dict[str, Any] = {}
        pending: dict[str, Awaitable[Any]] = {}
        try:
            for name, details in grouped_field_set.items():
                place = Path(path, name, parent_type.name)
                result = self.execute_field(parent_type, source_value, details, place, position_context)
                if result is Undefined:
                    continue
                results[name] = result
                if self.is_awaitable(result):
                    pending[name] = result
        except Exception:
            self._leave(pending)
            raise
        return _settled(results, pending) if pending else results

    @override
    def complete_iterable_value(
        self,
        item_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        items: Iterable[Any],
        position_context: None,
    ) -> AwaitableOrValue[list[Any]]:
        results: list[Any] = []
        pending: dict[int, Awaitable[Any]] = {}
        asked = (item_type, field_details_list, info)
        try:
            for index, item in enumerate(items):
                place = path.add_key(index, None)
                if self.is_awaitable(item):
                    results.append(self.complete_awaitable_list_item_value(item, *asked, place, position_context))
                    pending[index] = results[index]
                elif self.complete_list_item_value(item, results, *asked, place, position_context):
                    pending[index] = results[index]
        except Exception:
            self._leave(pending)
            raise
        return _settled(results, pending) if pending else results

    def _leave(self, pending: Mapping[Any, Awaitable[Any]]) -> None:
        """Let what has begun come to its end without anybody waiting for it."""
        if pending:
            self.settle_in_background(list(pending.values()))


def in_document_order(errors: Sequence[GraphQLError]) -> list[GraphQLError]:
    """The errors by where in the document their fields stand, and within a field by the items of its lists."""
    return sorted(errors, key=_place)


def _place(error: GraphQLError) -> tuple[list[tuple[int, int]], list[tuple[int, int, str]]]:
    locations = [(location.line, location.column) for location in error.locations or ()]
    path = [(0, key, "") if isinstance(key, int) else (1, 0, key) for key in error.path or ()]
    return locations, path


async def _settled(results: Results, pending: Mapping[Any, Awaitable[Any]]) -> Results:
    """The results, with what those that were pending have given."""
    for key, value in zip(pending, await all_of(pending.values()), strict=True):
        results[key] = value
    return results


async def all_of(pending: Iterable[Awaitable[Any]]) -> list[Any]:
    """What they give. The failure that stands first is raised, when all have come to their end."""
    awaitables = list(pending)
    if len(awaitables) == 1:
        return [await awaitables[0]]
    outcomes = await asyncio.gather(*awaitables, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return outcomes
