"""How a mutation runs: input checked, function tried, refusals given as problems, the object read anew."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLUnionType, get_named_type
from strawberry.schema.schema_converter import GraphQLCoreConverter
from typing_extensions import override

import models
from domain.errors import DomainError, InvalidInputError
from resolvers.context import Context
from resolvers.declarations import Arguments, Declaration, MergedInfo
from resolvers.inputs import ARGUMENT, arguments_of, within_input
from resolvers.rates import Rate
from resolvers.writing import tried_again
from resolvers.written_rows import WrittenRow


@dataclass(frozen=True, slots=True)
class Done:
    """The result of a mutation that has nothing to show."""


DONE = Done()


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error as the value of a field, with its attributes; an exception itself would be raised by graphql-core."""

    error: DomainError

    def __getattr__(self, name: str) -> Any:
        return getattr(self.error, name)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a mutation that was carried out before its operation is executed: the root that it is shown from.

    Whoever might have it carried out may see that, even if they have signed out by it.
    """

    done: Any = None
    error: Exception | None = None
    """What was raised instead."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mutation(Declaration):
    """A change, made by a function that gets the context and the fields of the input.

    The function writes within `context.writing()`. It gives a row, which is read anew with what the viewer may see of
    it, because triggers may have changed it too, or a value that has no row. It may run several times, but not after
    it has committed something.
    """

    cost: int = 10
    rate: Rate = Rate.MUTATION
    function: Callable[..., Awaitable[Any]]

    @property
    def is_attempt(self) -> bool:
        """Whether it checks or sends a secret: what a guesser would do often in one operation."""
        return self.rate is Rate.ATTEMPT

    @override
    async def resolve(self, row: Any, info: MergedInfo, arguments: Arguments) -> Any:
        outcome = row if isinstance(row, Outcome) else await self.carry_out(info.context, arguments)
        if outcome.error is None:
            return outcome.done
        if isinstance(outcome.error, expected_errors(info)):
            return Refusal(outcome.error)
        raise outcome.error  # a bug, if a rule refused it: every refusal has its place in the result

    async def carry_out(self, context: Context, arguments: Arguments) -> Outcome:
        """Make the change, unless it is refused or fails."""
        try:
            given = arguments_of(arguments[ARGUMENT]) if ARGUMENT in arguments else {}
            done = await self._done(context, given)
        except Exception as error:  # noqa: BLE001 - whoever shows the outcome raises it
            return Outcome(error=error)
        return Outcome(WrittenRow(type(done), done.id, is_result=True) if isinstance(done, models.Base) else done)

    async def _done(self, context: Context, given: dict[str, Any]) -> Any:
        commits = context.commits
        try:
            return await tried_again(lambda: self.function(context, **given), lambda: context.commits > commits)
        except InvalidInputError as error:
            raise within_input(error) from error


def expected_errors(info: MergedInfo) -> tuple[type[DomainError], ...]:
    """The errors whose twins are in the union that the mutation gives."""
    union = get_named_type(info._raw_info.return_type)  # noqa: SLF001 - strawberry hides it
    if not isinstance(union, GraphQLUnionType):
        raise TypeError(f"The mutation {info.field_name} gives a {union}; it must give a union.")
    behind = (kind.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].origin for kind in union.types)
    return tuple(kind.error for kind in behind if hasattr(kind, "error"))
