"""The arguments of a selected field, as its declaration gets them."""

from typing import Any

import strawberry
from graphql import FieldNode, GraphQLError, GraphQLField, get_argument_values
from graphql.execution.values import VariableValues
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from compiler.errors import NotCompilableError, Reason


def read_arguments(
    schema: strawberry.Schema, definition: GraphQLField, node: FieldNode, variables: VariableValues
) -> dict[str, Any]:
    """What a node gives the field, by the names that Python has for it. Raises NotCompilableError."""
    try:
        values = get_argument_values(definition, node, variables)
    except GraphQLError as error:
        raise NotCompilableError(Reason.ARGUMENT, error.message) from error
    behind: StrawberryField = definition.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
    by_name = zip(definition.args, behind.arguments, strict=True)
    given = [argument for name, argument in by_name if name in values]
    return convert_arguments(values, given, schema.schema_converter.scalar_registry, schema.config)
