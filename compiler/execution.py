"""The compiled executor: finds or makes the plan of a request, and replays it."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any
from uuid import UUID

import strawberry
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLScalarType,
    OperationDefinitionNode,
    OperationType,
    get_variable_values,
)
from graphql.execution.values import VariableValues
from sqlalchemy import Text

from auth.viewer import Viewer
from compiler.aliases import Aliases
from compiler.errors import NotCompilableError, Reason
from compiler.inputs import ROW, TYPES, Inputs
from compiler.parameters import Path, shape_of, structured
from compiler.plan import BoundPlan, Plan, plan_of
from compiler.plan_cache import PlanCache
from compiler.planning import Planner, RowAsked
from compiler.root_fields import RootField, root_fields, variables_below
from compiler.selection import Selections
from compiler.viewers import arriving
from domain.conditions import ArrayArgument
from domain.vault import Vault


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Operation:
    """An operation of a validated document."""

    document: DocumentNode
    definition: OperationDefinitionNode
    is_trusted: bool = False
    """Of a trusted document, so that its plans are kept apart."""
    root_fields: tuple[RootField, ...] = field(init=False)
    variables_below: frozenset[str] = field(init=False)
    """The variables that stand somewhere below the root fields."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "root_fields", root_fields(self.definition, self.fragments))
        object.__setattr__(self, "variables_below", variables_below(self.definition, self.fragments))

    @property
    def name(self) -> str | None:
        """What the document calls it."""
        return self.definition.name.value if self.definition.name else None

    @property
    def characters(self) -> int:
        """How long the text of its document is."""
        return 0 if self.document.loc is None else len(self.document.loc.source.body)

    @property
    def fragments(self) -> dict[str, FragmentDefinitionNode]:
        """The document's fragments by name."""
        return {
            definition.name.value: definition
            for definition in self.document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }


@dataclass(slots=True)
class PlanMetrics:
    """What has happened to the plans. A miss is a plan, or a refusal, that was made."""

    hits: int = 0
    misses: int = 0
    seconds: float = 0.0
    """How long it took to make them."""


