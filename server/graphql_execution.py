"""Runs one operation through the reference executor: parse, validate, execute, present."""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from inspect import isawaitable
from typing import Any

import strawberry
from graphql import (
    DocumentNode,
    ExecutionHooks,
    GraphQLError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    execute,
    get_operation_ast,
    parse,
    specified_rules,
)
from strawberry.schema.schema import validate_document

from resolvers.context import Context
from server.graphql_errors import ServerErrorCode, coded, presented
from server.graphql_request import GraphQLRequest, RefusalCode, RequestRefusedError
from server.input_text import FlatLiteralsRule, NoNulInStringsRule, fault_of


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of an operation. Without `data` it was never executed, which the client must be told as 4xx."""

    errors: list[GraphQLError]
    data: dict[str, Any] | None = None
    is_executed: bool = False

    def body(self) -> dict[str, Any]:
        """The GraphQL response."""
        body: dict[str, Any] = {"errors": [error.formatted for error in self.errors]} if self.errors else {}
        return body | {"data": self.data} if self.is_executed else body

    def status(self) -> HTTPStatus:
        """The HTTP status for clients that accept application/graphql-response+json."""
        codes = {(error.extensions or {}).get("code") for error in self.errors}
        if ServerErrorCode.SERVICE_UNAVAILABLE in codes:
            return HTTPStatus.SERVICE_UNAVAILABLE
        if self.is_executed:
            return HTTPStatus.OK
        return HTTPStatus.INTERNAL_SERVER_ERROR if ServerErrorCode.INTERNAL in codes else HTTPStatus.BAD_REQUEST


class Executor:
    """The schema, ready to run operations."""

    def __init__(self, schema: strawberry.Schema, *, introspection: bool) -> None:
        self._schema = schema._schema  # noqa: SLF001 - strawberry has no public name for the graphql-core schema
        hidden = () if introspection else (NoSchemaIntrospectionCustomRule,)
        self._rules = (*specified_rules, NoNulInStringsRule, FlatLiteralsRule, *hidden)

    async def run(self, request: GraphQLRequest, context: Context) -> Answer:
        """The answer to a request. Never raises for what a client sent, but for a mutation by GET."""
        try:
            document = parse(request.query)
        except GraphQLError as error:
            return Answer([coded(error, ServerErrorCode.PARSE_FAILED)])
        if errors := validate_document(self._schema, document, self._rules):
            return Answer([coded(error, ServerErrorCode.VALIDATION_FAILED) for error in errors])
        if refused := _check(request, document):
            return Answer([refused])
        return await self._execute(request, document, context)

    async def _execute(self, request: GraphQLRequest, document: DocumentNode, context: Context) -> Answer:
        settled = asyncio.Event()
        result = execute(
            self._schema,
            document,
            context_value=context,
            variable_values=request.variables,
            operation_name=request.operation_name,
            hooks=ExecutionHooks(lambda _info: settled.set()),
        )
        result = await result if isawaitable(result) else result
        errors = result.errors or []
        is_executed = result.data is not None or any(error.path for error in errors)
        if is_executed:
            await context.reading.close()
            await settled.wait()
        return Answer([presented(error) for error in errors], result.data, is_executed)


def _check(request: GraphQLRequest, document: DocumentNode) -> GraphQLError | None:
    operation = get_operation_ast(document, request.operation_name)
    if operation is None:
        return coded(GraphQLError(_no_operation(request, document)), ServerErrorCode.OPERATION_RESOLUTION_FAILURE)
    if operation.operation is not OperationType.QUERY and request.is_read_only:
        raise RequestRefusedError(
            HTTPStatus.METHOD_NOT_ALLOWED,
            RefusalCode.METHOD_NOT_ALLOWED,
            "Only queries may be sent by GET. Send this operation by POST.",
            {"Allow": "POST"},
        )
    return fault_of(request.variables or {})


def _no_operation(request: GraphQLRequest, document: DocumentNode) -> str:
    names = [
        definition.name.value
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode) and definition.name
    ]
    listed = f" The document has {', '.join(names)}." if names else ""
    if request.operation_name is None:
        return f"The document has several operations. Name one in `operationName`.{listed}"
    return f"The document has no operation {request.operation_name[:100]!r}.{listed}"
