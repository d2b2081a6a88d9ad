"""A plan: a traced operation, ready to be replayed with the values of a request."""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, cast

import orjson
from sqlalchemy import BindParameter, Function, Select, Table
from sqlalchemy.dialects.postgresql.asyncpg import PGCompiler_asyncpg, PGDialect_asyncpg

from auth.row_security import GUARDED_TABLES
from auth.viewer import Viewer
from compiler.errors import NotCompilableError, Reason
from compiler.inputs import ACCOUNT, GUEST, Input, Inputs
from compiler.joining import Joining
from compiler.planning import Traced
from compiler.root_fields import RootField
from compiler.shape import Shape

CLOCKS = frozenset(
    {
        "age",
        "clock_timestamp",
        "current_date",
        "current_time",
        "current_timestamp",
        "localtime",
        "localtimestamp",
        "now",
        "statement_timestamp",
        "timeofday",
        "transaction_timestamp",
    }
)
"""The functions of PostgreSQL whose result depends on the time."""

MAXIMUM_PARAMETERS = 32_767
"""What PostgreSQL's protocol can number in one statement for asyncpg."""

Source = Callable[[Mapping[str, Any]], Any]
Process = Callable[[Any], Any]


class Connection(Protocol):
    """What a plan needs of a driver's connection."""

    async def fetch(self, query: str, *args: Any) -> Any:
        """The rows of a prepared statement."""

    async def fetchrow(self, query: str, *args: Any) -> Any:
        """The first row of a prepared statement."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """One statement for one shape of an operation."""

    sql: str
    sources: Sequence[Source]
    shaping: Sequence[Input]
    shape: Shape
    has_many_rows: bool
    """Whether the shape takes the list of the statement's rows, or else its first row."""
    tables: frozenset[str]
    """The tables that the statement reads."""
    depends_on_time: bool
    """Whether the same rows may give another answer later."""
    root_fields: tuple[RootField, ...] = ()
    """What the operation asks of the root, which is counted each time that it is asked."""
    personal: Sequence[int] = ()
    """Which parameters are the viewer's account or guest."""
    is_for_guests: bool = False
    """Whether one of them is the guest. Without it, a guest's token changes nothing about the answer."""
    is_guarded: bool = False
    """Whether the database has to know the viewer, because row-level security guards a table."""
    operation: str | None = None
    """What the document calls it."""
    joining: Joining = field(default_factory=lambda: Joining("", is_possible=False))
    """How several requests of it are read together."""
    identity: object = field(default_factory=object)
    """Stands for the plan where the plan itself should not be kept alive."""

    def arguments(self, variables: Mapping[str, Any]) -> list[Any]:
        """The parameters of the statement. Raises what a conversion refuses with."""
        return [source(variables) for source in self.sources]

    def bind(self, variables: Mapping[str, Any], viewer: Viewer) -> "BoundPlan":
        """The plan with the values of a request. Raises what a conversion refuses with."""
        if self.personal:
            variables = {**variables, **identity_of(viewer)}
        return BoundPlan(self, self.arguments(variables), [each.read(variables) for each in self.shaping])


class BoundPlan:
    """A plan and all that one request gives it."""

    __slots__ = ("_key", "cost", "parameters", "plan", "shaping")

    def __init__(self, plan: Plan, parameters: list[Any], shaping: list[Any], cost: int = 0) -> None:
        self.plan = plan
        self.parameters = parameters
        self.shaping = shaping
        self.cost = cost
        """What the operation costs with these values, for the metrics: kept, so that nobody has to add it up again."""
        self._key: Hashable = None

    def for_viewer(self, viewer: Viewer) -> "BoundPlan":
        """The same request of another account or guest with the same grants."""
        if not self.plan.personal:
            return self
        parameters, identity = list(self.parameters), identity_of(viewer)
        for place in self.plan.personal:
            parameters[place] = self.plan.sources[place](identity)
        return BoundPlan(self.plan, parameters, self.shaping, self.cost)

    @property
    def key(self) -> Hashable:
        """Equal for requests that have the same answer, as long as what they read stays the same."""
        if self._key is None:
            self._key = (self.plan.identity, *map(_hashable, self.parameters), *map(_hashable, self.shaping))
        return self._key

    async def run(self, connection: Connection) -> bytes:
        """The JSON of `data`."""
        return self.written(await self.fetch(connection))

    def fetch(self, connection: Connection) -> Awaitable[Any]:
        """The row of the statement, or its rows, to be awaited."""
        fetch = connection.fetch if self.plan.has_many_rows else connection.fetchrow
        return fetch(self.plan.sql, *self.parameters)

    def written(self, fetched: Any) -> bytes:
        """The JSON of `data` that what was fetched makes."""
        return orjson.dumps(self.plan.shape(fetched, self.shaping))


