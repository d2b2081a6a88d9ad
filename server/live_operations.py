"""Subscriptions as the executor knows them: one operation, executed once for each event."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    assert_object_type,
)
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.schema.schema_converter import GraphQLCoreConverter

from compiler.execution import Operation
from resolvers.subscriptions import Subscription
from schema.declare import DeclaredField
from server.graphql_request import GraphQLRequest, RequestRefusedError
from server.refusals import RefusalCode


@dataclass(frozen=True, slots=True, eq=False)
class LiveOperation:
    """A subscription that may begin."""

    request: GraphQLRequest
    operation: Operation
    source: Subscription
    """Where its rows come from."""


class SubscriptionAskedError(RequestRefusedError):
    """A request asks for a subscription: refused where one answer is given, begun where there may be many."""

    def __init__(self, live: LiveOperation) -> None:
        super().__init__(
            HTTPStatus.BAD_REQUEST,
            RefusalCode.WEBSOCKET_REQUIRED,
            "Subscriptions run over a WebSocket. Connect to the same address with the protocol graphql-transport-ws.",
        )
        self.live = live


def source_of(operation: Operation, schema: GraphQLSchema) -> Subscription:
    """How the one root field of a valid subscription is declared."""
    root = assert_object_type(schema.subscription_type)
    name = _root_field(operation).name.value
    behind = root.fields[name].extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
    if not isinstance(behind, DeclaredField) or not isinstance(behind.declaration, Subscription):
        raise TypeError(f"{root.name}.{name} is not declared as a subscription.")
    return behind.declaration


def followed_by(live: LiveOperation, schema: GraphQLSchema, variables: VariableValues) -> UUID | None:
    """The one row that a subscription is about; None where it is about all of them. Raises BadInputError."""
    node = _root_field(live.operation)
    definition = assert_object_type(schema.subscription_type).fields[node.name.value]
    arguments: dict[str, Any] = get_argument_values(definition, node, variables)
    return live.source.followed(arguments)


def _root_field(operation: Operation) -> FieldNode:
    return _first_field(operation.definition.selection_set, operation.fragments)


def _first_field(selected: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> FieldNode:
    """The first field, which validation sees to is the only one; it may stand in a fragment."""
    first = selected.selections[0]
    if isinstance(first, FieldNode):
        return first
    inner = fragments[first.name.value] if isinstance(first, FragmentSpreadNode) else first
    if not isinstance(inner, FragmentDefinitionNode | InlineFragmentNode):
        raise TypeError(f"A {type(first).__name__} selects nothing.")
    return _first_field(inner.selection_set, fragments)
