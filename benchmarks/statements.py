"""What the statements take of PostgreSQL by themselves: ours beside the hand-written ones, with nobody else about.

Under full load server, PostgreSQL and load generator want the same cores. Here one connection after the other runs its
statements, in turn, and nothing else runs: what differs here is the statements' own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any

import asyncpg
import orjson
from graphql import get_operation_ast, parse

from auth.viewer import VISITOR
from benchmarks.cpu import cpu_seconds
from benchmarks.data import Report, prepared_database
from benchmarks.errors import BenchmarkError
from benchmarks.operations import Dialect, list_operations
from benchmarks.outcome import describe_machine
from benchmarks.report import table
from benchmarks.samples import take_samples
from benchmarks.servers import hand_written
from benchmarks.targets import DATABASE_FACTOR
from compiler.execution import Compiler, Operation
from schema.root import schema
from server.database_roles import DatabaseRole

EXECUTIONS = 2_000
"""In each round of each: PostgreSQL's CPU is counted in hundredths of a second."""

Run = Callable[[Mapping[str, Any]], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Compared:
    """PostgreSQL's CPU for one execution, in milliseconds, in each round."""

    operation: str
    ours_ms: list[float]
    hand_written_ms: list[float]

    @property
    def ratio(self) -> float:
        """Ours against the other, of the medians."""
        return median(self.ours_ms) / median(self.hand_written_ms)


def measure_statements(scale: str, rounds: int, report: Report) -> list[Compared]:
    """Every operation that has a hand-written statement. Raises a ServerError when PostgreSQL does not start."""
    with prepared_database(scale, report) as database:
        asked: dict[str, list[dict[str, Any]]] = {}
        for operation in list_operations(take_samples(database.url)):
            if operation.name.title() in hand_written.OPERATIONS:
                asked[operation.name] = [orjson.loads(body) for body in operation.bodies[Dialect.MERKATO]]
        return asyncio.run(_measured(database.url, asked, rounds, report))


async def _measured(url: str, asked: Mapping[str, list[dict[str, Any]]], rounds: int, report: Report) -> list[Compared]:
    settings = {"timezone": "UTC"}
    ours = await asyncpg.connect(url, server_settings={**settings, "role": DatabaseRole.APP.value})
    theirs = await asyncpg.connect(url, server_settings=settings)
    for connection in (ours, theirs):
        await connection.fetchrow(hand_written.LEARN_ARRAYS)
    found = []
    for name, bodies in asked.items():
        variables = [body["variables"] for body in bodies]
        compared = Compared(name, [], [])
        runs = (
            (ours, _compiled(bodies[0]["query"], ours), compared.ours_ms),
            (theirs, _hand_written(bodies[0]["operationName"], theirs), compared.hand_written_ms),
        )
        for number in range(rounds):
            for connection, run, taken in runs if number % 2 == 0 else reversed(runs):
                taken.append(await _cpu_ms(connection, run, variables))
        report(f"{name}: {median(compared.ours_ms):.3f} ms, hand-written {median(compared.hand_written_ms):.3f}")
        found.append(compared)
    await ours.close()
    await theirs.close()
    return found


def _compiled(text: str, connection: asyncpg.Connection) -> Run:
    """The statement that a visitor's request is compiled to."""
    compiler, document = Compiler(schema), parse(text)
    operation = Operation(document, get_operation_ast(document))  # type: ignore[arg-type] # there is one

    def run(variables: Mapping[str, Any]) -> Awaitable[object]:
        values = compiler.coerce(operation, dict(variables))
        if isinstance(values, list):
            raise BenchmarkError(values[0].message)
        return compiler.plan(operation, values, VISITOR).bind(values.coerced, VISITOR).fetch(connection)

    return run


def _hand_written(name: str, connection: asyncpg.Connection) -> Run:
    operation = hand_written.OPERATIONS[name]
    return lambda variables: operation(connection, variables)


async def _cpu_ms(connection: asyncpg.Connection, run: Run, variables: Sequence[Mapping[str, Any]]) -> float:
    backend: int = connection.get_server_pid()
    for values in variables[:10]:
        await run(values)
    before = cpu_seconds(backend)
    for number in range(EXECUTIONS):
        await run(variables[number % len(variables)])
    return 1000 * (cpu_seconds(backend) - before) / EXECUTIONS


def statement_lines(found: Sequence[Compared]) -> list[str]:
    """The table."""
    rows = [
        [
            each.operation,
            f"{median(each.ours_ms):.3f}",
            f"{median(each.hand_written_ms):.3f}",
            f"{each.ratio:.2f}",
            f"≤ {DATABASE_FACTOR:.2f}",
            "yes" if each.ratio <= DATABASE_FACTOR else "**no**",
        ]
        for each in found
    ]
    return table(["operation", "ours, ms", "hand-written, ms", "ratio", "wanted", "met"], rows)


def statements_as_markdown(found: Sequence[Compared], scale: str, rounds: int) -> str:
    """The table, and how it came about."""
    machine = describe_machine()
    introduction = (
        f"# The statements by themselves, {scale} products\n\n"
        f"{machine['processor']}, {machine['cores']} cores; PostgreSQL's CPU time for one execution, medians of "
        f"{rounds} rounds of {EXECUTIONS:,} in turn, one connection at a time."
    )
    return "\n\n".join([introduction, "\n".join(statement_lines(found))]) + "\n"


def statements_as_json(found: Sequence[Compared], rounds: int) -> dict[str, Any]:
    """Everything, for statements.json."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe_machine(),
        "rounds": rounds,
        "executions": EXECUTIONS,
        "operations": [{**asdict(each), "ratio": each.ratio} for each in found],
    }
