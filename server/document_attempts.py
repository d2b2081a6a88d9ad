"""How many guesses at a secret one operation may make: a limit of requests by address does not see aliases."""

from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode, OperationType

from compiler.leaves import declaration_of
from resolvers.mutations import Mutation
from server.document_limits import exceeded, root_fields


def require_few_attempts(schema: GraphQLSchema, document: DocumentNode, maximum: int) -> None:
    """Raises DocumentTooLargeError when an operation of a valid document has more attempts than that."""
    if schema.mutation_type is None:
        return
    attempts = {name for name, field in schema.mutation_type.fields.items() if _is_attempt(declaration_of(field))}
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode) and operation.operation is OperationType.MUTATION:
            found = sum(1 for field in root_fields(document, operation) if field.name.value in attempts)
            if found > maximum:
                raise exceeded("attempts", maximum, found)


def _is_attempt(declaration: object) -> bool:
    return isinstance(declaration, Mutation) and declaration.is_attempt
