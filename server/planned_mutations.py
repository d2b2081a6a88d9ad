"""Mutations that are carried out and shown by a plan, where their results are rows and plain values.

graphql-core takes as long to execute such an operation as its rules take. It is asked only where there is more to do,
and begins with what has come of the mutation then, so that nothing is carried out twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import orjson
import strawberry
from graphql import GraphQLError, Undefined, get_variable_values
from graphql.execution.values import VariableValues

from auth.permissions import Gate
from compiler.errors import NotCompilableError
from compiler.execution import Operation
from compiler.mutations import MutationPlan, ShownRow, ShownValue
from compiler.planning import RowAsked
from resolvers.access import require
from resolvers.context import Context
from resolvers.declarations import Arguments
from resolvers.errors import PublicError
from resolvers.mutations import Outcome
from server.compiled_reads import CompiledAnswer, CompiledReads
from server.explanation import Explanation
from server.own_reads import OwnReads
from server.settled_execution import all_of
from server.written_rows import FailedReads, RowReads

NULL = b"null"
NO_VALUES = VariableValues({}, {})


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """A mutation whose outcome is the reference executor's to show."""

    outcome: Outcome
    reads: RowReads
    """What reads its rows. Where one could not be read, none is: nobody waits twice for a database that is silent."""


class UnplannedError(Exception):
    """A result is not as the plan has it."""


class PlannedMutations:
    """Carries out mutations that have plans, which live as long as their operations."""

    def __init__(self, schema: strawberry.Schema, reads: CompiledReads) -> None:
        self._schema = schema
        self._reads = reads
        self._plans: WeakKeyDictionary[Operation, MutationPlan] = WeakKeyDictionary()

    async def run(
        self, operation: Operation, variables: Mapping[str, Any], context: Context, explanation: Explanation | None
    ) -> bytes | CarriedOut | None:
        """The JSON of `data`, or what the reference executor is to show; None where nothing has been done yet."""
        declared = operation.definition.variable_definitions or ()
        values = get_variable_values(self._schema._schema, declared, dict(variables))  # noqa: SLF001 - as elsewhere
        if isinstance(values, list):
            return None
        try:
            plan = self._plan(operation, values)
            arguments = plan.arguments(values)
        except NotCompilableError:
            return None
        outcome = await _carried_out(plan, arguments, context)
        if outcome.error is not None:
            return CarriedOut(outcome, self._reads)
        try:
            rows = RowReader(self._reads, operation, values, context, explanation)
            return orjson.dumps({plan.key: await _shown(plan, outcome.done, rows)})
        except UnplannedError:
            return CarriedOut(outcome, self._reads)
        except Exception as failure:  # noqa: BLE001 - the reference executor tells of it, with what it can show
            return CarriedOut(outcome, FailedReads(failure))

    def _plan(self, operation: Operation, values: VariableValues) -> MutationPlan:
        """The same for all requests, where no variable decides on what is shown. Raises NotCompilableError."""
        if operation.variables_below:
            return MutationPlan(self._schema, operation, values)
        known = self._plans.get(operation)
        if known is None:
            known = self._plans[operation] = MutationPlan(self._schema, operation, NO_VALUES)
        return known


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads the rows of one answer."""

    reads: CompiledReads
    operation: Operation
    values: VariableValues
    context: Context
    explanation: Explanation | None
    own: OwnReads = field(default_factory=OwnReads)

    async def read(self, asked: RowAsked, key: UUID, *, may_be_null: bool) -> orjson.Fragment:
        """The row's JSON. Raises UnplannedError where it is not compiled, or not seen and needed."""
        viewer = self.context.viewer
        read = await self.reads.row(self.operation, asked, key, self.values, viewer, self.explanation, self.own)
        if not isinstance(read, CompiledAnswer) or (read.encoded == NULL and not may_be_null):
            raise UnplannedError
        return orjson.Fragment(read.encoded)


async def _carried_out(plan: MutationPlan, arguments: Arguments, context: Context) -> Outcome:
    try:
        require(plan.mutation.requires or Gate.PUBLIC, context.viewer)
    except PublicError as refused:
        return Outcome(error=refused)
    return await plan.mutation.carry_out(context, arguments)


async def _shown(plan: MutationPlan, done: Any, rows: RowReader) -> Any:
    """The result as JSON has it. Raises UnplannedError."""
    shown = plan.shown(done)
    if shown is None:
        raise UnplannedError
    if isinstance(shown, RowAsked):
        return await rows.read(shown, done.key, may_be_null=False)
    found = {key: _value(one, done) if isinstance(one, ShownValue) else one for key, one in shown.items()}
    named = {key: _row(one, done, rows) for key, one in shown.items() if isinstance(one, ShownRow)}
    return found | dict(zip(named, await all_of(named.values()), strict=True)) if named else found


def _value(shown: ShownValue, done: Any) -> Any:
    """Raises UnplannedError for what the schema does not let it be."""
    found = getattr(done, shown.attribute)
    if found is None and shown.may_be_null:
        return None
    try:
        coerced = Undefined if found is None else shown.kind.coerce_output_value(found)
    except (GraphQLError, TypeError, ValueError) as error:
        raise UnplannedError from error
    if coerced is None or coerced is Undefined:
        raise UnplannedError
    return coerced


async def _row(shown: ShownRow, done: Any, rows: RowReader) -> orjson.Fragment | None:
    """Raises UnplannedError."""
    named = shown.written.named_by(done)
    if named is not None:
        return await rows.read(shown.asked, named.key, may_be_null=shown.may_be_null)
    if not shown.may_be_null:
        raise UnplannedError
    return None
