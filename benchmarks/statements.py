"""What the statements take of PostgreSQL by themselves, with nobody else about.

Ours beside the hand-written ones, and that of the deep page beside that of the first. Under full load server,
PostgreSQL and load generator want the same cores. Here one connection after the other runs its statements, in turn, and
nothing else runs: what differs here is the statements' own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
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
from benchmarks.operations import Operation as Measured
from benchmarks.samples import take_samples
from benchmarks.servers import hand_written
from compiler.execution import Compiler, Operation
from schema.root import schema
from server.database_roles import DatabaseRole

HAND_WRITTEN, FIRST_PAGE, DEEP_PAGE = "hand-written", "page-first", "page-deep"
DATABASE_FACTOR = 1.15
"""So much more at the most: for what users do not have to write, and for the deep page."""

TURNS, EXECUTIONS = 10, 200
"""In each round each side has so many turns, of so many executions: the machine's speed drifts within a second."""

Run = Callable[[Mapping[str, Any]], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Compared:
    """PostgreSQL's CPU for one execution, in milliseconds, in each turn."""

    operation: str
    against: str
    """What it is compared with: the hand-written statement, or another operation of ours."""
    ours_ms: list[float]
    against_ms: list[float]

    @property
    def ratio(self) -> float:
        """Ours against the other, of turns that follow one another; the median of those."""
        return median(ours / other for ours, other in zip(self.ours_ms, self.against_ms, strict=True))


@dataclass(frozen=True, slots=True)
class Side:
    """Statements of one kind, the connection that runs them, and with which variables in turn."""

    connection: asyncpg.Connection
    run: Run
    variables: Sequence[Mapping[str, Any]]


def measure_statements(scale: str, rounds: int, report: Report) -> list[Compared]:
    """All of them. Raises a ServerError when PostgreSQL does not start."""
    with prepared_database(scale, report) as database:
        return compare_statements(database.url, list_operations(take_samples(database.url)), rounds, report)


def compare_statements(url: str, operations: Sequence[Measured], rounds: int, report: Report) -> list[Compared]:
    """Those of the operations that are compared with anything."""
    asked = {each.name: [orjson.loads(body) for body in each.bodies[Dialect.MERKATO]] for each in operations}
    return asyncio.run(_compared(url, asked, rounds, report))


def compare_scales(
    small: tuple[str, Sequence[Measured]], large: tuple[str, Sequence[Measured]], rounds: int, report: Report
) -> list[Compared]:
    """Our statements on a large database beside the same on a small one: the address of each, and what it is asked."""
    return asyncio.run(_scales_compared(small, large, rounds, report))


async def _scales_compared(
    small: tuple[str, Sequence[Measured]], large: tuple[str, Sequence[Measured]], rounds: int, report: Report
) -> list[Compared]:
    connections = [await _connected(url, {"role": DatabaseRole.APP.value}) for url, _ in (small, large)]
    found = []
    for one, other in zip(small[1], large[1], strict=True):
        asked = [[orjson.loads(body) for body in each.bodies[Dialect.MERKATO]] for each in (one, other)]
        less, more = (_our_side(bodies, each) for bodies, each in zip(asked, connections, strict=True))
        found.append(await _rounds(one.name, "small", (more, less), rounds))
        report(f"{one.name}: {median(found[-1].ours_ms):.3f} ms, {median(found[-1].against_ms):.3f} on the small one")
    for connection in connections:
        await connection.close()
    return found


async def _connected(url: str, settings: Mapping[str, str]) -> asyncpg.Connection:
    connection: asyncpg.Connection = await asyncpg.connect(url, server_settings={"timezone": "UTC", **settings})
    await connection.fetchrow(hand_written.LEARN_ARRAYS)
    return connection


async def _compared(url: str, asked: Mapping[str, list[dict[str, Any]]], rounds: int, report: Report) -> list[Compared]:
    ours, theirs = await _connected(url, {"role": DatabaseRole.APP.value}), await _connected(url, {})
    found = []
    for name, bodies in asked.items():
        if name == DEEP_PAGE and FIRST_PAGE in asked:
            against, other = FIRST_PAGE, _our_side(asked[FIRST_PAGE], ours)
        elif name.title() in hand_written.OPERATIONS:
            against, other = HAND_WRITTEN, _their_side(bodies, theirs)
        else:
            continue
        found.append(await _rounds(name, against, (_our_side(bodies, ours), other), rounds))
        report(f"{name}: {median(found[-1].ours_ms):.3f} ms, {against} {median(found[-1].against_ms):.3f}")
    await ours.close()
    await theirs.close()
    return found


async def _rounds(name: str, against: str, sides: tuple[Side, Side], rounds: int) -> Compared:
    """Each side in turn, and each time the other one first."""
    compared = Compared(name, against, [], [])
    runs = list(zip(sides, (compared.ours_ms, compared.against_ms), strict=True))
    for number in range(rounds * TURNS):
        for side, taken in runs if number % 2 == 0 else reversed(runs):
            taken.append(await _cpu_ms(side))
    return compared


def _our_side(bodies: Sequence[Mapping[str, Any]], connection: asyncpg.Connection) -> Side:
    return Side(connection, _compiled(bodies[0]["query"], connection), [body["variables"] for body in bodies])


def _their_side(bodies: Sequence[Mapping[str, Any]], connection: asyncpg.Connection) -> Side:
    return Side(
        connection, _hand_written(bodies[0]["operationName"], connection), [body["variables"] for body in bodies]
    )


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


async def _cpu_ms(side: Side) -> float:
    backend: int = side.connection.get_server_pid()
    for values in side.variables[:10]:
        await side.run(values)
    before = cpu_seconds(backend)
    for number in range(EXECUTIONS):
        await side.run(side.variables[number % len(side.variables)])
    return 1000 * (cpu_seconds(backend) - before) / EXECUTIONS
