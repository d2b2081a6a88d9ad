"""The compiled executor: finds or makes the plan of a request, and replays it."""

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

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
from compiler.errors import NotCompilableError, Reason
from compiler.inputs import TYPES, Inputs
from compiler.parameters import Path, shape_of, structured
from compiler.plan import Plan, plan_of
from compiler.planning import Planner
from compiler.selection import Selections
from domain.conditions import ArrayArgument

MAXIMUM_PLANS = 2000


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """An operation of a validated document."""

    document: DocumentNode
    definition: OperationDefinitionNode

    @property
    def name(self) -> str | None:
        """What the document calls it."""
        return self.definition.name.value if self.definition.name else None

    @property
    def fragments(self) -> dict[str, FragmentDefinitionNode]:
        """The document's fragments by name."""
        return {
            definition.name.value: definition
            for definition in self.document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }


class Compiler:
    """Plans by operation, grants and shape of the variables, in a bounded cache."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._schema = schema
        self._core = schema._schema  # noqa: SLF001 - strawberry has no public name for it
        self._plans: OrderedDict[Hashable, Plan | NotCompilableError] = OrderedDict()

    def coerce(self, operation: Operation, variables: Mapping[str, Any]) -> VariableValues | list[GraphQLError]:
        """The variables as the operation declares them, or what is wrong with them."""
        return get_variable_values(
            self._core, operation.definition.variable_definitions or (), dict(variables), max_errors=50
        )

    def plan(self, operation: Operation, values: VariableValues, viewer: Viewer) -> Plan:
        """The plan for these variables; raises NotCompilableError, the same for the same shape."""
        kinds = {name: source.signature.type for name, source in values.sources.items()}
        shape = tuple((name, shape_of(value, kinds[name])) for name, value in values.coerced.items())
        key = (operation, viewer.grants, shape)
        known = self._plans.get(key)
        if known is None:
            known = self._trace(operation, values, viewer)
            self._plans[key] = known
            if len(self._plans) > MAXIMUM_PLANS:
                self._plans.popitem(last=False)
        else:
            self._plans.move_to_end(key)
        if isinstance(known, NotCompilableError):  # anew: an error that is kept gathers the frames of all who raise it
            raise NotCompilableError(known.reason, known.detail)
        return known

    def _trace(self, operation: Operation, values: VariableValues, viewer: Viewer) -> Plan | NotCompilableError:
        if operation.definition.operation is not OperationType.QUERY:
            return NotCompilableError(Reason.NOT_A_QUERY)
        inputs = Inputs()
        symbols = VariableValues(values.sources, _symbolic(values, inputs))
        selections = Selections(self._core, operation.fragments, symbols)
        planner = Planner(self._schema, selections, symbols, inputs, viewer)
        try:
            return plan_of(planner.trace(operation.definition), inputs)
        except NotCompilableError as refused:
            return NotCompilableError(refused.reason, refused.detail)
        except GraphQLError as error:
            return NotCompilableError(Reason.ARGUMENT, error.message)
        except (RecursionError, SyntaxError) as error:  # the stack, or Python's own compiler, is at its end
            return NotCompilableError(Reason.TOO_LARGE, str(error))


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
