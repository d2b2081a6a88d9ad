"""How an operation is answered, taken apart: `merkato explain`."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import orjson
from graphql import GraphQLError, OperationType
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.row_security import IDENTIFY_SESSION, identity_of
from auth.viewer import Viewer
from compiler.errors import NotCompilableError, Reason
from compiler.execution import Compiler, Operation
from compiler.plan import BoundPlan
from resolvers.context import Context
from resolvers.errors import BadInputError
from schema.root import schema
from server.database_roles import DatabaseRole
from server.document_preparation import INTROSPECTABLE
from server.errors import ServerError
from server.graphql_execution import Executor
from server.graphql_request import GraphQLRequest


class UnreadableFileError(ServerError):
    """A file that was named cannot be read."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be read: {reason}.")


class BadVariablesError(ServerError):
    """The variables are no JSON object, or not what the operation declares."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The variables cannot be used: {reason.rstrip('.')}.")


class BadDocumentError(ServerError):
    """The document cannot run as it is."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        listed = "\n".join(f"- {problem}" for problem in problems)
        super().__init__(f"{path} cannot be explained:\n{listed}")


class ExplainFailedError(ServerError):
    """PostgreSQL did not run the statement."""

    def __init__(self, error: asyncpg.PostgresError) -> None:
        super().__init__(f"PostgreSQL refused the statement: {str(error).rstrip('.')}.")


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be explained, and for whom."""

    path: Path
    request: GraphQLRequest
    viewer: Viewer


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL as it was sent, and its parameters."""

    sql: str
    parameters: list[Any]


@dataclass(frozen=True, slots=True)
class IndexUse:
    """An index of the plan, and how often it was scanned; never, when its part of the plan was not reached."""

    name: str
    scans: int


@dataclass(frozen=True, slots=True)
class CompiledReport:
    """One statement, what PostgreSQL did for it, and what it reads."""

    statement: Statement
    plan: str
    indexes: list[IndexUse]
    tables: list[str]


@dataclass(frozen=True, slots=True)
class ReferenceReport:
    """Why no single statement answers, and what the reference executor sends instead."""

    refusal: NotCompilableError
    statements: list[Statement]
    errors: list[str]


Report = CompiledReport | ReferenceReport


def read_text(path: Path) -> str:
    """The text of a file. Raises UnreadableFileError."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableFileError(path, "it is not UTF-8") from error
    except OSError as error:
        raise UnreadableFileError(path, error.strerror or type(error).__name__) from error


def parse_variables(text: str) -> dict[str, Any]:
    """The variables in a JSON text. Raises BadVariablesError."""
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadVariablesError(f"{error.msg}, at line {error.lineno}, column {error.colno}") from error
    if not isinstance(parsed, dict):
        raise BadVariablesError('they are no JSON object such as {"first": 10}')
    return parsed


async def explain(engine: AsyncEngine, question: Question, role: DatabaseRole | None = None) -> Report:
    """What answers the question, run in a transaction that is rolled back. Raises a ServerError.

    With the role that the server reads as, the plan of the compiled statement has what policies add to it.
    """
    executor = Executor(schema, rules=INTROSPECTABLE)
    try:
        bound = _bound(executor, Compiler(schema), question)
    except NotCompilableError as refused:
        return await _explain_reference(engine, executor, question, refused)
    return await _explain_compiled(engine, bound, question.viewer, role)


def _bound(executor: Executor, compiler: Compiler, question: Question) -> BoundPlan:
    """The plan that the server would use: that of the text without its literals, if it has any.

    Raises NotCompilableError, and ServerError for what cannot be asked at all.
    """
    operation, variables = _operation(executor, question), question.request.variables or {}
    values = compiler.coerce(operation, variables)
    if isinstance(values, list):
        raise BadVariablesError(" ".join(error.message for error in values))
    lifted = executor.documents.lifted(question.request.query)
    template = lifted.prepared.operation(question.request.operation_name) if lifted is not None else None
    if lifted is not None and template is not None:
        lifted_values = compiler.coerce(template, {**variables, **lifted.variables})
        if not isinstance(lifted_values, list):
            operation, values = template, lifted_values
    try:
        return compiler.plan(operation, values, question.viewer).bind(values.coerced, question.viewer)
    except BadInputError as error:
        raise NotCompilableError(Reason.ARGUMENT, error.message) from error


def _operation(executor: Executor, question: Question) -> Operation:
    document = executor.documents.get(question.request.query)
    if document.errors:
        raise BadDocumentError(question.path, [_placed(error) for error in document.errors])
    operation = document.operation(question.request.operation_name)
    if operation is None:
        listed = ", ".join(document.names) or "one without a name"
        raise BadDocumentError(question.path, [f"Name one of its operations with --operation: {listed}."])
    if operation.definition.operation is not OperationType.QUERY:
        kind = operation.definition.operation.value
        raise BadDocumentError(question.path, [f"Its operation is a {kind}. Only queries are explained."])
    return operation


def _placed(error: GraphQLError) -> str:
    where = error.locations[0] if error.locations else None
    return f"Line {where.line}, column {where.column}: {error.message}" if where else error.message


async def _explain_compiled(
    engine: AsyncEngine, bound: BoundPlan, viewer: Viewer, role: DatabaseRole | None
) -> CompiledReport:
    sql = bound.plan.sql
    async with _rolled_back(engine) as connection:
        try:
            if role is not None:
                await connection.execute(f"SET LOCAL ROLE {role}")
            identity = identity_of(viewer)
            await connection.fetchrow(IDENTIFY_SESSION, *identity.settings)
            lines = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", *bound.parameters)
            tree = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", *bound.parameters)
        except asyncpg.PostgresError as error:
            raise ExplainFailedError(error) from error
    return CompiledReport(
        Statement(sql, bound.parameters),
        "\n".join(line[0] for line in lines),
        _indexes(tree[0]["Plan"]),  # SQLAlchemy has taught the connection to read JSON
        sorted(bound.plan.tables),
    )


@asynccontextmanager
async def _rolled_back(engine: AsyncEngine) -> AsyncIterator[asyncpg.Connection]:
    """A driver's connection in a transaction that can only read, and is undone."""
    async with engine.connect() as borrowed:
        connection = (await borrowed.get_raw_connection()).driver_connection
        assert isinstance(connection, asyncpg.Connection)  # noqa: S101 - what the engine is made with
        transaction = connection.transaction(readonly=True)
        await transaction.start()
        try:
            yield connection
        finally:
            await transaction.rollback()


def _indexes(plan: Mapping[str, Any]) -> list[IndexUse]:
    scans: dict[str, int] = {}
    for node in _nodes(plan):
        if "Index Name" in node:
            scans[node["Index Name"]] = scans.get(node["Index Name"], 0) + int(node["Actual Loops"])
    return [IndexUse(name, times) for name, times in sorted(scans.items())]


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


async def _explain_reference(
    engine: AsyncEngine, executor: Executor, question: Question, refusal: NotCompilableError
) -> ReferenceReport:
    async with Context(engine, question.viewer) as context:
        with _noted(engine) as statements:
            answer = await executor.run(question.request, context)
    return ReferenceReport(refusal, statements, [error.message for error in answer.errors])


@contextmanager
def _noted(engine: AsyncEngine) -> Iterator[list[Statement]]:
    """The statements that the engine sends while the block runs."""
    statements: list[Statement] = []

    def note(_connection: object, _cursor: object, sql: str, parameters: Any, *_rest: object) -> None:
        statements.append(Statement(sql, list(parameters)))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)
