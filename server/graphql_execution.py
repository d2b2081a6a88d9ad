"""Runs one operation: prepare its document, try one compiled statement, else let graphql-core execute it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from inspect import isawaitable
from types import MappingProxyType
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import strawberry
from graphql import (
    DocumentNode,
    ExecutionHooks,
    GraphQLError,
    OperationType,
    execute,
    get_variable_values,
)

import models
from auth.permissions import Gate
from auth.viewer import Viewer
from compiler.errors import NotCompilableError, Reason
from compiler.execution import Operation
from compiler.plan import BoundPlan
from compiler.root_fields import RootField
from resolvers.access import require
from resolvers.context import AnySelect, Context
from resolvers.errors import DatabaseSilentError, OperationTimeoutError, PublicError
from server.compiled_reads import CompiledReads
from server.deadlines import deadline
from server.document_cache import DocumentCache, PreparedDocument
from server.document_choice import DocumentChoice
from server.document_limits import DocumentTooLargeError
from server.document_preparation import DocumentRules, check_trusted, prepare
from server.errors import ServerError
from server.execution_metrics import ExecutionMetrics, Outcome
from server.explanation import ExecutorName, Explanation, denial, may_ask
from server.graphql_errors import ServerErrorCode, coded, disguised, overdue, presented
from server.graphql_request import GraphQLRequest, RequestRefusedError
from server.input_text import fault_of, input_types, input_variables
from server.live_operations import LiveOperation, SubscriptionAskedError, followed_by, source_of
from server.operation_cost import CostExceededError
from server.persisted_queries import PersistedQueries
from server.planned_mutations import CarriedOut, PlannedMutations
from server.rate_limits import NEW_DOCUMENT, RateLimits
from server.refusals import RefusalCode
from server.settled_execution import in_document_order
from server.trusted_documents import TrustedDocuments
from server.turnstile import Turnstile
from server.written_rows import RowReads, WritingExecutor


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of an operation. Without `data` it was never executed, which the client must be told as 4xx."""

    errors: list[GraphQLError]
    data: dict[str, Any] | None = None
    is_executed: bool = False
    encoded: bytes | None = None
    """The JSON of `data`, when a compiled statement gave it."""
    bound: BoundPlan | None = None
    """The plan of that statement, and what the request gave it."""
    executor: ExecutorName = ExecutorName.NONE
    extensions: dict[str, Any] | None = None
    set_cookie: str | None = None
    """What the browser is told to keep."""
    operation: str | None = None
    """What the document calls it, if it was valid."""
    cost: int = 0
    """What the operation cost; nothing when it did not run."""

    def body(self) -> dict[str, Any]:
        """The GraphQL response, for orjson to write."""
        body: dict[str, Any] = {"errors": [error.formatted for error in self.errors]} if self.errors else {}
        data = self.data if self.encoded is None else orjson.Fragment(self.encoded)
        body |= {"data": data} if self.is_executed else {}
        return body | {"extensions": self.extensions} if self.extensions else body

    def outcome(self) -> Outcome:
        """What came of the request, for the metrics."""
        if not self.errors:
            return Outcome.ANSWERED
        codes = self._codes()
        known = next((outcome for code, outcome in OUTCOMES.items() if code in codes), None)
        return known or (Outcome.PARTIAL if self.is_executed else Outcome.REFUSED)

    def _codes(self) -> set[object]:
        return {(error.extensions or {}).get("code") for error in self.errors}

    def status(self) -> HTTPStatus:
        """The HTTP status for clients that accept application/graphql-response+json."""
        codes = self._codes()
        if not codes.isdisjoint(UNAVAILABLE):
            return HTTPStatus.SERVICE_UNAVAILABLE
        if self.is_executed:
            return HTTPStatus.OK
        if ServerErrorCode.TIMEOUT in codes:
            return HTTPStatus.GATEWAY_TIMEOUT
        return HTTPStatus.INTERNAL_SERVER_ERROR if ServerErrorCode.INTERNAL in codes else HTTPStatus.BAD_REQUEST


class TrustedDocumentInvalidError(ServerError):
    """A trusted document does not fit the schema."""

    def __init__(self, document_id: str, text: str, problem: str) -> None:
        begin = text.strip().partition("\n")[0][:100]
        super().__init__(f"The trusted document {document_id} ({begin}…) does not fit the schema: {problem}")


UNAVAILABLE = frozenset({ServerErrorCode.SERVICE_UNAVAILABLE, ServerErrorCode.OPERATION_TIMEOUT})
"""The codes of 503."""