def identity_of(viewer: Viewer) -> dict[str, Any]:
    """What the personal parameters of a plan are read from. A plan asks for what its viewers have."""
    return {ACCOUNT: viewer.user_id, GUEST: viewer.guest_id}


class RecordingCompiler(PGCompiler_asyncpg):
    """Writes SQL and takes down what it reads: whatever is not written here is not read either."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.tables: set[str] = set()
        self.depends_on_time = False
        super().__init__(*args, **options)

    def visit_table(self, table: Table, **options: Any) -> str:  # type: ignore[override] # SQLAlchemy names them all
        """A table; it is read when its name is written among those of FROM."""
        if options.get("asfrom"):
            self.tables.add(table.name)
        return cast("str", super().visit_table(table, **options))  # type: ignore[no-untyped-call]

    def visit_bindparam(self, bindparam: BindParameter[Any], *args: Any, **options: Any) -> str:
        """A value. Members of our closed sets are written out, so that PostgreSQL plans with what it knows of them."""
        if isinstance(bindparam.value, StrEnum):
            return self.render_literal_bindparam(bindparam, **options)  # type: ignore[no-untyped-call,no-any-return]
        return super().visit_bindparam(bindparam, *args, **options)  # type: ignore[no-untyped-call,no-any-return]

    def visit_function(self, func: Function[Any], add_to_result_map: Any = None, **options: Any) -> str:
        """A call of a function."""
        self.depends_on_time |= func.name.lower() in CLOCKS
        return super().visit_function(func, add_to_result_map, **options)


class RecordingDialect(PGDialect_asyncpg):
    """SQL as asyncpg takes it."""

    statement_compiler = RecordingCompiler
    supports_statement_cache = True


DIALECT = RecordingDialect()  # type: ignore[no-untyped-call]


def tables_of(statement: Select[Any]) -> frozenset[str]:
    """The tables that a statement reads."""
    compiled = statement.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
    assert isinstance(compiled, RecordingCompiler)  # noqa: S101 - what the dialect compiles a select with
    return frozenset(compiled.tables)


def plan_of(traced: Traced, inputs: Inputs) -> Plan:
    """The plan of a traced operation; raises NotCompilableError for more parameters than a statement can have."""
    compiled = traced.statement.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
    assert isinstance(compiled, RecordingCompiler)  # noqa: S101 - what the dialect compiles a select with
    names = compiled.positiontup or ()
    if len(names) > MAXIMUM_PARAMETERS:
        raise NotCompilableError(Reason.TOO_LARGE, f"{len(names)} parameters")
    sources = [_source(compiled, name, inputs) for name in names]
    return Plan(
        sql=str(compiled),
        sources=sources,
        shaping=tuple(inputs.shaping),
        shape=traced.shape,
        has_many_rows=traced.has_many_rows,
        tables=frozenset(compiled.tables),
        depends_on_time=compiled.depends_on_time,
        is_guarded=not compiled.tables.isdisjoint(GUARDED_TABLES),
        personal=[place for place, name in enumerate(names) if name in inputs.personal],
        is_for_guests=inputs.is_for_guests,
        joining=Joining(str(compiled), is_possible=bool(names) and not traced.has_many_rows),
    )


def _source(compiled: RecordingCompiler, name: str, inputs: Inputs) -> Source:
    """Where a parameter of the statement gets its value from: a variable, or the document."""
    bind = compiled.binds.get(name)
    process = cast("Process | None", compiled._bind_processors.get(name))  # noqa: SLF001 - the dialect's own path
    given = inputs.parameters.get(name)
    if given is not None:
        return given.read if process is None else lambda variables: process(given.read(variables))
    value = bind.effective_value if bind is not None else compiled.construct_params()[name]
    fixed = value if process is None else process(value)
    return lambda _variables: fixed


def _hashable(value: Any) -> Hashable:
    return tuple(map(_hashable, value)) if isinstance(value, list) else value