class Compiler:
    """Plans by operation, grants and shape of the variables, in a bounded cache. Equal grants share them.

    The vault opens what is encrypted; without one, whatever asks for that is left to the reference executor.
    """

    def __init__(self, schema: strawberry.Schema, vault: Vault | None = None) -> None:
        self._schema = schema
        self._vault = vault
        self._core = schema._schema  # noqa: SLF001 - strawberry has no public name for it
        self.metrics = PlanMetrics()
        self._plans = PlanCache()
        self._aliases = Aliases()

    def coerce(self, operation: Operation, variables: Mapping[str, Any]) -> VariableValues | list[GraphQLError]:
        """The variables as the operation declares them, or what is wrong with them."""
        return get_variable_values(
            self._core, operation.definition.variable_definitions or (), dict(variables), max_errors=50
        )

    def plan(self, operation: Operation, values: VariableValues, viewer: Viewer) -> Plan:
        """The plan for these variables; raises NotCompilableError, the same for the same shape."""
        return _made_anew(self._planned(operation, values, viewer))

    def bound_to_row(
        self, operation: Operation, asked: RowAsked, key: UUID, values: VariableValues, viewer: Viewer
    ) -> BoundPlan:
        """What reads one row as the operation asks for it, which has no root field of its own, with its parameters.

        Raises NotCompilableError and BadInputError.
        """
        names = operation.variables_below
        below = VariableValues(
            {name: source for name, source in values.sources.items() if name in names},
            {name: value for name, value in values.coerced.items() if name in names},
        )
        plan = _made_anew(self._planned(operation, below, viewer, asked))
        return plan.bind({**below.coerced, ROW: key}, viewer)

    def _planned(
        self, operation: Operation, values: VariableValues, viewer: Viewer, asked: RowAsked | None = None
    ) -> Plan | NotCompilableError:
        """The plan or the refusal. Where a guest's token changes nothing, guests have the plan of everybody else."""
        key = _key(operation, values, viewer, asked)
        plans = self._plans.plans(operation, is_trusted=operation.is_trusted)
        known = plans.get(key, values.coerced)
        if known is None:
            inputs = Inputs(values.coerced)
            known = self._made(inputs, operation, values, viewer, asked)
            if viewer.guest_id is not None and not _is_for_guests(known):
                known = self._planned(operation, values, replace(viewer, guest_id=None), asked)
            characters = 0 if operation.is_trusted else operation.characters
            plans.put(key, inputs.structural, values.coerced, known, characters=characters)
        else:
            self.metrics.hits += 1
        return known

    def knows(self, operation: Operation, values: VariableValues, viewer: Viewer) -> bool:
        """Whether the plan for these variables is made already."""
        plans = self._plans.plans(operation, is_trusted=operation.is_trusted)
        return plans.get(_key(operation, values, viewer, None), values.coerced) is not None

    @property
    def kept(self) -> int:
        """How many plans and refusals are kept."""
        return self._plans.size

    @property
    def evicted(self) -> int:
        """How many of them made room for others."""
        return self._plans.evictions

    def _made(
        self,
        inputs: Inputs,
        operation: Operation,
        values: VariableValues,
        viewer: Viewer,
        asked: RowAsked | None,
    ) -> Plan | NotCompilableError:
        began = perf_counter()
        try:
            return self._trace(inputs, operation, values, viewer, asked)
        finally:
            self.metrics.misses += 1
            self.metrics.seconds += perf_counter() - began

    def _trace(
        self,
        inputs: Inputs,
        operation: Operation,
        values: VariableValues,
        viewer: Viewer,
        asked: RowAsked | None,
    ) -> Plan | NotCompilableError:
        """The plan, or why there is none. Raises NotCompilableError for a reason that is the request's alone."""
        if asked is None and operation.definition.operation is not OperationType.QUERY:
            return NotCompilableError(Reason.NOT_A_QUERY)
        symbols = VariableValues(values.sources, _symbolic(values, inputs))
        selections = Selections(self._core, operation.fragments, symbols)
        traced = arriving(viewer, inputs)
        alias = self._aliases.for_one_statement()
        planner = Planner(self._schema, selections, symbols, inputs, traced, alias, self._vault)
        try:
            found = planner.trace(operation.definition) if asked is None else planner.trace_row(asked)
            plan = plan_of(found, inputs)
            return replace(plan, operation=operation.name, root_fields=operation.root_fields)
        except NotCompilableError as refused:
            if not refused.is_lasting:
                raise
            return NotCompilableError(refused.reason, refused.detail)
        except GraphQLError as error:
            return NotCompilableError(Reason.ARGUMENT, error.message)
        except (RecursionError, SyntaxError) as error:  # the stack, or Python's own compiler, is at its end
            return NotCompilableError(Reason.TOO_LARGE, str(error))


def _key(operation: Operation, values: VariableValues, viewer: Viewer, asked: RowAsked | None) -> Hashable:
    kinds = {name: source.signature.type for name, source in values.sources.items()}
    shape = tuple((name, shape_of(value, kinds[name])) for name, value in values.coerced.items())
    of_viewer = (viewer.grants, viewer.user_id is None, viewer.guest_id is None, viewer.preview is None)
    return operation, asked, of_viewer, shape


def _made_anew(planned: Plan | NotCompilableError) -> Plan:
    """The plan. Raises the refusal as another error: one that is kept gathers the frames of all who raise it."""
    if isinstance(planned, NotCompilableError):
        raise NotCompilableError(planned.reason, planned.detail)
    return planned


def _is_for_guests(planned: Plan | NotCompilableError) -> bool:
    return isinstance(planned, Plan) and planned.is_for_guests


def _symbolic(values: VariableValues, inputs: Inputs) -> dict[str, Any]:
    """The variables, with parameters standing for their scalars."""

    def one(path: Path, kind: GraphQLScalarType) -> Any:
        return inputs.bind(path, TYPES.get(kind.name, Text()))

    def several(path: Path, _kind: GraphQLScalarType) -> Any:
        return ArrayArgument(lambda sql_type, convert: inputs.bind(path, sql_type, convert), path)

    return {
        name: structured(value, values.sources[name].signature.type, (name,), one, several)
        for name, value in values.coerced.items()
    }