OUTCOMES: Mapping[str, Outcome] = MappingProxyType(
    {
        ServerErrorCode.SERVICE_UNAVAILABLE: Outcome.UNAVAILABLE,
        ServerErrorCode.INTERNAL: Outcome.FAILED,
        ServerErrorCode.OPERATION_TIMEOUT: Outcome.TIMEOUT,
        ServerErrorCode.TIMEOUT: Outcome.TIMEOUT,
    }
)
"""The outcomes that an error's code tells, the gravest first."""

Read = Answer | NotCompilableError | None
"""What the compiled executor answers, or why it does not; None when it was not asked."""


class Executor:
    """The schema, ready to run operations; with `reads`, those that compile are answered by one statement.

    With `documents`, clients may also name what they want to run. Raises TrustedDocumentInvalidError.
    """

    def __init__(  # noqa: PLR0913 - all that the settings decide
        self,
        schema: strawberry.Schema,
        *,
        rules: DocumentRules,
        reads: CompiledReads | None = None,
        documents: DocumentChoice | None = None,
        explains_to_visitors: bool = False,
        rates: RateLimits | None = None,
        limit_seconds: float = 10,
    ) -> None:
        self._schema = schema._schema  # noqa: SLF001 - strawberry has no public name for the graphql-core schema
        self._input_types = input_types(self._schema)
        self._limits = rules.limits
        self._hides_suggestions = not rules.suggestions
        self.metrics = ExecutionMetrics()
        self.documents = DocumentCache(self._schema, partial(prepare, self._schema, rules))
        self._reads = reads
        self._mutations = None if reads is None else PlannedMutations(schema, reads)
        self._choice = documents or DocumentChoice(TrustedDocuments(), PersistedQueries(0))
        self._explains_to_visitors = explains_to_visitors
        self.limit_seconds = limit_seconds
        """How long an operation may take."""
        self._turnstile = Turnstile()
        self._rates = rates or RateLimits()
        self.trusted_operations = self._trust(self._choice.trusted, rules)
        """What the trusted documents call their operations."""

    async def explain(self, request: GraphQLRequest, context: Context) -> Answer:
        """The answer to a request, and in its extensions how it came about, if the viewer may know."""
        if not may_ask(context.viewer, visitors=self._explains_to_visitors):
            return replace(await self.run(request, context), extensions=denial())
        explanation = Explanation()
        context.reading.observed = observed = list[AnySelect]()
        try:
            answer = await self.run(request, context, explanation)
        except RequestRefusedError:
            raise
        except Exception as unexpected:  # noqa: BLE001 - as at the edge, but explained
            answer = Answer([disguised(unexpected)])
        explanation.add_reading(context.reading, observed)
        return replace(answer, extensions=explanation.shown(answer.executor, self._limits.cost))

    async def run(
        self,
        request: GraphQLRequest,
        context: Context,
        explanation: Explanation | None = None,
        refusal: NotCompilableError | None = None,
    ) -> Answer:
        """The answer to a request; that of the reference executor if the other one has given up already.

        Raises for what a client sent only RequestRefusedError: for a mutation by GET, a hash that is none, as
        RateLimitedError for what was asked for too often, and as SubscriptionAskedError for a subscription.
        """
        if request.persisted_query is not None and request.query:
            await self._count((NEW_DOCUMENT,), context)
        try:
            request = self._chosen(request, explanation)
        except GraphQLError as error:
            return Answer([error])
        known = self.documents.known(request.query)
        read: Read = refusal
        if read is None and known is None:
            await self._count((NEW_DOCUMENT,), context)
            read = await self._run_lifted(request, context, explanation)
        if isinstance(read, Answer):
            return read
        operation = self._operation(request, known or self.documents.get(request.query), context, explanation)
        if isinstance(operation, Answer):
            return operation
        if read is None:
            await self._count(operation.root_fields, context)
        if operation.definition.operation is OperationType.SUBSCRIPTION:
            raise SubscriptionAskedError(LiveOperation(request, operation, source_of(operation, self._schema)))
        if read is None or read.reason is Reason.ARGUMENT:
            read = await self._read(operation, request.variables or {}, context, explanation)
        if not isinstance(read, Answer):
            self._note_refusal(read, explanation)
            await self._turnstile.pass_through()
            read = await self._execute(request, operation, context, explanation=explanation)
        return read

    def _chosen(self, request: GraphQLRequest, explanation: Explanation | None) -> GraphQLRequest:
        chosen = self._choice.chosen(request, self._is_valid)
        if explanation is not None:
            explanation.document = self.documents.state(chosen.query)
        return chosen

    def _note_refusal(self, refusal: NotCompilableError | None, explanation: Explanation | None) -> None:
        if refusal is not None:
            self.metrics.fallbacks[refusal.reason] += 1
        if explanation is not None:
            explanation.refusal = refusal

    def _operation(
        self, request: GraphQLRequest, document: PreparedDocument, context: Context, explanation: Explanation | None
    ) -> Operation | Answer:
        """The operation to run, or what is wrong with the request."""
        if document.errors:
            return Answer(list(document.errors))
        operation = document.operation(request.operation_name)
        if operation is None:
            message = _no_operation(request.operation_name, document.names)
            return Answer([coded(GraphQLError(message), ServerErrorCode.OPERATION_RESOLUTION_FAILURE)])
        refused = self._check(request, operation) or _kept_from_previews(operation, context.viewer)
        if refused is None:
            refused = self._charge(document, operation, request.variables or {}, context, explanation)
        return operation if refused is None else Answer([refused])

    def following(self, live: LiveOperation, viewer: Viewer) -> UUID | GraphQLError | None:
        """The one row that a subscription follows, None for all, or why it does not begin for that viewer."""
        declared = live.operation.definition.variable_definitions or ()
        coerced = get_variable_values(self._schema, declared, live.request.variables or {})
        if isinstance(coerced, list):
            return presented(coerced[0])
        try:
            require(live.source.requires or Gate.PUBLIC, viewer)
            return followed_by(live, self._schema, coerced)
        except PublicError as refused:
            return refused

    async def run_event(self, live: LiveOperation, row: models.Base, context: Context) -> Answer:
        """What a subscription gives for one event, whose row is there for its viewer to see."""
        return await self._execute(live.request, live.operation, context, row)

    async def run_again(self, bound: BoundPlan, viewer: Viewer, address: str | None) -> bytes | Read:
        """The JSON of `data` for a request that was bound before, an error, or why the other executor is to answer.

        Raises RateLimitedError.
        """
        if self._reads is None:
            return None
        await self._rates.require(bound.plan.root_fields, viewer, address)
        found = self._reads.kept(bound, viewer)
        if found is None:
            try:
                read = await self._reads.run(bound, viewer)
            except (asyncpg.QueryCanceledError, DatabaseSilentError) as error:
                return Answer(
                    [disguised(error)], bound=bound, executor=ExecutorName.COMPILED, operation=bound.plan.operation
                )
            if isinstance(read, NotCompilableError):
                return read
            found = read.encoded
        return found

    async def _run_lifted(self, request: GraphQLRequest, context: Context, explanation: Explanation | None) -> Read:
        """The answer of a plan shared by all texts that differ only in their literals; None if there is no such."""
        lifted = self.documents.lifted(request.query) if self._reads is not None else None
        operation = lifted.prepared.operation(request.operation_name) if lifted is not None else None
        if lifted is None or operation is None or operation.definition.operation is not OperationType.QUERY:
            return None
        if self._check(request, operation) is not None:
            return None
        await self._count(operation.root_fields, context)
        variables = {**(request.variables or {}), **lifted.variables}
        refused = self._charge(lifted.prepared, operation, variables, context, explanation)
        if refused is not None:
            return Answer([refused])
        return await self._read(operation, variables, context, explanation)

    async def _read(
        self, operation: Operation, variables: dict[str, Any], context: Context, explanation: Explanation | None
    ) -> Read:
        if self._reads is None or operation.definition.operation is not OperationType.QUERY:
            return None
        try:
            read = await self._reads.answer(operation, variables, context.viewer, explanation)
        except (asyncpg.QueryCanceledError, DatabaseSilentError) as error:
            return Answer([disguised(error)], executor=ExecutorName.COMPILED, operation=operation.name)
        if isinstance(read, NotCompilableError):
            return read
        read.bound.cost = context.cost
        return Answer(
            [],
            is_executed=True,
            encoded=read.encoded,
            bound=read.bound,
            executor=ExecutorName.COMPILED,
            operation=operation.name,
            cost=context.cost,
        )

    async def _count(self, fields: tuple[RootField, ...], context: Context) -> None:
        if self._rates.has_limits:
            await self._rates.require(fields, context.viewer, context.visit.address)

    def _check(self, request: GraphQLRequest, operation: Operation) -> GraphQLError | None:
        if operation.definition.operation is OperationType.MUTATION and request.is_read_only:
            raise RequestRefusedError(
                HTTPStatus.METHOD_NOT_ALLOWED,
                RefusalCode.METHOD_NOT_ALLOWED,
                "Only queries may be sent by GET. Send this operation by POST.",
                {"Allow": "POST"},
            )
        if not request.variables:
            return None
        return fault_of(request.variables, input_variables(operation.definition, self._input_types))

    def _charge(
        self,
        document: PreparedDocument,
        operation: Operation,
        variables: Mapping[str, Any],
        context: Context,
        explanation: Explanation | None,
    ) -> GraphQLError | None:
        """Refuse an operation that costs too much, and take down what another one costs."""
        try:
            cost = document.costs[operation].of(variables, self._limits.fields)
        except DocumentTooLargeError as refused:
            return refused
        if explanation is not None:
            explanation.cost = cost
        if cost > self._limits.cost:
            self.metrics.too_costly += 1
            return CostExceededError(cost, self._limits.cost)
        context.cost = cost
        return None

    def _trust(self, trusted: TrustedDocuments, rules: DocumentRules) -> frozenset[str]:
        names: set[str] = set()
        for document_id, text in trusted.texts.items():
            document = check_trusted(self._schema, rules, text)
            if not isinstance(document, DocumentNode):
                raise TrustedDocumentInvalidError(document_id, text, document[0].message)
            names.update(self.documents.trust(text, document).names)
        return frozenset(names)

    def _is_valid(self, text: str) -> bool:
        return bool(self.documents.get(text).operations)

    async def _execute(
        self,
        request: GraphQLRequest,
        operation: Operation,
        context: Context,
        root: object = None,
        explanation: Explanation | None = None,
    ) -> Answer:
        """What a plan or the reference executor answers, or that the time is over: then nothing of it runs any more."""
        try:
            async with deadline(self.limit_seconds, context.began_at):
                planned = await self._carry_out(request, operation, context, explanation)
                if isinstance(planned, Answer):
                    return planned
                if planned is None:
                    return await self._execute_all(request, operation, context, root, explanation, self._reads)
                return await self._execute_all(request, operation, context, planned.outcome, explanation, planned.reads)
        except OperationTimeoutError:
            await context.reading.abandon()
            changes = context.changes if operation.definition.operation is OperationType.MUTATION else None
            error = overdue(self.limit_seconds, changes)
            return Answer([error], executor=ExecutorName.REFERENCE, operation=operation.name)

    async def _carry_out(
        self, request: GraphQLRequest, operation: Operation, context: Context, explanation: Explanation | None
    ) -> Answer | CarriedOut | None:
        """What a plan shows of a mutation, or what there is to show of it; None where nothing has been done yet."""
        if self._mutations is None or operation.definition.operation is not OperationType.MUTATION:
            return None
        done = await self._mutations.run(operation, request.variables or {}, context, explanation)
        if not isinstance(done, bytes):
            return done
        self._count_statements(context)
        return Answer(
            [],
            is_executed=True,
            encoded=done,
            executor=ExecutorName.COMPILED,
            operation=operation.name,
            cost=context.cost,
        )

    async def _execute_all(  # noqa: PLR0913, PLR0917 - all that one execution takes
        self,
        request: GraphQLRequest,
        operation: Operation,
        context: Context,
        root: object,
        explanation: Explanation | None,
        reads: RowReads | None,
    ) -> Answer:
        settled = asyncio.Event()
        result = execute(
            self._schema,
            operation.document,
            root,
            context_value=context,
            variable_values=request.variables,
            operation_name=request.operation_name,
            hide_suggestions=self._hides_suggestions,
            hooks=ExecutionHooks(lambda _info: settled.set()),
            executor_class=WritingExecutor,
            asked=operation,
            reads=reads,
            explanation=explanation,
        )
        result = await result if isawaitable(result) else result
        errors = result.errors or []
        is_executed = result.data is not None or any(error.path for error in errors)
        if is_executed:
            await context.reading.close()
            await settled.wait()
        self._count_statements(context)
        shown = [presented(error) for error in in_document_order(errors)]
        return Answer(
            shown,
            result.data,
            is_executed,
            executor=ExecutorName.REFERENCE,
            operation=operation.name,
            cost=context.cost if is_executed else 0,
        )

    def _count_statements(self, context: Context) -> None:
        """Add those that loaders have sent."""
        self.metrics.statements += context.reading.statements
        self.metrics.seconds += context.reading.seconds


def _kept_from_previews(operation: Operation, viewer: Viewer) -> GraphQLError | None:
    """Why it is not done with a preview token: what is written, and what is told of later, knows of no drafts."""
    if viewer.preview is None or operation.definition.operation is OperationType.QUERY:
        return None
    message = "Previews only read. Send mutations and subscriptions without Preview-Token."
    return coded(GraphQLError(message), ServerErrorCode.PREVIEW_ONLY_READS)


def _no_operation(name: str | None, names: list[str]) -> str:
    listed = f" The document has {', '.join(names)}." if names else ""
    if name is None:
        return f"The document has several operations. Name one in `operationName`.{listed}"
    return f"The document has no operation {name[:100]!r}.{listed}"
