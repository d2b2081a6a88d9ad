"""A plan: a traced operation, ready to be replayed with the values of a request."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import orjson
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.sql.compiler import SQLCompiler

from compiler.inputs import Input, Inputs
from compiler.planning import Traced
from compiler.shape import Shape

DIALECT = PGDialect_asyncpg()  # type: ignore[no-untyped-call]

Source = Callable[[Mapping[str, Any]], Any]
Process = Callable[[Any], Any]


class Connection(Protocol):
    """What a plan needs of a driver's connection."""

    async def fetchrow(self, query: str, *arguments: Any) -> Any:
        """The first row of a prepared statement."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """One statement for one shape of an operation."""

    sql: str
    sources: Sequence[Source]
    shaping: Sequence[Input]
    shape: Shape

    def bind(self, variables: Mapping[str, Any]) -> "BoundPlan":
        """The plan with the values of a request. Raises what a conversion refuses with."""
        arguments = [source(variables) for source in self.sources]
        return BoundPlan(self, arguments, [each.read(variables) for each in self.shaping])


@dataclass(frozen=True, slots=True, eq=False)
class BoundPlan:
    """A plan with the values of one request."""

    plan: Plan
    arguments: list[Any]
    shaping: list[Any]

    async def run(self, connection: Connection) -> bytes:
        """The JSON of `data`."""
        row = await connection.fetchrow(self.plan.sql, *self.arguments)
        return orjson.dumps(self.plan.shape(row, self.shaping))


def plan_of(traced: Traced, inputs: Inputs) -> Plan:
    """The plan of a traced operation."""
    compiled = traced.statement.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - what compiling a select gives
    sources = [_source(compiled, name, inputs) for name in compiled.positiontup or ()]
    return Plan(str(compiled), sources, tuple(inputs.shaping), traced.shape)


def _source(compiled: SQLCompiler, name: str, inputs: Inputs) -> Source:
    """Where a parameter of the statement gets its value from: a variable, or the document."""
    bind = compiled.binds.get(name)
    process = cast("Process | None", compiled._bind_processors.get(name))  # noqa: SLF001 - the dialect's own path
    given = inputs.parameters.get(name)
    if given is not None:
        return given.read if process is None else lambda variables: process(given.read(variables))
    value = bind.effective_value if bind is not None else compiled.construct_params()[name]
    fixed = value if process is None else process(value)
    return lambda _variables: fixed
